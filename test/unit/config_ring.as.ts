/**
 * One host with a ring, a zcrx instance and sockets, and no NIC: for tests of stages 7 and 9. Packets are put into receive
 * queues by hand; a page pool stands for each of two RX queues. User memory is laid out once: see the addresses below.
 */
import {
  arenaInit, coreState, cpuInit, dropInit, enterHardware, eventQueueInit, EVENT_HRTIMERS, EVENT_IOWQ, EVENT_KWORK, EVENT_RING_RCU,
  EVENT_SQPOLL, EVENT_TASK, EVENT_TURN, hrtimersInit, nextDueHrtimer, nextEventTime, nextTurn, NONE, popEvent, prngInit, runConfig,
  timerWheelInit, waitInit,
} from '../../sim/core';
import {
  ledgerMove, netmem, netmemInit, pageAlloc, pagePool, PLACE_LIVE, PLACE_NIC, poolAlloc, poolCreate, poolEmpty, poolSetProvider, poolsInit,
  setBusyPoll, setQueueMgmt, skb, skbAddFrag, skbAlloc, skbsInit,
} from '../../stack/3-pool';
import { setStartXmit, tcpInit } from '../../stack/5-tcp';
import { queueTail, receiveQueue, sock, socketInit, TCP_ESTABLISHED, wakeReadable } from '../../stack/6-socket';
import { fdSock, filesInit } from '../../stack/file';
import {
  iowqRun, ringExitWork, ringHrtimer, ringInit, ringRcu, ringVerify, sqThreadRun, sysEnter, sysMmap, sysRegister, sysSetup, taskAt,
  taskResume, userAlloc, userInit,
} from '../../uring-model/7-ring';
import { refillInit, refillVerify } from '../../uring-model/9-refill';
import {
  io_uring_cqe, io_uring_params, IO_URING_PARAMS_BYTES, io_uring_region_desc, io_uring_sqe, io_uring_zcrx_area_reg, io_uring_zcrx_ifq_reg,
  IORING_ENTER_GETEVENTS, IORING_OFF_SQ_RING, IORING_OFF_SQES, IORING_OP_RECV_ZC, IORING_OP_SOCKET, IORING_RECV_MULTISHOT,
  IORING_REGISTER_ZCRX_CTRL, IORING_REGISTER_ZCRX_IFQ, IORING_SETUP_CQE32, IORING_SETUP_CQSIZE, IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_NO_SQARRAY, IORING_SETUP_SINGLE_ISSUER, zcrx_ctrl,
} from '../../uring-model/uapi.gen';
import {
  AT_LIMITS_FRAMES, AT_LIMITS_REQS, AT_LIMITS_RX_PAGES, AT_LIMITS_SKBS, AT_LIMITS_SOCKS, AT_LIMITS_TX_PAGES, AT_LIMITS_USER_BYTES,
  AT_RUN_TRACE, setDefaults, setRun,
} from './config.gen.as';

export const HOST: u32 = 1;
export const DEFER: u32 = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_NO_SQARRAY;
export const DEFER32: u32 = DEFER | IORING_SETUP_CQE32;
const PAGE: u32 = 4096;
const USER_BYTES: u32 = 8 << 20;

/** Where things lie; in a corner of memory that nothing else uses. */
@unmanaged
class Bench {
  fd: u32;
  rings: u32;
  sqes: u32;
  sq_tail: u32;
  sq_mask: u32;
  cq_mask: u32;
  cqe_shift: u32;
  params: u32;
  reg: u32;
  desc: u32;
  area_reg: u32;
  notif: u32;
  ctrl: u32;
  area: u32;
  region: u32;
  rq_tail: u32;
  rq_mask: u32;
  pool: u32;
}
export function bench(): Bench {
  return changetype<Bench>(0x7c00);
}

function openQueue(host: u32, queue: u32, provider: u32, rx_buf_len: u32): i32 {
  if (queue > 1) return -34;
  if (pagePool(queue).provider != 0) return -17;
  poolEmpty(queue);
  poolSetProvider(queue, provider);
  return 0;
}
function closeQueue(host: u32, queue: u32): void {
  poolEmpty(queue);
  poolSetProvider(queue, 0);
}
function noXmit(host: u32, header: u32, header_len: u32, skb_idx: u32, sock_idx: u32, hash: u32, flow: u32, edt_ns: u64): u32 {
  return 0;
}

