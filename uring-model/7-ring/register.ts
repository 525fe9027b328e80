/** io_uring_register(2) (io_uring/register.c). Differs from Linux: opcodes that are no case here are refused with -EINVAL. */
import { behaves, BEHAVES_SYNC_MSG_RING, charge, COST_ENTER } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { zcrxControl, zcrxRegister } from '../9-refill';
import {
  EBADFD, EFAULT, EINVAL, IO_URING_OP_SUPPORTED, io_uring_probe, IO_URING_PROBE_BYTES, IO_URING_PROBE_OP_BYTES, IORING_OP_LAST,
  IORING_REGISTER_ENABLE_RINGS, IORING_REGISTER_LAST, IORING_REGISTER_PBUF_RING, IORING_REGISTER_PBUF_STATUS, IORING_REGISTER_PROBE,
  IORING_REGISTER_SEND_MSG_RING, IORING_REGISTER_SYNC_CANCEL, IORING_REGISTER_USE_REGISTERED_RING, IORING_REGISTER_ZCRX_CTRL,
  IORING_REGISTER_ZCRX_IFQ, IORING_SETUP_R_DISABLED, IORING_SETUP_SINGLE_ISSUER, IORING_UNREGISTER_PBUF_RING,
} from '../uapi.gen';
import { syncCancel } from './cancel';
import { ringOfFd } from './enter';
import { pbufStatus, registerPbufRing, unregisterPbufRing } from './kbuf_register';
import { syncMsgRing } from './msg_ring';
import { opDef, OP_SUPPORTED } from './opdef';
import { Ring, ringAt } from './state';
import { syscallBegin, syscallEnd, taskAt } from './task';
import { runTaskWork } from './task_work';

/** io_probe */
function probe(arg: u64, nr_args: u32): i32 {
  const nr = nr_args > IORING_OP_LAST ? IORING_OP_LAST : nr_args;
  const bytes = IO_URING_PROBE_BYTES + nr * IO_URING_PROBE_OP_BYTES;
  if (!userOk(arg, bytes)) return -EFAULT;
  const at = <usize>arg;
  for (let i: usize = 0; i < <usize>bytes; i++) if (load<u8>(at + i) != 0) return -EINVAL;
  const p = changetype<io_uring_probe>(at);
  p.last_op = <u8>(IORING_OP_LAST - 1);
  p.ops_len = <u8>nr;
  for (let i: u32 = 0; i < nr; i++) {
    const op = at + IO_URING_PROBE_BYTES + <usize>(i * IO_URING_PROBE_OP_BYTES);
    store<u8>(op, <u8>i);
    if ((opDef(i) & OP_SUPPORTED) != 0) store<u16>(op, <u16>IO_URING_OP_SUPPORTED, 2);
  }
  return 0;
}

function register(r: Ring, task: u32, opcode: u32, arg: u64, nr: u32): i32 {
  const one = arg != 0 && nr == 1;
  switch (opcode) {
    case IORING_REGISTER_PROBE: return arg == 0 || nr > 256 ? -EINVAL : probe(arg, nr);
    case IORING_REGISTER_ENABLE_RINGS: {
      if (arg != 0 || nr != 0) return -EINVAL;
      if ((r.flags & IORING_SETUP_R_DISABLED) == 0) return -EBADFD;
      if ((r.flags & IORING_SETUP_SINGLE_ISSUER) != 0) r.submitter = task;
      r.flags &= ~IORING_SETUP_R_DISABLED;
      return 0;
    }
    case IORING_REGISTER_PBUF_RING: return one ? registerPbufRing(r.idx, arg) : -EINVAL;
    case IORING_UNREGISTER_PBUF_RING: return one ? unregisterPbufRing(r.idx, arg) : -EINVAL;
    case IORING_REGISTER_PBUF_STATUS: return one ? pbufStatus(r.idx, arg) : -EINVAL;
    case IORING_REGISTER_SYNC_CANCEL: return one ? syncCancel(r, task, arg) : -EINVAL;
    case IORING_REGISTER_ZCRX_IFQ: return one ? zcrxRegister(r.idx, r.host, r.flags, arg) : -EINVAL;
    case IORING_REGISTER_ZCRX_CTRL: return zcrxControl(r.idx, r.task, arg, nr);
    default: return -EINVAL;
  }
}

/** What needs no ring (io_uring_register_blind). */
function registerBlind(task: u32, opcode: u32, arg: usize, nr: u32): i32 {
  const t = taskAt(task);
  if (opcode != IORING_REGISTER_SEND_MSG_RING || !behaves(t.host, BEHAVES_SYNC_MSG_RING)) return -EINVAL;
  syscallBegin(t);
  charge(COST_ENTER);
  const ret = syncMsgRing(task, arg, nr);
  runTaskWork(t);
  syscallEnd(t, false);
  return ret;
}

/** io_uring_register(2) */
export function sysRegister(task: u32, fd: u32, opcode: u32, arg: usize, nr: u32): i32 {
  const t = taskAt(task);
  const registered = (opcode & IORING_REGISTER_USE_REGISTERED_RING) != 0;
  const op = opcode & ~IORING_REGISTER_USE_REGISTERED_RING;
  if (op >= IORING_REGISTER_LAST) return -EINVAL;
  if (<i32>fd == -1) return registerBlind(task, op, arg, nr);
  const ring = ringOfFd(task, <i32>fd, registered);
  if (ring < 0) return ring;
  syscallBegin(t);
  charge(COST_ENTER);
  const ret = register(ringAt(<u32>ring), task, op, arg, nr);
  runTaskWork(t);
  syscallEnd(t, false);
  return ret;
}
