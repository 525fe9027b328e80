/** The one switch from event to stage. An event is a change of context; all else is a call. */
import {
  CONTEXT_SOFTIRQ, coreState, enterContext, enterHardware, EVENT_APP_TIMER, EVENT_IRQ, EVENT_KWORK, EVENT_SOFTIRQ,
  EVENT_TASK, EVENT_TIMERS, EVENT_TSQ, EVENT_TX, EVENT_WIRE, hostConfig, leaveContext, nextDueTimer, NONE, schedule,
  timerWheelTurn, TIMER_RING,
} from '../core';
import { wireTakeArrived } from '../../nic-model/1-wire';
import { nicInterrupt, nicReceive, nicTransmitNext } from '../../nic-model/2-nic';
import { napiSoftirq } from '../../stack/4-napi';
import { tcpTimer, tcpTsqRun } from '../../stack/5-tcp';
import { timerHost } from '../../stack/6-socket';
import { ringExitWork, ringTimer } from '../../uring-model/7-ring';
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
    case EVENT_TASK: return taskRun(arg);
    case EVENT_APP_TIMER: return appTimer(arg);
    case EVENT_TIMERS: return timers(arg);
    case EVENT_TSQ: return tcpTsqRun(arg);
    case EVENT_KWORK: return ringExitWork(arg);
    default: assert(false, 'an event of no kind');
  }
}

/** Everything that has reached the far end of a link by now goes to the NIC there. */
function arrive(link: u32): void {
  const host = 1 - link;
  enterHardware(host);
  for (;;) {
    const frame_idx = wireTakeArrived(link);
    if (frame_idx == NONE) return;
    nicReceive(host, frame_idx);
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
