/**
 * The states of loss recovery (net/ipv4/tcp_input.c: tcp_fastretrans_alert and what it calls).
 *
 *     Open --dupack or SACK--> Disorder --loss--> Recovery --high_seq acked--> Open
 *       any --timeout--> Loss --high_seq acked--> Open         device refused --> CWR --> Open
 *
 * A reduction that turns out to be a mistake is undone: by timestamps (Eifel), by DSACKs, or by F-RTO.
 */
import {
  hostConfig, NONE, seqAfter, seqBefore, TCP_TCPDSACKUNDO, TCP_TCPFULLUNDO, TCP_TCPLOSSUNDO, TCP_TCPPARTIALUNDO, TCP_TCPRENORECOVERY,
  TCP_TCPRENOREORDER, TCP_TCPSACKRECOVERY, TCP_TCPSACKRENEGING, TCP_TCPSPURIOUSRTOS,
} from '../../sim/core';
import { skb } from '../3-pool';
import { mibInc, Sock, TCP_SYN_SENT } from '../6-socket';
import {
  ICSK_TIME_RETRANS, TCP_CA_CWR, TCP_CA_DISORDER, TCP_CA_LOSS, TCP_CA_OPEN, TCP_CA_RECOVERY, TCPCB_EVER_RETRANS, TCPCB_LOST,
  TCPCB_SACKED_ACKED,
} from './ack_flags';
import { jiffies, usecsToJiffies } from './clock';
import { caSsthresh, caUndoCwnd, currentSsthresh, enterCwr, inCwndReduction, setCaState, setCwnd } from './cong';
import {
  FLAG_DATA_SACKED, FLAG_ECE, FLAG_LOST_RETRANS, FLAG_ORIG_SACK_ACKED, FLAG_SACK_RENEGING, FLAG_SET_XMIT_TIMER, FLAG_SND_UNA_ADVANCED,
  REXMIT_LOST, REXMIT_NEW,
} from './event_flags';
import { countDelivered, ecnQueueCwr, ecnWithdrawCwr } from './ecn';
import { mtupProbeLost } from './mtu_probe';
import { endCwndReduction, initCwndReduction } from './prr';
import { markSkbLost, newrenoMarkLost, rackMarkLost, rackSkbTimeout } from './rack';
import { resetXmitTimer } from './rto';
import { checkSackReordering } from './sack_in';
import { AckState } from './stage';
import { packetsInFlight, wndEnd } from './transmit';

export const TCP_MAX_REORDERING: u32 = 300;
export const TCP_REORDERING: u32 = 3;

/** tcp_init_undo. */
function initUndo(sk: Sock): void {
  sk.undo_marker = sk.snd_una;
  sk.undo_retrans = <i32>sk.retrans_out;
  if (sk.tlp_high_seq != 0 && sk.tlp_retrans != 0) sk.undo_retrans++;
  if (sk.undo_retrans == 0) sk.undo_retrans = -1;
}

function clearRetransHints(sk: Sock): void {
  sk.retransmit_hint = NONE;
}

/** Was anything sent again (tcp_any_retrans_done)? */
export function anyRetransDone(sk: Sock): bool {
  if (sk.retrans_out != 0) return true;
  return sk.rtx_head != NONE && (skb(sk.rtx_head).sacked & TCPCB_EVER_RETRANS) != 0;
}

/** Did the delivery come from the first transmission (tcp_packet_delayed)? */
function packetDelayed(sk: Sock): bool {
  if (sk.retrans_stamp != 0) return sk.saw_tstamp != 0 && sk.rcv_tsecr != 0 && seqBefore(sk.rcv_tsecr, sk.retrans_stamp);
  if (sk.sack_ok == 0 && !seqBefore(sk.snd_una, sk.high_seq)) return false;
  return sk.state != <u8>TCP_SYN_SENT;
}

/** tcp_undo_cwnd_reduction. */
function undoCwndReduction(sk: Sock, unmark_loss: bool): void {
  if (unmark_loss) {
    for (let idx = sk.rtx_head; idx != NONE; idx = skb(idx).next) skb(idx).sacked &= ~TCPCB_LOST;
    sk.lost_out = 0;
    clearRetransHints(sk);
  }
  if (sk.prior_ssthresh != 0) {
    setCwnd(sk, caUndoCwnd(sk));
    if (sk.prior_ssthresh > sk.snd_ssthresh) {
      sk.snd_ssthresh = sk.prior_ssthresh;
      ecnWithdrawCwr(sk);
    }
  }
  sk.snd_cwnd_stamp = jiffies();
  sk.undo_marker = 0;
  sk.rack_advanced = 1;
}

