/** Is a live packet the one that the script expects? Both have the script's sequence numbers. */
import type { Config } from './config.ts';
import {
  aceOf, ipHeaderLength, OPT_NOP, OPT_TS, type Packet, type Tcp, tcpHeaderLength, timestampOf, word32,
} from './packet.ts';
import { optionText, packetText } from './packet_text.ts';
import { ScriptFailure } from './verdict.ts';

/** The two packets, for the report. */
function mismatch(what: string, script: Packet, actual: Packet): ScriptFailure {
  return new ScriptFailure(what, packetText(script), packetText(actual, script.ace));
}

type Check = (name: string, expected: number | boolean, actual: number | boolean) => void;

function checkTos(script: Packet, actual: Packet, check: Check): void {
  const ecn = actual.tos & 3;
  if (script.tos_check === 'ect01') check('ip_ecn', true, ecn === 1 || ecn === 2);
  else if (script.tos_check === 'ecn') check('ip_ecn', script.tos, ecn);
  else if (script.tos_check === 'tos') check('tos', script.tos, actual.tos);
}

/** `strict` off: two pieces of one larger packet are compared, where FIN, PSH and CWR belong to the last one. */
function checkTcp(script: Packet, st: Tcp, at: Tcp, strict: boolean, check: Check): void {
  const script_doff = script.any_options ? tcpHeaderLength(at) : tcpHeaderLength(st);
  check('tcp_data_offset', script_doff / 4, tcpHeaderLength(at) / 4);
  if (strict) check('tcp_fin', st.fin, at.fin);
  check('tcp_syn', st.syn, at.syn);
  check('tcp_rst', st.rst, at.rst);
  if (strict) check('tcp_psh', st.psh, at.psh);
  check('tcp_ack', st.ack, at.ack);
  check('tcp_urg', st.urg, at.urg);
  if (script.ace) check('tcp_ace', aceOf(st), aceOf(at));
  else {
    check('tcp_ece', st.ece, at.ece);
    if (strict) check('tcp_cwr', st.cwr, at.cwr);
    check('tcp_ae', st.ae, at.ae);
  }
  check('tcp_reserved_bits', st.res, at.res);
  check('tcp_seq', strict ? st.seq : (st.seq + script.payload_len) >>> 0, at.seq);
  check('tcp_ack_seq', st.ack_seq, at.ack_seq);
  if (!script.any_window) check('tcp_window', st.window, at.window);
  check('tcp_urg_ptr', st.urg_ptr, at.urg_ptr);
}

function checkHeaders(script: Packet, actual: Packet, strict: boolean): void {
  const check: Check = (name, expected, found) => {
    if (expected === found) return;
    throw mismatch(`live packet field ${name}: expected ${Number(expected)}, found ${Number(found)}`, script, actual);
  };
  check('ip_version', script.version, actual.version);
  check('ip_header_length', script.ip_header_len, actual.ip_header_len);
  const { tcp: st } = script;
  const { tcp: at } = actual;
  if (!st || !at) throw mismatch('a packet of another protocol', script, actual);
  if (strict) {
    const options = script.any_options ? tcpHeaderLength(at) : tcpHeaderLength(st);
    check('ip_total_length', ipHeaderLength(script.version) + options + script.payload_len, actual.ip_len);
  }
  checkTos(script, actual, check);
  if (script.ttl !== 0) check('ttl', script.ttl, actual.ttl);
  checkTcp(script, st, at, strict, check);
}

function checkOptions(script: Packet, actual: Packet, config: Config, since_start_us: number): void {
  if (script.any_options || !script.tcp || !actual.tcp) return;
  const wanted = script.tcp.options;
  const found = actual.tcp.options;
  if (wanted.length !== found.length || wanted.some((o, i) => o.kind !== found[i]?.kind))
    throw mismatch('bad TCP options', script, actual);
  wanted.forEach((option, i) => {
    const other = found[i];
    if (!other || option.kind <= OPT_NOP) return;
    if (option.kind === OPT_TS) {
      checkTimestamp(script, actual, config, since_start_us);
      return;
    }
    if (option.data.length === other.data.length && option.data.every((b, n) => b === other.data[n])) return;
    throw mismatch(`bad TCP option: expected ${optionText(option)}, found ${optionText(other)}`, script, actual);
  });
}

/** The tolerance grows with the time since the script began. */
function checkTimestamp(script: Packet, actual: Packet, config: Config, since_start_us: number): void {
  const wanted = script.tcp && timestampOf(script.tcp);
  const found = actual.tcp && timestampOf(actual.tcp);
  if (!wanted || !found || config.tcp_ts_tick_us === 0) return;
  const tolerance = Math.max(config.tolerance_us, Math.trunc((config.tolerance_percent / 100) * since_start_us));
  const off = Math.abs((word32(found.data, 0) - word32(wanted.data, 0)) | 0) * config.tcp_ts_tick_us;
  if (off > tolerance) throw mismatch(`bad outbound TCP timestamp value, tolerance ${tolerance} us`, script, actual);
}

/** All of a packet but its time. */
export function checkPacket(script: Packet, actual: Packet, config: Config, since_start_us: number): void {
  checkHeaders(script, actual, true);
  checkOptions(script, actual, config, since_start_us);
  if (actual.payload?.some((b) => b !== 0)) throw mismatch('incorrect outbound data payload', script, actual);
}

/** Does a live packet go on where the one before ended, so that both may be parts of one? `left`: bytes that are expected yet. */
export function checkPiece(piece: Packet, before: Packet, left: number): void {
  checkHeaders(before, piece, false);
  if (piece.payload_len < left && piece.payload_len !== before.payload_len)
    throw mismatch(`fragment payload: expected ${before.payload_len} bytes, found ${piece.payload_len}`, before, piece);
}

/** One packet of several: sequence number and CWR are the first one's, all other headers the last one's. */
export function mergePackets(pieces: readonly Packet[]): Packet {
  const first = pieces[0] as Packet;
  const last = pieces.at(-1) as Packet;
  if (pieces.length === 1) return first;
  const payload_len = pieces.reduce((n, p) => n + p.payload_len, 0);
  const merged: Packet = {
    ...last, payload_len, payload: undefined, time_us: last.time_us,
    ip_len: last.ip_len - last.payload_len + payload_len,
    tcp: last.tcp && first.tcp && { ...last.tcp, seq: first.tcp.seq, cwr: first.tcp.cwr },
  };
  const bytes = new Uint8Array(payload_len);
  let at = 0;
  for (const p of pieces) {
    if (p.payload) bytes.set(p.payload, at);
    at += p.payload_len;
  }
  merged.payload = bytes;
  return merged;
}
