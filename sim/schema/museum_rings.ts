/** The museum's bugs of stage 7: rings, their requests and provided buffers. */
import type { Exhibit } from './museum.ts';

export const MUSEUM_OF_RINGS: readonly Exhibit[] = [
  {
    name: 'cqe-reorder', title: 'A completion overtakes those that overflowed', stage: 'ring',
    about: 'With completions in the overflow list and room in the CQ again, a new completion went straight into the CQ.',
    broke: 'The last completion of a multishot request came before earlier ones with F_MORE; results of a chain came in another order.',
    source: 'Linux aa1df3a360a0 "io_uring: fix CQE reordering" (6.1); io_uring/io_uring.c: io_cqe_cache_refill (then __io_get_cqe)',
  },
  {
    name: 'poll-mshot-overflow', title: 'A multishot poll goes on after a completion that found no room', stage: 'ring',
    about: 'A multishot poll whose completion found room nowhere waited on, as if its application had been told.',
    broke: 'An event was lost, and nothing said so.',
    source: 'Linux 5082620fb2ca "io_uring: terminate multishot poll for CQ ring overflow" (2021-03); liburing test/poll-mshot-overflow.c',
    rebuilt: 'There the overflow list had to fail for want of memory too. Today a multishot poll ends when the CQ is full, with its event'
      + ' in the last completion: it is this end that is missing.',
  },
  {
    name: 'accept-overflow-fd', title: 'A multishot accept loses its descriptor when the CQ is full', stage: 'ring',
    about: 'When the completion of an accepted connection found no room, the request ended with another result than the descriptor.',
    broke: 'The application got a number that is no descriptor of its own, and the connection leaked.',
    source: 'Linux a37ee9e117ef "io_uring/net: fix multishot accept overflow handling" (6.8); github.com/axboe/liburing issue 1062',
    rebuilt: 'There the number was the mask of the poll, 195; here it is 0.',
  },
  {
    name: 'recv-mshot-eof', title: 'A multishot receive misses the end of the stream', stage: 'ring',
    about: 'Data and the end of the stream woke a request before its task work ran; it read the data and went back to waiting.',
    broke: 'The completion with 0 never came, and the application hung.',
    source: 'Linux a68ed2df7213 "io_uring/poll: fix multishot recv missing EOF on wakeup race" (2026-03), CVE-2026-23473; io_uring/poll.c:'
      + ' io_poll_check_events; github.com/axboe/liburing issue 1549',
    rebuilt: 'The race of the second wake-up is any wake-up between the first one and the task work.',
  },
  {
    name: 'notif-reorder', title: 'A notification comes before the result', stage: 'ring',
    about: 'A worker flushed the notification of a zero-copy send at once, and its task work ran before that of the result.',
    broke: 'Applications that count on result first, notification last freed what was still in use.',
    source: 'Linux 108893ddcc4d "io_uring/net: fix notif cqe reordering" (6.1); io_uring/net.c: io_send_zc',
  },
  {
    name: 'bundle-truncated', title: 'A bundle cuts its last buffer short', stage: 'ring',
    about: 'A bundle took the first bytes of a buffer that was longer than what it still wanted, and then went on with the next one.',
    broke: 'There were gaps in what was received: the application, which takes all buffers but the last for full, read wrong bytes.',
    source: 'Linux 26ec15e4b0c1 "io_uring/kbuf: don\'t truncate end buffer for multiple buffer peeks" and 178b8ff66ff8 "io_uring/kbuf: flag'
      + ' partial buffer mappings" (6.16); io_uring/kbuf.c: io_ring_buffers_peek',
    rebuilt: 'The length in the ring itself is left as it is.',
  },
  {
    name: 'inc-short-commit', title: 'An incremental buffer is given up with room left', stage: 'ring',
    about: 'A read that used a part of an incremental buffer, or nothing of it, said nothing of the rest, though the next one went on in'
      + ' it.',
    broke: 'Without F_BUF_MORE the application took the buffer for its own, and the kernel wrote into it once more.',
    source: 'Linux 3ecd3e03144b "io_uring/kbuf: fix missing BUF_MORE for incremental buffers at EOF" and 418eab7a6f3c "io_uring/kbuf:'
      + ' propagate BUF_MORE through early buffer commit path" (2026-03); io_uring/kbuf.c; github.com/axboe/liburing issue 1553',
    rebuilt: 'There it took the end of a file, or a file that cannot be polled; here any length that leaves less than half.',
  },
  {
    name: 'pbuf-wrong-group', title: 'A provided buffer goes back to another group', stage: 'ring',
    about: 'A buffer that was not filled was put back by what the request kept in buf_index, which by then was the buffer\'s id.',
    broke: 'Its own group ran dry, and another handed out a buffer that it never had.',
    source: 'Linux 32f3c434b142 "io_uring: restore bgid in io_put_kbuf" (6.0), and io_uring/kbuf.c: io_kbuf_recycle_legacy, which asks'
      + ' buf->bgid; the field that holds both numbers is req->buf_index',
    rebuilt: 'Built after that class, one field for the group and then for the buffer. In the commit it was the next selection that took'
      + ' the id for a group; here it is the return of a buffer, and the low bits of the id, so that there is such a group.',
  },
  {
    name: 'ltimeout-no-ref', title: 'A linked timeout cancels a request that is gone', stage: 'ring',
    about: 'A linked timeout fired while its request completed, and a reference was put that nobody had taken.',
    broke: 'Of the two, one was freed, and then used and freed by the other.',
    source: 'Linux a298232ee6b9 "io_uring: fix link timeout refs" and 447c19f3b507 "io_uring: fix ltout double free on completion race"'
      + ' (2021); io_uring/timeout.c: io_link_timeout_fn, io_req_task_link_timeout',
    rebuilt: 'There it was the timeout whose count went wrong; here it is the request that it is to cancel: it remembers the number'
      + ' only. The race of two contexts is the time between the timer and its task work.',
  },
  {
    name: 'iowq-stale-tail', title: 'Work behind a cancelled request hangs', stage: 'ring',
    about: 'Cancelling the last request that waits for a worker left the tail of the list at it; what came next was appended to nothing.',
    broke: 'A request was never taken up, and nothing could end it.',
    source: 'Linux 204361a77f40 "io-wq: fix hang after cancelling pending hashed work" (5.9); github.com/axboe/liburing issue 179',
    rebuilt: 'In Linux it was the tail of the writes to one file (hash_tail); here it is that of the list.',
  },
  {
    name: 'cancel-skips-iowq', title: 'A cancellation does not look at the workers', stage: 'ring',
    about: 'Cancelling did not find requests that a worker had taken off the list with the one it runs, and not begun.',
    broke: '-ENOENT for a request that was there, and that completed later as if nothing had been said.',
    source: 'Linux 7.3.2 "io_uring/io-wq: let cancel find picked up hashed work"; io_uring/io-wq.c: io_wq_worker_cancel',
    rebuilt: 'Built after the class of it: here it finds no request that waits for a worker.',
  },
  {
    name: 'poll-cancel-lost', title: 'A cancelled poll goes on', stage: 'ring',
    about: 'A cancellation that came while somebody else owned the request was left to that owner, who did not look.',
    broke: 'The request stayed, with its file, until the ring went.',
    source: 'Linux 7.3.2 "io_uring/poll: don\'t lose a cancel as io-wq arms poll"; io_uring/poll.c: __io_arm_poll_handler,'
      + ' io_poll_mark_cancelled',
    rebuilt: 'There the owner was a worker that had not finished to arm the poll; here it is whoever woke it. An older race of the same two'
      + ' lost count of the owners: 12ad3d2d6c5b "io_uring/poll: fix poll_refs race with cancelation" (6.1).',
  },
  {
    name: 'resize-wide-cqes', title: 'Resizing loses completions of 32 bytes', stage: 'ring',
    about: 'New queues were filled as if every completion had 16 bytes.',
    broke: 'Completions that waited while the ring was resized were torn, or lost.',
    source: 'Linux 45cd95763e19 "io_uring/register: fix ring resizing with mixed/large SQEs/CQEs" (2026-04), of 79cfe9e59c2a;'
      + ' io_uring/register.c: io_register_resize_rings',
  },
  {
    name: 'cqe32-overflow-half', title: 'A large completion comes out of the overflow list by half', stage: 'ring',
    about: 'An entry of the overflow list kept only the first of the two words that a 32-byte completion has more.',
    broke: 'What the operation said in the last word was that of an older completion.',
    source: 'Linux f6dc5a36195d "io_uring: fix mixed cqe overflow handling" (6.18); io_uring/io_uring.c: __io_cqring_overflow_flush',
    rebuilt: 'Built after the class of it, completions of 32 bytes that were not all written as they left the list: there the tail passed a'
      + ' whole entry that was an older one\'s, and zero-copy receive read wrong bytes; here it is half of one.',
  },
];
