/** PRNG streams by name. Each random consumer draws from its own, so that a draw added in one place shifts no other. */
export const STREAMS = [
  ['wire_loss', 'does this frame get lost'],
  ['wire_reorder', 'is this frame held back behind later ones'],
  ['wire_duplicate', 'is this frame sent twice'],
  ['wire_corrupt', 'is a bit of this frame flipped, and which'],
  ['wire_jitter', 'how much later than its delay does this frame arrive'],
  ['tcp_iss', 'initial sequence numbers and timestamp offsets'],
  ['tcp_port', 'ephemeral ports'],
  ['app_payload', 'the bytes that sources send'],
  ['app_refill', 'the order in which buffers are given back'],
  ['wire_ecn', 'is this frame marked: congestion experienced'],
] as const;
