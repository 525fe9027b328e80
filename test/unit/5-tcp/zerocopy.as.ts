/** Description: what was lent to packets is given back, and its owner is told what became of it. */
import { NONE } from '../../../sim/core';
import { netmem, poolState, skb, skbFrag, Ubuf } from '../../../stack/3-pool';
import {
  MSG_DONTWAIT, MSG_ZEROCOPY, SendMessage, tcpClose, tcpPoll, tcpRecvError, tcpRecvmsg, tcpSendMessage, tcpSendmsg, tcpSetsockopt,
  tcpSocket,
} from '../../../stack/5-tcp';
import { extendedErr, msgOut, POLLERR, sock, sockLive } from '../../../stack/6-socket';
import { AT_SOCKET_OPTMEM_MAX, setHost } from '../config.gen.as';
import { build, connected, defaults, link, runMs, userMemory, verifyAll } from '../config_loopback.as';

const EAGAIN: i32 = -11;
const EFAULT: i32 = -14;
const EINVAL: i32 = -22;
const EPIPE: i32 = -32;
const ENOBUFS: i32 = -105;
const SOL_SOCKET: u32 = 1;
const SO_ZEROCOPY: u32 = 60;
const SOL_TCP: u32 = 6;
const TCP_NODELAY: u32 = 1;
const COPIED: u8 = 1;

const SCRATCH: usize = 0x14400;
const OUT: usize = 0x14800;
const ROOM: u32 = 256;

function option(sock_idx: u32, name: u32, val: u32): i32 {
  store<u32>(SCRATCH, val);
  return tcpSetsockopt(sock_idx, SOL_SOCKET, name, SCRATCH, 4);
}
function client(): u32 {
  const idx = <u32>(connected() >> 32);
  assert(option(idx, SO_ZEROCOPY, 1) == 0, 'the option is there');
  return idx;
}
function lend(idx: u32, at: u32, len: u32): void {
  assert(tcpSendmsg(idx, userMemory() + at, len, MSG_ZEROCOPY) == <i32>len, 'all is taken');
}
/** The next message of the error queue: first number, last number, code. */
function told(idx: u32, lo: u32, hi: u32, code: u8): void {
  assert(tcpPoll(idx) & POLLERR, 'who polls hears of it');
  assert(tcpRecvError(idx, 0, 0, OUT, ROOM) == 0, 'a message without bytes');
  const m = msgOut(OUT);
  assert(m.msg_flags == 0x2000 && m.msg_controllen == 48, 'one control message');
  assert(load<u64>(OUT, 16) == 48 && load<u32>(OUT, 24) == 0 && load<u32>(OUT, 28) == 11, 'IP_RECVERR');
  assert(load<u32>(OUT, 32) == 0 && load<u8>(OUT, 36) == 5 && load<u8>(OUT, 38) == code, 'of a zero-copy send');
  assert(load<u32>(OUT, 40) == lo && load<u32>(OUT, 44) == hi, 'with these numbers');
}
function nothing(idx: u32): void {
  assert(tcpRecvError(idx, 0, 0, OUT, ROOM) == EAGAIN && (tcpPoll(idx) & POLLERR) == 0, 'the queue is empty');
}
/** The peer reads: packets of this loopback carry the sender's own pages (config_loopback.as.ts). */
function take(idx: u32, len: u32): void {
  assert(tcpRecvmsg(idx, userMemory() + 65536, len, 0) == <i32>len, 'all came');
}
/** References that packets hold on user memory. */
function refs(): u32 {
  const s = poolState();
  let sum: u32 = 0;
  for (let i: u32 = 0; i < s.user_pages; i++) sum += netmem(s.netmem_capacity + i).pp_ref;
  return sum;
}

export function the_owner_is_told_when_the_last_byte_is_acknowledged(): void {
  defaults();
  build();
  const pair = connected();
  const idx = <u32>(pair >> 32);
  assert(option(idx, SO_ZEROCOPY, 1) == 0, 'the option is there');
  lend(idx, 100, 4000);
  assert(refs() > 0 && sock(idx).omem_alloc != 0, 'the pages are held');
  nothing(idx);
  runMs(2);
  take(<u32>pair, 4000);
  assert(refs() == 0, 'the pages are free');
  told(idx, 0, 0, 0);
  nothing(idx);
  assert(sock(idx).omem_alloc == 0, 'the notification is paid for');
  verifyAll();
}

