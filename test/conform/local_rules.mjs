/**
 * What a line of a real kernel's trace says of the machine and not of the kernel: every rule that there is, with its reason.
 * The test of the golden traces and scripts/conform_native.mjs share it.
 */
export const LOCAL = [
  {
    why: 'a kernel without SMP aligns nothing to cache lines, so the parts of a refill ring lie closer together',
    step: 'zcrx.reg', fields: ['head', 'tail', 'rqes'],
  },
  { why: 'the same, as its query says it', step: 'ring.query', fields: ['hdr', 'align'] },
];

/** @param {string} line @returns {string} */
export function localRule(line) {
  const rule = LOCAL.find((r) => line.includes(`"step":"${r.step}"`));
  if (!rule) return line;
  const parsed = JSON.parse(line);
  for (const field of rule.fields) delete parsed[field];
  return JSON.stringify(parsed);
}
