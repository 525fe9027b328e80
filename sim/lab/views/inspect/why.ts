/** "Why?": the chain of causes of a record, event by event, back to what has no cause in the trace. */
import { eventOf, HOSTS, InputError, KIND, narrate, type TraceRecord, whereText } from '../../../host/index.ts';
import { CONTEXTS } from '../../../schema/costs.ts';
import { EDITS } from '../../../schema/edits.ts';
import type { FaultEdit } from '../../edits.ts';
import type { Moment } from '../../moment.ts';
import type { Recording } from '../../recording.ts';
import { causesOf } from './causes.ts';
import type { Happening } from './doc.ts';
import { idOfRecord } from './newest.ts';
import { TraceLook } from './trace_look.ts';

/** What would show what had been without an event: a fault, and when it is to be injected. */
export interface WhatIf {
  readonly title: string;
  readonly about: string;
  readonly edit: FaultEdit;
}
export interface WhyLink extends Happening {
  readonly step: number;
  /** Why it is the cause of the link before it; of the first one, empty. */
  readonly rule: string;
  /** What else the link before it took. */
  readonly also: readonly { readonly record: number; readonly rule: string; readonly text: string }[];
  /** What it is about, to be selected. */
  readonly id: string;
  readonly what_if: WhatIf | undefined;
}
export interface Why {
  readonly record: number;
  /** The record itself, its cause, that one's cause … */
  readonly links: readonly WhyLink[];
  /** Why the chain ends where it ends. */
  readonly root: string;
  /** It does not end there: there are more links than are told at once. */
  readonly more: boolean;
}

/** Chains are seldom longer: a byte's way through both hosts is about thirty events. */
const LINKS_MAX = 120;

/** A record in words. */
export function happening(recording: Recording, record: number): Happening {
  const r = recording.trace.record(record);
  const { stage, name } = eventOf(r);
  return { record, time_ns: r.time_ns, host: r.host, stage, event: name, where: whereText(r), text: narrate(r) };
}

export function why(moment: Moment, { record }: { readonly record: number }): Why {
  const { recording, records } = moment;
  if (!Number.isInteger(record) || record < 0 || record >= records) throw new InputError(`record ${record} is not written yet`);
  const look = new TraceLook(recording);
  const links: WhyLink[] = [link(look, record, '', [])];
  for (let at = record; links.length < LINKS_MAX;) {
    const { main, also } = causesOf(look, at);
    if (main.record === undefined) return { record, links, root: rootOf(recording.trace.record(at)), more: false };
    links.push(link(look, main.record, main.rule, also));
    at = main.record;
  }
  return { record, links, root: 'The chain goes on.', more: true };
}

function link(look: TraceLook, record: number, rule: string, also: readonly { record: number; rule: string }[]): WhyLink {
  const { recording } = look;
  const r = recording.trace.record(record);
  return {
    ...happening(recording, record), step: recording.steps.ofRecord(record), rule, id: idOfRecord(r, record),
    what_if: whatIf(look, r, record),
    also: also.map((a) => ({ ...a, text: narrate(recording.trace.record(a.record)) })),
  };
}

function rootOf(r: TraceRecord): string {
  const event = eventOf(r).name;
  const host = HOSTS[r.host] ?? 'host';
  if (event === 'edit') return 'Somebody changed the running world by hand.';
  if (event.startsWith('app_') || event === 'ring_enter') return `The ${host}'s application runs for the first time, as the scenario says.`;
  if (event === 'wire_arrive') return 'The frame came from outside.';
  if (r.time_ns === 0 || event.startsWith('pool_') || event === 'ledger' || event === 'nic_post') return 'The world was set up so.';
  if (CONTEXTS[r.context] === 'syscall') return `The ${host}'s application made a plain system call, which has no record of its own.`;
  return 'Nothing in the trace comes before it.';
}

const BY_IRQ = new Set([KIND.nic_irq, KIND.napi_schedule]);
const BY_APP = new Set([KIND.app_wake, KIND.app_read, KIND.app_write, KIND.ring_enter, KIND.sock_read]);

function whatIf(look: TraceLook, r: TraceRecord, record: number): WhatIf | undefined {
  const before = look.recording.steps.ofRecord(record) - 1;
  if (r.kind === KIND.nic_irq) return fault('hold_irq', r.host, [r.a], before);
  if (BY_IRQ.has(r.kind)) {
    const irq = look.kind(record, new Set([KIND.nic_irq]), undefined, true);
    return irq === undefined ? undefined : fault('hold_irq', r.host, [look.trace.a(irq)], before);
  }
  if (r.kind === KIND.napi_poll) return fault('hold_softirq', r.host, [r.core], before);
  if (BY_APP.has(r.kind)) return fault('stall', r.host, [r.host], before);
  if (r.kind === KIND.rqe_push || r.kind === KIND.rqe_take) return lostEntry(look, r, record);
  if (r.pkt_id !== 0) return lostPacket(look, r.pkt_id, record);
  return undefined;
}

/** A frame can be taken off the wire between its sending and its arrival. */
function lostPacket(look: TraceLook, pkt_id: number, record: number): WhatIf | undefined {
  const sent = look.links.ofPacket(pkt_id, record + 1).findLast((i) => look.trace.kind(i) === KIND.wire_send);
  return sent === undefined ? undefined : fault('drop', look.trace.host(sent), [pkt_id], look.recording.steps.ofRecord(sent));
}
function lostEntry(look: TraceLook, r: TraceRecord, record: number): WhatIf | undefined {
  const push = r.kind === KIND.rqe_push ? record
    : look.kind(record, new Set([KIND.rqe_push]), (i) => look.trace.a(i) >>> 12 === r.a >>> 12);
  if (push === undefined) return undefined;
  const lent = look.kind(push, new Set([KIND.zc_deliver]), (i) => look.trace.b(i) >>> 12 === look.trace.a(push) >>> 12);
  return lent === undefined ? undefined : fault('lose_rqe', r.host, [look.trace.niovIdx(lent)], look.recording.steps.ofRecord(push));
}

function fault(name: string, host: number, args: readonly number[], at: number): WhatIf | undefined {
  const form = EDITS.find((e) => e.name === name);
  if (!form || at < 0) return undefined;
  const all = form.amount ? [...args, form.amount.value] : args;
  return { title: form.title, about: form.about, edit: { at, fault: name, host: host as 0 | 1, args: all } };
}
