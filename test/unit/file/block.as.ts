/** Description: the block device: positions, its end, and what O_DIRECT asks for. */
import { BLOCK_DEVICE_BYTES } from '../../../sim/core';
import { fdFile, fileRead, fileWrite } from '../../../stack/file';
import { Msg, msgRange } from '../../../stack/6-socket';
import { __NR_openat, EINVAL, ENOENT, ENOSPC } from '../../../uring-model/uapi.gen';
import { buffers, call, incoming, isBytes, outgoing, read, write } from '../config_files.as';
import { build, HOST } from '../config_ring.as';

const O_DIRECT: u32 = 0o40000;
const MSG: usize = 0x7500;

function open(flags: u32): i32 {
  build();
  buffers();
  const path = outgoing();
  const first = load<u64>(path);
  const ninth = load<u8>(path + 8);
  store<u64>(path, 0x6164762f7665642f); // /dev/vda
  store<u8>(path + 8, 0);
  const fd = call(__NR_openat, 0, path, flags);
  store<u8>(path + 8, 98);
  assert(call(__NR_openat, 0, path, flags) == -ENOENT, 'there is no other');
  store<u64>(path, first);
  store<u8>(path + 8, ninth);
  return fd;
}
function at(fd: i32, addr: u32, len: u32, pos: u64, writes: bool): i64 {
  const m = changetype<Msg>(MSG);
  msgRange(m, addr, len, 0);
  const file = fdFile(HOST, fd);
  return writes ? fileWrite(file, m, 0, pos) : fileRead(file, m, pos);
}

export function what_is_written_stays_where_it_is(): void {
  const fd = open(0);
  assert(write(fd, 100) == 100 && read(fd, 100) == 100 && !isBytes(0, 100), 'behind what was written');
  assert(at(fd, incoming(), 100, 0, false) == 100 && isBytes(0, 100), 'from the beginning');
}

export function the_device_ends(): void {
  const fd = open(0);
  assert(at(fd, outgoing(), 100, BLOCK_DEVICE_BYTES - 50, true) == 50, 'half of it');
  assert(at(fd, outgoing(), 100, BLOCK_DEVICE_BYTES, true) == -ENOSPC, 'no room');
  assert(at(fd, incoming(), 100, BLOCK_DEVICE_BYTES, false) == 0, 'the end');
}

export function direct_transfers_are_of_whole_blocks_at_block_addresses(): void {
  const fd = open(O_DIRECT);
  assert(at(fd, outgoing(), 1024, 512, true) == 1024, 'as it should be');
  assert(at(fd, outgoing(), 1000, 0, true) == -EINVAL, 'a length');
  assert(at(fd, outgoing(), 512, 100, true) == -EINVAL, 'a position');
  assert(at(fd, outgoing() + 64, 512, 0, true) == -EINVAL && at(fd, incoming() + 1, 512, 0, false) == -EINVAL, 'an address');
}
