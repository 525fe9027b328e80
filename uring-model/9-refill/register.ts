/** Registration of an instance (io_uring/zcrx.c: io_register_zcrx), with its checks in their order. */
import {
  behaves, BEHAVES_ZCRX, BEHAVES_ZCRX_CTRL, BEHAVES_ZCRX_EVENTS, BEHAVES_ZCRX_NODEV, BEHAVES_ZCRX_REFILL_FOLDS,
  BEHAVES_ZCRX_REFILL_REREADS, BEHAVES_ZCRX_RX_BUF_LEN, BEHAVES_ZCRX_WIDE_OFFSETS, hostConfig, IFQS_MAX, NONE, REFILL_ADDR,
} from '../../sim/core';
import { queueOpen, userOk } from '../../stack/3-pool';
import {
  EFAULT, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EPERM, ERANGE, io_uring_region_desc, IO_URING_REGION_DESC_BYTES, io_uring_zcrx_area_reg,
  IO_URING_ZCRX_AREA_REG_BYTES, io_uring_zcrx_ifq_reg, IO_URING_ZCRX_IFQ_REG_BYTES, IO_URING_ZCRX_RQE_BYTES, IORING_SETUP_CLAMP,
  IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IORING_SETUP_DEFER_TASKRUN, IORING_ZCRX_AREA_DMABUF, zcrx_event_desc, ZCRX_EVENT_DESC_BYTES,
  ZCRX_EVENT_DESC_FLAG_STATS, ZCRX_REG_IMPORT, ZCRX_REG_NODEV, ZCRX_STATS_BYTES,
} from '../uapi.gen';
import { areaCreate } from './area';
import { zcrxCounters } from './counters';
import { ZCRX_EVENT_TYPE_MASK } from './events';
import { zcrxImport } from './export';
import { linkAdd, linkFreeId } from './links';
import { ringRegion } from './port';
import { rqOffsets } from './refill_ring';
import { zcrxPut } from './scrub';
import { Ifq, ifqAt, ifqClear } from './state';

/** Interface indices of a host. */
const LO_IFINDEX: u32 = 1;
export const NIC_IFINDEX: u32 = 2;
/** IO_RQ_MAX_ENTRIES */
export const RQ_ENTRIES_MAX: u32 = 32768;
/** Where refill rings are mapped (io_uring/memmap.h). */
export const IORING_MAP_OFF_ZCRX_REGION: u64 = 0x30000000;
export const IORING_OFF_ZCRX_SHIFT: u64 = 16;

/** ZCRX_SUPPORTED_REG_FLAGS of a host's kernel. */
export function zcrxRegFlags(host: u32): u32 {
  return (behaves(host, BEHAVES_ZCRX_CTRL) ? ZCRX_REG_IMPORT : 0) | (behaves(host, BEHAVES_ZCRX_NODEV) ? ZCRX_REG_NODEV : 0);
}

/** The kernel's copies of the structs, in the stage's page behind its state. */
const REG: usize = REFILL_ADDR + 0x800;
const DESC: usize = REG + 0x80;
const AREA: usize = REG + 0x100;
const NOTIF: usize = REG + 0x180;

/** Is a piece of user memory zero? (mem_is_zero) */
export function memIsZero(at: usize, bytes: usize): bool {
  for (let i: usize = 0; i < bytes; i++) if (load<u8>(at + i) != 0) return false;
  return true;
}

/** A cleared instance, or NONE (io_zcrx_ifq_alloc). */
function ifqAlloc(host: u32): u32 {
  for (let i: u32 = 0; i < IFQS_MAX; i++) {
    const q = ifqAt(i);
    if (q.used != 0) continue;
    ifqClear(q);
    q.used = 1;
    q.host = host;
    q.user_refs = 1;
    q.refs = 1;
    q.refill_folds = behaves(host, BEHAVES_ZCRX_REFILL_FOLDS) ? 1 : 0;
    q.refill_rereads = behaves(host, BEHAVES_ZCRX_REFILL_REREADS) ? 1 : 0;
    q.offset_mask = behaves(host, BEHAVES_ZCRX_WIDE_OFFSETS) ? u64.MAX_VALUE : u32.MAX_VALUE;
    memory.fill(zcrxCounters(i), 0, zcrxCounters(1) - zcrxCounters(0));
    return i;
  }
  return NONE;
}

