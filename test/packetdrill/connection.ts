/**
 * The connection under test, between the script's numbers and the live ones: addresses, initial sequence numbers, timestamps.
 * Sequence numbers of SYNs count as they are, all others from the initial one of their side.
 */
import {
  copyPacket, OPT_SACK, type Packet, setWord32, timestampOf, word32,
} from './packet.ts';
import { ScriptFailure } from './verdict.ts';

export type ConnectionState =
  | 'init' | 'new' | 'listening' | 'packet_received' | 'synack_sent' | 'synack_acked' | 'connecting' | 'syn_sent' | 'syn_acked';

export class Connection {
  state: ConnectionState = 'init';
  script_fd = -1;
  live_fd = -1;
  script_local_isn = 0;
  script_remote_isn = 0;
  live_local_isn = 0;
  live_remote_isn = 0;
  live_local_port = 0;
  live_remote_port = 0;
  /** The live packets' addresses as hex; empty: not known yet. */
  live_local = '';
  live_remote = '';
  closed = false;
  /** Timestamps of ours that the script has named: script value to live value. */
  private readonly timestamps = new Map<number, number>();
  private first_script_ts = 0;
  private first_live_ts: number | undefined;

  /** What is added to a live sequence number of ours to get the script's. */
  private localOffset(is_syn: boolean): number {
    return is_syn ? this.script_local_isn - this.live_local_isn : -this.live_local_isn;
  }
  private remoteOffset(is_syn: boolean): number {
    return is_syn ? 0 : -this.live_remote_isn;
  }

  /** A packet of ours, with the script's sequence numbers. */
  toScript(live: Packet): Packet {
    const p = copyPacket(live);
    const { tcp } = p;
    if (!tcp) return p;
    tcp.seq = (tcp.seq + this.localOffset(tcp.syn)) >>> 0;
    const offset = this.remoteOffset(tcp.syn);
    if (tcp.ack) tcp.ack_seq = (tcp.ack_seq + offset) >>> 0;
    shiftSacks(p, offset);
    return p;
  }

  /** A script's packet with live sequence numbers, ports and timestamp echo. */
  toLive(script: Packet, ecr_scaled: boolean): Packet {
    const p = copyPacket(script);
    if (p.icmp) {
      p.icmp = { ...p.icmp, quoted_seq: (p.icmp.quoted_seq - this.localOffset(false)) >>> 0 };
      return p;
    }
    const { tcp } = p;
    if (!tcp) return p;
    if (tcp.src_port === 0) tcp.src_port = this.live_remote_port;
    if (tcp.dst_port === 0) tcp.dst_port = this.live_local_port;
    tcp.seq = (tcp.seq - this.remoteOffset(tcp.syn)) >>> 0;
    const offset = -this.localOffset(tcp.syn);
    if (tcp.ack) tcp.ack_seq = (tcp.ack_seq + offset) >>> 0;
    shiftSacks(p, offset);
    const ts = timestampOf(tcp);
    if (tcp.ack && ts) setWord32(ts.data, 4, this.liveEcho(word32(ts.data, 4), ecr_scaled));
    return p;
  }

  private liveEcho(script_ecr: number, scaled: boolean): number {
    const exact = this.timestamps.get(script_ecr);
    if (exact !== undefined) return exact;
    if (scaled && this.first_live_ts !== undefined) return (script_ecr - this.first_script_ts + this.first_live_ts) >>> 0;
    throw new ScriptFailure(`unable to infer live TS ecr for script TS ecr ${script_ecr}; no matching or preceding outbound TS val`);
  }

  /** Takes notice of our timestamp, and turns it into the script's clock. */
  mapTimestamp(actual: Packet, script: Packet): void {
    const mine = actual.tcp && timestampOf(actual.tcp);
    const wanted = script.tcp && timestampOf(script.tcp);
    if (!mine || !wanted) return;
    const live_val = word32(mine.data, 0);
    const script_val = word32(wanted.data, 0);
    this.timestamps.set(script_val, live_val);
    if (this.first_live_ts === undefined) {
      this.first_live_ts = live_val;
      this.first_script_ts = script_val;
    }
    setWord32(mine.data, 0, (this.first_script_ts + live_val - this.first_live_ts) >>> 0);
  }

  /** Does a packet of the host belong to this connection? */
  sends(p: Packet): boolean {
    return p.src === this.live_local && p.dst === this.live_remote && p.tcp?.src_port === this.live_local_port
      && p.tcp.dst_port === this.live_remote_port;
  }
}

function shiftSacks(p: Packet, offset: number): void {
  for (const option of p.tcp?.options ?? []) {
    if (option.kind !== OPT_SACK) continue;
    for (let at = 0; at + 4 <= option.data.length; at += 4) setWord32(option.data, at, (word32(option.data, at) + offset) >>> 0);
  }
}
