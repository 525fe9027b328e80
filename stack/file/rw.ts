/** Reading and writing files of every kind (fs/read_write.c). None of it blocks: -EAGAIN. */
import { Msg } from '../6-socket';
import { EBADF, EINVAL } from '../../uring-model/uapi.gen';
import { blockTransfer } from './block';
import { eventfdRead, eventfdWrite } from './eventfd';
import { pipeRead, pipeWrite } from './pipe';
import { socketRecvmsg, socketSendmsg } from './socket';
import { fileAt, FILE_BLOCK, FILE_EVENTFD, FILE_PIPE_READ, FILE_PIPE_WRITE, FILE_SOCKET, FILE_UDP, FILE_UNIX } from './table';

/** Reads into the message. `pos`: where in the file, u64.MAX_VALUE for the file's own position. Bytes, or -errno. */
export function fileRead(file_idx: u32, m: Msg, pos: u64): i64 {
  const f = fileAt(file_idx);
  switch (f.kind) {
    case FILE_SOCKET:
    case FILE_UNIX:
    case FILE_UDP: return socketRecvmsg(file_idx, m);
    case FILE_PIPE_READ: return pipeRead(f.obj, m);
    case FILE_PIPE_WRITE: return -EBADF;
    case FILE_EVENTFD: return eventfdRead(f.obj, m);
    case FILE_BLOCK: return blockTransfer(file_idx, m, 0, pos, false);
    default: return -EINVAL;
  }
}
/** Writes what is behind the first `skip` bytes of the message. Bytes, or -errno. */
export function fileWrite(file_idx: u32, m: Msg, skip: u32, pos: u64): i64 {
  const f = fileAt(file_idx);
  switch (f.kind) {
    case FILE_SOCKET:
    case FILE_UNIX:
    case FILE_UDP: return socketSendmsg(file_idx, m, skip);
    case FILE_PIPE_READ: return -EBADF;
    case FILE_PIPE_WRITE: return pipeWrite(f.obj, m, skip, f.f_flags);
    case FILE_EVENTFD: return eventfdWrite(f.obj, m);
    case FILE_BLOCK: return blockTransfer(file_idx, m, skip, pos, true);
    default: return -EINVAL;
  }
}
