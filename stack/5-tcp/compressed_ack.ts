/**
 * ACKs with SACK blocks are compressed (net/ipv4/tcp_input.c: __tcp_ack_snd_check): after three that let the sender find the loss,
 * the next ones are held back for part of a round trip, and one is sent for all of them.
 */
import { hostConfig, hrtimerArm, hrtimerCancel, hrtimerPending, now, TCP_TCPACKCOMPRESSED } from '../../sim/core';
import { compressedAckTimer, mibAdd, Sock, sock, sockHold, sockPut } from '../6-socket';
import { sendAck } from './ack_out';
import { mstampRefresh } from './clock';

const FASTRETRANS_THRESH: u8 = 3;

/** An out-of-order segment wants an ACK. True: it is held back. */
export function holdBack(sk: Sock): bool {
  const c = hostConfig(sk.host);
  if (sk.sack_ok == 0 || <u32>sk.compressed_ack >= c.tcp_comp_sack_nr) return false;
  if (sk.compressed_ack_rcv_nxt != sk.rcv_nxt) {
    sk.compressed_ack_rcv_nxt = sk.rcv_nxt;
    sk.dup_ack_counter = 0;
  }
  if (sk.dup_ack_counter < FASTRETRANS_THRESH) {
    sk.dup_ack_counter++;
    return false;
  }
  sk.compressed_ack++;
  const timer = compressedAckTimer(sk);
  if (hrtimerPending(timer)) return true;
  // rcv_rtt_us and srtt_us are eight times the round trip.
  let rtt = sk.rcv_rtt_us;
  if (sk.srtt_us != 0 && sk.srtt_us < rtt) rtt = sk.srtt_us;
  const delay = min(<u64>(rtt + (rtt >> 2)) * c.tcp_comp_sack_rtt_percent, <u64>c.tcp_comp_sack_delay_ns);
  sockHold(sk.handle);
  hrtimerArm(timer, now() + delay + c.tcp_comp_sack_slack_ns);
  return true;
}

/** An ACK goes out: those that were held back are not needed (tcp_event_ack_sent). */
export function compressedAcksSent(sk: Sock): void {
  mibAdd(sk.host, TCP_TCPACKCOMPRESSED, sk.compressed_ack);
  sk.compressed_ack = 0;
  cancelCompressedAck(sk);
}
export function cancelCompressedAck(sk: Sock): void {
  if (hrtimerCancel(compressedAckTimer(sk))) sockPut(sk.handle);
}

/** Sends what is held back now (tcp_sack_compress_send_ack). */
export function sendCompressedAck(sk: Sock): void {
  if (sk.compressed_ack == 0) return;
  cancelCompressedAck(sk);
  mibAdd(sk.host, TCP_TCPACKCOMPRESSED, sk.compressed_ack - 1);
  sk.compressed_ack = 0;
  sendAck(sk);
}

/** tcp_compressed_ack_kick. */
export function tcpCompressedAckTimer(sock_idx: u32): void {
  const sk = sock(sock_idx);
  if (sk.compressed_ack != 0) {
    // One is sent after all: it is none that was saved.
    sk.compressed_ack--;
    mstampRefresh(sk);
    sendAck(sk);
  }
  sockPut(sock_idx);
}
