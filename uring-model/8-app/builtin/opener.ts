/** What a source and an rpc client share: they open `app.flows` connections one after the other, each from a port of its own. */
import { APP_PROTOCOL_UDP, hostConfig, NONE, now, portOf, traceAppDone } from '../../../sim/core';
import { checkEnd, checkFlow, checkStart } from './check';
import { opBind, opClose, opConnect, opSocket, usesV6 } from './ops';
import { App, APP_ENDED, Stream, stream, streamNew } from './state';
import { waitsDue } from './waits';

export const OPN_SOCKET: u32 = 1;
export const OPN_BIND: u32 = 2;
export const OPN_CONNECT: u32 = 3;
export const OPN_CLOSE: u32 = 7;
/** First port of the flows: flow f is bound to this + f. */
export const SOURCE_PORT: u32 = 10000;
/** Flows that begin in one turn. */
const STARTS_MAX: u32 = 64;

function portFor(host: u32, flow: u32): u32 {
  const c = hostConfig(host);
  return c.port_count > 1 ? portOf(host, flow % c.port_count) : c.app_port;
}

/** The stream of a flow that begins. */
export function flowNew(a: App, flow: u32): u32 {
  const i = streamNew(a);
  const s = stream(a, i);
  checkStart(a, s, i);
  checkFlow(s, flow);
  s.start_ns = now();
  s.own_port = SOURCE_PORT + flow;
  s.peer_port = portFor(a.host, flow);
  s.family = usesV6(a.host) ? 6 : 4;
  return i;
}
function startFlow(a: App, flow: u32): void {
  opSocket(a, usesV6(a.host), hostConfig(a.host).app_protocol == APP_PROTOCOL_UDP, OPN_SOCKET, flowNew(a, flow));
}

/** Begins the flows whose time has come. */
export function openFlows(a: App): void {
  const c = hostConfig(a.host);
  const flows = c.app_flows;
  const time = now();
  for (let k: u32 = 0; k < STARTS_MAX && a.next_flow < flows && a.next_start_ns <= time; k++) {
    startFlow(a, a.next_flow++);
    a.next_start_ns += c.app_stagger_ns;
  }
  if (flows == 0) a.state = APP_ENDED;
}
/** When the next flow begins, or the next pause is over. */
export function openerDue(a: App): u64 {
  const due = waitsDue(a);
  return a.next_flow < hostConfig(a.host).app_flows && a.next_start_ns < due ? a.next_start_ns : due;
}

/** A completion of one of its operations. True: the connection is there. */
export function onOpener(a: App, kind: u32, i: u32, s: Stream, res: i32): bool {
  if (kind == OPN_CLOSE) {
    flowClosed(a, s);
    return false;
  }
  if (res < 0) {
    s.res = res;
    finish(a, i, s);
    return false;
  }
  if (kind == OPN_CONNECT) return true;
  if (kind == OPN_SOCKET) {
    s.fd = res;
    opBind(a, res, s.family == 6, <u32>s.own_port, OPN_BIND, i);
  } else opConnect(a, s.fd, s.family == 6, 1 - a.host, s.peer_port, OPN_CONNECT, i);
  return false;
}

/** The stream is over: closes its socket, if it has one. */
export function finish(a: App, i: u32, s: Stream): void {
  s.end_ns = now();
  if (s.fd >= 0) opClose(a, s.fd, OPN_CLOSE, i);
  else flowClosed(a, s);
}
/** Its socket is closed, or there was none. */
export function flowClosed(a: App, s: Stream): void {
  checkEnd(s);
  s.fd = -1;
  s.done = 1;
  a.streams_open--;
  traceAppDone(0, NONE, a.host, <u32>s.flow, <u32>s.res);
  if (a.streams_open == 0 && a.next_flow == hostConfig(a.host).app_flows) a.state = APP_ENDED;
}
