/**
 * A thread that maps what it receives (TCP_ZEROCOPY_RECEIVE), as tools/testing/selftests/net/tcp_mmap.c does it: it waits, maps the pages
 * that are there to its area, looks at them, lets them go as `app.unmap` says, and reads what could not be mapped.
 */
import { APP_UNMAP_MADVISE, APP_UNMAP_MUNMAP, charge, COST_APP_CQE, hostConfig } from '../../../sim/core';
import {
  __NR_getsockopt, __NR_madvise, __NR_mmap, __NR_munmap, __NR_poll, __NR_recvfrom, EAGAIN, EIO, ERESTARTSYS, IPPROTO_TCP, MADV_DONTNEED,
  MAP_SHARED, MSG_DONTWAIT, POLLIN, PROT_READ, TCP_ZEROCOPY_RECEIVE, tcp_zerocopy_receive, TCP_ZEROCOPY_RECEIVE_BYTES,
} from '../../uapi.gen';
import { ARG_EVENTS, FOR_EVER, lowWater, MAPS, over, READS, REST, Thread, took } from './plain_thread';
import { systemCall } from './port';
import { sinkBytes } from './sink';
import { App, Stream, stream } from './state';

/** In the thread's page of arguments, behind what poll looks at. */
const ARG_ZC: u32 = 640;
const ARG_ZC_LEN: u32 = 720;

/** Pages of an area, whole ones. */
function areaBytes(a: App): u32 {
  return (a.buf_size + 4095) & ~4095;
}

/** The thread's stream gets an area of its own. False: it could not, and is over. */
export function areaBegin(a: App, t: Thread): bool {
  const s = stream(a, t.stream);
  const ret = systemCall(t.task, __NR_mmap, 0, areaBytes(a), PROT_READ, MAP_SHARED, s.fd, 0);
  t.area = ret > 0 ? <u32>ret : 0;
  if (ret < 0) over(a, t, ret);
  else lowWater(a, t, s.fd);
  return ret >= 0;
}
function areaEnd(a: App, t: Thread): void {
  systemCall(t.task, __NR_munmap, t.area, areaBytes(a));
}
function end(a: App, t: Thread, res: i64): void {
  areaEnd(a, t);
  over(a, t, res);
}

/** The thread has looked at `len` bytes of its area. */
function letGo(a: App, t: Thread, s: Stream, len: u32): void {
  const unmap = hostConfig(a.host).app_unmap;
  if (unmap == APP_UNMAP_MADVISE) systemCall(t.task, __NR_madvise, t.area, len, MADV_DONTNEED);
  else if (unmap == APP_UNMAP_MUNMAP) {
    areaEnd(a, t);
    t.area = <u32>systemCall(t.task, __NR_mmap, 0, areaBytes(a), PROT_READ, MAP_SHARED, s.fd, 0);
  }
}

/** Maps what is there. */
function map(a: App, t: Thread, s: Stream): void {
  const zc = changetype<tcp_zerocopy_receive>(<usize>(t.args + ARG_ZC));
  const room = hostConfig(a.host).app_copybuf_bytes;
  memory.fill(changetype<usize>(zc), 0, TCP_ZEROCOPY_RECEIVE_BYTES);
  zc.address = t.area;
  zc.length = areaBytes(a);
  zc.copybuf_address = t.buffer;
  zc.copybuf_len = <i32>min(room, a.buf_size);
  store<u32>(<usize>(t.args + ARG_ZC_LEN), TCP_ZEROCOPY_RECEIVE_BYTES);
  const ret = systemCall(t.task, __NR_getsockopt, s.fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, t.args + ARG_ZC, t.args + ARG_ZC_LEN);
  charge(COST_APP_CQE);
  // The end of the stream is an error here.
  if (ret < 0) return end(a, t, ret == -EIO ? 0 : ret);
  if (zc.err < 0) return end(a, t, zc.err);
  const length = zc.length;
  const copied = zc.copybuf_len;
  t.hint = zc.recv_skip_hint;
  t.step = t.hint != 0 ? REST : READS;
  if (length != 0) {
    sinkBytes(a, s, t.area, length);
    s.zc_bytes += length;
    letGo(a, t, s, length);
  }
  if (copied > 0) sinkBytes(a, s, t.buffer, <u32>copied);
  if (length != 0 || copied > 0) took(a, t);
}

/** Reads what lies before the next page that can be mapped. */
function rest(a: App, t: Thread, s: Stream): void {
  const ret = systemCall(t.task, __NR_recvfrom, s.fd, t.buffer, min(t.hint, a.buf_size), MSG_DONTWAIT);
  charge(COST_APP_CQE);
  t.step = READS;
  if (ret == -EAGAIN) return;
  if (ret <= 0) return end(a, t, ret);
  sinkBytes(a, s, t.buffer, <u32>ret);
  took(a, t);
}

/** One step. False: the thread sleeps. Its stream is NONE when that is over. */
export function mapStep(a: App, t: Thread): bool {
  const s = stream(a, t.stream);
  if (t.step == READS) {
    const fds = <usize>(t.args + ARG_EVENTS);
    store<i32>(fds, s.fd);
    store<u32>(fds, POLLIN, 4);
    if (systemCall(t.task, __NR_poll, fds, 1, FOR_EVER) == -ERESTARTSYS) return false;
    t.step = MAPS;
  } else if (t.step == MAPS) map(a, t, s);
  else rest(a, t, s);
  return true;
}
