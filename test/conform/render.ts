/** A step trace in the words of the probes that printed the golden traces: line by line, so that the two can be laid side by side. */
import type { TraceLine } from '../../sim/host/index.ts';

type Row = Readonly<Record<string, unknown>>;
const num = (v: unknown): number => Number(v ?? 0);
const hex = (v: unknown): string => `0x${num(v).toString(16)}`;

/** A result as strerrorname_np gives it. */
const result = (line: Row, key: string): string => {
  const value = num(line[key]);
  if (value >= 0) return String(value);
  return `-${line.err ?? '?'}`;
};

const flagText = (flags: readonly string[]): string =>
  flags.length === 0 ? '0' : flags.map((f) => f.replace(/^BUF:(\d+)$/, 'BUF($1)').replace(/^hi:(\w+)$/, 'hi($1)')).join('|');

const ZC_COPIED = -(2 ** 31);

function cqe(line: TraceLine, n: number, zcrx: boolean): string {
  const flags = line.fl as readonly string[];
  // The probe of zero-copy receive knows nothing of a copied send.
  const copied = num(line.res) === ZC_COPIED && flags.includes('NOTIF');
  const res = copied ? (zcrx ? '-?' : 'ZC_COPIED(1<<31)') : result(line, 'res');
  const off = line.off as Row | undefined;
  const where = off === undefined ? '' : ` area=${off.area} niov=${off.niov} off=${off.at}`;
  const data = line.ok === undefined ? '' : ` data=${line.ok ? 'ok' : 'BAD'}`;
  return `  cq ${line.tag}[${n}]: ud=${line.ud} res=${res} flags=${flagText(flags)}${where}${data}`;
}

function rings(line: TraceLine): string {
  const sq = line.sq as Row;
  const cq = line.cq as Row;
  const fl = sq.fl as readonly string[];
  const known = [['CQ_OVERFLOW', 'CQ_OVERFLOW '], ['TASKRUN', 'TASKRUN '], ['NEED_WAKEUP', 'WAKEUP']] as const;
  const names = known.map(([name, text]) => (fl.includes(name) ? text : '')).join('');
  return `  ring ${line.tag}: sq h=${sq.head} t=${sq.tail} drop=${sq.dropped} fl=${names}  cq h=${cq.head} t=${cq.tail} ovf=${cq.overflow}`;
}

/** What the result of a step looks like, by the step. */
const RETS: Readonly<Record<string, (l: TraceLine) => string[]>> = {
  'ring.init': (l) => num(l.ret) < 0 ? [`  ring_init flags=${hex(l.flags)} = ${result(l, 'ret')}`]
    : [`  ring_init sq=${l.sq} cq=${l.cq} flags=${hex(l.flags)} ok`],
  'pbuf.reg': (l) => num(l.ret) < 0 ? [`  buf_ring setup = ${result(l, 'ret')}`]
    : [`  buf_ring bgid=${l.bgid} entries=${l.entries} bufs=${l.bufs} size=${l.size} flags=${hex(l.flags)} ok`],
  submit: (l) => [`  submit(${l.n}) = ${result(l, 'ret')}`],
  get_events: (l) => [`  get_events = ${result(l, 'ret')}`],
  'peer.send': (l) => [`  peer send(${l.n}) = ${result(l, 'ret')}`],
  wait: (l) => [`  wait(nr=2) = ${result(l, 'ret')}`],
  'zcrx.reg': (l) => [`  register_ifq pages=${l.pages} rq=${l.rq} ev=${l.ev} -> ${result(l, 'ret')}  ${instance(l)}`],
  'zcrx.arm': (l) => [`  arm_event(${l.type}) = ${result(l, 'ret')}`],
  'ring.query': (l) => [query(l)],
};

const instance = (l: TraceLine) =>
  `(id=${l.id} rx_buf_len=${l.rx_buf_len} rq_entries=${l.rq_entries} off.head=${l.head} tail=${l.tail} rqes=${l.rqes} token=${l.token})`;

function query(l: TraceLine): string {
  const ret = `ret=${result(l, 'ret')}`;
  const answer = num(l.result) < 0 ? `-${RESULT_NAMES[-num(l.result)] ?? '?'}` : '0';
  const facts = (...names: readonly string[]) => names.map((n) => ` ${n}=${l[n]}`).join('');
  if (l.ops !== undefined)
    return `  query opcodes ${ret} hdr.result=${answer}${facts('ops', 'regops', 'feat', 'setup', 'enter', 'sqe', 'nq')}`;
  if (l.regflags !== undefined)
    return `  query ${ret} result=${answer}${facts('regflags', 'areaflags', 'nctrl', 'features', 'hdr', 'align')}`;
  return `  query op3 (zcrx events, 7.3) ${ret} result=${answer}`;
}
const RESULT_NAMES: Readonly<Record<number, string>> = { 22: 'EINVAL', 95: 'EOPNOTSUPP' };

/** Steps whose results the probes print without a name of their own only where they have a tag. */
function ret(line: TraceLine): string[] {
  const step = String(line.step);
  if (step === 'drain') return num(line.ret) === 0 ? [`  cq ${line.tag}: (empty)`] : [];
  if (step === 'zcrx.flush') return [`  flush(${line.tag}) = ${result(line, 'ret')}  rq head=${line.head} tail=${line.tail}`];
  if (line.tag !== undefined && step !== 'get_events') {
    const took = line.took === undefined ? '' : ` after ${line.took}`;
    return [`  ${line.tag} = ${result(line, 'ret')}${took}`];
  }
  return RETS[step]?.(line) ?? [];
}

