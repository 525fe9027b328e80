/**
 * Stage 8 of 9 · app (built-in applications)
 * From 7-ring: completions.   To 7-ring: submissions.   To 9-refill: buffers given back.
 *
 * Linux 7.3   none: this is user space. liburing: src/queue.c, src/setup.c, src/register.c
 * Owns        user space's half of the rings; sources, sinks and echo servers; the table of streams
 * Does not    touch the kernel but through system calls and mapped memory; for the table of streams it looks into sockets
 * Drops       none
 * Invariants  those of the stage's card, uring-model/8-app/index.ts
 */
export { appError, appInit, appTimer, appTold, streamCopy, streamCount, taskRun, taskRunnable } from './app';
export { setSystemCall } from './port';
export { App, app, STREAM_BYTES } from './state';
export { taskPark, taskWork } from '../../7-ring';
