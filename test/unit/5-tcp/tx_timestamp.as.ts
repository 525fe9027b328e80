/** Description: a send's last byte is followed to the device and to its acknowledgement. */
import { skb } from '../../../stack/3-pool';
import { tcpClose, tcpGetsockopt, tcpRecvError, tcpSendmsg, tcpSetsockopt, tcpSocket } from '../../../stack/5-tcp';
import { msgOut, sock } from '../../../stack/6-socket';
import { build, connected, defaults, link, runMs, userMemory, verifyAll } from '../config_loopback.as';

const EAGAIN: i32 = -11;
const EINVAL: i32 = -22;
const SOL_SOCKET: u32 = 1;
const SOL_TCP: u32 = 6;
const TCP_NODELAY: u32 = 1;
const SO_TIMESTAMPING: u32 = 37;
const TX_SOFTWARE: u32 = 1 << 1;
const SOFTWARE: u32 = 1 << 4;
const OPT_ID: u32 = 1 << 7;
const TX_SCHED: u32 = 1 << 8;
const TX_ACK: u32 = 1 << 9;
const TSONLY: u32 = 1 << 11;
const STATS: u32 = 1 << 12;
const ID_TCP: u32 = 1 << 16;
const SND: u32 = 0;
const SCHED: u32 = 1;
const ACK: u32 = 2;

const SCRATCH: usize = 0x14400;
const OUT: usize = 0x14800;
const ROOM: u32 = 512;

function stamps(idx: u32, bits: u32): i32 {
  store<u32>(SCRATCH, bits);
  return tcpSetsockopt(idx, SOL_SOCKET, SO_TIMESTAMPING, SCRATCH, 4);
}
function client(bits: u32): u32 {
  const idx = <u32>(connected() >> 32);
  assert(stamps(idx, bits | SOFTWARE | OPT_ID) == 0, 'the option is there');
  return idx;
}
function write(idx: u32, len: u32): void {
  assert(tcpSendmsg(idx, userMemory(), len, 0) == <i32>len, 'all is taken');
}
/** The next timestamp is of this kind and byte; the flags of the message, and when it was, in nanoseconds. */
function told(idx: u32, kind: u32, key: u32): u64 {
  assert(tcpRecvError(idx, 0, 0, OUT, ROOM) == 0, 'a message');
  const at = OUT + 16;
  assert(load<u64>(at) == 64 && load<u32>(at, 8) == 1 && load<u32>(at, 12) == SO_TIMESTAMPING, 'SCM_TIMESTAMPING');
  const err = at + 64 + 16;
  assert(load<u32>(err) == 42 && load<u8>(err, 4) == 4, 'ENOMSG, of a timestamp');
  assert(load<u32>(err, 8) == kind && load<u32>(err, 12) == key, 'of this kind and byte');
  return load<u64>(at, 16) * 1000000000 + load<u64>(at, 24);
}
function nothing(idx: u32): void {
  assert(tcpRecvError(idx, 0, 0, OUT, ROOM) == EAGAIN, 'the queue is empty');
}

export function a_byte_is_scheduled_sent_and_acknowledged(): void {
  defaults();
  build();
  const idx = client(TX_SCHED | TX_SOFTWARE | TX_ACK);
  write(idx, 2000);
  verifyAll();
  const sched = told(idx, SCHED, 1999);
  const snd = told(idx, SND, 1999);
  assert(msgOut(OUT).msg_flags == 0x2020, 'MSG_ERRQUEUE, and MSG_TRUNC: the packet does not fit');
  nothing(idx);
  runMs(2);
  const ack = told(idx, ACK, 1999);
  assert(sched <= snd && snd < ack, 'in this order');
  nothing(idx);
  assert(sock(idx).rmem_alloc == 0, 'read messages weigh nothing');
}

