/**
 * An application without a network: submits `app.requests` NOPs, `app.batch` of them with each io_uring_enter, and takes their
 * completions before it submits the next. It measures what a request costs by itself.
 */
import { charge, COST_APP_CQE, hostConfig, now } from '../../../sim/core';
import { opNop } from './ops';
import { App, APP_ENDED, stream, streamNew } from './state';

/** Its only stream counts requests: `mark` those submitted, `cqes` those that completed. */
export function nopCqe(a: App, res: i32): void {
  charge(COST_APP_CQE);
  const s = stream(a, 0);
  s.cqes++;
  s.requests++;
  s.inflight--;
  if (res < 0 && s.res == 0) s.res = res;
}

export function nopTick(a: App): void {
  const c = hostConfig(a.host);
  if (a.stream_count == 0) stream(a, streamNew(a)).start_ns = now();
  const s = stream(a, 0);
  if (s.inflight != 0) return;
  const left = c.app_requests - s.mark;
  const n: u32 = left < <u64>c.app_batch ? <u32>left : c.app_batch;
  for (let i: u32 = 0; i < n; i++) opNop(a, 0);
  s.mark += n;
  s.inflight = n;
  if (n != 0) return;
  s.end_ns = now();
  s.done = 1;
  a.streams_open--;
  a.state = APP_ENDED;
}
