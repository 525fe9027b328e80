/** Actions on buffers: rings of provided ones, and zero-copy receive with its refill ring. */
import type { ActionRow } from './action_form.ts';
import { openRing } from './ring_actions.ts';
import type { Genes } from './genes.ts';
import type { Fields, InstanceModel, Model, RingModel } from './model.ts';

const ringOf = (r: { readonly ring: number }): Fields => (r.ring > 0 ? { ring: r.ring } : {});

function provide(m: Model, g: Genes): void {
  const r = m.ring(g);
  if (!r) return;
  const bgid = 1 + g.below(3);
  const entries = g.pick([8, 4, 2, 16]);
  const bufs = g.pick([entries, 0, Math.max(1, entries >> 1)]);
  const size = g.pick([64, 16, 512, 4096]);
  const flags = g.rare(3) ? { flags: g.some(['INC', 'MMAP']) } : {};
  m.step('pbuf.reg', {
    ...ringOf({ ring: r.id }), bgid, entries: g.right(entries, 3, 0, 7), bufs, size, ...flags, ...(g.rare(6)
      ? { min_left: g.number(8) } : {}),
  });
  if (!m.groups.some((x) => x.ring === r.id && x.bgid === bgid)) m.groups.push({ ring: r.id, bgid, bufs: Math.max(bufs, 1), size });
}

function group(m: Model, g: Genes): void {
  if (m.groups.length === 0) return provide(m, g);
  const x = g.pick(m.groups);
  const on = { ...ringOf(x), bgid: x.bgid };
  const what = g.below(12);
  if (what < 6) m.step('pbuf.add', { ...on, bid: g.below(x.bufs), ...(g.rare(6) ? { len: g.right(x.size, 1, 0) } : {}) });
  else if (what < 7) m.step('pbuf.add', { ...on, bid: g.below(x.bufs), slot: g.below(3), advance: g.below(3) });
  else if (what < 8) m.step('pbuf.advance', { ...on, n: g.pick([1, 0, 2, 9]) });
  else if (what < 10) m.step('pbuf.status', on);
  else if (what < 11) m.step('pbuf.dump', { ...on, slots: 2 });
  else {
    m.step('pbuf.unreg', on);
    m.groups.splice(m.groups.indexOf(x), 1);
  }
}

function wideRing(m: Model, g: Genes): RingModel | undefined {
  const found = m.rings.filter((r) => r.wide);
  if (found.length > 0) return g.pick(found);
  if (m.rings.length === 0) openRing(m, g);
  return m.rings.find((r) => r.wide) ?? m.ring(g);
}

function instance(m: Model, g: Genes): void {
  const r = wideRing(m, g);
  if (!r || m.instances.length > 2) return;
  const name = m.name('z');
  const nodev = !m.may('wire') || g.rare(5);
  const pages = g.pick([16, 64, 4, 128]);
  const rq = g.pick([16, 4, 64]);
  const events = g.rare(3) ? { events: g.some(['ALLOC_FAIL', 'COPY']), ev_ud: 9000, stats: g.rare(2) } : {};
  m.step('zcrx.reg', {
    ...ringOf({ ring: r.id }), name, pages: g.right(pages, 1, 0), rq: g.number(rq), nodev, ...(nodev ? {} : { rxq: g.right(1, 0, 2, 9) }),
    ...events, ...(g.right(false, true) ? { reg_flags: g.odd() } : {}), ...(g.right(false, true) ? { area_flags: g.odd() } : {}),
  });
  m.instances.push({ name, ring: r.id, entries: rq, pages, nodev });
}

/** Offsets that an entry may have: of a completion, beside it, of something else, of nothing. */
function offset(m: Model, g: Genes, z: InstanceModel): string | number {
  const seen = m.seen(g);
  const right = seen === undefined ? `${z.name}.token` : `${seen}.off`;
  if (!m.may('foreign refill') || !g.rare(3)) return right;
  const other = g.pick(m.instances);
  return g.pick([
    `${right}+${g.below(4096)}`, `${right}+4096`, `${right}-4096`, `${other.name}.token+${4096 * g.below(z.pages)}`,
    `${z.name}.token+${4096 * z.pages}`, `${z.name}.token+${2 ** 32}`, `${z.name}.token+${2 ** 48}`, '0xffffffffffffffff',
    `0x${(BigInt(g.below(4)) << 48n).toString(16)}`, g.below(z.pages * 4096),
  ]);
}

