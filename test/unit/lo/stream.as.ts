/** Description: two sockets of one host talk over the loopback device, within the calls that send. */
import { NONE } from '../../../sim/core';
import { skb } from '../../../stack/3-pool';
import { POLLIN, POLLOUT, sock, TCP_ESTABLISHED } from '../../../stack/6-socket';
import {
  accept, bindTo, build, close, connectTo, defaults, EADDRNOTAVAIL, EAGAIN, ECONNREFUSED, EINPROGRESS, listener, LOCALHOST, newSocket,
  option, pair, passMs, piece, queued, recv, send, user, woken,
} from '../config_lo.as';

const HOST_ADDRESS: u32 = 0x0100000a;
const SOL_SOCKET: u32 = 1;
const SO_SNDBUF: u32 = 7;
const SO_RCVBUF: u32 = 8;

export function a_connection_is_there_when_connect_returns(): void {
  defaults();
  build();
  const l = listener();
  const c = newSocket();
  assert(connectTo(c, 4, LOCALHOST, sock(l).lport) == EINPROGRESS, 'a call that does not wait says so all the same');
  assert(sock(c).state == <u8>TCP_ESTABLISHED && (woken(c) & POLLOUT) != 0, 'but it is');
  assert((woken(l) & POLLIN) != 0, 'the listener was told');
  const s = accept(l);
  assert(s >= 0 && sock(<u32>s).state == <u8>TCP_ESTABLISHED, 'there is somebody to accept');
  assert(sock(<u32>s).rport == sock(c).lport && sock(c).raddr0 == <u64>LOCALHOST && sock(c).laddr0 == <u64>LOCALHOST, 'it is he');
}

export function the_announced_segment_is_that_of_the_loopback_mtu(): void {
  defaults();
  build();
  const p = pair();
  assert(sock(<u32>(p >> 32)).advmss == 65483 && sock(<u32>p).advmss == 65483, 'IPv4');
  const q = pair(6);
  assert(sock(<u32>(q >> 32)).advmss == 65464 && sock(<u32>q).advmss == 65464, 'IPv6');
  assert(sock(<u32>(p >> 32)).mss_cache == 32741, 'half of the window that the peer offered');
}

export function a_host_reaches_itself_under_all_its_addresses(): void {
  defaults();
  build();
  assert(send(<u32>pair(4, HOST_ADDRESS), 10) == 10, 'its own address');
  assert(send(<u32>pair(4, 0x0500007f), 10) == 10, '127.0.0.5');
  assert(send(<u32>pair(6), 10) == 10, '::1');
  const any = listener(4, 0, 7000);
  const c = newSocket();
  assert(connectTo(c, 4, 0, 7000) == EINPROGRESS && accept(any) >= 0, '0.0.0.0 is oneself');
  assert(sock(c).raddr0 == <u64>LOCALHOST, 'by the name of 127.0.0.1');
}

export function nobody_listens(): void {
  defaults();
  build();
  const c = newSocket();
  assert(connectTo(c, 4, LOCALHOST, 9) == EINPROGRESS, 'it tries');
  assert(connectTo(c, 4, LOCALHOST, 9) == ECONNREFUSED, 'and was refused');
  assert(bindTo(newSocket(), 4, 0x09090909, 80) == EADDRNOTAVAIL, 'a foreign address');
}

export function a_send_delivers_before_it_returns(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  const s = <u32>p;
  for (let i: u32 = 0; i < 100; i++) store<u8>(<usize>user() + i, <u8>(i * 7));
  woken(s);
  assert(recv(s, 100) == EAGAIN, 'nothing yet');
  assert(send(c, 100) == 100 && (woken(s) & POLLIN) != 0, 'the reader was told');
  assert(recv(s, 200) == 100, 'all is there');
  for (let i: u32 = 0; i < 100; i++) assert(load<u8>(<usize>user() + (1 << 19) + i) == <u8>(i * 7), 'and as it was sent');
}

export function an_early_ack_is_received_before_the_send_returns(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  send(c, 100);
  assert(sock(c).packets_out == 0 && sock(c).wmem_queued == 0, 'a new connection acknowledges each segment');
  assert(sock(c).owned == 0 && sock(c).backlog_head == NONE && sock(c).backlog_len == 0, 'the ACK had waited for the lock');
}

export function small_sends_stay_apart_until_the_window_is_full(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  const s = <u32>p;
  for (let i: u32 = 0; i < 30; i++) assert(send(c, 10) == 10, 'taken');
  for (let i: u32 = 0; i < 26; i++) assert(piece(s, i) == 10, 'each is a fragment of its own');
  assert(piece(s, 26) == 0 && sock(c).packets_out == 10, 'sixteen were acknowledged at once, ten wait for their ACK');
  assert(sock(c).write_len == 1, 'the rest is one skb');
  assert(recv(s, 4096) == 260, 'the reader acknowledges');
  assert(piece(s, 0) == 40 && piece(s, 1) == 0 && sock(c).write_head == NONE, 'which lets the rest go, and it is there at once');
  assert(recv(s, 4096) == 40, 'in one piece');
}

