/**
 * The package `ringlab`: write a test against io_uring in a few lines, without a kernel that has it (docs/typescript.md).
 *
 *     import { prepNop, simulate } from 'ringlab';
 */
import { readFileSync } from 'node:fs';
import { compileCore, type Simulation, simulateWith, type World } from '../host/index.ts';

export * from '../../uring-model/8-app/index.ts';
export * from '../../uring-model/8-app/uapi.gen.ts';
export { Deadlock, Process, Simulation, type SyncRing, type SyncZcrx, type Synchronous, type World } from '../host/index.ts';

let core: Promise<WebAssembly.Module> | undefined;

/**
 * A new world with two hosts, `client` and `server`, a process on each. `world` is a scenario's sections:
 * `{ kernel: { profile: '7.2' }, hosts: { server: { nic: { header_split: false } } } }`.
 */
export async function simulate(world: World = {}): Promise<Simulation> {
  // The bundle is build/ringlab.mjs, and the core lies beside it.
  core ??= compileCore(readFileSync(new URL('./core.wasm', import.meta.url)));
  return simulateWith(await core, world);
}
