/** Invariants of the network: wire, NAPI, TCP and sockets. */
import type { Invariant } from './form.ts';
import { SOCKET_MEMORY, TIMERS_LIVE } from './memory.ts';
import { CHECKSUMS, GRO_ADJACENT, POLL_BUDGET } from './napi.ts';
import { NOT_TOO_OLD } from './tcp_age.ts';
import { SAME_FIN, SEQUENCE_SPACE } from './tcp_send.ts';
import { EXACT_RST, FIN_IN_TURN, STATES } from './tcp_states.ts';
import { STREAM_IN_ORDER, STREAM_READ_ONCE, UNREAD_RESETS } from './tcp_stream.ts';
import { ACKED_IN_TIME, BACKOFF, CWND } from './tcp_timing.ts';
import { WINDOW_EDGE } from './tcp_window.ts';
import { FRAMES_KEPT } from './wire.ts';

export const NETWORK: readonly Invariant[] = [
  FRAMES_KEPT,
  POLL_BUDGET, GRO_ADJACENT, CHECKSUMS,
  STREAM_IN_ORDER, STREAM_READ_ONCE, WINDOW_EDGE, SEQUENCE_SPACE, STATES, EXACT_RST, BACKOFF, ACKED_IN_TIME, CWND, UNREAD_RESETS,
  NOT_TOO_OLD, SAME_FIN, FIN_IN_TURN,
  SOCKET_MEMORY, TIMERS_LIVE,
];
