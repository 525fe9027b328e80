/**
 * Where the next case of a search comes from: generators, and changes of what was kept. Each source is judged by what it brought lately for
 * its work, and gets a share of the work that grows with that: so a search is no worse than the best of them, whichever that is by then.
 */
import type { Chance } from './chance.ts';

/** What a source brought lately: older turns count less and less. */
interface Account {
  gain: number;
  work: number;
  turns: number;
}

/** How much of an account the next turn of the source leaves. */
const LATELY = 0.95;
/** What is promising begins as if it had brought so much in one turn: it is not given up before it was tried. */
const BEGIN: Readonly<Account> = { gain: 20, work: 1000, turns: 1 };
/** Gain for work that is always hoped for: what found nothing lately may find something again. */
const HOPE = 1 / 20_000;
const FINE = 2 ** 30;

export class Sources<T> {
  private readonly all: { readonly source: T; readonly account: Account }[];

  constructor(promising: readonly T[], others: readonly T[]) {
    const began = (source: T, gain: number) => ({ source, account: { ...BEGIN, gain } });
    this.all = [...promising.map((source) => began(source, BEGIN.gain)), ...others.map((source) => began(source, 0))];
  }

  /** One of those that may be taken. */
  choose(chance: Chance, may: (source: T) => boolean): T {
    const open = this.all.filter(({ source }) => may(source));
    const total = open.reduce((sum, { account }) => sum + likely(account), 0);
    let at = (chance.below(FINE) / FINE) * total;
    const chosen = open.find(({ account }) => (at -= likely(account)) < 0) ?? open.at(-1);
    return (chosen as { source: T }).source;
  }

  /** A turn of a source is over. */
  credit(source: T, gain: number, work: number): void {
    const account = this.all.find((one) => one.source === source)?.account as Account;
    account.gain = account.gain * LATELY + gain;
    account.work = account.work * LATELY + work;
    account.turns = account.turns * LATELY + 1;
  }
}

/** Work goes by the square of what it brings: mostly to the best, and to those that are nearly as good. */
function likely({ gain, work, turns }: Account): number {
  const rate = gain / work + HOPE;
  return rate * rate * turns / work;
}
