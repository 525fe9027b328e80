/**
 * Description: tables of registered files and buffers: where what is free is found, what a change that goes wrong leaves behind, and
 * when there is no more room (Linux: io_uring/rsrc.c, io_uring/filetable.c).
 */
import {
  AF_UNIX, EBADF, EBUSY, EFAULT, EINVAL, ENFILE, ENOMEM, ENXIO, EOVERFLOW, io_uring_clone_buffers, io_uring_file_index_range,
  io_uring_rsrc_register, io_uring_rsrc_update2, IORING_FILE_INDEX_ALLOC, IORING_NOP_FIXED_BUFFER, IORING_NOP_TW, IORING_OP_CLOSE,
  IORING_OP_FILES_UPDATE, IORING_OP_NOP, IORING_OP_RECV, IORING_OP_SOCKET, IORING_REGISTER_BUFFERS, IORING_REGISTER_BUFFERS2,
  IORING_REGISTER_BUFFERS_UPDATE, IORING_REGISTER_CLONE_BUFFERS, IORING_REGISTER_DST_REPLACE, IORING_REGISTER_FILE_ALLOC_RANGE,
  IORING_REGISTER_FILES, IORING_REGISTER_FILES2, IORING_REGISTER_FILES_SKIP, IORING_REGISTER_FILES_UPDATE, IORING_REGISTER_FILES_UPDATE2,
  IORING_REGISTER_SRC_REGISTERED, IORING_RSRC_REGISTER_SPARSE, IORING_UNREGISTER_BUFFERS, IORING_UNREGISTER_FILES, IOSQE_FIXED_FILE,
  SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { userFirst } from '../../../uring-model/7-ring';
import { AT_RING_CAP_IPC_LOCK, AT_RING_MEMLOCK, setHost } from '../config.gen.as';
import { buffers, close, fd, incoming, outgoing, pair, recv, write } from '../config_files.as';
import {
  bench, build, cqe, cqes, DEFER, enter, getEvents, HOST, isCqe, register, ring, seen, setup, sqe, user, verify,
} from '../config_ring.as';

const PAGE: u32 = 4096;
const ALLOC: u32 = IORING_FILE_INDEX_ALLOC;
/** RSRC_NODES_MAX, RSRC_SLOTS_MAX: limits of the model. */
const NODES: u32 = 4096;
const SLOTS: u32 = 16384;

function begin(): void {
  build();
  buffers();
  ring(32, DEFER);
  pair(SOCK_STREAM);
}
function userEnd(): u32 {
  return <u32>userFirst() + (8 << 20);
}
function result(): i32 {
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'completed');
  const res = cqe(0).res;
  seen(1);
  return res;
}
/** A table of n empty slots. */
function table(n: u32): i32 {
  return registerAll(IORING_REGISTER_FILES2, n, 0, 0, IORING_RSRC_REGISTER_SPARSE);
}
function registerAll(opcode: u32, nr: u32, data: u64, tags: u64, flags: u32): i32 {
  const rr = changetype<io_uring_rsrc_register>(<usize>(bench().params + 2048));
  memory.fill(changetype<usize>(rr), 0, 32);
  rr.nr = nr;
  rr.flags = flags;
  rr.data = data;
  rr.tags = tags;
  return register(opcode, <u32>changetype<usize>(rr), 32);
}
function update(opcode: u32, offset: u32, data: u64, tags: u64, nr: u32): i32 {
  const up = changetype<io_uring_rsrc_update2>(<usize>(bench().params + 2048));
  memory.fill(changetype<usize>(up), 0, 32);
  up.offset = offset;
  up.data = data;
  up.tags = tags;
  up.nr = nr;
  return register(opcode, <u32>changetype<usize>(up), 32);
}
/** One word of user memory. */
function word(value: i32): u32 {
  const at = user(64);
  store<i32>(at, value);
  return at;
}
function setFile(slot: u32, which: i32): i32 {
  return update(IORING_REGISTER_FILES_UPDATE2, slot, word(which), 0, 1);
}
/** A free slot for a file: its number, or -errno. */
function alloc(which: i32): i32 {
  const at = word(which);
  const s = sqe(IORING_OP_FILES_UPDATE, 1);
  s.off = ALLOC;
  s.addr = at;
  s.len = 1;
  const res = result();
  return res == 1 ? load<i32>(at) : res;
}
function closeSlot(slot: u32): i32 {
  sqe(IORING_OP_CLOSE, 1).file_index = slot + 1;
  return result();
}
function range(off: u32, len: u32): i32 {
  const r = changetype<io_uring_file_index_range>(<usize>user(64));
  r.off = off;
  r.len = len;
  return register(IORING_REGISTER_FILE_ALLOC_RANGE, <u32>changetype<usize>(r), 0);
}
/** n iovecs of one byte each, one behind the other. */
function iovs(n: u32): u32 {
  const at = user(n * 16);
  for (let i: u32 = 0; i < n; i++) {
    store<u64>(at + i * 16, outgoing() + i);
    store<u64>(at + i * 16, 1, 8);
  }
  return at;
}
/** A request that uses the buffer of a slot, and is done later. */
function useBuffer(slot: u32, user_data: u64): void {
  const s = sqe(IORING_OP_NOP, user_data);
  s.nop_flags = IORING_NOP_FIXED_BUFFER | IORING_NOP_TW;
  s.buf_index = <u16>slot;
  enter(1, 0, 0);
}
function hasBuffer(slot: u32): bool {
  const s = sqe(IORING_OP_NOP, 1);
  s.nop_flags = IORING_NOP_FIXED_BUFFER;
  s.buf_index = <u16>slot;
  return result() == 0;
}

