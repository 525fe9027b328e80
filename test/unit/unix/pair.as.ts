/** Description: two AF_UNIX sockets back to back: what is sent is received, and what shutdown and close do to the other end. */
import {
  EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EMSGSIZE, EOPNOTSUPP, EPIPE, MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, POLLERR, POLLHUP,
  POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM, SHUT_RD, SHUT_WR, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM,
} from '../../../uring-model/uapi.gen';
import { buffers, close, fd, isBytes, pair, poll, recv, send, shutdown, socketError } from '../config_files.as';
import { build } from '../config_ring.as';

const POLLWRBAND: u32 = 0x200;
const OUT: u32 = POLLOUT | POLLWRNORM | POLLWRBAND;

function begin(type: u32): void {
  build();
  buffers();
  pair(type);
}

export function a_stream_forgets_how_it_was_sent(): void {
  begin(SOCK_STREAM);
  assert(send(fd(0), 3) == 3 && send(fd(0), 4) == 4, 'two writes');
  assert(recv(fd(1), 5) == 5 && recv(fd(1), 64) == 2 && recv(fd(1), 64) == -EAGAIN, 'read as they come');
}

export function a_stream_has_nothing_urgent_and_datagrams_know_of_none(): void {
  begin(SOCK_STREAM);
  send(fd(0), 3);
  assert(recv(fd(1), 3, MSG_OOB) == -EINVAL && recv(fd(1), 64) == 3, 'no byte is urgent, and none was taken');
  pair(SOCK_DGRAM);
  assert(recv(fd(1), 3, MSG_OOB) == -EOPNOTSUPP, 'of a datagram there is none');
}

export function a_long_write_comes_out_whole(): void {
  begin(SOCK_STREAM);
  assert(send(fd(0), 100000) == 100000, 'in several messages');
  assert(recv(fd(1), 100000) == 100000 && isBytes(0, 100000), 'as one');
}

export function peeking_leaves_the_bytes_and_reads_over_message_borders(): void {
  begin(SOCK_STREAM);
  send(fd(0), 3);
  send(fd(0), 3);
  assert(recv(fd(1), 64, MSG_PEEK) == 6 && recv(fd(1), 2, MSG_PEEK) == 2 && recv(fd(1), 64) == 6, 'the same bytes again');
}

export function a_writer_stops_when_its_buffer_is_used_up_and_is_writable_again_at_a_quarter(): void {
  begin(SOCK_STREAM);
  let sent: i32 = 0;
  let n = send(fd(0), 4096);
  while (n > 0) {
    sent += n;
    n = send(fd(0), 4096);
  }
  assert(n == -EAGAIN && sent > 100000 && sent < 212992 + 4096 && (poll(fd(0)) & POLLOUT) == 0, 'full');
  assert(recv(fd(1), 4096) == 4096 && (poll(fd(0)) & POLLOUT) == 0, 'one read is not enough');
  assert(send(fd(0), 1) == 1, 'but a write succeeds');
  while (recv(fd(1), 65536) > 0) {}
  assert((poll(fd(0)) & POLLOUT) != 0, 'writable');
}

export function after_shutdown_for_writing_the_peer_reads_the_rest_and_then_the_end(): void {
  begin(SOCK_STREAM);
  send(fd(0), 3);
  assert(shutdown(fd(0), SHUT_WR) == 0 && send(fd(0), 1) == -EPIPE, 'no more writing');
  assert(poll(fd(1)) == (POLLRDHUP | POLLIN | POLLRDNORM | OUT), 'half closed');
  assert(recv(fd(1), 64) == 3 && recv(fd(1), 64) == 0 && recv(fd(1), 64) == 0, 'the end');
  assert(send(fd(1), 2) == 2 && recv(fd(0), 64) == 2, 'the other way is open');
}

export function after_shutdown_for_reading_the_peer_cannot_write(): void {
  begin(SOCK_STREAM);
  shutdown(fd(0), SHUT_RD);
  assert(send(fd(1), 1) == -EPIPE && recv(fd(0), 1) == 0 && send(fd(0), 1) == 1, 'one direction');
}

export function a_close_with_everything_read_is_an_end_of_stream(): void {
  begin(SOCK_STREAM);
  send(fd(0), 3);
  close(fd(0));
  assert(poll(fd(1)) == (POLLHUP | POLLRDHUP | POLLIN | POLLRDNORM | OUT), 'hung up');
  assert(recv(fd(1), 64) == 3 && recv(fd(1), 64) == 0 && send(fd(1), 1) == -EPIPE, 'nobody is there');
}

export function a_close_with_something_unread_resets_once(): void {
  begin(SOCK_STREAM);
  send(fd(1), 3);
  close(fd(0));
  assert((poll(fd(1)) & POLLERR) != 0, 'an error');
  assert(recv(fd(1), 64) == -ECONNRESET && recv(fd(1), 64) == 0, 'reset, then the end');
}

export function so_error_takes_the_error_away(): void {
  begin(SOCK_STREAM);
  send(fd(1), 3);
  close(fd(0));
  assert(socketError(fd(1)) == ECONNRESET && socketError(fd(1)) == 0 && recv(fd(1), 1) == 0, 'once');
}

export function messages_keep_their_borders_and_lose_what_does_not_fit(): void {
  begin(SOCK_DGRAM);
  send(fd(0), 10);
  send(fd(0), 0);
  send(fd(0), 5);
  assert(recv(fd(1), 4) == 4 && recv(fd(1), 64) == 0 && recv(fd(1), 64) == 5 && recv(fd(1), 64) == -EAGAIN, 'one by one');
  send(fd(0), 10);
  assert(recv(fd(1), 4, MSG_PEEK | MSG_TRUNC) == 10 && recv(fd(1), 4, MSG_TRUNC) == 10, 'the length that it had');
}

export function a_message_longer_than_the_send_buffer_is_refused(): void {
  begin(SOCK_DGRAM);
  assert(send(fd(0), 212992 - 32) == 212992 - 32, 'just fits');
  assert(send(fd(1), 212992 - 31) == -EMSGSIZE, 'one byte more');
}

export function a_datagram_socket_learns_late_that_its_peer_has_gone(): void {
  begin(SOCK_DGRAM);
  close(fd(0));
  assert(recv(fd(1), 1) == -EAGAIN && send(fd(1), 1) == -ECONNREFUSED, 'when it sends');
}

export function seqpacket_ends_like_a_stream(): void {
  begin(SOCK_SEQPACKET);
  send(fd(0), 7);
  close(fd(0));
  assert(recv(fd(1), 3) == 3 && recv(fd(1), 64) == 0 && send(fd(1), 1) == -EPIPE, 'the end');
}

export function a_socket_that_was_never_connected_cannot_be_read(): void {
  begin(SOCK_STREAM);
  assert(recv(fd(0), 8, MSG_WAITALL) == -EAGAIN, 'a pair can');
  assert(shutdown(fd(0), 3) == -EINVAL, 'no such direction');
}
