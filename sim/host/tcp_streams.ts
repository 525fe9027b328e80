/**
 * The TCP connections of a capture: who is client, what the server's first numbers were, and what the client's byte
 * stream is. A connection begins with its SYN; packets of one that began before the capture are counted, not replayed.
 */
import {
  addressText, type ChecksumVerdict, FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, judgeChecksum, type NotTcp, parseTcp, type TcpPacket,
} from './packet_parse.ts';
import { asEthernet } from './link_layer.ts';
import type { Capture, CapturedFrame } from './pcap_read.ts';
import { Reassembly } from './reassembly.ts';

export interface Connection {
  readonly index: number;
  readonly family: 4 | 6;
  readonly client: Uint8Array;
  readonly client_port: number;
  readonly server: Uint8Array;
  readonly server_port: number;
  /** client:port > server:port */
  readonly text: string;
  readonly client_iss: number;
  /** Initial sequence number of the captured server, and the timestamp of its SYN-ACK. */
  server_iss: number | undefined;
  server_tsval: number | undefined;
  /** How the server's first numbers are known. */
  server_seen: 'SYN-ACK' | 'client ACK' | 'no';
  server_timestamps: boolean;
  client_mss: number;
  server_mss: number;
  /** Bytes that the captured server sent; a replay does not send them. */
  server_bytes: number;
  readonly stream: Reassembly;
  reset: boolean;
  client_packets: number;
}

export interface ClientPacket {
  readonly frame: CapturedFrame;
  readonly tcp: TcpPacket;
  readonly connection: Connection;
  readonly checksum: ChecksumVerdict;
}

export interface Streams {
  readonly connections: readonly Connection[];
  /** What clients sent, in the order of the capture. */
  readonly packets: readonly ClientPacket[];
  readonly skipped: Readonly<Record<string, number>>;
  /** Connections of which the capture has no SYN: text and packets. */
  readonly midway: ReadonlyMap<string, number>;
  readonly cut_frames: number;
  readonly offloaded: number;
  readonly bad_checksums: number;
}

class Sorter {
  readonly connections: Connection[] = [];
  readonly packets: ClientPacket[] = [];
  readonly skipped: Record<string, number> = {};
  readonly midway = new Map<string, number>();
  cut_frames = 0;
  offloaded = 0;
  bad_checksums = 0;
  private readonly open = new Map<string, Connection>();

  add(raw: CapturedFrame): void {
    const frame = asEthernet(raw);
    const tcp = parseTcp(frame.data, frame.wire_bytes);
    if (typeof tcp === 'string') return this.skip(tcp);
    const from = endpoint(tcp.src, tcp.src_port);
    const to = endpoint(tcp.dst, tcp.dst_port);
    if ((tcp.flags & (FLAG_SYN | FLAG_ACK)) === FLAG_SYN) this.begin(tcp, from, to);
    const forward = this.open.get(`${from} > ${to}`);
    if (forward) return this.fromClient(frame, tcp, forward);
    const back = this.open.get(`${to} > ${from}`);
    if (back) return this.fromServer(tcp, back);
    const text = from < to ? `${from} <> ${to}` : `${to} <> ${from}`;
    this.midway.set(text, (this.midway.get(text) ?? 0) + 1);
  }

  private skip(why: NotTcp): void {
    this.skipped[why] = (this.skipped[why] ?? 0) + 1;
  }

  /** A SYN opens a connection, unless it repeats the one that opened it. */
  private begin(tcp: TcpPacket, from: string, to: string): void {
    const text = `${from} > ${to}`;
    const known = this.open.get(text);
    if (known?.client_iss === tcp.seq) return;
    const default_mss = tcp.family === 4 ? 536 : 1220;
    const connection: Connection = {
      index: this.connections.length, family: tcp.family, text,
      client: tcp.src.slice(), client_port: tcp.src_port, server: tcp.dst.slice(), server_port: tcp.dst_port,
      client_iss: tcp.seq, server_iss: undefined, server_tsval: undefined, server_seen: 'no', server_timestamps: true,
      client_mss: tcp.mss ?? default_mss, server_mss: 65535,
      server_bytes: 0, stream: new Reassembly((tcp.seq + 1) >>> 0), reset: false, client_packets: 0,
    };
    this.connections.push(connection);
    this.open.set(text, connection);
  }

  private fromClient(frame: CapturedFrame, tcp: TcpPacket, connection: Connection): void {
    const checksum = judgeChecksum(frame.data, tcp);
    if (checksum === 'offloaded') this.offloaded++;
    if (checksum === 'bad') this.bad_checksums++;
    if (tcp.captured_payload_bytes < tcp.payload_bytes) this.cut_frames++;
    this.packets.push({ frame, tcp, connection, checksum });
    connection.client_packets++;
    if (tcp.flags & FLAG_RST) connection.reset = true;
    // The capture of a client alone still tells the server's numbers, in the first acknowledgement.
    if (connection.server_seen === 'no' && tcp.flags & FLAG_ACK && !(tcp.flags & FLAG_RST)) {
      connection.server_iss = (tcp.ack - 1) >>> 0;
      connection.server_tsval = tcp.tsecr;
      connection.server_timestamps = tcp.tsval !== undefined;
      connection.server_seen = 'client ACK';
    }
    if (checksum === 'bad') return;
    const data = frame.data.subarray(tcp.payload, tcp.payload + tcp.captured_payload_bytes);
    connection.stream.add(tcp.seq + (tcp.flags & FLAG_SYN ? 1 : 0), data, tcp.payload_bytes, (tcp.flags & FLAG_FIN) !== 0);
  }

  private fromServer(tcp: TcpPacket, connection: Connection): void {
    if ((tcp.flags & (FLAG_SYN | FLAG_ACK)) === (FLAG_SYN | FLAG_ACK) && connection.server_seen !== 'SYN-ACK') {
      connection.server_iss = tcp.seq;
      connection.server_tsval = tcp.tsval;
      connection.server_timestamps = tcp.tsval !== undefined;
      connection.server_mss = tcp.mss ?? (tcp.family === 4 ? 536 : 1220);
      connection.server_seen = 'SYN-ACK';
    }
    if (tcp.flags & FLAG_RST) connection.reset = true;
    else if (tcp.payload_bytes > 0 && connection.server_iss !== undefined) {
      // Exact below 2 GiB: the replay only says how much it leaves out.
      const end = (tcp.seq + tcp.payload_bytes - connection.server_iss - 1) >>> 0;
      connection.server_bytes = Math.max(connection.server_bytes, end);
    }
  }
}

function endpoint(address: Uint8Array, port: number): string {
  return address.length === 4 ? `${addressText(address)}:${port}` : `[${addressText(address)}]:${port}`;
}

export function sortStreams(capture: Capture): Streams {
  const sorter = new Sorter();
  for (const frame of capture.frames) sorter.add(frame);
  return sorter;
}
