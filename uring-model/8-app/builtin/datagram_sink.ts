/**
 * A sink over UDP: a socket on each port, from which it receives datagrams with the names of who sent them. Each sender is a stream,
 * which a datagram without bytes ends: built-in sources send one.
 *
 * Datagrams may be lost on their way or come in another order. So each is looked for in what its source sends, from where the last
 * one ended onwards, and then before that: `out_of_order` counts those that came late, or again.
 */
import {
  APP_RECEIVE_MULTISHOT, charge, chargeNs, COST_APP_CQE, COST_APP_TIME, hostConfig, loadBe16, NONE, now, portOf, sha256Update,
  TCP_FAMILY_IPV6, traceAppDone, traceAppRead,
} from '../../../sim/core';
import { userAlloc } from '../../7-ring';
import {
  AF_INET6, io_uring_cqe, IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUFFER, IORING_CQE_F_MORE, msghdr,
} from '../../uapi.gen';
import { checkEnd, checkFlow, checkStart, firstDifference } from './check';
import { setupResult } from './listener';
import { opBind, opRecvmsg, opSocket } from './ops';
import { SOURCE_PORT } from './opener';
import { PATTERN_BYTES } from './payload';
import { providedStart, ringAdd } from './provided';
import { App, listenerFd, NO_FLOW, patternAddr, setListenerFd, stream, Stream, streamNew } from './state';

const DGR_RECV: u32 = 40;
const DGR_SETUP: u32 = 41;
/** The largest datagram, and before it in a provided buffer: struct io_uring_recvmsg_out, and a name. */
const DATAGRAM_MAX: u32 = 65536;
const OUT_BYTES: u32 = 16;
const NAME_BYTES: u32 = 32;
/** Of a socket: struct msghdr, struct iovec, the name; then the datagram, where no buffers are provided. */
const HDR_IOV: u32 = 64;
const HDR_NAME: u32 = 96;
const HDR_BYTES: u32 = 128;
/** So many datagrams before or behind the expected one are looked at. */
const LOOK: u32 = 4096;

function ports(a: App): u32 {
  const n = hostConfig(a.host).port_count;
  return n != 0 ? n : 1;
}
function multishot(a: App): bool {
  return hostConfig(a.host).app_receive == APP_RECEIVE_MULTISHOT;
}
/** Memory of one socket. */
function block(a: App, i: u32): u32 {
  return a.area_addr + i * (multishot(a) ? HDR_BYTES : HDR_BYTES + DATAGRAM_MAX);
}

/** User memory, taken with the world. */
export function datagramMemory(a: App): void {
  a.area_addr = userAlloc(a.host, ports(a) * (multishot(a) ? HDR_BYTES : HDR_BYTES + DATAGRAM_MAX));
  let ok = a.area_addr != 0;
  if (multishot(a)) {
    a.buf_size = min(hostConfig(1 - a.host).app_chunk + OUT_BYTES + NAME_BYTES + 63, DATAGRAM_MAX) & ~63;
    let entries: u32 = 1024;
    while (entries > 8 && entries * a.buf_size > 1 << 21) entries >>= 1;
    a.buf_mask = entries - 1;
    a.bufs_base = userAlloc(a.host, entries * a.buf_size);
    a.buf_ring = userAlloc(a.host, 16384);
    ok = ok && a.bufs_base != 0 && a.buf_ring != 0;
  }
  assert(ok, 'limits.user_bytes is too small for the applications');
}

function arm(a: App, i: u32): void {
  const at = block(a, i);
  const h = changetype<msghdr>(<usize>at);
  memory.fill(at, 0, HDR_BYTES);
  h.msg_namelen = NAME_BYTES;
  if (!multishot(a)) {
    h.msg_name = at + HDR_NAME;
    h.msg_iov = at + HDR_IOV;
    h.msg_iovlen = 1;
    store<u64>(<usize>at, at + HDR_BYTES, HDR_IOV);
    store<u64>(<usize>at, DATAGRAM_MAX, HDR_IOV + 8);
  }
  opRecvmsg(a, listenerFd(a, i), at, multishot(a), DGR_RECV, i);
}

