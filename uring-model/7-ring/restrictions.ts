/**
 * What a ring may do (io_uring/register.c: io_register_restrictions): once restrictions are registered, only what they name.
 * A task may have restrictions too; rings that it makes from then on begin with them.
 */
import { arenaAlloc, RINGS_MAX } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import {
  EACCES, EBADFD, EBUSY, EFAULT, EINVAL, EPERM, io_uring_restriction, IO_URING_RESTRICTION_BYTES, io_uring_task_restriction,
  IO_URING_TASK_RESTRICTION_BYTES, IORING_OP_LAST, IORING_REGISTER_LAST, IORING_RESTRICTION_LAST, IORING_RESTRICTION_REGISTER_OP,
  IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IORING_RESTRICTION_SQE_OP, IORING_SETUP_R_DISABLED,
} from '../uapi.gen';
import { Ring, RING_F_OP_RESTRICTED, RING_F_REG_RESTRICTED, RING_F_RESTRICT_INHERITED, ringState } from './state';
import { TASKS_MAX } from './task';

/** struct io_restriction: a bit for each opcode. */
@unmanaged
class Restriction {
  register_op: u64;
  sqe_op0: u64;
  sqe_op1: u64;
  flags_allowed: u32;
  flags_required: u32;
  op_registered: u32;
  reg_registered: u32;
}
const RESTRICTION_BYTES: usize = 40;
const IORING_MAX_RESTRICTIONS: u32 = IORING_RESTRICTION_LAST + IORING_REGISTER_LAST + IORING_OP_LAST;

/** Those of tasks come first, then those of rings. */
function restrictionAt(i: u32): Restriction {
  return changetype<Restriction>(<usize>ringState().restrictions_base + <usize>i * RESTRICTION_BYTES);
}
function ofRing(r: Ring): Restriction {
  return restrictionAt(TASKS_MAX + r.idx);
}

export function restrictionsInit(): void {
  ringState().restrictions_base = <u32>arenaAlloc(<u64>(TASKS_MAX + RINGS_MAX) * RESTRICTION_BYTES);
}

function isRegistered(x: Restriction): bool {
  return (x.op_registered | x.reg_registered) != 0;
}
function clear(x: Restriction): void {
  memory.fill(changetype<usize>(x), 0, RESTRICTION_BYTES);
}

/** One row. False: there is no such restriction. */
function parseOne(x: Restriction, res: io_uring_restriction): bool {
  switch (<u32>res.opcode) {
    case IORING_RESTRICTION_REGISTER_OP: {
      if (<u32>res.register_op >= IORING_REGISTER_LAST) return false;
      x.register_op |= <u64>1 << <u64>res.register_op;
      x.reg_registered = 1;
      return true;
    }
    case IORING_RESTRICTION_SQE_OP: {
      const op = <u64>res.sqe_op;
      if (<u32>op >= IORING_OP_LAST) return false;
      if (op < 64) x.sqe_op0 |= <u64>1 << op;
      else x.sqe_op1 |= <u64>1 << (op - 64);
      break;
    }
    case IORING_RESTRICTION_SQE_FLAGS_ALLOWED: {
      x.flags_allowed = res.sqe_flags;
      break;
    }
    case IORING_RESTRICTION_SQE_FLAGS_REQUIRED: {
      x.flags_required = res.sqe_flags;
      break;
    }
    default: return false;
  }
  x.op_registered = 1;
  return true;
}

/** Rows at `arg`; none at all forbid everything (io_parse_restrictions). 0 or -errno, and then there are none. */
function parse(x: Restriction, arg: u64, nr: u32): i32 {
  if (arg == 0 || nr > IORING_MAX_RESTRICTIONS) return -EINVAL;
  if (!userOk(arg, nr * IO_URING_RESTRICTION_BYTES)) return -EFAULT;
  for (let i: u32 = 0; i < nr; i++) {
    if (parseOne(x, changetype<io_uring_restriction>(<usize>arg + <usize>(i * IO_URING_RESTRICTION_BYTES)))) continue;
    clear(x);
    return -EINVAL;
  }
  if (nr == 0) {
    x.op_registered = 1;
    x.reg_registered = 1;
  }
  return 0;
}

/** IORING_REGISTER_RESTRICTIONS of a ring, which must not be enabled yet. */
export function registerRestrictions(r: Ring, arg: u64, nr: u32): i32 {
  if ((r.flags & IORING_SETUP_R_DISABLED) == 0) return -EBADFD;
  const x = ofRing(r);
  if (isRegistered(x)) return -EBUSY;
  const ret = parse(x, arg, nr);
  if (ret != 0) return ret;
  if (x.op_registered != 0) r.int_flags |= RING_F_OP_RESTRICTED;
  if (x.reg_registered != 0) r.int_flags |= RING_F_REG_RESTRICTED;
  return 0;
}

/** The same without a ring: of the task itself (io_register_restrictions_task). */
export function registerTaskRestrictions(task: u32, arg: u64, nr: u32): i32 {
  const x = restrictionAt(task);
  if (isRegistered(x)) return -EPERM;
  if (nr != 1) return -EINVAL;
  if (!userOk(arg, IO_URING_TASK_RESTRICTION_BYTES)) return -EFAULT;
  const t = changetype<io_uring_task_restriction>(<usize>arg);
  if (t.flags != 0 || load<u32>(<usize>arg, 4) != 0 || load<u64>(<usize>arg, 8) != 0) return -EINVAL;
  return parse(x, arg + IO_URING_TASK_RESTRICTION_BYTES, t.nr_res);
}

/** A new ring begins with what its task has (io_ctx_restriction_clone). */
export function restrictionInherit(r: Ring, task: u32): void {
  const x = ofRing(r);
  memory.copy(changetype<usize>(x), changetype<usize>(restrictionAt(task)), RESTRICTION_BYTES);
  if (x.op_registered != 0) r.int_flags |= RING_F_OP_RESTRICTED;
  if (x.reg_registered != 0) r.int_flags |= RING_F_REG_RESTRICTED | RING_F_RESTRICT_INHERITED;
}

/** May this operation not be submitted with these flags? (io_check_restriction) */
export function sqeRestricted(r: Ring, opcode: u32, sqe_flags: u32): bool {
  if ((r.int_flags & RING_F_OP_RESTRICTED) == 0) return false;
  const x = ofRing(r);
  const word = opcode < 64 ? x.sqe_op0 : x.sqe_op1;
  if (((word >> (<u64>opcode & 63)) & 1) == 0) return true;
  if ((sqe_flags & x.flags_required) != x.flags_required) return true;
  return (sqe_flags & ~(x.flags_allowed | x.flags_required)) != 0;
}

/** 0, or -EACCES for what a ring may not register. One that is not enabled yet knows only its task's restrictions. */
export function registerAllowed(r: Ring, opcode: u32): i32 {
  if ((r.int_flags & RING_F_REG_RESTRICTED) == 0) return 0;
  if ((r.flags & IORING_SETUP_R_DISABLED) != 0 && (r.int_flags & RING_F_RESTRICT_INHERITED) == 0) return 0;
  return ((ofRing(r).register_op >> <u64>opcode) & 1) != 0 ? 0 : -EACCES;
}
/** The same for a task that names no ring. */
export function blindAllowed(task: u32, opcode: u32): i32 {
  const x = restrictionAt(task);
  return x.reg_registered == 0 || ((x.register_op >> <u64>opcode) & 1) != 0 ? 0 : -EACCES;
}
