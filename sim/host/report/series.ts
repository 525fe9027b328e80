/** What a report draws over time: rates, and levels of rings, queues and pools, from one pass over the trace. */
import { type Place, PlaceSeries } from '../place_series.ts';
import { HOSTS, KIND, type TraceBatch } from '../trace.ts';
import { completionsLeft } from '../turn.ts';
import { Flow, Level } from './buckets.ts';

export interface HostSeries {
  readonly received: Flow;
  readonly sent: Flow;
  /** Frames that the NIC has written and the driver has not taken. */
  readonly frames: Level;
  /** Bytes in receive queues. */
  readonly queued: Level;
  /** Completions that the application has not looked at. */
  readonly completions: Level;
  /** Refill entries that the kernel has not read. */
  readonly refills: Level;
  /** Frames that wait for the link. */
  readonly link: Level;
  readonly places: PlaceSeries;
}

const hostSeries = (host: number): HostSeries => ({
  received: new Flow(), sent: new Flow(), frames: new Level(), queued: new Level(), completions: new Level(), refills: new Level(),
  link: new Level(), places: new PlaceSeries(host),
});

type Reader = (h: HostSeries, batch: TraceBatch, i: number, time_ns: number) => void;

const READERS = new Map<number | undefined, Reader>([
  [KIND.sock_read, (h, b, i, t) => {
    h.received.add(t, b.b(i));
    h.queued.add(t, -b.b(i));
  }],
  [KIND.sock_queue, (h, b, i, t) => h.queued.add(t, b.c(i))],
  [KIND.sock_send, (h, b, i, t) => h.sent.add(t, b.b(i))],
  [KIND.nic_dma, (h, _, __, t) => h.frames.add(t, 1)],
  [KIND.napi_poll, (h, b, i, t) => h.frames.set(t, Math.max(0, h.frames.now - b.b(i)))],
  [KIND.cqe, (h, _, __, t) => h.completions.add(t, 1)],
  [KIND.app_wake, (h, b, i, t) => h.completions.set(t, completionsLeft(h.completions.now, b.b(i)))],
  [KIND.rqe_push, (h, _, __, t) => h.refills.add(t, 1)],
  [KIND.rqe_take, (h, _, __, t) => h.refills.set(t, Math.max(0, h.refills.now - 1))],
  [KIND.wire_send, (h, b, i, t) => h.link.set(t, b.c(i))],
]);

export class RunSeries {
  readonly hosts: readonly [HostSeries, HostSeries] = [hostSeries(0), hostSeries(1)];

  add(batch: TraceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      const read = READERS.get(batch.kind(i));
      const h = this.hosts[batch.host(i) as 0 | 1];
      if (read && h) read(h, batch, i, batch.timeNs(i));
    }
    for (const h of this.hosts) h.places.add(batch);
  }
}

/** Each level of a host that ever was more than nothing, with what it is called. */
export function levelsOf(h: HostSeries): { name: string; about: string; level: Level; bytes?: true }[] {
  return [
    { name: 'RX ring', about: 'frames that the NIC has written and the driver has not taken yet', level: h.frames },
    { name: 'receive queues', about: 'bytes in order that wait in sockets', level: h.queued, bytes: true as const },
    { name: 'completion queue', about: 'completions that the application has not looked at yet', level: h.completions },
    { name: 'refill ring', about: 'buffers that the application gave back and the kernel has not taken yet', level: h.refills },
    { name: 'link', about: 'frames that wait for those before them to leave', level: h.link },
  ].filter(({ level }) => level.most > 0);
}

export const hostName = (host: number): string => HOSTS[host] ?? 'host';
export const PLACE_ABOUT: Readonly<Record<Place, string>> = {
  free: 'free', cache: 'in the pool', posted: 'at the NIC', live: 'in sockets and at the application',
};
