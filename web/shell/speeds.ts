/** How fast time goes by, from one event a second to as fast as it can be recorded. */
import type { Speed } from '../lab/store.svelte.ts';

export interface NamedSpeed {
  readonly title: string;
  readonly speed: Speed;
}

const events = (per_s: number, title: string): NamedSpeed => ({ title, speed: { unit: 'events', per_s } });
const time = (per_s: number, title: string): NamedSpeed => ({ title, speed: { unit: 'ns', per_s } });

export const SPEEDS: readonly NamedSpeed[] = [
  events(1, '1 event/s'), events(3, '3 events/s'), events(10, '10 events/s'), time(1e3, '1 µs/s'), time(5e3, '5 µs/s'),
  time(2e4, '20 µs/s'), time(1e5, '100 µs/s'), time(5e5, '500 µs/s'), time(2e6, '2 ms/s'), time(1e7, '10 ms/s'), time(1e8, '100 ms/s'),
  time(1e9, 'real time'), time(1e15, 'at once'),
];

export const indexOfSpeed = (speed: Speed): number => {
  const found = SPEEDS.findIndex((s) => s.speed.unit === speed.unit && s.speed.per_s === speed.per_s);
  return found >= 0 ? found : 5;
};
export const faster = (speed: Speed, by: 1 | -1): Speed =>
  (SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, indexOfSpeed(speed) + by))] as NamedSpeed).speed;
