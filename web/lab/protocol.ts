/** What page and worker say to each other. */
import type {
  At, BrokenRun, Edit, LessonFile, LessonResult, Params, QueryName, ReadLesson, Source, Verified,
} from '../../sim/lab/index.ts';

/** A branch as the page knows it. */
export interface BranchInfo {
  readonly n: number;
  readonly name: string;
  readonly parent: number | undefined;
  /** The step after which it differs from its parent. */
  readonly from_step: number;
  readonly edits: readonly Edit[];
  readonly sets: readonly string[];
  /** Steps recorded so far, and the time of the last one. */
  readonly steps: number;
  readonly end_ns: number;
  readonly done: boolean;
  /** Why it ended early: a sentence. */
  readonly failure: string;
  /** It ended since something did not hold that always must. */
  readonly broken: BrokenRun | undefined;
}

/** One question of a frame. */
export type Asked = { [K in QueryName]: { readonly name: K; readonly params: Params<K> } }[QueryName];

/** Calls that the worker answers once each. */
export interface Calls {
  /** Closes what was open, and begins to record the run of a scenario. */
  open: { params: { source: Source }; answer: { name: string; about: string; seed: number; steps: boolean; core: string } };
  fork: { params: { from: At; name: string; edits: readonly Edit[] }; answer: number };
  restart: { params: { name: string; sets: readonly string[]; from: number }; answer: number };
  rename: { params: { branch: number; name: string }; answer: null };
  remove: { params: { branch: number }; answer: null };
  /** Several questions about one moment: an answer each, in their order. One that fails is an Error's text. */
  ask: { params: { at: At; asked: readonly Asked[] }; answer: readonly ({ ok: unknown } | { error: string })[] };
  /** Lessons as they are written; nothing has to be open. */
  lesson_read: { params: { files: readonly { file: string; text: string }[] }; answer: readonly ReadLesson[] };
  /** Does again what a student did. */
  lesson_verify: { params: { of: LessonFile; result: LessonResult }; answer: Verified };
}
export type CallName = keyof Calls;

export type Request = { [K in CallName]: { readonly id: number; readonly call: K; readonly params: Calls[K]['params'] } }[CallName];
export type Reply =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: string }
  /** Without being asked: how far the recordings are. */
  | { readonly id: 0; readonly branches: readonly BranchInfo[] };
