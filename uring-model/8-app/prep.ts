/**
 * io_uring_prep_* of liburing.h, under its names in camel case and with its arguments; user_data is set apart (sqeSetData64).
 * Pointers are addresses of user memory: numbers that memory.alloc gave.
 */
export * from './prep/file.ts';
export * from './prep/queue.ts';
export * from './prep/socket.ts';
export * from './prep/transfer.ts';