export function a_free_slot_is_looked_for_behind_the_last_and_then_from_the_beginning(): void {
  begin();
  assert(alloc(fd(0)) == -ENXIO, 'no table');
  assert(table(6) == 0 && alloc(fd(0)) == 0 && alloc(fd(0)) == 1, 'in a row');
  assert(setFile(3, fd(0)) == 1 && alloc(fd(0)) == 4 && alloc(fd(0)) == 5, 'behind the one that was set');
  assert(alloc(fd(0)) == 2 && alloc(fd(0)) == -ENFILE, 'the last that is free');
  assert(closeSlot(1) == 0 && alloc(fd(0)) == 1 && alloc(fd(0)) == -ENFILE, 'what was closed is free');
  assert(closeSlot(1) == 0 && closeSlot(1) == -EBADF && closeSlot(6) == -EINVAL, 'once');
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == 0 && closeSlot(1) == -ENXIO && alloc(fd(0)) == -ENXIO, 'no table again');
  verify();
}

export function slots_outside_of_the_range_are_not_handed_out(): void {
  begin();
  assert(table(8) == 0 && range(2, 3) == 0, 'slots 2 to 4');
  assert(setFile(6, fd(0)) == 1 && alloc(fd(0)) == 2, 'whatever was set behind them');
  assert(setFile(0, fd(0)) == 1 && alloc(fd(0)) == 3, 'or in front of them');
  assert(alloc(fd(0)) == 4 && alloc(fd(0)) == -ENFILE, 'three, though others are free');
  assert(closeSlot(6) == 0 && alloc(fd(0)) == -ENFILE, 'one of those');
  assert(closeSlot(3) == 0 && alloc(fd(0)) == 3, 'one of these');
  assert(range(0, 9) == -EINVAL && range(8, 1) == -EINVAL && range(u32.MAX_VALUE, 2) == -EOVERFLOW, 'no such slots');
  assert(range(0, 8) == 0 && alloc(fd(0)) == 1, 'from its beginning');
  verify();
}

export function a_ring_is_no_file_to_register(): void {
  begin();
  table(2);
  assert(alloc(<i32>bench().fd) == -EBADF && alloc(99) == -EBADF, 'into a free slot');
  assert(setFile(0, <i32>bench().fd) == -EBADF && setFile(0, 99) == -EBADF, 'into one by its number');
  assert(alloc(fd(0)) == 0, 'nothing came of it');
  verify();
}