function noPoll(napi_idx: u32, core: u32, until_ns: u64): void {}

/** Makes the world. */
export function build(): void {
  setDefaults();
  setRun(AT_LIMITS_SOCKS, 64);
  setRun(AT_LIMITS_SKBS, 1024);
  setRun(AT_LIMITS_RX_PAGES, 256);
  setRun(AT_LIMITS_TX_PAGES, 16);
  setRun(AT_LIMITS_FRAMES, 64);
  setRun(AT_LIMITS_REQS, 256);
  setRun(AT_LIMITS_USER_BYTES, USER_BYTES);
  setRun(AT_RUN_TRACE, 0);
  const c = runConfig();
  arenaInit();
  prngInit(1, 2);
  eventQueueInit(256);
  timerWheelInit();
  hrtimersInit(512);
  cpuInit();
  dropInit();
  netmemInit(c.limits_rx_pages, c.limits_tx_pages, (USER_BYTES >> 12) + 1, 64);
  poolsInit();
  skbsInit(c.limits_skbs);
  socketInit();
  tcpInit();
  userInit(USER_BYTES);
  waitInit(c.limits_reqs, 64);
  filesInit();
  ringInit();
  refillInit();
  setQueueMgmt(openQueue, closeQueue);
  setStartXmit(noXmit);
  setBusyPoll(noPoll);
  const b = bench();
  b.pool = poolCreate(HOST, 0, 64);
  poolCreate(HOST, 1, 64);
  b.params = user(PAGE);
  b.reg = b.params + 256;
  b.desc = b.params + 512;
  b.area_reg = b.params + 768;
  b.notif = b.params + 1024;
  b.ctrl = b.params + 1280;
  coreState().built = 1;
  enterHardware(HOST);
}

export function user(bytes: u32): u32 {
  return userAlloc(HOST, bytes);
}

/** io_uring_setup: the descriptor, or -errno. */
export function setup(entries: u32, cq_entries: u32, flags: u32): i32 {
  const p = changetype<io_uring_params>(<usize>bench().params);
  memory.fill(bench().params, 0, IO_URING_PARAMS_BYTES);
  p.flags = flags | (cq_entries != 0 ? IORING_SETUP_CQSIZE : 0);
  p.cq_entries = cq_entries;
  return sysSetup(HOST, entries, bench().params);
}
/** A ring that works. */
export function ring(cq_entries: u32, flags: u32): void {
  const b = bench();
  const fd = setup(cq_entries < 64 ? cq_entries : 64, cq_entries, flags);
  assert(fd >= 3, 'a ring');
  b.fd = <u32>fd;
  b.rings = <u32>sysMmap(HOST, b.fd, IORING_OFF_SQ_RING, PAGE);
  b.sqes = <u32>sysMmap(HOST, b.fd, IORING_OFF_SQES, PAGE);
  b.sq_tail = 0;
  b.sq_mask = load<u32>(b.rings, 24) - 1;
  b.cq_mask = load<u32>(b.rings, 28) - 1;
  b.cqe_shift = (flags & IORING_SETUP_CQE32) != 0 ? 5 : 4;
}

/** The next SQE, published at once. */
export function sqe(opcode: u32, user_data: u64): io_uring_sqe {
  const b = bench();
  const at = <usize>(b.sqes + ((b.sq_tail & b.sq_mask) << 6));
  memory.fill(at, 0, 64);
  const s = changetype<io_uring_sqe>(at);
  s.opcode = <u8>opcode;
  s.user_data = user_data;
  b.sq_tail++;
  store<u32>(b.rings, b.sq_tail, 4);
  return s;
}
export function enter(to_submit: u32, min_complete: u32, flags: u32): i32 {
  return sysEnter(HOST, bench().fd, to_submit, min_complete, flags, 0, 0);
}
/** Asks for completions, as io_uring_get_events does. */
export function getEvents(): i32 {
  return enter(0, 0, IORING_ENTER_GETEVENTS);
}
export function register(opcode: u32, arg: u32, nr: u32): i32 {
  return sysRegister(HOST, bench().fd, opcode, arg, nr);
}

