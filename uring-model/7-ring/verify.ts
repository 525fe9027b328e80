/** Requests, wait queues and lists, recounted. */
import { NONE, RINGS_MAX, waits, waitVerify } from '../../sim/core';
import { fileAt, FILE_FREE, fileWaitHead } from '../../stack/file';
import { reqAt, REQ_ARMED, REQ_COMPLETE, REQ_F_SINGLE_POLL, REQ_FREE, REQ_WORK } from './request';
import { ringAt, RING_FREE, RING_OPEN, ringState } from './state';

/** Checks every request. Returns the number of things looked at. */
export function ringVerify(): u32 {
  const s = ringState();
  let used: u32 = 0;
  for (let i: u32 = 0; i < s.req_capacity; i++) {
    const req = reqAt(i);
    if (req.state == REQ_FREE) continue;
    used++;
    assert(req.ring < RINGS_MAX && ringAt(req.ring).used != RING_FREE, 'R7 a request belongs to a ring that is there');
    if (req.file != NONE) assert(fileAt(req.file).kind != FILE_FREE && fileAt(req.file).refs > 0, 'R5 a request pins its file');
    if (req.state == REQ_ARMED) assert((req.flags & REQ_F_SINGLE_POLL) != 0, 'R8 an armed request stands in a wait queue');
    if ((req.flags & REQ_F_SINGLE_POLL) != 0) {
      assert(req.state == REQ_ARMED || req.state == REQ_WORK, 'R8 who stands in a wait queue is armed or has work');
      assert(waits(i) && waitVerify(fileWaitHead(req.file, 0)) != 0, 'R8 who waits stands in a wait queue');
    }
    assert(req.state != REQ_COMPLETE || ringAt(req.ring).compl_head != NONE, 'R9 a completed request waits to be posted');
  }
  assert(used == s.reqs_used, 'R2 requests are free or used');
  for (let i: u32 = 0; i < RINGS_MAX; i++) {
    const r = ringAt(i);
    if (r.used != RING_OPEN) continue;
    assert(r.cq_published == r.cached_cq_tail || r.cq_flush != 0, 'R10 between events every completion is published');
  }
  return used;
}
