/** Lessons: their language, who does them, and how what was done is proved. */
export { answerOf, BareMachine, sameMaking } from './bare_machine.ts';
export { type ClassResult, codeOf, editionOf, type LessonResult, readCode, resultOf } from './code.ts';
export type { Deed } from './facts.ts';
export { judge, valuesOf, type Verdict } from './judge.ts';
export * from './lesson.ts';
export { type Block, blocksOf, type Format, type Span, valuesIn } from './markdown.ts';
export { type Placed, placeOf } from './place.ts';
export { lessonId, readLesson } from './read.ts';
export { LessonSession, type Machine, type Making, type Progress, type Scene, type Solved } from './session.ts';
export { type PageStep, type ReadLesson, readForPage } from './for_page.ts';
export { type LessonFile, verifyResult, type Verified, type VerifiedTask } from './verify.ts';
