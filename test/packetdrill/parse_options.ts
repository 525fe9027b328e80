/** TCP options of a packet line. */
import {
  FASTOPEN_MAGIC, OPT_ACCECN0, OPT_ACCECN1, OPT_EOL, OPT_EXP, OPT_FASTOPEN, OPT_MD5, OPT_MSS, OPT_NOP, OPT_SACK, OPT_SACK_OK, OPT_TS,
  OPT_WSCALE, optionsLength, type TcpOption, setWord32,
} from './packet.ts';
import type { TokenStream } from './token_stream.ts';

const U16 = 0xffff;
const U24 = 0xffffff;
const U32 = 0xffffffff;
const OPTION_BYTES_MAX = 40;
const COOKIE_BYTES_MAX = 38;

/** Words behind one another, most significant byte first. */
export function words(...values: readonly number[]): Uint8Array {
  const data = new Uint8Array(values.length * 4);
  values.forEach((value, i) => { setWord32(data, i * 4, value); });
  return data;
}

/** Hex digits, perhaps none: a cookie or a digest. */
function blob(t: TokenStream, what: string, most: number): Uint8Array {
  if (!t.is('word') && !t.is('integer')) return new Uint8Array(0);
  const digits = t.take().text;
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) t.fail(`${what} is not a hex string of whole bytes`);
  if (digits.length / 2 > most) t.fail(`${what} is longer than ${most} bytes`);
  return Uint8Array.from(digits.match(/../g) ?? [], (d) => Number.parseInt(d, 16));
}

function sackBlocks(t: TokenStream): Uint8Array {
  const edges: number[] = [];
  do {
    edges.push(t.integer('left edge of SACK', U32));
    t.char(':');
    edges.push(t.integer('right edge of SACK', U32));
  } while (t.is('integer'));
  return words(...edges);
}

/** The counters of AccECN: e0b ceb e1b, or the other way round, of which the last may be left out. */
function accecn(t: TokenStream): TcpOption {
  const order = t.isWord('e1b') ? ['e1b', 'ceb', 'e0b'] : ['e0b', 'ceb', 'e1b'];
  const data: number[] = [];
  for (const name of order) {
    if (data.length > 0 && !t.isWord(name)) break;
    t.word(name);
    const value = t.integer('AccECN counter', U24);
    data.push((value >> 16) & 255, (value >> 8) & 255, value & 255);
  }
  return { kind: order[0] === 'e0b' ? OPT_ACCECN0 : OPT_ACCECN1, data: Uint8Array.from(data) };
}

function parseOption(t: TokenStream): TcpOption {
  const none = new Uint8Array(0);
  const name = t.word();
  switch (name) {
    case 'nop': return { kind: OPT_NOP, data: none };
    case 'eol': return { kind: OPT_EOL, data: none };
    case 'mss': {
      const mss = t.integer('mss value', U16);
      return { kind: OPT_MSS, data: Uint8Array.of(mss >> 8, mss & 255) };
    }
    case 'wscale': return { kind: OPT_WSCALE, data: Uint8Array.of(t.integer('window scale', 255)) };
    case 'sackOK': return { kind: OPT_SACK_OK, data: none };
    case 'sack': return { kind: OPT_SACK, data: sackBlocks(t) };
    case 'TS': {
      t.word('val');
      const val = t.integer('ts val', U32);
      t.word('ecr');
      return { kind: OPT_TS, data: words(val, t.integer('ts ecr', U32)) };
    }
    case 'md5': return { kind: OPT_MD5, data: blob(t, 'TCP MD5 digest', 16) };
    case 'FO': return { kind: OPT_FASTOPEN, data: blob(t, 'TCP fast open cookie', COOKIE_BYTES_MAX) };
    case 'FOEXP': {
      const magic = Uint8Array.of(FASTOPEN_MAGIC >> 8, FASTOPEN_MAGIC & 255);
      return { kind: OPT_EXP, data: Uint8Array.of(...magic, ...blob(t, 'TCP fast open cookie', COOKIE_BYTES_MAX - 2)) };
    }
    case 'ECN': return accecn(t);
    default: return t.fail(`no TCP option ${name}`);
  }
}

/** What stands between < and >; undefined for `<...>`: not to be compared. */
export function parseOptions(t: TokenStream): TcpOption[] | undefined {
  if (!t.skipChar('<')) return [];
  if (t.is('ellipsis')) {
    t.take();
    t.char('>');
    return undefined;
  }
  const options: TcpOption[] = [];
  do options.push(parseOption(t));
  while (t.skipChar(','));
  t.char('>');
  if (optionsLength(options) > OPTION_BYTES_MAX) t.fail('TCP option list too long');
  if (optionsLength(options) % 4 !== 0) t.fail('TCP options are not padded to a multiple of 4 bytes');
  return options;
}
