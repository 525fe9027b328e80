/**
 * The rules that a built core must obey: no import, and no mutable global, since what lies outside linear memory escapes
 * snapshot and state hash. Reads just enough of the binary format (WebAssembly core specification, section 5.5).
 */

/** A cursor over unsigned LEB128 numbers. */
class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }
  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value >>> 0;
    }
  }
  text() {
    const n = this.u32();
    this.at += n;
    return new TextDecoder().decode(this.bytes.subarray(this.at - n, this.at));
  }
}

/** Sections of a module: id, and where their contents lie. */
export function* sections(bytes) {
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++];
    const length = reader.u32();
    const start = reader.at;
    reader.at += length;
    yield { id, start, end: start + length };
  }
}

/** Skips a constant expression: only the opcodes that may stand in a global's initializer. */
function skipInitializer(reader) {
  for (;;) {
    const opcode = reader.bytes[reader.at++];
    if (opcode === 0x0b) return;
    if (opcode === 0x43) reader.at += 4;
    else if (opcode === 0x44) reader.at += 8;
    else if (opcode === 0xfd) {
      reader.u32();
      reader.at += 16;
    } else if (opcode === 0xd0) reader.at += 1;
    else if (opcode === 0x41 || opcode === 0x42 || opcode === 0x23 || opcode === 0xd2) {
      while (reader.bytes[reader.at++] & 0x80);
    } else if (![0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].includes(opcode)) throw new Error(`opcode ${opcode} in a global's initializer`);
  }
}

/** The globals that the module defines. */
export function globalsOf(bytes) {
  const out = [];
  for (const section of sections(bytes)) {
    if (section.id !== 6) continue;
    const reader = new Reader(bytes, section.start);
    const count = reader.u32();
    for (let i = 0; i < count; i++) {
      reader.at++;
      out.push({ index: i, mutable: bytes[reader.at++] === 1, name: '' });
      skipInitializer(reader);
    }
  }
  nameGlobals(bytes, out);
  return out;
}

/** Fills in names from the name section (subsection 7), where the build kept them. */
function nameGlobals(bytes, globals) {
  for (const section of sections(bytes)) {
    if (section.id !== 0) continue;
    const reader = new Reader(bytes, section.start);
    if (reader.text() !== 'name') continue;
    while (reader.at < section.end) {
      const id = bytes[reader.at++];
      const next = reader.u32() + reader.at;
      if (id === 7) {
        for (let n = reader.u32(); n > 0; n--) {
          const index = reader.u32();
          const name = reader.text();
          if (globals[index]) globals[index].name = name;
        }
      }
      reader.at = next;
    }
  }
}

/** What a module does that a core may not; empty when it is in order. `imports` lists the modules it may import from. */
export function brokenRules(bytes, imports = []) {
  const out = [];
  for (const entry of WebAssembly.Module.imports(new WebAssembly.Module(bytes))) {
    if (!imports.includes(entry.module)) out.push(`imports ${entry.module}.${entry.name}: the core imports nothing`);
  }
  for (const global of globalsOf(bytes)) {
    if (global.mutable) {
      const name = global.name ? ` (${global.name})` : '';
      out.push(`global ${global.index}${name} is mutable: module-level let and static fields escape the snapshot`);
    }
  }
  return out;
}
