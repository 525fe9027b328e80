/** The inspector: packets as they were on the wire, lives of requests, and chains of causes; against the trace, both ways in time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore, KIND } from '../../sim/host/index.ts';
import { type Inspection, type Lab, openLab, QUERIES, type TreeNode } from '../../sim/lab/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});
const labs = new Map<string, Lab>();
function open(name: string): Lab {
  const lab = labs.get(name) ?? openLab(core, { name, text: readFileSync(join(root, `scenarios/${name}.yaml`), 'utf8'), sets: [] });
  labs.set(name, lab);
  expect(lab.branch(0).recording.finish().failure).toBeUndefined();
  return lab;
}
const end = (lab: Lab) => lab.moment({ branch: 0, step: lab.branch(0).recording.length });
const recordsOf = (lab: Lab, kind: string): number[] => {
  const { trace } = lab.branch(0).recording;
  return Array.from({ length: trace.length }, (_, i) => i).filter((i) => trace.kind(i) === KIND[kind]);
};
function look(lab: Lab, id: string, step?: number): Inspection {
  const told = QUERIES.inspect(step === undefined ? end(lab) : lab.moment({ branch: 0, step }), { id });
  if ('missing' in told) throw new Error(told.missing);
  return told;
}
const fieldOf = (tree: readonly TreeNode[] | undefined, name: string): string | undefined =>
  tree?.flatMap((n) => [n, ...n.children, ...n.children.flatMap((c) => c.children)]).find((n) => n.name === name)?.value;

test('a packet is the bytes that went onto the wire, and its tree covers them', () => {
  const lab = open('loss');
  const { recording } = lab.branch(0);
  const { trace } = recording;
  const hash = recording.hashAt(recording.length);
  for (const r of recordsOf(lab, 'wire_send').filter((_, i) => i % 97 === 0)) {
    const { dissection, facts } = look(lab, `packet:${trace.pktId(r)}`);
    expect(dissection?.bytes.length).toBe(trace.a(r));
    expect(fieldOf(dissection?.tree, 'sequence number')).toBe(String(trace.b(r)));
    expect(facts.find((f) => f.name === 'sequence')?.value).toBe(String(trace.b(r)));
    let next = 0;
    for (const n of dissection?.tree ?? []) {
      expect(n.from).toBe(next);
      next = n.to;
    }
    expect(next).toBe(dissection?.bytes.length);
  }
  expect(recording.hashAt(recording.length)).toBe(hash);
});

test('a SYN says its options; a selective acknowledgment its blocks', () => {
  const lab = open('loss');
  const [syn] = recordsOf(lab, 'wire_send');
  const first = look(lab, `packet:${lab.branch(0).recording.trace.pktId(syn as number)}`).dissection;
  expect(fieldOf(first?.tree, 'maximum segment size')).toBe('1460');
  expect(fieldOf(first?.tree, 'SACK permitted')).toBe('');
  const { trace } = lab.branch(0).recording;
  const hole = recordsOf(lab, 'tcp_ooo')[0] as number;
  const answers = recordsOf(lab, 'wire_send').filter((w) => w > hole && trace.host(w) === trace.host(hole)).slice(0, 12);
  const blocks = answers.map((w) => fieldOf(look(lab, `packet:${trace.pktId(w)}`).dissection?.tree, 'SACK'));
  expect(blocks.find((b) => b !== undefined)).toMatch(/^\d+ to \d+/);
});

test('what is said of a thing at a moment is the same forward and backward', () => {
  const lab = open('cq-too-small');
  const { recording } = lab.branch(0);
  const { trace } = recording;
  const cqe = recordsOf(lab, 'cqe')[30] as number;
  const deliver = recordsOf(lab, 'zc_deliver')[0] as number;
  const ids = [
    `cqe:${cqe}`, `request:${recordsOf(lab, 'ring_submit')[6]}`, `packet:${trace.pktId(deliver)}`, `buffer:1:${trace.niovIdx(deliver)}`,
    'sock:0', 'ring:1', 'slot:1:cq:3', 'rxd:1:1:0', `record:${cqe}`,
  ];
  const steps = Array.from({ length: 9 }, (_, i) => Math.floor((i * recording.length) / 8));
  const all = (step: number) => ids.map((id) => QUERIES.inspect(lab.moment({ branch: 0, step }), { id }));
  const forward = steps.map(all);
  expect([...steps].reverse().map(all).reverse()).toEqual(forward);
  expect(forward.at(-1)?.filter((a) => 'missing' in a)).toEqual([]);
  // Nothing of it is there at the beginning but what was made with the world.
  expect(forward[0]?.filter((a) => 'missing' in a).length).toBeGreaterThan(4);
});

test('a multishot receive that found the CQ full has ended, and that is said with what came meanwhile', () => {
  const lab = open('cq-too-small');
  const { trace } = lab.branch(0).recording;
  const ended = recordsOf(lab, 'cqe').filter((r) => (trace.b(r) | 0) === -28);
  expect(ended.length).toBeGreaterThan(10);
  const cqe = look(lab, `cqe:${ended[0]}`);
  expect(cqe.now).toContain('-28 (ENOSPC); the request has ended');
  const request = look(lab, cqe.facts.find((f) => f.name === 'request')?.id as string);
  expect(request.alarm).toMatch(/ended without F_MORE .* had to be armed again/);
  expect(request.lifeline?.ended).toBe(true);
  expect(request.lifeline?.events.map((e) => e.kind)).toEqual(expect.arrayContaining(['taken', 'completion', 'terminal', 'again']));
  expect(request.lifeline?.events.filter((e) => e.kind === 'terminal').length).toBe(1);
});

test('each zero-copy send completes twice: sent with F_MORE, then the notification that ends it', () => {
  const lab = open('send-zc');
  const { trace } = lab.branch(0).recording;
  const sends = recordsOf(lab, 'ring_submit').filter((r) => trace.b(r) === 47);
  expect(sends.length).toBe(512);
  for (const r of sends.filter((_, i) => i % 61 === 0)) {
    const { lifeline } = look(lab, `request:${r}`);
    const kinds = lifeline?.events.map((e) => e.kind).filter((k) => k !== 'armed');
    expect(kinds).toEqual(['taken', 'completion', 'terminal']);
    expect(lifeline?.events.at(-1)?.text).toContain('F_NOTIF');
  }
  // Between the two it is said to be under way.
  const [sent] = recordsOf(lab, 'cqe').filter((r) => (trace.c(r) & 2) !== 0);
  const { facts } = look(lab, `cqe:${sent}`);
  const step = lab.branch(0).recording.steps.ofRecord(sent as number);
  expect(look(lab, facts.find((f) => f.name === 'request')?.id as string, step).now).toContain('notification');
});

test('why: the completion of the one byte run goes back through both hosts to the first turn of the sender', () => {
  const lab = open('tour');
  const { trace } = lab.branch(0).recording;
  const data = recordsOf(lab, 'cqe').find((r) => trace.pktId(r) !== 0) as number;
  const { links, root: end_of } = QUERIES.why(end(lab), { record: data });
  const events = links.map((l) => l.event);
  const way = [
    'cqe', 'zc_deliver', 'sock_queue', 'tcp_rx', 'skb_build', 'nic_dma', 'nic_steer', 'wire_arrive', 'wire_send', 'nic_tx', 'tcp_tx',
  ];
  expect(events.slice(0, way.length)).toEqual(way);
  expect(events.at(-1)).toBe('app_wake');
  expect(end_of).toContain('client');
  expect(links.flatMap((l) => l.also).map((a) => a.rule)).toEqual(expect.arrayContaining(['softirq work had been asked for']));
});

test('every cause is before its effect, for every event of a run with losses', () => {
  const lab = open('loss');
  const { trace } = lab.branch(0).recording;
  const moment = end(lab);
  const rooted = new Map<number, number>();
  for (let record = 0; record < trace.length; record += 613) {
    const { links } = QUERIES.why(moment, { record });
    for (let i = 1; i < links.length; i++) expect(links[i]?.record).toBeLessThan(links[i - 1]?.record as number);
    links.forEach((l, i) => {
      for (const a of l.also) expect(a.record).toBeLessThan(links[i - 1]?.record ?? 0);
    });
    if (links.length === 1) rooted.set(trace.kind(record), record);
  }
  // Only what the world was set up with has no cause at all, and charges, which are no events of their own.
  const allowed = ['app_wake', 'pool_hold', 'pool_release', 'ledger', 'nic_post', 'ring_enter', 'cpu_charge'].map((k) => KIND[k]);
  expect([...rooted.keys()].filter((k) => !allowed.includes(k))).toEqual([]);
  const again = recordsOf(lab, 'tcp_retransmit')[0] as number;
  const first = QUERIES.why(moment, { record: again }).links[1];
  expect(first?.rule).toMatch(/timer fired|ACKs say/);
});

test('what if not: the fault that a link offers can be injected where it says', () => {
  const lab = open('tour');
  const { trace } = lab.branch(0).recording;
  const data = recordsOf(lab, 'cqe').find((r) => trace.pktId(r) !== 0) as number;
  const { links } = QUERIES.why(end(lab), { record: data });
  const offer = links.find((l) => l.event === 'wire_arrive')?.what_if;
  expect(offer?.title).toBe('Drop this packet');
  const edit = offer?.edit as { at: number; fault: string; host: 0 | 1; args: number[] };
  const fork = lab.branch(lab.fork({ branch: 0, step: edit.at }, 'without', [edit])).recording.finish();
  expect(fork.failure).toBeUndefined();
  const kinds = Array.from({ length: fork.trace.length }, (_, i) => fork.trace.kind(i));
  expect(kinds).toContain(KIND['tcp_retransmit']);
});

test('a merged packet is where its buffer is', () => {
  const lab = open('refill-never');
  const { trace } = lab.branch(0).recording;
  const merged = recordsOf(lab, 'gro_merge').map((r) => trace.pktId(r)).slice(0, 5);
  expect(merged.length).toBe(5);
  for (const id of merged) expect(look(lab, `packet:${id}`).now).toMatch(/^Its bytes are the application's since/);
});
