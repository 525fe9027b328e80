/** epoll (fs/eventpoll.c): level- and edge-triggered, one-shot, exclusive. */
import { symbol } from './symbols.ts';

const EPOLLERR = symbol('EPOLLERR');
const EPOLLHUP = symbol('EPOLLHUP');
const EPOLLET = symbol('EPOLLET');
const EPOLLONESHOT = symbol('EPOLLONESHOT');
const EPOLLEXCLUSIVE = symbol('EPOLLEXCLUSIVE');
/** What an exclusive item may ask for (EPOLLEXCLUSIVE_OK_BITS). */
const EXCLUSIVE_BITS = symbol('EPOLLIN') | symbol('EPOLLOUT') | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLEXCLUSIVE;
/** Bits that are no events (EP_PRIVATE_BITS). */
const PRIVATE_BITS = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE;

const EEXIST = 17;
const ENOENT = 2;
const EINVAL = 22;

interface Item {
  events: number;
  data: number;
  /** Stands in the ready list. */
  ready: boolean;
}
export interface EpollEvent {
  readonly events: number;
  readonly data: number;
}
type Poll = (fd: number) => number;

export class Epoll {
  readonly type = 'epoll';
  private readonly items = new Map<number, Item>();
  /** The ready list, oldest first. */
  private ready: number[] = [];

  /** 0 or an errno. */
  control(op: number, fd: number, event: EpollEvent, poll: Poll): number {
    const item = this.items.get(fd);
    const events = event.events | EPOLLERR | EPOLLHUP;
    if (op === symbol('EPOLL_CTL_ADD')) {
      if ((event.events & EPOLLEXCLUSIVE) !== 0 && (event.events & ~EXCLUSIVE_BITS) !== 0) return EINVAL;
      if (item) return EEXIST;
      this.items.set(fd, { events, data: event.data, ready: false });
    } else if (op === symbol('EPOLL_CTL_MOD')) {
      if (!item) return ENOENT;
      if (((item.events | event.events) & EPOLLEXCLUSIVE) !== 0) return EINVAL;
      item.events = events;
      item.data = event.data;
    } else if (op === symbol('EPOLL_CTL_DEL')) {
      if (!item) return ENOENT;
      this.forget(fd);
      return 0;
    } else return EINVAL;
    // What is true already counts as news (ep_insert, ep_modify).
    if ((poll(fd) & events & ~PRIVATE_BITS) !== 0) this.markReady(fd);
    return 0;
  }

  forget(fd: number): void {
    this.items.delete(fd);
    this.ready = this.ready.filter((other) => other !== fd);
  }

  /** ep_poll_callback: a wake-up with poll bits; 0 bits: any. */
  wake(fd: number, mask: number): void {
    const item = this.items.get(fd);
    if (!item) return;
    // A one-shot item that has fired sleeps until it is armed again.
    const wanted = item.events & ~PRIVATE_BITS;
    if (wanted === 0 || (mask !== 0 && (mask & wanted) === 0)) return;
    this.markReady(fd);
  }

  private markReady(fd: number): void {
    const item = this.items.get(fd);
    if (!item || item.ready) return;
    item.ready = true;
    this.ready.push(fd);
  }

  anyReady(poll: Poll): boolean {
    return this.ready.some((fd) => (poll(fd) & (this.items.get(fd)?.events ?? 0) & ~PRIVATE_BITS) !== 0);
  }

  /** At most `max` events (ep_send_events). Level-triggered items stay in the list. */
  collect(max: number, poll: Poll): EpollEvent[] {
    const out: EpollEvent[] = [];
    const seen = this.ready;
    this.ready = [];
    const again: number[] = [];
    for (const fd of seen) {
      const item = this.items.get(fd);
      if (!item) continue;
      if (out.length >= max) {
        again.push(fd);
        continue;
      }
      item.ready = false;
      const events = poll(fd) & item.events & ~PRIVATE_BITS;
      if (events === 0) continue;
      out.push({ events, data: item.data });
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= PRIVATE_BITS;
      else if ((item.events & EPOLLET) === 0) {
        item.ready = true;
        again.push(fd);
      }
    }
    this.ready = [...again, ...this.ready];
    return out;
  }
}
