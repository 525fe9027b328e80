/** The run that the address names: #bulk, or #loss&seed=7. A link to a run is the run. */
export interface RunAddress {
  readonly scenario: string | undefined;
  readonly seed: number | undefined;
}

export function readAddress(hash: string): RunAddress {
  const [scenario = '', ...rest] = hash.replace(/^#/, '').split('&');
  const seed = rest.map((part) => /^seed=(\d{1,15})$/.exec(part)?.[1]).find((s) => s !== undefined);
  return { scenario: scenario === '' ? undefined : decodeURIComponent(scenario), seed: seed === undefined ? undefined : Number(seed) };
}

export const writeAddress = ({ scenario, seed }: RunAddress): string =>
  `#${encodeURIComponent(scenario ?? '')}${seed === undefined ? '' : `&seed=${seed}`}`;