/** Completions that are there. */
export function cqes(): u32 {
  return load<u32>(bench().rings, 12) - load<u32>(bench().rings, 8);
}
/** The i-th of them. */
export function cqe(i: u32): io_uring_cqe {
  const b = bench();
  return changetype<io_uring_cqe>(<usize>(b.rings + 64 + (((load<u32>(b.rings, 8) + i) & b.cq_mask) << b.cqe_shift)));
}
/** Offset in the second half of a 32-byte completion. */
export function cqeOff(i: u32): u64 {
  return load<u64>(changetype<usize>(cqe(i)), 16);
}
export function seen(n: u32): void {
  store<u32>(bench().rings, load<u32>(bench().rings, 8) + n, 8);
}
export function isCqe(i: u32, user_data: u64, res: i32, flags: u32): bool {
  const c = cqe(i);
  return c.user_data == user_data && c.res == res && c.flags == flags;
}
export function sqFlags(): u32 {
  return load<u32>(bench().rings, 36);
}

/** Fills in the structs of a registration: an area of `niovs` buffers, a refill ring of `rq_entries`, queue 0. */
export function prepareZcrx(niovs: u32, rq_entries: u32): io_uring_zcrx_ifq_reg {
  const b = bench();
  memory.fill(b.reg, 0, 1024);
  b.area = user(niovs * PAGE);
  const area = changetype<io_uring_zcrx_area_reg>(<usize>b.area_reg);
  area.addr = b.area;
  area.len = niovs * PAGE;
  const rd = changetype<io_uring_region_desc>(<usize>b.desc);
  rd.size = (128 + rq_entries * 16 + 16 + PAGE - 1) & ~(PAGE - 1);
  b.region = user(<u32>rd.size);
  rd.user_addr = b.region;
  rd.flags = 1;
  const reg = changetype<io_uring_zcrx_ifq_reg>(<usize>b.reg);
  reg.if_idx = 2;
  reg.rq_entries = rq_entries;
  reg.area_ptr = b.area_reg;
  reg.region_ptr = b.desc;
  return reg;
}
export function registerZcrx(): i32 {
  const b = bench();
  const ret = register(IORING_REGISTER_ZCRX_IFQ, b.reg, 1);
  b.rq_tail = 0;
  b.rq_mask = changetype<io_uring_zcrx_ifq_reg>(<usize>b.reg).rq_entries - 1;
  return ret;
}
/** World, ring and instance in one. */
export function zcrx(niovs: u32, rq_entries: u32, cq_entries: u32): void {
  build();
  ring(cq_entries, DEFER32);
  prepareZcrx(niovs, rq_entries);
  assert(registerZcrx() == 0, 'an instance');
}

/** Puts an entry into the refill ring, as user space does. */
export function rqPush(off: u64, pad: u32): void {
  const b = bench();
  const at = <usize>(b.region + 128 + ((b.rq_tail & b.rq_mask) << 4));
  store<u64>(at, off);
  store<u32>(at, 0, 8);
  store<u32>(at, pad, 12);
  b.rq_tail++;
  store<u32>(b.region, b.rq_tail, 64);
}
export function rqHead(): u32 {
  return load<u32>(bench().region);
}
/** IORING_REGISTER_ZCRX_CTRL with an operation. */
export function control(op: u32): i32 {
  const ctrl = changetype<zcrx_ctrl>(<usize>bench().ctrl);
  ctrl.op = op;
  return register(IORING_REGISTER_ZCRX_CTRL, bench().ctrl, 0);
}
/** Takes a buffer from the pool of the queue, as a driver does. */
export function take(): u32 {
  const idx = poolAlloc(bench().pool);
  if (idx != NONE) ledgerMove(idx, PLACE_NIC);
  return idx;
}