export function a_direct_descriptor_goes_to_the_slot_that_is_asked_for(): void {
  begin();
  const first = sqe(IORING_OP_SOCKET, 1);
  first.fd = AF_UNIX;
  first.off = SOCK_STREAM;
  first.file_index = 1;
  assert(result() == -ENXIO, 'no table');
  table(2);
  const s = sqe(IORING_OP_SOCKET, 1);
  s.fd = AF_UNIX;
  s.off = SOCK_STREAM;
  s.file_index = 2;
  assert(result() == 0 && alloc(fd(0)) == 0 && alloc(fd(0)) == -ENFILE, 'the second');
  const out = sqe(IORING_OP_SOCKET, 1);
  out.fd = AF_UNIX;
  out.off = SOCK_STREAM;
  out.file_index = 3;
  assert(result() == -EINVAL, 'there is no third');
  const over = sqe(IORING_OP_SOCKET, 1);
  over.fd = AF_UNIX;
  over.off = SOCK_STREAM;
  over.file_index = 1;
  assert(result() == 0, 'in place of another file');
  verify();
}

export function a_file_that_is_replaced_is_let_go(): void {
  begin();
  assert(register(IORING_REGISTER_FILES, word(fd(1)), 1) == 0 && close(fd(1)) == 0, 'only the slot is left');
  assert(recv(fd(0), 10) < 0, 'it is open');
  assert(setFile(0, -1) == 1 && recv(fd(0), 10) == 0, 'and then it is not');
  verify();
}

export function a_slot_that_is_to_be_skipped_stays(): void {
  begin();
  table(2);
  assert(setFile(0, fd(0)) == 1 && setFile(0, IORING_REGISTER_FILES_SKIP) == 1, 'as it was');
  assert(closeSlot(0) == 0, 'it is still there');
  const tag = user(64);
  store<u64>(tag, 5);
  const skip = word(IORING_REGISTER_FILES_SKIP);
  assert(update(IORING_REGISTER_FILES_UPDATE2, 0, skip, tag, 1) == -EINVAL, 'with a tag it makes no sense');
  assert(update(IORING_REGISTER_FILES_UPDATE2, 0, word(-1), tag, 1) == -EINVAL, 'nor does an empty one');
  assert(registerAll(IORING_REGISTER_BUFFERS2, 1, 0, tag, 0) == -EINVAL, 'nor an empty buffer');
  verify();
}

export function updates_are_checked(): void {
  begin();
  table(4);
  const at = word(fd(0));
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 0, iovs(1), 0, 1) == -ENXIO, 'no table of buffers');
  assert(register(IORING_REGISTER_BUFFERS, iovs(3), 3) == 0, 'three');
  assert(update(IORING_REGISTER_FILES_UPDATE2, u32.MAX_VALUE, at, 0, 2) == -EOVERFLOW, 'around the end of all numbers');
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, u32.MAX_VALUE, at, 0, 2) == -EOVERFLOW, 'of buffers too');
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 3, at, 0, 1) == -EINVAL, 'behind the end');
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 2, at, 0, 2) == -EINVAL, 'across it');
  assert(update(IORING_REGISTER_FILES_UPDATE2, 0, 64, 0, 1) == -EFAULT, 'no descriptors');
  assert(update(IORING_REGISTER_FILES_UPDATE2, 0, at, 64, 1) == -EFAULT, 'no tags');
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 0, 64, 0, 1) == -EFAULT, 'no ranges');
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 0, iovs(1), 64, 1) == -EFAULT, 'no tags');
  assert(register(IORING_REGISTER_FILES_UPDATE2, 64, 32) == -EFAULT, 'not there itself');
  assert(register(IORING_REGISTER_FILES_UPDATE2, at, 31) == -EINVAL, 'too short itself');
  assert(register(IORING_REGISTER_FILES_UPDATE, at, 0) == -EINVAL && register(IORING_REGISTER_FILES_UPDATE, 64, 1) == -EFAULT, 'older');
  const last = userEnd() - 4;
  store<i32>(last, fd(0));
  assert(update(IORING_REGISTER_FILES_UPDATE2, 0, last, 0, 2) == 1, 'one that lies in memory and one that does not');
  verify();
}

