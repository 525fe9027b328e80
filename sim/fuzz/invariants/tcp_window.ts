/** Windows, from headers: an edge once offered stays, and nobody sends beyond it. */
import type { Invariant } from './form.ts';
import { ACK, after, before, begins, ESTABLISHED, MINI, plus, RST, SYN, SYN_SENT } from './seq.ts';

const DUPLICATE = 2;

/** Which socket talks to which, from packets; and the scale that each side announced in its SYN. */
class Pairs {
  readonly scale = new Map<number, number>();
  readonly peer = new Map<number, number>();
  /** The other side's scale, at a socket that heard it in a SYN-ACK. */
  readonly peers_of = new Map<number, number>();
  private readonly sender = new Map<number, number>();

  sent(pkt: number, sock: number): void {
    this.sender.set(pkt, sock);
  }
  copied(pkt: number, from: number): void {
    const sock = this.sender.get(from);
    if (sock !== undefined) this.sender.set(pkt, sock);
  }
  heard(pkt: number, sock: number): void {
    const from = this.sender.get(pkt);
    if (from === undefined) return;
    this.peer.set(sock, from);
    // A half-open connection speaks for the socket that comes of it.
    if (from < MINI) this.peer.set(from, sock);
  }
  forget(sock: number): void {
    this.peer.delete(sock);
    this.scale.delete(sock);
    this.peers_of.delete(sock);
  }
}

/** What is known of one socket's windows. */
interface Edges {
  /** Its own, as it told the peer; the greatest that the peer told. */
  own: number | undefined;
  peers: number | undefined;
  /** The scale of each, once the SYNs are known. */
  own_scale: number | undefined;
  peers_scale: number | undefined;
  /** The end of what it has sent. */
  sent: number | undefined;
}

/** The peer offers so many bytes behind what it acknowledges. */
function offered(e: Edges, ack: number, bytes: number): void {
  const edge = plus(ack, bytes);
  if (e.peers === undefined || after(edge, e.peers)) e.peers = edge;
}

/** An ACK that lies so far before or behind what was sent is none that Linux believes (tcp_ack). */
const BELIEVED = 2 ** 30;

export const WINDOW_EDGE: Invariant = {
  id: 'T3', name: 'a window edge stays',
  about: 'The right edge of an offered window never moves back, unless memory is short and the window is 0, or tcp.shrink_window is on; '
    + 'and nobody sends bytes beyond the greatest edge that was offered to him.',
  source: 'Linux net/ipv4/tcp_output.c: tcp_select_window, tcp_snd_wnd_test; RFC 9293 section 3.8.6',
  checker({ scenario, violated }) {
    const pairs = new Pairs();
    const edges = new Map<number, Edges>();
    const of = (sock: number): Edges => {
      let e = edges.get(sock);
      if (!e) edges.set(sock, e = { own: undefined, peers: undefined, own_scale: undefined, peers_scale: undefined, sent: undefined });
      return e;
    };
    const shrinks = scenario.hosts.map((h) => h.values['tcp.shrink_window'] !== 0);
    let [tx, tx_end, tx_len, rx] = [0, 0, 0, 0];
    /** A SYN-ACK that was heard last. It may be forged, and is believed when the client goes on to ESTABLISHED. */
    let syn_ack = { sock: MINI, ack: 0, window: 0, bits: 0 };
    return {
      on: {
        tcp_state: (b, i) => {
          if (b.b(i) === SYN_SENT && b.c(i) === ESTABLISHED && syn_ack.sock === b.a(i)) {
            const e = of(b.a(i));
            learnOwn(pairs, e, b.a(i), syn_ack.bits);
            if (e.own_scale !== undefined) offered(e, syn_ack.ack, syn_ack.window);
          }
          if (!begins(b.c(i))) return;
          edges.delete(b.a(i));
          pairs.forget(b.a(i));
        },
        nic_tx: (b, i) => {
          if (b.c(i) !== 0) pairs.copied(b.pktId(i), b.c(i));
        },
        wire_fault: (b, i) => {
          if (b.a(i) === DUPLICATE) pairs.copied(b.b(i), b.pktId(i));
        },
        tcp_tx: (b, i) => {
          [tx, tx_len, tx_end] = [b.a(i), b.c(i), plus(b.b(i), b.c(i))];
          pairs.sent(b.pktId(i), tx);
        },
        tcp_said: (b, i) => {
          const bits = b.c(i);
          if (bits & SYN) pairs.scale.set(tx, (bits >>> 16) - 1);
          if (tx >= MINI || bits & (SYN | RST)) return;
          const e = of(tx);
          const peer = pairs.peer.get(tx);
          if (tx_len > 0 && e.peers !== undefined && after(tx_end, e.peers))
            violated(`socket ${tx} sent up to ${tx_end}, and the window ends at ${e.peers}`);
          if (e.sent === undefined || after(tx_end, e.sent)) e.sent = tx_end;
          if ((bits & ACK) === 0 || peer === undefined || e.own_scale === undefined) return;
          const edge = plus(b.a(i), b.b(i) * 2 ** e.own_scale);
          if (e.own !== undefined && before(edge, e.own) && b.b(i) !== 0 && !shrinks[b.host(i)])
            violated(`socket ${tx} offered ${e.own} and then ${edge}`);
          e.own = edge;
        },
        tcp_rx: (b, i) => {
          rx = b.a(i);
          pairs.heard(b.pktId(i), rx);
        },
        tcp_heard: (b, i) => {
          const bits = b.c(i);
          if (bits & SYN) syn_ack = { sock: rx, ack: b.a(i), window: b.b(i), bits };
          const e = of(rx);
          const peer = pairs.peer.get(rx);
          if (peer === undefined || bits & RST) return;
          if (e.own_scale === undefined && (bits & SYN) === 0) learnScales(pairs, e, peer);
          if ((bits & ACK) === 0 || e.peers_scale === undefined) return;
          // A FIN takes a number, too.
          if (e.sent !== undefined && plus(e.sent, 1 - b.a(i)) > BELIEVED) return;
          offered(e, b.a(i), b.b(i) * (bits & SYN ? 1 : 2 ** e.peers_scale));
        },
      },
    };
  },
};

/** The client knows both scales by the SYN-ACK. */
function learnOwn(pairs: Pairs, e: Edges, sock: number, bits: number): void {
  const mine = pairs.scale.get(sock);
  if (mine === undefined) return;
  const theirs = (bits >>> 16) - 1;
  const both = mine >= 0 && theirs >= 0;
  [e.own_scale, e.peers_scale] = both ? [mine, theirs] : [0, 0];
  pairs.scale.set(sock, both ? mine : 0);
  pairs.peers_of.set(sock, both ? theirs : 0);
}

/** The child of a listener has its peer's SYN, and what its own SYN-ACK was heard to say. */
function learnScales(pairs: Pairs, e: Edges, peer: number): void {
  const theirs = pairs.scale.get(peer);
  const own = pairs.peers_of.get(peer);
  if (theirs === undefined || own === undefined) return;
  [e.own_scale, e.peers_scale] = [own, theirs];
}