/** A connected socket: its descriptor. Nothing is at the other end. */
export function socket(): u32 {
  const s = sqe(IORING_OP_SOCKET, 0);
  s.fd = 2;
  s.off = 1;
  assert(enter(1, 0, 0) == 1 && cqes() > 0, 'a socket');
  const last = cqes() - 1;
  const fd = <u32>cqe(last).res;
  const sk = sock(fdSock(HOST, <i32>fd));
  sk.state = <u8>TCP_ESTABLISHED;
  // A window so wide that reading never makes TCP send one.
  sk.rcv_mss = 1448;
  sk.rcv_wnd = 1 << 24;
  sk.window_clamp = 65535;
  seen(last + 1);
  return fd;
}
function arrived(fd: u32, skb_idx: u32, wake: bool): void {
  const sk = sock(fdSock(HOST, <i32>fd));
  const b = skb(skb_idx);
  b.seq = sk.rcv_nxt;
  b.end_seq = b.seq + b.len;
  sk.rcv_nxt = b.end_seq;
  b.truesize = 4096;
  sk.rmem_alloc += 4096;
  queueTail(receiveQueue(sk), skb_idx);
  if (wake) wakeReadable(sk, 0);
}
/** A packet whose payload lies in a buffer of the queue's pool. Returns the buffer. */
export function packet(fd: u32, off: u32, len: u32): u32 {
  const idx = take();
  assert(idx != NONE, 'the pool has a buffer');
  ledgerMove(idx, PLACE_LIVE);
  const b = skbAlloc(HOST);
  skbAddFrag(b, idx, off, len, 4096);
  arrived(fd, b, true);
  return idx;
}
/** A packet with more than one fragment of the same buffer. */
export function packetOfOneBuffer(fd: u32, frags: u32, len: u32): u32 {
  const idx = take();
  ledgerMove(idx, PLACE_LIVE);
  const b = skbAlloc(HOST);
  for (let i: u32 = 0; i < frags; i++) {
    if (i > 0) netmem(idx).pp_ref++;
    skbAddFrag(b, idx, i * len, len, 0);
  }
  arrived(fd, b, true);
  return idx;
}
/** A packet in an ordinary page; its bytes count up from `first`. */
export function pagePacket(fd: u32, len: u32, first: u32): void {
  const idx = pageAlloc(HOST);
  const n = netmem(idx);
  n.pp_ref = 2; // the test keeps one: nobody wants the page back
  for (let i: u32 = 0; i < len; i++) store<u8>(n.addr + i, <u8>(first + i));
  const b = skbAlloc(HOST);
  skbAddFrag(b, idx, 0, len, 0);
  arrived(fd, b, true);
}
/** A packet whose payload is linear. */
export function linearPacket(fd: u32, len: u32, first: u32): void {
  const b = skbAlloc(HOST);
  const k = skb(b);
  k.data_off = 54;
  k.head_len = <u16>len;
  k.len = len;
  for (let i: u32 = 0; i < len; i++) store<u8>(k.head + 54 + i, <u8>(first + i));
  arrived(fd, b, true);
}

/** A multishot RECV_ZC; `len` 0: no limit. */
export function recvZc(fd: u32, user_data: u64, len: u32): void {
  const s = sqe(IORING_OP_RECV_ZC, user_data);
  s.fd = <i32>fd;
  s.ioprio = <u16>IORING_RECV_MULTISHOT;
  s.len = len;
  assert(enter(1, 0, 0) == 1, 'submitted');
}

/** Lets the events happen that are in the queue: exits of rings; timers; wake-ups carry waits on. Returns their number. */
export function settle(): u32 {
  return happen(u64.MAX_VALUE - 1);
}
/** Lets that happen that is due within a time from now. */
export function elapse(ns: u64): u32 {
  return happen(coreState().clock_ns + ns);
}
function happen(until_ns: u64): u32 {
  let n: u32 = 0;
  while (nextEventTime() <= until_ns) {
    let event = popEvent();
    if (<u32>event == EVENT_TURN) event = nextTurn(<u32>(event >> 32));
    n++;
    if (<u32>event == EVENT_KWORK) ringExitWork(<u32>(event >> 32));
    else if (<u32>event == EVENT_IOWQ) iowqRun(<u32>(event >> 32));
    else if (<u32>event == EVENT_HRTIMERS) timers();
    else if (<u32>event == EVENT_SQPOLL) sqThreadRun(<u32>(event >> 32));
    else if (<u32>event == EVENT_RING_RCU) ringRcu(<u32>(event >> 32));
    else if (<u32>event == EVENT_TASK) {
      taskAt(HOST).run_pending = 0;
      taskResume(HOST);
    }
  }
  return n;
}
function timers(): void {
  for (let timer = nextDueHrtimer(); timer != null; timer = nextDueHrtimer()) ringHrtimer(timer.kind, timer.arg);
}
/** Every buffer and every request accounted for. */
export function verify(): void {
  ringVerify();
  refillVerify();
}
