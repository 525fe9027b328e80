/** Arguments of addPreset() and lookupFlow(), in the core's ABI buffer (stack/5-tcp/iss.ts). */
import type { Engine } from './engine.ts';
import { ABI_ADDR } from './memory_map.gen.ts';
import type { Connection } from './tcp_streams.ts';

const PRESET = { family: { at: 0 }, raddr0: { at: 8 }, rport: { at: 24 }, lport: { at: 28 }, iss: { at: 32 }, tsval: { at: 36 }, snd_nxt: { at: 40 } };

function writeFlow(engine: Engine, c: Connection): void {
  const { view, bytes } = engine;
  bytes.fill(0, ABI_ADDR, ABI_ADDR + 64);
  view.setUint32(ABI_ADDR + PRESET.family.at, c.family, true);
  bytes.set(c.client, ABI_ADDR + PRESET.raddr0.at);
  view.setUint32(ABI_ADDR + PRESET.rport.at, c.client_port, true);
  view.setUint32(ABI_ADDR + PRESET.lport.at, c.server_port, true);
}

/** The next SYN of this flow is answered with the captured server's initial sequence number and timestamp. */
export function addPreset(engine: Engine, c: Connection): void {
  if (c.server_iss === undefined) return;
  writeFlow(engine, c);
  engine.view.setUint32(ABI_ADDR + PRESET.iss.at, c.server_iss, true);
  engine.view.setUint32(ABI_ADDR + PRESET.tsval.at, c.server_tsval ?? 0, true);
  const result = engine.guard(() => engine.core.addPreset());
  if (result !== 0) throw new Error(`the core has no room for another preset (${result})`);
}

/** What the simulated server will send next; undefined when it does not know the flow. */
export function sendNext(engine: Engine, c: Connection): number | undefined {
  writeFlow(engine, c);
  if (engine.guard(() => engine.core.lookupFlow()) === 0) return undefined;
  return engine.view.getUint32(ABI_ADDR + PRESET.snd_nxt.at, true);
}
