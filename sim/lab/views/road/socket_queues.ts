/** Which packets wait in the sockets of a host: in order until they are read, early ones until the gap before them is filled. */
interface Queue {
  readonly in_order: { readonly id: number; left: number }[];
  readonly early: { readonly id: number; readonly seq: number }[];
}

export class SocketQueues {
  readonly #queues = new Map<number, Queue>();
  readonly #datagrams: number[] = [];

  #of(sock: number): Queue {
    const known = this.#queues.get(sock) ?? { in_order: [], early: [] };
    this.#queues.set(sock, known);
    return known;
  }

  push(sock: number, id: number, bytes: number): void {
    this.#of(sock).in_order.push({ id, left: bytes });
  }
  early(sock: number, id: number, seq: number): void {
    this.#of(sock).early.push({ id, seq });
  }
  /** Early packets that lie in what has come into order now, without the one that brought it. */
  covered(sock: number, seq: number, bytes: number, by: number): number[] {
    const queue = this.#of(sock);
    if (queue.early.length === 0) return [];
    const inside = queue.early.filter((e) => ((e.seq - seq) >>> 0) < bytes);
    if (inside.length > 0) queue.early.splice(0, queue.early.length, ...queue.early.filter((e) => !inside.includes(e)));
    return inside.filter((e) => e.id !== by).map((e) => e.id);
  }
  /** Bytes are read: packets that are empty now. */
  take(sock: number, bytes: number): number[] {
    const { in_order } = this.#of(sock);
    const empty: number[] = [];
    for (let left = bytes; left > 0 && in_order.length > 0; ) {
      const first = in_order[0] as { id: number; left: number };
      const part = Math.min(first.left, left);
      first.left -= part;
      left -= part;
      if (first.left > 0) break;
      empty.push(first.id);
      in_order.shift();
    }
    return empty;
  }

  datagram(id: number): void {
    this.#datagrams.push(id);
  }
  nextDatagram(): number | undefined {
    return this.#datagrams.shift();
  }
}
