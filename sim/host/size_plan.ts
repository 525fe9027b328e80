/**
 * How large everything on the road of zero-copy receive must be, each size with its derivation: the formula, the formula with
 * the numbers in it, and where the rule comes from. Pure arithmetic over a question; the page uses it as the command line does.
 */
import { bytesText, durationText } from './numbers_text.ts';

export interface SizeQuestion {
  readonly rate_bps: number;
  readonly rtt_ns: number;
  readonly mtu: number;
  /** Bytes of one buffer of the area. */
  readonly rx_buf_len: number;
  readonly connections: number;
  /** How long the application keeps a buffer. */
  readonly hold_ns: number;
  /** Descriptors of the NIC's RX ring; 0: as many as the plan says. */
  readonly rx_ring: number;
  /** Bytes of one send, and of one message. */
  readonly write_size: number;
  /** Bytes of one provided buffer, for a receive that copies. */
  readonly buf_size: number;
  /** From a frame's arrival to the driver's poll at the latest. */
  readonly poll_ns: number;
  readonly family: 4 | 6;
  /** IORING_SETUP_CQE_MIXED: completions of zero-copy receive take two entries. */
  readonly cqe_mixed: boolean;
}

export interface SizeRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'bytes' | 'entries' | 'buffers' | 'sends' | 'ns';
  /** What one sets: a scenario's knob, and Linux's name for it. */
  readonly knob: string;
  readonly linux: string;
  readonly formula: string;
  readonly numbers: string;
  readonly source: string;
  /** What it is the sum of, where that is worth a drawing. */
  readonly parts?: readonly SizePart[];
}
export interface SizePart {
  readonly name: string;
  readonly about: string;
  readonly value: number;
}

export interface SizePlan {
  readonly question: SizeQuestion;
  readonly rows: readonly SizeRow[];
  readonly warnings: readonly string[];
}

export const SIZE_DEFAULTS: SizeQuestion = {
  rate_bps: 100e9, rtt_ns: 200_000, mtu: 1500, rx_buf_len: 4096, connections: 1, hold_ns: 0, rx_ring: 0, write_size: 65536,
  buf_size: 16384, poll_ns: 50_000, family: 4, cqe_mixed: false,
};

/** Ethernet: preamble, header, check sequence, gap. */
const WIRE_OVERHEAD = 38;
const TCP_HEADER = 20 + 12;
const IP_HEADER = { 4: 20, 6: 40 } as const;
/** A buffer of a striding RX ring holds the whole frame with its Ethernet header. */
const ETHERNET_HEADER = 14;
const RQ_ENTRIES_MAX = 32768;
const CQ_ENTRIES_MAX = 65536;
const SQ_ENTRIES_MAX = 32768;
const RX_RING_MAX = 16384;
const PBUF_ENTRIES_MAX = 32768;
/** Packets of one turn of RECV_ZC (io_uring/zcrx.c: IO_SKBS_PER_CALL_LIMIT), and fragments of one (MAX_SKB_FRAGS). */
const SKBS_PER_TURN = 21;
const SKB_FRAGS_MAX = 17;
/** Completions of one turn of a multishot receive (io_uring/net.c: MULTISHOT_MAX_RETRY, and the first). */
const SHOTS_PER_TURN = 33;
/** Buffers that a page pool takes at once (PP_ALLOC_CACHE_REFILL). */
const POOL_CACHE = 64;
const TIMER_CQES = 16;
/** An area above this is said to be absurd. */
const AREA_SENSIBLE = 2 ** 40;

const pow2 = (n: number) => 2 ** Math.ceil(Math.log2(Math.max(n, 1)));
const up = (n: number, to: number) => Math.ceil(n / to) * to;
const n = (value: number) => value.toLocaleString('en').replaceAll(',', ' ');

/** What follows from the question and is used by several sizes. */
function derive(q: SizeQuestion) {
  const mss = q.mtu - IP_HEADER[q.family] - TCP_HEADER;
  const frags = Math.ceil(mss / q.rx_buf_len);
  const window = Math.ceil((q.rate_bps * q.rtt_ns) / 8e9);
  const held = Math.ceil((q.rate_bps * q.hold_ns) / 8e9);
  const frames = (q.rate_bps * q.poll_ns) / 8e9 / (q.mtu + WIRE_OVERHEAD);
  const rx_ring = q.rx_ring || Math.min(RX_RING_MAX, Math.max(64, pow2(frames)));
  return { mss, frags, window, held, frames: Math.ceil(frames), rx_ring, grain: frags * q.rx_buf_len };
}
type Derived = ReturnType<typeof derive>;

