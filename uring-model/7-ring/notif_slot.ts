/** Shared notifications, for the built-in applications: no system call of Linux has them (notif.ts: notifSlotUse). */
import { notifSlotFlush, notifSlotUse } from './notif';
import { ringOfFd } from './ring_fds';
import { ringAt } from './state';

export function ringNotifSlot(task: u32, fd: u32): void {
  const ring = ringOfFd(task, <i32>fd, false);
  if (ring >= 0) notifSlotUse(ringAt(<u32>ring));
}
/** Notifications that will come: 1 or 0. */
export function ringNotifSlotFlush(task: u32, fd: u32): u32 {
  const ring = ringOfFd(task, <i32>fd, false);
  return ring >= 0 && notifSlotFlush(ringAt(<u32>ring)) ? 1 : 0;
}
