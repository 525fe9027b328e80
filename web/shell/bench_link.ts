/** From a link to what is open on the bench, and back. A link that carries hashes is made again and compared. */
import type { Source } from '../../sim/lab/index.ts';
import { type Address, readAddress, writeAddress } from '../address.ts';
import { packText, unpackText } from '../deflate.ts';
import type { LabStore } from '../lab/store.svelte.ts';
import type { BranchInfo } from '../lab/protocol.ts';
import { bench, known, WORKSPACES } from '../pages/bench/bench_state.svelte.ts';
import { writeLayout } from '../pages/bench/layout.ts';
import { findScenario } from '../scenarios.ts';
import { COMMANDS } from './commands.ts';
import { type Proof, shell } from './shell_state.svelte.ts';

const FIRST = 'bulk';

/** A branch in a link: name, parent, the step where it leaves, edits, sets. A parent of -1: it begins anew. */
export type PackedBranch = readonly [string, number, number, BranchInfo['edits'], BranchInfo['sets']];

async function sourceOf({ scenario = FIRST, text, sets, seed }: Address): Promise<Source> {
  const with_seed = seed === undefined ? {} : { seed };
  if (text !== '') return { name: scenario, text: await unpackText(text), sets, ...with_seed };
  const entry = await findScenario(scenario);
  if (!entry) throw new Error(`There is no scenario called ${scenario}. Open another one: press o.`);
  return { name: entry.name, text: entry.text, sets, ...with_seed };
}

async function restoreBranches(lab: LabStore, packed: string): Promise<readonly number[]> {
  const numbers = [0];
  if (packed === '') return numbers;
  for (const [name, parent, at, edits, sets] of JSON.parse(await unpackText(packed)) as PackedBranch[]) {
    if (parent < 0) numbers.push(await lab.client.call('restart', { name, sets, from: 0 }));
    else {
      const from = numbers[parent] ?? 0;
      await lab.recorded(from, at);
      numbers.push(await lab.client.call('fork', { from: { branch: from, step: at }, name, edits }));
    }
  }
  return numbers;
}

/** Opens all that a fragment says. */
export async function openBench(lab: LabStore, rest: string): Promise<void> {
  const address = readAddress(rest);
  shell.title = address.title;
  shell.proof = { state: address.state === '' ? 'none' : 'opening', lines: [] };
  bench.embed = known(address.embed) ? address.embed : undefined;
  if (address.views !== '') bench.arrange(WORKSPACES.find((w) => w.id === address.views)?.layout ?? address.views);
  // Before anything is awaited: what somebody sets while the run opens is not taken back.
  lab.filter = address.filter;
  lab.breakpoints = address.stops.map((s) => ({ filter: s.replace(/^-/, ''), on: !s.startsWith('-') }));
  let proof: Proof = { state: 'none', lines: [] };
  const opened = await lab.open(sourceOf(address), async (holds) => {
    const numbers = await restoreBranches(lab, address.branches);
    const branch = numbers[address.branch] ?? 0;
    await lab.recorded(branch, address.step ?? 0);
    if (!holds()) return;
    if (address.step !== undefined || branch !== 0) await lab.goto(address.step ?? 0, branch);
    // A run that breaks has something selected where it does.
    if (address.selected !== undefined) lab.select(address.selected);
    lab.unmet = unmet(lab, address).join(' ');
    if (address.state !== '') proof = await proofOf(lab, address);
    else if (address.step === undefined) begin(lab);
  });
  if (!opened) return;
  shell.proof = proof;
  if (lab.error !== '') return;
  for (const id of address.commands) await COMMANDS.find((c) => c.id === id)?.run(lab);
}

/** What the link asks for and is not to be had: said, and the rest is shown. */
function unmet(lab: LabStore, { unread, step, views, embed }: Address): string[] {
  const said = [...unread];
  if (step !== undefined && step > lab.step) said.push(`The link means step ${step}, and the run has ${lab.step}.`);
  const asked = views === '' || WORKSPACES.some((w) => w.id === views) ? [] : views.split(/[/,:]/).map((v) => v.replace(/[*;].*$/, ''));
  for (const view of [...asked, ...(embed === '' ? [] : [embed])])
    if (view !== '' && !known(view)) said.push(`There is no view called ${view}.`);
  return said;
}

/** Nobody has to know what to press: it plays by itself, where motion is welcome. */
function begin(lab: LabStore): void {
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) lab.play();
}

async function proofOf(lab: LabStore, { core, state, step = 0 }: Address): Promise<Proof> {
  const now = await lab.ask('overview', { hash: true });
  const same_core = lab.core_hash.startsWith(core);
  const lines: string[] = [];
  if (!same_core) lines.push(`The link was made with core ${core}; this page has ${lab.core_hash.slice(0, 8)}.`);
  if (now.step !== step) lines.push(`The link means step ${step}; this run has ${now.steps} steps, so it stands at its end.`);
  if (now.state_hash === state) {
    lines.push(`State ${state} at step ${now.step}: all of this machine's memory is as it was when the link was made.`);
    return { state: 'reproduced', lines, step: now.step };
  }
  lines.push(`The link says state ${state} at step ${step}; computed here, it is ${now.state_hash}.`);
  if (same_core) lines.push('The core is the same, so scenario, seed, edits or the link itself were changed.');
  else lines.push('Another core may behave otherwise: open the link where it was made, or with that version.');
  return { state: 'differs', lines, step: now.step };
}

export const packBranches = async (branches: readonly PackedBranch[]): Promise<string> =>
  branches.length === 0 ? '' : packText(JSON.stringify(branches));

async function packedBranches(branches: readonly BranchInfo[]): Promise<string> {
  const order = branches.map((b) => b.n);
  const packed = branches.filter((b) => b.n !== 0).map((b): PackedBranch =>
    [b.name, b.parent === undefined ? -1 : order.indexOf(b.parent), b.from_step, b.edits, b.sets]);
  return packBranches(packed);
}

function viewsText(): string {
  const { workspace } = bench;
  if (workspace?.id === WORKSPACES[0]?.id) return '';
  return workspace?.id ?? writeLayout(bench.layout);
}

/** All that is open, with the hashes of the moment when it is asked for. Without a #. */
export async function benchAddress(lab: LabStore, with_hash: boolean): Promise<string> {
  const { source } = lab;
  if (!source) return '';
  const entry = await findScenario(source.name);
  const own = entry?.text !== source.text;
  const { state_hash } = with_hash ? await lab.ask('overview', { hash: true }) : { state_hash: '' };
  return writeAddress({
    scenario: source.name, title: shell.title, seed: source.seed, sets: source.sets, text: own ? await packText(source.text) : '',
    branches: await packedBranches(lab.branches), branch: Math.max(0, lab.branches.findIndex((b) => b.n === lab.branch)),
    step: lab.step === 0 && !with_hash ? undefined : lab.step, selected: lab.selected, filter: lab.filter,
    stops: lab.breakpoints.map((b) => `${b.on ? '' : '-'}${b.filter}`), views: viewsText(),
    embed: bench.embed ?? '', core: with_hash ? lab.core_hash : '', state: state_hash,
  });
}
