/** Which page a fragment names. The bench is named by its scenario (#bulk&seed=7), every other page by a path: #/lessons/ownership. */
export interface Place {
  readonly page: string;
  /** What the page keeps after its name; of the bench, the whole fragment. */
  readonly rest: string;
}

export function readPlace(hash: string): Place {
  const text = hash.replace(/^#/, '');
  const [, page, rest = ''] = /^\/([a-z]+)\/?(.*)$/s.exec(text) ?? [];
  return page === undefined ? { page: 'bench', rest: text } : { page, rest };
}
export const writePlace = ({ page, rest }: Place): string =>
  page === 'bench' ? `#${rest}` : `#/${page}${rest === '' ? '' : `/${rest}`}`;
