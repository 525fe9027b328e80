/** The connections of applications in TypeScript, in the form of those of built-in ones: what they say, and what their sockets know. */
import type { Hash, OpenStream, StreamLog } from '../../uring-model/8-app/index.ts';
import { VIEW_SOCKET } from './core_exports.ts';
import type { Engine } from './engine.ts';
import type { StreamResult } from './result.ts';
import { Sha256 } from './sha256.ts';
import { readSocket } from './socket_info.ts';

/** What a socket knows of its connection. */
interface Known {
  readonly family: number;
  readonly localPort: number;
  readonly peer: string;
  readonly peerPort: number;
  readonly segments: number;
  readonly outOfOrder: number;
  readonly duplicates: number;
  readonly lent: number;
  readonly linear: number;
  readonly page: number;
}
const NOTHING: Known = {
  family: 0, localPort: 0, peer: '', peerPort: 0, segments: 0, outOfOrder: 0, duplicates: 0, lent: 0, linear: 0, page: 0,
};

/** `VIEW_SOCKET`: {u32 number, -, u64 lent, u64 linear, u64 page}; the number stands for the socket in the other views. */
function known(engine: Engine, host: number, fd: number): Known {
  const at = engine.core.view(VIEW_SOCKET, host * 2 ** 24 + fd);
  if (at === 0) return NOTHING;
  const word = (offset: number) => Number(engine.view.getBigUint64(at + offset, true));
  const [number, lent, linear, page] = [engine.view.getUint32(at, true), word(8), word(16), word(24)];
  const info = readSocket(engine, number);
  if (!info) return NOTHING;
  return {
    family: info.family, localPort: info.lport, peer: info.remote, peerPort: info.rport, segments: info.data_segs_in,
    outOfOrder: info.rcv_ooopack, duplicates: info.rcv_dup_segs, lent, linear, page,
  };
}

/** Bytes that zero-copy receive copied for a socket of the server; undefined: there is no such socket. */
export const copiedOf = (engine: Engine) => (fd: number): number | undefined => {
  const k = known(engine, 1, fd);
  return k === NOTHING ? undefined : k.linear + k.page;
};

class ScriptStream implements OpenStream {
  bytes = 0;
  sent_bytes = 0;
  done: { readonly result: number; readonly sha256: string; readonly sent_sha256: string } | undefined;
  private readonly engine: Engine;
  private readonly host: number;
  private readonly fd: number;
  /** Of what was received and what was sent, until it is over. */
  private hashes: readonly [Hash, Hash] | undefined;
  private socket: Known;
  private pieces = 0;
  private readonly start_ns: number;
  private end_ns = 0;

  constructor(engine: Engine, host: number, fd: number, hash: () => Hash) {
    this.engine = engine;
    this.host = host;
    this.fd = fd;
    this.hashes = [hash(), hash()];
    this.socket = known(engine, host, fd);
    this.start_ns = Number(engine.core.taskNs());
  }

  received(data: Uint8Array): void {
    this.hashes?.[0].update(data);
    this.bytes += data.length;
    this.pieces++;
  }
  sent(data: Uint8Array): void {
    this.hashes?.[1].update(data);
    this.sent_bytes += data.length;
  }
  end(result: number): void {
    this.refresh();
    this.end_ns = Number(this.engine.core.taskNs());
    const [got, sent] = this.hashes ?? [];
    this.done = { result, sha256: got?.hex() ?? '', sent_sha256: sent?.hex() ?? '' };
    this.hashes = undefined;
  }

  private refresh(): void {
    const now = known(this.engine, this.host, this.fd);
    // A connection that was reset has forgotten whose it was.
    this.socket = now.peerPort === 0 ? { ...now, family: this.socket.family, peer: this.socket.peer, peerPort: this.socket.peerPort,
      localPort: this.socket.localPort } : now;
  }

  result(id: number): StreamResult {
    if (!this.done) this.refresh();
    const { lent, ...socket } = this.socket;
    const { linear, page, ...names } = socket;
    // What no zero-copy receive delivered came by a receive that copies.
    const recv = Math.max(0, this.bytes - lent - linear - page);
    return {
      id, ...names, bytes: this.bytes, sha256: this.done?.sha256 ?? '', complete: this.done?.result === 0,
      zeroCopyBytes: lent, copiedBytes: linear + page + recv, copiedWhy: { linear, page, recv }, cqes: this.pieces, requests: this.pieces,
      buffersHeldMax: lent + linear + page > 0 ? 1 : 0, startNs: this.start_ns, endNs: this.end_ns, endResult: this.done?.result ?? 0,
      sentBytes: this.sent_bytes, sentSha256: this.done?.sent_sha256 ?? '',
    };
  }
}

/** The streams of one host's application. */
export class ScriptStreams implements StreamLog {
  readonly streams: ScriptStream[] = [];
  private readonly engine: Engine;
  private readonly host: number;
  private readonly hash: () => Hash;

  constructor(engine: Engine, host: number, hash: () => Hash = () => new Sha256()) {
    this.engine = engine;
    this.host = host;
    this.hash = hash;
  }

  open(fd: number): OpenStream {
    const stream = new ScriptStream(this.engine, this.host, fd, this.hash);
    this.streams.push(stream);
    return stream;
  }

  results(): StreamResult[] {
    return this.streams.map((s, i) => s.result(i));
  }
  /** Connections that are open. */
  openCount(): number {
    return this.streams.filter((s) => !s.done).length;
  }
}
