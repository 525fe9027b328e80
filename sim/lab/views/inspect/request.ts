/** A request's life: taken, armed, completed once or again and again, ended; and a completion, which is one event of such a life. */
import { cqeFlagsText, HOSTS, InputError, KIND, opName, resText } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { ringOf } from '../core_memory.ts';
import { lifeBefore, type RequestLife } from '../requests.ts';
import { cqeOf } from '../rings/index.ts';

import type { Fact, Inspection, LifeEvent, Lifeline } from './doc.ts';
import { TraceLook } from './trace_look.ts';
import { happening } from './why.ts';

const F_BUFFER = 1;
const F_MORE = 2;
const F_NOTIF = 8;
const FIRST = 4;
const LAST = 10;
const HISTORY_MAX = 40;
/** Bytes that come in between are looked for in so many records. */
const GAP_MAX = 200_000;
const MOVES = /RECV|SEND|READ|WRITE/;
const MULTISHOT = /^(RECV_ZC|RECV|RECVMSG|ACCEPT|POLL_ADD)$/;

export function lifelineOf(look: TraceLook, whole: RequestLife, moment: Moment): Lifeline {
  const { trace } = look;
  const life = lifeBefore(whole, moment.records);
  const event = (kind: LifeEvent['kind'], record: number, text: string, alarm = false): LifeEvent =>
    ({ kind, record, time_ns: trace.timeNs(record), text, alarm });
  const shown = life.cqes.length <= FIRST + LAST ? life.cqes : [...life.cqes.slice(0, FIRST), ...life.cqes.slice(-LAST)];
  const surprising = endedEarly(look, life);
  const events = [
    event('taken', life.submit, `${opName(life.opcode)} from the SQ of ring ${life.ring}`),
    ...[...new Set([life.arms[0], life.arms.at(-1)])].filter((r) => r !== undefined).map((r) => event('armed', r, armText(look, r))),
    ...shown.map((r): LifeEvent => {
      const flags = trace.c(r);
      const kind = r === life.end ? 'terminal' : (flags & F_NOTIF) !== 0 ? 'notification' : 'completion';
      const said = flags === 0 ? '' : `, ${cqeFlagsText(flags)}`;
      return event(kind, r, `res ${resText(trace.b(r) | 0)}${said}`, r === life.end && surprising);
    }),
    ...life.overflows.slice(-LAST).map((r) => event('overflow', r, 'no room in the CQ', true)),
  ];
  const shots = MULTISHOT.test(opName(life.opcode));
  const again = life.end === undefined || !shots ? undefined : look.requests.again(life, moment.records);
  if (surprising && life.end !== undefined) {
    const bytes = arrivedUnread(look, life, again?.submit ?? moment.records);
    if (bytes > 0) events.push(event('unarmed', life.end, `${bytes} bytes came`, true));
  }
  if (again) events.push(event('again', again.submit, 'a new request takes its place'));
  events.sort((a, b) => a.record - b.record);
  return {
    title: `${opName(life.opcode)}, user_data ${life.user_data}`, from_ns: trace.timeNs(life.submit),
    to_ns: Math.max(life.end === undefined ? moment.time_ns : 0, ...events.map((e) => e.time_ns)), events,
    hidden: life.cqes.length - shown.length,
    ended: life.end !== undefined, state: stateText(look, life),
  };
}

/** It could complete again and again, and then ended without being asked to. */
const endedEarly = (look: TraceLook, life: RequestLife): boolean =>
  life.end !== undefined && MULTISHOT.test(opName(life.opcode)) && (life.cqes.length > 1 || (look.trace.b(life.end) | 0) < 0);

function armText(look: TraceLook, r: number): string {
  return look.trace.a(r) === 1 ? `waits for socket ${look.trace.b(r)}` : 'waits for its file';
}

const sockOf = (look: TraceLook, life: RequestLife): number | undefined => {
  const arm = life.arms.findLast((r) => look.trace.a(r) === 1);
  return arm === undefined ? undefined : look.trace.b(arm);
};

function arrivedUnread(look: TraceLook, life: RequestLife, until: number): number {
  const sock = sockOf(look, life);
  if (sock === undefined || life.end === undefined) return 0;
  let bytes = 0;
  for (let i = life.end; i < Math.min(until, life.end + GAP_MAX); i++)
    if (look.trace.kind(i) === KIND.sock_queue && look.trace.a(i) === sock) bytes += look.trace.c(i);
  return bytes;
}

function stateText(look: TraceLook, life: RequestLife): string {
  const { trace } = look;
  if (life.end !== undefined) {
    const res = trace.b(life.end) | 0;
    return `Ended with ${resText(res)}: its last completion has no F_MORE, and nothing more will come of it.`;
  }
  const last = life.cqes.at(-1);
  if (last !== undefined && /SEND.*_ZC/.test(opName(life.opcode)))
    return 'Sent; its notification comes when nothing reads the memory any more.';
  if ((life.overflows.at(-1) ?? -1) > (last ?? -1)) return 'Its completion waits in the overflow list.';
  const arm = life.arms.at(-1);
  if (arm !== undefined) return `Armed: waits for ${trace.a(arm) === 1 ? `socket ${trace.b(arm)}` : 'its file'}.`;
  return last === undefined ? 'Taken, not completed.' : 'Under way: it will complete again (F_MORE).';
}

/** What one is not told loudly. */
function alarmOf(look: TraceLook, life: RequestLife, records: number): string | undefined {
  if (!endedEarly(look, life) || life.end === undefined) return undefined;
  const again = look.requests.again(life, records);
  const bytes = arrivedUnread(look, life, again?.submit ?? records);
  const res = look.trace.b(life.end) | 0;
  if (res === 0 && bytes === 0) return undefined;
  const came = bytes > 0 ? ` ${bytes} bytes came meanwhile.` : '';
  return again ? `It ended without F_MORE (res ${resText(res)}) and had to be armed again.${came}`
    : `It ended without F_MORE (res ${resText(res)}): nothing is armed in its place.${came}`;
}