export function registrations_are_checked(): void {
  begin();
  const rr = bench().params + 2048;
  assert(registerAll(IORING_REGISTER_FILES2, 0, 0, 0, 0) == -EINVAL, 'none');
  assert(registerAll(IORING_REGISTER_FILES2, 1, word(fd(0)), 0, IORING_RSRC_REGISTER_SPARSE) == -EINVAL, 'empty ones that are not');
  assert(registerAll(IORING_REGISTER_FILES2, 1, 0, 0, 2) == -EINVAL, 'no such flag');
  assert(registerAll(IORING_REGISTER_FILES2, 1, 64, 0, 0) == -EFAULT, 'no descriptors');
  assert(registerAll(IORING_REGISTER_FILES2, 1, word(-1), 64, 0) == -EFAULT, 'no tags');
  assert(register(IORING_REGISTER_FILES2, rr, 31) == -EINVAL && register(IORING_REGISTER_FILES2, 64, 32) == -EFAULT, 'itself');
  memory.fill(rr, 0, 32);
  store<u32>(rr, 1);
  store<u64>(rr, 1, 8);
  assert(register(IORING_REGISTER_FILES2, rr, 32) == -EINVAL, 'a word that must be zero');
  assert(registerAll(IORING_REGISTER_BUFFERS2, 2, 0, 0, IORING_RSRC_REGISTER_SPARSE) == 0 && !hasBuffer(1), 'empty slots of buffers');
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 1, iovs(1), 0, 1) == 1 && hasBuffer(1), 'one is filled');
  const wild = user(64);
  store<u64>(wild, u64.MAX_VALUE - 4095);
  store<u64>(wild, 8192, 8);
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 1, wild, 0, 1) == -EOVERFLOW && hasBuffer(1), 'around the end of memory');
  store<i64>(wild, -1, 8);
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 1, wild, 0, 1) == -EINVAL, 'less than nothing');
  verify();
}

export function nobody_is_told_of_what_never_was_registered(): void {
  begin();
  const tags = user(64);
  store<u64>(tags, 55);
  store<u64>(tags, 56, 8);
  const list = word(fd(0));
  store<i32>(list, 99, 4);
  assert(registerAll(IORING_REGISTER_FILES2, 2, list, tags, 0) == -EBADF && cqes() == 0, 'files');
  const ranges = iovs(2);
  store<u64>(ranges, 64, 16);
  assert(registerAll(IORING_REGISTER_BUFFERS2, 2, ranges, tags, 0) == -EFAULT && cqes() == 0, 'buffers');
  store<i32>(list, fd(1), 4);
  assert(registerAll(IORING_REGISTER_FILES2, 2, list, tags, 0) == 0 && register(IORING_UNREGISTER_FILES, 0, 0) == 0, 'what was');
  assert(cqes() == 2 && isCqe(0, 56, 0, 0) && isCqe(1, 55, 0, 0), 'is told of, the last first');
  verify();
}

export function a_buffer_stays_as_long_as_a_request_uses_it(): void {
  begin();
  const tags = user(64);
  store<u64>(tags, 77);
  assert(registerAll(IORING_REGISTER_BUFFERS2, 1, iovs(1), tags, 0) == 0, 'with a tag');
  useBuffer(0, 5);
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0 && cqes() == 0, 'it is in use');
  getEvents();
  assert(cqes() == 2 && isCqe(0, 5, 0, 0) && isCqe(1, 77, 0, 0), 'and then it is not');
  seen(2);
  assert(registerAll(IORING_REGISTER_BUFFERS2, 1, iovs(1), tags, 0) == 0, 'again');
  useBuffer(0, 6);
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 0, iovs(1), 0, 1) == 1 && cqes() == 0, 'replaced while it is in use');
  getEvents();
  assert(cqes() == 2 && isCqe(1, 77, 0, 0), 'it is told');
  seen(2);
  assert(hasBuffer(0), 'another one is there');
  verify();
}

