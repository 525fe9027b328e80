/** A whole script: options, an init command, events, a cleanup command. */
import type { Action, Script, ScriptEvent, Syscall, TimeType } from './ast.ts';
import { type Config, setOption } from './config.ts';
import { parseExpression, parseList } from './parse_expression.ts';
import { parsePacket } from './parse_packet.ts';
import { TokenStream } from './token_stream.ts';
import { SyntaxFailure, Unsupported } from './verdict.ts';

/** Reads `--name=value` lines; what the caller fixed stands. */
function parseScriptOptions(t: TokenStream, config: Config): void {
  while (t.is('option')) {
    const { text: name, line } = t.take();
    let value = '';
    if (t.skipChar('=')) {
      if (t.is('char') || t.is('end')) t.wrong('a value');
      value = t.take().text;
      if (t.skipChar('=')) {
        const { kind, text } = t.take();
        value += `=${kind === 'string' ? `"${text}"` : kind === 'command' ? `\`${text}\`` : text}`;
      }
    }
    const wrong = optionOf(config, name, value, line);
    if (wrong !== undefined) throw new SyntaxFailure(line, wrong);
    for (const [word, meaning] of config.definitions) t.definitions.set(word, meaning);
  }
}

/** As setOption; what is not supported knows its line. */
function optionOf(config: Config, name: string, value: string, line: number): string | undefined {
  try {
    return setOption(config, name, value);
  } catch (error) {
    if (error instanceof Unsupported) error.line = line;
    throw error;
  }
}

function isTime(t: TokenStream, n = 0): boolean {
  return t.is('float', undefined, n) || t.is('integer', undefined, n);
}

/** Seconds as microseconds, cut off as a conversion in C does. */
function parseTime(t: TokenStream): number {
  if (!isTime(t)) t.wrong('a time');
  const seconds = Number(t.take().text);
  if (seconds < 0) t.fail('negative time');
  return Math.trunc(seconds * 1e6);
}

type When = { type: TimeType; time_us: number; end_us: number; line: number };

function parseWhen(t: TokenStream): When {
  if (t.isChar('*')) return { type: 'any', time_us: 0, end_us: 0, line: t.take().line };
  const relative = t.skipChar('+');
  const { line } = t.peek();
  const time_us = parseTime(t);
  if (!t.skipChar('~')) return { type: relative ? 'relative' : 'absolute', time_us, end_us: 0, line };
  if (relative) t.char('+');
  const end_us = parseTime(t);
  if (end_us < time_us) throw new SyntaxFailure(line, 'time range is backwards');
  return { type: relative ? 'relative_range' : 'absolute_range', time_us, end_us, line };
}

/** `(Operation now in progress)`. */
function skipNote(t: TokenStream): void {
  t.char('(');
  if (!t.is('word')) t.wrong('a word');
  while (t.is('word')) t.take();
  t.char(')');
}

function parseSyscall(t: TokenStream): Syscall {
  let end_us: number | undefined;
  if (t.is('ellipsis')) {
    t.take();
    end_us = parseTime(t);
  }
  const name = t.word();
  t.char('(');
  const args = parseList(t, ')');
  t.char('=');
  const result = parseExpression(t);
  let errno: string | undefined;
  if (t.is('word')) {
    errno = t.word();
    skipNote(t);
  }
  if (t.isChar('(')) skipNote(t);
  return { type: 'syscall', name, args, result, errno, end_us };
}

function parseAction(t: TokenStream, version: number): Action {
  if (t.isChar('<') || t.isChar('>')) return { type: 'packet', packet: parsePacket(t, version) };
  if (t.is('command')) return { type: 'command', text: t.take().text };
  if (t.is('code')) return { type: 'code', text: t.take().text };
  return parseSyscall(t);
}

function parseEvent(t: TokenStream, version: number): ScriptEvent {
  const when = parseWhen(t);
  const action = parseAction(t, version);
  const outbound = action.type === 'packet' && action.packet.direction === 'out';
  if (!outbound && (when.type === 'any' || when.type.endsWith('range')))
    throw new SyntaxFailure(when.line, 'a star or a range as time can only be used with outbound packets');
  return { line: when.line, time_type: when.type, time_us: when.time_us, end_us: when.end_us, offset_us: 0, action };
}

/** Parses a script. `config` takes the script's own options. */
export function parseScript(text: string, config: Config): Script {
  const t = new TokenStream(text, config.definitions);
  parseScriptOptions(t, config);
  const version = config.ip_version === 'ipv6' ? 6 : 4;
  const command = (): [string | undefined, number] => {
    if (!t.is('command')) return [undefined, 0];
    const { text: line_text, line } = t.take();
    return [line_text, line];
  };
  const [init, init_line] = command();
  const events: ScriptEvent[] = [];
  while (t.isChar('+') || t.isChar('*') || isTime(t)) events.push(parseEvent(t, version));
  if (events.length === 0) t.wrong('an event');
  const [cleanup, cleanup_line] = command();
  if (!t.is('end')) t.wrong('an event');
  return { init, init_line, events, cleanup, cleanup_line };
}
