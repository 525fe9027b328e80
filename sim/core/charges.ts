/** Charges: what each step of the machine costs the core that takes it (sim/schema/costs.ts), by core, context and cost. */
import { CONTEXT_HARDIRQ, CONTEXT_SYSCALL, CONTEXTS_MAX, COST_COUNT, COST_IPI, costAccount } from './constants.gen';
import { hostConfig } from './config.gen';
import { contextCharges, coreCharges, coreIndex, interruptCore, priceList } from './cpu';
import { coreState } from './state';

/** Cycles of a core booked to an account since the start, in all contexts. */
export function coreCycles(core_idx: u32, account: u32): u64 {
  let cycles: u64 = 0;
  const charges = coreCharges(core_idx);
  for (let i: u32 = 0; i < CONTEXTS_MAX * COST_COUNT; i++) {
    if (costAccount(i % COST_COUNT) == account) cycles += load<u64>(charges + (<usize>i << 4));
  }
  return cycles;
}
/** All of them. */
export function coreBooked(core_idx: u32): u64 {
  let cycles: u64 = 0;
  const charges = coreCharges(core_idx);
  for (let i: u32 = 0; i < CONTEXTS_MAX * COST_COUNT; i++) cycles += load<u64>(charges + (<usize>i << 4));
  return cycles;
}

function bookAt(charges: usize, cost: u32, cycles: u64, units: u64): void {
  const at = charges + (<usize>cost << 4);
  store<u64>(at, load<u64>(at) + cycles);
  store<u64>(at, load<u64>(at, 8) + units, 8);
}
function book(cost: u32, cycles: u64, units: u64): void {
  const s = coreState();
  s.elapsed_cycles += cycles;
  bookAt(<usize>s.charges, cost, cycles, units);
}
function price(cost: u32): u64 {
  return load<u32>(<usize>coreState().prices + (<usize>cost << 2));
}

/** Charges one step to the running context. */
export function charge(cost: u32): void {
  if (coreState().charges != 0) book(cost, price(cost), 1);
}
/** Charges so many steps of a kind at once. */
export function chargeTimes(cost: u32, times: u32): void {
  if (coreState().charges != 0) book(cost, price(cost) * <u64>times, times);
}

/** Charges a step whose cost is given per KiB. */
export function chargeBytes(cost: u32, bytes: u32): void {
  if (coreState().charges != 0) book(cost, (price(cost) * <u64>bytes) >> 10, bytes);
}

/** Charges time that a scenario or a program asks for, under a cost whose unit is nanoseconds. */
export function chargeNs(cost: u32, ns: u64): void {
  const s = coreState();
  if (s.charges != 0) book(cost, (ns * <u64>hostConfig(s.host).cpu_mhz) / 1000, ns);
}

/** A task has spun on its core since `from_ns`, when `booked` cycles were booked there: what nobody else had of it until then. */
export function chargeSpun(host: u32, core: u32, cost: u32, from_ns: u64, until: u64, booked: u64): void {
  const core_idx = coreIndex(host, core);
  if (until <= from_ns) return;
  const all = ((until - from_ns) * <u64>hostConfig(host).cpu_mhz) / 1000;
  const used = coreBooked(core_idx) - booked;
  if (all > used) bookAt(contextCharges(core_idx, CONTEXT_SYSCALL), cost, all - used, until - from_ns);
}

/** The running context interrupts another core (arch/x86/kernel/smp.c: native_smp_send_reschedule), which takes the interrupt at once. */
export function chargeIpi(host: u32, core: u32): void {
  const cycles = <u64>load<u32>(priceList(host) + (<usize>COST_IPI << 2));
  bookAt(contextCharges(coreIndex(host, core), CONTEXT_HARDIRQ), COST_IPI, cycles, 1);
  interruptCore(host, core, cycles);
}