/** Memory of the refill ring (io_allocate_rbuf_ring). */
function allocateRing(q: Ifq, id: u32, reg: io_uring_zcrx_ifq_reg, rd: io_uring_region_desc): i32 {
  const offsets = reg.offsets;
  rqOffsets(q.host, offsets);
  const size = <u64>offsets.rqes + <u64>IO_URING_ZCRX_RQE_BYTES * q.rq_entries;
  if (size > rd.size) return -EINVAL;
  const ret = ringRegion(q.host, <u32>changetype<usize>(rd), IORING_MAP_OFF_ZCRX_REGION + (<u64>id << IORING_OFF_ZCRX_SHIFT));
  if (ret < 0) return <i32>ret;
  q.region_addr = <u32>ret;
  q.region_bytes = <u32>rd.size;
  q.region_user = rd.flags;
  q.rq_head = q.region_addr + offsets.head;
  q.rq_tail = q.region_addr + offsets.tail;
  q.rqes = q.region_addr + offsets.rqes;
  memory.fill(<usize>q.region_addr, 0, offsets.rqes);
  return 0;
}

/** Statistics lie behind the entries (zcrx_validate_notif_stats). */
function placeStats(q: Ifq, notif: zcrx_event_desc): i32 {
  const off = notif.stats_offset;
  if ((off & 7) != 0) return -EINVAL;
  if (off < <u64>(q.rqes - q.region_addr) + <u64>IO_URING_ZCRX_RQE_BYTES * q.rq_entries) return -ERANGE;
  if (off + ZCRX_STATS_BYTES < off || off + ZCRX_STATS_BYTES > <u64>q.region_bytes) return -ERANGE;
  q.notif_stats = q.region_addr + <u32>off;
  memory.fill(<usize>q.notif_stats, 0, ZCRX_STATS_BYTES);
  return 0;
}

/** Binds an RX queue (zcrx_register_netdev). */
function registerNetdev(ifq_idx: u32, q: Ifq, reg: io_uring_zcrx_ifq_reg, area: io_uring_zcrx_area_reg): i32 {
  // No device does DMA for lo (net/core/netdev_queues.c: netdev_queue_get_dma_dev).
  if (reg.if_idx == LO_IFINDEX) return -EOPNOTSUPP;
  if (reg.if_idx != NIC_IFINDEX) return -ENODEV;
  q.netdev = 1;
  q.dev = 1;
  let ret = areaCreate(ifq_idx, area, reg.rx_buf_len);
  if (ret != 0) return ret;
  ret = queueOpen(q.host, reg.if_rxq, ifq_idx + 1, reg.rx_buf_len != 0 ? 1 << q.niov_shift : 0);
  if (ret != 0) return ret;
  q.if_rxq = reg.if_rxq;
  return 0;
}

/** Checks of the event descriptor. */
function checkNotif(notif: zcrx_event_desc): i32 {
  if ((notif.type_mask & ~ZCRX_EVENT_TYPE_MASK) != 0) return -EINVAL;
  if ((notif.flags & ~ZCRX_EVENT_DESC_FLAG_STATS) != 0) return -EINVAL;
  if ((notif.flags & ZCRX_EVENT_DESC_FLAG_STATS) == 0 && notif.stats_offset != 0) return -EINVAL;
  return memIsZero(changetype<usize>(notif) + 24, ZCRX_EVENT_DESC_BYTES - 24) ? 0 : -EINVAL;
}

/** Ring, then queue and area. On an error the caller takes everything down again. */
function build(ifq_idx: u32, id: u32): i32 {
  const q = ifqAt(ifq_idx);
  const reg = changetype<io_uring_zcrx_ifq_reg>(REG);
  const area = changetype<io_uring_zcrx_area_reg>(AREA);
  const notif = changetype<zcrx_event_desc>(NOTIF);
  let ret = allocateRing(q, id, reg, changetype<io_uring_region_desc>(DESC));
  if (ret != 0) return ret;
  if ((notif.flags & ZCRX_EVENT_DESC_FLAG_STATS) != 0) {
    ret = placeStats(q, notif);
    if (ret != 0) return ret;
  }
  q.kern_readable = (area.flags & IORING_ZCRX_AREA_DMABUF) == 0 ? 1 : 0;
  return (reg.flags & ZCRX_REG_NODEV) == 0 ? registerNetdev(ifq_idx, q, reg, area) : areaCreate(ifq_idx, area, reg.rx_buf_len);
}

/** Fields that are reserved in kernels that do not know them yet. */
function reservedOk(host: u32, reg: io_uring_zcrx_ifq_reg): bool {
  if (!memIsZero(REG + 80, 16)) return false;
  if (reg.event_desc != 0 && !behaves(host, BEHAVES_ZCRX_EVENTS)) return false;
  return reg.rx_buf_len == 0 || behaves(host, BEHAVES_ZCRX_RX_BUF_LEN);
}

