/**
 * From the YAML of a lesson to a Lesson. Whatever is wrong with it ends in one ScenarioError with a line for each problem: where, which
 * field, what was expected.
 */
import { didYouMean, type Expectation, ExpectError, parseTree, ScenarioError, type Problem, type Tree } from '../../host/index.ts';
import { HOST_KNOBS, RUN_KNOBS } from '../../schema/scenario.ts';
import { compileFilter } from '../filter/index.ts';
import { Fields } from './fields.ts';
import {
  type Check, type Choice, DEPTHS, type Lesson, type LessonStep, type Mark, type Pick, PICK_KINDS, type RecordMark, type Show,
  type Solution, type Task, TASK_KINDS, type TaskKind,
} from './lesson.ts';
import { textProblems } from './markdown.ts';
import { lessonLine } from './names.ts';

const KNOBS = [
  ...RUN_KNOBS.map((k) => `${k.section}.${k.name}`),
  ...['client', 'server'].flatMap((host) => [...HOST_KNOBS.map((k) => `${host}.${k.section}.${k.name}`), `${host}.nic.rules`]),
  'faults',
];
const MINUTES_MAX = 60;

/** `07-cq-too-small.yaml` is the lesson cq-too-small. */
export const lessonId = (file: string): string => file.replace(/^.*[/\\]/, '').replace(/\.yaml$/, '').replace(/^\d+-/, '');

export function readLesson(text: string, file: string): Lesson {
  const tree = parseTree(text, file);
  const problems: Problem[] = [];
  const fields = new Fields(tree.kind === 'map' ? tree : { kind: 'map', place: tree.place, entries: [] }, problems);
  const steps = fields.items('steps').flatMap((t): LessonStep[] => {
    const map = fields.mapOf('steps', t);
    return map ? [readStep(map)] : [];
  });
  const lesson: Lesson = {
    id: lessonId(file), title: fields.text('title', true), about: fields.text('about', true),
    minutes: fields.whole('minutes', 1, MINUTES_MAX), scenario: fields.text('scenario', true), sets: readSets(fields, 'set'), steps,
  };
  if (steps.length === 0) fields.fail(fields.place, 'steps', 'a lesson has at least one step');
  fields.end();
  if (problems.length > 0) throw new ScenarioError(problems);
  return lesson;
}

function readStep(f: Fields): LessonStep {
  const show = f.map('show');
  const task = f.map('task');
  const step = {
    title: f.text('title', true), text: readText(f, 'text', true), show: show ? readShow(show) : NOTHING, task: task && readTask(task),
  };
  f.end();
  return step;
}

const NOTHING: Show = { views: [], depth: undefined, at: undefined, select: undefined, filter: '', sets: [], yours: false };

function readShow(f: Fields): Show {
  const show: Show = {
    views: f.texts('view'), depth: f.oneOf('depth', DEPTHS), at: readMark(f, 'at'), select: readPick(f), filter: readFilter(f, 'filter'),
    sets: readSets(f, 'set'), yours: f.oneOf('branch', ['base', 'yours']) === 'yours',
  };
  if (show.yours && show.sets.length > 0) f.fail(f.place, 'set', 'the student\'s branch has its own changes: leave set or branch out');
  f.end();
  return show;
}

function readTask(f: Fields): Task | undefined {
  const kinds = TASK_KINDS.filter((k) => f.has(k));
  const [kind] = kinds;
  if (!kind || kinds.length > 1) {
    f.fail(f.place, 'task', `expected exactly one of ${TASK_KINDS.join(', ')}; found ${kinds.join(', ') || f.keys.join(', ')}`);
    return undefined;
  }
  const solution = f.map('solution');
  const task: Task = {
    kind, ask: f.text('ask', true), check: readChecks(f),
    knobs: kind === 'turn' ? readKnobs(f) : [],
    choices: kind === 'choose' ? readChoices(f) : [],
    unit: kind === 'number' ? f.text('number', true) : '',
    hint: readText(f, 'hint', true), after: readText(f, 'after', true),
    solution: solution ? readSolution(solution) : { at: undefined, select: undefined, sets: [], answer: undefined },
  };
  if (kind === 'move' || kind === 'find') f.text(kind, true);
  demand(f, kind, task);
  f.end();
  return task;
}

/** A task that cannot be solved, or not be judged, is no task. */
function demand(f: Fields, kind: TaskKind, { check, choices, solution }: Task): void {
  const need = (ok: boolean, key: string, text: string) => {
    if (!ok) f.fail(f.place, key, text);
  };
  need(kind === 'choose' || check.length > 0, 'check', 'is missing: a line that holds when the task is solved');
  need(kind !== 'choose' || choices.length > 1, 'choose', 'expected two choices or more');
  need(kind !== 'move' || solution.at !== undefined, 'solution', 'expected at: where the playhead has to go');
  need(kind !== 'find' || solution.select !== undefined, 'solution', 'expected select: what has to be found');
  need(kind !== 'turn' || solution.sets.length > 0, 'solution', 'expected set: the changes that solve it');
  need(kind !== 'number' || solution.answer !== undefined, 'solution', 'expected answer: where the number is to be looked up');
}

