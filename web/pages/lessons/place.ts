/** What the address says of this page: #/lessons, #/lessons/cq-too-small/3?for=Networks, #/lessons/teacher. */
export type LessonPlace =
  | { readonly kind: 'list' }
  | { readonly kind: 'teacher' }
  /** Steps are counted from 1 there; 0: where one was. */
  | { readonly kind: 'lesson'; readonly id: string; readonly step: number; readonly task: string };

export function readLessonPlace(rest: string): LessonPlace {
  const [path = '', query = ''] = rest.split('?');
  const [id = '', step = ''] = path.split('/');
  if (id === '') return { kind: 'list' };
  if (id === 'teacher') return { kind: 'teacher' };
  const task = new URLSearchParams(query).get('for') ?? '';
  return { kind: 'lesson', id: decodeURIComponent(id), step: /^\d{1,3}$/.test(step) ? Number(step) : 0, task: task.slice(0, 200) };
}

export function writeLessonPlace(place: LessonPlace): string {
  if (place.kind === 'list') return '';
  if (place.kind === 'teacher') return 'teacher';
  const step = place.step > 0 ? `/${place.step}` : '';
  return `${encodeURIComponent(place.id)}${step}${place.task === '' ? '' : `?for=${encodeURIComponent(place.task)}`}`;
}