export function only_what_was_asked_for_is_told(): void {
  defaults();
  build();
  const idx = client(TX_ACK);
  write(idx, 100);
  nothing(idx);
  runMs(2);
  told(idx, ACK, 99);
  assert(stamps(idx, SOFTWARE | OPT_ID) == 0, 'no more timestamps');
  write(idx, 100);
  runMs(2);
  nothing(idx);
}

export function the_key_counts_from_where_it_was_asked_for(): void {
  defaults();
  build();
  const idx = <u32>(connected() >> 32);
  store<u32>(SCRATCH, 1);
  assert(tcpSetsockopt(idx, SOL_TCP, TCP_NODELAY, SCRATCH, 4) == 0, 'each send is a packet');
  link(0).cut = 1;
  write(idx, 500);
  assert(stamps(idx, TX_SCHED | SOFTWARE | OPT_ID | ID_TCP) == 0, 'from the end of what was written');
  runMs(1); // the device has sent it
  write(idx, 100);
  told(idx, SCHED, 99);
  runMs(1);
  assert(stamps(idx, 0) == 0 && stamps(idx, TX_SCHED | SOFTWARE | OPT_ID) == 0, 'from the end of what was acknowledged');
  write(idx, 10);
  told(idx, SCHED, 609);
}

export function a_key_stays_with_its_byte_when_an_skb_is_cut(): void {
  defaults();
  build();
  const idx = client(TX_ACK);
  link(0).drop_from = 8;
  link(0).drop_to = 8;
  write(idx, 14000);
  nothing(idx);
  runMs(1000);
  told(idx, ACK, 13999);
  nothing(idx);
}

export function an_ack_of_part_of_a_send_tells_nothing(): void {
  defaults();
  build();
  const idx = client(TX_ACK);
  const sk = sock(idx);
  link(0).drop_end = sk.snd_nxt + 14000;
  write(idx, 14000);
  runMs(1);
  assert(sk.snd_una != sk.write_seq && skb(sk.rtx_tail).txstamp_ack != 0, 'the last segment is missing');
  nothing(idx);
  runMs(1000);
  told(idx, ACK, 13999);
}

export function a_full_receive_buffer_takes_no_timestamps(): void {
  defaults();
  build();
  const idx = client(TX_SCHED);
  sock(idx).rcvbuf = 3000;
  write(idx, 1000);
  write(idx, 1000);
  told(idx, SCHED, 999);
  nothing(idx);
}

export function statistics_come_along(): void {
  defaults();
  build();
  const idx = client(TX_ACK | TSONLY | STATS);
  write(idx, 1000);
  runMs(2);
  assert(tcpRecvError(idx, 0, 0, OUT, ROOM) == 0, 'a message');
  const at = OUT + 16 + 64;
  assert(load<u32>(at, 8) == 1 && load<u32>(at, 12) == 54, 'SCM_TIMESTAMPING_OPT_STATS');
  assert(load<u16>(at, 16) == 12 && load<u16>(at, 18) == 1, 'TCP_NLA_BUSY first');
  assert(load<u16>(at, 16 + 36) == 12 && load<u16>(at, 18 + 36) == 4 && load<u64>(at, 20 + 36) == 1, 'one segment was sent');
}

export function wrong_bits_are_refused(): void {
  defaults();
  build();
  const fresh = <u32>tcpSocket(0, 4);
  assert(stamps(fresh, OPT_ID) == EINVAL, 'no keys before there is a connection');
  assert(stamps(fresh, TX_ACK | SOFTWARE) == 0, 'all else may be asked for');
  tcpClose(fresh);
  const idx = <u32>(connected() >> 32);
  assert(stamps(idx, ID_TCP) == EINVAL && stamps(idx, STATS) == EINVAL && stamps(idx, 1 << 19) == EINVAL, 'bits that need others');
  assert(stamps(idx, TX_ACK) == 0 && tcpGetsockopt(idx, SOL_SOCKET, SO_TIMESTAMPING, SCRATCH, 8) == 8, 'flags and a clock');
  assert(load<u32>(SCRATCH) == TX_ACK && load<u32>(SCRATCH, 4) == 0, 'as they were set');
}