function mayUndo(sk: Sock): bool {
  return sk.undo_marker != 0 && (sk.undo_retrans == 0 || packetDelayed(sk));
}

/** Without SACK the state is held until something above high_seq is acknowledged (tcp_is_non_sack_preventing_reopen). */
function preventsReopen(sk: Sock): bool {
  if (sk.snd_una != sk.high_seq || sk.sack_ok != 0) return false;
  if (!anyRetransDone(sk)) sk.retrans_stamp = 0;
  return true;
}

export function tryUndoRecovery(sk: Sock): bool {
  if (mayUndo(sk)) {
    const counter = sk.ca_state == TCP_CA_LOSS ? TCP_TCPLOSSUNDO : TCP_TCPFULLUNDO;
    undoCwndReduction(sk, false);
    mibInc(sk.host, counter);
  } else if (sk.rack_reo_wnd_persist != 0) sk.rack_reo_wnd_persist--;
  if (preventsReopen(sk)) return true;
  setCaState(sk, TCP_CA_OPEN);
  sk.is_sack_reneg = 0;
  return false;
}

function tryUndoDsack(sk: Sock): bool {
  if (sk.undo_marker == 0 || sk.undo_retrans != 0) return false;
  if (sk.rack_reo_wnd_persist < 16) sk.rack_reo_wnd_persist++;
  undoCwndReduction(sk, false);
  mibInc(sk.host, TCP_TCPDSACKUNDO);
  return true;
}

function tryUndoLoss(sk: Sock, frto_undo: bool): bool {
  if (!frto_undo && !mayUndo(sk)) return false;
  undoCwndReduction(sk, true);
  mibInc(sk.host, TCP_TCPLOSSUNDO);
  if (frto_undo) mibInc(sk.host, TCP_TCPSPURIOUSRTOS);
  sk.retransmits = 0;
  if (preventsReopen(sk)) return true;
  if (frto_undo || sk.sack_ok != 0) {
    setCaState(sk, TCP_CA_OPEN);
    sk.is_sack_reneg = 0;
  }
  return true;
}

function tryUndoPartial(sk: Sock, prior_snd_una: u32): bool {
  if (sk.undo_marker == 0 || !packetDelayed(sk)) return false;
  checkSackReordering(sk, prior_snd_una, true);
  if (sk.retrans_out != 0) return true;
  if (!anyRetransDone(sk)) sk.retrans_stamp = 0;
  undoCwndReduction(sk, true);
  mibInc(sk.host, TCP_TCPPARTIALUNDO);
  tryKeepOpen(sk);
  return false;
}

/** Open, or Disorder while something is unaccounted for (tcp_try_keep_open). */
export function tryKeepOpen(sk: Sock): void {
  const state = sk.sacked_out + sk.lost_out != 0 || anyRetransDone(sk) ? TCP_CA_DISORDER : TCP_CA_OPEN;
  if (sk.ca_state == state) return;
  setCaState(sk, state);
  sk.high_seq = sk.snd_nxt;
}

function tryToOpen(sk: Sock, flag: u32): void {
  if (!anyRetransDone(sk)) sk.retrans_stamp = 0;
  if ((flag & FLAG_ECE) != 0) enterCwr(sk);
  if (sk.ca_state != TCP_CA_CWR) tryKeepOpen(sk);
}

/** tcp_enter_recovery. `ece_ack`: the peer reports congestion too, so nothing is to be undone. */
export function enterRecovery(sk: Sock, ece_ack: bool): void {
  if (!anyRetransDone(sk)) sk.retrans_stamp = 0;
  mibInc(sk.host, sk.sack_ok != 0 ? TCP_TCPSACKRECOVERY : TCP_TCPRENORECOVERY);
  sk.prior_ssthresh = 0;
  initUndo(sk);
  if (!inCwndReduction(sk)) {
    if (!ece_ack) sk.prior_ssthresh = currentSsthresh(sk);
    initCwndReduction(sk);
  }
  setCaState(sk, TCP_CA_RECOVERY);
}

/** After a timeout: what of the queue is lost (tcp_timeout_mark_lost). */
function timeoutMarkLost(sk: Sock): void {
  const head = sk.rtx_head;
  const reneg = head != NONE && (skb(head).sacked & TCPCB_SACKED_ACKED) != 0;
  if (reneg) {
    mibInc(sk.host, TCP_TCPSACKRENEGING);
    sk.sacked_out = 0;
    sk.is_sack_reneg = 1;
  } else if (sk.sack_ok == 0) sk.sacked_out = 0;
  for (let idx = head; idx != NONE; idx = skb(idx).next) {
    const b = skb(idx);
    if (reneg) b.sacked &= ~TCPCB_SACKED_ACKED;
    else if (idx != head && rackSkbTimeout(sk, b, 0) > 0) continue; // sent a moment ago
    markSkbLost(sk, b, idx);
  }
  clearRetransHints(sk);
}

