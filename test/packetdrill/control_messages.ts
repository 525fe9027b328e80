/** Control messages: what recvmsg brought and the script expects, and what sendmsg takes along. */
import { CALL } from './machine.ts';
import type { Outcome, SocketFile } from './process.ts';
import { outcomeOf } from './process.ts';
import type { Runtime } from './runtime.ts';
import { symbol } from './symbols.ts';
import { checkOptStats, optStatsBytes } from './opt_stats.ts';
import { integer, s32, struct, type Value } from './values.ts';
import { ScriptFailure, Unsupported } from './verdict.ts';

export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}
/** What a recvmsg brought. */
export interface Received {
  readonly outcome: Outcome;
  readonly flags: number;
  readonly control: readonly ControlMessage[];
}

const SOL_IP = 0;
const SOL_SOCKET = 1;
const SOL_IPV6 = 41;
const IP_RECVERR = symbol('IP_RECVERR');
const IPV6_RECVERR = symbol('IPV6_RECVERR');
const SCM_TIMESTAMPING = symbol('SCM_TIMESTAMPING');
const SCM_TIMESTAMPING_OPT_STATS = symbol('SCM_TIMESTAMPING_OPT_STATS');
const SO_TIMESTAMPING_NEW = 65;
const RECORD_MASK = ['TX_HARDWARE', 'TX_SOFTWARE', 'TX_SCHED', 'TX_ACK']
  .reduce((mask, name) => mask | symbol(`SOF_TIMESTAMPING_${name}`), 1 << 18);

/** MsgOut of the core (stack/6-socket/control.ts): flags, name length, bytes of messages; a cmsghdr has sixteen bytes. */
const OUT_BYTES = 16;
const CMSG_HEADER = 16;
const EXTENDED_ERR_BYTES = 16;
const SOCKADDR_BYTES: Readonly<Record<number, number>> = { [SOL_IP]: 16, [SOL_IPV6]: 28 };
const TIMESTAMPS_BYTES = 48;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What the core has put down for the last call: flags and messages. */
function takeOut(rt: Runtime): { flags: number; control: ControlMessage[] } {
  const head = viewOf(rt.machine.answer(OUT_BYTES));
  const bytes = rt.machine.answer(OUT_BYTES + head.getUint32(8, true)).subarray(OUT_BYTES);
  const view = viewOf(bytes);
  const control: ControlMessage[] = [];
  for (let at = 0; at + CMSG_HEADER <= bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.slice(at + CMSG_HEADER, at + length);
    control.push({ level: view.getInt32(at + 8, true), type: view.getInt32(at + 12, true), data });
    at += (length + 7) & ~7;
  }
  return { flags: head.getUint32(0, true), control };
}

/** recvmsg with MSG_ERRQUEUE; never waits. */
export function receiveError(rt: Runtime, file: SocketFile, length: number): Received {
  const outcome = outcomeOf(rt.machine.call(CALL.recvError, file.sock, rt.machine.scratch, Math.min(length, rt.machine.half)));
  return { outcome, ...takeOut(rt) };
}

/** What goes along with bytes that were read: their timestamp, and how many a read would find next (tcp_recv_timestamp, tcp_inq_hint). */
export function readControl(rt: Runtime, sock: number): ControlMessage[] {
  rt.machine.call(CALL.recvControl, sock);
  return takeOut(rt).control;
}

function extendedErrBytes(level: number, value: Value): Uint8Array {
  const fields = struct(value, 'extended_err');
  const data = new Uint8Array(EXTENDED_ERR_BYTES + (SOCKADDR_BYTES[level] ?? 28));
  const view = viewOf(data);
  view.setUint32(0, integer(fields.ee_errno), true);
  view.setUint8(4, integer(fields.ee_origin));
  view.setUint8(5, integer(fields.ee_type));
  view.setUint8(6, integer(fields.ee_code));
  view.setUint32(8, integer(fields.ee_info), true);
  view.setUint32(12, integer(fields.ee_data), true);
  return data;
}

function timestampBytes(value: Value): Uint8Array {
  const fields = struct(value, 'timestamping');
  const data = new Uint8Array(TIMESTAMPS_BYTES);
  viewOf(data).setBigInt64(0, BigInt(integer(fields.scm_sec)), true);
  viewOf(data).setBigInt64(8, BigInt(integer(fields.scm_nsec)), true);
  return data;
}