const SIZING = 'sizing rules collected from field reports';

function windowRow(q: SizeQuestion, d: Derived): SizeRow {
  return {
    name: 'window', value: d.window, unit: 'bytes', knob: '', linux: 'bytes in flight of all connections',
    formula: 'rate × rtt / 8', numbers: `${n(q.rate_bps)} bit/s × ${durationText(q.rtt_ns)} / 8 = ${n(d.window)} bytes`,
    source: 'bandwidth-delay product (RFC 7323, section 1.1)',
  };
}

function nicRow(q: SizeQuestion, d: Derived): SizeRow {
  return {
    name: 'rx_ring', value: d.rx_ring, unit: 'entries', knob: 'nic.rx_ring', linux: 'ethtool -G rx',
    formula: 'frames that arrive until the driver polls, up to a power of two',
    numbers: q.rx_ring > 0 ? `given: ${q.rx_ring}; ${n(d.frames)} frames arrive in ${durationText(q.poll_ns)}`
      : `${n(q.rate_bps)} × ${durationText(q.poll_ns)} / 8 / (${q.mtu} + ${WIRE_OVERHEAD}) = ${n(d.frames)} frames → ${d.rx_ring}`,
    source: 'a frame that finds no descriptor is lost (Documentation/networking/scaling.rst; xdp-tutorial #116)',
  };
}

function standingRow(q: SizeQuestion, d: Derived): SizeRow {
  const legacy = d.rx_ring * d.grain;
  const striding = d.rx_ring * pow2(q.mtu + ETHERNET_HEADER);
  return {
    name: 'standing', value: Math.max(legacy, striding), unit: 'bytes', knob: '', linux: 'buffers that the RX ring holds all the time',
    formula: 'max(rx_ring × ⌈mss / buf⌉ × buf, rx_ring × pow2(mtu + 14))',
    numbers: `max(${d.rx_ring} × ${d.frags} × ${q.rx_buf_len}, ${d.rx_ring} × ${pow2(q.mtu + ETHERNET_HEADER)}) =`
      + ` ${n(Math.max(legacy, striding))}`,
    source: `${SIZING}: one buffer chain a descriptor, or one stride a frame (squeezefs Rev 4b; liburing 9787d6ab)`,
  };
}

function areaRow(q: SizeQuestion, d: Derived, standing: number): SizeRow {
  const busy = d.window + d.held;
  const slack = Math.ceil((busy * (d.grain - d.mss)) / d.mss);
  const cache = POOL_CACHE * q.rx_buf_len;
  const value = up(busy + slack + standing + cache, q.rx_buf_len);
  return {
    name: 'area', value, unit: 'bytes', knob: 'refill.area_bytes', linux: 'io_uring_zcrx_area_reg.len',
    formula: 'window + hold × rate / 8 + (window + held) × (⌈mss / buf⌉ × buf − mss) / mss + standing + 64 × buf',
    numbers: `${n(d.window)} + ${n(d.held)} + ${n(busy)} × (${d.grain} − ${d.mss}) / ${d.mss} + ${n(standing)} + ${n(cache)}`
      + ` → ${n(value)} (${n(value / q.rx_buf_len)} buffers)`,
    source: `${SIZING}: in flight, held, lost to part-filled buffers, posted, cached (squeezefs Rev 4; liburing 9787d6ab)`,
    parts: [
      { name: 'window', about: 'bytes in flight', value: d.window }, { name: 'held', about: 'what the application keeps', value: d.held },
      { name: 'unfilled', about: 'room in buffers that segments do not fill', value: slack },
      { name: 'standing', about: 'posted to the NIC all the time', value: standing },
      { name: 'cache', about: 'what the page pool takes at once', value: cache },
    ],
  };
}

/** Completions of zero-copy receive for these bytes. */
const cqesFor = (bytes: number, d: Derived) => Math.ceil(bytes / d.mss) * d.frags;

function refillRow(d: Derived): SizeRow {
  const loans = cqesFor(d.window + d.held, d);
  return {
    name: 'refill_ring', value: Math.min(RQ_ENTRIES_MAX, Math.max(8, pow2(loans))), unit: 'entries', knob: 'refill.rq_entries',
    linux: 'io_uring_zcrx_ifq_reg.rq_entries', formula: 'completions on loan at once, up to a power of two, at most 32768',
    numbers: `⌈(${n(d.window)} + ${n(d.held)}) / ${d.mss}⌉ × ${d.frags} = ${n(loans)} →`
      + ` ${Math.min(RQ_ENTRIES_MAX, Math.max(8, pow2(loans)))}`,
    source: 'one entry a completion, and a quiet queue reads none (io_uring/zcrx.c: io_zcrx_ring_refill; kperf #24)',
  };
}

