/** A second ring in the world of config_ring: for tests of what rings have to do with one another. */
import { io_uring_sqe, IORING_OP_MSG_RING } from '../../uring-model/uapi.gen';
import { bench, build, ring, sqe } from './config_ring.as';

/** Where the bench of the other ring is kept, in a corner of memory that nothing else uses. */
const OTHER: usize = 0x7200;
const BENCH_BYTES: usize = 128;

export function otherFd(): u32 {
  return load<u32>(OTHER);
}
/** The bench's ring is the other one from now on. */
export function setAside(): void {
  memory.copy(OTHER, changetype<usize>(bench()), BENCH_BYTES);
}
/** The bench looks at the other ring, and back. */
export function swap(): void {
  const at = changetype<usize>(bench());
  for (let i: usize = 0; i < BENCH_BYTES; i += 4) {
    const word = load<u32>(at + i);
    store<u32>(at + i, load<u32>(OTHER + i));
    store<u32>(OTHER + i, word);
  }
}
/** Two rings of one task: the bench looks at the source, and the target is the other one. */
export function two(source: u32, target: u32, target_entries: u32 = 16): void {
  build();
  ring(target_entries, target);
  setAside();
  ring(16, source);
}
/** A message for a ring: `len` and `data` are result and user_data of the completion there. */
export function msg(fd: u32, user_data: u64, len: u32, data: u64): io_uring_sqe {
  const s = sqe(IORING_OP_MSG_RING, user_data);
  s.fd = <i32>fd;
  s.len = len;
  s.off = data;
  return s;
}
