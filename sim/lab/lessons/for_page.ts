/** A lesson as the page needs it: its texts taken apart, and what is wrong with it as a sentence. */
import { InputError } from '../../host/index.ts';
import { editionOf } from './code.ts';
import type { Lesson } from './lesson.ts';
import { type Block, blocksOf } from './markdown.ts';
import { lessonId, readLesson } from './read.ts';

export interface PageStep {
  readonly text: readonly Block[];
  readonly hint: readonly Block[];
  readonly after: readonly Block[];
}
export type ReadLesson =
  | { readonly id: string; readonly lesson: Lesson; readonly edition: string; readonly steps: readonly PageStep[] }
  | { readonly id: string; readonly error: string };

export function readForPage(text: string, file: string): ReadLesson {
  try {
    const lesson = readLesson(text, file);
    const steps = lesson.steps.map((s): PageStep => ({
      text: blocksOf(s.text), hint: blocksOf(s.task?.hint ?? ''), after: blocksOf(s.task?.after ?? ''),
    }));
    return { id: lesson.id, lesson, edition: editionOf(text), steps };
  } catch (error) {
    if (error instanceof InputError) return { id: lessonId(file), error: error.message };
    throw error;
  }
}
