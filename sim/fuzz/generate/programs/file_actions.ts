/** Actions on files: what there is to receive from, what peers do, and time. */
import type { ActionRow } from './action_form.ts';
import { steadySleep } from './arguments.ts';
import type { Genes } from './genes.ts';
import type { Fields, FileModel, Model } from './model.ts';

/** Ports of the server that a rule steers to the queue with buffers of an instance, and one that none does. */
export const WIRE_PORTS = [9999, 9998, 9990] as const;

export function pair(m: Model, g: Genes): void {
  if (!m.roomForFiles) return;
  const kinds = [
    ...(m.may('wire') ? ['wire', 'wire', 'wire'] : []), ...(m.may('unix') ? ['unix'] : []),
      ...(m.may('tcp') || m.may('zcrx') ? ['tcp'] : []),
    ...(m.may('datagrams') ? ['udp', 'unix-dgram', 'seqpacket'] : []),
  ];
  const kind = kinds.length > 0 ? g.pick(kinds) : 'unix';
  const [a, b] = [m.name('a'), m.name('b')];
  const stream = !['udp', 'unix-dgram', 'seqpacket'].includes(kind);
  if (kind === 'wire') {
    m.step('sock.pair', { over: 'wire', a, b, port: g.pick(WIRE_PORTS) });
    m.addFile({ name: a, kind: 'stream', far: false, peer: b });
    m.addFile({ name: b, kind: 'stream', far: true, peer: a });
    return;
  }
  m.step('sock.pair', { kind, a, b });
  m.addFile({ name: a, kind: stream ? 'stream' : 'dgram', far: false, peer: b, transport: kind });
  m.addFile({ name: b, kind: stream ? 'stream' : 'dgram', far: false, peer: a, transport: kind });
}

function listen(m: Model, g: Genes): void {
  if (!m.roomForFiles) return;
  const name = m.name('l');
  m.step('sock.listen', { name, backlog: m.steady ? 8 : g.pick([8, 1, 0]) });
  m.addFile({ name, kind: 'listener', far: false });
}
function connect(m: Model, g: Genes): void {
  const to = m.file(g, ['listener']);
  if (!to || !m.roomForFiles) return;
  const bare = m.file(g, ['bare']);
  if (bare && g.rare(2)) {
    if (m.steady) m.step('nonblock', { fd: bare.name });
    m.step('sock.connect', { fd: bare.name, to: to.name });
    return;
  }
  const name = m.name('k');
  m.step('sock.connect', { name, to: to.name });
  m.addFile({ name, kind: 'stream', far: false });
}
function accept(m: Model, g: Genes): void {
  const from = m.file(g, ['listener']);
  if (!from || !m.roomForFiles) return;
  // Nobody may come.
  m.step('nonblock', { fd: from.name });
  from.nonblock = true;
  const name = m.name('n');
  m.step('sock.accept', { fd: from.name, name });
  m.addFile({ name, kind: 'stream', far: false });
  if (g.rare(2)) m.step('nonblock', { fd: from.name, on: false });
}
function bare(m: Model, g: Genes): void {
  if (!m.roomForFiles) return;
  const name = m.name('s');
  m.step('sock.new', { kind: g.pick(['tcp', 'udp', 'tcp6', 'unix']), name });
  m.addFile({ name, kind: 'bare', far: false });
}
function pipes(m: Model, g: Genes): void {
  if (!m.roomForFiles) return;
  const what = g.below(4);
  if (what < 2) {
    const [read, write] = [m.name('pr'), m.name('pw')];
    m.step('pipe', { read, write });
    m.addFile({ name: read, kind: 'pipe', far: false, peer: write });
    m.addFile({ name: write, kind: 'pipe', far: false, peer: read });
    return;
  }
  const name = m.name('e');
  m.step('eventfd', { name, value: g.below(2), nonblock: g.rare(3) });
  m.addFile({ name, kind: 'event', far: false });
}

const SIZES = [100, 1, 64, 1000, 1448, 4096, 5000, 9000, 20_000, 60_000] as const;
/** A real kernel's sockets count what one takes in pages and slabs: only what fits in any case. */
const STEADY_SIZES = [100, 1, 64, 10, 200, 1000] as const;

