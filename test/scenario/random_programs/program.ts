/**
 * Random application programs. A program is a list of actions, each a list of numbers that are looked at one after the other as
 * choices are made; 0 is the plain choice, and a number that is missing is 0, so that programs can be made smaller.
 */
import { loadScenario } from '../../../sim/host/load_scenario.ts';
import { startScenario } from '../../../sim/host/run_scenario.ts';
import { VIEW_SOCKETS, VIEW_USED } from '../../../sim/host/core_exports.ts';
import { PROFILES } from '../../../sim/schema/behaviours.ts';
import * as U from '../../../uring-model/8-app/uapi.gen.ts';
import { Genes, type Program } from './genes.ts';
import { LeakError, Machine, SERVER } from './machine.ts';
import { peer, plain } from './plain.ts';
import { register } from './registers.ts';
import { bufRing, close, enter, reap, scribble, setup, zcrx } from './rings.ts';
import { sqe } from './sqes.ts';
import { files, MEMORY, prepare, SCRATCH, u32, u64 } from './world.ts';

export interface Outcome {
  readonly hash: string;
  readonly log: string[];
}

function action(m: Machine, genes: readonly number[], n: number): void {
  const g = new Genes(genes);
  const what = g.below(64);
  const task = g.rare(10) ? SERVER + 2 * (1 + g.below(3)) : SERVER;
  if (m.verbose) m.log.push(`#${n} at ${m.engine.clockNs()}`);
  if (what < 24) sqe(m, g);
  else if (what < 34) enter(m, task, g);
  else if (what < 38) plain(m, task, g);
  else if (what < 40) peer(m, g);
  else if (what < 45) register(m, task, g);
  else if (what < 47) bufRing(m, g);
  else if (what < 50) zcrx(m, task, g);
  else if (what < 53) reap(m, g);
  else if (what < 54) scribble(m, g);
  else if (what < 55) close(m, task, g);
  else if (what < 57) setup(m, task, g);
  else m.pass(g.pick([1000, 100, 20_000, 200_000, 2_000_000, 50_000_000]));
  if (m.pending.some(Boolean) && g.below(2)) m.pass(1000);
}

/** Every descriptor and thread comes to its end, and time goes on. */
function finish(m: Machine): void {
  m.pass(60_000_000);
  m.pass(60_000_000);
  for (const task of [1, 3, 5, 7]) {
    const at = m.base + SCRATCH;
    m.engine.bytes.fill(0, at, at + 32);
    if (!m.pending[task]) m.sys(task, U.__NR_setitimer, 0, at, 0);
    // What a thread has registered.
    for (let i = 0; i < 16; i++) {
      u32(m, SCRATCH, i);
      const opcode = (U.IORING_UNREGISTER_RING_FDS | U.IORING_REGISTER_USE_REGISTERED_RING) >>> 0;
      if (!m.pending[task]) m.call(task, { call: 'register', fd: i, opcode, arg: at, count: 1 });
    }
  }
  for (let fd = 3; fd < 200; fd++) {
    m.call(SERVER, { call: 'close', fd });
    m.call(0, { call: 'close', fd });
  }
  for (let i = 0; i < 40; i++) m.pass(5e9);
}
function leaks(m: Machine): string {
  const v = m.view;
  const { core } = m.engine;
  const slots = v.getUint32(core.view(VIEW_SOCKETS, 0), true);
  let socks = 0;
  for (let i = 0; i < slots; i++) socks += v.getUint32(core.view(VIEW_SOCKETS, i) + 4, true);
  const used = core.view(VIEW_USED, 0);
  const [reqs, files, skbs, pages] = [0, 4, 8, 12].map((at) => v.getUint32(used + at, true)) as [number, number, number, number];
  // A host keeps a page to carve the next data from, and its NIC one for the bytes that it fetches.
  if (reqs + files + socks + skbs === 0 && pages <= 4) return '';
  return `${reqs} requests, ${files} files, ${socks} sockets, ${skbs} skbs, ${pages} transmit pages`;
}

export interface Options { readonly verbose?: boolean; readonly verify?: boolean; readonly onLog?: (log: string[]) => void }

export function runProgram(core: WebAssembly.Module, program: Program, options: Options = {}): Outcome {
  const g = new Genes(program[0] ?? []);
  const profile = PROFILES[PROFILES.length - 1 - g.below(PROFILES.length)];
  const tree = {
    run: { until_ns: '1h', trace: 'off', seed: 1, ...(options.verify ? { verify: true } : {}) }, 
    limits: { user_bytes: '16MiB', reqs: 512 }, app: { role: 'script' }, nic: { rx_queues: 1 },
    kernel: { profile },
  };
  const scenario = loadScenario(JSON.stringify(tree), 'random program');
  const engine = startScenario(core, scenario, {});
  const m = new Machine(engine, options.verbose === true);
  m.rings_are_files = g.below(4) === 3;
  options.onLog?.(m.log);
  m.base = engine.core.userAlloc(SERVER, MEMORY);
  engine.guard(() => {
    prepare(m, new Genes(program.slice(0, 40).flat().map((x) => x >>> 3)));
    files(m);
    const at = m.base + SCRATCH + 0x400;
    u64(m, SCRATCH + 0x408, 20_000);
    u64(m, SCRATCH + 0x418, 20_000);
    m.sys(SERVER, U.__NR_setitimer, 0, at, 0);
    setup(m, SERVER, new Genes((program[0] ?? []).slice(4)));
    program.slice(1).forEach((genes, i) => {
      action(m, genes, i + 1);
      engine.core.verify();
    });
    finish(m);
    engine.core.verify();
  });
  const left = m.rings_are_files || m.pending.some(Boolean) ? '' : leaks(m);
  if (left !== '') throw new LeakError(left);
  return { hash: engine.stateHash(), log: m.log };
}