/** What io_register_zcrx checks before it makes anything; copies each struct when the kernel does. */
function copyIn(ring_flags: u32): i32 {
  memory.fill(NOTIF, 0, ZCRX_EVENT_DESC_BYTES);
  const reg = changetype<io_uring_zcrx_ifq_reg>(REG);
  if (!userOk(reg.region_ptr, IO_URING_REGION_DESC_BYTES)) return -EFAULT;
  memory.copy(DESC, <usize>reg.region_ptr, IO_URING_REGION_DESC_BYTES);
  if (reg.if_rxq == NONE || reg.rq_entries == 0) return -EINVAL;
  if ((reg.if_rxq != 0 || reg.if_idx != 0) && (reg.flags & ZCRX_REG_NODEV) != 0) return -EINVAL;
  if (reg.rq_entries > RQ_ENTRIES_MAX) {
    if ((ring_flags & IORING_SETUP_CLAMP) == 0) return -EINVAL;
    reg.rq_entries = RQ_ENTRIES_MAX;
  }
  reg.rq_entries = reg.rq_entries <= 1 ? 1 : (<u32>1) << (32 - clz<u32>(reg.rq_entries - 1));
  if (!userOk(reg.area_ptr, IO_URING_ZCRX_AREA_REG_BYTES)) return -EFAULT;
  memory.copy(AREA, <usize>reg.area_ptr, IO_URING_ZCRX_AREA_REG_BYTES);
  if (changetype<io_uring_zcrx_area_reg>(AREA).rq_area_token != 0) return -EINVAL;
  if (reg.event_desc != 0) {
    if (!userOk(reg.event_desc, ZCRX_EVENT_DESC_BYTES)) return -EFAULT;
    memory.copy(NOTIF, <usize>reg.event_desc, ZCRX_EVENT_DESC_BYTES);
  }
  return checkNotif(changetype<zcrx_event_desc>(NOTIF));
}

/** Makes an instance of the ring's own. 0 or -errno. */
function create(ring: u32, host: u32, arg: u64): i32 {
  const ifq_idx = ifqAlloc(host);
  const id = linkFreeId(ring);
  if (ifq_idx == NONE) return -ENOMEM;
  const q = ifqAt(ifq_idx);
  const reg = changetype<io_uring_zcrx_ifq_reg>(REG);
  const notif = changetype<zcrx_event_desc>(NOTIF);
  q.rq_entries = reg.rq_entries;
  q.notif_data = notif.user_data;
  q.allowed_notif_mask = notif.type_mask;
  const ret = id == NONE ? -<i32>ENOMEM : build(ifq_idx, id);
  if (ret != 0) {
    zcrxPut(ifq_idx, ring);
    return ret;
  }
  reg.zcrx_id = id;
  reg.rx_buf_len = 1 << q.niov_shift;
  linkAdd(ring, id, ifq_idx);
  memory.copy(<usize>arg, REG, IO_URING_ZCRX_IFQ_REG_BYTES);
  memory.copy(<usize>reg.region_ptr, DESC, IO_URING_REGION_DESC_BYTES);
  memory.copy(<usize>reg.area_ptr, AREA, IO_URING_ZCRX_AREA_REG_BYTES);
  if (notif.type_mask != 0) q.master_ring = ring;
  return 0;
}

/** IORING_REGISTER_ZCRX_IFQ (io_register_zcrx). 0 or -errno. */
export function zcrxRegister(ring: u32, host: u32, ring_flags: u32, arg: u64): i32 {
  if (!behaves(host, BEHAVES_ZCRX)) return -EINVAL;
  if (!hostConfig(host).ring_cap_net_admin) return -EPERM;
  if ((ring_flags & IORING_SETUP_DEFER_TASKRUN) == 0) return -EINVAL;
  if ((ring_flags & (IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED)) == 0) return -EINVAL;
  if (!userOk(arg, IO_URING_ZCRX_IFQ_REG_BYTES)) return -EFAULT;
  memory.copy(REG, <usize>arg, IO_URING_ZCRX_IFQ_REG_BYTES);
  const reg = changetype<io_uring_zcrx_ifq_reg>(REG);
  if (!reservedOk(host, reg) || reg.zcrx_id != 0) return -EINVAL;
  if ((reg.flags & ~zcrxRegFlags(host)) != 0) return -EINVAL;
  if ((reg.flags & ZCRX_REG_IMPORT) != 0) return zcrxImport(ring, host, reg, arg);
  const ret = copyIn(ring_flags);
  return ret != 0 ? ret : create(ring, host, arg);
}
