/** Description: what is lent to a packet over the loopback device is copied, and given back with the ACK. */
import { NONE } from '../../../sim/core';
import { netmem, poolState } from '../../../stack/3-pool';
import { extendedErr, sock } from '../../../stack/6-socket';
import { build, defaults, option, pair, piece, recv, send, user } from '../config_lo.as';

const SO_ZEROCOPY: u32 = 60;
const MSG_ZEROCOPY: u32 = 0x4000000;
const COPIED: u8 = 1;

/** References that packets hold on user memory. */
function refs(): u32 {
  const s = poolState();
  let sum: u32 = 0;
  for (let i: u32 = 0; i < s.user_pages; i++) sum += netmem(s.netmem_capacity + i).pp_ref;
  return sum;
}

export function the_receiver_gets_copies(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  option(c, 1, SO_ZEROCOPY, 1);
  for (let i: u32 = 0; i < 6000; i++) store<u8>(<usize>user() + i, <u8>(i * 3));
  assert(send(c, 6000, MSG_ZEROCOPY) == 6000, 'taken');
  assert(piece(<u32>p, 0) == 4096 && piece(<u32>p, 1) == 1904, 'in pages');
  for (let i: u32 = 0; i < 6000; i++) store<u8>(<usize>user() + i, 0);
  assert(recv(<u32>p, 6000) == 6000, 'all of it');
  for (let i: u32 = 0; i < 6000; i++) assert(load<u8>(<usize>user() + (1 << 19) + i) == <u8>(i * 3), 'as it was when it was sent');
}

export function the_owner_is_told_in_release_sock_when_the_ack_came_at_once(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  option(c, 1, SO_ZEROCOPY, 1);
  send(c, 16, MSG_ZEROCOPY);
  assert(refs() == 0 && sock(c).error_len == 1, 'told before the call returned');
  assert(extendedErr(sock(c).error_head).ee_code == COPIED, 'that it was copied');
}

export function the_owner_is_told_when_the_reader_acknowledges(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  option(c, 1, SO_ZEROCOPY, 1);
  for (let i: u32 = 0; i < 16; i++) send(c, 10);
  recv(<u32>p, 1000);
  send(c, 16, MSG_ZEROCOPY);
  assert(refs() == 1 && sock(c).error_head == NONE, 'the ACK is delayed');
  assert(recv(<u32>p, 100) == 16, 'the reader sends it');
  assert(refs() == 0 && sock(c).error_len == 1, 'within its own call');
}

/** Sends, and says whether the memory was given back before the send returned; then the peer reads it all. */
function backAtOnce(p: u64, len: u32): bool {
  assert(send(<u32>(p >> 32), len, MSG_ZEROCOPY) == <i32>len, 'taken');
  const at_once = refs() == 0;
  assert(recv(<u32>p, 131072) == <i32>len, 'read');
  assert(refs() == 0, 'the reader gives it back');
  return at_once;
}

export function memory_comes_back_when_it_does_on_a_kernel(): void {
  defaults();
  build();
  const p = pair();
  option(<u32>(p >> 32), 1, SO_ZEROCOPY, 1);
  // Probe p03: the third fills more than half of the window, which ends the quick ACKs.
  assert(backAtOnce(p, 16) && backAtOnce(p, 1024) && backAtOnce(p, 65536), 'quick ACKs');
  assert(!backAtOnce(p, 16), 'a delayed one');
  assert(backAtOnce(p, 1024), 'at once');
  assert(!backAtOnce(p, 65536), 'and delayed again');
}
