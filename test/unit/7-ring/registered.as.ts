/**
 * Description: registered files and buffers. A request that uses one keeps it, whatever becomes of the table; the tag tells
 * when the last use is over.
 */
import {
  EBADF, EBUSY, EEXIST, EFAULT, EINVAL, EMFILE, ENFILE, ENXIO, EOVERFLOW, io_uring_clone_buffers, io_uring_file_index_range,
  io_uring_rsrc_register, io_uring_rsrc_update2, iovec, IORING_FILE_INDEX_ALLOC, IORING_NOP_FIXED_BUFFER, IORING_OP_CLOSE,
  IORING_OP_FILES_UPDATE, IORING_OP_FIXED_FD_INSTALL, IORING_OP_NOP, IORING_OP_RECV, IORING_REGISTER_BUFFERS, IORING_REGISTER_BUFFERS2,
  IORING_REGISTER_BUFFERS_UPDATE, IORING_REGISTER_CLONE_BUFFERS, IORING_REGISTER_FILE_ALLOC_RANGE, IORING_REGISTER_FILES,
  IORING_REGISTER_FILES2, IORING_REGISTER_FILES_UPDATE, IORING_REGISTER_FILES_UPDATE2, IORING_RSRC_REGISTER_SPARSE,
  IORING_UNREGISTER_BUFFERS, IORING_UNREGISTER_FILES, IOSQE_FIXED_FILE,
} from '../../../uring-model/uapi.gen';
import { sysClose, sysRegister } from '../../../uring-model/7-ring';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, linearPacket, register, ring, seen, setup, settle, socket, sqe, user,
  verify,
} from '../config_ring.as';
import { connected } from '../config_requests.as';

function fds(a: i32, b: i32): u32 {
  const at = user(64);
  store<i32>(at, a);
  store<i32>(at, b, 4);
  return at;
}
function recvFixed(slot: u32, user_data: u64): void {
  const s = sqe(IORING_OP_RECV, user_data);
  s.fd = <i32>slot;
  s.flags = <u8>IOSQE_FIXED_FILE;
  s.addr = user(4096);
  s.len = 4096;
}
function iov(addr: u64, len: u64): u32 {
  const at = user(64);
  const v = changetype<iovec>(<usize>at);
  v.iov_base = addr;
  v.iov_len = len;
  return at;
}
function nopOnBuffer(slot: u32): i32 {
  const s = sqe(IORING_OP_NOP, 1);
  s.nop_flags = IORING_NOP_FIXED_BUFFER;
  s.buf_index = <u16>slot;
  enter(1, 0, 0);
  const res = cqe(0).res;
  seen(1);
  return res;
}

export function a_slot_stands_for_a_file(): void {
  const fd = connected(8, DEFER);
  assert(register(IORING_REGISTER_FILES, fds(-1, <i32>fd), 2) == 0, 'a hole and a file');
  recvFixed(1, 7);
  recvFixed(0, 8);
  enter(2, 0, 0);
  assert(cqes() == 1 && isCqe(0, 8, -EBADF, 0), 'nothing is in the hole');
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(1, 7, 10, 0), 'as by the descriptor');
  verify();
}

export function tables_are_checked(): void {
  build();
  ring(8, DEFER);
  const fd = <i32>socket();
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == -ENXIO, 'none');
  assert(register(IORING_REGISTER_FILES, 0, 1) == -EFAULT && register(IORING_REGISTER_FILES, fds(fd, 0), 0) == -EINVAL, 'arguments');
  assert(register(IORING_REGISTER_FILES, fds(fd, 0), 1025) == -EMFILE, 'more than a process may open');
  assert(register(IORING_REGISTER_FILES, fds(fd, 99), 2) == -EBADF, 'no such descriptor');
  assert(register(IORING_REGISTER_FILES, fds(fd, <i32>bench().fd), 2) == -EBADF, 'a ring cannot be registered');
  assert(register(IORING_REGISTER_FILES, fds(fd, fd), 2) == 0 && register(IORING_REGISTER_FILES, fds(fd, fd), 2) == -EBUSY, 'once');
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == 0, 'and away');
}