function cqRow(q: SizeQuestion, d: Derived, depth: number): SizeRow {
  const share = Math.max(Math.ceil(d.window / q.connections), Math.min(q.write_size, d.window));
  const ready = cqesFor(share, d);
  const turn = SKBS_PER_TURN * SKB_FRAGS_MAX;
  const each = Math.min(ready, turn) * (q.cqe_mixed ? 2 : 1);
  const need = q.connections * each + 2 * depth + TIMER_CQES;
  return {
    name: 'cq', value: Math.min(CQ_ENTRIES_MAX, pow2(need)), unit: 'entries', knob: 'ring.cq_entries', linux: 'IORING_SETUP_CQSIZE',
    formula: 'connections × min(fragments ready, 21 × 17)'
      + `${q.cqe_mixed ? ' × 2' : ''} + 2 × depth + ${TIMER_CQES}, up to a power of two, at most 65536`,
    numbers: `${q.connections} × min(${n(ready)}, ${turn})${q.cqe_mixed ? ' × 2' : ''} + 2 × ${depth} + ${TIMER_CQES} = ${n(need)}`
      + ` → ${Math.min(CQ_ENTRIES_MAX, pow2(need))}`,
    source: 'a completion for each fragment (liburing e974f4fd), 21 packets a turn (io_uring/zcrx.c: io_zcrx_recv_skb),'
      + ' two for each SEND_ZC (io_uring/notif.c)',
  };
}

function sqRow(q: SizeQuestion, depth: number): SizeRow {
  const need = q.connections + depth;
  const value = Math.min(SQ_ENTRIES_MAX, Math.max(8, pow2(need)));
  return {
    name: 'sq', value, unit: 'entries', knob: 'ring.sq_entries', linux: 'io_uring_setup(2) entries',
    formula: 'one receive to arm a connection + sends in flight, up to a power of two, at most 32768',
    numbers: `${q.connections} + ${depth} = ${n(need)} → ${value}`,
    source: 'multishot receives are submitted once; a full SQ costs one more io_uring_enter, nothing else (io_uring/io_uring.c:'
      + ' io_submit_sqes)',
  };
}

function rcvbufRow(q: SizeQuestion, d: Derived): SizeRow {
  const value = Math.ceil((d.window * d.grain) / d.mss);
  return {
    name: 'rcvbuf', value, unit: 'bytes', knob: 'socket.rmem_max', linux: 'net.ipv4.tcp_rmem (third); SO_RCVBUF takes half of it',
    formula: 'window × truesize / payload of a segment, for one connection that has the link alone',
    numbers: `${n(d.window)} × ${d.grain} / ${d.mss} = ${n(value)}; each of ${n(q.connections)} may take ${n(value)}`,
    source: 'the window is the part of the buffer that payload fills (net/ipv4/tcp_input.c: tcp_measure_rcv_mss; truenas #312)',
  };
}

function providedRow(q: SizeQuestion, d: Derived): SizeRow {
  const share = Math.max(Math.ceil(d.window / q.connections), Math.min(q.write_size, d.window));
  const burst = Math.min(SHOTS_PER_TURN, Math.max(1, Math.ceil(share / q.buf_size)));
  const held = Math.ceil(d.held / q.buf_size);
  const need = q.connections * burst + held;
  return {
    name: 'provided_buffers', value: Math.min(PBUF_ENTRIES_MAX, pow2(need)), unit: 'buffers', knob: '',
    linux: 'io_uring_buf_reg.ring_entries',
    formula: `connections × min(33, ⌈bytes ready / ${q.buf_size}⌉) + held, up to a power of two`,
    numbers: `${n(q.connections)} × ${burst} + ${held} = ${n(need)} → ${Math.min(PBUF_ENTRIES_MAX, pow2(need))} buffers of ${q.buf_size}`,
    source: 'a multishot receive takes at most 33 a turn (io_uring/net.c: MULTISHOT_MAX_RETRY; liburing #758, #778)',
  };
}

function depthRow(q: SizeQuestion, d: Derived): SizeRow {
  const value = Math.ceil(d.window / q.write_size) + 1;
  return {
    name: 'send_zc_depth', value, unit: 'sends', knob: 'app.depth', linux: 'IORING_OP_SEND_ZC in flight',
    formula: '⌈rate × rtt / 8 / write size⌉ + 1', numbers: `⌈${n(d.window)} / ${n(q.write_size)}⌉ + 1 = ${value}`,
    source: 'a notification comes when the peer has acknowledged (io_uring/notif.c; rsync #7600, firedancer #10688)',
  };
}

