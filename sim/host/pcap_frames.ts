/**
 * Captured frames as the wire had them: whole (bytes that a snapshot length cut away become zeros), with the checksums
 * that the sender's NIC would have written, and cut to the MTU where the capture shows packets from before the NIC.
 */
import { fold, sumBytes } from './internet_checksum.ts';
import { FLAG_FIN, FLAG_PSH, type TcpPacket, writeChecksum } from './packet_parse.ts';
import type { ClientPacket } from './tcp_streams.ts';

export interface WireSegment {
  /** Perhaps the capture's own bytes: not to be written to. */
  readonly data: Uint8Array;
  /** Offset of the TCP header. */
  readonly tcp: number;
  readonly ack: number;
}

/** What was done to frames to make them wire frames, for the report. */
export interface Repairs {
  split: number;
  checksums: number;
  padded: number;
  /** IP options and extension headers taken away: our IP takes none. */
  stripped: number;
}

/** One captured packet as the frames that go to the simulated NIC. `mss`: payload of a frame at most, when it must be cut. */
export function wireSegments(p: ClientPacket, mtu: number, mss: number, repairs: Repairs): WireSegment[] {
  const cut = p.tcp.captured_payload_bytes < p.tcp.payload_bytes;
  const { data, tcp, stripped } = bareHeaders(p);
  const large = data.length - tcp.ip > mtu;
  if (cut) repairs.padded++;
  if (stripped) repairs.stripped++;
  if (large) {
    repairs.split++;
    return split(data, tcp, mss);
  }
  if (cut || stripped || p.checksum === 'offloaded') {
    if (p.checksum === 'offloaded') repairs.checksums++;
    // A wrong checksum stays wrong: the NIC is to see it.
    if (p.checksum === 'bad') finishIp(data, tcp);
    else finish(data, tcp);
  }
  return [{ data, tcp: tcp.tcp, ack: tcp.ack }];
}

/** The whole frame, with the shortest IP header that it can have. */
function bareHeaders({ tcp, frame, checksum }: ClientPacket): { data: Uint8Array; tcp: TcpPacket; stripped: boolean } {
  const header = tcp.family === 4 ? 20 : 40;
  const extra = tcp.tcp - tcp.ip - header;
  const end = tcp.payload + tcp.payload_bytes - extra;
  // Most frames are as the wire had them.
  if (extra === 0 && end <= frame.data.length && checksum !== 'offloaded')
    return { data: frame.data.subarray(0, end), tcp, stripped: false };
  const data = new Uint8Array(end);
  data.set(frame.data.subarray(0, tcp.ip + header));
  data.set(frame.data.subarray(tcp.tcp, Math.min(end + extra, frame.data.length)), tcp.ip + header);
  if (extra === 0) return { data, tcp, stripped: false };
  if (tcp.family === 4) data[tcp.ip] = 0x45;
  else data[tcp.ip + 6] = 6;
  return { data, tcp: { ...tcp, tcp: tcp.tcp - extra, payload: tcp.payload - extra }, stripped: true };
}

/** What TCP segmentation offload does (net/ipv4/tcp_offload.c: tcp_gso_segment). */
function split(data: Uint8Array, tcp: TcpPacket, mss: number): WireSegment[] {
  const out: WireSegment[] = [];
  const id = ((data[tcp.ip + 4] as number) << 8) | (data[tcp.ip + 5] as number);
  for (let at = 0; at < tcp.payload_bytes; at += mss) {
    const bytes = Math.min(mss, tcp.payload_bytes - at);
    const last = at + bytes === tcp.payload_bytes;
    const segment = new Uint8Array(tcp.payload + bytes);
    segment.set(data.subarray(0, tcp.payload));
    segment.set(data.subarray(tcp.payload + at, tcp.payload + at + bytes), tcp.payload);
    put32(segment, tcp.tcp + 4, (tcp.seq + at) >>> 0);
    if (!last) segment[tcp.tcp + 13] = tcp.flags & ~(FLAG_FIN | FLAG_PSH);
    if (tcp.family === 4) put16(segment, tcp.ip + 4, (id + out.length) & 0xffff);
    finish(segment, tcp);
    out.push({ data: segment, tcp: tcp.tcp, ack: tcp.ack });
  }
  return out;
}

/** Writes lengths and checksums of IP and TCP for the frame's present size. */
function finish(data: Uint8Array, tcp: TcpPacket): void {
  finishIp(data, tcp);
  writeChecksum(data, tcp, data.length);
}

function finishIp(data: Uint8Array, tcp: TcpPacket): void {
  if (tcp.family === 4) {
    put16(data, tcp.ip + 2, data.length - tcp.ip);
    put16(data, tcp.ip + 10, 0);
    const header_end = tcp.ip + ((data[tcp.ip] as number) & 15) * 4;
    put16(data, tcp.ip + 10, ~fold(sumBytes(0, data, tcp.ip, header_end)) & 0xffff);
  } else put16(data, tcp.ip + 4, data.length - tcp.ip - 40);
}

function put16(data: Uint8Array, at: number, value: number): void {
  data[at] = value >> 8;
  data[at + 1] = value & 0xff;
}
function put32(data: Uint8Array, at: number, value: number): void {
  put16(data, at, value >>> 16);
  put16(data, at + 2, value & 0xffff);
}
