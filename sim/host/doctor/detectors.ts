/** The one table of detectors. */
import {
  areaBelowRing, areaTooSmall, buffersMostlyEmpty, receivePruned, ringSmall, sackOff, segmentsCut, windowByOverhead, windowUpdateLost,
} from './area.ts';
import { copies, copiesRefused, rssReaches } from './copies.ts';
import { cqFull, cqOverflow } from './cq.ts';
import { type Finding, findingsOf } from './finding.ts';
import { idle } from './idle.ts';
import type { Detector, Patient } from './patient.ts';
import { loansKept, refillOverfilled, refillRefused, refillUnread } from './refill.ts';
import { registerRefused } from './setup.ts';
import { rearmLoop } from './termination.ts';

/** Independent of each other, and in no order: findings come in that of their table. */
const DETECTORS: readonly Detector[] = [
  idle, rearmLoop,
  cqFull, cqOverflow,
  refillRefused, refillOverfilled, refillUnread, loansKept,
  areaTooSmall, ringSmall, areaBelowRing, segmentsCut, buffersMostlyEmpty, windowByOverhead, receivePruned, windowUpdateLost, sackOff,
  copies, copiesRefused, rssReaches,
  registerRefused,
];

export const examine = (p: Patient): Finding[] => findingsOf(DETECTORS.flatMap((detect) => detect(p)));
