/**
 * Description: bundles, and incremental buffers: how many buffers one receive or send takes, what it says of them, and what the
 * kernel writes into the ring of buffers meanwhile. The numbers are those of kernels.
 */
import { fdFile, fileAt } from '../../../stack/file';
import { ringAt } from '../../../uring-model/7-ring';
import { kbufCommit, kbufPeek, kbufSelect } from '../../../uring-model/7-ring/kbuf';
import { netBufSel } from '../../../uring-model/7-ring/net_msg';
import { Req, reqAlloc, reqAt, REQ_F_BL_EMPTY, REQ_F_BUFFERS_COMMIT } from '../../../uring-model/7-ring/request';
import {
  EINVAL, ENOBUFS, ENOENT, io_uring_buf, io_uring_buf_reg, IO_URING_BUF_REG_BYTES, io_uring_buf_status, IORING_CQE_F_BUF_MORE,
  IORING_CQE_F_BUFFER, IORING_CQE_F_MORE, IORING_CQE_F_SOCK_NONEMPTY, IORING_OP_RECV, IORING_OP_SEND, IORING_OP_SENDMSG,
  IORING_RECV_MULTISHOT, IORING_RECVSEND_BUNDLE, IORING_REGISTER_PBUF_RING, IORING_REGISTER_PBUF_STATUS, IOSQE_BUFFER_SELECT,
  IOU_PBUF_RING_INC, MSG_NOSIGNAL, MSG_WAITALL, SOCK_DGRAM, SOCK_STREAM, EFAULT,
} from '../../../uring-model/uapi.gen';
import { buffers, fd, pair, recv, send, outgoing } from '../config_files.as';
import { provide as provideRing } from '../config_provide.as';
import { bench, build, cqe, cqes, DEFER, enter, getEvents, isCqe, register, ring, seen, sqe, user, verify, HOST } from '../config_ring.as';

const BUFFER: u32 = IORING_CQE_F_BUFFER;
const MORE: u32 = IORING_CQE_F_MORE;
const NONEMPTY: u32 = IORING_CQE_F_SOCK_NONEMPTY;
const BUNDLE: u32 = IORING_RECVSEND_BUNDLE;
const GROUP: u16 = 1;
/** Where the ring of buffers lies, and the address of the first buffer. */
const MEMORY: usize = 0x7b00;

function bufRing(): u32 {
  return load<u32>(MEMORY);
}
function slot(i: u32): io_uring_buf {
  return changetype<io_uring_buf>(<usize>(bufRing() + (i << 4)));
}
/** `n` buffers of `len` bytes, ids from 0, in a ring of `entries`. */
function provide(entries: u32, n: u32, len: u32, flags: u32 = 0, min_left: u32 = 0): i32 {
  store<u32>(MEMORY, user(4096));
  store<u32>(MEMORY, user(65536), 4);
  const reg = changetype<io_uring_buf_reg>(<usize>bench().ctrl);
  memory.fill(bench().ctrl, 0, IO_URING_BUF_REG_BYTES);
  reg.ring_addr = bufRing();
  reg.ring_entries = entries;
  reg.bgid = GROUP;
  reg.flags = <u16>flags;
  reg.min_left = min_left;
  const ret = register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1);
  for (let i: u32 = 0; i < n; i++) add(entries, i, len);
  return ret;
}
function add(entries: u32, bid: u32, len: u32): void {
  const tail = <u32>load<u16>(bufRing(), 14);
  const buf = slot(tail & (entries - 1));
  buf.addr = load<u32>(MEMORY, 4) + bid * len;
  buf.len = len;
  buf.bid = <u16>bid;
  store<u16>(bufRing(), <u16>(tail + 1), 14);
}
function head(): u32 {
  const at = bench().ctrl;
  memory.fill(at, 0, 40);
  changetype<io_uring_buf_status>(<usize>at).buf_group = GROUP;
  assert(register(IORING_REGISTER_PBUF_STATUS, at, 1) == 0, 'its state');
  return changetype<io_uring_buf_status>(<usize>at).head;
}
function request(opcode: u32, user_data: u64, ioprio: u32, len: u32 = 0, msg_flags: u32 = 0, limit: u32 = 0): void {
  const s = sqe(opcode, user_data);
  s.fd = fd(0);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.ioprio = <u16>ioprio;
  s.buf_group = GROUP;
  s.len = len;
  s.msg_flags = msg_flags;
  s.optlen = limit;
  assert(enter(1, 0, 0) == 1, 'submitted');
  getEvents();
}
function begin(type: u32): void {
  build();
  buffers();
  ring(32, DEFER);
  pair(type);
}

