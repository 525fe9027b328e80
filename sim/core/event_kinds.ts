/**
 * The events of the machine. One exists exactly where hardware or Linux has an asynchronous boundary; within a context
 * everything is a call. sim/world/dispatch.ts delivers them.
 */
/** The timer wheel turns; arg: jiffy. */
export const EVENT_TIMERS: u32 = 1;
/** The frame at the head of a link arrives; arg: link (the index of the sending host). */
export const EVENT_WIRE: u32 = 2;
/** The link of a host is free for the next frame; arg: host. */
export const EVENT_TX: u32 = 3;
/** Moderation of an RX queue ran out, or its DMA is complete: raise the interrupt; arg: NIC queue index. */
export const EVENT_IRQ: u32 = 4;
/** Softirq on a core; arg: global core index. */
export const EVENT_SOFTIRQ: u32 = 5;
/** A task may run: task work, then the application's turn; arg: app index. */
export const EVENT_TASK: u32 = 6;
/** A timer of an application; arg: app index. */
export const EVENT_APP_TIMER: u32 = 7;
/** Deferred TCP work on a host (TSQ: room in the TX ring again); arg: host. */
export const EVENT_TSQ: u32 = 8;
/** Work of the kernel that runs behind the caller's back (ring exit, queue release); arg: ring index. */
export const EVENT_KWORK: u32 = 9;
/** The precise timers have their turn (hrtimer.ts). */
export const EVENT_HRTIMERS: u32 = 10;
/** A worker thread of io_uring takes up what waits for it; arg: task. */
export const EVENT_IOWQ: u32 = 11;
/** The thread of a submission queue has its turn; arg: ring that it was made for. */
export const EVENT_SQPOLL: u32 = 12;
/** A grace period that a ring waited for is over; arg: ring. */
export const EVENT_RING_RCU: u32 = 13;
/** The turn of a task that stands in line for a core has come; arg: global core index (run_queue.ts). */
export const EVENT_TURN: u32 = 14;
/** ksoftirqd of a core wants to run; arg: global core index. */
export const EVENT_KSOFTIRQD: u32 = 15;

/** Kinds of wheel timers. */
export const TIMER_TCP_RETRANSMIT: u32 = 1;
export const TIMER_TCP_DELACK: u32 = 2;
export const TIMER_TCP_KEEPALIVE: u32 = 3; // also FIN-WAIT-2 and TIME-WAIT
export const TIMER_TCP_REQUEST: u32 = 4; // SYN-ACK retransmission
export const TIMER_RING: u32 = 5;

/** Kinds of precise timers. */
export const HRTIMER_TCP_PACING: u32 = 1; // a socket may send again
export const HRTIMER_TCP_ACK: u32 = 2; // ACKs that were held back together are sent as one
export const HRTIMER_QDISC: u32 = 3; // a flow of a qdisc may send again; arg: TX queue
export const HRTIMER_TIMEOUT: u32 = 4; // a TIMEOUT of io_uring; arg: request
export const HRTIMER_LINK_TIMEOUT: u32 = 5; // a LINK_TIMEOUT; arg: request
