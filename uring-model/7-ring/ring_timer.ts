/** EVENT_HRTIMERS: the timer of a request fired. */
import { CONTEXT_SOFTIRQ, enterContext, HRTIMER_TIMEOUT, leaveContext } from '../../sim/core';
import { ltimeoutFired } from './link_timeout';
import { reqAt } from './request';
import { ringAt } from './state';
import { taskAt, taskCore } from './task';
import { timeoutFired } from './timeout';

export function ringHrtimer(kind: u32, req_idx: u32): void {
  const req = reqAt(req_idx);
  const host = ringAt(req.ring).host;
  enterContext(host, taskCore(taskAt(req.task)), CONTEXT_SOFTIRQ);
  if (kind == HRTIMER_TIMEOUT) timeoutFired(req);
  else ltimeoutFired(req);
  leaveContext();
}
