/** An attacker on the wire: a forged segment has the effect that it has on Linux, and bytes that were cut anew are the sender's. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compiledCase, type FuzzCase, NO_CALM, Runner } from '../../sim/fuzz/index.ts';
import { compileCore, KIND, type Plain } from '../../sim/host/index.ts';
import { rerun } from '../../sim/lab/index.ts';
import { DROPS } from '../../sim/schema/drops.ts';
import { EDITS } from '../../sim/schema/edits.ts';
import { FORGERIES } from '../../sim/schema/forgeries.ts';

let core: WebAssembly.Module;
let runner: Runner;
beforeAll(async () => {
  core = await compileCore(readFileSync('build/core.fuzz.wasm'));
  runner = new Runner(core);
});

const [CLIENT, SERVER] = [0, 1] as const;
/** Data is on its way to the server, and the client has not been answered. */
const UNDER_WAY = 150;
const BYTES = 150_000;
const NAMES = Object.fromEntries(Object.entries(KIND).map(([name, kind]) => [kind, name]));

const attacked = (fault: string, host: 0 | 1, by: number, more: Readonly<Record<string, Plain>> = {}, receive = 'recv'): FuzzCase => ({
  generator: 'worlds', calm_at: NO_CALM, edits: [{ at: UNDER_WAY, fault: `forge_${fault}`, host, args: [-1, by] }],
  scenario: {
    run: { verify: true }, wire: { delay_ns: 200_000 }, ...more,
    hosts: { client: { app: { role: 'source', bytes: BYTES } }, server: { app: { role: 'sink', receive } } },
  },
});

interface Effect {
  /** Why the segment was dropped, if it was. */
  readonly drop?: string;
  /** Its host said something before it looked at another packet. */
  readonly answered: boolean;
  /** What else came of it: tcp_state from/to, tcp_ack with its bytes, tcp_ooo. */
  readonly seen: readonly string[];
}

/** What comes of one forged segment. */
function effectOf(c: FuzzCase): Effect {
  let pkt = 0;
  let edited = false;
  let looking = false;
  let answered = false;
  let drop: string | undefined;
  const seen: string[] = [];
  const { broken } = runner.run(c, {
    onTrace: (b) => {
      for (let i = 0; i < b.length; i++) {
        const name = NAMES[b.kind(i)] as string;
        if (name === 'edit') edited = true;
        else if (edited && pkt === 0 && name === 'wire_arrive') pkt = b.pktId(i);
        else if (name === 'tcp_rx') looking = b.pktId(i) === pkt && pkt !== 0;
        else if (name === 'drop' && pkt !== 0 && b.pktId(i) === pkt) drop = DROPS[b.a(i)]?.[0];
        else if (looking && name === 'tcp_tx') answered = true;
        else if (looking && name === 'tcp_state') seen.push(`state ${b.b(i)} to ${b.c(i)}`);
        else if (looking && name === 'tcp_ack') seen.push(`acknowledged ${b.c(i)}`);
        else if (looking && name === 'tcp_ooo') seen.push('out of order');
      }
    },
  });
  expect(broken).toBeUndefined();
  expect(pkt).toBeGreaterThan(0);
  return { answered, seen, ...(drop === undefined ? {} : { drop }) };
}

describe('a forged segment', () => {
  const cases: readonly (readonly [string, 0 | 1, number, Effect])[] = [
    ['rst', SERVER, 0, { answered: true, seen: ['state 1 to 7'] }],
    ['rst', SERVER, 100, { drop: 'TCP_RESET', answered: true, seen: [] }],
    ['rst', SERVER, 1_000_000, { drop: 'TCP_INVALID_SEQUENCE', answered: false, seen: [] }],
    ['rst', SERVER, -100, { drop: 'TCP_OLD_SEQUENCE', answered: false, seen: [] }],
    ['syn', SERVER, 0, { drop: 'TCP_INVALID_SYN', answered: true, seen: [] }],
    ['syn', SERVER, 1_000_000, { drop: 'TCP_INVALID_SYN', answered: true, seen: [] }],
    ['fin', SERVER, 0, { answered: false, seen: ['state 1 to 8'] }],
    // What fills the hole covers it.
    ['fin', SERVER, 1, { drop: 'TCP_OFO_DROP', answered: true, seen: ['out of order'] }],
    ['ack', CLIENT, 100, { answered: false, seen: ['acknowledged 100'] }],
    ['ack', CLIENT, -1_000_000, { drop: 'TCP_TOO_OLD_ACK', answered: true, seen: [] }],
    ['ack_ahead', CLIENT, 1, { drop: 'TCP_ACK_UNSENT_DATA', answered: true, seen: [] }],
    ['ack_ahead', CLIENT, 0, { answered: true, seen: ['acknowledged 64128'] }],
    ['tsval', SERVER, -100, { drop: 'TCP_RFC7323_PAWS', answered: true, seen: [] }],
    ['old_tsval', SERVER, 1_000_000, { drop: 'TCP_OLD_SEQUENCE', answered: true, seen: [] }],
    ['old_tsval', SERVER, -100, { drop: 'TCP_RFC7323_PAWS_ACK', answered: false, seen: [] }],
    ['data', SERVER, -100_000, { drop: 'TCP_OLD_SEQUENCE', answered: true, seen: [] }],
    ['checksum', SERVER, 1, { drop: 'TCP_CSUM', answered: false, seen: [] }],
    ['ip_checksum', SERVER, 1, { drop: 'IP_CSUM', answered: false, seen: [] }],
    ['doff', SERVER, 4, { drop: 'PKT_TOO_SMALL', answered: false, seen: [] }],
    ['doff', SERVER, 15, { drop: 'PKT_TOO_SMALL', answered: false, seen: [] }],
    ['ip_length', SERVER, 100, { drop: 'PKT_TOO_SMALL', answered: false, seen: [] }],
    ['fragment', SERVER, 0x2000, { drop: 'UNHANDLED_PROTO', answered: false, seen: [] }],
    ['flags', SERVER, 0, { drop: 'TCP_FLAGS', answered: false, seen: [] }],
    ['ip_header', SERVER, 4, { drop: 'IP_INHDR', answered: false, seen: [] }],
    ['synack', SERVER, 0, { drop: 'TCP_INVALID_SYN', answered: true, seen: [] }],
    ['stray', SERVER, 5000, { drop: 'NO_SOCKET', answered: false, seen: [] }],
  ];
  test.each(cases)('%s to host %i by %i', (fault, host, by, effect) => {
    expect(effectOf(attacked(fault, host, by))).toEqual(effect);
  });

  test('over IPv6 is one of IPv6', () => {
    const more = { tcp: { family: 'ipv6' } };
    expect(effectOf(attacked('rst', SERVER, 100, more))).toMatchObject({ drop: 'TCP_RESET', answered: true });
    expect(effectOf(attacked('ip_checksum', SERVER, 3, more)).drop).toBeDefined();
  });

  test('has an option that is passed over, whatever its length is', () => {
    for (const by of [0xfe00, 0xfe01, 0xfe02, 0xfeff, 0x0802, 0x0500, 0x050a])
      expect(effectOf(attacked('option', SERVER, by)).drop).toBeUndefined();
  });
});

