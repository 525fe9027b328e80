/** The one table of detectors. */
import {
  areaBelowRing, areaTooSmall, buffersMostlyEmpty, receivePruned, ringSmall, sackOff, segmentsCut, windowByOverhead, windowShrunk,
  windowUpdateLost,
} from './area.ts';
import {
  bufferTwice, bundleEnded, bundleSpan, datagramCut, eofKeepsBuffer, errorKeepsBuffer, groupEmpty, selectMissing, tailTooSmall,
} from './buffers.ts';
import {
  bufferShared, cancelAmbiguous, cancelledWithData, cancelMissed, closedWhileArmed, freedEarly, idleClosedArmed, linkCut, linkTimeout,
  sendsUnordered, shortRecvInLink, slotFreed, timerBrokeLink,
} from './cancel.ts';
import { copies, copiesRefused, rssReaches } from './copies.ts';
import { cqFull, cqHeadPastTail, cqOverflow, cqSkipped } from './cq.ts';
import { type Evidence, type Finding, findingsOf } from './finding.ts';
import { idle } from './idle.ts';
import { ddioThrash, dramBound, pcieBound } from './memory.ts';
import type { Detector, Patient } from './patient.ts';
import { programEnded } from './program.ts';
import {
  controlRefused, eventNotRearmed, loansKept, refillOverfilled, refillOverwritten, refillRefused, refillUnread,
} from './refill.ts';
import {
  sendBufferReused, sendCopied, sendMemlock, sendSerialised, sendSkip, sendSmall, sendTwoCompletions, sendUserDataShared,
} from './send_zc.ts';
import { nicBound, recvForeign, recvNotTcp, recvUnreadable, recvZcOneshot, registerRefused, registerStep } from './setup.ts';
import { cqTurn, reapEndless, recvOneAtATime, sqThreadSpins, waitTimed, workShelved, wrongTask } from './tasks.ts';
import { armedTwice, completionAfterLast, endedWithData, mshotTurn, rearmLoop, terminalBuffer } from './termination.ts';

/** Detectors are independent of each other and in no order: findings come in that of their table. */
const OF_ALL: readonly Detector[] = [
  idle, rearmLoop, cqFull, cqOverflow, refillRefused, groupEmpty, sendCopied, sendTwoCompletions,
];
/** Of runs whose applications the scenario describes by knobs, and of their traces. */
const OF_RUNS: readonly Detector[] = [
  refillOverfilled, refillUnread, loansKept,
  areaTooSmall, ringSmall, areaBelowRing, segmentsCut, buffersMostlyEmpty, windowByOverhead, receivePruned, windowShrunk, windowUpdateLost,
  sackOff,
  copies, copiesRefused, rssReaches,
  dramBound, pcieBound, ddioThrash,
  registerRefused, recvOneAtATime,
];
/** Of what a program did, step by step, and of logs. */
const OF_STORIES: readonly Detector[] = [
  programEnded,
  endedWithData, completionAfterLast, armedTwice, terminalBuffer, mshotTurn,
  cqHeadPastTail, cqSkipped,
  refillOverwritten, eventNotRearmed, controlRefused,
  registerStep, nicBound, recvZcOneshot, recvNotTcp, recvUnreadable, recvForeign,
  bundleEnded, bundleSpan, datagramCut, bufferTwice, selectMissing, tailTooSmall, eofKeepsBuffer, errorKeepsBuffer,
  sendSerialised, sendSmall, sendSkip, sendUserDataShared, sendBufferReused, sendMemlock,
  wrongTask, workShelved, cqTurn, reapEndless, sqThreadSpins, waitTimed,
  closedWhileArmed, idleClosedArmed, slotFreed, cancelMissed, cancelAmbiguous, cancelledWithData, freedEarly, bufferShared, timerBrokeLink,
  linkTimeout, shortRecvInLink, sendsUnordered, linkCut,
];

/** What the trace of a program shows has a time; its reader counts steps. */
function inStep(p: Patient, e: Evidence): Evidence {
  const step = e.step ?? (e.time_ns === undefined ? undefined : p.story?.stepAt(e.time_ns));
  return step === undefined ? e : { ...e, step };
}

export function examine(p: Patient): Finding[] {
  const detectors = [...OF_ALL, ...(p.story ? OF_STORIES : OF_RUNS)];
  return findingsOf(detectors.flatMap((detect) => detect(p)).map((s) => ({ ...s, evidence: s.evidence.map((e) => inStep(p, e)) })));
}
