/** State of the files of all hosts, at FILE_ADDR. */
import { FILE_ADDR } from '../../sim/core';

@unmanaged
export class FileState {
  files_base: u32;
  file_capacity: u32;
  file_free: u32;
  fds_base: u32;
  fd_bits_base: u32;
  fds_max: u32;
}

export function fileState(): FileState {
  return changetype<FileState>(FILE_ADDR);
}
