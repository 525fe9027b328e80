/** The record that a trap leaves (sim/core/trap.ts: onAbort), as text. */
const TRAP_ADDR = 0x40;

export function trapText(memory: WebAssembly.Memory, trap: unknown): string {
  const view = new DataView(memory.buffer);
  const text = (at: number) => {
    const bytes = new Uint8Array(memory.buffer, view.getUint32(at, true), view.getUint32(at + 4, true));
    return new TextDecoder('utf-16le').decode(bytes);
  };
  const file = text(TRAP_ADDR + 8);
  if (file === '') return `the core trapped without a record: ${trap instanceof Error ? trap.stack : String(trap)}`;
  return `${text(TRAP_ADDR)} (${file}:${view.getUint32(TRAP_ADDR + 16, true)}:${view.getUint32(TRAP_ADDR + 20, true)})`;
}
