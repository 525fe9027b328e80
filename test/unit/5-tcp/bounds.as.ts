/** Description: options and sysctls that bound timers, windows and the patience with a closed connection. */
import { tcpClose, tcpGetsockopt, tcpSendmsg, tcpSetsockopt, tcpShutdown } from '../../../stack/5-tcp';
import { mini, miniCount, miniLive, sock, sockLive, TCP_CLOSE, TCP_FIN_WAIT2, TCP_TIME_WAIT } from '../../../stack/6-socket';
import { AT_TCP_EARLY_RETRANS, AT_TCP_ORPHAN_RETRIES, AT_TCP_RTO_MAX_MS, AT_TCP_RTO_MIN_NS, setHost } from '../config.gen.as';
import { asTask, build, connected, defaults, link, runMs, transfer } from '../config_loopback.as';

const SCRATCH: usize = 0x14400;
const SOL_SOCKET: u32 = 1;
const SOL_TCP: u32 = 6;
const EINVAL: i32 = -22;
const SO_RCVBUF: u32 = 8;
const SO_RCVLOWAT: u32 = 18;
const TCP_KEEPINTVL: u32 = 5;
const TCP_KEEPCNT: u32 = 6;
const TCP_LINGER2: u32 = 8;
const TCP_WINDOW_CLAMP: u32 = 10;
const TCP_RTO_MAX_MS: u32 = 44;
const TCP_RTO_MIN_US: u32 = 45;

function set(idx: u32, level: u32, name: u32, value: i32): i32 {
  asTask(sock(idx).host);
  store<i32>(SCRATCH, value);
  return tcpSetsockopt(idx, level, name, SCRATCH, 4);
}
function get(idx: u32, level: u32, name: u32): i32 {
  asTask(sock(idx).host);
  assert(tcpGetsockopt(idx, level, name, SCRATCH, 4) == 4, 'four bytes');
  return load<i32>(SCRATCH);
}
/** A mini socket stands for a connection in FIN-WAIT-2 or TIME-WAIT. */
function leftovers(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < miniCount(); i++) if (miniLive(i) && mini(i).state == <u8>TCP_TIME_WAIT) n++;
  return n;
}

export function the_timeout_has_bounds(): void {
  defaults();
  setHost(0, AT_TCP_RTO_MAX_MS, 5000);
  setHost(0, AT_TCP_RTO_MIN_NS, 40000000);
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  assert(get(c, SOL_TCP, TCP_RTO_MAX_MS) == 5000 && get(c, SOL_TCP, TCP_RTO_MIN_US) == 40000, 'those of the host');
  assert(get(s, SOL_TCP, TCP_RTO_MAX_MS) == 120000 && get(s, SOL_TCP, TCP_RTO_MIN_US) == 200000, 'the other host has its own');
  assert(sock(c).rto >= 40 && sock(c).rto < 60, 'the floor counts from the first round trip on');
  assert(set(c, SOL_TCP, TCP_RTO_MAX_MS, 999) == EINVAL && set(c, SOL_TCP, TCP_RTO_MAX_MS, 120001) == EINVAL, 'from 1 to 120 seconds');
  assert(set(c, SOL_TCP, TCP_RTO_MIN_US, 1000) == EINVAL && set(c, SOL_TCP, TCP_RTO_MIN_US, 200001) == EINVAL, 'from 2 to 200 ms');
  assert(set(c, SOL_TCP, TCP_RTO_MAX_MS, 1000) == 0 && set(c, SOL_TCP, TCP_RTO_MIN_US, 20000) == 0, 'for one socket');
  link(0).cut = 1;
  asTask(0);
  assert(tcpSendmsg(c, SCRATCH, 100, 0) == 100, 'a hundred bytes into the void');
  runMs(10000);
  assert(sock(c).rto == 1000 && sock(c).backoff > 5, 'doubled up to the bound');
  assert(sock(c).total_rto_recoveries == 1 && sock(c).total_rto == <u32>sock(c).retransmits, 'one recovery, not over yet');
}

export function tail_loss_probes_can_be_off(): void {
  defaults();
  setHost(0, AT_TCP_EARLY_RETRANS, 0);
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  transfer(c, <u32>pair, 100000, 20000);
  assert(sock(c).tlp_high_seq == 0, 'no probe');
}

export function the_window_is_clamped(): void {
  defaults();
  build();
  const c = <u32>(connected() >> 32);
  assert(set(c, SOL_TCP, TCP_WINDOW_CLAMP, 0) == EINVAL, 'not on an open connection');
  assert(set(c, SOL_TCP, TCP_WINDOW_CLAMP, 5000) == 0 && sock(c).window_clamp == 5000 && sock(c).rcv_ssthresh <= 5000, 'narrower');
  assert(set(c, SOL_TCP, TCP_WINDOW_CLAMP, 1) == 0 && get(c, SOL_TCP, TCP_WINDOW_CLAMP) == 1152, 'half of the least buffer');
  assert(set(c, SOL_TCP, TCP_WINDOW_CLAMP, 100000) == 0 && sock(c).rcv_ssthresh >= sock(c).rcv_wnd, 'wider: what was promised at least');
}

export function a_low_water_mark_makes_room(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  assert(set(c, SOL_SOCKET, SO_RCVLOWAT, 1000000) == 0 && sock(c).rcvlowat == 1000000 && sock(c).rcvbuf >= 1000000, 'the buffer grows');
  assert(set(s, SOL_SOCKET, SO_RCVBUF, 10000) == 0 && set(s, SOL_SOCKET, SO_RCVLOWAT, 1000000) == 0, 'where it may not');
  assert(sock(s).rcvbuf == 20000 && sock(s).rcvlowat == 10000, 'half of it is the most');
}

export function an_orphan_waits_as_long_as_it_was_told(): void {
  defaults();
  build();
  const c = <u32>(connected() >> 32);
  assert(get(c, SOL_TCP, TCP_LINGER2) == 60 && get(c, SOL_TCP, TCP_KEEPINTVL) == 75 && get(c, SOL_TCP, TCP_KEEPCNT) == 9, 'defaults');
  assert(set(c, SOL_TCP, TCP_LINGER2, 2) == 0 && get(c, SOL_TCP, TCP_LINGER2) == 2, 'two seconds');
  tcpClose(c);
  runMs(1500);
  assert(leftovers() == 1, 'FIN-WAIT-2');
  runMs(1000);
  assert(leftovers() == 0, 'is over');
}

export function an_orphan_does_not_wait_at_all(): void {
  defaults();
  build();
  const c = <u32>(connected() >> 32);
  assert(set(c, SOL_TCP, TCP_LINGER2, -5) == 0 && get(c, SOL_TCP, TCP_LINGER2) == -1, 'no FIN-WAIT-2');
  asTask(0);
  assert(tcpShutdown(c, 1) == 0, 'half closed');
  runMs(300);
  assert(sock(c).state == <u8>TCP_FIN_WAIT2, 'as long as somebody has the socket');
  tcpClose(c);
  assert(!sockLive(c) && leftovers() == 0, 'then it is gone');
}

export function an_orphan_gives_up_early(): void {
  defaults();
  setHost(0, AT_TCP_ORPHAN_RETRIES, 2);
  build();
  const c = <u32>(connected() >> 32);
  link(0).cut = 1;
  asTask(0);
  tcpClose(c);
  runMs(10000);
  assert(!sockLive(c) || sock(c).state == <u8>TCP_CLOSE, 'after two timeouts');
}
