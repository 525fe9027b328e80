/** Calls on sockets (net/socket.c). */
import { NONE } from '../core';
import { userOk } from '../../stack/3-pool';
import {
  fdFree, filePut, isDatagram, isSocket, sockaddrIn, sockaddrToUser, socketAccept, socketBind,
  socketConnect, socketGetname, socketGetsockopt, socketListen, socketNew, socketPairNew, socketRecvmsg, socketSendmsg, socketSetsockopt,
  socketShutdown,
} from '../../stack/file';
import { iovTotal, Msg, msgRange, POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../stack/6-socket';
import { Task } from '../../uring-model/7-ring';
import {
  EAGAIN, EALREADY, EBADF, EFAULT, EINPROGRESS, EINVAL, EMFILE, ENOTSOCK, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_WAITALL, SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from '../../uring-model/uapi.gen';
import { vector } from './call_file';
import { callZerocopyReceive, isZerocopyReceive } from './call_map';
import { CALL_MSG, CALL_NAME, CALL_NAME_BYTES, CALL_PAIR, CALL_VALUE, CALL_VALUE_BYTES } from './call_memory';
import { blocks, fileOf, install, installPair, waitFor } from './call_wait';

const SOCK_TYPE_MASK: u32 = 0xf;
/** struct msghdr: name, namelen, iov, iovlen, control, controllen, flags. */
const MSGHDR_BYTES: u32 = 56;

function msg(): Msg {
  return changetype<Msg>(CALL_MSG);
}
/** The socket behind a descriptor, or -errno. */
function socketOf(t: Task, fd: i32): i32 {
  const file_idx = fileOf(t, fd);
  if (file_idx == NONE) return -EBADF;
  return isSocket(file_idx) ? <i32>file_idx : -ENOTSOCK;
}
export function callSocket(t: Task, family: u32, type: u32, protocol: u32): i64 {
  if ((type & ~SOCK_TYPE_MASK & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) return -EINVAL;
  const ret = socketNew(t.host, family, type, protocol);
  return ret < 0 ? ret : install(t, <u32>ret);
}

export function callSocketpair(t: Task, family: u32, type: u32, protocol: u32, out: u64): i64 {
  if ((type & ~SOCK_TYPE_MASK & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) return -EINVAL;
  if (!userOk(out, 8)) return -EFAULT;
  const ret = socketPairNew(t.host, family, type, protocol, CALL_PAIR);
  if (ret != 0) return ret;
  return installPair(t, load<u32>(CALL_PAIR), load<u32>(CALL_PAIR, 4), out);
}

export function callBind(t: Task, fd: i32, addr: u64, len: u64): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  const ret = sockaddrIn(CALL_NAME, addr, len, CALL_NAME_BYTES);
  return ret != 0 ? ret : socketBind(<u32>s, CALL_NAME, <u32>len);
}
export function callListen(t: Task, fd: i32, backlog: u32): i64 {
  const s = socketOf(t, fd);
  return s < 0 ? s : socketListen(<u32>s, backlog);
}
export function callShutdown(t: Task, fd: i32, how: u32): i64 {
  const s = socketOf(t, fd);
  return s < 0 ? s : socketShutdown(<u32>s, how);
}

export function callAccept(t: Task, fd: i32, addr: u64, len_addr: u64, flags: u32): i64 {
  if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) return -EINVAL;
  const s = socketOf(t, fd);
  if (s < 0) return s;
  if (!fdFree(t.idx)) return -EMFILE;
  const ret = socketAccept(<u32>s, flags);
  if (ret == -EAGAIN && blocks(<u32>s)) return waitFor(t, <u32>s, POLLIN, true);
  if (ret < 0) return ret;
  if (addr != 0) {
    const len = socketGetname(<u32>ret, true, CALL_NAME);
    const copied = len < 0 ? len : sockaddrToUser(CALL_NAME, <u32>len, addr, len_addr);
    if (copied < 0) {
      filePut(<u32>ret);
      return copied;
    }
  }
  return install(t, <u32>ret);
}

export function callConnect(t: Task, fd: i32, addr: u64, len: u64): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  const bad = sockaddrIn(CALL_NAME, addr, len, CALL_NAME_BYTES);
  if (bad != 0) return bad;
  const ret = socketConnect(<u32>s, CALL_NAME, <u32>len);
  const waits = ret == -EINPROGRESS || (ret == -EALREADY && t.call_done != 0) || ret == -EAGAIN;
  if (!waits || !blocks(<u32>s)) return ret;
  // A connect that this call has begun is under way when it is made again.
  t.call_done = 1;
  return waitFor(t, <u32>s, POLLOUT | POLLERR | POLLHUP, false);
}

export function callGetname(t: Task, fd: i32, peer: bool, addr: u64, len_addr: u64): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  const len = socketGetname(<u32>s, peer, CALL_NAME);
  return len < 0 ? len : sockaddrToUser(CALL_NAME, <u32>len, addr, len_addr);
}

/** Sends the message in hand; a stream that may wait goes on until all is sent. */
function send(t: Task, file_idx: u32): i64 {
  const m = msg();
  const may_wait = (m.flags & MSG_DONTWAIT) == 0 && blocks(file_idx);
  const total = iovTotal(m.iov, m.iov_count);
  while (true) {
    const ret = socketSendmsg(file_idx, m, t.call_done);
    if (ret > 0) t.call_done += <u32>ret;
    if (ret < 0 && ret != -EAGAIN) return t.call_done != 0 ? <i64>t.call_done : ret;
    if (ret >= 0 && (<u64>t.call_done >= total || isDatagram(file_idx))) return t.call_done;
    if (!may_wait) return t.call_done != 0 ? <i64>t.call_done : ret;
    if (ret <= 0) return waitFor(t, file_idx, POLLOUT, false);
  }
}