/** tcp_enter_loss. */
export function enterLoss(sk: Sock): void {
  const new_recovery = sk.ca_state < TCP_CA_RECOVERY;
  timeoutMarkLost(sk);
  if (sk.ca_state <= TCP_CA_DISORDER || !seqAfter(sk.high_seq, sk.snd_una) || (sk.ca_state == TCP_CA_LOSS && sk.retransmits == 0)) {
    sk.prior_ssthresh = currentSsthresh(sk);
    sk.prior_cwnd = sk.snd_cwnd;
    sk.snd_ssthresh = caSsthresh(sk);
    initUndo(sk);
  }
  setCwnd(sk, packetsInFlight(sk) + 1);
  sk.snd_cwnd_cnt = 0;
  sk.snd_cwnd_stamp = jiffies();
  if (sk.ca_state <= TCP_CA_DISORDER && sk.sacked_out >= TCP_REORDERING && sk.reordering > TCP_REORDERING) sk.reordering = TCP_REORDERING;
  setCaState(sk, TCP_CA_LOSS);
  sk.high_seq = sk.snd_nxt;
  sk.tlp_high_seq = 0;
  ecnQueueCwr(sk);
  sk.frto = hostConfig(sk.host).tcp_frto != 0 && (new_recovery || sk.retransmits != 0) && sk.mtup_probe_size == 0 ? 1 : 0;
}

/** Without SACK: a duplicate ACK stands for a packet that arrived out of order (tcp_add_reno_sack). */
function addRenoSack(sk: Sock, num_dupack: u32, ece_ack: bool): void {
  if (num_dupack == 0) return;
  const prior = sk.sacked_out;
  sk.sacked_out += num_dupack;
  checkRenoReordering(sk, 0);
  if (sk.sacked_out > prior) countDelivered(sk, sk.sacked_out - prior, ece_ack);
}

/** tcp_remove_reno_sacks. */
export function removeRenoSacks(sk: Sock, acked: u32, ece_ack: bool): void {
  if (acked > 0) {
    // One ACKed packet filled the hole; the rest eat duplicate ACKs.
    const more = <i32>(acked - sk.sacked_out);
    countDelivered(sk, more > 1 ? <u32>more : 1, ece_ack);
    if (acked - 1 >= sk.sacked_out) sk.sacked_out = 0;
    else sk.sacked_out -= acked - 1;
  }
  checkRenoReordering(sk, acked);
}

function checkRenoReordering(sk: Sock, addend: u32): void {
  let holes = sk.lost_out > 1 ? sk.lost_out : 1;
  if (holes > sk.packets_out) holes = sk.packets_out;
  if (sk.sacked_out + holes <= sk.packets_out) return;
  sk.sacked_out = sk.packets_out - holes;
  const reordering = sk.packets_out + addend;
  sk.reordering = reordering < TCP_MAX_REORDERING ? reordering : TCP_MAX_REORDERING;
  sk.reord_seen++;
  mibInc(sk.host, TCP_TCPRENOREORDER);
}

/** The time of timeouts ends (tcp_update_rto_time). */
export function updateRtoTime(sk: Sock): void {
  if (sk.rto_stamp == 0) return;
  sk.total_rto_time += jiffies() - sk.rto_stamp;
  sk.rto_stamp = 0;
}

/** An ACK in the Loss state (tcp_process_loss). */
function processLoss(sk: Sock, st: AckState, num_dupack: u32): void {
  const flag = st.flag;
  const recovered = !seqBefore(sk.snd_una, sk.high_seq);
  const advanced = (flag & FLAG_SND_UNA_ADVANCED) != 0;
  if ((advanced || sk.fastopen_rsk != NONE) && tryUndoLoss(sk, false)) return;
  if (sk.frto != 0) {
    // RFC 5682 section 3.1: data that was sent once only arrived, so the timeout was spurious.
    if ((flag & FLAG_ORIG_SACK_ACKED) != 0 && tryUndoLoss(sk, true)) return;
    if (seqAfter(sk.snd_nxt, sk.high_seq)) {
      if ((flag & FLAG_DATA_SACKED) != 0 || num_dupack != 0) sk.frto = 0;
    } else if (advanced && !recovered) {
      sk.high_seq = sk.snd_nxt;
      if (sk.write_head != NONE && seqAfter(wndEnd(sk), sk.snd_nxt)) {
        st.rexmit = REXMIT_NEW;
        return;
      }
      sk.frto = 0;
    }
  }
  if (recovered) {
    tryUndoRecovery(sk);
    return;
  }
  if (sk.sack_ok == 0) {
    if (seqAfter(sk.snd_nxt, sk.high_seq) && num_dupack != 0) addRenoSack(sk, num_dupack, (flag & FLAG_ECE) != 0);
    else if (advanced) sk.sacked_out = 0;
  }
  st.rexmit = REXMIT_LOST;
}

