/** What an operation returns, and how it is called (io_uring/io_uring.h). */
import { EAGAIN } from '../uapi.gen';

/** Done: the result is in the request. */
export const IOU_COMPLETE: i32 = 0;
/** Nothing to do now: wait for the file. */
export const IOU_RETRY: i32 = -EAGAIN;
/** It will complete by itself later. */
export const IOU_ISSUE_SKIP_COMPLETE: i32 = -529;
/** More to do: to the back of the queue. */
export const IOU_REQUEUE: i32 = -3072;

/** Called again from task work, for a multishot request (IO_URING_F_MULTISHOT). */
export const ISSUE_MULTISHOT: u32 = 1;
/** Called by a worker, without the lock of the ring (IO_URING_F_UNLOCKED). */
export const ISSUE_UNLOCKED: u32 = 4;
/** It must not sleep: what would gives -EAGAIN (IO_URING_F_NONBLOCK). Without it a worker thread calls. */
export const ISSUE_NONBLOCK: u32 = 2;