function push(m: Model, g: Genes): void {
  if (m.instances.length === 0) return instance(m, g);
  const z = g.pick(m.instances);
  const publish = g.rare(8) ? { publish: false } : {};
  for (let n = g.pick([1, 2, 4, 12]); n > 0; n--) {
    const fields = { zcrx: z.name, off: offset(m, g, z), ...publish };
    const wrong = m.may('foreign refill') && g.rare(6) ? g.pick<Fields>([{ len: 0 }, { len: -1 }, { pad: 1 }, { len: 0x7fffffff }]) : {};
    m.step('zcrx.push', { ...fields, ...wrong });
    if (g.rare(8)) m.step('zcrx.push', { ...fields, ...wrong });
  }
  if (g.rare(3)) m.step('zcrx.flush', { ...ringOf(z), zcrx: z.name });
}

function control(m: Model, g: Genes): void {
  if (m.instances.length === 0) return instance(m, g);
  const z = g.pick(m.instances);
  const on = { ...ringOf(z), zcrx: z.name };
  const what = g.below(14);
  if (what < 4) m.step('zcrx.flush', on);
  else if (what < 6) m.step('zcrx.arm', { ...on, type: g.below(3) });
  else if (what < 8) m.step('zcrx.add_area', { ...on, pages: g.right(g.pick([4, 16]), 0, 1) });
  else if (what < 9) m.step('zcrx.ctrl', { ...on, op: g.below(7), ...(g.rare(3) ? { id: g.odd() } : {}) });
  else if (what < 10) m.step('zcrx.rq', { zcrx: z.name });
  else if (what < 11) m.step('zcrx.stats', { zcrx: z.name });
  else if (what < 12) m.step('zcrx.publish', { zcrx: z.name });
  else share(m, g, z);
}

/** A file of an instance, and a ring that takes it over. */
function share(m: Model, g: Genes, z: InstanceModel): void {
  if (m.exports.length === 0 || g.rare(2)) {
    const name = m.name('zf');
    m.step('zcrx.export', { ...ringOf(z), zcrx: z.name, name });
    m.exports.push(name);
    return;
  }
  const to = m.rings.find((r) => r.id !== z.ring && r.wide);
  if (!to || m.instances.length > 3) return;
  const name = m.name('z');
  m.step('zcrx.import', { ...ringOf({ ring: to.id }), fd: g.right(g.pick(m.exports), m.files[0]?.name ?? g.pick(m.exports)), name,
    like: z.name });
  m.instances.push({ ...z, name, ring: to.id });
}

function poke(m: Model, g: Genes): void {
  if (m.instances.length === 0) return;
  const z = g.pick(m.instances);
  m.step('zcrx.poke', { zcrx: z.name, [g.pick(['tail', 'head'])]: g.rare(2) ? g.odd() : g.below(2 * z.entries) });
  if (g.rare(2)) m.step('zcrx.flush', { ...ringOf(z), zcrx: z.name });
}

/** What the library's receive loop does, some of the way: arm, let bytes come, look, give back. */
function receiveLoop(m: Model, g: Genes): void {
  if (m.instances.length === 0) return instance(m, g);
  const z = g.pick(m.instances);
  const r = m.rings.find((x) => x.id === z.ring);
  const socket = m.file(g, ['stream']);
  if (!r || !socket || r.filled >= r.sq) return;
  m.step('sqe', { ...ringOf(z), op: 'RECV_ZC', fd: socket.name, ioprio: ['RECV_MULTISHOT'], zcrx_ifq_idx: `${z.name}.id`,
    ud: m.nextUd(g) });
  m.step('submit', ringOf(z));
  r.filled = 0;
  const peer = m.files.find((f) => f.name === socket.peer);
  if (peer) m.step('peer.send', { fd: peer.name, n: g.pick([5000, 100, 1448, 20_000]), flags: ['DONTWAIT'] });
  if (peer?.far) m.step('sleep_ms', { ms: 1 });
  m.step('get_events', ringOf(z));
  const names = m.capture(4);
  m.step('drain', { ...ringOf(z), max: 64, zcrx: z.name, as: names });
  if (g.rare(3)) return;
  for (const name of names) m.step('zcrx.push', { zcrx: z.name, off: `${name}.off`, len: 1 });
}

export const BUFFER_ACTIONS: readonly ActionRow[] = [
  { weight: 4, feature: 'provided', run: provide },
  { weight: 7, feature: 'provided', run: group },
  { weight: 4, feature: 'zcrx', run: instance },
  { weight: 10, feature: 'zcrx', run: receiveLoop },
  { weight: 10, feature: 'zcrx', run: push },
  { weight: 5, feature: 'zcrx', run: control },
  { weight: 3, feature: 'index pokes', run: poke },
];