export function numbers_side_by_side_are_told_together(): void {
  defaults();
  build();
  const idx = client();
  lend(idx, 0, 4000);
  runMs(2);
  lend(idx, 4000, 4000);
  runMs(2);
  told(idx, 0, 1, 0);
  lend(idx, 0, 1);
  runMs(2);
  told(idx, 2, 2, 0);
  nothing(idx);
}

export function a_send_without_the_option_copies_and_has_no_number(): void {
  defaults();
  build();
  const idx = client();
  assert(option(idx, SO_ZEROCOPY, 0) == 0 && option(idx, SO_ZEROCOPY, 2) == EINVAL, 'on and off only');
  assert(tcpSendmsg(idx, userMemory(), 4000, MSG_ZEROCOPY) == 4000, 'the flag is not looked at');
  assert(refs() == 0, 'copied');
  runMs(2);
  nothing(idx);
}

export function a_send_that_fails_gives_its_number_back(): void {
  defaults();
  build();
  const idx = <u32>tcpSocket(0, 4);
  assert(option(idx, SO_ZEROCOPY, 1) == 0, 'before there is a connection');
  assert(tcpSendmsg(idx, userMemory(), 4000, MSG_ZEROCOPY) == EPIPE, 'not connected');
  assert(sock(idx).zckey == 0 && sock(idx).omem_alloc == 0 && refs() == 0, 'nothing is left of it');
  nothing(idx);
  tcpClose(idx);
  assert(!sockLive(idx), 'nor holds it the socket');
}

export function memory_that_is_no_users_is_a_fault(): void {
  defaults();
  build();
  const idx = client();
  assert(tcpSendmsg(idx, userMemory() + 64 * 4096, 100, MSG_ZEROCOPY) == EFAULT, 'beyond user memory');
  assert(tcpSendmsg(idx, userMemory() + 64 * 4096 - 50, 100, MSG_ZEROCOPY) == EFAULT, 'in part');
  assert(refs() == 0 && sock(idx).write_head == NONE && sock(idx).wmem_queued == 0 && sock(idx).zckey == 0, 'nothing is left of it');
}

export function notifications_are_limited(): void {
  defaults();
  setHost(0, AT_SOCKET_OPTMEM_MAX, 2000);
  build();
  const idx = client();
  store<u32>(SCRATCH, 1);
  assert(tcpSetsockopt(idx, SOL_TCP, TCP_NODELAY, SCRATCH, 4) == 0, 'each send is a packet');
  link(0).cut = 1;
  lend(idx, 0, 1000);
  lend(idx, 0, 1000);
  assert(tcpSendmsg(idx, userMemory(), 1000, MSG_ZEROCOPY) == ENOBUFS, 'no third packet may be outstanding');
}

function iovec(i: u32, base: u32, len: u32): void {
  store<u64>(SCRATCH + 0x100 + (<usize>i << 4), base);
  store<u64>(SCRATCH + 0x100 + (<usize>i << 4), len, 8);
}
function message(segments: u32, flags: u32): SendMessage {
  memory.fill(SCRATCH, 0, 64);
  const m = changetype<SendMessage>(SCRATCH);
  m.iov = <u32>SCRATCH + 0x100;
  m.iov_nr = segments;
  m.flags = flags;
  return m;
}

export function an_skb_holds_seventeen_pieces(): void {
  defaults();
  build();
  const idx = client();
  link(0).cut = 1;
  for (let i: u32 = 0; i < 20; i++) iovec(i, userMemory() + i * 4096, 10);
  assert(tcpSendMessage(idx, message(20, MSG_ZEROCOPY | MSG_DONTWAIT)) == 200, 'all is taken');
  const sk = sock(idx);
  let first = sk.rtx_head;
  if (first == NONE) first = sk.write_head;
  assert(skb(first).nr_frags == 17 && skb(first).len == 170 && skb(first).zcopy_pure != 0, 'as many as an skb has');
  assert(sk.rtx_len + sk.write_len == 2, 'the rest is in another one');
  assert(skb(first).truesize == 960 + 17 * 4096, 'which weighs whole pages');
  assert(sk.zckey == 1, 'one call, one number');
}

