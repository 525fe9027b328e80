/** System calls that make, name, connect and end sockets. */
import { immediate, untilReady, type Waiting } from './blocking.ts';
import type { Runtime } from './runtime.ts';
import { CALL, HOST } from './machine.ts';
import { EAGAIN, EINPROGRESS, EINVAL, failed, O_NONBLOCK, ok, type Outcome, outcomeOf, sixteen, SocketFile } from './process.ts';
import { SYMBOLS, symbol } from './symbols.ts';
import { bracketed, ellipsis, integer, isEllipsis, s32, struct, type Value } from './values.ts';
import { ScriptFailure, Unsupported } from './verdict.ts';
import { addressBytes, addressKey } from './wire_bytes.ts';

/** What a call is: how it goes, whether its result is a descriptor, and what follows when the result is as expected. */
export interface Call {
  readonly waiting: Waiting;
  readonly mode: 'exact' | 'fd';
  readonly done?: (outcome: Outcome, expected: number) => void;
}
export type Handler = (rt: Runtime, args: readonly Value[]) => Call;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_TYPE_MASK = 15;
const EALREADY = 114;
const IPPROTO_TCP = 6;

export function count(args: readonly Value[], n: number): void {
  if (args.length !== n) throw new ScriptFailure(`expected ${n} args but got ${args.length}`);
}
export const now = (outcome: () => Outcome, done?: Call['done']): Call => ({
  waiting: immediate(outcome), mode: 'exact', ...(done ? { done } : {}),
});
export function socketOf(rt: Runtime, value: Value | undefined): SocketFile {
  return rt.process.socket(rt.liveFd(s32(value)));
}

/** The address family of sockets of this run. */
const domainOf = (rt: Runtime): number => (rt.config.ip_version === 'ipv4' ? AF_INET : AF_INET6);

function socket(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  const domain = isEllipsis(args[0]) ? domainOf(rt) : s32(args[0]);
  const type = s32(args[1]);
  const protocol = s32(args[2]);
  const tcp = (type & SOCK_TYPE_MASK) === SOCK_STREAM && (protocol === IPPROTO_TCP || protocol === 0);
  if (!tcp) throw new Unsupported('sockets that are not TCP');
  const family = domain === AF_INET6 ? 6 : 4;
  return {
    mode: 'fd',
    waiting: immediate(() => {
      const sock = rt.machine.call(CALL.socket, HOST, domain === AF_INET || domain === AF_INET6 ? family : 0);
      if (sock < 0) return failed(-sock);
      return ok(rt.process.open(new SocketFile(sock, family, symbol('O_RDWR') | (type & O_NONBLOCK))));
    }),
    done: (outcome, expected) => {
      if (outcome.result < 0) return;
      if (expected < 0) throw new ScriptFailure(`invalid socket fd ${expected} in script`);
      rt.addFd(expected, outcome.result);
      const connection = rt.newConnection();
      connection.state = 'new';
      connection.script_fd = expected;
      connection.live_fd = outcome.result;
    },
  };
}

/** Gives the core an address as the family of the socket wants it. */
function giveAddress(rt: Runtime, file: SocketFile, text: string): void {
  const bytes = addressBytes(text);
  if (file.family === 6 && bytes.length === 4) {
    const mapped = new Uint8Array(16);
    mapped.set([255, 255], 10);
    mapped.set(bytes, 12);
    rt.machine.give(mapped);
  } else rt.machine.give(sixteen(bytes));
}

function bind(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  const file = socketOf(rt, args[0]);
  ellipsis(args[1]);
  ellipsis(args[2]);
  return now(() => {
    giveAddress(rt, file, rt.config.local_ip);
    return outcomeOf(rt.machine.call(CALL.bind, file.sock, rt.config.bind_port));
  });
}

function listen(rt: Runtime, args: readonly Value[]): Call {
  count(args, 2);
  const script_fd = s32(args[0]);
  const file = socketOf(rt, args[0]);
  const backlog = s32(args[1]);
  return now(
    () => outcomeOf(rt.machine.call(CALL.listen, file.sock, backlog)),
    () => {
      const connection = rt.byScriptFd(script_fd);
      if (!connection) throw new ScriptFailure(`unable to find socket with script fd ${script_fd}`);
      connection.state = 'listening';
    },
  );
}

function accept(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  const file = socketOf(rt, args[0]);
  ellipsis(args[1]);
  ellipsis(args[2]);
  let child = 0;
  const waiting = untilReady(rt, file, file.nonblocking, file.receive_timeout_us, () => {
    child = rt.machine.call(CALL.accept, file.sock);
    return child;
  });
  return {
    mode: 'fd',
    waiting: {
      ...waiting,
      attempt: () => {
        const outcome = waiting.attempt();
        if (!outcome || outcome.result < 0) return outcome;
        return ok(rt.process.open(new SocketFile(child, file.family, symbol('O_RDWR'))));
      },
    },
    done: (outcome, expected) => {
      if (outcome.result < 0) return;
      const connection = rt.connections.find((c) => c.state === 'synack_sent' || c.state === 'synack_acked');
      if (!connection) throw new ScriptFailure('unable to find socket matching accept() call');
      rt.coverFd(expected, outcome.result);
      connection.script_fd = expected;
      connection.live_fd = outcome.result;
    },
  };
}