export function a_bundle_first_takes_one_buffer_and_then_what_is_there(): void {
  begin(SOCK_STREAM);
  provide(4, 4, 16);
  send(fd(1), 40);
  request(IORING_OP_RECV, 1, BUNDLE);
  assert(cqes() == 1 && isCqe(0, 1, 32, BUFFER | NONEMPTY) && head() == 2, 'the third would not be filled');
  verify();
}

export function a_bundle_wraps_and_says_where_it_began(): void {
  begin(SOCK_STREAM);
  provide(4, 4, 16);
  send(fd(1), 40);
  request(IORING_OP_RECV, 1, BUNDLE);
  for (let i: u32 = 0; i < 2; i++) add(4, i, 16);
  send(fd(1), 56);
  request(IORING_OP_RECV, 2, BUNDLE);
  assert(cqes() == 2 && isCqe(1, 2, 64, BUFFER | (2 << 16)) && head() == 6, '2, 3, 0, 1');
  verify();
}

export function a_multishot_bundle_says_everything_at_once(): void {
  begin(SOCK_STREAM);
  provide(32, 32, 16);
  send(fd(1), 400);
  request(IORING_OP_RECV, 1, BUNDLE | IORING_RECV_MULTISHOT);
  assert(cqes() == 1 && isCqe(0, 1, 400, BUFFER | MORE) && head() == 25, 'twenty-five buffers');
  verify();
}

export function a_later_bundle_maps_as_many_buffers_as_the_longest_vector_that_the_ring_has_kept(): void {
  begin(SOCK_STREAM);
  provide(32, 32, 16);
  send(fd(1), 48);
  request(IORING_OP_RECV, 1, BUNDLE);
  assert(isCqe(0, 1, 48, BUFFER), 'one, and then two');
  send(fd(1), 32);
  request(IORING_OP_RECV, 2, BUNDLE);
  assert(isCqe(1, 2, 32, BUFFER | (3 << 16)) && head() == 5, 'two at once, not knowing what there is');
  verify();
}

export function the_last_buffer_ends_a_multishot_bundle(): void {
  begin(SOCK_STREAM);
  provide(4, 2, 16);
  request(IORING_OP_RECV, 1, BUNDLE | IORING_RECV_MULTISHOT);
  send(fd(1), 100);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 32, BUFFER | NONEMPTY), 'no MORE');
  request(IORING_OP_RECV, 2, BUNDLE);
  assert(cqes() == 2 && isCqe(1, 2, -ENOBUFS, 0), 'and no buffer');
  verify();
}

export function a_total_limit_ends_a_multishot_receive_and_may_be_overshot(): void {
  begin(SOCK_STREAM);
  provide(8, 8, 16);
  send(fd(1), 100);
  request(IORING_OP_RECV, 1, IORING_RECV_MULTISHOT, 0, 0, 40);
  assert(cqes() == 3 && isCqe(0, 1, 16, BUFFER | MORE | NONEMPTY) && isCqe(2, 1, 16, BUFFER | NONEMPTY | (2 << 16)), '48 of 40');
  verify();
}

export function a_send_of_a_bundle_takes_all_that_is_provided(): void {
  begin(SOCK_STREAM);
  provide(8, 3, 16);
  request(IORING_OP_SEND, 1, BUNDLE, 0, MSG_NOSIGNAL);
  assert(cqes() == 1 && isCqe(0, 1, 48, BUFFER) && head() == 3 && recv(fd(1), 100) == 48, 'three buffers');
  add(8, 0, 16);
  add(8, 1, 16);
  request(IORING_OP_SEND, 2, BUNDLE, 20, MSG_NOSIGNAL);
  assert(cqes() == 3 && isCqe(1, 2, 16, BUFFER | MORE) && isCqe(2, 2, 16, BUFFER | (1 << 16)), 'whole buffers within the length, and on');
  request(IORING_OP_SEND, 3, BUNDLE, 0, MSG_NOSIGNAL);
  assert(cqes() == 4 && isCqe(3, 3, -ENOBUFS, 0), 'none is left');
  verify();
}

