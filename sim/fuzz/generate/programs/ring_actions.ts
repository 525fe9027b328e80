/** Actions on rings: set-up, entries, submitting, waiting, looking, registrations, the end. */
import type { ActionRow } from './action_form.ts';
import { MEMORY_BYTES, memory, steadyWait } from './arguments.ts';
import { type Genes, STEADY_LENGTHS } from './genes.ts';
import { type Fields, type Model, type RingModel, RINGS_MAX } from './model.ts';
import { cancelOf, fillSqe } from './sqes.ts';

const ringOf = (r: RingModel): Fields => (r.id > 0 ? { ring: r.id } : {});
/** Another thread does it now and then. */
const who = (m: Model, g: Genes): Fields => (m.may('threads') && g.rare(5) ? { thread: 1 + g.below(2) } : {});

const MODES: readonly (readonly string[])[] = [
  ['SINGLE_ISSUER', 'DEFER_TASKRUN'], [], ['SINGLE_ISSUER', 'DEFER_TASKRUN', 'SUBMIT_ALL'], ['COOP_TASKRUN'], ['SUBMIT_ALL'],
  ['SINGLE_ISSUER'], ['COOP_TASKRUN', 'TASKRUN_FLAG'],
];
/** What the simulator has besides: a thread of the kernel, entries of other sizes, rings that begin switched off. */
const LOOSE_MODES: readonly (readonly string[])[] = [
  ...MODES, ['SQPOLL'], ['SQE128'], ['R_DISABLED'], ['CQE_MIXED'], ['SQE_MIXED'], ['NO_SQARRAY'], ['SINGLE_ISSUER', 'R_DISABLED'],
  ['DEFER_TASKRUN'], ['IOPOLL'],
];

export function openRing(m: Model, g: Genes): void {
  const id = Array.from({ length: RINGS_MAX }, (_, i) => i).find((i) => !m.rings.some((r) => r.id === i));
  if (id === undefined) return;
  const wide = m.may('zcrx') && !g.rare(6);
  const mode = wide ? ['SINGLE_ISSUER', 'DEFER_TASKRUN', 'CQE32'] : g.pick(m.steady ? MODES : LOOSE_MODES);
  const sq = g.pick([8, 4, 16, 2]);
  const cq = g.rare(3) ? g.pick([4, 16, 64, 8]) : 0;
  m.step('ring.init', { ...(id > 0 ? { ring: id } : {}), sq: g.number(sq), ...(cq > 0 ? { cq: Math.max(cq, sq) } : {}), flags: [...mode] });
  m.rings.push({ id, wide, sq, filled: 0, slots: 0, fixed: 0 });
}

/** A chain that is open when its submission ends goes to a worker thread (Linux io_uring.c: io_submit_state_end, io_queue_sqe_fallback). */
function closeChain({ last }: RingModel): void {
  if (Array.isArray(last?.flags)) last.flags = last.flags.filter((f) => f !== 'IO_LINK' && f !== 'IO_HARDLINK');
}

const FLAGS = ['GETEVENTS', 'SQ_WAKEUP', 'SQ_WAIT', 'ABS_TIMER', 'NO_IOWAIT', 'REGISTERED_RING'] as const;
function enter(m: Model, g: Genes, r: RingModel): void {
  const on = { ...ringOf(r), ...who(m, g) };
  const what = g.below(12);
  if (m.steady) closeChain(r);
  if (what < 5 || (m.steady && what > 10)) {
    // Some of what is there may be half a chain.
    const some = g.rare(10) ? { n: g.below(4) } : {};
    m.step('submit', { ...on, ...(m.steady && (m.may('links') || m.may('hostile')) ? {} : some) });
  }
  else if (what < 7) m.step('submit_wait', { ...on, nr: g.pick([1, 0, 2, 50]), timeout: m.steady ? steadyWait(m)
    : g.pick(['5ms', '100us', '40ms']) });
  else if (what < 9) m.step('get_events', on);
  else if (what < 10) m.step('wait', { ...on, nr: g.pick([1, 2]), timeout: m.steady ? steadyWait(m) : '2ms' });
  else if (what < 11) m.step('peek', ringOf(r));
  else m.step('enter', { ...on, submit: g.number(g.below(5)), wait: g.pick([0, 1, 9]), flags: ['GETEVENTS', ...g.some(FLAGS)],
    timeout: '3ms' });
  if (what < 7) r.filled = 0;
}

/** A few entries, often linked, and most often submitted. */
function request(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (!r) return;
  const n = g.pick([1, 1, 2, 3]);
  const linked = m.may('links') && g.rare(2);
  for (let i = 0; i < n; i++) fillSqe(m, g, r, linked && i < n - 1);
  if (r.filled > 0 && !g.rare(4)) enter(m, g, r);
}

function look(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (!r) return;
  const what = g.below(10);
  if (what < 7) {
    if (!g.rare(3)) m.step('get_events', ringOf(r));
    const own = m.instances.find((z) => z.ring === r.id);
    m.step('drain', { ...ringOf(r), max: g.pick([64, 64, 1, 2]), ...(own ? { zcrx: own.name, as: m.capture(4) } : {}) });
  } else if (what < 8) m.step('rings', ringOf(r));
  else if (what < 9) m.step('peek_batch', { ...ringOf(r), max: g.pick([4, 1]) });
  else m.step('advance', { ...ringOf(r), n: m.steady ? 0 : g.pick([1, 2, 0, 100]) });
}

