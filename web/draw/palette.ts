/** The colours by what they mean. Values live in style.css, so that themes, canvas, SVG and page agree. */
export const INKS = [
  'paper', 'card', 'ink', 'soft', 'line', 'payload', 'payload-wash', 'warm', 'warm-wash', 'header', 'ack', 'select',
  'place-free', 'place-cache', 'place-nic', 'place-live', 'place-user', 'place-queue',
  'ctx-hardirq', 'ctx-softirq', 'ctx-task_work', 'ctx-syscall', 'ctx-user', 'series-a', 'series-b', 'series-c', 'series-d',
] as const;
export type Ink = (typeof INKS)[number];
export type Palette = Readonly<Record<Ink, string>>;

/** The colours as they are for an element now. light-dark() is resolved by asking for a computed colour. */
export function readPalette(element: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.style.display = 'none';
  element.append(probe);
  const colours = Object.fromEntries(INKS.map((ink) => {
    probe.style.color = `var(--${ink})`;
    return [ink, getComputedStyle(probe).color];
  }));
  probe.remove();
  return colours as Palette;
}
