/** IORING_REGISTER_ZCRX_CTRL (io_uring/zcrx.c: io_zcrx_ctrl). */
import { NONE } from '../../sim/core';
import {
  EFAULT, EINVAL, ENXIO, EOPNOTSUPP, io_uring_zcrx_area_reg, IO_URING_ZCRX_AREA_REG_BYTES, IORING_ZCRX_AREA_SHIFT, zcrx_ctrl,
  zcrx_ctrl_add_area, ZCRX_CTRL_ADD_AREA, ZCRX_CTRL_ARM_EVENT, ZCRX_CTRL_BYTES, ZCRX_CTRL_FLUSH_RQ,
} from '../uapi.gen';
import { areaCreate } from './area';
import { zcrxArmNotif } from './events';
import { zcrxFlushRq } from './flush';
import { ringUserOk } from './port';
import { memIsZero, zcrxFind } from './register';
import { Ifq, ifqAt } from './state';

/** zcrx_ctrl_add_area: the token is written before the area is made, and stays when that fails. */
function addArea(ifq_idx: u32, q: Ifq, add: zcrx_ctrl_add_area): i32 {
  if (!ringUserOk(add.area_ptr, IO_URING_ZCRX_AREA_REG_BYTES)) return -EFAULT;
  const area = changetype<io_uring_zcrx_area_reg>(<usize>add.area_ptr);
  if (!memIsZero(changetype<usize>(add) + 8, 40)) return -EINVAL;
  if (area.rq_area_token != 0) return -EINVAL;
  if (q.dev != 0 && q.netdev == 0) return -EFAULT;
  const token = (<u64>q.nr_areas) << IORING_ZCRX_AREA_SHIFT;
  const ret = areaCreate(ifq_idx, area, 1 << q.niov_shift);
  area.rq_area_token = token;
  return ret;
}

export function zcrxControl(ring: u32, arg: u64, nr_args: u32): i32 {
  if (nr_args != 0) return -EINVAL;
  if (!ringUserOk(arg, ZCRX_CTRL_BYTES)) return -EFAULT;
  const ctrl = changetype<zcrx_ctrl>(<usize>arg);
  if (!memIsZero(<usize>arg + 8, 16)) return -EFAULT;
  const ifq_idx = zcrxFind(ring, ctrl.zcrx_id);
  if (ifq_idx == NONE) return -ENXIO;
  const q = ifqAt(ifq_idx);
  switch (ctrl.op) {
    case ZCRX_CTRL_FLUSH_RQ: return zcrxFlushRq(ifq_idx, q, ctrl.zc_flush);
    case ZCRX_CTRL_ARM_EVENT: return zcrxArmNotif(q, ctrl.zc_arm_event);
    case ZCRX_CTRL_ADD_AREA: return addArea(ifq_idx, q, ctrl.zc_area);
    default: return -EOPNOTSUPP;
  }
}
