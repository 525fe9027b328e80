/** Every lesson is played to its end: what it points at is there, no task is solved by itself, and each is by its solution. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore } from '../../sim/host/index.ts';
import {
  BareMachine, blocksOf, codeOf, editionOf, type Lesson, type LessonFile, type LessonResult, LessonSession, readCode, readLesson, resultOf,
  type Solved, taskSteps, valuesIn, valuesOf, verifyResult,
} from '../../sim/lab/lessons/index.ts';

let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(join(root, 'build/core.wasm')));
});

const files = readdirSync(join(root, 'lessons')).filter((f) => f.endsWith('.yaml')).sort();
const textOf = (file: string) => readFileSync(join(root, 'lessons', file), 'utf8');
const scenarioOf = (lesson: Lesson) => readFileSync(join(root, `scenarios/${lesson.scenario}.yaml`), 'utf8');
const open = (file: string) => {
  const lesson = readLesson(textOf(file), file);
  const machine = new BareMachine(core, lesson, scenarioOf(lesson));
  return { lesson, machine, session: new LessonSession(lesson, machine) };
};

/** Values of a text that cannot be looked up where the machine stands. */
function missingValues(machine: BareMachine, text: string): string[] {
  const lines = valuesIn(blocksOf(text));
  machine.lab.branch(machine.at.branch).recording.finish();
  const values = valuesOf(machine.moment, machine.lab, lines, { selected: machine.scene?.selected, answer: undefined });
  return lines.filter((_, i) => values[i] === undefined).map((l) => l.text);
}

async function playTask(session: LessonSession, machine: BareMachine): Promise<void> {
  const { task } = session.step;
  if (!task) return;
  expect((await session.check(undefined)).solved, 'solved before anything was done').toBe(false);
  if (task.kind === 'choose') {
    const right = [];
    for (let n = 0; n < task.choices.length; n++) {
      const verdict = await machine.judge(task, { selected: undefined, answer: n });
      if (verdict.solved) right.push(task.choices[n]?.say);
    }
    expect(right, 'choices that hold').toHaveLength(1);
  }
  expect(missingValues(machine, task.hint)).toEqual([]);
  const answer = await session.reveal();
  const verdict = await session.check(answer);
  expect(verdict.checks.filter((c) => !c.ok), 'what does not hold after the solution').toEqual([]);
  expect(verdict.solved).toBe(true);
  if (task.kind === 'number') expect((await machine.judge(task, { selected: undefined, answer: (answer ?? 0) + 1 })).solved).toBe(false);
  expect(missingValues(machine, task.after)).toEqual([]);
}

describe.each(files)('%s', (file) => {
  test('can be played to its end, and back', async () => {
    const { lesson, machine, session } = open(file);
    const scenes = [];
    for (let i = 0; i < lesson.steps.length; i++) {
      const title = `step ${i + 1}, ${lesson.steps[i]?.title}`;
      expect(await session.enter(i), `${title}: what is not in the run`).toEqual([]);
      scenes[i] = machine.scene;
      expect(missingValues(machine, session.step.text), title).toEqual([]);
      await playTask(session, machine);
    }
    expect(Object.keys(session.solved).map(Number)).toEqual(taskSteps(lesson));
    // A step shows the same when one comes back to it, if it says where it is; where a knob was turned well, the run that came of it.
    for (let i = lesson.steps.length - 1; i > 0; i--) {
      await session.enter(i);
      const { show, task } = lesson.steps[i] as (typeof lesson.steps)[number];
      const turned = task?.kind === 'turn' ? session.solved[i] : undefined;
      if (turned) expect(machine.where()).toMatchObject({ making: turned.making, at: { step: turned.step } });
      else if (show.at && !show.yours) expect(machine.at).toEqual(scenes[i]?.at);
    }
  });
});

/** Does a lesson by its solutions, and hands in what came of it. */
async function handIn(file: string): Promise<{ code: string; of: LessonFile }> {
  const { lesson, session } = open(file);
  for (let i = 0; i < lesson.steps.length; i++) {
    await session.enter(i);
    if (session.step.task) await session.check(await session.reveal());
  }
  const text = textOf(file);
  const result = resultOf(lesson, editionOf(text), 'core', { name: 'Ada', task: 'week 4' }, session.solved);
  return { code: await codeOf(result), of: { file, text, scenario_text: scenarioOf(lesson) } };
}
async function resultIn(code: string): Promise<LessonResult> {
  const read = await readCode(code);
  if ('problem' in read) throw new Error(read.problem);
  return read.result;
}

