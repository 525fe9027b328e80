/** Description: the ways in which an application takes bytes, and what it is told. */
import { TCP_TCPMEMORYWAITS, TCP_TCPRCVCOALESCE } from '../../../sim/core';
import { netmem, skbFrag } from '../../../stack/3-pool';
import { MSG_PEEK, MSG_TRUNC, sockError, tcpAccept, tcpPoll, tcpReadSock, tcpRecvmsg, tcpSendmsg, tcpShutdown } from '../../../stack/5-tcp';
import { mibBase, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, sock, SOCK_NOSPACE } from '../../../stack/6-socket';
import { AT_LIMITS_SKBS, AT_LIMITS_SOCKS, AT_LIMITS_TX_PAGES, AT_RUN_PAYLOAD, AT_SOCKET_SNDBUF, setHost, setRun } from '../config.gen.as';
import {
  act, app, asTask, attach, build, connected, connecting, defaults, inject, listener, RST, runMs, transfer,
} from '../config_loopback.as';

const USER: usize = 0x200000;
const SEEN: usize = 0x14500;

function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}
function ready(bytes: u32): u64 {
  defaults();
  build();
  const pair = connected();
  for (let i: u32 = 0; i < bytes; i++) store<u8>(USER + i, <u8>(i * 7));
  asTask(0);
  assert(tcpSendmsg(<u32>(pair >> 32), USER, bytes, 0) == <i32>bytes, 'sent');
  runMs(5);
  memory.fill(USER, 0, bytes);
  asTask(1);
  return pair;
}

/** Takes at most load<u32>(SEEN) bytes a call and notes what it saw. */
function actor(sock_idx: u32, skb_idx: u32, offset: u32, len: u32): i32 {
  const limit = load<u32>(SEEN);
  const take = len < limit ? len : limit;
  let skip = offset;
  let left = take;
  for (let i: u32 = 0; left > 0; i++) {
    const f = skbFrag(skb_idx, i);
    if (skip >= f.len) {
      skip -= f.len;
      continue;
    }
    const part = f.len - skip < left ? f.len - skip : left;
    memory.copy(USER + load<u32>(SEEN, 4), <usize>netmem(f.netmem).addr + f.off + skip, part);
    store<u32>(SEEN, load<u32>(SEEN, 4) + part, 4);
    left -= part;
    skip = 0;
  }
  store<u32>(SEEN, load<u32>(SEEN, 8) + 1, 8);
  return <i32>take;
}
function fails(sock_idx: u32, skb_idx: u32, offset: u32, len: u32): i32 {
  return -12;
}

export function an_actor_sees_every_byte_in_order(): void {
  const s = <u32>ready(20000);
  store<u32>(SEEN, 1000);
  store<u64>(SEEN, 0, 4);
  assert(tcpReadSock(s, 0xffffffff, actor.index) == 20000, 'all of it');
  assert(load<u32>(SEEN, 8) >= 20, 'in pieces');
  for (let i: u32 = 0; i < 20000; i++) assert(load<u8>(USER + i) == <u8>(i * 7), 'unchanged');
  assert(sock(s).receive_len == 0 && sock(s).rmem_alloc == 0, 'and freed');
}

export function an_actor_gets_no_more_than_was_wanted(): void {
  const s = <u32>ready(20000);
  store<u32>(SEEN, 100000);
  store<u64>(SEEN, 0, 4);
  assert(tcpReadSock(s, 5000, actor.index) == 5000, 'so much');
  assert(tcpReadSock(s, 1, actor.index) == 1, 'then a byte');
  assert(tcpReadSock(s, 0xffffffff, actor.index) == 14999, 'then the rest');
  assert(tcpReadSock(s, 0xffffffff, actor.index) == 0, 'then nothing');
}

export function what_an_actor_refuses_stays(): void {
  const s = <u32>ready(5000);
  assert(tcpReadSock(s, 0xffffffff, fails.index) == -12, 'its error comes back');
  assert(tcpRecvmsg(s, USER, 10000, 0) == 5000, 'the bytes are still there');
}

export function an_actor_learns_the_end_of_the_stream(): void {
  const pair = ready(100);
  const s = <u32>pair;
  asTask(0);
  tcpShutdown(<u32>(pair >> 32), 1);
  runMs(5);
  store<u32>(SEEN, 100000);
  store<u64>(SEEN, 0, 4);
  asTask(1);
  assert(tcpReadSock(s, 0xffffffff, actor.index) == 100 && sock(s).receive_len == 0, 'data and FIN');
  assert(sock(s).copied_seq == sock(s).rcv_nxt, 'the FIN is read too');
  assert(tcpReadSock(s, 0xffffffff, actor.index) == 0 && tcpRecvmsg(s, USER, 1, 0) == 0, 'end of stream');
}

