/** Where one is among lessons, as the address says it. */
import { expect, test } from 'vitest';
import { readLessonPlace, writeLessonPlace } from '../../../web/pages/lessons/place.ts';

const PLACES = ['', 'teacher', 'cq-too-small', 'cq-too-small/3', 'cq-too-small/3?for=Networks%2C%20week%204'];
test.each(PLACES)('#/lessons/%s is read as it is written', (rest) => {
  expect(writeLessonPlace(readLessonPlace(rest))).toBe(rest);
});
test('a name of an assignment may have any letters, and a step that is none is left out', () => {
  const place = readLessonPlace(writeLessonPlace({ kind: 'lesson', id: 'one-byte', step: 2, task: 'Übung & Co? #7' }));
  expect(place).toEqual({ kind: 'lesson', id: 'one-byte', step: 2, task: 'Übung & Co? #7' });
  expect(readLessonPlace('one-byte/x')).toEqual({ kind: 'lesson', id: 'one-byte', step: 0, task: '' });
});