export function pieces_that_touch_are_one(): void {
  defaults();
  build();
  const idx = client();
  link(0).cut = 1;
  iovec(0, userMemory(), 100);
  iovec(1, userMemory() + 100, 100);
  iovec(2, userMemory() + 201, 100);
  assert(tcpSendMessage(idx, message(3, MSG_ZEROCOPY | MSG_DONTWAIT)) == 300, 'all is taken');
  const first = sock(idx).rtx_head;
  assert(skb(first).nr_frags == 2 && skbFrag(first, 0).len == 200, 'a gap parts them');
  assert(refs() >= 2, 'each piece is held');
}

export function a_message_of_segments_arrives_in_order(): void {
  defaults();
  build();
  const pair = connected();
  const idx = <u32>(pair >> 32);
  for (let i: u32 = 0; i < 300; i++) store<u8>(userMemory() + i, <u8>i);
  iovec(0, userMemory(), 100);
  iovec(1, userMemory() + 100, 0);
  iovec(2, userMemory() + 100, 200);
  assert(tcpSendMessage(idx, message(3, MSG_DONTWAIT)) == 300, 'copied');
  runMs(2);
  assert(tcpRecvmsg(<u32>pair, userMemory() + 4096, 300, 0) == 300, 'all came');
  for (let i: u32 = 0; i < 300; i++) assert(load<u8>(userMemory() + 4096 + i) == <u8>i, 'in order');
}

export function what_is_lost_is_sent_again_from_the_owners_memory(): void {
  defaults();
  build();
  const pair = connected();
  const idx = <u32>(pair >> 32);
  assert(option(idx, SO_ZEROCOPY, 1) == 0, 'the option is there');
  link(0).drop_from = 1;
  link(0).drop_to = 2;
  for (let i: u32 = 0; i < 8000; i++) store<u8>(userMemory() + i, <u8>(i * 7));
  lend(idx, 0, 8000);
  runMs(1000);
  told(idx, 0, 0, 0);
  take(<u32>pair, 8000);
  assert(refs() == 0, 'the pages are free');
  for (let i: u32 = 0; i < 8000; i++) assert(load<u8>(userMemory() + 65536 + i) == <u8>(i * 7), 'whole');
}

export function a_closed_socket_lives_until_its_pages_are_free(): void {
  defaults();
  build();
  const idx = client();
  link(0).cut = 1;
  lend(idx, 0, 4000);
  sock(idx).linger = 1;
  tcpClose(idx);
  runMs(1000);
  assert(refs() == 0 && !sockLive(idx), 'then it goes');
}

/** A lender in the kernel: counts what it is told. */
function lenderTold(_skb_idx: u32, uarg: u32, success: u32): void {
  const u = changetype<Ubuf>(<usize>uarg);
  u.refs--;
  if (success == 0) store<u32>(SCRATCH + 0x40, 1);
}

export function a_lender_in_the_kernel_is_told_too(): void {
  defaults();
  build();
  const idx = <u32>(connected() >> 32);
  const u = changetype<Ubuf>(SCRATCH + 0x60);
  const complete = lenderTold;
  u.complete = complete.index;
  u.link_skb = 0;
  u.refs = 1;
  iovec(0, userMemory(), 5000);
  const m = message(1, MSG_ZEROCOPY | MSG_DONTWAIT);
  m.msg_ubuf = <u32>SCRATCH + 0x60;
  assert(tcpSendMessage(idx, m) == 5000 && u.refs > 1, 'packets hold it; the option is not asked for');
  runMs(2);
  assert(u.refs == 1 && load<u32>(SCRATCH + 0x40) == 0, 'and let it go');
  nothing(idx);
  assert(sock(idx).zckey == 0, 'no number is spent');
}

export function a_message_of_another_family_says_so(): void {
  defaults();
  build();
  const idx = <u32>(connected(6) >> 32);
  assert(option(idx, SO_ZEROCOPY, 1) == 0, 'the option is there');
  lend(idx, 0, 100);
  runMs(2);
  assert(tcpRecvError(idx, 0, 0, OUT, ROOM) == 0, 'a message');
  assert(load<u64>(OUT, 16) == 60 && load<u32>(OUT, 24) == 41 && load<u32>(OUT, 28) == 25, 'IPV6_RECVERR');
}

export function too_little_room_cuts_the_message(): void {
  defaults();
  build();
  const idx = client();
  lend(idx, 0, 100);
  runMs(2);
  assert(extendedErr(sock(idx).error_head).ee_code != COPIED, 'nothing was copied');
  assert(tcpRecvError(idx, 0, 0, OUT, 20) == 0 && msgOut(OUT).msg_flags == 0x2008, 'MSG_CTRUNC');
}
