/**
 * Socket calls of a process that the host plays (test/packetdrill): they go to the sockets of a simulated host directly,
 * without descriptors, which are the process's own affair. None of them blocks. A call runs in a context of its own on the
 * core of the host's application.
 */
import { ABI_ADDR, CONTEXT_SYSCALL, coreState, enterContext, hostConfig, leaveContext, nextEventTime } from '../core';
import {
  SendMessage, setHostAddress, tcpAccept, tcpAtMark, tcpBind, tcpClose, tcpConnect, tcpDisconnect, tcpGetsockopt, tcpInq, tcpInqHint,
  tcpListen, tcpMetricsFlush, tcpPoll, tcpRecvControl, tcpRecvError, tcpRecvmsg, tcpRecvUrg, tcpSendMessage, tcpSendmsg, tcpSendName,
  tcpSetsockopt, tcpShutdown, tcpSocket, tcpSpliceRead,
} from '../../stack/5-tcp';
import { sock } from '../../stack/6-socket';
import { REASON_DEADLINE, REASON_IDLE, runWorld } from './run';

/** Where arguments and answers of calls lie. */
const ARGUMENT: usize = ABI_ADDR + 0x2000;

/** The calls, by number. */
const CALL_SOCKET: u32 = 0;
const CALL_BIND: u32 = 1;
const CALL_LISTEN: u32 = 2;
const CALL_ACCEPT: u32 = 3;
const CALL_CONNECT: u32 = 4;
const CALL_SEND: u32 = 5;
const CALL_RECV: u32 = 6;
const CALL_SHUTDOWN: u32 = 7;
const CALL_CLOSE: u32 = 8;
const CALL_POLL: u32 = 9;
const CALL_SETSOCKOPT: u32 = 10;
const CALL_GETSOCKOPT: u32 = 11;
const CALL_INQ: u32 = 12;
const CALL_WOKEN: u32 = 13;
const CALL_ADDRESS: u32 = 14;
/** Messages to send, the error queue, control messages of the last read. */
const CALL_SEND_MESSAGE: u32 = 20;
const CALL_RECV_ERROR: u32 = 21;
const CALL_RECV_CONTROL: u32 = 22;
/** connect() to AF_UNSPEC, the address of the next send, forgetting what is known of peers. */
const CALL_DISCONNECT: u32 = 30;
const CALL_SEND_NAME: u32 = 31;
const CALL_METRICS_FLUSH: u32 = 32;
/** Urgent data, and what a pipe takes from a socket. */
const CALL_RECV_URGENT: u32 = 40;
const CALL_AT_MARK: u32 = 41;
const CALL_SPLICE: u32 = 42;
const CONTROL_ROOM: u32 = 0x800;

const EINVAL: i32 = 22;

function perform(call: u32, what: u32, a: u32, b: u32, c: u32): i32 {
  switch (call) {
    case CALL_SOCKET: return tcpSocket(what, a);
    case CALL_BIND: return tcpBind(what, ARGUMENT, a);
    case CALL_LISTEN: return tcpListen(what, a);
    case CALL_ACCEPT: return tcpAccept(what);
    case CALL_CONNECT: return tcpConnect(what, ARGUMENT, a);
    case CALL_SEND: return tcpSendmsg(what, a, b, c);
    case CALL_RECV: return tcpRecvmsg(what, a, b, c);
    case CALL_SHUTDOWN: return tcpShutdown(what, a);
    case CALL_CLOSE: {
      tcpClose(what);
      return 0;
    }
    case CALL_POLL: return <i32>tcpPoll(what);
    case CALL_SETSOCKOPT: return tcpSetsockopt(what, a, b, ARGUMENT, c);
    case CALL_GETSOCKOPT: return tcpGetsockopt(what, a, b, ARGUMENT, c);
    case CALL_INQ: return a == 0 ? tcpInq(what) : tcpInqHint(what);
    case CALL_WOKEN: return <i32>takeWoken(what);
    case CALL_ADDRESS: {
      setHostAddress(what, a, ARGUMENT);
      return 0;
    }
    case CALL_SEND_MESSAGE: return tcpSendMessage(what, changetype<SendMessage>(<usize>a));
    case CALL_RECV_ERROR: return tcpRecvError(what, a, b, ARGUMENT, CONTROL_ROOM);
    case CALL_RECV_CONTROL: {
      tcpRecvControl(what, ARGUMENT, CONTROL_ROOM);
      return 0;
    }
    case CALL_DISCONNECT: return tcpDisconnect(what);
    case CALL_SEND_NAME: {
      tcpSendName(ARGUMENT, a, b);
      return 0;
    }
    case CALL_METRICS_FLUSH: {
      tcpMetricsFlush(what);
      return 0;
    }
    case CALL_RECV_URGENT: return tcpRecvUrg(what, a, b, c);
    case CALL_AT_MARK: return tcpAtMark(what) ? 1 : 0;
    case CALL_SPLICE: return tcpSpliceRead(what, a);
    default: return -EINVAL;
  }
}

/** Poll bits of the wake-ups since the last time. */
function takeWoken(sock_idx: u32): u32 {
  const sk = sock(sock_idx);
  const mask = sk.woken;
  sk.woken = 0;
  return mask;
}

/** A call on `host`. `what`: the host for new sockets and addresses, else the socket. The call's result, or -errno. */
export function socketCall(host: u32, call: u32, what: u32, a: u32, b: u32, c: u32): i32 {
  enterContext(host, hostConfig(host).cpu_app_core, CONTEXT_SYSCALL);
  const result = perform(call, what, a, b, c);
  leaveContext();
  return result;
}

/** Address of 0x1000 bytes for arguments and answers. */
export function callArgument(): u32 {
  return <u32>ARGUMENT;
}

/** As run(), but time goes on to `until_ns` also when nothing is left to happen. */
export function advance(until_ns: u64, max_events: u32): i32 {
  const reason = runWorld(until_ns, max_events);
  if (reason != REASON_IDLE) return reason;
  if (coreState().clock_ns < until_ns) coreState().clock_ns = until_ns;
  return REASON_DEADLINE;
}

/** When the next event is due; u64.MAX_VALUE: there is none. */
export function nextEvent(): u64 {
  return nextEventTime();
}
