/**
 * Tasks that want the same core (kernel/sched/fair.c, in short). Who wants to run asks takeCore in its own event; when the core is not
 * his, he stands in line, and the event comes again when it is (EVENT_TURN). The next is who has run least (pick_eevdf with equal
 * weights); who has the core keeps it for a slice although others wait (RUN_TO_PARITY). Who has slept loses what he did not use.
 *
 * Differs from Linux: a task is preempted by another only between two turns of its own; all weigh alike and stay on their core.
 */
import { charge } from './charges';
import { CONTEXT_TASK_WORK, CORES_MAX, COST_CONTEXT_SWITCH, HOSTS_MAX } from './constants.gen';
import { Core, coreAt, coreFreeAt, coreIndex, ENTITY_BYTES } from './cpu';
import { EVENT_TURN } from './event_kinds';
import { schedule } from './event_queue';
import { coreState } from './state';

/** A task, or ksoftirqd of a core: TASKS_OF_ALL_KINDS + core index. */
@unmanaged
class Entity {
  /** How long it has run, as far as that counts. */
  vruntime_ns: u64;
  /** The next in line plus 1, and the event that it waits with. */
  next: u32;
  waits: u32;
  kind: u32;
  arg: u32;
}
/** sysctl_sched_base_slice. */
const SLICE_NS: u64 = 700000;

function entityAt(entity: u32): Entity {
  return changetype<Entity>(<usize>coreState().entities_base + <usize>entity * ENTITY_BYTES);
}

/** Who had the core gets what he has used of it on his account. */
function settle(core: Core): void {
  if (core.current != 0) entityAt(core.current - 1).vruntime_ns += core.slice_ns;
  core.slice_ns = 0;
}
/** The core is an entity's. */
function give(core: Core, entity: u32): void {
  settle(core);
  const e = entityAt(entity);
  e.vruntime_ns = max(e.vruntime_ns, core.vruntime_ns);
  core.vruntime_ns = e.vruntime_ns;
  core.current = entity + 1;
}

/** May an entity run on a core now? If not, the event comes again when its turn has come. */
export function takeCore(host: u32, core_no: u32, entity: u32, kind: u32, arg: u32): bool {
  const core_idx = coreIndex(host, core_no);
  const core = coreAt(core_idx);
  if (core.turn == entity + 1) {
    core.turn = 0;
    return true;
  }
  const e = entityAt(entity);
  if (e.waits != 0) return false;
  const free_at = coreFreeAt(host, core_no, CONTEXT_TASK_WORK);
  if (free_at <= coreState().clock_ns) {
    if (core.run_head == 0) {
      give(core, entity);
      return true;
    }
    if (core.current == entity + 1 && core.slice_ns < SLICE_NS) return true;
  }
  e.vruntime_ns = max(e.vruntime_ns, core.vruntime_ns);
  e.waits = 1;
  e.kind = kind;
  e.arg = arg;
  e.next = core.run_head;
  core.run_head = entity + 1;
  if (core.run_event == 0) turnAt(core_idx, free_at);
  return false;
}
function turnAt(core_idx: u32, time_ns: u64): void {
  coreAt(core_idx).run_event = 1;
  schedule(time_ns, EVENT_TURN, core_idx);
}

/** Who of those in line is next: who has the core and has not used up his slice, else who has run least; of equals the first. */
function pick(core: Core): u32 {
  let best = core.run_head;
  for (let at = core.run_head; at != 0; at = entityAt(at - 1).next) {
    if (at == core.current && core.slice_ns < SLICE_NS) return at;
    if (vruntime(core, at) <= vruntime(core, best)) best = at;
  }
  return best;
}
function vruntime(core: Core, at: u32): u64 {
  return entityAt(at - 1).vruntime_ns + (at == core.current ? core.slice_ns : 0);
}
function removeFromLine(core: Core, found: u32): void {
  let at = changetype<usize>(core) + offsetof<Core>('run_head');
  while (load<u32>(at) != found) at = changetype<usize>(entityAt(load<u32>(at) - 1)) + offsetof<Entity>('next');
  store<u32>(at, entityAt(found - 1).next);
  entityAt(found - 1).waits = 0;
}

/** EVENT_TURN: the core may be free for who is next. The event that he waits with (arg << 32 | kind), or 0. */
export function nextTurn(core_idx: u32): u64 {
  const core = coreAt(core_idx);
  const clock = coreState().clock_ns;
  core.run_event = 0;
  if (core.run_head == 0) return 0;
  const free_at = coreFreeAt(core_idx / CORES_MAX, core_idx % CORES_MAX, CONTEXT_TASK_WORK);
  if (free_at > clock) {
    turnAt(core_idx, free_at);
    return 0;
  }
  if (core.looked_ns != clock && core.slice_ns < SLICE_NS && (core.current == 0 || entityAt(core.current - 1).waits == 0)) {
    // Who has the core may want to go on at this very time: his event may still come.
    core.looked_ns = clock;
    turnAt(core_idx, clock);
    return 0;
  }
  const found = pick(core);
  removeFromLine(core, found);
  if (core.run_head != 0) turnAt(core_idx, clock);
  give(core, found - 1);
  core.turn = found;
  const e = entityAt(found - 1);
  return (<u64>e.arg << 32) | e.kind;
}

/** The core is switched to a task when it had another or none, since this one has `slept` (kernel/sched/core.c: context_switch). */
export function switchTo(entity: u32, slept: bool): void {
  const s = coreState();
  const core = coreAt(coreIndex(s.host, s.core));
  if (slept || (core.loaded != 0 && core.loaded != entity + 1)) charge(COST_CONTEXT_SWITCH);
  core.loaded = entity + 1;
}

/** Nobody stands in line on any core. Their number. */
export function runQueueVerify(): u32 {
  let waiting: u32 = 0;
  for (let i: u32 = 0; i < HOSTS_MAX * CORES_MAX; i++) {
    const core = coreAt(i);
    assert(core.run_head == 0 || core.run_event != 0, 'C1 who stands in line is called');
    assert(core.turn == 0, 'C2 a turn that is called is taken');
    for (let at = core.run_head; at != 0; at = entityAt(at - 1).next) waiting++;
  }
  return waiting;
}
