/** The lab: what the command line may use of it. */
export { type Job, jobOf } from './job.ts';
export { openTarget, type TargetOptions } from './open_target.ts';
export { LabError, type NativeRun, TARGETS, type Target, type TargetName, type Watch } from './target.ts';