function send(m: Model, g: Genes, file: FileModel): void {
  const flags = ['DONTWAIT', ...(g.rare(8) ? g.some(['MORE', 'OOB', 'NOSIGNAL']) : [])]
    .filter((f) => !m.steady || (f !== 'OOB' && f !== 'MORE'));
  m.step('peer.send', { fd: file.name, n: g.pick(m.steady ? STEADY_SIZES : SIZES), flags, ...(g.rare(3) ? { pattern: 'seq' } : {}) });
}
function traffic(m: Model, g: Genes): void {
  const file = m.may('wire') && !g.rare(3) ? m.file(g, ['stream'], true) ?? m.peer(g) : m.peer(g);
  if (!file) return;
  for (let n = g.pick([1, 1, 1, 3, 8]); n > 0; n--) send(m, g, file);
  if (file.far && !g.rare(4)) m.step('sleep_ms', { ms: g.pick([1, 0, 5]) });
}
function receive(m: Model, g: Genes): void {
  const file = m.peer(g);
  if (file) m.step('peer.recv', { fd: file.name, n: g.pick([64, 1, 1000, 100_000]), flags: ['DONTWAIT', ...g.some(['PEEK', 'TRUNC'], 1)] });
}
function writeText(m: Model, g: Genes): void {
  const pipe = m.file(g, ['pipe', 'pipe', 'event']);
  if (!pipe) return;
  if (pipe.kind === 'event') m.step('eventfd.write', { fd: pipe.name, value: g.pick([1, 2]) });
  else if (pipe.name.startsWith('pw')) m.step('write', { fd: pipe.name, text: 'x'.repeat(g.pick([8, 1, 40])) });
}
/**
 * Shut for reading they are always ready and never have anything, so that a receive ends up with a worker thread (Linux
 * net/core/datagram.c: datagram_poll, __skb_try_recv_datagram; io_uring/poll.c: APOLL_MAX_RETRY).
 */
const SPINNING: readonly string[] = ['udp', 'unix-dgram'];
function shut(m: Model, g: Genes): void {
  const file = m.peer(g);
  if (!file) return;
  const spins = m.steady && SPINNING.includes(file.transport ?? '');
  m.step('peer.shutdown', { fd: file.name, how: g.pick(spins ? ['WR'] : ['WR', 'RD', 'RDWR']) });
}
function close(m: Model, g: Genes): void {
  if (m.files.length === 0) return;
  const file = g.pick(m.files);
  const fields: Fields = file.kind === 'stream' && g.rare(4) && !m.steady ? { fd: file.name, rst: true } : { fd: file.name };
  m.step('peer.close', fields);
  m.removeFile(file);
}
/** SO_RCVBUF, SO_SNDBUF, SO_LINGER is a struct, TCP_NODELAY and others. */
const OPTIONS: readonly (readonly [number, number, number])[] = [[1, 8, 4096], [1, 7, 8192], [6, 1, 1], [1, 18, 100], [6, 12, 1], [1, 60,
  1]];
function option(m: Model, g: Genes): void {
  const file = m.steady ? undefined : m.file(g, ['stream']);
  const [level, opt, value] = g.pick(OPTIONS);
  if (file) m.step('sock.opt', { fd: file.name, level, opt, value: g.number(value) });
}

function epolls(m: Model, g: Genes): void {
  const set = m.file(g, ['epoll']);
  if (!set) {
    const name = m.name('ep');
    m.step('epoll', { name });
    m.addFile({ name, kind: 'epoll', far: false });
    return;
  }
  const file = m.file(g, ['stream', 'event', 'pipe']);
  if (file && g.rare(2)) m.step('epoll.add', { fd: file.name, of: set.name, events: g.pick([['IN'], ['IN', 'OUT'], ['IN', 'ET']]),
    data: 7 });
  else m.step('epoll.wait', { fd: set.name });
}

function time(m: Model, g: Genes): void {
  m.step('sleep_ms', { ms: m.steady ? steadySleep(m) : g.pick([1, 10, 0, 30, 250]) });
}

function nic(m: Model, g: Genes): void {
  const what = g.below(9);
  const host = g.rare(4) ? { host: 'client' } : {};
  if (what < 2) m.step('nic.link', { up: g.rare(2), ...host });
  else if (what < 3) m.step('nic.ring', { rx: g.number(g.pick([64, 16, 128])) });
  else if (what < 4) m.step('nic.split', { on: g.rare(2) });
  else if (what < 5) m.step('nic.drop', { every: g.pick([0, 3, 7]), ...host });
  else if (what < 6) m.step('nic.rule', { at: g.below(4), queue: g.below(3), dst_port: g.pick(WIRE_PORTS) });
  else if (what < 7) m.step('nic.unrule', { at: g.below(3) });
  else if (what < 8) m.step('nic.copybreak', { bytes: g.pick([0, 256]), first: g.rare(2) });
  else m.step('nic.pack', { on: g.rare(2) });
}

export const FILE_ACTIONS: readonly ActionRow[] = [
  { weight: 6, run: pair },
  { weight: 14, run: traffic },
  { weight: 5, run: receive },
  { weight: 4, feature: 'pipes', run: pipes },
  { weight: 5, feature: 'pipes', run: writeText },
  { weight: 2, feature: 'listeners', run: listen },
  { weight: 4, feature: 'listeners', run: connect },
  { weight: 1, feature: 'listeners', run: accept },
  { weight: 1, feature: 'listeners', run: bare },
  { weight: 3, run: shut },
  { weight: 4, feature: 'exits', run: close },
  { weight: 1, run: option },
  { weight: 2, feature: 'epoll', run: epolls },
  { weight: 5, run: time },
  { weight: 2, feature: 'nic', loose: true, run: nic },
];
