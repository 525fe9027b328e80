/**
 * An echo server: whatever a connection sends goes back on it, a piece at a time. It proves the bytes, and receives with RECV whatever
 * `app.receive` says.
 */
import { charge, COST_APP_CQE, NONE } from '../../../sim/core';
import { ENOMEM, io_uring_cqe, MSG_WAITALL } from '../../uapi.gen';
import { checkBytes } from './check';
import { connClose, learnPeer, LSN_ACCEPT, LSN_CLOSE, LSN_NAME, onAccept, onClosed } from './listener';
import { opRecv, opSend } from './ops';
import { bufPut, bufTake } from './sink';
import { App, NO_FLOW, stream, Stream } from './state';

export const ECH_RECV: u32 = 48;
export const ECH_SEND: u32 = 49;

function over(a: App, i: u32, s: Stream, res: i32): void {
  if (s.res == 0) s.res = res;
  if (s.buffer != 0) bufPut(a, s.buffer);
  s.buffer = 0;
  connClose(a, i, s);
}

export function echoCqe(a: App, kind: u32, i: u32, cqe: io_uring_cqe): void {
  charge(COST_APP_CQE);
  const res = cqe.res;
  switch (kind) {
    case ECH_RECV: {
      const s = stream(a, i);
      if (res <= 0) return over(a, i, s, res);
      if (s.flow == NO_FLOW) learnPeer(s);
      checkBytes(a, s, s.buffer, <u32>res);
      s.bytes += res;
      s.cqes++;
      return opSend(a, s.fd, s.buffer, <u32>res, MSG_WAITALL, 0, ECH_SEND, i);
    }
    case ECH_SEND: {
      const s = stream(a, i);
      if (res < 0) return over(a, i, s, res);
      s.requests++;
      return opRecv(a, s.fd, s.buffer, a.buf_size, ECH_RECV, i);
    }
    case LSN_ACCEPT: {
      const conn = onAccept(a, i, res, cqe.flags);
      if (conn == NONE) return;
      const s = stream(a, conn);
      s.buffer = bufTake(a);
      if (s.buffer == 0) over(a, conn, s, -ENOMEM);
      else opRecv(a, s.fd, s.buffer, a.buf_size, ECH_RECV, conn);
      return;
    }
    case LSN_NAME: return learnPeer(stream(a, i));
    case LSN_CLOSE: return onClosed(a, i);
    default: return;
  }
}