export function a_group_that_is_not_there_is_told_apart_by_bundles(): void {
  begin(SOCK_STREAM);
  request(IORING_OP_RECV, 1, 0);
  assert(cqes() == 1 && isCqe(0, 1, -ENOBUFS, 0), 'one buffer');
  request(IORING_OP_RECV, 2, BUNDLE);
  request(IORING_OP_SEND, 3, 0);
  assert(cqes() == 3 && isCqe(1, 2, -ENOENT, 0) && isCqe(2, 3, -ENOENT, 0), 'bundles and sends');
  verify();
}

export function an_incremental_buffer_is_filled_little_by_little(): void {
  begin(SOCK_STREAM);
  provide(4, 2, 64, IOU_PBUF_RING_INC);
  const base = slot(0).addr;
  request(IORING_OP_RECV, 1, IORING_RECV_MULTISHOT);
  send(fd(1), 10);
  getEvents();
  assert(isCqe(0, 1, 10, BUFFER | MORE | IORING_CQE_F_BUF_MORE) && slot(0).addr == base + 10 && slot(0).len == 54 && head() == 0, 'a part');
  send(fd(1), 54);
  getEvents();
  assert(isCqe(1, 1, 54, BUFFER | MORE) && slot(0).addr == base + 10 && slot(0).len == 0 && head() == 1, 'the last byte');
  send(fd(1), 70);
  getEvents();
  assert(cqes() == 4 && isCqe(2, 1, 64, BUFFER | MORE | NONEMPTY | (1 << 16)) && isCqe(3, 1, -ENOBUFS, 0), 'and no buffer for the rest');
  verify();
}

export function too_little_room_is_no_room_if_the_application_says_so(): void {
  begin(SOCK_STREAM);
  assert(provide(4, 2, 64, 0, 8) == -EINVAL, 'only of incremental ones');
  assert(provide(4, 2, 64, IOU_PBUF_RING_INC, 16) == 0, 'registered');
  send(fd(1), 48);
  request(IORING_OP_RECV, 1, 0);
  assert(isCqe(0, 1, 48, BUFFER | IORING_CQE_F_BUF_MORE) && head() == 0 && slot(0).len == 16, 'sixteen are enough');
  send(fd(1), 1);
  request(IORING_OP_RECV, 2, 0);
  assert(isCqe(1, 2, 1, BUFFER) && head() == 1 && slot(0).len == 0, 'fifteen are not');
  verify();
}

export function a_bundle_of_incremental_buffers_may_end_within_one(): void {
  begin(SOCK_STREAM);
  provide(4, 4, 16, IOU_PBUF_RING_INC);
  send(fd(1), 40);
  request(IORING_OP_RECV, 1, BUNDLE | IORING_RECV_MULTISHOT);
  assert(cqes() == 1 && isCqe(0, 1, 40, BUFFER | MORE | IORING_CQE_F_BUF_MORE) && head() == 2 && slot(2).len == 8, 'two and a half');
  verify();
}

export function a_receive_that_waits_for_all_keeps_the_buffer_that_it_began(): void {
  begin(SOCK_STREAM);
  provide(4, 2, 64);
  request(IORING_OP_RECV, 1, 0, 30, MSG_WAITALL);
  send(fd(1), 10);
  getEvents();
  assert(cqes() == 0 && head() == 1, 'a part came; the buffer is used up');
  request(IORING_OP_RECV, 2, 0, 5);
  send(fd(1), 5);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 2, 5, BUFFER | (1 << 16)), 'another request has another one');
  seen(1);
  send(fd(1), 20);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 30, BUFFER), 'all is there');
  verify();
}

export function an_empty_datagram_ends_a_multishot_receive(): void {
  begin(SOCK_DGRAM);
  provide(4, 4, 64);
  send(fd(1), 0);
  send(fd(1), 100);
  request(IORING_OP_RECV, 1, IORING_RECV_MULTISHOT);
  assert(cqes() == 1 && isCqe(0, 1, 0, 0) && head() == 0, 'without a buffer');
  request(IORING_OP_RECV, 2, IORING_RECV_MULTISHOT);
  assert(cqes() == 2 && isCqe(1, 2, 64, BUFFER | MORE), 'what is too long is cut');
  assert(cqe(1).user_data == 2, 'the second request');
  verify();
}

