/** Journeys: what was lost is found again, what was merged is followed on, and times never run backwards. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  compileCore, eventOf, journeyOfBuffer, journeyOfByte, journeyOfPacket, KIND, loadScenario, readStreams, runScenario, TraceStore,
} from '../../sim/host/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});

function traced(name: string, sets: readonly string[] = []) {
  const text = readFileSync(new URL(`../../scenarios/${name}.yaml`, import.meta.url), 'utf8');
  const trace = new TraceStore();
  const { engine, result } = runScenario(core, loadScenario(text, name, { sets }), { sinks: { onTrace: (b) => trace.add(b) } });
  return { trace, engine, result, sock: readStreams(engine, 1)[0]?.sock ?? -1 };
}

const names = (records: Parameters<typeof eventOf>[0][]) => records.map((r) => eventOf(r).name);

describe('a byte', () => {
  test('that was lost is in two segments, and the second one brings it', () => {
    const { trace, sock } = traced('loss', ['client.app.bytes=1MiB']);
    const sends = trace.filter((b, i) => b.host(i) === 0 && (b.kind(i) === KIND.tcp_tx || b.kind(i) === KIND.tcp_retransmit) && b.c(i) > 0);
    const again = sends.find((r) => r.kind === KIND.tcp_retransmit);
    if (!again) throw new Error('nothing was sent again');
    const offset = (again.b - (sends[0]?.b ?? 0)) >>> 0;
    const journey = journeyOfByte(trace, { host: 1, sock, offset });
    expect(journey.summary.join('\n')).toMatch(/sent \d times/);
    const told = ['drop', 'tcp_retransmit', 'nic_dma', 'zc_deliver', 'app_read', 'rqe_push', 'rqe_take'];
    expect(names([...journey.records])).toEqual(expect.arrayContaining(told));
  });

  test('is told in the order of time, from the write to the refill ring', () => {
    const { trace, sock } = traced('bulk', ['client.app.bytes=1MiB']);
    const { records } = journeyOfByte(trace, { host: 1, sock, offset: 700_000 });
    const times = records.map((r) => r.time_ns);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const order = names([...records]);
    const at = (name: string) => order.indexOf(name);
    const road = ['app_write', 'tcp_tx', 'nic_tx', 'wire_arrive', 'skb_build', 'sock_queue', 'cqe', 'app_read', 'rqe_take'];
    for (const [i, b] of road.entries()) {
      const a = road[i - 1];
      if (a === undefined) continue;
      expect(at(a), a).toBeGreaterThanOrEqual(0);
      expect(at(b), `${a} before ${b}`).toBeGreaterThan(at(a));
    }
  });

  test('of every position lands where the stream says', () => {
    const { trace, sock } = traced('jumbo', ['client.app.bytes=300kB', 'server.refill.rx_buf_len=4KiB']);
    for (const offset of [0, 1, 4095, 4096, 8000, 100_000, 299_999]) {
      const journey = journeyOfByte(trace, { host: 1, sock, offset });
      expect(journey.summary.join('\n'), `byte ${offset}`).toMatch(/landed in buffer/);
      const niov = Number(/buffer (\d+)/.exec(journey.summary.join('\n'))?.[1]);
      expect(journey.records.some((r) => r.niov_idx === niov && r.kind === KIND.zc_deliver), `byte ${offset}`).toBe(true);
    }
  });
});

test('no frame leaves before its segment was sent, and none is received before it left', () => {
  const { trace } = traced('many-flows', ['client.app.flows=20']);
  const first = (kind: number | undefined, host: number) => {
    const out = new Map<number, number>();
    for (const r of trace.filter((b, i) => b.kind(i) === kind && b.host(i) === host)) if (!out.has(r.pkt_id)) out.set(r.pkt_id, r.time_ns);
    return out;
  };
  for (const host of [0, 1]) {
    const sent = first(KIND.tcp_tx, host);
    const left = first(KIND.nic_tx, host);
    const arrived = first(KIND.wire_arrive, 1 - host);
    expect(left.size).toBeGreaterThan(100);
    for (const [pkt, time] of left) expect(time, `packet ${pkt} left`).toBeGreaterThanOrEqual(sent.get(pkt) ?? 0);
    for (const [pkt, time] of arrived) expect(time, `packet ${pkt} arrived`).toBeGreaterThan(left.get(pkt) ?? 0);
  }
});

test('a merged packet goes on as the one it was merged into', () => {
  const { trace } = traced('bulk', ['client.app.bytes=1MiB']);
  const [merge] = trace.filter((b, i) => b.kind(i) === KIND.gro_merge);
  if (!merge) throw new Error('nothing was merged');
  expect(names([...journeyOfPacket(trace, merge.pkt_id).records])).toEqual(expect.arrayContaining(['nic_dma', 'gro_merge', 'sock_queue']));
});

test('a buffer is lent and given back as often as it was written', () => {
  const { trace } = traced('bulk', ['server.refill.area_bytes=2MiB', 'server.nic.rx_ring=256']);
  const [loan] = trace.filter((b, i) => b.kind(i) === KIND.zc_deliver);
  const { summary } = journeyOfBuffer(trace, loan?.niov_idx ?? 0);
  const [, written = 0, lent, back = 0] = (/DMA (\d+) .*application (\d+) .*back (\d+) /.exec(summary[0] ?? '') ?? []).map(Number);
  expect(written).toBeGreaterThan(5);
  expect(lent).toBe(written);
  expect(written - back).toBeLessThanOrEqual(1);
});
