/**
 * What we advertise (net/ipv4/tcp_output.c: __tcp_select_window, tcp_select_window, tcp_select_initial_window;
 * include/net/tcp.h: tcp_win_from_space and neighbours). An edge once offered stays, unless tcp.shrink_window says otherwise.
 */
import {
  bug, hostConfig, RUN_BUG_TCP_WINDOW_SCALE_SHRINK, seqAfter, seqBefore, TCP_TCPFROMZEROWINDOWADV, TCP_TCPTOZEROWINDOWADV,
  TCP_TCPWANTZEROWINDOWADV,
} from '../../sim/core';
import { MEM_MAX, mibInc, Sock } from '../6-socket';
import { ICSK_ACK_NOMEM } from './ack_flags';
import { aceFlags, ecnModeAccecn, TCP_ACCECN_CEP_INIT_OFFSET } from './ecn';
import { FLAG_ACK, TCP_MAX_WSCALE } from './header';
import { stage } from './stage';

const TCP_RMEM_TO_WIN_SCALE: u32 = 8;
export const TCP_DEFAULT_SCALING_RATIO: u32 = 1 << (TCP_RMEM_TO_WIN_SCALE - 1);

/** Bytes of payload that fit into so much memory, at this connection's ratio of payload to truesize. */
export function winFromSpace(sk: Sock, space: i32): i32 {
  return <i32>((<i64>space * <i64>sk.scaling_ratio) >> TCP_RMEM_TO_WIN_SCALE);
}
export function spaceFromWin(sk: Sock, win: u32): u32 {
  return <u32>((<u64>win << TCP_RMEM_TO_WIN_SCALE) / <u64>sk.scaling_ratio);
}
/** Free room for payload; may be negative. */
export function tcpSpace(sk: Sock): i32 {
  return winFromSpace(sk, <i32>sk.rcvbuf - <i32>sk.rmem_alloc);
}
export function tcpFullSpace(sk: Sock): i32 {
  return winFromSpace(sk, <i32>sk.rcvbuf);
}

/** What is left of the window that the peer knows (tcp_receive_window). */
export function receiveWindow(sk: Sock): u32 {
  const win = <i32>(sk.rcv_wup + sk.rcv_wnd - sk.rcv_nxt);
  return win < 0 ? 0 : <u32>win;
}
/** The same for the greatest right edge ever advertised (tcp_max_receive_window). */
export function maxReceiveWindow(sk: Sock): u32 {
  const win = <i32>(sk.rcv_mwnd_seq - sk.rcv_nxt);
  return win < 0 ? 0 : <u32>win;
}
export function updateMaxWindowSeq(sk: Sock): void {
  const edge = sk.rcv_wup + sk.rcv_wnd;
  if (seqAfter(edge, sk.rcv_mwnd_seq)) sk.rcv_mwnd_seq = edge;
}

function alignUp(x: u32, shift: u32): u32 {
  const mask = ((<u32>1) << shift) - 1;
  return (x + mask) & ~mask;
}

/** The window that we would like to offer (__tcp_select_window). */
export function selectWindow(sk: Sock): u32 {
  let mss = <i32>sk.rcv_mss;
  let free_space = tcpSpace(sk);
  const allowed_space = tcpFullSpace(sk);
  const full_space = <i32>sk.window_clamp < allowed_space ? <i32>sk.window_clamp : allowed_space;
  if (mss > full_space) {
    mss = full_space;
    if (mss <= 0) return 0;
  }
  if (mayShrink(sk)) return shrunkWindow(sk, free_space, full_space, allowed_space, mss);
  if (free_space < full_space >> 1) {
    sk.ack_quick = 0;
    // What is left may become the new window: rounding by the scale must not raise it.
    free_space &= ~((1 << <i32>sk.rcv_wscale) - 1);
    // Close the window in time, before the memory limit drops data.
    if (free_space < allowed_space >> 4 || free_space < mss) return 0;
  }
  if (free_space > <i32>sk.rcv_ssthresh) free_space = <i32>sk.rcv_ssthresh;
  if (sk.rcv_wscale != 0) return alignUp(<u32>free_space, sk.rcv_wscale);
  const window = <i32>sk.rcv_wnd;
  if (window <= free_space - mss || window > free_space) return <u32>(free_space - free_space % mss);
  if (mss == full_space && free_space > window + (full_space >> 1)) return <u32>free_space;
  return <u32>window;
}

/** tcp_shrink_window, which needs a scale. */
function mayShrink(sk: Sock): bool {
  return sk.rcv_wscale != 0 && hostConfig(sk.host).tcp_shrink_window;
}

