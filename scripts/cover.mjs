/**
 * asc --transform: counts branches. Each side of each condition has a byte in the upper half of the dirty map (sim/core/memory_map.ts:
 * COVER_ADDR), which counts how often it was taken, and whose function a custom section of the module names: `cover` holds JSON, a row
 * [function, sides] for each function, in the order of the bytes.
 *
 * Not counted: sides that no run may take (asserts), what only checks (verify), what depends on the instance and not on the run (memory
 * that grows), and the museum's switches.
 */
import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { Transform } from 'assemblyscript/transform';
import { visit } from './binaryen_tree.mjs';

const map = readFileSync(new URL('../sim/core/memory_map.ts', import.meta.url), 'utf8');
const address = (name) => Number(new RegExp(`${name}: usize = (0x[0-9a-f]+)`).exec(map)[1]);
const COVER = address('COVER_ADDR');
const SIDES_MAX = address('ARENA_ADDR') - COVER;
const ABORT = 'sim/core/trap/onAbort';
const UNCOUNTED = [
  /[/#]\w*verify/i, /^sim\/core\/(arena|trap|trace|museum|sha256)\//, /^sim\/world\/(hash|view)\//, /^~lib\//, /^dirty_map\//,
];
const SWITCH = 'sim/core/museum/bug';

/** Does an expression, or what stands in it, call a function? */
function calls(ref, target) {
  let found = false;
  visit(ref, (node, id) => {
    if (id === binaryen.CallId && node.target === target) found = true;
  });
  return found;
}

export default class extends Transform {
  afterCompile(module) {
    let next = 0;
    const rows = [];
    for (let i = 0; i < module.getNumFunctions(); i++) {
      const info = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
      if (!info.body || UNCOUNTED.some((name) => name.test(info.name))) continue;
      const first = next;
      visit(info.body, (node, id) => {
        if (![binaryen.IfId, binaryen.BreakId, binaryen.SelectId].includes(id) || !node.condition) return;
        if (id === binaryen.IfId && (calls(node.ifTrue, ABORT) || calls(node.ifFalse, ABORT))) return;
        if (calls(node.condition, SWITCH)) return;
        node.condition = counted(module, node.condition, next);
        next += 2;
      });
      if (next > first) rows.push([info.name, next - first]);
    }
    if (next > SIDES_MAX) throw new Error(`cover: ${next} sides of branches, and room for ${SIDES_MAX}`);
    module.addCustomSection('cover', new TextEncoder().encode(JSON.stringify(rows)));
  }
}

/** The condition as it was, with a counter on each side. */
function counted(module, condition, side) {
  const { i32 } = module;
  const count = (at) => i32.store8(at, 1, i32.const(0), i32.add(i32.load8_u(at, 1, i32.const(0)), i32.const(1)));
  const then = (at, value) => module.block(null, [count(at), i32.const(value)], binaryen.i32);
  return module.if(condition, then(COVER + side, 1), then(COVER + side + 1, 0));
}