function expectedData(level: number, value: Value | undefined): Uint8Array {
  if (value?.kind === 'struct' && value.type === 'extended_err') return extendedErrBytes(level, value);
  if (value?.kind === 'struct' && value.type === 'timestamping') return timestampBytes(value);
  if (value?.kind === 'list') return optStatsBytes(value.items);
  if (value?.kind !== 'integer') throw new ScriptFailure('unrecognized type for cmsg_data');
  const data = new Uint8Array(4);
  viewOf(data).setInt32(0, integer(value) | 0, true);
  return data;
}

function messageOf(value: Value): ControlMessage {
  const fields = struct(value, 'cmsg');
  const level = s32(fields.cmsg_level);
  return { level, type: s32(fields.cmsg_type), data: expectedData(level, fields.cmsg_data) };
}

const text = (m: ControlMessage): string => `level ${m.level} type ${m.type} data ${[...m.data].join(' ')}`;

/** Microseconds of the i-th timestamp. */
function timestampUs(data: Uint8Array, i: number): number {
  const view = viewOf(data);
  return Number(view.getBigInt64(i * 16, true)) * 1e6 + Math.trunc(Number(view.getBigInt64(i * 16 + 8, true)) / 1000);
}

/** Times of the script, from its start; those that are 0 are not looked at. */
function checkTimestamps(rt: Runtime, expected: Uint8Array, actual: Uint8Array): void {
  for (let i = 0; i < TIMESTAMPS_BYTES / 16; i++) {
    const wanted = timestampUs(expected, i);
    const got = timestampUs(actual, i) - rt.start_us;
    if (wanted === 0 || Math.abs(wanted - got) <= rt.config.tolerance_us) continue;
    throw new ScriptFailure(`bad timestamp ${i} in scm_timestamping`, `${wanted} us`, `${got} us`);
  }
}

const FIELDS = ['errno', 'origin', 'type', 'code', 'info', 'data'] as const;
/** The fields of a sock_extended_err in words; the address behind them is not looked at. */
function extendedErrText(data: Uint8Array): string {
  const view = viewOf(data);
  const [origin, type, code] = [view.getUint8(4), view.getUint8(5), view.getUint8(6)];
  const values = [view.getUint32(0, true), origin, type, code, view.getUint32(8, true), view.getUint32(12, true)];
  return FIELDS.map((name, i) => `ee_${name}=${values[i]}`).join(' ');
}

function checkMessage(rt: Runtime, i: number, expected: ControlMessage, actual: ControlMessage): void {
  const { level, type } = expected;
  if (actual.level !== level || actual.type !== type || actual.data.length !== expected.data.length)
    throw new ScriptFailure(`bad level, type or length of cmsg ${i}`, text(expected), text(actual));
  if ((level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR)) {
    const [wanted, got] = [extendedErrText(expected.data), extendedErrText(actual.data)];
    if (wanted !== got) throw new ScriptFailure(`bad extended err ${i}`, wanted, got);
  } else if (level === SOL_SOCKET && type === SCM_TIMESTAMPING) checkTimestamps(rt, expected.data, actual.data);
  else if (level === SOL_SOCKET && type === SCM_TIMESTAMPING_OPT_STATS) checkOptStats(rt, expected.data, actual.data);
  else if (text(actual) !== text(expected)) throw new ScriptFailure(`bad data in cmsg ${i}`, text(expected), text(actual));
}

export function checkControl(rt: Runtime, expected: readonly Value[], actual: readonly ControlMessage[]): void {
  const wanted = expected.map(messageOf);
  wanted.forEach((message, i) => {
    const other = actual[i];
    if (!other) throw new ScriptFailure(`received only ${actual.length} cmsgs`, text(message), 'none');
    checkMessage(rt, i, message, other);
  });
  const extra = actual[wanted.length];
  if (extra) throw new ScriptFailure(`received more than ${wanted.length} cmsgs`, 'none', text(extra));
}

/** The SO_TIMESTAMPING bits that a sendmsg takes along; undefined: none; 'EINVAL': bits that are not for a single send. */
export function sendControl(control: readonly Value[]): number | 'EINVAL' | undefined {
  let bits: number | undefined;
  for (const value of control) {
    const { level, type, data } = messageOf(value);
    if (level !== SOL_SOCKET || (type !== SCM_TIMESTAMPING && type !== SO_TIMESTAMPING_NEW))
      throw new Unsupported(`sendmsg with cmsg level ${level} type ${type}`);
    const wanted = data.length === 4 ? viewOf(data).getUint32(0, true) : -1;
    if (wanted < 0 || (wanted & ~RECORD_MASK) !== 0) return 'EINVAL';
    bits = wanted;
  }
  return bits;
}