/** A request about the group, that runs nowhere. */
function idle(): Req {
  const req = reqAt(reqAlloc(ringAt(fileAt(fdFile(HOST, <i32>bench().fd)).obj), HOST));
  req.buf_group = <u16>GROUP;
  req.len = 0;
  return req;
}
/** What a bundle maps that has so many ranges and wants so many bytes: 0 or -errno. */
function peek(req: Req, nr_iovs: u32, expand: u32, max_len: u32): i32 {
  const sel = netBufSel();
  sel.nr_iovs = nr_iovs;
  sel.expand = expand;
  sel.max_len = max_len;
  const ret = kbufPeek(req, sel);
  return ret < 0 ? ret : 0;
}

export function a_bundle_maps_two_hundred_and_fifty_six_buffers_at_most(): void {
  begin(SOCK_STREAM);
  assert(provide(512, 300, 1) == 0, 'three hundred of a byte');
  const req = idle();
  const sel = netBufSel();
  assert(peek(req, 1, 1, 1000) == 0 && sel.nr == 256 && sel.out_len == 256 && sel.expanded == 1, 'of those that it knows it wants');
  assert(peek(req, 8, 0, 1000) == 0 && sel.nr == 8 && sel.expanded == 0, 'as many as it has ranges for');
  assert(peek(req, 8, 1, 0) == 0 && sel.nr == 8 && sel.expanded == 0, 'who does not know what it wants gets no more ranges');
  assert(peek(req, 8, 1, 5) == 0 && sel.nr == 5 && sel.out_len == 5 && sel.expanded == 0, 'five are enough');
  assert(peek(req, 300, 0, 0) == 0 && sel.nr == 300 && sel.out_len == 300, 'or all that there are');
  assert((req.flags & REQ_F_BL_EMPTY) != 0 && head() == 0, 'and none is left; nothing is used up yet');
}

export function a_bundle_ends_where_the_bytes_that_are_wanted_end(): void {
  begin(SOCK_STREAM);
  assert(provide(8, 3, 100) == 0, 'three of a hundred');
  const req = idle();
  const sel = netBufSel();
  assert(peek(req, 8, 0, 50) == 0 && sel.nr == 1 && sel.out_len == 50 && sel.partial_map == 1, 'a half of the first');
  assert(peek(req, 8, 0, 100) == 0 && sel.nr == 1 && sel.out_len == 100 && sel.partial_map == 0, 'the first');
  assert(peek(req, 8, 0, 150) == 0 && sel.nr == 1 && sel.out_len == 100 && sel.partial_map == 1, 'no half of the second');
  assert(peek(req, 8, 0, 200) == 0 && sel.nr == 2 && sel.out_len == 200 && sel.partial_map == 0, 'two');
  slot(1).addr = (<u64>1) << 63;
  assert(peek(req, 8, 0, 200) == -EFAULT && peek(req, 8, 0, 100) == 0, 'the second is nobody\'s memory');
  slot(0).len = 0;
  assert(peek(req, 8, 0, 100) == -ENOBUFS && peek(req, 1, 0, 0) == 0 && sel.out_len == 0, 'one without bytes holds none of them');
  req.buf_group = 77;
  assert(peek(req, 8, 0, 100) == -ENOENT, 'no group');
}

export function a_bundle_out_of_an_empty_ring_is_none(): void {
  begin(SOCK_STREAM);
  assert(provide(8, 0, 100) == 0, 'none');
  const req = idle();
  assert(peek(req, 8, 0, 100) == -ENOBUFS && kbufSelect(req, 0) == -ENOBUFS, 'either way');
  add(8, 0, 100);
  slot(0).addr = 0;
  assert(kbufSelect(req, 0) == -ENOBUFS, 'an entry that nobody wrote');
  slot(0).addr = (<u64>1) << 63;
  assert(kbufSelect(req, 0) == -ENOBUFS && (req.flags & REQ_F_BUFFERS_COMMIT) == 0, 'nobody\'s memory');
  slot(0).addr = outgoing();
  req.len = 0;
  assert(kbufSelect(req, 0) > 0 && req.len == 100 && req.buf == outgoing() && (req.flags & REQ_F_BUFFERS_COMMIT) != 0, 'a whole one');
}

