/** What the inspector shows of anything: one form for packets, buffers, completions, requests, sockets, rings, slots and records. */
import type { Decoded } from '../uapi_decode.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly about?: string;
  /** Selecting it leads to another thing. */
  readonly id?: string;
  /** It is wrong, or misread easily. */
  readonly alarm?: boolean;
}
/** A piece of a frame, with where its bytes lie. */
export interface TreeNode {
  readonly name: string;
  readonly value: string;
  readonly about?: string;
  readonly from: number;
  readonly to: number;
  readonly children: readonly TreeNode[];
}
export interface Dissection {
  readonly bytes: Uint8Array;
  readonly tree: readonly TreeNode[];
  /** Where the bytes were seen. */
  readonly note: string;
}
export interface Happening {
  readonly record: number;
  readonly time_ns: number;
  readonly host: number;
  readonly stage: string;
  readonly event: string;
  readonly where: string;
  readonly text: string;
}
export interface Lifeline {
  readonly title: string;
  readonly from_ns: number;
  readonly to_ns: number;
  readonly events: readonly LifeEvent[];
  /** Completions between the first and the last ones that are shown. */
  readonly hidden: number;
  /** Nothing more will come of it. */
  readonly ended: boolean;
  /** It is armed: the next bytes complete it. */
  readonly state: string;
}
export interface LifeEvent {
  readonly kind: 'taken' | 'armed' | 'completion' | 'notification' | 'overflow' | 'terminal' | 'again' | 'unarmed';
  readonly record: number;
  readonly time_ns: number;
  readonly text: string;
  readonly alarm: boolean;
}
export interface Inspection {
  readonly id: string;
  readonly kind: 'packet' | 'buffer' | 'cqe' | 'request' | 'sock' | 'ring' | 'slot' | 'record';
  readonly title: string;
  /** Where it is now, or what became of it: a sentence. */
  readonly now: string;
  /** What is easily overlooked. */
  readonly alarm: string | undefined;
  readonly facts: readonly Fact[];
  readonly dissection?: Dissection | undefined;
  readonly structs?: readonly Decoded[] | undefined;
  readonly lifeline?: Lifeline | undefined;
  /** What happened to it, the newest last; `earlier`: how many more there are before. */
  readonly history: readonly Happening[];
  readonly earlier: number;
  /** The record whose causes "why?" tells. */
  readonly why: number | undefined;
}
