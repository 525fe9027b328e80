/** Rings of provided buffers for tests, in the world of config_ring. */
import { io_uring_buf, io_uring_buf_reg, IO_URING_BUF_REG_BYTES, IORING_REGISTER_PBUF_RING } from '../../uring-model/uapi.gen';
import { bench, register, user } from './config_ring.as';

/** Where the ring lies that was registered last. */
const RING_AT: usize = 0x7b40;

/** Group `bgid`: a ring of `entries` that has `n` buffers of `len` bytes, one behind the other, with ids from 0. The first's address. */
export function provide(bgid: u32, entries: u32, n: u32, len: u32, flags: u32 = 0): u32 {
  const at = user(4096);
  const first = user(n * len);
  const reg = changetype<io_uring_buf_reg>(<usize>bench().ctrl);
  memory.fill(bench().ctrl, 0, IO_URING_BUF_REG_BYTES);
  reg.ring_addr = at;
  reg.ring_entries = entries;
  reg.bgid = <u16>bgid;
  reg.flags = <u16>flags;
  assert(register(IORING_REGISTER_PBUF_RING, bench().ctrl, 1) == 0, 'a ring of buffers');
  store<u32>(RING_AT, at);
  for (let i: u32 = 0; i < n; i++) provideMore(entries, i, first + i * len, len);
  return first;
}
/** One more buffer for that ring. */
export function provideMore(entries: u32, bid: u32, addr: u32, len: u32): void {
  const at = load<u32>(RING_AT);
  const tail = <u32>load<u16>(at, 14);
  const buf = changetype<io_uring_buf>(<usize>(at + ((tail & (entries - 1)) << 4)));
  buf.addr = addr;
  buf.len = len;
  buf.bid = <u16>bid;
  store<u16>(at, <u16>(tail + 1), 14);
}
/** Entry `i` of that ring. */
export function provided(i: u32): io_uring_buf {
  return changetype<io_uring_buf>(<usize>(load<u32>(RING_AT) + (i << 4)));
}
