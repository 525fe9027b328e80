/** IORING_REGISTER_ZCRX_CTRL (io_uring/zcrx.c: io_zcrx_ctrl). */
import { behaves, BEHAVES_ZCRX_ADD_AREA, BEHAVES_ZCRX_CTRL, BEHAVES_ZCRX_EVENTS, NONE } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { processOf } from '../../stack/file';
import {
  EFAULT, EINVAL, ENXIO, EOPNOTSUPP, io_uring_zcrx_area_reg, IO_URING_ZCRX_AREA_REG_BYTES, IORING_ZCRX_AREA_SHIFT, zcrx_ctrl,
  zcrx_ctrl_add_area, ZCRX_CTRL_ADD_AREA, ZCRX_CTRL_ARM_EVENT, ZCRX_CTRL_BYTES,
  ZCRX_CTRL_EXPORT, ZCRX_CTRL_FLUSH_RQ,
} from '../uapi.gen';
import { areaCreate } from './area';
import { zcrxArmNotif } from './events';
import { zcrxExport } from './export';
import { zcrxFlushRq } from './flush';
import { zcrxFind } from './links';
import { memIsZero } from './register';
import { Ifq, ifqAt } from './state';

/** zcrx_ctrl_add_area: the token is written before the area is made, and stays when that fails. */
function addArea(ifq_idx: u32, q: Ifq, add: zcrx_ctrl_add_area): i32 {
  if (!userOk(add.area_ptr, IO_URING_ZCRX_AREA_REG_BYTES)) return -EFAULT;
  const area = changetype<io_uring_zcrx_area_reg>(<usize>add.area_ptr);
  if (!memIsZero(changetype<usize>(add) + 8, 40)) return -EINVAL;
  if (area.rq_area_token != 0) return -EINVAL;
  if (q.dev != 0 && q.netdev == 0) return -EFAULT;
  const token = (<u64>q.nr_areas) << IORING_ZCRX_AREA_SHIFT;
  const ret = areaCreate(ifq_idx, area, 1 << q.niov_shift);
  area.rq_area_token = token;
  return ret;
}

/** Operations that a kernel has not are unknown to it. */
function knows(host: u32, op: u32): bool {
  if (op == ZCRX_CTRL_ARM_EVENT) return behaves(host, BEHAVES_ZCRX_EVENTS);
  return op != ZCRX_CTRL_ADD_AREA || behaves(host, BEHAVES_ZCRX_ADD_AREA);
}

/** How many there are (__ZCRX_CTRL_LAST of the host's kernel). */
export function zcrxCtrlOps(host: u32): u32 {
  let n: u32 = 2;
  while (n <= ZCRX_CTRL_ADD_AREA && knows(host, n)) n++;
  return n;
}

export function zcrxControl(ring: u32, task: u32, arg: u64, nr_args: u32): i32 {
  const host = processOf(task);
  if (!behaves(host, BEHAVES_ZCRX_CTRL) || nr_args != 0) return -EINVAL;
  if (!userOk(arg, ZCRX_CTRL_BYTES)) return -EFAULT;
  const ctrl = changetype<zcrx_ctrl>(<usize>arg);
  if (!memIsZero(<usize>arg + 8, 16)) return -EFAULT;
  const ifq_idx = zcrxFind(ring, ctrl.zcrx_id);
  if (ifq_idx == NONE) return -ENXIO;
  const q = ifqAt(ifq_idx);
  const op = ctrl.op;
  if (!knows(host, op)) return -EOPNOTSUPP;
  switch (op) {
    case ZCRX_CTRL_FLUSH_RQ: return zcrxFlushRq(ifq_idx, q, ctrl.zc_flush);
    case ZCRX_CTRL_EXPORT: return zcrxExport(task, ifq_idx, ctrl);
    case ZCRX_CTRL_ARM_EVENT: return zcrxArmNotif(q, ctrl.zc_arm_event);
    case ZCRX_CTRL_ADD_AREA: return addArea(ifq_idx, q, ctrl.zc_area);
    default: return -EOPNOTSUPP;
  }
}
