/** SCM_TIMESTAMPING_OPT_STATS: netlink attributes with statistics of a connection, as the script names them and as they came. */
import type { Runtime } from './runtime.ts';
import { SYMBOLS } from './symbols.ts';
import { integer, type Value } from './values.ts';
import { ScriptFailure } from './verdict.ts';

const NLA_HDRLEN = 4;
/** Bytes of a value, where it is not a word. */
const BYTES: Readonly<Record<string, number>> = {
  BUSY: 8, RWND_LIMITED: 8, SNDBUF_LIMITED: 8, DATA_SEGS_OUT: 8, TOTAL_RETRANS: 8, PACING_RATE: 8, DELIVERY_RATE: 8, BYTES_SENT: 8,
  BYTES_RETRANS: 8, RECUR_RETRANS: 1, DELIVERY_RATE_APP_LMT: 1, CA_STATE: 1,
};
const NAMES = new Map([...SYMBOLS].filter(([name]) => name.startsWith('TCP_NLA_')).map(([name, value]) => [value, name.slice(8)]));
/** Compared as times. */
const TIMES = new Set(['BUSY', 'RWND_LIMITED', 'SNDBUF_LIMITED']);

interface Attribute {
  readonly type: number;
  readonly value: bigint;
  /** All bits set: any value will do. */
  readonly any: bigint;
}

export function optStatsBytes(items: readonly Value[]): Uint8Array {
  const parts = items.map((item) => {
    if (item.kind !== 'pair') throw new ScriptFailure('bad type of a TCP_NLA attribute');
    const name = NAMES.get(item.key);
    if (name === undefined) throw new ScriptFailure(`unknown TCP_NLA attribute ${item.key}`);
    const length = BYTES[name] ?? 4;
    const part = new Uint8Array(NLA_HDRLEN + Math.max(4, length));
    const view = new DataView(part.buffer);
    view.setUint16(0, NLA_HDRLEN + length, true);
    view.setUint16(2, item.key, true);
    const value = BigInt.asUintN(length * 8, BigInt(integer(item.value)));
    for (let i = 0; i < length; i++) view.setUint8(NLA_HDRLEN + i, Number((value >> BigInt(i * 8)) & 255n));
    return part;
  });
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function attributes(data: Uint8Array): Attribute[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const out: Attribute[] = [];
  for (let at = 0; at + NLA_HDRLEN <= data.length;) {
    const length = view.getUint16(at, true) - NLA_HDRLEN;
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(at + NLA_HDRLEN + i));
    out.push({ type: view.getUint16(at + 2, true), value, any: (1n << BigInt(length * 8)) - 1n });
    at += NLA_HDRLEN + Math.max(4, length);
  }
  return out;
}

export function checkOptStats(rt: Runtime, expected: Uint8Array, actual: Uint8Array): void {
  const got = attributes(actual);
  attributes(expected).forEach((wanted, i) => {
    const other = got[i];
    const name = NAMES.get(wanted.type) ?? String(wanted.type);
    if (other?.type !== wanted.type || other.any !== wanted.any) throw new ScriptFailure(`bad attribute ${i}`, name, String(other?.type));
    if (wanted.value === wanted.any || wanted.value === other.value) return;
    const gap = wanted.value > other.value ? wanted.value - other.value : other.value - wanted.value;
    if (TIMES.has(name) && wanted.value !== 0n && gap <= BigInt(rt.config.tolerance_us)) return;
    throw new ScriptFailure(`bad TCP_NLA_${name}`, String(wanted.value), String(other.value));
  });
}
