/** A script, parsed. */
import type { Packet } from './packet.ts';

export type Expression =
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'word'; readonly name: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** `{...}` with fields: sockaddr, msghdr, pollfd, epoll_event, linger, cmsg, sock_extended_err, scm_timestamping. */
  | { readonly kind: 'struct'; readonly type: StructType; readonly fields: Readonly<Record<string, Expression>> }
  | { readonly kind: 'iovec'; readonly length: number };

export type StructType = 'sockaddr' | 'msghdr' | 'pollfd' | 'epoll_event' | 'linger' | 'cmsg' | 'extended_err' | 'timestamping';

export interface Syscall {
  readonly type: 'syscall';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly result: Expression;
  /** Name of the errno that is expected. */
  readonly errno: string | undefined;
  /** Microseconds: when a blocking call returns. */
  end_us: number | undefined;
}

export type Action =
  | { readonly type: 'packet'; readonly packet: Packet }
  | Syscall
  | { readonly type: 'command'; readonly text: string }
  | { readonly type: 'code'; readonly text: string };

export type TimeType = 'absolute' | 'relative' | 'any' | 'absolute_range' | 'relative_range';

export interface ScriptEvent {
  readonly line: number;
  readonly time_type: TimeType;
  /** Microseconds of script time; made absolute when the event's turn comes. */
  time_us: number;
  end_us: number;
  offset_us: number;
  readonly action: Action;
}

export interface Script {
  readonly init: string | undefined;
  readonly init_line: number;
  readonly events: readonly ScriptEvent[];
  readonly cleanup: string | undefined;
  readonly cleanup_line: number;
}
