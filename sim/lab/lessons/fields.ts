/** Reading a map of a YAML tree field by field: each has its form, and every problem its place. */
import { didYouMean, foundText, type MapTree, type Problem, type Tree } from '../../host/index.ts';

type Place = Problem['place'];

export class Fields {
  readonly problems: Problem[];
  readonly #map: MapTree;
  readonly #known: string[] = [];

  constructor(map: MapTree, problems: Problem[]) {
    this.#map = map;
    this.problems = problems;
  }

  get place(): Place {
    return this.#map.place;
  }
  get keys(): string[] {
    return this.#map.entries.map((e) => e.key);
  }
  has(key: string): boolean {
    return this.#map.entries.some((e) => e.key === key);
  }
  fail(place: Place, key: string, text: string): void {
    this.problems.push({ place, key, text });
  }

  tree(key: string): Tree | undefined {
    this.#known.push(key);
    const found = this.#map.entries.filter((e) => e.key === key);
    if (found[1]) this.fail(found[1].place, key, 'is there twice');
    return found[0]?.tree;
  }
  text(key: string, required: boolean): string {
    const tree = this.tree(key);
    if (!tree) {
      if (required) this.fail(this.place, key, 'is missing');
      return '';
    }
    return this.textOf(key, tree);
  }
  textOf(key: string, tree: Tree): string {
    if (tree.kind === 'scalar' && tree.value !== null) return (tree.text ?? String(tree.value)).trim();
    this.fail(tree.place, key, `expected a text; found ${foundText(tree)}`);
    return '';
  }
  whole(key: string, least: number, most: number): number {
    const tree = this.tree(key);
    const value = tree?.kind === 'scalar' ? tree.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    const found = tree ? foundText(tree) : 'nothing';
    this.fail(tree?.place ?? this.place, key, `expected a whole number from ${least} to ${most}; found ${found}`);
    return least;
  }
  /** A text, or a list of texts. */
  texts(key: string): string[] {
    return this.items(key).map((t) => this.textOf(key, t));
  }
  /** A list, or one thing that stands for a list of one. */
  items(key: string): readonly Tree[] {
    const tree = this.tree(key);
    if (!tree) return [];
    return tree.kind === 'list' ? tree.items : [tree];
  }
  map(key: string): Fields | undefined {
    const tree = this.tree(key);
    return tree && this.mapOf(key, tree);
  }
  mapOf(key: string, tree: Tree): Fields | undefined {
    if (tree.kind === 'map') return new Fields(tree, this.problems);
    this.fail(tree.place, key, `expected a map; found ${foundText(tree)}`);
    return undefined;
  }
  oneOf<T extends string>(key: string, names: readonly T[]): T | undefined {
    const tree = this.tree(key);
    if (!tree) return undefined;
    const text = this.textOf(key, tree);
    const found = names.find((n) => n === text);
    if (!found && text !== '') this.fail(tree.place, key, `expected one of ${names.join(', ')}; found '${text}'${didYouMean(text, names)}`);
    return found;
  }

  /** What nobody asked for is a mistake. */
  end(): void {
    for (const { key, place } of this.#map.entries) {
      if (this.#known.includes(key)) continue;
      const all = [...new Set(this.#known)];
      this.fail(place, key, `there is no such field${didYouMean(key, all) || `; there are ${all.join(', ')}`}`);
    }
  }
}
