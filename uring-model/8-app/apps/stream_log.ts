/** What an application tells of its connections to whoever watches: a real one would write a log. */

/** A digest in progress. */
export interface Hash {
  update(data: Uint8Array): unknown;
  /** In hex; the object is spent afterwards. */
  hex(): string;
}

export interface OpenStream {
  received(data: Uint8Array): void;
  sent(data: Uint8Array): void;
  /** 0, or the -errno that ended it; called while the descriptor is still open. */
  end(result: number): void;
}

export interface StreamLog {
  open(fd: number): OpenStream;
}
