/** The lessons as they are written, in their order, and the scenarios that they are about. */
import { findScenario } from '../../scenarios.ts';

const texts = import.meta.glob<string>('../../../lessons/*.yaml', { query: '?raw', import: 'default', eager: true });

export interface LessonText {
  readonly file: string;
  readonly text: string;
}
export const LESSON_TEXTS: readonly LessonText[] = Object.entries(texts)
  .map(([path, text]) => ({ file: path.replace(/^.*\//, ''), text }))
  .sort((a, b) => a.file.localeCompare(b.file, 'en', { numeric: true }));

export async function scenarioText(name: string): Promise<string> {
  const found = await findScenario(name);
  if (!found) throw new Error(`There is no scenario ${name}.`);
  return found.text;
}