export function buffers_are_used_up_once_and_not_by_failures(): void {
  begin(SOCK_STREAM);
  assert(provide(8, 4, 100) == 0, 'four');
  const req = idle();
  req.len = 0;
  const list = <u32>kbufSelect(req, 0);
  assert(kbufCommit(req, list, -5, 1) && head() == 0 && (req.flags & REQ_F_BUFFERS_COMMIT) == 0, 'a failure uses none');
  assert(kbufCommit(req, list, 10, 1) && head() == 0, 'nor does what was not picked');
  kbufSelect(req, 0);
  assert(kbufCommit(req, list, 0, 1) && head() == 1, 'no bytes use one all the same');
  kbufSelect(req, 0);
  assert(kbufCommit(req, list, 150, 2) && head() == 3, 'two');
}

/** What a bundle takes of 17 bytes: 16 if it maps one buffer before it knows, for one byte more is not worth a second look. */
function ofSeventeen(user_data: u64): i32 {
  send(fd(1), 17);
  request(IORING_OP_RECV, user_data, BUNDLE);
  const res = cqe(cqes() - 1).res;
  recv(fd(0), 17 - res);
  return res;
}

export function the_ranges_of_a_message_are_a_vector_that_the_next_bundle_gets(): void {
  begin(SOCK_STREAM);
  provide(32, 32, 16);
  assert(ofSeventeen(1) == 16, 'without a vector it is one buffer');
  const m = user(256);
  store<u64>(m, m + 64, 16);
  store<u64>(m, 3, 24);
  for (let i: u32 = 0; i < 3; i++) {
    store<u64>(m + 64 + i * 16, outgoing());
    store<u64>(m + 64 + i * 16, 1, 8);
  }
  const s = sqe(IORING_OP_SENDMSG, 2);
  s.fd = fd(1);
  s.addr = m;
  assert(enter(1, 0, 0) == 1 && recv(fd(0), 10) == 3, 'three ranges');
  assert(ofSeventeen(3) == 17, 'three buffers at once');
  verify();
}

export function a_bundle_that_finds_no_buffer_leaves_no_vector(): void {
  begin(SOCK_STREAM);
  provide(32, 32, 16);
  send(fd(1), 48);
  request(IORING_OP_RECV, 1, BUNDLE);
  assert(isCqe(0, 1, 48, BUFFER), 'one, and then two: a vector');
  const other = sqe(IORING_OP_RECV, 2);
  other.fd = fd(1);
  other.addr = user(64);
  other.len = 64;
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'another request has it');
  provideRing(2, 4, 0, 16);
  const s = sqe(IORING_OP_RECV, 3);
  s.fd = fd(0);
  s.flags = <u8>IOSQE_BUFFER_SELECT;
  s.ioprio = <u16>BUNDLE;
  s.buf_group = 2;
  assert(enter(1, 0, 0) == 1 && cqes() == 2 && cqe(1).res == -ENOBUFS, 'no buffer');
  assert(ofSeventeen(4) == 16, 'the next begins with one');
  verify();
}

export function a_bundle_that_had_to_wait_maps_as_much_as_before(): void {
  begin(SOCK_STREAM);
  provide(32, 32, 16);
  send(fd(1), 48);
  request(IORING_OP_RECV, 1, BUNDLE);
  request(IORING_OP_RECV, 2, BUNDLE);
  assert(cqes() == 1, 'it waits');
  send(fd(1), 17);
  getEvents();
  assert(cqes() == 2 && cqe(1).res == 17, 'two buffers, as it had mapped');
  verify();
}

export function a_bundle_that_waits_for_all_counts_its_parts_once(): void {
  begin(SOCK_STREAM);
  provide(32, 32, 16);
  request(IORING_OP_RECV, 1, BUNDLE, 0, MSG_WAITALL);
  send(fd(1), 6);
  getEvents();
  assert(cqes() == 0, 'a part');
  send(fd(1), 26);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 1, 32, BUFFER), 'six and ten in the first buffer, and the second');
  verify();
}