/** tcp_identify_packet_loss. */
function identifyPacketLoss(sk: Sock, st: AckState): void {
  if (sk.rtx_head == NONE) return;
  if (sk.sack_ok == 0) {
    newrenoMarkLost(sk, (st.flag & FLAG_SND_UNA_ADVANCED) != 0);
    return;
  }
  const prior = sk.retrans_out;
  if (rackMarkLost(sk)) st.flag &= ~FLAG_SET_XMIT_TIMER;
  if (prior > sk.retrans_out) st.flag |= FLAG_LOST_RETRANS;
}

/** The receiver seems to have forgotten SACKed data: give it a moment (tcp_check_sack_reneging). */
function checkSackReneging(sk: Sock, st: AckState): bool {
  if ((st.flag & FLAG_SACK_RENEGING) == 0 || (st.flag & FLAG_SND_UNA_ADVANCED) == 0) return false;
  const half = usecsToJiffies(sk.srtt_us >> 4);
  resetXmitTimer(sk, ICSK_TIME_RETRANS, half > 10 ? half : 10);
  st.flag &= ~FLAG_SET_XMIT_TIMER;
  return true;
}

/** States end when high_seq is acknowledged. True when nothing is left to do. */
function exitStates(sk: Sock): bool {
  if (sk.ca_state == TCP_CA_OPEN) sk.retrans_stamp = 0;
  else if (!seqBefore(sk.snd_una, sk.high_seq)) {
    if (sk.ca_state == TCP_CA_CWR) {
      if (sk.snd_una != sk.high_seq) {
        endCwndReduction(sk);
        setCaState(sk, TCP_CA_OPEN);
      }
    } else if (sk.ca_state == TCP_CA_RECOVERY) {
      if (sk.sack_ok == 0) sk.sacked_out = 0;
      if (tryUndoRecovery(sk)) return true;
      endCwndReduction(sk);
    }
  }
  return false;
}

/** An ACK that is not plain progress in Open (tcp_fastretrans_alert). Decides what is lost, not what is sent. */
export function fastretransAlert(sk: Sock, st: AckState, prior_snd_una: u32, num_dupack: u32): void {
  if (sk.packets_out == 0 && sk.sacked_out != 0) sk.sacked_out = 0;
  const flag = st.flag;
  const ece_ack = (flag & FLAG_ECE) != 0;
  // The peer says that there is congestion: the reduction is right, whatever else turns out.
  if (ece_ack) sk.prior_ssthresh = 0;
  if (checkSackReneging(sk, st)) return;
  assert(sk.sacked_out + sk.lost_out <= sk.packets_out, 'T5 left_out exceeds packets_out');
  if (exitStates(sk)) return;
  const advanced = (st.flag & FLAG_SND_UNA_ADVANCED) != 0;
  if (sk.ca_state == TCP_CA_RECOVERY) {
    if (!advanced) {
      if (sk.sack_ok == 0) addRenoSack(sk, num_dupack, ece_ack);
    } else if (tryUndoPartial(sk, prior_snd_una)) return;
    if (tryUndoDsack(sk)) tryToOpen(sk, flag);
    identifyPacketLoss(sk, st);
    if (sk.ca_state != TCP_CA_RECOVERY) {
      if (sk.lost_out == 0) return;
      enterRecovery(sk, ece_ack);
    }
    st.rexmit = REXMIT_LOST;
    return;
  }
  if (sk.ca_state == TCP_CA_LOSS) {
    processLoss(sk, st, num_dupack);
    if (sk.ca_state != TCP_CA_LOSS) updateRtoTime(sk);
    identifyPacketLoss(sk, st);
    if (sk.ca_state != TCP_CA_OPEN && (st.flag & FLAG_LOST_RETRANS) == 0) return;
  }
  if (sk.sack_ok == 0) {
    if (advanced) sk.sacked_out = 0;
    addRenoSack(sk, num_dupack, ece_ack);
  }
  if (sk.ca_state <= TCP_CA_DISORDER) tryUndoDsack(sk);
  identifyPacketLoss(sk, st);
  if (sk.lost_out == 0) {
    tryToOpen(sk, flag);
    return;
  }
  if (mtupProbeLost(sk)) return;
  enterRecovery(sk, ece_ack);
  st.rexmit = REXMIT_LOST;
}
