/** Walks binaryen's expression trees: what the transforms of the compiler's output need of them. */
import binaryen from 'binaryen';

/** Children of an expression, by binaryen's classes. */
const CHILDREN = [
  [binaryen.BlockId, binaryen.Block, (e) => e.children],
  [binaryen.IfId, binaryen.If, (e) => [e.condition, e.ifTrue, e.ifFalse]],
  [binaryen.LoopId, binaryen.Loop, (e) => [e.body]],
  [binaryen.BreakId, binaryen.Break, (e) => [e.condition, e.value]],
  [binaryen.SwitchId, binaryen.Switch, (e) => [e.condition, e.value]],
  [binaryen.CallId, binaryen.Call, (e) => e.operands],
  [binaryen.CallIndirectId, binaryen.CallIndirect, (e) => [e.target, ...e.operands]],
  [binaryen.LocalSetId, binaryen.LocalSet, (e) => [e.value]],
  [binaryen.GlobalSetId, binaryen.GlobalSet, (e) => [e.value]],
  [binaryen.LoadId, binaryen.Load, (e) => [e.ptr]],
  [binaryen.StoreId, binaryen.Store, (e) => [e.ptr, e.value]],
  [binaryen.UnaryId, binaryen.Unary, (e) => [e.value]],
  [binaryen.BinaryId, binaryen.Binary, (e) => [e.left, e.right]],
  [binaryen.SelectId, binaryen.Select, (e) => [e.ifTrue, e.ifFalse, e.condition]],
  [binaryen.DropId, binaryen.Drop, (e) => [e.value]],
  [binaryen.ReturnId, binaryen.Return, (e) => [e.value]],
  [binaryen.MemoryGrowId, binaryen.MemoryGrow, (e) => [e.delta]],
  [binaryen.MemoryCopyId, binaryen.MemoryCopy, (e) => [e.dest, e.source, e.size]],
  [binaryen.MemoryFillId, binaryen.MemoryFill, (e) => [e.dest, e.value, e.size]],
  [binaryen.SIMDExtractId, binaryen.SIMDExtract, (e) => [e.vec]],
  [binaryen.SIMDReplaceId, binaryen.SIMDReplace, (e) => [e.vec, e.value]],
  [binaryen.SIMDShuffleId, binaryen.SIMDShuffle, (e) => [e.left, e.right]],
  [binaryen.SIMDTernaryId, binaryen.SIMDTernary, (e) => [e.a, e.b, e.c]],
  [binaryen.SIMDShiftId, binaryen.SIMDShift, (e) => [e.vec, e.shift]],
  [binaryen.SIMDLoadId, binaryen.SIMDLoad, (e) => [e.ptr]],
].map(([id, wrap, children]) => [id, (ref) => ({ node: new wrap(ref), children })]);
const WRAP = new Map(CHILDREN);
const LEAVES = new Set([
  binaryen.LocalGetId, binaryen.GlobalGetId, binaryen.ConstId, binaryen.NopId, binaryen.UnreachableId, binaryen.MemorySizeId,
  binaryen.RefFuncId, binaryen.RefNullId,
]);

/** Calls `see(node, id)` for each expression of a function's body, children first. */
export function visit(ref, see) {
  if (!ref) return;
  const id = binaryen.getExpressionId(ref);
  const wrap = WRAP.get(id);
  if (!wrap) {
    if (!LEAVES.has(id)) throw new Error(`binaryen_tree: no rule for expression ${id}`);
    return;
  }
  const { node, children } = wrap(ref);
  for (const child of children(node)) visit(child, see);
  see(node, id);
}

/** A further local of a function. */
export function addLocal(func, type) {
  const info = binaryen.getFunctionInfo(func);
  binaryen._BinaryenFunctionAddVar(func, type);
  return binaryen.expandType(info.params).length + info.vars.length;
}