export function what_the_sender_still_holds_is_not_joined(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  const s = <u32>p;
  for (let i: u32 = 0; i < 20; i++) send(c, 10);
  assert(skb(queued(s, 0)).nr_frags == 17 && skb(queued(s, 0)).clone == 0, 'behind what was acknowledged there is room for the next');
  for (let i: u32 = 1; i < 4; i++) assert(skb(queued(s, i)).nr_frags == 1 && skb(queued(s, i)).clone != 0, 'a clone is left alone');
}

export function six_writes_are_six_pieces(): void {
  defaults();
  build();
  const p = pair();
  for (let i: u32 = 0; i < 6; i++) assert(send(<u32>(p >> 32), 3000) == 3000, 'taken');
  for (let i: u32 = 0; i < 6; i++) assert(piece(<u32>p, i) == 3000, 'each its own');
  assert(piece(<u32>p, 6) == 0, 'no more');
}

export function a_full_socket_goes_on_when_its_peer_reads(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  const s = <u32>p;
  option(c, SOL_SOCKET, SO_SNDBUF, 4096);
  option(s, SOL_SOCKET, SO_RCVBUF, 4096);
  let sent: u32 = 0;
  for (let n = send(c, 65536); n > 0; n = send(c, 65536)) sent += n;
  assert(sent != 0 && send(c, 4096) == EAGAIN, 'it is full');
  woken(c);
  let got: u32 = 0;
  for (let i: u32 = 0; i < 1000 && got < sent; i++) {
    const n = recv(s, 65536);
    if (n > 0) got += n;
    else passMs(4);
  }
  assert(got == sent && (woken(c) & POLLOUT) != 0, 'all comes, and the writer is told');
  assert(send(c, 4096) > 0, 'who may go on');
}

export function a_socket_may_connect_to_itself(): void {
  defaults();
  build();
  const c = newSocket();
  assert(bindTo(c, 4, LOCALHOST, 7777) == 0 && connectTo(c, 4, LOCALHOST, 7777) == EINPROGRESS, 'both ends are one');
  assert(sock(c).state == <u8>TCP_ESTABLISHED, 'its SYN crossed itself');
  assert(send(c, 10) == 10 && recv(c, 100) == 10, 'it hears itself');
  close(c);
  passMs(1000);
}

export function large_writes_are_cut_as_the_pages_they_were_copied_to(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  const s = <u32>p;
  for (let i: u32 = 0; i < 3; i++) assert(send(c, 30000) == 30000, 'taken');
  assert(piece(s, 0) == 30000, 'the first page is fresh');
  assert(piece(s, 1) == 2768 && piece(s, 2) == 27232, 'its rest, and of the next one');
  assert(piece(s, 3) == 5536 && piece(s, 4) == 24464 && piece(s, 5) == 0, 'and so on');
}

export function a_page_that_nobody_holds_is_filled_from_its_begin(): void {
  defaults();
  build();
  const p = pair();
  for (let i: u32 = 0; i < 3; i++) {
    assert(send(<u32>(p >> 32), 20000) == 20000, 'taken');
    assert(piece(<u32>p, 0) == 20000 && piece(<u32>p, 1) == 0, 'one piece');
    assert(recv(<u32>p, 65536) == 20000, 'read');
  }
}

export function sixty_four_kib_are_segments_of_half_the_window(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  assert(send(c, 65536) == 65536, 'taken');
  assert(skb(queued(<u32>p, 0)).len == 32741, 'as the first segment is');
  assert(recv(<u32>p, 65536) == 65536, 'all of it is there');
}

export function a_megabyte_goes_through_in_both_directions(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  const s = <u32>p;
  let sent: u32 = 0;
  let got: u32 = 0;
  for (let i: u32 = 0; i < 400 && got < 1 << 20; i++) {
    const n = send(c, 65536 < (1 << 20) - sent ? 65536 : (1 << 20) - sent);
    if (n > 0) sent += n;
    const m = recv(s, 262144);
    if (m > 0) {
      got += m;
      send(s, 1);
      recv(c, 10);
    }
    if (n < 0 && m < 0) passMs(50);
  }
  assert(got == 1 << 20, 'all came');
  passMs(1000);
  assert(sock(c).rtx_head == NONE && sock(s).rtx_head == NONE, 'and was acknowledged');
  assert(sock(c).bytes_retrans == 0, 'nothing was sent twice');
}

export function the_delayed_ack_comes_by_its_timer(): void {
  defaults();
  build();
  const p = pair();
  const c = <u32>(p >> 32);
  for (let i: u32 = 0; i < 20; i++) send(c, 10);
  assert(sock(c).packets_out == 4, 'four wait');
  passMs(45);
  assert(sock(c).packets_out == 0, 'forty milliseconds later they do not');
  close(c);
  close(<u32>p);
}
