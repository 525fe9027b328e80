/** Description: sequence numbers wrap; comparing them as plain integers is the classic mistake. */
import { seqAfter, seqBefore, seqBetween, seqMax } from '../../../sim/core';

export function comparisonHoldsAcrossTheWrap(): void {
  assert(seqBefore(0xfffffff0, 0x10), 'a number just below the wrap comes before one just above');
  assert(seqAfter(0x10, 0xfffffff0), 'and the other way round');
  assert(!seqBefore(5, 5) && !seqAfter(5, 5), 'a number is neither before nor after itself');
}

export function aRangeIncludesBothItsEnds(): void {
  assert(seqBetween(10, 10, 20) && seqBetween(20, 10, 20), 'ends belong to the range');
  assert(!seqBetween(9, 10, 20) && !seqBetween(21, 10, 20), 'what lies outside does not');
  assert(seqBetween(2, 0xfffffffe, 8), 'a range may wrap');
}

export function theLaterNumberIsTheGreater(): void {
  assert(seqMax(0xffffffff, 3) == 3, '3 comes after 2^32 - 1');
  assert(seqMax(7, 3) == 7, 'as usual elsewhere');
}
