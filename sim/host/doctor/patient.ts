/** What a detector may look at. Which parts there are depends on what was brought: a run, a trace, a step scenario, a log. */
import { HOSTS } from '../../schema/scenario.ts';
import type { Engine } from '../engine.ts';
import type { HostResult, RunResult } from '../result.ts';
import type { HostSetup, Scenario } from '../scenario.ts';
import { readSocket } from '../socket_info.ts';
import { type Chart, type HostChart, openSocks, type SockChart } from './chart.ts';
import type { At, Symptom } from './finding.ts';
import type { Life } from './life.ts';
import type { Story } from './story.ts';

/** A connection on which nothing moves any more. */
export interface Quiet {
  readonly label: string;
  /** Bytes that wait in its socket. */
  readonly pending: number;
  /** Since when. */
  readonly at: At;
  readonly armed: readonly Life[];
  /** The last receive that ended. */
  readonly ended: Life | undefined;
  readonly host: number | undefined;
  /** What it offers its peer; undefined where nobody knows. */
  readonly window: number | undefined;
}

/** One host of a run: what was traced of it, what it was told, and what it counted. */
export interface HostView {
  readonly host: 0 | 1;
  readonly name: string;
  readonly chart: HostChart;
  readonly setup: HostSetup | undefined;
  readonly result: HostResult | undefined;
}

export interface Patient {
  readonly name: string;
  readonly hosts: readonly HostView[];
  readonly lives: readonly Life[];
  readonly quiet: readonly Quiet[];
  readonly run: RunResult | undefined;
  readonly story: Story | undefined;
}

export type Detector = (p: Patient) => readonly Symptom[];

/** A connection without motion for longer than any round trip of ours is idle. */
const QUIET_NS = 5_000_000;

function quietOf(chart: Chart, h: HostChart, s: SockChart, run: Run | undefined): Quiet | undefined {
  const receives = [...h.lives.all].filter((l) => l.sock === String(s.sock) && l.op.startsWith('RECV') && l.ended === undefined);
  const reads = s.taken > 0 || s.ended !== undefined || receives.length > 0;
  if (!reads || chart.end_ns - s.moved_ns < QUIET_NS) return undefined;
  return {
    label: `socket ${s.sock} of the ${HOSTS[s.host]}`, pending: Math.max(0, s.queued - s.taken), at: { time_ns: s.moved_ns },
    armed: receives, ended: s.ended, host: s.host,
    window: run ? readSocket(run.engine, s.sock)?.rcv_wnd : undefined,
  };
}

export interface Run {
  readonly scenario: Scenario;
  readonly result: RunResult;
  readonly engine: Engine;
}

/** A patient of a trace, and of the run that it is of where that is known. */
export function patientOf(name: string, chart: Chart, run?: Run, story?: Story): Patient {
  const hosts = ([0, 1] as const).map((host): HostView => ({
    host, name: HOSTS[host], chart: chart.hosts[host], setup: run?.scenario.hosts[host],
    result: run ? [run.result.client, run.result.server][host] : undefined,
  }));
  for (const life of story?.lives ?? []) {
    const traced = chart.hosts.flatMap((h) => [...h.lives.all]).find((l) => l.user_data === life.user_data && l.op === life.op);
    if (traced?.overflowed) life.overflowed = traced.overflowed;
    if (traced?.armed) life.armed = traced.armed;
  }
  return {
    name, hosts, run: run?.result, story,
    lives: story ? story.lives : hosts.flatMap((h) => [...h.chart.lives.all]),
    quiet: story ? story.quiet : hosts.flatMap((h) => openSocks(h.chart).flatMap((s) => quietOf(chart, h.chart, s, run) ?? [])),
  };
}

/** A patient of completions alone. */
export const patientOfStory = (name: string, story: Story): Patient =>
  ({ name, hosts: [], run: undefined, story, lives: story.lives, quiet: story.quiet });