/** Receives into the message in hand; with MSG_WAITALL a stream that may wait goes on until it is full. */
function receive(t: Task, file_idx: u32): i64 {
  const m = msg();
  const may_wait = (m.flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) == 0 && blocks(file_idx);
  const datagram = isDatagram(file_idx);
  const all = (m.flags & MSG_WAITALL) != 0 && (m.flags & MSG_PEEK) == 0 && !datagram;
  const total = iovTotal(m.iov, m.iov_count);
  const ret = socketRecvmsg(file_idx, m, t.call_done);
  if (ret > 0 && !datagram) t.call_done += <u32>ret;
  if (ret >= 0 && (ret == 0 || !all || <u64>t.call_done >= total)) return datagram ? <i64>ret : <i64>t.call_done;
  if (ret < 0 && ret != -EAGAIN) return t.call_done != 0 ? <i64>t.call_done : ret;
  if (!may_wait) return t.call_done != 0 ? <i64>t.call_done : ret;
  return waitFor(t, file_idx, POLLIN, datagram);
}

export function callSendto(t: Task, fd: i32, addr: u64, len: u64, flags: u32, name: u64, name_len: u64): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  const m = msg();
  msgRange(m, addr, <u32>min<u64>(len, i32.MAX_VALUE), flags);
  if (name != 0) {
    const ret = sockaddrIn(CALL_NAME, name, name_len, CALL_NAME_BYTES);
    if (ret != 0) return ret;
    m.name = <u32>CALL_NAME;
    m.name_len = <u32>name_len;
  }
  return send(t, <u32>s);
}

export function callRecvfrom(t: Task, fd: i32, addr: u64, len: u64, flags: u32, name: u64, len_addr: u64): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  const m = msg();
  msgRange(m, addr, <u32>min<u64>(len, i32.MAX_VALUE), flags);
  if (name != 0) m.name = <u32>CALL_NAME;
  const ret = receive(t, <u32>s);
  if (ret < 0 || name == 0) return ret;
  const bad = sockaddrToUser(CALL_NAME, m.name_len, name, len_addr);
  return bad != 0 ? bad : ret;
}

/** struct msghdr of user space becomes the message in hand: 0 or -errno (copy_msghdr_from_user). */
function header(at: u64, flags: u32): i32 {
  if (!userOk(at, MSGHDR_BYTES)) return -EFAULT;
  const m = msg();
  const ret = vector(m, load<u64>(<usize>at, 16), load<u64>(<usize>at, 24), flags);
  if (ret != 0) return ret;
  m.control = <u32>load<u64>(<usize>at, 32);
  m.control_len = m.control == 0 ? 0 : <u32>load<u64>(<usize>at, 40);
  return userOk(m.control, m.control_len) || m.control == 0 ? 0 : -EFAULT;
}

export function callSendmsg(t: Task, fd: i32, at: u64, flags: u32): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  const ret = header(at, flags);
  if (ret != 0) return ret;
  const name = load<u64>(<usize>at);
  const name_len = load<i32>(<usize>at, 8);
  if (name != 0 && name_len != 0) {
    const bad = sockaddrIn(CALL_NAME, name, <u64>min(name_len, CALL_NAME_BYTES), CALL_NAME_BYTES);
    if (bad != 0) return bad;
    msg().name = <u32>CALL_NAME;
    msg().name_len = <u32>min(name_len, CALL_NAME_BYTES);
  }
  return send(t, <u32>s);
}

export function callRecvmsg(t: Task, fd: i32, at: u64, flags: u32): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  const bad = header(at, flags);
  if (bad != 0) return bad;
  const m = msg();
  const name = load<u64>(<usize>at);
  if (name != 0) m.name = <u32>CALL_NAME;
  const ret = receive(t, <u32>s);
  if (ret < 0) return ret;
  if (name != 0) {
    const copied = sockaddrToUser(CALL_NAME, m.name_len, name, at + 8);
    if (copied != 0) return copied;
  }
  store<u64>(<usize>at, m.control_len, 40);
  store<u32>(<usize>at, m.out_flags, 48);
  return ret;
}

export function callSetsockopt(t: Task, fd: i32, level: u32, name: u32, addr: u64, len: u32): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  if (<i32>len < 0) return -EINVAL;
  const n = min(len, CALL_VALUE_BYTES);
  if (!userOk(addr, n)) return -EFAULT;
  memory.copy(CALL_VALUE, <usize>addr, n);
  return socketSetsockopt(<u32>s, level, name, CALL_VALUE, n);
}
export function callGetsockopt(t: Task, fd: i32, level: u32, name: u32, addr: u64, len_addr: u64): i64 {
  const s = socketOf(t, fd);
  if (s < 0) return s;
  if (!userOk(len_addr, 4)) return -EFAULT;
  const room = load<i32>(<usize>len_addr);
  if (room < 0) return -EINVAL;
  if (isZerocopyReceive(level, name)) return callZerocopyReceive(<u32>s, addr, len_addr, <u32>room);
  const ret = socketGetsockopt(<u32>s, level, name, CALL_VALUE, min<u32>(room, CALL_VALUE_BYTES));
  if (ret < 0) return ret;
  if (!userOk(addr, ret)) return -EFAULT;
  memory.copy(<usize>addr, CALL_VALUE, ret);
  store<u32>(<usize>len_addr, <u32>ret);
  return 0;
}
