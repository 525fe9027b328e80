/**
 * What findings are called, in the order of their table (findings.ts). Apart from it, since whoever reads a scenario needs the
 * names and not the texts, which are large.
 */
export const FINDING_NAMES: readonly string[] = [
  'invariant-broken',
  'program-stopped', 'program-waits', 'register-no-split', 'register-kernel', 'register-argument', 'register-refused', 'register-bound',
  'register-xdp', 'register-af-xdp', 'register-queue', 'register-buf-len', 'register-unsupported', 'nic-bound', 'recv-zc-oneshot',
  'recv-not-tcp', 'recv-unreadable', 'recv-foreign-area', 'rss-reaches-area', 'control-refused', 'area-below-ring', 'refill-overfilled',
  'refill-not-lent', 'refill-malformed', 'refill-unread', 'never-returned', 'loans-long', 'loans-deadlock', 'event-not-rearmed',
  'area-too-small', 'ring-too-small', 'segments-cut', 'buffers-mostly-empty', 'window-by-overhead', 'receive-pruned', 'window-shrunk',
  'window-update-lost', 'sack-off', 'cq-full', 'cq-overflow', 'cq-turn', 'reap-endless', 'cq-head-past-tail', 'cq-skipped',
  'ended-with-data', 'completion-after-last', 'armed-twice', 'rearm-loop', 'terminal-buffer', 'mshot-turn', 'copies-wrong-queue',
  'copies-rules-off', 'copies-copybreak', 'copies-no-device', 'copies-refused', 'group-empty', 'bundle-ended', 'bundle-span',
  'buffer-twice', 'select-missing', 'tail-too-small', 'eof-keeps-buffer', 'datagram-cut', 'error-keeps-buffer', 'cancelled-with-data',
  'send-serialised', 'send-small', 'send-skip', 'send-copied', 'send-two-completions', 'send-user-data-shared', 'send-buffer-reused',
  'send-memlock', 'wrong-task', 'work-shelved', 'recv-one-at-a-time', 'sq-thread-spins', 'wait-timed', 'closed-while-armed',
  'cancel-missed', 'cancel-ambiguous', 'freed-early', 'buffer-shared', 'timer-broke-link', 'link-timeout-partial', 'link-timeout-fired',
  'short-recv-in-link', 'sends-unordered', 'link-cut-by-submit', 'slot-freed-file-alive', 'dram-bound', 'pcie-bound', 'ddio-thrash',
  'idle-cq-full', 'idle-cq-filler', 'idle-group-empty', 'idle-bundle-ended', 'idle-overflow', 'idle-not-rearmed', 'idle-closed-armed',
  'idle-area-exhausted', 'idle-window-zero', 'idle-area-empty', 'idle-work-not-run',
];
