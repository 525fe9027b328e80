/** Settings that several families have. */
import type { Setting, Tree } from '../form.ts';

export const size = (value: number, about = 'bytes of one request'): Setting => ({
  name: 'size', also: ['bytes', 'len', 'length', 'payload', 'payload_size', 'request', 'request_size', 'msg_size', 'message_size', 'S'],
  kind: 'bytes', value, about,
});
export const batch = (value: number): Setting => ({
  name: 'batch', also: ['n', 'nr', 'batch_size', 'submit_batch', 'sqes', 'depth', 'qd'], kind: 'count', value,
  about: 'requests of one io_uring_enter',
});
export const zc: Setting = {
  name: 'zc', also: ['zerocopy', 'zero_copy', 'sendzc', 'z'], kind: 'flag', value: true, about: 'SEND_ZC of registered memory; false: SEND',
};
export const flush: Setting = {
  name: 'flush', also: ['f', 'notif', 'notification', 'flush_each', 'notif_flush'], kind: 'flag', value: false,
  about: 'a notification for each request; false: one for all',
};
export const mtu = (value: number): Setting => ({
  name: 'mtu', also: ['mss'], kind: 'bytes', value, min: 576, max: 65535, about: 'MTU of the device',
});
export const core: Setting = {
  name: 'core', also: ['cores', 'placement', 'core_placement', 'cpu', 'cpus', 'affinity'],
  kind: {
    same: ['same-core', 'same-cpu', '1', 'one', 'shared'],
    different: ['diff', 'diff-core', 'different-core', 'different-cores', 'diff-cpu', 'separate', 'cross', 'cross-core', '2', 'two'],
  },
  value: 'same', about: 'softirq and application on one core, or on two',
};

/** A link that never limits, and TCP buffers that never do. */
export const FAST: Tree = {
  wire: { rate_bps: '1600Gbps', delay_ns: '1us', queue_packets: 100_000 },
};

/** Enough requests for a steady part, and no more: predictions should take a moment. */
export const bytesFor = (size_bytes: number, requests: number, least: number, most: number): number => {
  const want = Math.min(Math.max(requests * size_bytes, least), most);
  return Math.ceil(want / size_bytes) * size_bytes;
};

/** `4000B`, `64K`: a size in a cell's name. */
export const sizeIn = (text: string): number | undefined => {
  const m = /(\d+)\s*(K|M)?i?B?\b/i.exec(text);
  return m ? Number(m[1]) * ({ k: 1024, m: 1024 ** 2 }[(m[2] ?? '').toLowerCase()] ?? 1) : undefined;
};
