/** Description: flow control: closed windows are probed, windows never shrink, buffers grow with the stream. */
import { TCP_TCPFROMZEROWINDOWADV, TCP_TCPTOZEROWINDOWADV, TCP_TCPWINPROBE } from '../../../sim/core';
import { tcpClose } from '../../../stack/5-tcp';
import { mibBase, sock } from '../../../stack/6-socket';
import { AT_SOCKET_RCVBUF, AT_SOCKET_SNDBUF, setHost } from '../config.gen.as';
import { act, app, build, connected, defaults, link, runMs, transfer } from '../config_loopback.as';

const MIB: u64 = 1048576;
function mib(host: u32, counter: u32): u64 {
  return load<u64>(mibBase(host) + (<usize>counter << 3));
}

export function a_closed_window_is_probed_until_it_opens(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  app(c).to_send = MIB;
  act(c);
  runMs(5000);
  assert(sock(c).snd_wnd == 0 || sock(c).write_head != 0xffffffff, 'the window is closed');
  assert(mib(0, TCP_TCPWINPROBE) >= 3, 'and probed, ever more rarely');
  assert(mib(1, TCP_TCPTOZEROWINDOWADV) >= 1, 'as announced');
  const probes = mib(0, TCP_TCPWINPROBE);
  runMs(60000);
  assert(mib(0, TCP_TCPWINPROBE) - probes < 12, 'with backoff');
  app(s).reads = 1;
  act(s);
  for (let i = 0; i < 1000 && app(s).received < MIB; i++) runMs(1);
  assert(app(s).received == MIB, 'everything arrives when it opens');
  assert(mib(1, TCP_TCPFROMZEROWINDOWADV) >= 1, 'by a window update');
}

export function a_lost_window_update_is_found_by_a_probe(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  const s = <u32>pair;
  app(c).to_send = MIB / 2;
  act(c);
  runMs(3000);
  link(1).cut = 1;
  app(s).reads = 1;
  act(s);
  runMs(1);
  link(1).cut = 0;
  for (let i = 0; i < 20000 && app(s).received < MIB / 2; i++) runMs(1);
  assert(app(s).received == MIB / 2, 'the sender asks and learns');
}

export function an_orphan_gives_a_closed_window_up(): void {
  defaults();
  build();
  const pair = connected();
  const c = <u32>(pair >> 32);
  app(c).to_send = MIB / 2;
  act(c);
  runMs(1000);
  app(c).to_send = app(c).sent;
  link(1).cut = 1;
  tcpClose(c);
  runMs(1200000);
  assert(sock(c).refs == 0, 'it is gone after some minutes');
}

export function the_receive_buffer_grows_with_the_stream(): void {
  defaults();
  build();
  const pair = connected();
  const s = <u32>pair;
  link(0).delay_ns = 5000000;
  link(1).delay_ns = 5000000;
  transfer(<u32>(pair >> 32), s, 32 * MIB, 10000);
  assert(sock(s).rcvbuf > 1000000 && sock(s).rcvbuf <= 6291456, 'far beyond the initial 128 KiB');
  assert(sock(<u32>(pair >> 32)).sndbuf > 500000, 'and so does the send buffer');
}

export function a_fixed_receive_buffer_stays(): void {
  defaults();
  setHost(1, AT_SOCKET_RCVBUF, 100000);
  build();
  const pair = connected();
  const s = <u32>pair;
  link(0).delay_ns = 2000000;
  transfer(<u32>(pair >> 32), s, 4 * MIB, 20000);
  assert(sock(s).rcvbuf == 200000, 'SO_RCVBUF doubled');
}

export function a_fixed_send_buffer_stays(): void {
  defaults();
  setHost(0, AT_SOCKET_SNDBUF, 50000);
  build();
  const pair = connected();
  transfer(<u32>(pair >> 32), <u32>pair, 2 * MIB, 20000);
  assert(sock(<u32>(pair >> 32)).sndbuf == 100000, 'SO_SNDBUF doubled');
}

export function the_greatest_buffers_do_not_wrap_around(): void {
  defaults();
  setHost(0, AT_SOCKET_SNDBUF, 1 << 30);
  setHost(1, AT_SOCKET_RCVBUF, 1 << 30);
  build();
  const pair = connected();
  transfer(<u32>(pair >> 32), <u32>pair, MIB, 20000);
  assert(sock(<u32>pair).rcvbuf == 0x7ffffffe && sock(<u32>(pair >> 32)).sndbuf == 0x7ffffffe, 'the largest even int');
}

export function a_tiny_buffer_still_moves_a_stream(): void {
  defaults();
  setHost(1, AT_SOCKET_RCVBUF, 4096);
  build();
  const pair = connected();
  transfer(<u32>(pair >> 32), <u32>pair, 100000, 60000);
}
