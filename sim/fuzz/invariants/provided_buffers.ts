/**
 * Provided buffers: what completions say of them, beside what user space has put into its rings and lists. A group is checked no more
 * ("wild") when requests use it whose completions do not say what they took: sends, files, workers, MSG_WAITALL.
 */
import type { Checker, Invariant, OnRecord, RunView } from './form.ts';
import {
  type Completion, F_BUF_MORE, F_BUFFER, followRequests, IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, named, type Request,
} from './requests.ts';

const ENOBUFS = 105;
const LIST = 0;
const INCREMENTAL = 2;
const OP_RECVMSG = 10;
const OP_PROVIDE_BUFFERS = 31;
const OP_RECV = 27;
const OP_READ_MULTISHOT = 49;
const RECVSEND_BUNDLE = 16;
const MSG_TRUNC = 0x20;
const MSG_WAITALL = 0x100;

/** A buffer that lies in its ring or list. */
interface Offer {
  readonly bid: number;
  left: number;
}

class Group {
  readonly kind: number;
  readonly entries: number;
  /** An incremental buffer with no more than this left is used up. */
  readonly rest: number;
  /** Requests that there were before it. */
  readonly born: number;
  /** Requests that there were when the last buffer was shown. */
  shown = -1;
  readonly offers: Offer[] = [];
  place = -1;
  /**
   * So many bytes may have been given up with a buffer between the two parts of bundles: the first part's end leaves no more than
   * `rest` in it (io_kbuf_inc_commit), and the completion does not say where that was. The next pick does.
   */
  slack = 0;
  wild = false;

  constructor(kind: number, entries: number, rest: number, born: number) {
    this.kind = kind;
    this.entries = entries;
    this.rest = rest;
    this.born = born;
  }

  /** Does it have a buffer, for sure? An entry of a ring that was shown and never filled has no address, and no length. */
  gives(): boolean {
    return !this.wild && this.slack === 0 && (this.offers[0]?.left ?? 0) > 0;
  }
}

const receives = (r: Request) => r.opcode === OP_RECV || r.opcode === OP_RECVMSG || r.opcode === OP_READ_MULTISHOT;
/** Does the completion of the request say what it used? */
const exact = (r: Request) => receives(r) && (r.flags & IOSQE_CQE_SKIP_SUCCESS) === 0
  && (r.opcode === OP_READ_MULTISHOT || (r.op_flags & (MSG_TRUNC | MSG_WAITALL)) === 0);

function buffers(run: RunView): Checker {
  const groups = new Map<number, Group>();
  /** Groups in whose list a buffer of address 0 was put: who picks that has none (io_recv_buf_select). */
  const with_none = new Set<number>();
  let newest = -1;
  const keyOf = (r: Request) => (r.ring | (r.group << 16)) >>> 0;
  const groupOf = (r: Request) => groups.get(keyOf(r));
  /** Somebody found no buffer: then none lies there, but what came after him. His completion is told later. */
  const missed = (r: Request): void => {
    const g = (r.flags & IOSQE_BUFFER_SELECT) !== 0 && exact(r) ? groupOf(r) : undefined;
    if (!g || with_none.has(keyOf(r)) || r.id <= Math.max(g.born, g.shown) || !g.gives()) return;
    run.violated(`${named(r)} found no buffer in group ${r.group}, where ${g.offers.length} lie`);
  };
  const requests = followRequests(run, {
    made: (r) => {
      newest = r.id;
      if (r.opcode === OP_PROVIDE_BUFFERS && r.addr === 0) with_none.add(keyOf(r));
      const g = (r.flags & IOSQE_BUFFER_SELECT) !== 0 ? groupOf(r) : undefined;
      if (g && !exact(r)) g.wild = true;
    },
    posted: (c) => {
      if (!c.request) return;
      if (c.res === -ENOBUFS) missed(c.request);
      if ((c.flags & F_BUFFER) === 0) return;
      const g = groupOf(c.request);
      if (!g) return;
      if (c.request.id <= g.born || !exact(c.request)) g.wild = true;
      new Use(run, g, c, c.request).check();
    },
  });
  const show: OnRecord = (b, i) => {
    const g = groups.get(b.a(i));
    if (!g) return;
    const place = b.b(i) >>> 16;
    // More were published than there are places, at once or at the very first: some were written over.
    if (g.kind !== LIST && place !== ((g.place + 1) & 0xffff)) g.wild = true;
    [g.place, g.shown] = [place, newest];
    g.offers.push({ bid: b.b(i) & 0xffff, left: b.c(i) });
  };
  return {
    on: {
      ...requests.on,
      pbuf_new: (b, i) => {
        groups.set(b.a(i), new Group(b.b(i) & 0xffff, b.b(i) >>> 16, b.c(i), newest));
      },
      pbuf_gone: (b, i) => {
        groups.delete(b.a(i));
      },
      pbuf_show: show,
      pbuf_drop: (b, i) => {
        const offers = groups.get(b.a(i))?.offers;
        const at = offers?.findIndex((o) => o.bid === b.b(i)) ?? -1;
        if (at >= 0) offers?.splice(at, 1);
      },
      // In a full ring a buffer may have been written over where it lay: what follows is the application's own doing.
      pbuf_pick: (b, i) => {
        const g = groups.get(b.a(i));
        if (g && g.slack > 0) settle(g, b.b(i) & 0xffff, b.c(i));
        const first = g?.offers[0];
        if (!g || !first || g.kind === LIST || g.offers.length < g.entries) return;
        if (g.offers.length > g.entries || (b.b(i) & 0xffff) !== first.bid || b.c(i) !== first.left) g.wild = true;
      },
      req_worker: (b, i) => {
        const r = requests.at_slot(b.a(i));
        const g = r && (r.flags & IOSQE_BUFFER_SELECT) !== 0 ? groupOf(r) : undefined;
        if (g) g.wild = true;
      },
    },
  };
}

