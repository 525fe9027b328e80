/** How well a text fits an entry of the palette: each word of it must occur. 0: not at all. */
interface Entry {
  readonly title: string;
  readonly group: string;
  readonly about?: string;
}

export function fitOf(entry: Entry, text: string): number {
  const [title, rest] = [entry.title.toLowerCase(), `${entry.group} ${entry.about ?? ''}`.toLowerCase()];
  let sum = 1;
  for (const word of text.toLowerCase().split(/\s+/).filter((w) => w !== '')) {
    const at = title.indexOf(word);
    if (at === 0) sum += 6;
    else if (at > 0) sum += /[\s_-]/.test(title[at - 1] ?? '') ? 4 : 2;
    else if (rest.includes(word)) sum += 1;
    else return 0;
  }
  return sum;
}
