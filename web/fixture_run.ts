import type { Fact, RunView } from './page_model.ts';
const f = (label: string, value: number, unit: Fact['unit'] = 'count'): Fact => ({ label, value, unit });
const N = 200;
const t = Array.from({ length: N }, (_, i) => i * 110_000);
const nic = t.map((_, i) => Math.min(1023, i * 200));
const live = t.map((_, i) => Math.round(Math.max(0, 500 + 400 * Math.sin(i / 9) + 200 * Math.sin(i / 2.3)) * Math.min(1, i / 20) * (i > 190 ? (200 - i) / 10 : 1)));
const cache = t.map((_, i) => Math.min(128, i * 20));
export const FIXTURE: RunView = {
  scenario: 'bulk', about: 'One connection sends 64 MiB.', seed: 1, state_hash: '8c1f22a9d03be477', virtual_ns: 21_850_331, events: 148_233, wall_ms: 412,
  stages: [
    { n: 1, name: 'wire', about: '', facts: [f('frames', 46_412), f('bytes', 70_312_412, 'bytes'), f('delay', 10_000, 'ns')], drops: [{ reason: 'SIM_WIRE_LOSS', about: 'the link lost the frame', count: 212 }] },
    { n: 2, name: 'nic', about: '', facts: [f('steered to queue 0', 46_200), f('split', 46_198), f('interrupts', 1_452)], drops: [] },
    { n: 3, name: 'pool', about: '', facts: [f('buffers filled', 46_199), f('most at once', 1_022), f('ran dry', 0)], drops: [] },
    { n: 4, name: 'napi', about: '', facts: [f('frames a poll', 31.8, 'ratio'), f('polls', 1_452), f('merged by GRO', 41_212)], drops: [] },
    { n: 5, name: 'tcp', about: '', facts: [f('segments', 46_199), f('out of order', 312), f('retransmitted', 212)], drops: [{ reason: 'TCP_OLD_DATA', about: 'the data was received before', count: 9 }] },
    { n: 6, name: 'socket', about: '', facts: [f('most queued', 421_344, 'bytes'), f('wake-ups', 1_411)], drops: [] },
    { n: 7, name: 'ring', about: '', facts: [f('completions', 46_202), f('enters', 1_322), f('overflows', 0)], drops: [] },
    { n: 8, name: 'app', about: '', facts: [f('bytes read', 67_108_864, 'bytes'), f('streams whole', 1)], drops: [] },
    { n: 9, name: 'refill', about: '', facts: [f('buffers returned', 46_199), f('bytes copied', 0, 'bytes'), f('bad entries', 0)], drops: [] },
  ],
  memory: { buffers: 4096, buffer_bytes: 4096, times_ns: t, nic, live, cache, free: t.map((_, i) => 4096 - (nic[i] ?? 0) - (live[i] ?? 0) - (cache[i] ?? 0)) },
  journey: [
    ['app', 'the client writes 65 536 bytes to socket 3'], ['tcp', 'segment 1 leaves with sequence number 2 912 331 001, 1448 bytes'], ['wire', 'frame of 1514 bytes begins to leave'],
    ['wire', 'its last bit arrives at the server'], ['nic', 'RSS hash 5a1c… chooses queue 0'], ['nic', '66 header bytes to the ring, 1448 payload bytes by DMA into buffer 17'],
    ['nic', 'interrupt after 8 µs with 12 frames'], ['napi', 'poll harvests 12 of 64'], ['napi', 'merged with 11 later segments'], ['tcp', 'in order at socket 4'], ['socket', 'queued, 17 376 bytes wait'],
    ['ring', 'completion: 1448 bytes at offset 69 632'], ['app', 'the server reads them'], ['refill', 'buffer 17 goes into the refill ring'], ['refill', 'the kernel reads the entry: recycled'],
  ].map(([stage, text], i) => ({ stage: stage ?? '', text: text ?? '', time_ns: 41_233 + i * 1_713.4 })),
  streams: [{ id: '0', bytes: 67_108_864, zero_copy_bytes: 67_000_000, copied_bytes: 108_864, copied_why: 'foreign page', sha256: '3b1ac8d2e0f1aa', cqes: 46_202, segments: 46_199, ok: true }],
  expectations: [{ text: 'streams whole = 1', ok: true }, { text: 'copied bytes = 0', ok: false }],
};
