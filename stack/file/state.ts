/** State of the files of all hosts, at FILE_ADDR. */
import { FILE_ADDR, Slab } from '../../sim/core';

@unmanaged
export class FileState {
  files: Slab;
  fds_base: u32;
  fd_bits_base: u32;
  fds_max: u32;
}

export function fileState(): FileState {
  return changetype<FileState>(FILE_ADDR);
}
