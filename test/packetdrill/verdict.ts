/** What a script can come to, and the errors that say so. */

/** `unsupported`: the script needs something that the model or the interpreter lacks. */
export type Verdict = 'pass' | 'fail' | 'unsupported';

/** The script is not a script. */
export class SyntaxFailure extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** The script expected something else than what happened. `expected` and `actual` are shown side by side. */
export class ScriptFailure extends Error {
  line = 0;
  readonly expected: string;
  readonly actual: string;
  constructor(message: string, expected = '', actual = '') {
    super(message);
    this.expected = expected;
    this.actual = actual;
  }
}

/** Something is missing, by name: a socket option, a sysctl, a command, a part of the language. */
export class Unsupported extends Error {
  line = 0;
  readonly feature: string;
  constructor(feature: string) {
    super(`unsupported: ${feature}`);
    this.feature = feature;
  }
}
