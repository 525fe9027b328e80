/** Which part of a dissected frame a byte belongs to. */
import type { TreeNode } from '../../../sim/lab/index.ts';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The smallest node that holds a byte. */
export function deepest(tree: readonly TreeNode[], at: number): Range | undefined {
  const node = tree.find((n) => at >= n.from && at < n.to);
  if (!node) return undefined;
  return deepest(node.children, at) ?? { from: node.from, to: node.to };
}
