/** Structs of shared memory in words: the fields that count, with what their bits mean. The table is sim/schema/uapi.ts. */
import { bitNames, cqeFlagsText, opName, resText } from '../../host/index.ts';
import { STRUCTS } from '../../schema/uapi.ts';
import { type FieldRow, fieldType, SCALARS } from '../../schema/uapi_form.ts';

export interface DecodedField {
  readonly name: string;
  /** Where it lies in the struct, and how long it is. */
  readonly at: number;
  readonly bytes: number;
  readonly value: string;
  readonly about: string;
}
export interface Decoded {
  readonly struct: string;
  readonly about: string;
  readonly bytes: Uint8Array;
  readonly fields: readonly DecodedField[];
}

export const SETUP_FLAGS = 'IORING_SETUP_';
export const SQ_FLAGS = 'IORING_SQ_';
const RECVSEND = 'IORING_(RECVSEND_|RECV_MULTISHOT|SEND_ZC_REPORT|SEND_VECTORIZED)';

/** What the shared offsets of an SQE mean, by operation. */
const AT_8: Readonly<Record<string, string>> = {
  CONNECT: 'addr2', BIND: 'addr2', ACCEPT: 'addr2', SEND: 'addr2', SEND_ZC: 'addr2', URING_CMD: 'cmd_op',
};
const AT_28: Readonly<Record<string, string>> = {
  ACCEPT: 'accept_flags', TIMEOUT: 'timeout_flags', LINK_TIMEOUT: 'timeout_flags', ASYNC_CANCEL: 'cancel_flags', READ: 'rw_flags',
  WRITE: 'rw_flags', POLL_ADD: 'poll32_events', NOP: 'nop_flags', MSG_RING: 'msg_ring_flags', SPLICE: 'splice_flags',
  URING_CMD: 'uring_cmd_flags', SOCKET: 'rw_flags', FIXED_FD_INSTALL: 'install_fd_flags',
};
const AT_44: Readonly<Record<string, string>> = { RECV_ZC: 'zcrx_ifq_idx', SEND: 'addr_len', SEND_ZC: 'addr_len', SPLICE: 'splice_fd_in' };

/** The fields of an SQE, one for each piece of it. */
function sqeFields(op: string, select: boolean): string[] {
  return [
    'opcode', 'flags', 'ioprio', 'fd', AT_8[op] ?? 'off', 'addr', 'len', AT_28[op] ?? 'msg_flags', 'user_data',
    select ? 'buf_group' : 'buf_index', 'personality', AT_44[op] ?? 'file_index', 'addr3', '__pad2',
  ];
}

function valueAt(view: DataView, at: number, type: string): bigint {
  switch (type) {
    case 'u8': return BigInt(view.getUint8(at));
    case 'u16': return BigInt(view.getUint16(at, true));
    case 'i32': return BigInt(view.getInt32(at, true));
    case 'u32': return BigInt(view.getUint32(at, true));
    case 'i64': return view.getBigInt64(at, true);
    default: return view.getBigUint64(at, true);
  }
}

const big = (v: bigint): string => (v > 0xffffffn ? `${v} = 0x${v.toString(16)}` : String(v));
const bits = (names: readonly string[], v: bigint): string => (v === 0n ? '0' : `0x${v.toString(16)} = ${names.join(' | ')}`);

function textOf(struct: string, name: string, v: bigint, op: string): string {
  const n = Number(v);
  if (struct === 'io_uring_sqe') {
    if (name === 'opcode') return `${n} = ${opName(n)}`;
    if (name === 'flags') return bits(bitNames('IOSQE_', n), v);
    if (name === 'ioprio') return bits(bitNames(op === 'ACCEPT' ? 'IORING_ACCEPT_' : RECVSEND, n), v);
    if (/^addr|^buf$/.test(name) && n !== 0) return `0x${v.toString(16)}`;
  }
  if (struct === 'io_uring_cqe') {
    if (name === 'res') return resText(n);
    if (name === 'flags') return v === 0n ? '0' : `0x${v.toString(16)} = ${cqeFlagsText(n)}`;
  }
  if (struct === 'io_uring_buf' && name === 'addr') return `0x${v.toString(16)}`;
  if (name === 'off' && struct.includes('zcrx')) {
    const token = v >> 48n;
    return token === 0n ? `${n} = page ${Math.floor(n / 4096)} of the area` : `area ${token}, ${v & 0xffff_ffff_ffffn}`;
  }
  return big(v);
}

/** Decodes a struct where it lies. `only`: these fields, in this order; else all, the first of each union. */
export function decode(view: DataView, base: number, name: string): Decoded {
  const struct = STRUCTS.find((s) => s.name === name);
  if (!struct) throw new RangeError(`no struct ${name}`);
  const op = name === 'io_uring_sqe' ? opName(view.getUint8(base)) : '';
  const wanted = name === 'io_uring_sqe' ? sqeFields(op, (view.getUint8(base + 1) & 32) !== 0) : undefined;
  const rows = wanted
    ? wanted.flatMap((w): FieldRow[] => struct.fields.filter((f) => f[2] === w).slice(0, 1))
    : struct.fields.filter((f) => fieldType(f[1]).count !== Number.POSITIVE_INFINITY);
  const fields = rows.map(([at, type, field, about]): DecodedField => {
    const t = fieldType(type);
    const scalar = t.scalar ?? 'u64';
    const v = valueAt(view, base + at, scalar);
    return { name: field, at, bytes: SCALARS[scalar] * (t.count ?? 1), value: textOf(name, field, v, op), about };
  });
  return { struct: name, about: struct.about, bytes: new Uint8Array(view.buffer as ArrayBuffer, base, struct.bytes).slice(), fields };
}
