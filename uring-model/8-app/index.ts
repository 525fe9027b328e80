/**
 * Stage 8 of 9 · app
 * From 7-ring: completions.   To 9-refill: buffers to give back; to 7-ring: requests.
 *
 * Linux 7.3   liburing: src/queue.c, src/setup.c, src/include/liburing.h; include/uapi/linux/io_uring.h, io_uring/zcrx.h
 * Owns        the user half of SQ, CQ, refill ring and area; applications as generators over one seam (kernel.ts)
 * Does not    know which kernel it runs on; keep a view of memory across a call
 * Drops       none
 * Invariants  A1 a completion is read before its slot is given back.  A2 a buffer is not read after it was given back.
 */
export * from './app.ts';
export * from './area.ts';
export * from './buf_ring.ts';
export * from './kernel.ts';
export * from './prep.ts';
export * from './refill.ts';
export * from './ring.ts';
export * from './sockaddr.ts';
export { acceptOne, closeSocket, connectTo, listenOn, once, openSocket } from './apps/open.ts';
export { echo, type EchoOptions } from './apps/echo.ts';
export { fetchFiles, type FetchOptions } from './apps/fetch.ts';
export { fileBytes } from './apps/file_bytes.ts';
export { httpService, type HttpOptions } from './apps/http.ts';
export { discardService, echoService, sourceService } from './apps/plain_services.ts';
export { server, type ServerOptions, type Service, type Session } from './apps/server.ts';
export type { Hash, OpenStream, StreamLog } from './apps/stream_log.ts';
export { sink, type SinkOptions } from './apps/sink.ts';
export { source, type SourceOptions } from './apps/source.ts';
