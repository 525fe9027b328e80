/**
 * asc --transform: before each store into the arena, marks its page in the dirty map (sim/core/memory_map.ts:
 * DIRTY_ADDR, one byte for each 4 KiB), so that a snapshot copies only the pages that changed, and the state hash reads
 * only those that were ever written. Done on the compiled module, because a mark written by hand beside each store would
 * be forgotten somewhere.
 *
 * Not marked: stores to constant addresses below the arena (few pages; a snapshot always copies them) and the trace,
 * whose buffer is no part of the state.
 */
import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { Transform } from 'assemblyscript/transform';
import { addLocal, visit } from './binaryen_tree.mjs';

const map = readFileSync(new URL('../sim/core/memory_map.ts', import.meta.url), 'utf8');
const address = (name) => Number(new RegExp(`${name}: usize = (0x[0-9a-f]+)`).exec(map)[1]);
const DIRTY = address('DIRTY_ADDR');
const ARENA = address('ARENA_ADDR');
const PAGE_SHIFT = 12;
/** What is stored in the map: bit 0, changed since the last snapshot; bit 1, not empty for all that is known (sim/host/page_store.ts). */
const WRITTEN = 3;
const UNMARKED = ['sim/core/trace/traceEmit', 'sim/core/trap/onAbort'];
const MARK_RANGE = 'dirty_map/mark_range';

export default class extends Transform {
  afterCompile(module) {
    addMarkRange(module);
    for (let i = 0; i < module.getNumFunctions(); i++) {
      const func = module.getFunctionByIndex(i);
      const info = binaryen.getFunctionInfo(func);
      if (!info.body || info.name === MARK_RANGE || UNMARKED.includes(info.name)) continue;
      mark(module, func, info.body);
    }
  }
}

/** Marks what stores. */
const mark = (module, func, body) => visit(body, (node, id) => {
  if (id === binaryen.StoreId) markStore(module, func, node);
  if (id === binaryen.MemoryCopyId || id === binaryen.MemoryFillId) markRange(module, func, node);
});

const local = (func) => addLocal(func, binaryen.i32);

function markStore(module, func, store) {
  const offset = store.offset;
  if (binaryen.getExpressionId(store.ptr) === binaryen.ConstId && new binaryen.Const(store.ptr).valueI32 + offset < ARENA) return;
  const ptr = local(func);
  const at = module.local.get(ptr, binaryen.i32);
  const end = offset ? module.i32.add(at, module.i32.const(offset)) : at;
  store.ptr = module.block(null, [
    module.local.set(ptr, store.ptr),
    module.i32.store8(DIRTY, 1, module.i32.shr_u(end, module.i32.const(PAGE_SHIFT)), module.i32.const(WRITTEN)),
    module.local.get(ptr, binaryen.i32),
  ], binaryen.i32);
}

function markRange(module, func, node) {
  const dest = local(func);
  const size = local(func);
  node.dest = module.local.tee(dest, node.dest, binaryen.i32);
  node.size = module.block(null, [
    module.local.set(size, node.size),
    module.call(MARK_RANGE, [module.local.get(dest, binaryen.i32), module.local.get(size, binaryen.i32)], binaryen.none),
    module.local.get(size, binaryen.i32),
  ], binaryen.i32);
}

/** mark_range(at, size): every page from at to at + size - 1. */
function addMarkRange(module) {
  const { i32, local: l } = module;
  const page = () => l.get(2, binaryen.i32);
  const last = i32.shr_u(i32.sub(i32.add(l.get(0, binaryen.i32), l.get(1, binaryen.i32)), i32.const(1)), i32.const(PAGE_SHIFT));
  const body = module.block(null, [
    module.if(i32.eqz(l.get(1, binaryen.i32)), module.return()),
    l.set(3, last),
    l.set(2, i32.shr_u(l.get(0, binaryen.i32), i32.const(PAGE_SHIFT))),
    module.loop('pages', module.block(null, [
      i32.store8(DIRTY, 1, page(), i32.const(WRITTEN)),
      l.set(2, i32.add(page(), i32.const(1))),
      module.br('pages', i32.le_u(page(), l.get(3, binaryen.i32))),
    ])),
  ], binaryen.none);
  module.addFunction(MARK_RANGE, binaryen.createType([binaryen.i32, binaryen.i32]), binaryen.none, [binaryen.i32, binaryen.i32], body);
}
