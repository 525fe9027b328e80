/** Eventfds (fs/eventfd.c): a number that is added to and taken. */
import { EVENTFDS_MAX, FILE_ADDR, NONE, Slab, slabAt, slabNew, slabPut, slabTake, waitForget, wakeUp } from '../../sim/core';
import { EAGAIN, EFAULT, EINVAL } from '../../uring-model/uapi.gen';
import { iovTotal, Msg, msgCopyIn, msgCopyOut, POLLERR, POLLIN, POLLOUT } from '../6-socket';

export const EFD_SEMAPHORE: u32 = 1;
const COUNT_BYTES: u32 = 8;

@unmanaged
class EventfdState {
  eventfds: Slab;
  /** A wake-up of an eventfd is under way (current->in_eventfd). */
  signalling: u32;
  /** Where a count lies while it is copied. */
  copy: u64;
}
@unmanaged
class Eventfd {
  count: u64;
  waiters: u32;
  semaphore: u32;
}
const EVENTFD_STATE: usize = FILE_ADDR + 0x60;

function state(): EventfdState {
  return changetype<EventfdState>(EVENTFD_STATE);
}
function eventfdAt(idx: u32): Eventfd {
  return changetype<Eventfd>(slabAt(state().eventfds, idx));
}

export function eventfdsInit(): void {
  state().eventfds = slabNew(EVENTFDS_MAX, offsetof<Eventfd>());
}

export function eventfdNew(count: u32, semaphore: bool): u32 {
  const idx = slabTake(state().eventfds);
  if (idx == NONE) return NONE;
  const e = eventfdAt(idx);
  e.count = count;
  e.waiters = 0;
  e.semaphore = semaphore ? 1 : 0;
  return idx;
}

function tell(idx: u32, mask: u32): void {
  const s = state();
  s.signalling++;
  wakeUp(eventfdWaitHead(idx), mask);
  s.signalling--;
}

/** Is no wake-up of an eventfd under way, within which another may not be signalled? (eventfd_signal_allowed) */
export function eventfdSignalAllowed(): bool {
  return state().signalling == 0;
}
/** Adds one (eventfd_signal_mask). `mask`: bits that the wake-up says besides POLLIN. */
export function eventfdSignal(idx: u32, mask: u32): void {
  assert(eventfdSignalAllowed(), 'F2 an eventfd is not signalled from within a wake-up of one');
  const e = eventfdAt(idx);
  if (e.count < u64.MAX_VALUE) e.count++;
  tell(idx, POLLIN | mask);
}

/** Takes the count, or one of a semaphore: 8, -EAGAIN … */
export function eventfdRead(idx: u32, m: Msg): i64 {
  if (iovTotal(m.iov, m.iov_count) < COUNT_BYTES) return -EINVAL;
  const e = eventfdAt(idx);
  if (e.count == 0) return -EAGAIN;
  const taken = e.semaphore != 0 ? 1 : e.count;
  e.count -= taken;
  tell(idx, POLLOUT);
  state().copy = taken;
  const at = EVENTFD_STATE + offsetof<EventfdState>('copy');
  return msgCopyOut(m, 0, COUNT_BYTES, at) ? <i64>COUNT_BYTES : -EFAULT;
}

/** Adds: 8, -EAGAIN when the sum would be too large … */
export function eventfdWrite(idx: u32, m: Msg): i64 {
  if (iovTotal(m.iov, m.iov_count) != COUNT_BYTES) return -EINVAL;
  const at = EVENTFD_STATE + offsetof<EventfdState>('copy');
  if (!msgCopyIn(m, 0, COUNT_BYTES, at)) return -EFAULT;
  const added = state().copy;
  if (added == u64.MAX_VALUE) return -EINVAL;
  const e = eventfdAt(idx);
  if (u64.MAX_VALUE - e.count <= added) return -EAGAIN;
  e.count += added;
  tell(idx, POLLIN);
  return COUNT_BYTES;
}

export function eventfdPoll(idx: u32): u32 {
  const count = eventfdAt(idx).count;
  let mask: u32 = 0;
  if (count > 0) mask |= POLLIN;
  if (count == u64.MAX_VALUE) mask |= POLLERR;
  if (u64.MAX_VALUE - 1 > count) mask |= POLLOUT;
  return mask;
}
export function eventfdWaitHead(idx: u32): usize {
  return changetype<usize>(eventfdAt(idx)) + offsetof<Eventfd>('waiters');
}
export function eventfdRelease(idx: u32): void {
  wakeUp(eventfdWaitHead(idx), POLLHUP);
  waitForget(eventfdWaitHead(idx));
  slabPut(state().eventfds, idx);
}
const POLLHUP: u32 = 0x10;