function readSolution(f: Fields): Solution {
  const answer = f.tree('answer');
  const solution: Solution = {
    at: readMark(f, 'at'), select: readPick(f), sets: readSets(f, 'set'), answer: answer && readLine(f, 'answer', answer),
  };
  f.end();
  return solution;
}

function readLine(f: Fields, key: string, tree: Tree): Expectation | undefined {
  const text = f.textOf(key, tree);
  if (text === '') return undefined;
  try {
    return lessonLine(text);
  } catch (error) {
    if (!(error instanceof ExpectError)) throw error;
    f.fail(tree.place, key, `${error.message} in '${text}'`);
    return undefined;
  }
}

function readChecks(f: Fields): Check[] {
  return f.items('check').flatMap((tree): Check[] => {
    const map = tree.kind === 'map' ? f.mapOf('check', tree) : undefined;
    const of = map ? map.tree('if') : tree;
    const say = map?.text('say', true) ?? '';
    map?.end();
    const line = of && readLine(f, 'check', of);
    return line ? [{ line, say }] : [];
  });
}

function readChoices(f: Fields): Choice[] {
  return f.items('choose').flatMap((tree): Choice[] => {
    const map = f.mapOf('choose', tree);
    if (!map) return [];
    const say = map.text('say', true);
    const when = map.tree('when');
    if (!when) map.fail(map.place, 'when', 'is missing: what holds if this choice is right');
    map.end();
    const line = when && readLine(f, 'when', when);
    return line ? [{ say, when: line }] : [];
  });
}

function readKnobs(f: Fields): string[] {
  return f.items('turn').map((tree) => {
    const name = f.textOf('turn', tree);
    if (!KNOBS.includes(name)) f.fail(tree.place, 'turn', `there is no knob '${name}'${didYouMean(name, KNOBS)}`);
    return name;
  });
}

function readSets(f: Fields, key: string): string[] {
  return f.items(key).map((tree) => {
    const text = f.textOf(key, tree);
    if (!/^[\w.]+=.+$/.test(text)) f.fail(tree.place, key, `expected KNOB=VALUE, as --set takes it; found '${text}'`);
    return text;
  });
}

function readFilter(f: Fields, key: string): string {
  const tree = f.tree(key);
  if (!tree) return '';
  const text = f.textOf(key, tree);
  try {
    compileFilter(text);
  } catch (error) {
    f.fail(tree.place, key, `${error instanceof Error ? error.message : String(error)} in '${text}'`);
  }
  return text;
}

/** `start`, `end`, a filter (its first record), or a map of a filter: `{ last: … }`, `{ first: … }`, `{ nth: 3, of: … }`. */
function readMark(f: Fields, key: string): Mark | undefined {
  const tree = f.tree(key);
  if (!tree) return undefined;
  if (tree.kind === 'scalar' && (tree.value === 'start' || tree.value === 'end')) return tree.value;
  return readRecord(f, key, tree);
}

function readRecord(f: Fields, key: string, tree: Tree): RecordMark | undefined {
  if (tree.kind !== 'map') return { text: filterOf(f, key, tree), nth: 1 };
  const map = f.mapOf(key, tree) as Fields;
  const way = (['first', 'last', 'of'] as const).find((w) => map.has(w));
  if (!way) {
    map.fail(map.place, key, 'expected first, last, or nth and of');
    return undefined;
  }
  const nth = way === 'of' ? map.whole('nth', -1_000_000, 1_000_000) : way === 'last' ? -1 : 1;
  const text = readFilter(map, way);
  map.end();
  return { text, nth };
}

function filterOf(f: Fields, key: string, tree: Tree): string {
  const text = f.textOf(key, tree);
  try {
    compileFilter(text);
  } catch (error) {
    f.fail(tree.place, key, `${error instanceof Error ? error.message : String(error)} in '${text}'`);
  }
  return text;
}

/** `select: { packet: FILTER }`: what the first such record names. */
function readPick(f: Fields): Pick | undefined {
  const map = f.map('select');
  if (!map) return undefined;
  const kinds = PICK_KINDS.filter((k) => map.has(k));
  const [kind] = kinds;
  if (!kind || kinds.length > 1) {
    map.fail(map.place, 'select', `expected exactly one of ${PICK_KINDS.join(', ')}`);
    return undefined;
  }
  const tree = map.tree(kind) as Tree;
  const mark = readRecord(map, kind, tree);
  map.end();
  return mark && { kind, mark };
}

function readText(f: Fields, key: string, required: boolean): string {
  const text = f.text(key, required);
  for (const problem of textProblems(text)) f.fail(f.tree(key)?.place ?? f.place, key, problem);
  return text;
}
