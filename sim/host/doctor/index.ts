/** The doctor: findings over a run, a trace, a step scenario or a log of completions. */
export { Chart } from './chart.ts';
export { readCqeLog } from './cqe_log.ts';
export { examine } from './detectors.ts';
export { Examination } from './examination.ts';
export { atText, type Evidence, type Finding, findingsOf } from './finding.ts';
export { type Patient, patientOf, patientOfStory, type Run } from './patient.ts';
export { examineRecorded, isLines, isTrace, readLines, readTrace, type Recorded } from './recorded.ts';
export { type Story, storyOfLog, storyOfSteps } from './story.ts';