/** What there is room for now, whatever was offered before (the end of __tcp_select_window). */
function shrunkWindow(sk: Sock, free_space: i32, full_space: i32, allowed_space: i32, mss: i32): u32 {
  const unit = 1 << <i32>sk.rcv_wscale;
  const room = free_space & ~(unit - 1);
  if (room < full_space >> 1) {
    sk.ack_quick = 0;
    if (room < allowed_space >> 4 || room < mss || room < unit) return 0;
  }
  // Up: the threshold is no hard limit, as memory is.
  return room > <i32>sk.rcv_ssthresh ? alignUp(sk.rcv_ssthresh, sk.rcv_wscale) : <u32>room;
}

/** Chooses the window of an outgoing segment and remembers it; returns the field (tcp_select_window). */
export function tcpSelectWindow(sk: Sock): u32 {
  const old_win = sk.rcv_wnd;
  if ((sk.ack_pending & ICSK_ACK_NOMEM) != 0) {
    sk.pred_flags = 0;
    sk.rcv_wnd = 0;
    sk.rcv_wup = sk.rcv_nxt;
    updateMaxWindowSeq(sk);
    return 0;
  }
  const cur_win = receiveWindow(sk);
  let new_win = selectWindow(sk);
  if (new_win < cur_win && !mayShrink(sk)) {
    if (new_win == 0) mibInc(sk.host, TCP_TCPWANTZEROWINDOWADV);
    new_win = bug(RUN_BUG_TCP_WINDOW_SCALE_SHRINK) ? cur_win : alignUp(cur_win, sk.rcv_wscale);
  }
  const edge = sk.rcv_wup + old_win;
  sk.rcv_wnd = new_win;
  sk.rcv_wup = sk.rcv_nxt;
  assert(mayShrink(sk) || !seqBefore(sk.rcv_wup + new_win, edge) || seqAfter(sk.rcv_nxt, edge), 'T2 right edge shrank');
  updateMaxWindowSeq(sk);
  const scale = <u32>sk.rcv_wscale;
  if (new_win > (<u32>0xffff << scale)) new_win = <u32>0xffff << scale;
  new_win >>= scale;
  if (new_win == 0) {
    sk.pred_flags = 0;
    if (old_win != 0) mibInc(sk.host, TCP_TCPTOZEROWINDOWADV);
  } else if (old_win == 0) mibInc(sk.host, TCP_TCPFROMZEROWINDOWADV);
  return new_win;
}

/** The first window, and the scale: results in stage().init_* (tcp_select_initial_window). */
export function selectInitialWindow(host: u32, space: i32, mss: u32, clamp: u32, wscale_ok: bool): void {
  const s = stage();
  let window_clamp = clamp == 0 ? <u32>0xffff << TCP_MAX_WSCALE : clamp;
  let room: u32 = space < 0 ? 0 : <u32>space;
  if (room > window_clamp) room = window_clamp;
  if (room > mss) room -= room % mss;
  s.init_rcv_wnd = room;
  s.init_wscale = 0;
  if (wscale_ok) {
    const rmem_max = hostConfig(host).socket_rmem_max;
    if (room < rmem_max) room = rmem_max;
    if (room < MEM_MAX) room = MEM_MAX;
    if (room > window_clamp) room = window_clamp;
    const log = 31 - <i32>clz<u32>(room);
    const scale = log - 15;
    s.init_wscale = scale < 0 ? 0 : scale > <i32>TCP_MAX_WSCALE ? TCP_MAX_WSCALE : <u32>scale;
  }
  const greatest = <u32>0xffff << s.init_wscale;
  if (window_clamp > greatest) window_clamp = greatest;
  s.init_window_clamp = window_clamp;
}

/** Turns header prediction on for a window field (__tcp_fast_path_on). */
export function fastPathOn(sk: Sock): void {
  const ace = ecnModeAccecn(sk) ? aceFlags(sk.delivered_ce + TCP_ACCECN_CEP_INIT_OFFSET) : 0;
  sk.pred_flags = (<u32>sk.tcp_header_len << 26) | ((FLAG_ACK | ace) << 16) | (sk.snd_wnd >> sk.snd_wscale);
}

/** Turns it on if nothing speaks against it (tcp_fast_path_check). */
export function fastPathCheck(sk: Sock): void {
  if (sk.ooo_len == 0 && sk.rcv_wnd != 0 && sk.rmem_alloc < sk.rcvbuf && sk.urg_data == 0) fastPathOn(sk);
}
