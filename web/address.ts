/**
 * What the fragment of a link to the bench holds. A link to a run is the run, up to the state of a moment:
 *
 *     #loss&seed=7&set=client.wire.delay_ns=1ms&at=1200&sel=packet:12&v=connection&is=1a2b3c4d.0123456789abcdef
 *
 * Only what is not as it would be without a word is written. Texts and branches are packed (deflate.ts).
 */
export interface Address {
  /** A scenario of the library; with a text, only what it is called. */
  readonly scenario: string | undefined;
  /** What somebody called the link. */
  readonly title: string;
  readonly seed: number | undefined;
  readonly sets: readonly string[];
  /** A scenario of one's own, packed. */
  readonly text: string;
  /** Branches beside the base, packed. */
  readonly branches: string;
  /** Where the playhead stands: the branch, and its step. */
  readonly branch: number;
  readonly step: number | undefined;
  readonly selected: string | undefined;
  readonly filter: string;
  /** Conditions at which play stops; one that is turned off begins with a minus. */
  readonly stops: readonly string[];
  /** A workspace by its name, or a layout. */
  readonly views: string;
  /** Only this view, in a frame of another page. */
  readonly embed: string;
  /** Commands that are run when all is open, by their ids. */
  readonly commands: readonly string[];
  /** What it was when the link was made: the beginning of the core's hash, and the hash of the state at that step. */
  readonly core: string;
  readonly state: string;
  /** Parts of it that say nothing, each in a sentence. */
  readonly unread: readonly string[];
}

export const EMPTY: Address = {
  scenario: undefined, title: '', seed: undefined, sets: [], text: '', branches: '', branch: 0, step: undefined, selected: undefined,
  filter: '', stops: [], views: '', embed: '', commands: [], core: '', state: '', unread: [],
};

/** What may stand in a fragment as it is, and reads better so. */
const PLAIN: Readonly<Record<string, string>> = {
  '%3A': ':', '%2F': '/', '%2C': ',', '%3B': ';', '%3D': '=', '%40': '@', '%24': '$', '%2B': '+', '%3F': '?',
};
const written = (text: string): string => encodeURIComponent(text).replace(/%(3A|2F|2C|3B|3D|40|24|2B|3F)/g, (c) => PLAIN[c] ?? c);
function read(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
const whole = (text: string | undefined): number | undefined => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : undefined);

const PROOF = /^([0-9a-f]{8})\.([0-9a-f]{16})$/;

export function readAddress(fragment: string): Address {
  const [scenario = '', ...rest] = fragment.replace(/^#/, '').split('&');
  const values = new Map<string, string[]>();
  for (const pair of rest) {
    const at = pair.indexOf('=');
    if (at < 0) continue;
    const key = pair.slice(0, at);
    values.set(key, [...(values.get(key) ?? []), read(pair.slice(at + 1))]);
  }
  const one = (key: string): string => values.get(key)?.at(-1) ?? '';
  const unread = ['seed', 'at', 'on'].filter((key) => values.has(key) && whole(one(key)) === undefined)
    .map((key) => `${key}=${one(key)} in the link is no number, and was left out.`);
  if (values.has('is') && !PROOF.test(one('is'))) unread.push(`is=${one('is')} in the link is no pair of hashes: nothing is proved.`);
  const [, core = '', state = ''] = PROOF.exec(one('is')) ?? [];
  return {
    scenario: scenario === '' ? undefined : read(scenario), title: one('title'), seed: whole(one('seed')), sets: values.get('set') ?? [],
    text: one('text'), branches: one('b'), branch: whole(one('on')) ?? 0, step: whole(one('at')), selected: one('sel') || undefined,
    filter: one('f'), stops: values.get('stop') ?? [], views: one('v'), embed: one('embed'),
    commands: one('do').split(',').filter((c) => c !== ''), core, state, unread,
  };
}

/** Without the #. */
export function writeAddress(address: Partial<Address>): string {
  const a = { ...EMPTY, ...address };
  const pairs: [string, string][] = [
    ['title', a.title], ['seed', a.seed === undefined ? '' : String(a.seed)], ...a.sets.map((s): [string, string] => ['set', s]),
    ['text', a.text], ['b', a.branches], ['on', a.branch === 0 ? '' : String(a.branch)],
    ['at', a.step === undefined ? '' : String(a.step)], ['sel', a.selected ?? ''], ['f', a.filter],
    ...a.stops.map((s): [string, string] => ['stop', s]), ['v', a.views], ['embed', a.embed],
    ['do', a.commands.join(',')], ['is', a.core === '' || a.state === '' ? '' : `${a.core.slice(0, 8)}.${a.state}`],
  ];
  const rest = pairs.filter(([, value]) => value !== '').map(([key, value]) => `&${key}=${written(value)}`);
  return `${written(a.scenario ?? '')}${rest.join('')}`;
}
