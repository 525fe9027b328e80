/** Description: whom a connection wakes, and what it says to them. */
import {
  POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM, sock, TCP_CLOSE,
} from '../../../stack/6-socket';
import { tcpPoll } from '../../../stack/5-tcp';
import { build, defaults, EPIPE, lingerNot, close, listener, newSocket, option, pair, recv, send, shut, woken } from '../config_lo.as';

const READABLE: u32 = POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND;
const WRITABLE: u32 = POLLOUT | POLLWRNORM | POLLWRBAND;
/** Who waits is told to look, whatever it waits for. */
const LOOK: u32 = 0x7fffffff;
const SOL_SOCKET: u32 = 1;
const SO_SNDBUF: u32 = 7;
const ENOTCONN: i32 = -107;

export function data_is_told_as_everything_that_can_be_read(): void {
  defaults();
  build();
  const p = pair();
  woken(<u32>p);
  assert(send(<u32>(p >> 32), 10) == 10 && woken(<u32>p) == READABLE, 'urgent data might be among it');
}

export function room_is_told_to_a_writer_that_found_none(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  woken(c);
  while (send(c, 65536) > 0) assert(true, 'it fills');
  assert(woken(c) == 0, 'no room yet');
  while (recv(<u32>p, 65536) > 0) assert(true, 'it empties');
  assert(woken(c) == WRITABLE, 'there is room');
}

export function a_send_buffer_that_grows_is_told_even_if_there_was_room(): void {
  defaults();
  build();
  const c = <u32>(pair() >> 32);
  woken(c);
  assert(option(c, SOL_SOCKET, SO_SNDBUF, 100000) == 0 && woken(c) == WRITABLE, 'whoever waits may look');
}

export function a_change_of_state_makes_everybody_look(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  woken(<u32>p);
  woken(c);
  assert(shut(c, 1) == 0 && woken(<u32>p) == LOOK && woken(c) == LOOK, 'both ends of a shutdown');
}

export function a_reset_is_told_as_a_change_and_as_an_error(): void {
  defaults();
  build();
  const p = pair();
  woken(<u32>p);
  lingerNot(<u32>(p >> 32));
  close(<u32>(p >> 32));
  assert(sock(<u32>p).state == <u8>TCP_CLOSE && woken(<u32>p) == LOOK, 'gone');
  assert((tcpPoll(<u32>p) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP), 'with an error');
}

export function a_shutdown_without_a_connection_fails_and_is_one(): void {
  defaults();
  build();
  const c = newSocket();
  woken(c);
  assert(shut(c, 2) == ENOTCONN && woken(c) == LOOK && sock(c).shutdown == 3, 'who waits for it is told');
  assert(send(c, 1) == EPIPE, 'shut');
}

export function a_listener_that_is_shut_listens_no_more(): void {
  defaults();
  build();
  const l = listener();
  woken(l);
  assert(shut(l, 0) == 0 && sock(l).state == <u8>TCP_CLOSE && woken(l) == LOOK, 'and says so');
}