/** The stream that came, of a run without a fault and of one with. */
const streamOf = (c: FuzzCase) => rerun(core, compiledCase(c, 'attacked'), c.edits, {}).result.streams[0];

const CUTS = [['data', 0], ['data', -700], ['data', 700], ['sliver', 5000]] as const;
test('bytes that were cut anew are those of the sender: the stream is whole, and the same one', () => {
  const whole = streamOf({ ...attacked('data', SERVER, 0), edits: [] });
  expect(whole).toMatchObject({ bytes: BYTES, complete: true });
  for (const receive of ['recv', 'zc']) {
    for (const [fault, by] of CUTS)
      expect(streamOf(attacked(fault, SERVER, by, {}, receive))).toMatchObject({ sha256: whole?.sha256, complete: true });
  }
});

test('the timestamp of a segment outside of the window is not remembered: what the peer sends is not too old after it', () => {
  const c = attacked('old_tsval', SERVER, 1_000_000_000);
  expect(streamOf(c)).toMatchObject({ bytes: BYTES, complete: true });
  const poisoned = { ...c, scenario: { ...c.scenario, run: { verify: true, bug: 'tcp-paws-poison' } } };
  expect(runner.run(poisoned).broken?.invariant).toBe('T11 refused for its age');
});

test('a lie in SACK blocks, windows or echoes costs time, and no bytes', () => {
  const lies = [['sack', 1448], ['sack_ahead', 0], ['sack_tangle', 1448], ['window', 0], ['tsecr', -1000]] as const;
  for (const [fault, by] of lies) expect(streamOf(attacked(fault, CLIENT, by))).toMatchObject({ bytes: BYTES, complete: true });
});

test('the number that a form begins with is one that it takes, and every form has its row among the edits', () => {
  for (const { by } of FORGERIES) {
    expect(by.value).toBeGreaterThanOrEqual(by.min);
    expect(by.value).toBeLessThanOrEqual(by.max);
  }
  expect(EDITS.filter((e) => e.forged).map((e) => e.name)).toEqual(FORGERIES.map((f) => `forge_${f.name}`));
  expect(EDITS.findIndex((e) => e.forged)).toBe(EDITS.length - FORGERIES.length);
});

test('the same segment comes of the same numbers, and of the same connection by its order', () => {
  const c = attacked('data', SERVER, 700);
  const hash = (args: readonly number[]) => runner.run({ ...c, edits: [{ at: UNDER_WAY, fault: 'forge_data', host: SERVER, args }] },
    { hash: true }).state_hash;
  expect(hash([-1, 700])).toBe(hash([-1, 700]));
  expect(hash([-2, 700])).toBe(hash([-1, 700]));
  expect(hash([-1, 701])).not.toBe(hash([-1, 700]));
});

test('a byte that an attacker made urgent is no part of the stream, and nobody is blamed for it', () => {
  const c = attacked('urg', SERVER, 3000);
  expect(runner.run(c).broken).toBeUndefined();
  expect(streamOf(c)).not.toMatchObject({ complete: true });
});

test('a lie that may last ends what is owed for the connection', () => {
  const c = { ...attacked('ack_ahead', CLIENT, 0), calm_at: UNDER_WAY + 1 };
  // The client takes for received what is on its way: with what the link loses then, the server waits for ever.
  const lossy = { ...c, edits: [{ at: UNDER_WAY - 1, set: 'client.wire.loss_ppm=1000000' }, ...c.edits] };
  expect(runner.run(lossy).broken).toBeUndefined();
});
