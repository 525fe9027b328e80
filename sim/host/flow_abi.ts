/** Arguments of addPreset() and lookupFlow(), in the core's ABI buffer; the picture is in stack/5-tcp/iss.ts. */
import type { Engine } from './engine.ts';
import { InputError } from './input_error.ts';
import { ABI_ADDR } from './memory_map.gen.ts';
import type { Connection } from './tcp_streams.ts';

const FAMILY = 0;
const REMOTE_ADDRESS = 4;
const REMOTE_PORT = 20;
const LOCAL_PORT = 22;
const ISS = 24;
const TSVAL = 28;
const FLOW_BYTES = 36;
const SND_NXT = 24;

function writeFlow(engine: Engine, c: Connection): void {
  const { view, bytes } = engine;
  bytes.fill(0, ABI_ADDR, ABI_ADDR + FLOW_BYTES);
  view.setUint32(ABI_ADDR + FAMILY, c.family, true);
  bytes.set(c.client, ABI_ADDR + REMOTE_ADDRESS);
  view.setUint16(ABI_ADDR + REMOTE_PORT, c.client_port, true);
  view.setUint16(ABI_ADDR + LOCAL_PORT, c.server_port, true);
}

/** The next SYN of this flow is answered with the captured server's initial sequence number and timestamp. */
export function addPreset(engine: Engine, c: Connection): void {
  if (c.server_iss === undefined) return;
  writeFlow(engine, c);
  engine.view.setUint32(ABI_ADDR + ISS, c.server_iss, true);
  engine.view.setUint32(ABI_ADDR + TSVAL, c.server_tsval ?? 0, true);
  const result = engine.guard(() => engine.core.addPreset());
  if (result !== 0) throw new InputError('the capture has more connections than a world can hold: cut it with editcap or tshark first.');
}

/** What the simulated server will send next; undefined when it does not know the flow. */
export function sendNext(engine: Engine, c: Connection): number | undefined {
  writeFlow(engine, c);
  if (engine.guard(() => engine.core.lookupFlow()) === 0) return undefined;
  return engine.view.getUint32(ABI_ADDR + SND_NXT, true);
}
