/** Every lesson is played to its end: what it points at is there, no task is solved by itself, and each is by its solution. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/run_command.mjs';
import { compileCore } from '../../sim/host/index.ts';
import {
  BareMachine, blocksOf, codeOf, editionOf, type Lesson, LessonSession, readCode, readLesson, resultOf, taskSteps, valuesIn, valuesOf,
  verifyResult,
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
    // A step shows the same when one comes back to it, if it says where it is.
    for (let i = lesson.steps.length - 1; i > 0; i--) {
      await session.enter(i);
      if (lesson.steps[i]?.show.at && !lesson.steps[i]?.show.yours) expect(machine.at).toEqual(scenes[i]?.at);
    }
    const text = textOf(file);
    const code = await codeOf(resultOf(lesson, editionOf(text), 'core', { name: 'Ada', task: '' }, session.solved));
    expect(code.length).toBeLessThan(4000);
    const read = await readCode(`  ${code}\n`);
    if (!('result' in read)) throw new Error(read.problem);
    const verified = await verifyResult(core, 'core', { file, text, scenario_text: scenarioOf(lesson) }, read.result);
    expect(verified.tasks.filter((t) => t.state !== 'proved')).toEqual([]);
    expect(verified.notes).toEqual([]);
  });
});
