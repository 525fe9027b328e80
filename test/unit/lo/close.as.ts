/** Description: a connection over the loopback device ends. */
import { TCP_ESTABRESETS, TCP_TWRECYCLED } from '../../../sim/core';
import { POLLHUP, POLLIN, POLLRDHUP, mibBase, sock, sockLive, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_FIN_WAIT2 } from '../../../stack/6-socket';
import {
  accept, bindTo, build, close, connectTo, defaults, EAGAIN, ECONNRESET, EINPROGRESS, EPIPE, lingerNot, listener, LOCALHOST, newSocket,
  pair, passMs, recv, send, shut, woken,
} from '../config_lo.as';

export function a_fin_arrives_within_the_call(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  const s = <u32>p;
  woken(s);
  assert(shut(c, 1) == 0 && (woken(s) & (POLLIN | POLLRDHUP)) == (POLLIN | POLLRDHUP), 'the peer hears of it');
  assert(sock(s).state == <u8>TCP_CLOSE_WAIT, 'and has it');
  passMs(50);
  assert(sock(c).state == <u8>TCP_FIN_WAIT2 && recv(s, 10) == 0, 'the end of the stream');
  assert(send(s, 5) == 5 && recv(c, 10) == 5, 'the other direction is still open');
  close(s);
  assert(recv(c, 10) == 0, 'closed');
  close(c);
  assert(!sockLive(c), 'its TIME-WAIT is a mini socket');
  passMs(300);
  assert(!sockLive(s), 'and so is the other');
}

export function data_and_fin_are_both_there(): void {
  defaults();
  build();
  const p = pair();
  assert(send(<u32>(p >> 32), 10) == 10, 'data');
  close(<u32>(p >> 32));
  assert(recv(<u32>p, 100) == 10 && recv(<u32>p, 100) == 0, 'in this order');
  close(<u32>p);
  passMs(300);
  assert(!sockLive(<u32>p) && !sockLive(<u32>(p >> 32)), 'nothing is left');
}

export function unread_data_is_answered_with_a_reset(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  send(c, 10);
  woken(c);
  close(<u32>p);
  assert(sock(c).state == <u8>TCP_CLOSE && (woken(c) & POLLHUP) != 0, 'the connection is gone');
  assert(recv(c, 10) == ECONNRESET && recv(c, 10) == 0, 'which is told once');
  assert(send(c, 10) == EPIPE, 'and for ever');
  assert(load<u64>(mibBase(0) + (<usize>TCP_ESTABRESETS << 3)) == 2, 'both ends count');
}

export function a_linger_of_no_time_resets(): void {
  defaults();
  build();
  const p = pair();
  lingerNot(<u32>p);
  close(<u32>p);
  assert(recv(<u32>(p >> 32), 10) == ECONNRESET, 'the peer was reset');
  assert(!sockLive(<u32>p), 'and the socket is gone');
}

export function a_reset_after_data_leaves_the_data(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  send(<u32>p, 10);
  lingerNot(<u32>p);
  close(<u32>p);
  assert(recv(c, 100) == 10 && recv(c, 100) == ECONNRESET, 'first the data');
}

export function a_send_to_who_has_closed_is_reset(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  close(<u32>p);
  assert(recv(c, 10) == 0, 'a FIN');
  assert(send(c, 10) == 10, 'the first send does not know');
  assert(send(c, 10) == EPIPE, 'the second does');
}

export function who_is_not_accepted_is_reset_when_the_listener_closes(): void {
  defaults();
  build();
  const l = listener();
  const c = newSocket();
  connectTo(c, 4, LOCALHOST, sock(l).lport);
  assert(recv(c, 10) == EAGAIN, 'it is connected');
  close(l);
  assert(recv(c, 10) == ECONNRESET, 'it was');
}

export function a_port_in_time_wait_is_taken_again(): void {
  defaults();
  build();
  const l = listener();
  const port = <u32>sock(l).lport;
  for (let i: u32 = 0; i < 3; i++) {
    const c = newSocket();
    assert(bindTo(c, 4, LOCALHOST, 7001) == 0 && connectTo(c, 4, LOCALHOST, port) == EINPROGRESS, 'the same port each time');
    const s = accept(l);
    assert(s >= 0 && send(c, 10) == 10 && recv(<u32>s, 100) == 10, 'it works');
    close(c);
    close(<u32>s);
    assert(!sockLive(c), 'its TIME-WAIT has begun');
  }
  assert(load<u64>(mibBase(0) + (<usize>TCP_TWRECYCLED << 3)) == 2, 'two of three gave way');
}