export function tables_of_several_rings_lie_apart(): void {
  begin();
  const a = bench().fd;
  assert(table(4) == 0 && setFile(3, fd(0)) == 1, 'files of the first');
  assert(register(IORING_REGISTER_BUFFERS, iovs(3), 3) == 0, 'and its buffers');
  ring(32, DEFER);
  assert(table(5) == 0 && setFile(0, fd(1)) == 1 && setFile(4, fd(0)) == 1, 'files of the second');
  const b = bench().fd;
  bench().fd = a;
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == 0, 'a gap of four');
  bench().fd = b;
  assert(register(IORING_REGISTER_BUFFERS, iovs(4), 4) == 0, 'which is filled');
  assert(closeSlot(4) == 0 && closeSlot(0) == 0 && closeSlot(1) == -EBADF, 'the files are as they were');
  bench().fd = a;
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 0, iovs(3), 0, 3) == 3, 'and so are buffers');
  assert(table(6) == 0 && register(IORING_UNREGISTER_FILES, 0, 0) == 0, 'more than the gap goes elsewhere');
  bench().fd = b;
  for (let i: u32 = 0; i < 4; i++) assert(hasBuffer(i), 'nothing was emptied');
  verify();
}

export function there_are_only_so_many_buffers(): void {
  begin();
  const all = iovs(NODES);
  assert(register(IORING_REGISTER_BUFFERS, all, NODES - 1) == 0, 'all but one');
  assert(table(2) == 0 && setFile(0, fd(0)) == 1, 'the last one');
  assert(setFile(1, fd(0)) == -ENOMEM && alloc(fd(0)) == -ENOMEM, 'no file more');
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 0, all, 0, 1) == -ENOMEM && hasBuffer(0), 'no buffer: the old one stays');
  const other = bench().fd;
  ring(32, DEFER);
  assert(register(IORING_REGISTER_BUFFERS, all, 1) == -ENOMEM, 'not for another ring');
  assert(register(IORING_REGISTER_FILES, word(fd(0)), 1) == -ENOMEM, 'neither');
  const c = changetype<io_uring_clone_buffers>(<usize>user(64));
  c.src_fd = other;
  c.nr = 3;
  assert(register(IORING_REGISTER_CLONE_BUFFERS, <u32>changetype<usize>(c), 1) == -ENOMEM, 'no clones');
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == -ENXIO, 'and no table of them');
  bench().fd = other;
  assert(register(IORING_UNREGISTER_FILES, 0, 0) == 0 && register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0, 'all come back');
  assert(register(IORING_REGISTER_BUFFERS, all, NODES) == 0, 'every one');
}

export function there_are_only_so_many_slots(): void {
  begin();
  assert(registerAll(IORING_REGISTER_BUFFERS2, SLOTS, 0, 0, IORING_RSRC_REGISTER_SPARSE) == 0, 'all of them');
  assert(table(1) == -ENOMEM, 'none for files');
  const first = bench().fd;
  ring(32, DEFER);
  assert(register(IORING_REGISTER_BUFFERS, iovs(1), 1) == -ENOMEM, 'none for another ring');
  const c = changetype<io_uring_clone_buffers>(<usize>user(64));
  c.src_fd = first;
  c.nr = 1;
  assert(register(IORING_REGISTER_CLONE_BUFFERS, <u32>changetype<usize>(c), 1) == -ENOMEM, 'nor for clones');
  bench().fd = first;
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0 && table(1) == 0, 'they come back');
}

function cloneFrom(src: u32, flags: u32, src_off: u32, dst_off: u32, nr: u32): i32 {
  const c = changetype<io_uring_clone_buffers>(<usize>(bench().params + 2048));
  memory.fill(changetype<usize>(c), 0, 32);
  c.src_fd = src;
  c.flags = flags;
  c.src_off = src_off;
  c.dst_off = dst_off;
  c.nr = nr;
  return register(IORING_REGISTER_CLONE_BUFFERS, <u32>changetype<usize>(c), 1);
}

