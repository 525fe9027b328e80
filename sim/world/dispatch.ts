/** The one switch from event to stage. An event is a change of context; all else is a call. */
import {
  advanceTo, CONTEXT_SOFTIRQ, coreAt, coreState, enterContext, enterHardware, EVENT_APP_TIMER, EVENT_HRTIMERS, EVENT_IOWQ, EVENT_IRQ,
  EVENT_KSOFTIRQD, EVENT_KWORK, EVENT_RING_RCU, EVENT_SOFTIRQ, EVENT_SQPOLL, EVENT_TASK, EVENT_TIMERS, EVENT_TSQ, EVENT_TURN, EVENT_TX,
  EVENT_WIRE, hostConfig, HRTIMER_LINK_TIMEOUT, HRTIMER_QDISC, HRTIMER_TCP_PACING, HRTIMER_TIMEOUT, HrTimer, leaveContext, nextDueHrtimer,
  nextDueTimer, nextTurn, NONE, QUEUES_MAX, schedule, timerWheelTurn, TIMER_RING,
} from '../core';
import { wireEgress, wireNextArrival, wireTakeArrived, wireTimeArrival } from '../../nic-model/1-wire';
import { nicInterrupt, nicQdiscWatchdog, nicReceive, nicTransmitNext } from '../../nic-model/2-nic';
import { napiKsoftirqd, napiSoftirq } from '../../stack/4-napi';
import { tcpCompressedAckTimer, tcpPacingTimer, tcpTimer, tcpTsqRun } from '../../stack/5-tcp';
import { sock, timerHost } from '../../stack/6-socket';
import { iowqRun, ringExitWork, ringHrtimer, ringRcu, ringTimer, sqThreadRun } from '../../uring-model/7-ring';
import { appTimer, taskRun } from '../../uring-model/8-app/builtin';

export function dispatch(kind: u32, arg: u32): void {
  switch (kind) {
    case EVENT_WIRE: return arrive(arg);
    case EVENT_TX: {
      enterHardware(arg);
      return nicTransmitNext(arg);
    }
    case EVENT_IRQ: return nicInterrupt(arg);
    case EVENT_SOFTIRQ: return napiSoftirq(arg);
    case EVENT_KSOFTIRQD: return napiKsoftirqd(arg);
    case EVENT_TURN: return turn(arg);
    case EVENT_TASK: return taskRun(arg);
    case EVENT_APP_TIMER: return appTimer(arg);
    case EVENT_TIMERS: return timers(arg);
    case EVENT_HRTIMERS: return hrtimers();
    case EVENT_TSQ: return tcpTsqRun(arg);
    case EVENT_KWORK: return ringExitWork(arg);
    case EVENT_IOWQ: return iowqRun(arg);
    case EVENT_RING_RCU: return ringRcu(arg);
    case EVENT_SQPOLL: return sqThreadRun(arg);
    default: assert(false, 'an event of no kind');
  }
}

/** Who is next on a core has his event now. */
function turn(core_idx: u32): void {
  const event = nextTurn(core_idx);
  if (event == 0) return;
  dispatch(<u32>event, <u32>(event >> 32));
  assert(coreAt(core_idx).turn == 0, 'C2 a turn that is called is taken');
}

/** Everything that has reached the far end of a link goes to the NIC there: by now, and on as long as nothing else happens. */
function arrive(link: u32): void {
  const host = 1 - link;
  const outside = hostConfig(host).nic_tap;
  enterHardware(host);
  for (;;) {
    const time_ns = wireNextArrival(link);
    if (time_ns > coreState().clock_ns && (time_ns == u64.MAX_VALUE || !advanceTo(time_ns))) return wireTimeArrival(link);
    const frame_idx = wireTakeArrived(link);
    if (outside) wireEgress(frame_idx);
    else nicReceive(host, frame_idx);
  }
}

/** Timers of one event: those of a jiffy may be as many as there are connections. The rest has an event of its own. */
const TIMERS_AT_ONCE: u32 = 256;

/** Timers of connections run in softirq context on the core that takes the host's interrupts. */
function timers(jiffy: u32): void {
  if (jiffy != NONE) timerWheelTurn(jiffy);
  for (let left = TIMERS_AT_ONCE; ; left--) {
    if (left == 0) return schedule(coreState().clock_ns, EVENT_TIMERS, NONE);
    const timer = nextDueTimer();
    if (timer == null) return;
    const kind = timer.kind;
    if (kind == TIMER_RING) ringTimer(timer.arg);
    else {
      const host = timerHost(kind, timer.arg);
      enterContext(host, hostConfig(host).cpu_irq_core, CONTEXT_SOFTIRQ);
      tcpTimer(kind, timer.arg);
      leaveContext();
    }
  }
}

/** The precise timers that are due, in softirq context too. */
function hrtimers(): void {
  for (let left = TIMERS_AT_ONCE; ; left--) {
    if (left == 0) return schedule(coreState().clock_ns, EVENT_HRTIMERS, 0);
    const timer = nextDueHrtimer();
    if (timer == null) return;
    hrtimer(timer);
  }
}

function hrtimer(timer: HrTimer): void {
  const kind = timer.kind;
  const arg = timer.arg;
  if (kind == HRTIMER_TIMEOUT || kind == HRTIMER_LINK_TIMEOUT) return ringHrtimer(kind, arg);
  const host = kind == HRTIMER_QDISC ? arg / QUEUES_MAX : <u32>sock(arg).host;
  enterContext(host, hostConfig(host).cpu_irq_core, CONTEXT_SOFTIRQ);
  if (kind == HRTIMER_QDISC) nicQdiscWatchdog(arg);
  else if (kind == HRTIMER_TCP_PACING) tcpPacingTimer(arg);
  else tcpCompressedAckTimer(arg);
  leaveContext();
}
