/** Holds the laboratory off the page's thread: records in slices, and answers in between. */
import fuzzCoreUrl from '../../build/core.fuzz.wasm?url';
import coreUrl from '../../build/core.wasm?url';
import { compileCore, InputError, MuseumWanted, sha256Hex, TrapError } from '../../sim/host/index.ts';
import {
  type BrokenRun, brokenRun, FIRST_QUERIES, Lab, NO_PROGRAMS, ProgramsWanted, type Query, type Recording, type Source,
} from '../../sim/lab/index.ts';
import type { BranchInfo, Calls, CallName, Reply, Request } from './protocol.ts';

/** Short enough that an answer never waits long. */
const SLICE_MS = 8;
const TELL_MS = 100;

interface LoadedCore {
  readonly module: WebAssembly.Module;
  readonly hash: string;
}
/** By their addresses. */
const cores = new Map<string, Promise<LoadedCore>>();
let lab: Lab | undefined;
let scheduled = false;
let told = 0;

async function loadCore(url: string): Promise<LoadedCore> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The simulator could not be loaded: ${response.status} ${response.statusText}`);
  const bytes = await response.arrayBuffer();
  return { module: await compileCore(bytes), hash: sha256Hex(new Uint8Array(bytes)).slice(0, 16) };
}

function sentence(error: unknown): string {
  if (error instanceof TrapError) {
    const { events, time_ns, seed } = error.place;
    return `The simulator found a fault of its own: ${error.message} (event ${events}, ${time_ns} ns, seed ${seed}).`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The greater part of the questions; it comes when the first of them is asked. */
let rest: Promise<typeof import('../../sim/lab/late.ts')> | undefined;
function late() {
  rest ??= import('../../sim/lab/late.ts').catch((error: unknown) => {
    rest = undefined;
    throw error;
  });
  return rest;
}

const say = (reply: Reply) => postMessage(reply);

/** Made once: the trace is looked through for it. */
const BROKEN = new WeakMap<Recording, BrokenRun>();
function broken(recording: Recording): BrokenRun | undefined {
  if (!recording.failure) return undefined;
  const known = BROKEN.get(recording) ?? brokenRun(recording);
  if (known) BROKEN.set(recording, known);
  return known;
}

function failure(recording: Recording): string {
  const rule = broken(recording);
  if (rule) return `'${rule.name}' is broken: ${rule.seen}.`;
  return recording.failure ? sentence(recording.failure) : '';
}

function infos(): BranchInfo[] {
  return (lab?.branches ?? []).flatMap((b, n): BranchInfo[] => b ? [{
    n, name: b.name, parent: b.parent, from_step: b.recording.fork?.at ?? 0, edits: b.edits, sets: b.sets, steps: b.recording.length,
    end_ns: b.recording.steps.timeNs(b.recording.length), done: b.recording.done,
    failure: failure(b.recording), broken: broken(b.recording),
  }] : []);
}
function tell(): void {
  told = performance.now();
  say({ id: 0, branches: infos() });
}

/** Messages that wait come first: a channel's turn is after theirs. */
const channel = new MessageChannel();
channel.port1.onmessage = () => {
  scheduled = false;
  const busy = lab?.branches.find((b) => b && !b.recording.done);
  if (!busy) return;
  const more = busy.recording.advance(SLICE_MS);
  if (!more || performance.now() > told + TELL_MS) tell();
  schedule();
};
function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  channel.port2.postMessage(0);
}

function opened(): Lab {
  if (!lab) throw new InputError('no scenario is open');
  return lab;
}

/** The simulator; one that could not be loaded is asked for again. */
function theCore(url = coreUrl): Promise<LoadedCore> {
  const loading = cores.get(url) ?? loadCore(url);
  cores.set(url, loading);
  return loading.catch((error: unknown) => {
    cores.delete(url);
    throw error;
  });
}

/** Most scenarios do without applications in TypeScript: those are loaded when one has them. */
async function opening(module: WebAssembly.Module, source: Source): Promise<Lab> {
  try {
    return new Lab(module, source, NO_PROGRAMS);
  } catch (error) {
    if (!(error instanceof ProgramsWanted)) throw error;
    return new Lab(module, source, (await late()).PROGRAMS);
  }
}

/** A scenario that is checked, or that has a bug of the museum: in the core that has those, under the invariants. */
async function checkedOpening(source: Source): Promise<{ lab: Lab; hash: string }> {
  const [{ module, hash }, { PROGRAMS }, { GUARDS }] = await Promise.all([theCore(fuzzCoreUrl), late(), import('../../sim/fuzz/guard.ts')]);
  return { lab: new Lab(module, source, PROGRAMS, GUARDS), hash };
}

async function openingOf(source: Source): Promise<{ lab: Lab; hash: string }> {
  const { module, hash } = await theCore();
  try {
    const plain = await opening(module, source);
    if (plain.scenario.run['run.verify'] === 0) return { lab: plain, hash };
    plain.branch(0).recording.close();
  } catch (error) {
    if (!(error instanceof MuseumWanted)) throw error;
  }
  return checkedOpening(source);
}

const CALLS: { [K in CallName]: (params: Calls[K]['params']) => Promise<Calls[K]['answer']> | Calls[K]['answer'] } = {
  open: async ({ source }) => {
    lab = undefined;
    const opened_now = await openingOf(source);
    lab = opened_now.lab;
    const [{ hash }, { scenario }] = [opened_now, lab];
    return { name: scenario.name, about: scenario.about, seed: scenario.run['run.seed'], steps: scenario.steps !== undefined, core: hash };
  },
  fork: ({ from, name, edits }) => opened().fork(from, name, edits),
  restart: ({ name, sets, from }) => opened().restart(name, sets, from),
  rename: ({ branch, name }) => {
    opened().rename(branch, name);
    return null;
  },
  remove: ({ branch }) => {
    opened().remove(branch);
    return null;
  },
  ask: async ({ at, asked }) => {
    const first = asked.every(({ name }) => name in FIRST_QUERIES);
    const queries: Readonly<Record<string, unknown>> = first ? FIRST_QUERIES : (await late()).QUERIES;
    const moment = opened().moment(at);
    return asked.map(({ name, params }) => {
      try {
        return { ok: (queries[name] as Query<unknown, unknown>)(moment, params, opened()) };
      } catch (error) {
        return { error: sentence(error) };
      }
    });
  },
  lesson_read: async ({ files }) => {
    const { readForPage } = await late();
    return files.map(({ file, text }) => readForPage(text, file));
  },
  lesson_verify: async ({ of, result }) => {
    const [{ module, hash }, { verifyResult }] = await Promise.all([theCore(), late()]);
    return verifyResult(module, hash, of, result);
  },
};

addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  try {
    const ok = await (CALLS[data.call] as (params: unknown) => unknown)(data.params);
    say({ id: data.id, ok });
    if (data.call !== 'ask') tell();
    schedule();
  } catch (error) {
    say({ id: data.id, error: sentence(error) });
  }
});
