/** Why a registration was refused: the checks of io_uring/zcrx.c (io_register_zcrx) in their order, asked of what is known. */
import {
  IORING_SETUP_CLAMP, IORING_SETUP_CQE32, IORING_SETUP_CQE_MIXED, IORING_SETUP_DEFER_TASKRUN, ZCRX_REG_IMPORT,
} from '../../../uring-model/8-app/uapi.gen.ts';
import { PROFILES } from '../../schema/behaviours.ts';
import { formatQuantity } from '../scenario.ts';
import { resText } from './cqe_text.ts';
import type { HostView } from './patient.ts';

/** What was asked for. */
export interface Asked {
  readonly ring_flags: number;
  readonly if_idx: number;
  readonly queue: number;
  readonly nodev: boolean;
  readonly rq: number;
  readonly rx_buf_len: number;
  readonly area_bytes: number;
  readonly reg_flags: number;
  readonly events: boolean;
}

export interface Refusal {
  readonly name: string;
  readonly why: string;
  readonly remedy?: string;
}

const LO = 1;
const NIC = 2;
const PAGE = 4096;
const RQ_ENTRIES_MAX = 32768;
const [EPERM, ENOMEM, EFAULT, EBUSY, EEXIST, ENODEV, EINVAL, ERANGE, EOPNOTSUPP] = [1, 12, 14, 16, 17, 19, 22, 34, 95];

/** One check: what it returns, whether it applies, and what it says. */
type Check = readonly [errno: number, applies: boolean, name: string, why: string, remedy?: string];

const isPow2 = (n: number) => (n & (n - 1)) === 0;

function kernelChecks(a: Asked, v: Readonly<Record<string, number>>): Check[] {
  const kernel = `kernel.profile is ${PROFILES[v['kernel.profile'] ?? 0]}`;
  const nodev_flag = a.nodev && v['kernel.zcrx_nodev'] === 0;
  return [
    [EINVAL, v['kernel.zcrx'] === 0, 'register-kernel', `this kernel has no zero-copy receive (${kernel})`,
      'a kernel from 6.18 on here (upstream has it since 6.15), or a receive that copies.'],
    [EINVAL, (a.ring_flags & IORING_SETUP_DEFER_TASKRUN) === 0, 'register-argument', 'the ring has no IORING_SETUP_DEFER_TASKRUN',
      'make the ring with IORING_SETUP_SINGLE_ISSUER and IORING_SETUP_DEFER_TASKRUN.'],
    [EINVAL, (a.ring_flags & (IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED)) === 0, 'register-argument',
      'the ring has neither IORING_SETUP_CQE32 nor IORING_SETUP_CQE_MIXED', 'make the ring with one of them.'],
    [EINVAL, a.rx_buf_len > 0 && v['kernel.zcrx_rx_buf_len'] === 0, 'register-kernel', `this kernel knows no rx_buf_len (${kernel})`,
      'leave rx_buf_len 0: buffers are pages there.'],
    [EINVAL, a.events && v['kernel.zcrx_events'] === 0, 'register-kernel', `this kernel knows no zcrx events (${kernel})`,
      'leave event_desc 0 there, and ask the counters.'],
    [EINVAL, nodev_flag, 'register-kernel', `this kernel knows no ZCRX_REG_NODEV (${kernel})`, 'name a device and a queue.'],
  ];
}

