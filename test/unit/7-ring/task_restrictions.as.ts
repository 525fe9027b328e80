/**
 * Description: what a task forbids itself holds for every ring that it makes afterwards, and cannot be taken back: a sandbox closes that
 * door before it runs what it does not trust. One bit in the wrong word and another operation is let through.
 */
import { sysRegister } from '../../../uring-model/7-ring';
import {
  IOSQE_ASYNC, IOSQE_FIXED_FILE, IOSQE_IO_LINK, IORING_OP_NOP, IORING_OP_NOP128, IORING_OP_SOCKET, IORING_REGISTER_LAST,
  IORING_REGISTER_EVENTFD, IORING_REGISTER_PERSONALITY, IORING_REGISTER_PROBE, IORING_REGISTER_QUERY, IORING_REGISTER_RESTRICTIONS,
  IORING_RESTRICTION_REGISTER_OP, IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IORING_RESTRICTION_SQE_OP,
  IORING_OP_URING_CMD128, IORING_SETUP_NO_SQARRAY, IORING_UNREGISTER_EVENTFD,
} from '../../../uring-model/uapi.gen';
import { build, cqe, cqes, enter, HOST, register, ring, seen, sqe, user } from '../config_ring.as';

const EPERM: i32 = 1;
const EACCES: i32 = 13;
const EFAULT: i32 = 14;
const EINVAL: i32 = 22;
const NO_RING: u32 = 0xffffffff;
/** struct io_uring_task_restriction, and its rows behind it. */
const HEAD_BYTES: u32 = 16;
const ROW_BYTES: u32 = 16;

function table(rows: u32): u32 {
  const at = user(4096);
  store<u16>(at, <u16>rows, 2);
  return at;
}
function row(at: u32, i: u32, opcode: u32, what: u32): void {
  store<u16>(at + HEAD_BYTES + i * ROW_BYTES, <u16>opcode);
  store<u8>(at + HEAD_BYTES + i * ROW_BYTES, <u8>what, 2);
}
function restrict(at: u32, nr: u32): i32 {
  return sysRegister(HOST, NO_RING, IORING_REGISTER_RESTRICTIONS, at, nr);
}
/** What an operation with these flags comes to. */
function tried(opcode: u32, flags: u32): i32 {
  const s = sqe(opcode, 5);
  s.flags = <u8>flags;
  if (opcode == IORING_OP_SOCKET) {
    s.fd = 1;
    s.off = 1;
  }
  assert(enter(1, 0, 0) == 1 && cqes() == 1, 'one');
  const res = cqe(0).res;
  seen(1);
  return res;
}

export function a_task_that_restricts_itself_is_checked_in_order(): void {
  build();
  const at = table(1);
  row(at, 0, IORING_RESTRICTION_SQE_OP, IORING_OP_NOP);
  assert(restrict(at, 0) == -EINVAL && restrict(at, 2) == -EINVAL, 'one table');
  assert(restrict(8, 1) == -EFAULT, 'at 8');
  for (let word: u32 = 0; word < 16; word += 4) {
    const was = load<u32>(at + word);
    store<u32>(at + word, was | 1);
    assert(restrict(at, 1) == -EINVAL, 'reserved words, and flags, are zero');
    store<u32>(at + word, was);
  }
  row(at, 0, 4, 0);
  assert(restrict(at, 1) == -EINVAL, 'no such row');
  row(at, 0, IORING_RESTRICTION_SQE_OP, 255);
  assert(restrict(at, 1) == -EINVAL, 'no such operation');
  row(at, 0, IORING_RESTRICTION_REGISTER_OP, IORING_REGISTER_LAST);
  assert(restrict(at, 1) == -EINVAL, 'no such registration');
  store<u16>(at, 200, 2);
  assert(restrict(at, 1) == -EINVAL, 'too many rows');
  row(at, 0, IORING_RESTRICTION_SQE_OP, IORING_OP_NOP);
  store<u16>(at, 1, 2);
  assert(restrict(at, 1) == 0, 'none of these left anything behind');
  assert(restrict(at, 1) == -EPERM && restrict(at, 0) == -EPERM, 'and now it is too late');
}