/** A pick says how far bundles have come: no less far than their bytes, and farther by no more than what they gave up. */
function settle(g: Group, bid: number, left: number): void {
  const { offers } = g;
  let [skipped, at] = [0, 0];
  for (; at < offers.length && skipped <= g.slack; at++) {
    const offer = offers[at] as Offer;
    const lost = skipped + offer.left - left;
    if (offer.bid === bid && lost >= 0 && lost <= g.slack) {
      offer.left = left;
      offers.splice(0, at);
      g.slack = 0;
      return;
    }
    skipped += offer.left;
  }
  g.wild = true;
}

/** What one completion used. */
class Use {
  private readonly run: RunView;
  private readonly g: Group;
  private readonly c: Completion;
  private readonly r: Request;

  constructor(run: RunView, g: Group, c: Completion, r: Request) {
    this.run = run;
    this.g = g;
    this.c = c;
    this.r = r;
  }

  private wrong(text: string): void {
    if (!this.g.wild) this.run.violated(`buffer ${this.c.flags >>> 16} of group ${this.r.group}, ${named(this.r)}: ${text}`);
  }

  check(): void {
    const { g, c } = this;
    const { offers } = g;
    const at = offers.findIndex((o) => o.bid === c.flags >>> 16);
    if (at < 0) {
      this.wrong('it was used, and did not lie in its group');
      return;
    }
    // One that a request has put back is the first again, in a list too (io_kbuf_recycle_legacy).
    if (at > 0) this.wrong(`it was used before buffer ${offers[0]?.bid}, which was provided before it`);
    if ((g.kind & INCREMENTAL) !== 0) this.incremental(at);
    else this.whole(at);
  }

  private whole(at: number): void {
    const { offers } = this.g;
    const [first] = offers.splice(at, 1);
    if ((this.c.flags & F_BUF_MORE) !== 0) this.wrong('F_BUF_MORE, and it is not incremental');
    if ((this.r.ioprio & RECVSEND_BUNDLE) === 0 || this.r.opcode !== OP_RECV) return;
    let left = this.c.res - (first as Offer).left;
    while (left > 0) {
      const next = offers[at];
      if (!next) {
        this.wrong(`a bundle of ${this.c.res} bytes is longer than all buffers behind it`);
        return;
      }
      left -= next.left;
      offers.splice(at, 1);
    }
  }

  private incremental(at: number): void {
    const { offers, rest } = this.g;
    const bundle = (this.r.ioprio & RECVSEND_BUNDLE) !== 0 && this.r.opcode === OP_RECV;
    const more = (this.c.flags & F_BUF_MORE) !== 0;
    let left = this.c.res;
    // What failed says nothing of its buffer.
    if (left < 0) return;
    if (!bundle && left > (offers[at] as Offer).left) this.wrong(`${left} bytes, and it had room for ${(offers[at] as Offer).left}`);
    let kept = left === 0;
    while (left > 0) {
      const offer = offers[at];
      if (!offer) {
        this.wrong(`a bundle of ${this.c.res} bytes is longer than all buffers behind it`);
        return;
      }
      const part = Math.min(left, offer.left);
      offer.left -= part;
      left -= part;
      kept = offer.left > rest || part === 0;
      if (kept) break;
      offers.splice(at, 1);
    }
    if (kept && left > 0) this.wrong(`${left} bytes went where there was no room`);
    if (bundle && rest > 0) {
      this.g.slack += rest;
      return;
    }
    if (kept && !more) this.wrong(`it was given up, with ${offers[at]?.left} bytes left`);
    if (!kept && more) this.wrong('F_BUF_MORE, and it is used up');
  }
}

export const PROVIDED_BUFFERS: Invariant = {
  id: 'U5', name: 'provided buffers',
  about: 'A completion names a buffer of the group that was asked for, which lies there; each is used once and in its turn, those of a '
    + 'bundle one after the other, and bytes of incremental ones never twice. Who finds none did so where none lies.',
  source: 'Linux io_uring/kbuf.c: io_ring_buffer_select, io_ring_buffers_peek, io_kbuf_commit, io_kbuf_inc_commit, io_kbuf_recycle_legacy',
  checker: buffers,
};