export function peeking_takes_nothing(): void {
  const s = <u32>ready(3000);
  assert(tcpRecvmsg(s, USER, 2000, MSG_PEEK) == 2000 && tcpRecvmsg(s, USER, 5000, MSG_PEEK) == 3000, 'twice the same');
  assert(load<u8>(USER + 2999) == <u8>(2999 * 7), 'the bytes');
  assert(tcpRecvmsg(s, USER, 5000, 0) == 3000 && tcpRecvmsg(s, USER, 5000, 0) == -11, 'then for good');
}

export function truncation_throws_bytes_away(): void {
  const s = <u32>ready(3000);
  assert(tcpRecvmsg(s, USER, 1000, MSG_TRUNC) == 1000, 'a thousand');
  assert(load<u8>(USER + 5) == 0, 'unseen');
  assert(tcpRecvmsg(s, USER, 1, 0) == 1 && load<u8>(USER) == <u8>(1000 * 7), 'the next one is number 1000');
}

export function segments_join_in_the_receive_queue(): void {
  const s = <u32>ready(20000);
  assert(mib(1, TCP_TCPRCVCOALESCE) > 0 && sock(s).receive_len < 4, 'few skbs');
}

export function poll_says_what_is_possible(): void {
  const pair = ready(10);
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  assert((tcpPoll(s) & (POLLIN | POLLOUT)) == (POLLIN | POLLOUT), 'read and write');
  tcpRecvmsg(s, USER, 10, 0);
  assert((tcpPoll(s) & POLLIN) == 0, 'nothing to read');
  asTask(0);
  tcpShutdown(c, 1);
  runMs(2);
  assert((tcpPoll(s) & (POLLIN | POLLRDHUP | POLLHUP)) == (POLLIN | POLLRDHUP), 'the end');
  inject(sock(s), sock(s).rcv_nxt, 0, RST, 0, 0);
  assert((tcpPoll(s) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP), 'broken');
  assert(sockError(s) == -32 && sockError(s) == 0, 'told once');
}

export function a_writer_is_told_when_there_is_room(): void {
  defaults();
  setHost(0, AT_SOCKET_SNDBUF, 20000);
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  asTask(0);
  let sent: i32 = 0;
  for (;;) {
    const n = tcpSendmsg(c, USER, 10000, 0);
    if (n < 0) {
      assert(n == -11, 'EAGAIN');
      break;
    }
    sent += n;
  }
  assert((tcpPoll(c) & POLLOUT) == 0 && sock(c).hasFlag(SOCK_NOSPACE), 'not writable');
  app(<u32>pair).reads = 1;
  app(<u32>pair).checks = 0;
  runMs(10);
  assert((tcpPoll(c) & POLLOUT) != 0 && !sock(c).hasFlag(SOCK_NOSPACE), 'writable again, and told');
  assert(<i32>app(<u32>pair).received == sent, 'everything arrived');
}

export function few_pages_are_shared(): void {
  defaults();
  setRun(AT_LIMITS_TX_PAGES, 6);
  setRun(AT_LIMITS_SOCKS, 16);
  build();
  const l = listener(1, 4, 80);
  for (let i: u32 = 0; i < 4; i++) {
    const c = connecting(0, 4, 80);
    attach(c);
    app(c).to_send = 300000;
  }
  runMs(5);
  for (;;) {
    const s = tcpAccept(l);
    if (s < 0) break;
    attach(<u32>s);
    app(<u32>s).reads = 1;
  }
  for (let i: u32 = 1; i < 9; i++) act(i);
  let done = false;
  for (let k = 0; k < 5000 && !done; k++) {
    runMs(1);
    done = true;
    for (let i: u32 = 1; i < 9; i++) if (sock(i).host == 1 && app(i).received < 300000) done = false;
  }
  assert(done && mib(0, TCP_TCPMEMORYWAITS) > 0, 'all streams arrive although writers had to wait for memory');
}

export function few_skbs_are_shared(): void {
  defaults();
  // With 32 and softirqs that interrupt readers, what waits behind a hole can hold all that are left, and nothing fills the hole.
  setRun(AT_LIMITS_SKBS, 34);
  build();
  const pair = connected();
  transfer(<u32>(pair >> 32), <u32>pair, 2000000, 20000);
  assert(mib(0, TCP_TCPMEMORYWAITS) > 0, 'writers left some for what is received');
}

export function without_payload_lengths_are_kept(): void {
  defaults();
  setRun(AT_RUN_PAYLOAD, 0);
  build();
  const pair = connected();
  app(<u32>(pair >> 32)).checks = 0;
  app(<u32>pair).checks = 0;
  transfer(<u32>(pair >> 32), <u32>pair, 3000000, 2000);
}