export function a_request_keeps_the_file_that_it_uses(): void {
  const fd = connected(8, DEFER);
  const rr = changetype<io_uring_rsrc_register>(<usize>user(256));
  const tags = user(64);
  store<u64>(tags, 555);
  rr.nr = 1;
  rr.data = fds(<i32>fd, 0);
  rr.tags = tags;
  assert(register(IORING_REGISTER_FILES2, <u32>changetype<usize>(rr), 32) == 0, 'with a tag');
  recvFixed(0, 7);
  enter(1, 0, 0);
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == 0 && cqes() == 0, 'the request is still there');
  linearPacket(fd, 10, 0);
  getEvents();
  assert(cqes() == 2 && isCqe(0, 7, 10, 0) && isCqe(1, 555, 0, 0), 'the tag comes behind its last use');
  verify();
}

export function slots_change_one_by_one(): void {
  build();
  ring(8, DEFER);
  const fd = <i32>socket();
  const rr = changetype<io_uring_rsrc_register>(<usize>user(256));
  rr.nr = 4;
  rr.flags = IORING_RSRC_REGISTER_SPARSE;
  assert(register(IORING_REGISTER_FILES2, <u32>changetype<usize>(rr), 32) == 0, 'empty slots');
  const up = changetype<io_uring_rsrc_update2>(<usize>user(256));
  up.offset = 1;
  up.data = fds(fd, 99);
  assert(register(IORING_REGISTER_FILES_UPDATE, <u32>changetype<usize>(up), 2) == 1, 'one of two');
  up.offset = 3;
  assert(register(IORING_REGISTER_FILES_UPDATE, <u32>changetype<usize>(up), 2) == -EINVAL, 'behind the end');
  up.offset = 0xffffffff;
  assert(register(IORING_REGISTER_FILES_UPDATE, <u32>changetype<usize>(up), 2) == -EOVERFLOW, 'far behind it');
  up.offset = 0;
  assert(register(IORING_REGISTER_FILES_UPDATE2, <u32>changetype<usize>(up), 32) == -EINVAL, 'none to change');
}

export function free_slots_are_found_from_the_last_one_on(): void {
  build();
  ring(8, DEFER);
  const fd = <i32>socket();
  const range = changetype<io_uring_file_index_range>(<usize>user(64));
  range.off = 1;
  range.len = 2;
  assert(register(IORING_REGISTER_FILE_ALLOC_RANGE, <u32>changetype<usize>(range), 0) == -EINVAL, 'no table');
  const rr = changetype<io_uring_rsrc_register>(<usize>user(256));
  rr.nr = 4;
  register(IORING_REGISTER_FILES2, <u32>changetype<usize>(rr), 32);
  assert(register(IORING_REGISTER_FILE_ALLOC_RANGE, <u32>changetype<usize>(range), 0) == 0, 'slots 1 and 2');
  const list = fds(fd, fd);
  store<i32>(list, fd, 8);
  const s = sqe(IORING_OP_FILES_UPDATE, 1);
  s.off = IORING_FILE_INDEX_ALLOC;
  s.addr = list;
  s.len = 3;
  enter(1, 0, 0);
  assert(cqe(0).res == 2 && load<i32>(list) == 1 && load<i32>(list, 4) == 2, 'two of three; their slots are told');
  const c = sqe(IORING_OP_CLOSE, 2);
  c.file_index = 2;
  const again = sqe(IORING_OP_FILES_UPDATE, 3);
  again.off = IORING_FILE_INDEX_ALLOC;
  again.addr = fds(fd, fd);
  again.len = 1;
  const full = sqe(IORING_OP_FILES_UPDATE, 4);
  full.off = IORING_FILE_INDEX_ALLOC;
  full.addr = fds(fd, fd);
  full.len = 1;
  enter(3, 0, 0);
  assert(cqe(1).res == 0 && cqe(2).res == 1 && cqe(3).res == -ENFILE, 'a closed one is free again');
}

export function a_registered_file_can_get_a_descriptor(): void {
  const fd = connected(8, DEFER);
  register(IORING_REGISTER_FILES, fds(<i32>fd, 0), 1);
  assert(sysClose(HOST, fd) == 0, 'only the slot is left');
  sqe(IORING_OP_FIXED_FD_INSTALL, 1).flags = <u8>IOSQE_FIXED_FILE;
  sqe(IORING_OP_FIXED_FD_INSTALL, 2);
  enter(2, 0, 0);
  assert(cqe(0).res == <i32>fd && cqe(1).res == -EBADF, 'the least one that is free');
}