describe('what is handed in', () => {
  let code = '';
  let of: LessonFile;
  beforeAll(async () => {
    ({ code, of } = await handIn('07-cq-too-small.yaml'));
  });

  test('is a line of text that is read back and done again, task by task', async () => {
    expect(code.length).toBeLessThan(2000);
    const result = await resultIn(`  ${code}\n`);
    expect(result).toMatchObject({ lesson: 'cq-too-small', name: 'Ada', task: 'week 4' });
    const verified = await verifyResult(core, 'core', of, result);
    expect(verified.tasks.map((t) => t.state)).toEqual(verified.tasks.map(() => 'proved'));
    expect(verified.tasks.map((t) => [t.hint, t.shown, t.misses])).toEqual(verified.tasks.map(() => [false, true, 0]));
    expect(verified.notes).toEqual([]);
  });

  test('a line that was cut off, or is something else, is told apart', async () => {
    expect(await readCode(code.slice(0, -5))).toEqual({ problem: 'it is not whole: copy all of the line' });
    expect(await readCode('hello')).toEqual({ problem: 'it is no result: one begins with RL1.' });
    expect(await readCode('x'.repeat(70_000))).toEqual({ problem: 'it is far longer than a result' });
  });

  test('who claims what did not happen is found out', async () => {
    const result = await resultIn(code);
    const steps = Object.keys(result.solved).map(Number);
    const [first = 0, , , turned = 0] = steps;
    const changed = (step: number, by: Partial<Solved>): LessonResult =>
      ({ ...result, solved: { [step]: { ...(result.solved[step] as Solved), ...by } } });
    const why = async (r: LessonResult, step: number) =>
      (await verifyResult(core, 'core', of, r)).tasks.find((t) => t.step === step)?.why;
    expect(await why(changed(first, { step: 3 }), first)).toMatch(/^it does not hold: a completion goes to the overflow list/);
    const [none, other] = ['0000000000000000', /^state [0-9a-f]{16}, and the result says 0000000000000000/];
    expect(await why(changed(first, { hash: none }), first)).toMatch(other);
    const without = { sets: ['server.app.rearm=off'], edits: [] };
    expect(await why(changed(turned, { making: without }), turned)).toMatch(/^the run has 163 steps, and it was at \d{4}/);
    expect(await why(changed(turned, { making: without, step: 100 }), turned)).toMatch(/^it does not hold: all bytes came/);
    expect(await why(changed(turned, { making: { sets: ['server.no.knob=1'], edits: [] } }), turned)).toMatch(/no such section/);
  });

  test('another edition of the lesson, and another simulator, are said', async () => {
    const result = await resultIn(code);
    const { notes } = await verifyResult(core, 'other', { ...of, text: `${of.text}\n# changed\n` }, result);
    expect(notes).toHaveLength(2);
    const none = await verifyResult(core, 'core', of, { ...result, solved: {} });
    expect(none.tasks.map((t) => t.state)).toEqual(none.tasks.map(() => 'open'));
  });
});

const LEAST = `
title: T
about: A.
minutes: 3
scenario: tour
steps:
  - title: S
    text: There are {result.streams.bytes | bytes}.
    task: { move: there, ask: Go., hint: On., after: So., check: 'now.step > 0', solution: { at: end } }
`;

describe('a lesson that cannot be used says where and why', () => {
  test('the least one is read', () => {
    expect(readLesson(LEAST, '03-least.yaml')).toMatchObject({ id: 'least', minutes: 3, steps: [{ title: 'S' }] });
  });
  test.each([
    ['now.step > 0', 'now.stop > 0', /:9:\d+: key 'check': there is no 'stop' in 'now'; did you mean 'step'\?/],
    ['{result.streams.bytes | bytes}', '{result.streams.bites}', /:8:\d+: key 'text': there is no 'bites' in 'result.streams'/],
    ['| bytes}', '| furlongs}', /there is no format 'furlongs'; there are count, bytes/],
    ['at: end', 'at: nic_dam', /key 'at': there is no field or event “nic_dam”.*in 'nic_dam'/],
    ['move: there', 'move: there, find: it', /key 'task': expected exactly one of move, find/],
    ['move: there', 'find: packet', /key 'solution': expected select: what has to be found/],
    ['move: there', 'turn: server.ring.cq_entrees', /there is no knob 'server.ring.cq_entrees'; did you mean 'server.ring.cq_entries'/],
    ['hint: On., ', '', /:9:\d+: key 'hint': is missing/],
    ['minutes: 3', 'minutes: soon', /:4:\d+: key 'minutes': expected a whole number from 1 to 60; found 'soon'/],
    ['about: A.', 'abuot: A.', /key 'abuot': there is no such field; did you mean 'about'\?/],
    ['steps:', 'steps: []\nset:', /key 'set': expected a text; found a map/],
  ])('%s as %s', (good, bad, message) => {
    expect(() => readLesson(LEAST.replace(good, bad), '03-least.yaml')).toThrow(message);
  });
});

test('lessons show views that there are', () => {
  const known = [...readFileSync(join(root, 'web/views/index.ts'), 'utf8').matchAll(/id: '(\w+)'/g)].map((m) => m[1]);
  const shown = files.flatMap((f) => readLesson(textOf(f), f).steps.flatMap((s) => s.show.views));
  expect(shown.filter((v) => !known.includes(v))).toEqual([]);
  expect(files.length).toBeGreaterThanOrEqual(14);
});
