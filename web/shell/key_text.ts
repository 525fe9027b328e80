/** A key as it stands on the keyboard: `Ctrl+k` is Ctrl K, a blank is Space. */
const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc',
};

export function keyText(keys: string): string {
  const parts = /^((?:(?:Ctrl|Alt|Shift)\+)*)(.+)$/s.exec(keys);
  const modifiers = (parts?.[1] ?? '').split('+').filter((m) => m !== '');
  const key = parts?.[2] ?? keys;
  // With another modifier a capital letter is said with its Shift.
  if (modifiers.length > 0 && /^[A-Z]$/.test(key)) modifiers.push('Shift');
  const name = NAMES[key] ?? (modifiers.length > 0 ? key.toUpperCase() : key);
  return [...modifiers, name].join(' ');
}
