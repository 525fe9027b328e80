/** Reading and writing files of every kind (fs/read_write.c). None of it blocks: -EAGAIN. */
import { Msg } from '../6-socket';
import { EINVAL } from '../../uring-model/uapi.gen';
import { isSocket, socketRecvmsg, socketSendmsg } from './socket';

/** Reads into the message. `pos`: where in the file, u64.MAX_VALUE for the file's own position. Bytes, or -errno. */
export function fileRead(file_idx: u32, m: Msg, pos: u64): i64 {
  if (isSocket(file_idx)) return socketRecvmsg(file_idx, m);
  return -EINVAL;
}
/** Writes what is behind the first `skip` bytes of the message. Bytes, or -errno. */
export function fileWrite(file_idx: u32, m: Msg, skip: u32, pos: u64): i64 {
  if (isSocket(file_idx)) return socketSendmsg(file_idx, m, skip);
  return -EINVAL;
}