export function buffers_are_checked_and_counted(): void {
  build();
  ring(8, DEFER);
  const mem = user(8192);
  assert(register(IORING_REGISTER_BUFFERS, iov(mem, 0), 1) == -EFAULT, 'no bytes');
  assert(register(IORING_REGISTER_BUFFERS, iov(0, 5), 1) == -EFAULT, 'no address');
  assert(register(IORING_REGISTER_BUFFERS, iov(0x7fffffff000, 4096), 1) == -EFAULT, 'no memory');
  assert(register(IORING_REGISTER_BUFFERS, iov(mem, 1 << 41), 1) == -EINVAL, 'more than a terabyte');
  assert(register(IORING_REGISTER_BUFFERS, iov(mem, 8192), 16385) == -EINVAL, 'too many');
  assert(register(IORING_REGISTER_BUFFERS, iov(mem, 8192), 1) == 0 && register(IORING_REGISTER_BUFFERS, iov(mem, 1), 1) == -EBUSY, 'once');
  assert(nopOnBuffer(0) == 0 && nopOnBuffer(1) == -EFAULT, 'a slot has one, and the next has not');
  const up = changetype<io_uring_rsrc_update2>(<usize>user(256));
  up.data = iov(0, 0);
  up.nr = 1;
  assert(register(IORING_REGISTER_BUFFERS_UPDATE, <u32>changetype<usize>(up), 32) == 1 && nopOnBuffer(0) == -EFAULT, 'taken out');
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0 && register(IORING_UNREGISTER_BUFFERS, 0, 0) == -ENXIO, 'and away');
}

export function the_tag_of_a_buffer_is_posted_when_it_goes(): void {
  build();
  ring(8, DEFER);
  const rr = changetype<io_uring_rsrc_register>(<usize>user(256));
  const tags = user(64);
  store<u64>(tags, 77);
  rr.nr = 1;
  rr.data = iov(user(4096), 4096);
  rr.tags = tags;
  assert(register(IORING_REGISTER_BUFFERS2, <u32>changetype<usize>(rr), 32) == 0, 'with a tag');
  register(IORING_UNREGISTER_BUFFERS, 0, 0);
  assert(cqes() == 1 && isCqe(0, 77, 0, 0), 'told');
}

export function buffers_can_be_cloned(): void {
  build();
  ring(8, DEFER);
  const src = bench().fd;
  register(IORING_REGISTER_BUFFERS, iov(user(4096), 4096), 1);
  ring(8, DEFER);
  const c = changetype<io_uring_clone_buffers>(<usize>user(256));
  c.src_fd = src;
  c.nr = 2;
  assert(register(IORING_REGISTER_CLONE_BUFFERS, <u32>changetype<usize>(c), 1) == -EINVAL, 'more than there are');
  c.nr = 1;
  c.src_off = 1;
  assert(register(IORING_REGISTER_CLONE_BUFFERS, <u32>changetype<usize>(c), 1) == -EOVERFLOW, 'behind the last');
  c.src_off = 0;
  c.dst_off = 2;
  assert(register(IORING_REGISTER_CLONE_BUFFERS, <u32>changetype<usize>(c), 1) == 0, 'to slot 2');
  assert(nopOnBuffer(2) == 0 && nopOnBuffer(0) == -EFAULT, 'there it is, behind two holes');
  assert(register(IORING_REGISTER_CLONE_BUFFERS, <u32>changetype<usize>(c), 1) == -EBUSY, 'not a second time');
  assert(sysRegister(HOST, src, IORING_UNREGISTER_BUFFERS, 0, 0) == 0 && nopOnBuffer(2) == 0, 'it outlives the first ring\'s');
}

export function only_the_submitter_may_register(): void {
  build();
  ring(8, DEFER);
  assert(sysRegister(HOST + 2, bench().fd, IORING_UNREGISTER_FILES, 0, 0) == -EEXIST, 'another thread of the process');
  assert(setup(8, 0, 0) >= 0 && settle() == 0, 'a ring of many issuers is another matter');
}
