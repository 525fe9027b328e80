/** What ringlab bridge says: how to reach the server, what goes on, and what came of it. */
import {
  type Bridge, type BridgeResult, bytesText, countText, durationText, rateText, roleOf, type Scenario, scriptOf, shareText, type Traffic,
} from '../host/index.ts';
import { SERVER, type Tap } from './tap.ts';
import { bold, dim } from './terminal.ts';

const line = (label: string, text: string): string => `  ${label.padEnd(12)}${text}`;
const total = (r: BridgeResult, of: (s: BridgeResult['streams'][number]) => number): number => r.streams.reduce((n, s) => n + of(s), 0);
const STREAMS_SHOWN = 16;

const NO_IPV6 = '; there is no IPv6, which needs a machine that has it and an MTU of 1280';

/** Commands that reach the server, as one types them. */
export function hintLines(scenario: Scenario, tap: Tap): string[] {
  const sudo = process.env.SUDO_USER === undefined ? '' : 'sudo ';
  const run = (command: string) => `  ${sudo}ip netns exec ${tap.namespace} ${command}`;
  return [
    bold(scenario.name) + dim(` · the server is ${SERVER.ipv4}${tap.ipv6 ? ` and ${SERVER.ipv6}` : NO_IPV6}`),
    '',
    ...commandsFor(scenario, tap.ipv6).map(run),
    '',
    'Ctrl-C ends it.',
  ];
}

function commandsFor(scenario: Scenario, ipv6: boolean): string[] {
  const { values } = scenario.hosts[1];
  const port = values['app.port'];
  if (scriptOf(scenario, 1) === 'http') {
    return [
      `curl -o /dev/null http://${SERVER.ipv4}:${port}/bytes/67108864`,
      `curl -T FILE http://${ipv6 ? `[${SERVER.ipv6}]` : SERVER.ipv4}:${port}/`,
      `nc ${SERVER.ipv4} 7            what it gets comes back; port 9 takes anything, port 19 sends for ever`,
    ];
  }
  const address = values['tcp.family'] === 0 ? SERVER.ipv4 : SERVER.ipv6;
  if (roleOf(scenario, 1) === 'source') return [`nc -l ${port}`];
  return [`nc -N ${address} ${port} < FILE`];
}

const traffic = (t: Traffic): string => `${countText(t.frames, 'frame')}, ${bytesText(t.bytes)}`;

export function liveText(name: string, world: Bridge): string {
  const open = countText(world.open(), 'open connection');
  return `${name}: ${durationText(world.engine.clockNs())}, ${open}; in ${traffic(world.fromClient())}; out ${traffic(world.toClient)}`;
}

/** Bits a second, from the first frame to the last. */
function rates(r: BridgeResult): string {
  const ways = [['received', r.receivedBps], ['sent', r.sentBps]] as const;
  return ways.filter(([, bps]) => bps > 0).map(([way, bps]) => `${way} ${rateText(bps, 8e9)}`).join(', ');
}

function streamLines(r: BridgeResult): string[] {
  const lines = r.streams.slice(0, STREAMS_SHOWN).map((s) => {
    const way = [
      s.bytes > 0 ? `received ${bytesText(s.bytes)} sha256 ${s.sha256.slice(0, 16) || '…'}` : '',
      s.sentBytes > 0 ? `sent ${bytesText(s.sentBytes)} sha256 ${s.sentSha256.slice(0, 16) || '…'}` : '',
    ].filter(Boolean).join(', ');
    const end = s.endNs === 0 ? 'open' : s.endResult < 0 ? `ended by errno ${-s.endResult}` : 'complete';
    const peer = s.family === 6 ? `[${s.peer}]` : s.peer;
    return `  ${peer}:${s.peerPort} → ${s.localPort}  ${way || 'nothing'}, ${end}`;
  });
  const more = r.streams.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

export function bridgeLines(scenario: Scenario, r: BridgeResult, wall_ms: number): string[] {
  const bytes = total(r, (s) => s.bytes);
  const drops = Object.entries(r.drops).sort((a, b) => b[1] - a[1]).map(([reason, n]) => `${reason} ${n}`).join(', ');
  const { tcp } = r.server;
  const again = countText(tcp.RetransSegs ?? 0, 'retransmission');
  const zero = shareText(total(r, (s) => s.zeroCopyBytes), bytes);
  return [
    bold(scenario.name) + dim(` · seed ${r.seed}, ${durationText(wall_ms * 1e6)}`),
    line('streams', `${countText(r.streams.length, 'connection')}: ${r.streams.length === 0 ? 'nobody came' : rates(r)}`),
    ...streamLines(r),
    ...(bytes === 0 ? [] : [line('zero copy', `${zero} of the received bytes stayed where the NIC wrote them`)]),
    line('wire', `from the client ${traffic(r.fromClient)}; to it ${traffic(r.toClient)}`),
    line('loss', `${drops === '' ? 'no drops' : `drops: ${drops}`}; ${again} by the server, ${tcp.TCPOFOQueue ?? 0} segments out of order`),
  ];
}