/** The script's side of connect() and of a send that connects: from now on packets are those of this socket. */
export function noteConnect(rt: Runtime, script_fd: number, family: number): void {
  const connection = rt.byScriptFd(script_fd);
  if (!connection) throw new ScriptFailure(`unable to find socket with script fd ${script_fd}`);
  if (family === 0) {
    connection.state = 'new';
    return;
  }
  if (connection.state !== 'new') return;
  connection.state = 'connecting';
  connection.script_local_isn = 0;
  connection.script_remote_isn = 0;
  connection.live_remote = addressKey(rt.config.remote_ip);
  connection.live_remote_port = rt.config.connect_port;
}

/** An `...` or AF_UNSPEC; the family, or -1 for the connection's own. */
export function addressFamily(value: Value | undefined): number {
  return isEllipsis(value) ? -1 : s32(value);
}

/** Tells the core whom the next send is to. `family`: 0 for AF_UNSPEC. */
export function nameSend(rt: Runtime, file: SocketFile, family: number): void {
  giveAddress(rt, file, rt.config.remote_ip);
  rt.machine.call(CALL.sendName, 0, rt.config.connect_port, family === 0 ? 2 : 1);
}

export function connectOnce(rt: Runtime, file: SocketFile): number {
  giveAddress(rt, file, rt.config.remote_ip);
  return rt.machine.call(CALL.connect, file.sock, rt.config.connect_port);
}

function connect(rt: Runtime, args: readonly Value[]): Call {
  count(args, 3);
  const file = socketOf(rt, args[0]);
  const family = addressFamily(args[1]);
  ellipsis(args[2]);
  noteConnect(rt, s32(args[0]), family);
  if (family === 0) return now(() => outcomeOf(rt.machine.call(CALL.disconnect, file.sock)));
  let started = false;
  const waiting = untilReady(rt, file, false, file.send_timeout_us, () => {
    const result = connectOnce(rt, file);
    const pending = result === -EINPROGRESS || (started && result === -EALREADY);
    started = true;
    return pending && !file.nonblocking ? -EAGAIN : result;
  });
  return { mode: 'exact', waiting };
}

function close(rt: Runtime, args: readonly Value[]): Call {
  count(args, 1);
  const script_fd = s32(args[0]);
  const fd = rt.liveFd(script_fd);
  return now(() => rt.process.close(fd), () => {
    const connection = rt.byScriptFd(script_fd);
    if (connection) connection.closed = true;
    rt.removeFd(script_fd);
  });
}

function shutdown(rt: Runtime, args: readonly Value[]): Call {
  count(args, 2);
  const file = socketOf(rt, args[0]);
  const how = s32(args[1]);
  return now(() => outcomeOf(rt.machine.call(CALL.shutdown, file.sock, how)));
}

function fcntl(rt: Runtime, args: readonly Value[]): Call {
  if (args.length !== 2 && args.length !== 3) throw new ScriptFailure(`fcntl expected 2-3 args but got ${args.length}`);
  const file = rt.process.file(rt.liveFd(s32(args[0])));
  const command = s32(args[1]);
  const value = args.length === 3 ? s32(args[2]) : 0;
  return now(() => {
    if (command === symbol('F_GETFD')) return ok(0);
    if (command === symbol('F_SETFD')) return ok(0);
    if (file.type !== 'socket') throw new Unsupported(`fcntl on a ${file.type}`);
    if (command === symbol('F_GETFL')) return ok(file.flags);
    if (command !== symbol('F_SETFL')) return failed(EINVAL);
    file.flags = (file.flags & ~O_NONBLOCK) | (value & O_NONBLOCK);
    return ok(0);
  });
}

function ioctl(rt: Runtime, args: readonly Value[]): Call {
  if (args.length !== 2 && args.length !== 3) throw new ScriptFailure(`ioctl expected 2-3 args but got ${args.length}`);
  const file = socketOf(rt, args[0]);
  const command = s32(args[1]);
  const which = command === symbol('SIOCINQ') ? CALL.inq : command === symbol('SIOCATMARK') ? CALL.atMark : undefined;
  if (which === undefined || args.length === 2) throw new Unsupported(`ioctl 0x${command.toString(16)}`);
  const expected = bracketed(args[2]);
  let value = 0;
  return now(
    () => {
      value = rt.machine.call(which, file.sock);
      return value < 0 ? failed(-value) : ok(0);
    },
    (outcome) => {
      if (outcome.result >= 0 && value !== expected) throw new ScriptFailure('bad ioctl optval', String(expected), String(value));
    },
  );
}

/** The name of a number, as Linux's headers have it, for what is not supported. */
export function optionName(level: number, name: number): string {
  const prefix = level === 1 ? 'SO_' : level === 6 ? 'TCP_' : level === 0 ? 'IP_' : 'IPV6_';
  const others = /^(TCP_CA_|TCP_NLA|SO_EE|TCP_CM)/;
  const found = [...SYMBOLS].find(([text, value]) => value === name && text.startsWith(prefix) && !others.test(text));
  return found ? found[0] : `${prefix}${name}`;
}

export const lingerBytes = (value: Value): Uint8Array => {
  const fields = struct(value, 'linger');
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, integer(fields.onoff), true);
  view.setInt32(4, integer(fields.linger), true);
  return bytes;
};

export const SOCKET_CALLS: Readonly<Record<string, Handler>> = { socket, bind, listen, accept, connect, close, shutdown, fcntl, ioctl };