function exhaustionRow(q: SizeQuestion, d: Derived, area: number, standing: number): SizeRow {
  const free = area - standing;
  const bytes = (free / d.grain) * d.mss;
  const value = Math.floor((bytes * 8e9) / q.rate_bps);
  return {
    name: 'time_to_exhaustion', value, unit: 'ns', knob: '', linux: 'how long the application may give nothing back',
    formula: '(area − standing) × mss / (⌈mss / buf⌉ × buf) × 8 / rate',
    numbers: `${n(free)} × ${d.mss} / ${d.grain} × 8 / ${n(q.rate_bps)} = ${durationText(value)}`,
    source: `${SIZING}: free buffers × bytes in each / arrival rate (squeezefs §4.4)`,
  };
}

function warningsOf(q: SizeQuestion, d: Derived, row: (name: string) => number): string[] {
  const out: string[] = [];
  const loans = cqesFor(d.window + d.held, d);
  if (loans > RQ_ENTRIES_MAX)
    out.push(`${n(loans)} completions may be on loan and a refill ring has at most ${RQ_ENTRIES_MAX} entries: keep what does not fit in`
      + ` a list of`
      + ' your own and call ZCRX_CTRL_FLUSH_RQ.');
  if (row('sq') === SQ_ENTRIES_MAX)
    out.push(`the submission queue is at its greatest size of ${SQ_ENTRIES_MAX}: arm the receives in several rounds, or spread the`
      + ` connections over several rings.`);
  if (row('provided_buffers') === PBUF_ENTRIES_MAX)
    out.push(`the ring of provided buffers is at its greatest size of ${PBUF_ENTRIES_MAX}: use several groups, or larger buffers with`
      + ` IOU_PBUF_RING_INC.`);
  if (row('area') > AREA_SENSIBLE)
    out.push(`an area of ${bytesText(row('area'))} is more than a machine has: hold buffers for a shorter time, or copy what is kept.`);
  if (row('cq') === CQ_ENTRIES_MAX)
    out.push(`the completion queue is at its greatest size of ${CQ_ENTRIES_MAX}: spread the connections over several rings, and re-arm`
      + ` what ends without F_MORE.`);
  const fill = d.mss / d.grain;
  if (fill < 0.5)
    out.push(`a segment of ${d.mss} bytes fills ${(100 * fill).toFixed(0)} % of its ${d.grain} bytes of buffers`
      + `${q.rx_buf_len > 4096 ? ': take a smaller rx_buf_len.' : ': hardware GRO (nic.rx_gro_hw) or a larger MTU fills it.'}`);
  if (d.frags > 1)
    out.push(`a segment of ${d.mss} bytes takes ${d.frags} buffers and ${d.frags} completions: rx_buf_len ${pow2(d.mss)} makes it one`
      + ` (mlx5 and bnxt can).`);
  if (q.rx_ring > 0 && d.rx_ring < d.frames)
    out.push(`${n(d.frames)} frames arrive in ${durationText(q.poll_ns)} and the RX ring has ${d.rx_ring} descriptors: take`
      + ` ${pow2(d.frames)}.`);
  if (row('standing') * 2 > row('area'))
    out.push(`more than half of the area stands in the RX ring (${bytesText(row('standing'))}): a shorter ring saves memory, if`
      + ` ${n(d.frames)} descriptors do.`);
  if (q.write_size < 4096)
    out.push(`sends of ${q.write_size} bytes cost more as SEND_ZC than as SEND: pinning and notifying cost more than copying (liburing`
      + ` #801).`);
  if (q.hold_ns > 0 && d.held > d.window * 4)
    out.push(`the application holds ${bytesText(d.held)}, more than four windows: copy what is kept for ${durationText(q.hold_ns)} and`
      + ` give the buffers back.`);
  return out;
}

/** The sizes for a question, in the order of the road. */
export function sizePlan(asked: Partial<SizeQuestion> = {}): SizePlan {
  const question = { ...SIZE_DEFAULTS, ...asked };
  const d = derive(question);
  const depth = depthRow(question, d);
  const standing = standingRow(question, d);
  const area = areaRow(question, d, standing.value);
  const rows = [
    windowRow(question, d), nicRow(question, d), standing, area, rcvbufRow(question, d), sqRow(question, depth.value),
    cqRow(question, d, depth.value), refillRow(d), providedRow(question, d), depth, exhaustionRow(question, d, area.value, standing.value),
  ];
  return { question, rows, warnings: warningsOf(question, d, (name) => rows.find((r) => r.name === name)?.value ?? 0) };
}
