/**
 * IORING_REGISTER_MEM_REGION: memory that user space and the ring share, where the arguments of waits may lie
 * (io_uring/register.c: io_register_mem_region; io_uring/io_uring.c: io_get_ext_arg_reg). And IORING_REGISTER_CLOCK.
 */
import { userOk } from '../../stack/3-pool';
import {
  EBUSY, EFAULT, EINVAL, io_uring_clock_register, IO_URING_CLOCK_REGISTER_BYTES, io_uring_mem_region_reg,
  IO_URING_MEM_REGION_REG_BYTES, io_uring_region_desc, IO_URING_REGION_DESC_BYTES, IO_URING_REG_WAIT_BYTES,
  IORING_MEM_REGION_REG_WAIT_ARG, IORING_MEM_REGION_TYPE_USER, IORING_SETUP_R_DISABLED,
} from '../uapi.gen';
import { Ring } from './state';
import { regionCreate, regionFree } from './user_memory';

/** Where it is mapped (io_uring/memmap.h). */
export const IORING_MAP_OFF_PARAM_REGION: u64 = 0x20000000;

const CLOCK_MONOTONIC: u32 = 1;
const CLOCK_BOOTTIME: u32 = 7;

export function registerMemRegion(r: Ring, arg: u64): i32 {
  if (r.param_region != 0) return -EBUSY;
  if (!userOk(arg, IO_URING_MEM_REGION_REG_BYTES)) return -EFAULT;
  const reg = changetype<io_uring_mem_region_reg>(<usize>arg);
  const desc = reg.region_uptr;
  if (!userOk(desc, IO_URING_REGION_DESC_BYTES)) return -EFAULT;
  if (load<u64>(<usize>arg, 16) != 0 || load<u64>(<usize>arg, 24) != 0) return -EINVAL;
  const for_waits = (reg.flags & IORING_MEM_REGION_REG_WAIT_ARG) != 0;
  if ((reg.flags & ~<u64>IORING_MEM_REGION_REG_WAIT_ARG) != 0) return -EINVAL;
  // While the ring is disabled nobody waits.
  if (for_waits && (r.flags & IORING_SETUP_R_DISABLED) == 0) return -EINVAL;
  const addr = regionCreate(r.host, <u32>desc, IORING_MAP_OFF_PARAM_REGION);
  if (addr < 0) return <i32>addr;
  const rd = changetype<io_uring_region_desc>(<usize>desc);
  r.param_region = <u32>addr;
  r.param_bytes = <u32>rd.size;
  r.param_user = (rd.flags & IORING_MEM_REGION_TYPE_USER) != 0 ? 1 : 0;
  if (for_waits) r.cq_wait_size = <u32>rd.size;
  return 0;
}
export function memRegionRelease(r: Ring): void {
  if (r.param_region != 0) regionFree(r.host, r.param_region, r.param_bytes, r.param_user);
}

/** The registered argument of a wait at an offset: its address, or 0 for none. */
export function regWaitAt(r: Ring, offset: u64): usize {
  if ((offset & 7) != 0 || offset + IO_URING_REG_WAIT_BYTES < offset || offset + IO_URING_REG_WAIT_BYTES > <u64>r.cq_wait_size) return 0;
  return <usize>r.param_region + <usize>offset;
}

/** Both clocks are one here: the machine never sleeps. */
export function registerClock(arg: u64): i32 {
  if (!userOk(arg, IO_URING_CLOCK_REGISTER_BYTES)) return -EFAULT;
  if (load<u32>(<usize>arg, 4) != 0 || load<u64>(<usize>arg, 8) != 0) return -EINVAL;
  const clock = changetype<io_uring_clock_register>(<usize>arg).clockid;
  return clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ? 0 : -EINVAL;
}
