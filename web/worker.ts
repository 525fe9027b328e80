import { FIXTURE } from './fixture_run.ts';
import type { RunReply, RunRequest } from './page_model.ts';
onmessage = ({ data }: MessageEvent<RunRequest>) => {
  setTimeout(() => postMessage({ id: data.id, kind: 'done', run: { ...FIXTURE, scenario: data.scenario.name } } satisfies RunReply), 50);
};