export function rings_made_later_know_what_the_task_may_do(): void {
  build();
  ring(8, IORING_SETUP_NO_SQARRAY);
  assert(tried(IORING_OP_SOCKET, 0) >= 0, 'before');
  const at = table(3);
  row(at, 0, IORING_RESTRICTION_SQE_OP, IORING_OP_NOP);
  row(at, 1, IORING_RESTRICTION_SQE_OP, IORING_OP_URING_CMD128);
  row(at, 2, IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IOSQE_ASYNC);
  assert(restrict(at, 1) == 0, 'restricted');
  assert(tried(IORING_OP_SOCKET, 0) >= 0, 'a ring of before is as it was');
  ring(8, IORING_SETUP_NO_SQARRAY);
  assert(tried(IORING_OP_NOP, 0) == 0, 'this is allowed');
  assert(tried(IORING_OP_SOCKET, 0) == -EACCES && tried(IORING_OP_NOP + 1, 0) == -EACCES, 'these are not');
  assert(tried(IORING_OP_URING_CMD128, 0) == -EINVAL, 'one of the second word is, and then there is no such operation');
  assert(tried(IORING_OP_NOP128, 0) != 0, 'the last one of the first word is not');
  assert(tried(IORING_OP_NOP, IOSQE_FIXED_FILE) == -EACCES && tried(IORING_OP_NOP, IOSQE_IO_LINK) == -EACCES, 'no other flag');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) > 0, 'registrations were not spoken of');
}

export function flags_may_be_asked_for(): void {
  build();
  const at = table(2);
  row(at, 0, IORING_RESTRICTION_SQE_OP, IORING_OP_NOP);
  row(at, 1, IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IOSQE_FIXED_FILE);
  assert(restrict(at, 1) == 0, 'restricted');
  ring(8, IORING_SETUP_NO_SQARRAY);
  assert(tried(IORING_OP_NOP, 0) == -EACCES, 'without the flag');
  assert(tried(IORING_OP_NOP, IOSQE_FIXED_FILE) == 0, 'with it');
  assert(tried(IORING_OP_NOP, IOSQE_FIXED_FILE | IOSQE_IO_LINK) == -EACCES, 'with another one besides');
}

export function registrations_are_restricted_by_themselves(): void {
  build();
  const at = table(2);
  row(at, 0, IORING_RESTRICTION_REGISTER_OP, IORING_REGISTER_PERSONALITY);
  row(at, 1, IORING_RESTRICTION_REGISTER_OP, IORING_REGISTER_EVENTFD);
  assert(sysRegister(HOST, NO_RING, IORING_REGISTER_QUERY, 8, 0) == -EFAULT, 'it may ask');
  assert(restrict(at, 1) == 0, 'restricted');
  assert(sysRegister(HOST, NO_RING, IORING_REGISTER_QUERY, 8, 0) == -EACCES, 'and may not any more');
  ring(8, IORING_SETUP_NO_SQARRAY);
  assert(tried(IORING_OP_SOCKET, 0) >= 0, 'operations were not spoken of');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) > 0, 'allowed');
  assert(register(IORING_REGISTER_PROBE, at, 1) == -EACCES && register(IORING_UNREGISTER_EVENTFD, 0, 0) == -EACCES, 'not allowed');
  assert(register(IORING_REGISTER_EVENTFD, 8, 1) == -EFAULT, 'allowed, and wrong');
}

export function no_rows_at_all_forbid_everything(): void {
  build();
  assert(restrict(table(0), 1) == 0, 'restricted');
  ring(8, IORING_SETUP_NO_SQARRAY);
  assert(tried(IORING_OP_NOP, 0) == -EACCES, 'no operation');
  assert(register(IORING_REGISTER_PERSONALITY, 0, 0) == -EACCES, 'no registration');
  assert(sysRegister(HOST, NO_RING, IORING_REGISTER_QUERY, 0, 0) == -EACCES, 'and no question');
}
