/**
 * An instance of one ring is used by others: the first makes a descriptor of it (ZCRX_CTRL_EXPORT), another ring imports that
 * (ZCRX_REG_IMPORT). They share areas, free lists and the refill ring; events go to the first ring alone. Each of them, and the
 * descriptor, keeps the queue bound.
 */
import { NONE } from '../../sim/core';
import { fdFile, fdInstall, fileAt, fileNew, FILE_ZCRX, filePut, processOf, setFileOps } from '../../stack/file';
import {
  EBADF, EINVAL, EMFILE, ENFILE, ENOMEM, io_uring_zcrx_ifq_reg, IO_URING_ZCRX_IFQ_REG_BYTES, zcrx_ctrl, zcrx_ctrl_export, ZCRX_REG_IMPORT,
} from '../uapi.gen';
import { noHead, noPoll } from './dmabuf';
import { linkAdd, linkFreeId } from './links';
import { rqOffsets } from './refill_ring';
import { zcrxPut } from './scrub';
import { ifqAt } from './state';

/** The last reference on an exported descriptor has gone (zcrx_box_release). */
function boxRelease(ifq_idx: u32): void {
  zcrxPut(ifq_idx, NONE);
}
export function exportInit(): void {
  setFileOps(FILE_ZCRX, noPoll, noHead, boxRelease);
}

function get(ifq_idx: u32): void {
  const q = ifqAt(ifq_idx);
  q.refs++;
  q.user_refs++;
}

/** zcrx_export: 0 or -errno; writes the descriptor. */
export function zcrxExport(task: u32, ifq_idx: u32, ctrl: zcrx_ctrl): i32 {
  const ce = ctrl.zc_export;
  for (let i: usize = 0; i < 48; i += 4) if (load<u32>(changetype<usize>(ce) + i) != 0) return -EINVAL;
  get(ifq_idx);
  const file_idx = fileNew(FILE_ZCRX, processOf(task), ifq_idx);
  if (file_idx == NONE) {
    zcrxPut(ifq_idx, NONE);
    return -ENFILE;
  }
  const fd = fdInstall(task, file_idx);
  if (fd == NONE) {
    filePut(file_idx);
    return -EMFILE;
  }
  ce.zcrx_fd = fd;
  return 0;
}

/** import_zcrx: 0 or -errno; `reg` is the kernel's copy, `arg` where it goes to. The ring's flags were checked. */
export function zcrxImport(ring: u32, host: u32, reg: io_uring_zcrx_ifq_reg, arg: u64): i32 {
  if (reg.if_rxq != 0 || reg.rq_entries != 0 || reg.area_ptr != 0 || reg.region_ptr != 0) return -EINVAL;
  if (reg.event_desc != 0 || (reg.flags & ~ZCRX_REG_IMPORT) != 0) return -EINVAL;
  const file_idx = fdFile(host, <i32>reg.if_idx);
  if (file_idx == NONE || fileAt(file_idx).kind != FILE_ZCRX) return -EBADF;
  const id = linkFreeId(ring);
  if (id == NONE) return -ENOMEM;
  const ifq_idx = fileAt(file_idx).obj;
  get(ifq_idx);
  reg.zcrx_id = id;
  rqOffsets(host, reg.offsets);
  memory.copy(<usize>arg, changetype<usize>(reg), IO_URING_ZCRX_IFQ_REG_BYTES);
  linkAdd(ring, id, ifq_idx);
  return 0;
}