export function clones_go_between_the_buffers_that_are_there(): void {
  begin();
  register(IORING_REGISTER_BUFFERS, iovs(4), 4);
  const src = bench().fd;
  ring(32, DEFER);
  const tags = user(64);
  for (let i: u32 = 0; i < 4; i++) store<u64>(tags + i * 8, 90 + i);
  registerAll(IORING_REGISTER_BUFFERS2, 4, iovs(4), tags, 0);
  assert(cloneFrom(src, 0, 0, 0, 2) == -EBUSY, 'not over them');
  assert(cloneFrom(src, IORING_REGISTER_DST_REPLACE, 2, 1, 2) == 0, 'unless that is meant');
  assert(cqes() == 2 && isCqe(0, 92, 0, 0) && isCqe(1, 91, 0, 0), 'two of them are gone, and two are not');
  seen(2);
  for (let i: u32 = 0; i < 4; i++) assert(hasBuffer(i), 'four are there');
  assert(cloneFrom(src, IORING_REGISTER_DST_REPLACE, 0, 6, 2) == 0 && hasBuffer(7) && !hasBuffer(5) && hasBuffer(3), 'behind a hole');
  assert(cqes() == 0 && register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0 && cqes() == 2, 'the other two');
  assert(isCqe(0, 93, 0, 0) && isCqe(1, 90, 0, 0), 'with the table');
  verify();
}

export function a_slot_that_is_filled_anew_does_not_move_the_search(): void {
  begin();
  assert(table(8) == 0 && setSocket(2) == 0 && setSocket(5) == 0, 'two');
  assert(setSocket(2) == 0 && alloc(fd(0)) == 6, 'behind the last that was free');
  assert(register(IORING_REGISTER_FILE_ALLOC_RANGE, 64, 0) == -EFAULT, 'a range that is not there');
  verify();
}
function setSocket(slot: u32): i32 {
  const s = sqe(IORING_OP_SOCKET, 1);
  s.fd = AF_UNIX;
  s.off = SOCK_STREAM;
  s.file_index = slot + 1;
  return result();
}

export function what_is_cloned_is_checked(): void {
  begin();
  const empty = bench().fd;
  ring(32, DEFER);
  assert(cloneFrom(empty, 0, 0, 0, 0) == -ENXIO, 'nothing is there');
  assert(cloneFrom(99, 0, 0, 0, 0) == -EBADF && cloneFrom(empty, 1 << 5, 0, 0, 0) == -EINVAL, 'nowhere; no such flag');
  assert(cloneFrom(15, IORING_REGISTER_SRC_REGISTERED, 0, 0, 0) == -EBADF, 'an empty slot of rings');
  bench().fd = empty;
  register(IORING_REGISTER_BUFFERS, iovs(4), 4);
  ring(32, DEFER);
  assert(cloneFrom(empty, 0, 1, 0, 0) == -EINVAL && cloneFrom(empty, 0, 0, 1, 0) == -EINVAL, 'all of them have no place');
  assert(cloneFrom(empty, 0, 0, 0, 5) == -EINVAL, 'more than there are');
  assert(cloneFrom(empty, 0, 3, 0, 2) == -EOVERFLOW && cloneFrom(empty, 0, u32.MAX_VALUE, 0, 2) == -EOVERFLOW, 'behind the last');
  assert(cloneFrom(empty, 0, 0, u32.MAX_VALUE, 2) == -EOVERFLOW, 'around the end of all numbers');
  assert(cloneFrom(empty, 0, 0, SLOTS - 1, 2) == -EINVAL, 'more than a table has');
  assert(cloneFrom(empty, 0, 0, 0, 0) == 0 && hasBuffer(3), 'all four');
  store<u32>(bench().params + 2048, 1, 20);
  assert(register(IORING_REGISTER_CLONE_BUFFERS, bench().params + 2048, 1) == -EBUSY, 'once');
  verify();
}

export function a_fixed_file_that_is_replaced_is_used_to_the_end_by_who_has_it(): void {
  begin();
  table(1);
  setFile(0, fd(0));
  const s = sqe(IORING_OP_RECV, 3);
  s.fd = 0;
  s.flags = <u8>IOSQE_FIXED_FILE;
  s.addr = incoming();
  s.len = PAGE;
  assert(enter(1, 0, 0) == 1 && setFile(0, fd(1)) == 1, 'another file is there');
  write(fd(1), 7);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 3, 7, 0), 'the request has the old one');
  assert(setup(8, 0, DEFER) >= 3, 'a ring more');
  verify();
}

