/** What a process opens beside sockets: files that a script's `dd` has made, and pipes. All bytes are zeros. */

export class PlainFile {
  readonly type = 'file';
  readonly size: number;
  constructor(size: number) {
    this.size = size;
  }
}

/** Both ends share what is in the pipe. */
export class PipeBuffer {
  bytes = 0;
}
export class Pipe {
  readonly type = 'pipe';
  readonly buffer: PipeBuffer;
  readonly write_end: boolean;
  constructor(buffer: PipeBuffer, write_end: boolean) {
    this.buffer = buffer;
    this.write_end = write_end;
  }
}
/** Pages of a pipe (fs/pipe.c: PIPE_DEF_BUFFERS). */
export const PIPE_BYTES = 16 * 4096;