/** Sockets on all ports. 0 or -errno. */
export function datagramBegin(a: App): i32 {
  const c = hostConfig(a.host);
  const v6 = hostConfig(1 - a.host).tcp_family == TCP_FAMILY_IPV6;
  if (multishot(a)) {
    const ret = providedStart(a);
    if (ret < 0) return ret;
  }
  for (let i: u32 = 0; i < ports(a); i++) {
    opSocket(a, v6, true, DGR_SETUP, 0);
    const fd = setupResult(a);
    if (fd < 0) return fd;
    opBind(a, fd, v6, c.port_count != 0 ? portOf(a.host, i) : c.app_port, DGR_SETUP, 0);
    const ret = setupResult(a);
    if (ret < 0) return ret;
    setListenerFd(a, i, fd);
    arm(a, i);
  }
  return 0;
}

/** The stream of who sends from the name at `name`; NONE: there is no room for another one. */
function streamOf(a: App, name: usize, own_port: u32): u32 {
  const port = loadBe16(name + 2);
  const v6 = <u32>load<u16>(name) == AF_INET6;
  const addr0 = v6 ? load<u64>(name, 8) : <u64>load<u32>(name, 4);
  const addr1 = v6 ? load<u64>(name, 16) : 0;
  for (let i: u32 = 0; i < a.stream_count; i++) {
    const s = stream(a, i);
    if (s.peer_port == port && s.own_port == own_port && s.peer_addr0 == addr0 && s.peer_addr1 == addr1 && s.done == 0) return i;
  }
  const i = streamNew(a);
  if (i == NONE) return NONE;
  const s = stream(a, i);
  s.start_ns = now();
  s.own_port = own_port;
  s.peer_port = port;
  s.family = v6 ? 6 : 4;
  s.peer_addr0 = addr0;
  s.peer_addr1 = addr1;
  s.sock = NO_FLOW;
  checkStart(a, s, i);
  if (port >= SOURCE_PORT) checkFlow(s, port - SOURCE_PORT);
  return i;
}

/** Proves a datagram: it must be one of those that its source sends. */
function check(a: App, s: Stream, at: u32, len: u32): void {
  if (s.sha != 0) sha256Update(s.sha, at, len);
  if (a.compare == 0 || s.flow == NO_FLOW) return;
  const chunk = hostConfig(1 - a.host).app_chunk % PATTERN_BYTES;
  let ahead = s.table_pos;
  let back = s.table_pos;
  for (let k: u32 = 0; k < LOOK; k++) {
    if (firstDifference(at, patternAddr() + ahead, len) == len) {
      s.table_pos = (ahead + len) % PATTERN_BYTES;
      return;
    }
    ahead = (ahead + chunk) % PATTERN_BYTES;
    back = (back + PATTERN_BYTES - chunk) % PATTERN_BYTES;
    if (firstDifference(at, patternAddr() + back, len) == len) {
      s.out_of_order++;
      return;
    }
  }
  if (s.bad_offset == 0) s.bad_offset = s.bytes + 1;
}

function onDatagram(a: App, listener: u32, name: usize, at: u32, len: u32): void {
  const c = hostConfig(a.host);
  const i = streamOf(a, name, c.port_count != 0 ? portOf(a.host, listener) : c.app_port);
  if (i == NONE) return;
  const s = stream(a, i);
  if (len == 0) {
    s.end_ns = now();
    s.done = 1;
    checkEnd(s);
    a.streams_open--;
    return traceAppDone(0, NONE, a.host, s.flow == NO_FLOW ? NONE : <u32>s.flow, 0);
  }
  check(a, s, at, len);
  traceAppRead(0, NONE, <u32>s.flow, at, len);
  s.bytes += len;
  s.cqes++;
  s.requests++;
  if (c.app_work_ns != 0) chargeNs(COST_APP_TIME, c.app_work_ns);
}

/** A completion of one of its operations. */
export function datagramCqe(a: App, kind: u32, i: u32, cqe: io_uring_cqe): void {
  charge(COST_APP_CQE);
  if (kind != DGR_RECV) return;
  const res = cqe.res;
  const flags = cqe.flags;
  if (!multishot(a)) {
    if (res >= 0) onDatagram(a, i, <usize>(block(a, i) + HDR_NAME), block(a, i) + HDR_BYTES, <u32>res);
    else a.error = res;
    if (res >= 0) arm(a, i);
    return;
  }
  if ((flags & IORING_CQE_F_BUFFER) != 0) {
    const bid = flags >> IORING_CQE_BUFFER_SHIFT;
    const out = a.bufs_base + bid * a.buf_size;
    if (res >= 0) onDatagram(a, i, <usize>(out + OUT_BYTES), out + OUT_BYTES + NAME_BYTES, load<u32>(<usize>out, 8));
    ringAdd(a, bid);
  }
  if ((flags & IORING_CQE_F_MORE) == 0) arm(a, i);
}