export function arguments_may_lie_at_the_end_of_memory(): void {
  begin();
  const tags = userEnd() - 16;
  store<u64>(tags, 81);
  store<u64>(tags, 82, 8);
  const list = user(64);
  store<i32>(list, fd(0));
  store<i32>(list, fd(1), 4);
  assert(registerAll(IORING_REGISTER_FILES2, 2, list, tags, 0) == 0, 'tags');
  assert(registerAll(IORING_REGISTER_FILES2, 2, list, tags + 8, 0) == -EBUSY && register(IORING_UNREGISTER_FILES, 0, 0) == 0, 'once');
  assert(cqes() == 2 && isCqe(0, 82, 0, 0) && isCqe(1, 81, 0, 0), 'both were read');
  seen(2);
  assert(registerAll(IORING_REGISTER_FILES2, 2, list, tags + 8, 0) == -EFAULT, 'one of them is not there');
  const fds = userEnd() - 8;
  store<i32>(fds, fd(0));
  store<i32>(fds, fd(1), 4);
  assert(register(IORING_REGISTER_FILES, fds, 3) == -EFAULT && register(IORING_REGISTER_FILES, fds, 2) == 0, 'descriptors');
  const iov = userEnd() - 32;
  for (let i: u32 = 0; i < 2; i++) {
    store<u64>(iov + i * 16, outgoing());
    store<u64>(iov + i * 16, 1, 8);
  }
  assert(register(IORING_REGISTER_BUFFERS, iov, 3) == -EFAULT && register(IORING_REGISTER_BUFFERS, iov, 2) == 0, 'ranges');
  verify();
}

export function an_update_changes_what_it_names_and_nothing_behind_it(): void {
  begin();
  const tags = user(64);
  store<u64>(tags, 91);
  store<u64>(tags, 92, 8);
  registerAll(IORING_REGISTER_BUFFERS2, 2, iovs(2), tags, 0);
  assert(update(IORING_REGISTER_BUFFERS_UPDATE, 0, iovs(2), 0, 1) == 1 && cqes() == 1 && isCqe(0, 91, 0, 0), 'the first of two');
  seen(1);
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0 && cqes() == 1 && isCqe(0, 92, 0, 0), 'the second was still there');
  verify();
}

export function words_of_updates_that_must_be_zero_are(): void {
  begin();
  table(2);
  const up = bench().params + 2048;
  for (let at: u32 = 4; at <= 28; at += 24) {
    memory.fill(up, 0, 32);
    store<u64>(up, word(fd(0)), 8);
    store<u32>(up, 1, 24);
    store<u32>(up + at, 1);
    assert(register(IORING_REGISTER_FILES_UPDATE2, up, 32) == -EINVAL, 'one of two');
  }
  memory.fill(up, 0, 32);
  store<u64>(up, word(fd(0)), 8);
  store<u32>(up, 1, 4);
  assert(register(IORING_REGISTER_FILES_UPDATE, up, 1) == -EINVAL, 'the older one has one');
  store<u32>(up, 0, 4);
  assert(register(IORING_REGISTER_FILES_UPDATE, up, 1) == 1, 'zero');
}

export function locked_pages_are_counted_one_by_one(): void {
  build();
  setHost(HOST, AT_RING_CAP_IPC_LOCK, 0);
  setHost(HOST, AT_RING_MEMLOCK, 2 * PAGE);
  ring(32, DEFER);
  const mem = user(8 * PAGE);
  const iov = user(64);
  store<u64>(iov, mem);
  store<u64>(iov, 2 * PAGE, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0 && register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0, 'two whole pages');
  store<u64>(iov, 2 * PAGE + 1, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == -ENOMEM, 'a byte of a third');
  store<u64>(iov, mem + PAGE - 1);
  store<u64>(iov, PAGE + 1, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == 0, 'the last byte of one, and another');
  assert(register(IORING_UNREGISTER_BUFFERS, 0, 0) == 0, 'and away');
  store<u64>(iov, PAGE + 2, 8);
  assert(register(IORING_REGISTER_BUFFERS, iov, 1) == -ENOMEM, 'and the first of a third');
  verify();
}