function registerFiles(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (!r) return;
  const what = g.below(6);
  const list = () => Array.from({ length: 1 + g.below(3) }, () => g.right<string | number>(m.file(g, ['stream', 'pipe', 'event',
    'listener'])?.name ?? -1,
    -1, -2, 999));
  if (what < 2 || r.slots === 0) {
    const files = list();
    const cycle = m.may('rings') && !m.steady && g.rare(12);
    if (cycle) m.cycles = true;
    const slots = g.rare(3) ? { sparse: 6 } : { files: cycle ? [...files, `ring${r.id}`] : files };
    m.step('ring.regfiles', { ...ringOf(r), ...slots });
    r.slots = 'sparse' in slots ? 6 : files.length;
  } else if (what < 4) m.step('ring.updatefiles', { ...ringOf(r), at: g.number(g.below(r.slots)), files: list() });
  else if (what < 5) m.step('ring.allocrange', { ...ringOf(r), at: g.number(g.below(3)), n: g.number(2) });
  else {
    m.step('ring.unregfiles', ringOf(r));
    r.slots = 0;
  }
}

function registerBuffers(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (!r) return;
  const piece = () => [memory(m, g), g.number(g.pick([4096, 100, MEMORY_BYTES]), STEADY_LENGTHS)];
  const what = g.below(5);
  if (what < 2 || r.fixed === 0) {
    m.step('ring.regbufs', { ...ringOf(r), ...(g.rare(3) ? { sparse: 3 } : { bufs: [piece(), piece()] }) });
    r.fixed = 2;
  } else if (what < 3) m.step('ring.updatebufs', { ...ringOf(r), at: g.number(g.below(2)), bufs: [piece()] });
  else if (what < 4 && m.rings.length > 1) {
    const to = g.pick(m.rings);
    m.step('ring.clonebufs', { ...ringOf(to), from: r.id, n: g.number(0), ...(g.rare(2) ? { flags: 1 } : {}) });
    to.fixed = Math.max(to.fixed, 2);
  } else {
    m.step('ring.unregbufs', ringOf(r));
    r.fixed = 0;
  }
}

/** Register opcodes: those that the kernel has, and one more. */
const OPCODES = 40;
function register(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (!r) return;
  const what = g.below(8);
  const event = m.file(g, ['event']);
  if (what < 2 && event) m.step('ring.eventfd', { ...ringOf(r), fd: g.right<string | number>(event.name, -1), async: g.rare(2) });
  else if (what < 3) m.step('ring.uneventfd', ringOf(r));
  else if (what < 4) m.step('ring.query', { what: g.pick(['opcodes', 'zcrx', 'scq', 'zcrx_event']) });
  else if (what < 5 && !m.steady) m.step('ring.probe', ringOf(r));
  else if (what < 6 && !m.steady) m.step('ring.enable', ringOf(r));
  else if (!m.steady && m.may('raw words')) {
    m.step('ring.register', { ...ringOf(r), opcode: g.below(OPCODES), arg: memory(m, g), count: g.number(g.below(3)), no_ring: g.rare(8),
      ...who(m, g) });
  } else m.step('ring.unregfiles', ringOf(r));
}

function syncCancel(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (r) m.step('ring.sync_cancel', { ...ringOf(r), ...cancelOf(m, g), timeout: '1ms' });
}

function syncMessage(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (r) m.step('ring.sync_msg', { ...ringOf(r), len: g.below(5), ud: m.nextUd(g), ...(g.rare(4) ? { flags: g.some(['CQE_SKIP',
    'FLAGS_PASS']) } : {}) });
}

/** Cursors of the rings: user space may write them, and the kernel must not believe them. */
const CURSORS = ['cq_head', 'sq_tail', 'cq_tail', 'sq_head'] as const;
function poke(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (!r) return;
  const cursor = g.pick(CURSORS);
  m.step('ring.poke', { ...ringOf(r), [cursor]: g.rare(2) ? g.odd() : g.below(20) });
  // A look at what a wrong tail lets one see is a look at most of the queue.
  if (cursor === 'cq_tail' && g.rare(2)) m.step('get_events', ringOf(r));
}

function exit(m: Model, g: Genes): void {
  if (m.rings.length === 0) return;
  const r = g.pick(m.rings);
  m.step('ring.exit', { ...ringOf(r), ...(m.steady ? {} : who(m, g)) });
  m.removeRing(r);
}

function resize(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (r) m.step('ring.resize', { ...ringOf(r), sq: g.number(g.pick([16, 4, 8, 2])), cq: g.pick([0, 16, 64, 4]), flags: g.right([],
    ['CLAMP'], ['CQE32']) });
}

export const RING_ACTIONS: readonly ActionRow[] = [
  { weight: 30, run: request },
  { weight: 12, run: look },
  { weight: 6, run: (m, g) => {
    const r = m.ring(g);
    if (r) enter(m, g, r);
  } },
  { weight: 3, feature: 'rings', run: openRing },
  { weight: 1, run: (m, g) => {
    if (m.rings.length === 0) openRing(m, g);
  } },
  { weight: 4, feature: 'fixed files', run: registerFiles },
  { weight: 3, feature: 'fixed buffers', run: registerBuffers },
  { weight: 2, feature: 'registers', run: register },
  { weight: 2, feature: 'cancel', run: syncCancel },
  { weight: 1, feature: 'messages', run: syncMessage },
  { weight: 3, feature: 'index pokes', loose: true, run: poke },
  { weight: 2, feature: 'exits', run: exit },
  { weight: 2, feature: 'rings', run: resize },
];
