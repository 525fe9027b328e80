/** The lab: what the command line may use of it. */
export { type Job, jobOf } from './job.ts';
export { LabError, type NativeRun, TARGETS, type Target, type TargetName, type Watch } from './target.ts';