export function inspectRequest(moment: Moment, id: string, submit: number): Inspection {
  const look = new TraceLook(moment.recording);
  const whole = submit < moment.records ? look.requests.at(submit) : undefined;
  if (!whole) throw new InputError(`request ${submit}: no request was taken by that record of the trace, so far`);
  const life = lifeBefore(whole, moment.records);
  const sock = sockOf(look, life);
  const bytes = look.requests.bytesOf(whole, life.cqes.length);
  const count = 1 + life.arms.length + life.cqes.length + life.overflows.length;
  const last = [[life.submit], life.arms, life.cqes, life.overflows].flatMap((list) => list.slice(-HISTORY_MAX)).sort((a, b) => a - b);
  const facts: Fact[] = [
    { name: 'operation', value: `${opName(life.opcode)} (${life.opcode})` },
    { name: 'ring', value: `${life.ring}, of the ${HOSTS[life.host]}`, id: `ring:${life.ring}` },
    { name: 'user_data', value: `${life.user_data} = 0x${life.user_data.toString(16)}`, about: 'the low 32 bits, as the trace has them' },
    ...(sock === undefined ? [] : [{ name: 'socket', value: String(sock), id: `sock:${sock}` }]),
    { name: 'completions', value: String(life.cqes.length) },
    ...(MOVES.test(opName(life.opcode)) ? [{ name: 'bytes', value: String(bytes), about: 'the sum of positive results' }] : []),
    { name: 'armed', value: `${life.arms.length} times`, about: 'put into the wait queue of its file' },
  ];
  return {
    id, kind: 'request', title: `${opName(life.opcode)} of ring ${life.ring}`, now: stateText(look, life),
    alarm: alarmOf(look, life, moment.records), facts, lifeline: lifelineOf(look, whole, moment),
    why: life.end ?? life.cqes.at(-1) ?? submit,
    history: last.slice(-HISTORY_MAX).map((r) => happening(moment.recording, r)), earlier: Math.max(0, count - HISTORY_MAX),
  };
}

export function inspectCqe(moment: Moment, id: string, record: number): Inspection {
  const look = new TraceLook(moment.recording);
  const { trace } = look;
  if (record >= moment.records || trace.kind(record) !== KIND.cqe)
    throw new InputError(`cqe ${record}: no completion of that record, so far`);
  const r = trace.record(record);
  const whole = look.requests.ofCqe(record);
  const terminal = (r.c & F_MORE) === 0;
  const facts: Fact[] = [
    { name: 'res', value: resText(r.b | 0), alarm: (r.b | 0) < 0 },
    { name: 'flags', value: cqeFlagsText(r.c), about: terminal ? 'no F_MORE: the request has ended' : 'F_MORE: the request goes on' },
    ...(r.c & F_BUFFER ? [{ name: 'buffer id', value: String(r.c >>> 16) }] : []),
    { name: 'user_data', value: `${r.a} = 0x${r.a.toString(16)}` },
    ...(whole ? [{ name: 'request', value: `${opName(whole.opcode)} of ring ${whole.ring}`, id: `request:${whole.submit}` }] : []),
    ...(r.pkt_id === 0 ? [] : [{ name: 'packet', value: String(r.pkt_id), id: `packet:${r.pkt_id}` }]),
    ...(r.niov_idx === 0xffffffff ? [] : [{ name: 'buffer', value: String(r.niov_idx), id: `buffer:${r.host}:${r.niov_idx}` }]),
    ...slotFact(moment, look, record, whole),
  ];
  return {
    id, kind: 'cqe', title: `Completion: ${whole ? opName(whole.opcode) : 'of no request'}`, now: meaning(r.b | 0, r.c, whole),
    alarm: terminal && whole ? alarmOf(look, lifeBefore(whole, moment.records), moment.records) : undefined,
    facts, lifeline: whole && lifelineOf(look, whole, moment), history: [happening(moment.recording, record)], earlier: 0, why: record,
  };
}

function meaning(res: number, flags: number, life: RequestLife | undefined): string {
  if ((flags & F_NOTIF) !== 0) return 'The notification of a zero-copy send: its memory may be used again.';
  const more = (flags & F_MORE) !== 0;
  if (res < 0) return `It failed with ${resText(res)}${more ? '' : '; the request has ended'}.`;
  const moves = life && MOVES.test(opName(life.opcode));
  const what = !moves ? `Result ${res}` : res === 0 ? 'No bytes: the end of the stream' : `${res} bytes`;
  return `${what}; ${more ? 'the request goes on (F_MORE)' : 'the request has ended (no F_MORE)'}.`;
}

/** Where it lies in the CQ, and whether the application has read it: known where its host has one ring of entries of one size. */
function slotFact(moment: Moment, look: TraceLook, record: number, life: RequestLife | undefined): Fact[] {
  if (!life) return [];
  const engine = moment.engine();
  const r = ringOf(engine, life.ring);
  const ordinal = look.requests.completionsBefore(life.host, record);
  if (!r || cqeOf(moment, r)(ordinal) !== record) return [];
  const head = engine.view.getUint32(r.rings + 8, true);
  const read = ordinal < head;
  return [{
    name: 'in the CQ', value: `slot ${ordinal % r.cq_entries}; the application has ${read ? 'read it' : 'not read it yet'}`,
    ...(read ? {} : { id: `slot:${r.idx}:cq:${ordinal % r.cq_entries}` }),
  }];
}