/** What a probe says in words of its own: undefined where it does not. */
type Own = (line: TraceLine) => string[] | undefined;
const tagged = (line: TraceLine, ...tags: readonly string[]) => line.tag !== undefined && tags.includes(line.tag as string);

const OWN: Readonly<Record<string, Own>> = {
  p02_cqovf: (l) => l.e === 'rings' && tagged(l, 'cq_has_overflow')
    ? [`  cq_has_overflow=${((l.sq as Row).fl as readonly string[]).includes('CQ_OVERFLOW') ? 1 : 0}`] : undefined,
  p03_sendzc: (l) => {
    if (l.e === 'ret' && tagged(l, 'peer recv')) return [`  peer recv ${num(l.ret) > 0 ? 'ok' : 'fail'}`];
    return l.e === 'soak' ? [`  peer drained all=${l.all ? 1 : 0}`] : undefined;
  },
  p04_bundle: (l) => l.e === 'ret' && tagged(l, 'peer recv') ? [`  peer recv = ${num(l.ret) < 0 ? -1 : l.ret}`] : undefined,
  p06_poll: (l) => l.e === 'data' ? [`  eventfd value ${Number.parseInt(String(l.hex).slice(0, 2), 16)}`] : undefined,
  p11_msgring: (l) => {
    if (l.e !== 'ret') return undefined;
    // Without an equals sign.
    return tagged(l, 'reg src', 'reg dst') ? [`  ${l.tag} ${result(l, 'ret')}`] : undefined;
  },
  p12_wait: (l) => {
    if (l.e === 'rings') return [`  ${l.tag} null=${(l.cq as Row).head === (l.cq as Row).tail ? 1 : 0}`];
    if (l.e !== 'ret') return undefined;
    if (tagged(l, 'reg')) return [`  reg ${result(l, 'ret')}`];
    if (l.step !== 'eventfd.read') return undefined;
    return num(l.ret) === 8 ? [`  ${l.tag} readable`, `  count=${l.count}`] : [`  ${l.tag} empty`];
  },
  p13_modes: (l) => {
    if (l.e === 'rings') {
      const fl = (l.sq as Row).fl as readonly string[];
      return [`  ${String(l.tag).padEnd(34)} cq.tail=${(l.cq as Row).tail} TASKRUN=${fl.includes('TASKRUN') ? 1 : 0}`];
    }
    return l.e === 'ret' && tagged(l, 'features') ? [`  features=${hex(l.features)}`] : undefined;
  },
  p14_accept: (l) => {
    const flags = l.e === 'cqe' ? flagText(l.fl as readonly string[]) : '';
    const fd = l.fd === undefined ? result(l, 'res') : String(l.fd).replace('first', 'base');
    if (tagged(l, 'accepted')) return l.e === 'cqe' ? [`  cqe ud=${l.ud} fd=${fd} flags=${flags}`] : [];
    if (!tagged(l, 'single')) return undefined;
    if (l.e === 'cqe') return [`  cqe ud=${l.ud} ${l.fd === undefined ? result(l, 'res') : 'fd'} flags=${flags}`];
    return num(l.ret) === 0 ? ['  (pending)'] : [];
  },
  p15_zcrx: (l) => {
    if (l.e === 'rings' && String(l.tag).startsWith('cq tail')) return [`  ${l.tag}=${(l.cq as Row).tail}`];
    if (l.e === 'data') return [`  ${l.tag}: ${l.ok ? 'yes' : 'no'}`];
    if (l.e !== 'ret') return undefined;
    if (tagged(l, 'second ifq')) return [`  second ifq = ${result(l, 'ret')} id=${l.id} token=${l.token}`];
    return tagged(l, 'import') ? [`  import = ${result(l, 'ret')} id=${l.id}`] : undefined;
  },
  p10_timeouts: (l) => {
    if (!tagged(l, 'final-ish')) return undefined;
    return l.e === 'cqe' && (l.ud === '14' || !(l.fl as readonly string[]).includes('MORE'))
      ? [`  final-ish ud=${l.ud} res=${result(l, 'res')} flags=${flagText(l.fl as readonly string[])}`]
      : l.e === 'ret' ? [`  (at least 2 MORE cqes: ${num(l.ret) >= 4 ? 'yes' : 'no'})`] : [];
  },
};

function one(line: TraceLine, n: number, probe: string): string[] {
  const own = OWN[probe]?.(line);
  if (own) return own;
  switch (line.e) {
    case 'label': return [`## ${line.text}`];
    case 'note': return [`# ${line.text}`];
    case 'cqe': return [cqe(line, n, probe === 'p15_zcrx')];
    case 'ret': return ret(line);
    case 'rings': return [rings(line)];
    case 'pbuf': return [`  buf_ring head=${line.head} tail=${line.tail} (ret ${result(line, 'ret')})`];
    case 'await': return [`  waitn(${line.nr}) -> ${line.reached ? 'reached' : 'TIMED OUT'}`];
    case 'rq': return [`  rq head=${line.head} tail=${line.tail}`];
    case 'stats': return [`  stats ${line.tag}: count=${line.count} bytes=${line.bytes}`];
    case 'stop': return [`  the program stopped: ${line.why}`];
    default: return [];
  }
}

/** The lines of a probe's trace, without its first and its last. */
export function render(trace: readonly TraceLine[], probe: string): string[] {
  const out: string[] = [];
  let n = 0;
  let step = -1;
  for (const line of trace) {
    if (line.i !== step) n = 0;
    step = line.i;
    out.push(...one(line, n, probe));
    if (line.e === 'cqe') n++;
  }
  return out;
}
