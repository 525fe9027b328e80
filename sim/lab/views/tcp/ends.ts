/** Which connections there are, and what TCP knows of both ends of one at the moment. */
import { addressText, readSocket, type SocketInfo } from '../../../host/index.ts';
import type { Moment } from '../../moment.ts';
import { flowIndex } from './flow_index.ts';

export interface FlowRow {
  readonly flow: number;
  /** The client host's end, then the server host's: address and port. */
  readonly ends: readonly [string, string];
  readonly bytes: readonly [number, number];
  readonly segments: readonly [number, number];
  readonly again: number;
  readonly lost: number;
  readonly from_ns: number;
  readonly to_ns: number;
}

const ROWS_MAX = 2000;

/** All connections that the recording knows, in the order of their first segments, and whether all of it has been read. */
export function tcpFlows({ recording }: Moment, p: { readonly budget_ms?: number }): { rows: FlowRow[]; whole: boolean } {
  const index = flowIndex(recording, p.budget_ms);
  const { frames, flows } = index;
  // Of a connection that was just seen on the wire there may be no segment yet.
  const rows = frames.flows.slice(0, Math.min(ROWS_MAX, flows.length)).map(({ n, addresses, ports }): FlowRow => {
    const { ways } = flows[n] as (typeof flows)[number];
    const end = (side: 0 | 1) => {
      const text = addressText(addresses[side]);
      return `${text.includes(':') ? `[${text}]` : text}:${ports[side]}`;
    };
    const times = ways.flatMap((w) => (w.sent.length === 0 ? [] : [w.sent.time.at(0), w.sent.time.at(w.sent.length - 1)]));
    return {
      flow: n, ends: [end(0), end(1)], bytes: [ways[0].bytes, ways[1].bytes], segments: [ways[0].sent.length, ways[1].sent.length],
      again: ways[0].again.length + ways[1].again.length, lost: ways[0].lost.length + ways[1].lost.length,
      from_ns: Math.min(...times), to_ns: Math.max(...times),
    };
  });
  return { rows, whole: index.whole };
}

/** Both ends at the moment; undefined where there is no socket for it, or not any more. */
export function tcpEnds(moment: Moment, { flow }: { readonly flow: number }): [SocketInfo | undefined, SocketInfo | undefined] {
  const { frames, flows } = flowIndex(moment.recording);
  const [of, tracks] = [frames.flows[flow], flows[flow]];
  if (!of || !tracks) return [undefined, undefined];
  const engine = moment.engine();
  const end = (side: 0 | 1): SocketInfo | undefined => {
    const { sock } = tracks.ends[side];
    const info = sock === undefined ? undefined : readSocket(engine, sock);
    // The number may belong to another connection by now, or still.
    return info && info.host === side && info.lport === of.ports[side] && info.rport === of.ports[1 - side] ? info : undefined;
  };
  return [end(0), end(1)];
}

/** Of which connection and way a packet is. */
export function tcpOfPacket({ recording }: Moment, { pkt }: { readonly pkt: number }) {
  const index = flowIndex(recording);
  const frame = index.frameOf(pkt);
  if (frame === undefined) return undefined;
  const { frames } = index;
  return { flow: frames.flow.at(frame), side: frames.side.at(frame) as 0 | 1, time_ns: frames.time.at(frame), len: frames.len.at(frame) };
}
