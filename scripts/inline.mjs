/**
 * asc --transform: inlines more than asc does by itself. The functions of the core are small and many, and calls between them
 * cost about a twelfth of a run (docs/bench.md).
 */
import binaryen from 'binaryen';
import { Transform } from 'assemblyscript/transform';

export default class extends Transform {
  afterCompile(module) {
    binaryen.setOptimizeLevel(4);
    binaryen.setShrinkLevel(0);
    binaryen.setAlwaysInlineMaxSize(30);
    binaryen.setFlexibleInlineMaxSize(100);
    module.optimize();
  }
}