function argumentChecks(a: Asked): Check[] {
  return [
    [EINVAL, (a.reg_flags & ~ZCRX_REG_IMPORT) !== 0, 'register-argument', `flags of the registration that no kernel knows:`
      + ` 0x${a.reg_flags.toString(16)}`, 'leave them out.'],
    [EINVAL, a.rq === 0, 'register-argument', 'rq_entries is 0', 'ask for a refill ring of at least as many entries as may be on loan.'],
    [EINVAL, a.rq > RQ_ENTRIES_MAX && (a.ring_flags & IORING_SETUP_CLAMP) === 0, 'register-argument',
      `rq_entries is ${a.rq}, and ${RQ_ENTRIES_MAX} is the most`, `ask for ${RQ_ENTRIES_MAX}, or make the ring with IORING_SETUP_CLAMP.`],
    [EFAULT, a.area_bytes === 0, 'register-argument', 'the area has no bytes', 'give it memory: whole pages.'],
    [ENODEV, !a.nodev && a.if_idx !== LO && a.if_idx !== NIC, 'register-argument', `there is no interface ${a.if_idx}`,
      'name an interface that there is (if_nametoindex); here the NIC is 2.'],
    [EOPNOTSUPP, !a.nodev && a.if_idx === LO, 'register-unsupported', 'interface 1 is loopback, which has no DMA device'],
    [EINVAL, a.rx_buf_len > 0 && (!isPow2(a.rx_buf_len) || a.rx_buf_len < PAGE), 'register-buf-len', `rx_buf_len ${a.rx_buf_len} is no`
      + ' power of two from a page on'],
    [EOPNOTSUPP, a.nodev && a.rx_buf_len > 0 && a.rx_buf_len !== PAGE, 'register-buf-len', 'without a device a buffer is a page'],
    [EINVAL, a.area_bytes % PAGE !== 0, 'register-argument', 'the area is not whole pages', 'whole pages, at the beginning of one.'],
  ];
}

function deviceChecks(a: Asked, v: Readonly<Record<string, number>>): Check[] {
  if (a.nodev) return [];
  const queues = v['nic.rx_queues'] ?? 1;
  const split = `nic.header_split is ${v['nic.header_split'] === 0 ? 'off' : 'on'}, nic.hds_thresh ${v['nic.hds_thresh']}`;
  const large = a.rx_buf_len > PAGE;
  return [
    [EOPNOTSUPP, v['nic.queue_mgmt'] === 0, 'register-unsupported', 'the driver cannot restart a single queue (nic.queue_mgmt)'],
    [ERANGE, large && a.queue < queues, 'register-buf-len', `rx_buf_len ${a.rx_buf_len}: the memory of the area is not contiguous for`
      + ' so long, or the driver\'s limit is lower'],
    [ERANGE, a.queue >= queues, 'register-queue', `queue ${a.queue}, and the device has ${queues}`],
    [EINVAL, v['nic.header_split'] === 0 || (v['nic.hds_thresh'] ?? 0) > 0, 'register-no-split', split],
    [EEXIST, v['nic.xdp'] === 1, 'register-xdp', 'an XDP program is attached (nic.xdp)'],
    [EOPNOTSUPP, large && v['nic.rx_page_size'] === 0, 'register-buf-len', `rx_buf_len ${a.rx_buf_len}, and the driver posts only pages`
      + ' (nic.rx_page_size)'],
    [EBUSY, v['nic.xsk_queue'] === a.queue + 1, 'register-af-xdp', `queue ${a.queue} belongs to an AF_XDP socket (nic.xsk_queue)`],
  ];
}

/** The first check that returns this error for what was asked; that nothing is known is said, too. */
export function refusalOf(h: HostView | undefined, a: Asked, errno: number): Refusal {
  const v = h?.setup?.values;
  const checks: Check[] = [
    ...(v ? kernelChecks(a, v) : []),
    [EPERM, true, 'register-argument', 'CAP_NET_ADMIN is needed (ring.cap_net_admin)', 'run with CAP_NET_ADMIN.'],
    ...argumentChecks(a), ...(v ? deviceChecks(a, v) : []),
    [EEXIST, true, 'register-bound', `queue ${a.queue} has a memory provider`],
    [ENOMEM, true, 'register-argument', `no memory for an area of ${formatQuantity(a.area_bytes, 'bytes')}; RLIMIT_MEMLOCK is`
      + ` ${v ? formatQuantity(v['ring.memlock'] ?? 0, 'bytes') : 'unknown'}`,
    'a smaller area, or more that may be locked (ring.memlock).'],
  ];
  const found = checks.find(([e, applies]) => e === errno && applies);
  if (!found) return { name: 'register-refused', why: `nothing that is known of it explains ${resText(-errno)}` };
  const [, , name, why, remedy] = found;
  return { name, why, ...(remedy === undefined ? {} : { remedy }) };
}
