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
    expect(journey.records.length, 'only what concerns it').toBeLessThan(200);
    const told = ['drop', 'tcp_retransmit', 'nic_dma', 'zc_deliver', 'app_read', 'rqe_push', 'rqe_take'];
    expect(names([...journey.records])).toEqual(expect.arrayContaining(told));
  });

  test('is told in the order of time, from the write to the refill ring', () => {
    // On one core: two may see each other's work a turn early (DECISIONS.md, 7).
    const { trace, sock } = traced('bulk', ['client.app.bytes=1MiB', 'cpu.cores=1']);
    const { records } = journeyOfByte(trace, { host: 1, sock, offset: 700_000 });
    const times = records.map((r) => r.time_ns);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const order = names([...records]);
    const at = (name: string) => order.indexOf(name);
    const road = ['app_write', 'tcp_tx', 'nic_tx', 'wire_arrive', 'skb_build', 'sock_queue', 'zc_deliver', 'cqe', 'app_read', 'rqe_take'];
    for (const [i, b] of road.entries()) {
      const a = road[i - 1];
      if (a === undefined) continue;
      expect(at(a), a).toBeGreaterThanOrEqual(0);
      expect(at(b), `${a} before ${b}`).toBeGreaterThan(at(a));
    }
  });

  const of_one = (kind: number) => ['nic_dma_buf', 'zc_deliver', 'zc_copy', 'cqe'].some((name) => KIND[name] === kind);

  test.each([
    ['bulk', ['client.app.bytes=1MiB'], 'zc_deliver'],
    ['jumbo', ['client.app.bytes=300kB', 'server.refill.rx_buf_len=4KiB'], 'zc_deliver'],
    ['steering-missed', ['client.app.bytes=300kB'], 'zc_copy'],
  ] as const)('of %s is told with the buffer that holds it, and with no other', (name, sets, delivery) => {
    const { trace, sock } = traced(name, sets);
    const all = trace.filter((b, i) => (b.kind(i) === KIND.zc_deliver || b.kind(i) === KIND.zc_copy) && b.a(i) === sock);
    for (const offset of [0, 4000, 70_001, 150_000, 299_999]) {
      const { records } = journeyOfByte(trace, { host: 1, sock, offset });
      let end = 0;
      const holder = all.find((r) => {
        end += r.kind === KIND.zc_deliver ? r.c : r.b;
        return offset < end;
      });
      const told = records.filter((r) => of_one(r.kind));
      expect(names(told).filter((n) => n === delivery || n === 'cqe'), `byte ${offset}`).toEqual([delivery, 'cqe']);
      expect(new Set(told.map((r) => r.niov_idx)), `byte ${offset}`).toEqual(new Set([holder?.niov_idx]));
    }
  });

  test('of a segment that the NIC cut is in the frame that holds it', () => {
    const { trace, sock } = traced('bulk', ['client.app.bytes=1MiB']);
    const large = trace.filter((b, i) => b.kind(i) === KIND.tcp_tx && b.host(i) === 0 && b.c(i) > 20_000).at(-1);
    const start = trace.filter((b, i) => b.kind(i) === KIND.tcp_tx && b.host(i) === 0 && b.c(i) > 0)[0];
    if (!large || !start) throw new Error('no segment was large');
    const offset = ((large.b - start.b) >>> 0) + 10_000;
    const { records, summary } = journeyOfByte(trace, { host: 1, sock, offset });
    const sent = records.find((r) => r.kind === KIND.wire_send);
    expect((sent?.b ?? 0) - large.b).toBe(1448 * Math.floor(10_000 / 1448));
    expect(summary.join('\n')).toContain(`${10_000 % 1448} bytes behind its beginning`);
    expect(journeyOfPacket(trace, sent?.pkt_id ?? 0).summary.join('\n')).toContain(`the NIC cut packet ${large.pkt_id} into`);
  });

  const cutters = [['on', 'the NIC cut it'], ['off', 'software, before the NIC, cut it']] as const;
  test.each(cutters)('in a large packet is in the frame cut from it, tso %s', (tso, who) => {
    const { trace, sock } = traced('bulk', ['client.app.bytes=1MiB', `client.nic.tso=${tso}`]);
    for (const offset of [0, 200_000, 700_001, 1_048_575]) {
      const journey = journeyOfByte(trace, { host: 1, sock, offset });
      const text = journey.summary.join('\n');
      expect(text, `byte ${offset}`).toContain(who);
      const [, frames = 0, nth = 0, pkt = 0, len = 0, from = 0] =
        (/into (\d+) frames; number (\d+), packet (\d+), .*\((\d+) bytes from (\d+)\)/.exec(text) ?? []).map(Number);
      const target = Number(/sequence number (\d+)/.exec(text)?.[1]);
      expect(nth).toBeLessThanOrEqual(frames);
      expect((target - from) >>> 0).toBeLessThan(len);
      const own = journey.records.filter((r) => r.pkt_id === pkt);
      const sent = own.find((r) => r.kind === KIND.wire_send);
      expect(sent?.b, 'the link says the same').toBe(from);
      const told = ['tcp_tx', 'nic_tx', 'nic_dma', 'zc_deliver', 'app_read', 'rqe_push'];
      expect(names([...journey.records])).toEqual(expect.arrayContaining(told));
      expect(own.filter((r) => r.kind === KIND.nic_dma)).toHaveLength(1);
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
    for (const r of trace.filter((b, i) => b.kind(i) === KIND.nic_tx && b.host(i) === host)) {
      const time = sent.get(r.c === 0 ? r.pkt_id : r.c);
      expect(r.time_ns, `packet ${r.pkt_id} left`).toBeGreaterThanOrEqual(time ?? Number.POSITIVE_INFINITY);
    }
    for (const [pkt, time] of arrived) expect(time, `packet ${pkt} arrived`).toBeGreaterThan(left.get(pkt) ?? 0);
  }
});

test('a frame of a large packet tells what it was cut from', () => {
  const { trace } = traced('bulk', ['client.app.bytes=1MiB']);
  const cut = trace.find((b, i) => b.kind(i) === KIND.nic_tx && b.c(i) !== 0 && b.c(i) !== b.pktId(i));
  const journey = journeyOfPacket(trace, cut?.pkt_id ?? 0);
  expect(journey.summary.join('\n')).toMatch(new RegExp(`frame 2 of \\d+ that the NIC cut packet ${cut?.c} into`));
  expect(journey.records[0]).toMatchObject({ kind: KIND.tcp_tx, pkt_id: cut?.c });
  const lone = trace.find((b, i) => b.kind(i) === KIND.nic_tx && b.host(i) === 1);
  expect(journeyOfPacket(trace, lone?.pkt_id ?? 0).summary.join('\n')).not.toContain('cut');
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
