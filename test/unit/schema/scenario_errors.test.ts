/** Description: whatever is wrong with a scenario is said with file, line, column, key and what was expected, once. */
import { expect, test } from 'vitest';
import { loadScenario } from '../../../sim/host/load_scenario.ts';
import { ScenarioError } from '../../../sim/host/scenario.ts';

function messageOf(text: string, sets: readonly string[] = []): string {
  try {
    loadScenario(text, 'a.yaml', { sets });
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'no error';
}

/** A sentence about each row, the scenario, and the exact message. */
const WRONG: readonly (readonly [about: string, yaml: string, message: string])[] = [
  ['a knob that is not there', 'wire:\n  delai_ns: 5\n', "a.yaml:2:3: key 'wire.delai_ns': no such knob; did you mean 'delay_ns'?"],
  ['a knob of another section', 'wire:\n  mtu: 1500\n', "a.yaml:2:3: key 'wire.mtu': no such knob; did you mean 'nic.mtu'?"],
  ['a knob without its section', 'rx_ring: 64\n', "a.yaml:1:1: key 'rx_ring': no such section; the knob is 'nic.rx_ring'"],
  ['a section that is not there', 'wires:\n  delay_ns: 5\n', "a.yaml:1:1: key 'wires': no such section; did you mean 'wire'?"],
  ['a section that is like no other', 'zzz: 1\n',
    "a.yaml:1:1: key 'zzz': no such section; there are about, source, wire, nic, pool, napi, tcp, socket, ring, app, refill, kernel, " +
    'cpu, mem, cost, run, limits, hosts, faults, expect, steps, matrix, define, compare'],
  ['an empty file', '', "a.yaml:1:1: the scenario is empty; expected sections such as 'app:'"],
  ['a file of comments', '# nothing\n', "a.yaml:1:1: the scenario is empty; expected sections such as 'app:'"],
  ['null', 'null\n', "a.yaml:1:1: the scenario is empty; expected sections such as 'app:'"],
  ['a map of nothing', '{}\n', "a.yaml:1:1: the scenario is empty; expected sections such as 'app:'"],
  ['two documents', 'nic: {}\n---\nnic: {}\n',
    "a.yaml:2:1: a second YAML document begins here; a scenario is one, so take out the '---'"],
  ['a list without an end', 'about: x\nexpect: [dropped == 0,\n', 'a.yaml:2:9: the list that begins here does not end; close it with ]'],
  ['a map without an end', 'nic:\n  rules: [{ queue: 1 ]\n', 'a.yaml:2:11: the map that begins here does not end; close it with }'],
  ['a host at the top level', 'server:\n  app: {}\n', "a.yaml:1:1: key 'server': no such section; did you mean 'hosts.server'?"],
  ['a third host', 'hosts:\n  router: {}\n', "a.yaml:2:3: key 'hosts.router': no such host; expected client or server"],
  ['a section of the run in a host', 'hosts:\n  client:\n    run: {}\n',
    "a.yaml:3:5: key 'hosts.client.run': belongs to the top level, not to a host"],
  ['hosts that are a list', 'hosts: [1]\n', "a.yaml:1:8: key 'hosts': expected client and server; found a list"],
  ['a host without sections', 'hosts:\n  client: 1\n', "a.yaml:2:11: key 'hosts.client': expected sections such as 'app:'; found 1"],
  ['a section that is a word', 'nic: fast\n', "a.yaml:1:6: key 'nic': expected knobs by name; found 'fast'"],
  ['a section without anything', 'nic:\n', "a.yaml:1:1: key 'nic': expected knobs by name; found nothing"],
  ['a text instead of sections', 'hello\n', "a.yaml:1:1: expected sections such as 'app:'; found 'hello'"],
  ['a number that is no size', 'nic:\n  mtu: big\n', "a.yaml:2:8: key 'nic.mtu': expected a size from 576B to 65535B; found 'big'"],
  ['a size that is too large', 'nic:\n  mtu: 65KiB\n', "a.yaml:2:8: key 'nic.mtu': expected a size from 576B to 65535B; found '65KiB'"],
  ['a unit of another kind', 'wire:\n  delay_ns: 5KiB\n', "a.yaml:2:13: key 'wire.delay_ns': expected a time from 0 to 10s; found '5KiB'"],
  ['half a nanosecond', 'wire:\n  delay_ns: 0.5ns\n',
    "a.yaml:2:13: key 'wire.delay_ns': expected a time from 0 to 10s; found '0.5ns'; it must be a whole number of ns"],
  ['a fraction of a queue', 'nic:\n  rx_queues: 1.5\n',
    "a.yaml:2:14: key 'nic.rx_queues': expected a whole number from 1 to 16; found 1.5"],
  ['a negative number', 'nic:\n  rx_queues: -1\n', "a.yaml:2:14: key 'nic.rx_queues': expected a whole number from 1 to 16; found -1"],
  ['no value', 'nic:\n  mtu:\n', "a.yaml:2:3: key 'nic.mtu': expected a size from 576B to 65535B; found nothing"],
  ['a list for a number', 'nic:\n  mtu: [1]\n', "a.yaml:2:8: key 'nic.mtu': expected a size from 576B to 65535B; found a list"],
  ['neither on nor off', 'napi:\n  gro: 1\n', "a.yaml:2:8: key 'napi.gro': expected on or off; found 1"],
  ['none of the options', 'tcp:\n  family: ipv5\n',
    "a.yaml:2:11: key 'tcp.family': expected one of ipv4, ipv6; found 'ipv5'; did you mean 'ipv4'?"],
  ['auto where nothing is computed', 'nic:\n  mtu: auto\n', "a.yaml:2:8: key 'nic.mtu': expected a size from 576B to 65535B; found 'auto'"],
  ['a bad value where auto would do', 'limits:\n  socks: x\n',
    "a.yaml:2:10: key 'limits.socks': expected a whole number from 0 to 65536, or auto; found 'x'"],
  ['a key that comes twice', 'nic:\n  mtu: 1500\n  mtu: 9000\n', "a.yaml:3:3: key 'nic.mtu': given twice, first in line 2"],
  ['a sentence that is a map', 'about: {}\n', "a.yaml:1:1: key 'about': expected a sentence; found a map"],
  ['rules that are no list', 'nic:\n  rules: 1\n', "a.yaml:2:10: key 'nic.rules': expected a list; found 1"],
  ['a rule that is a word', 'nic:\n  rules: [x]\n', "a.yaml:2:11: key 'nic.rules[0]': expected src_port, dst_port, queue, drop; found 'x'"],
  ['an unknown key of a rule', 'nic:\n  rules:\n    - { dest_port: 1 }\n',
    "a.yaml:3:9: key 'nic.rules[0].dest_port': no such key; did you mean 'dst_port'?"],
  ['a rule to a queue that is not there', 'nic:\n  rx_queues: 2\n  rules: [{ dst_port: 1, queue: 2 }]\n',
    "a.yaml:3:11: key 'nic.rules[0].queue': expected a queue below 2, since the NIC has 2 RX queues; found 2"],
  ['a port that is none', 'app:\n  ports: [0]\n', "a.yaml:2:11: key 'app.ports[0]': expected a whole number from 1 to 65535; found 0"],
  ['too many faults', `faults:\n${'  - { frame: 1 }\n'.repeat(65)}`, "a.yaml:2:3: key 'faults': expected at most 64 entries; found 65"],
  ['an unknown fault', 'faults:\n  - { frame: 1, action: lose }\n',
    "a.yaml:2:25: key 'faults[0].action': expected one of drop, duplicate, delay, corrupt, mark; found 'lose'"],
  ['an expect line that is a number', 'expect: [1]\n',
    "a.yaml:1:10: key 'expect[0]': expected a line such as 'drops.SIM_WIRE_LOSS > 0'; found 1"],
  ['an expect line about nothing', 'expect:\n  - servr.tcp.InSegs > 0\n',
    "a.yaml:2:5: key 'expect[0]': there is no 'servr' in the result; did you mean 'server'?"],
  ['an expect line with a misspelt name', 'expect:\n  - dropped == 0\n  - sum(streams.bites) == 3\n',
    "a.yaml:3:5: key 'expect[1]': there is no 'bites' in 'streams'; did you mean 'bytes'?"],
  ['an expect line with a name like no other', 'expect: [1 == server.area.all.xxx]\n',
    "a.yaml:1:10: key 'expect[0]': there is no 'xxx' in 'server.area.all'; there are free, cache, posted, live"],
  ['an expect line with a counter like no other', 'expect: [server.tcp.xxx > 0]\n',
    "a.yaml:1:10: key 'expect[0]': there is no 'xxx' in 'server.tcp'; --json shows what there is"],
  ['a drop reason that is none', 'expect: [drops.SIM_WIRE_LOST == 0]\n',
    "a.yaml:1:10: key 'expect[0]': there is no 'SIM_WIRE_LOST' in 'drops'; did you mean 'SIM_WIRE_LOSS'?"],
  ['a part of a number', 'expect: [dropped.bytes > 0]\n',
    "a.yaml:1:10: key 'expect[0]': 'dropped' is one value; there is no 'bytes' in it"],
  ['an entry of what is no list', 'expect: [\'server[0].tcp.InSegs > 0\']\n',
    "a.yaml:1:10: key 'expect[0]': 'server' is no list, so it has no [0]"],
  ['a list that is compared', 'expect: [streams == 1]\n',
    "a.yaml:1:10: key 'expect[0]': 'streams' is a list; write count(streams), or name a value of its entries"],
  ['a group that is compared', 'expect: [server.tcp > 0]\n',
    "a.yaml:1:10: key 'expect[0]': 'server.tcp' holds several values; name one"],
  ['an expect line without an end', 'expect:\n  - a ==\n', "a.yaml:2:5: key 'expect[0]': expected a value after '=='; found the end"],
  ['a ring that is no power of two', 'nic:\n  rx_ring: 500\n',
    "a.yaml:2:12: key 'nic.rx_ring': expected a power of two, such as 256 or 512; found 500"],
  ['a buffer that is no power of two', 'refill:\n  rx_buf_len: 12KiB\n',
    "a.yaml:2:15: key 'refill.rx_buf_len': expected a power of two, such as 8KiB or 16KiB; found 12KiB"],
  ['an area that is no number of buffers', 'refill:\n  area_bytes: 5000\n',
    "a.yaml:2:15: key 'refill.area_bytes': expected a multiple of refill.rx_buf_len, which is 4KiB; found 5000B"],
  ['a completion queue that is too small', 'ring:\n  sq_entries: 100\n  cq_entries: 64\n',
    "a.yaml:3:15: key 'ring.cq_entries': expected no less than the submission queue, which has 128 entries; found 64"],
  ['a queue that is not there', 'hosts:\n  server:\n    nic: { rx_queues: 2 }\n    app: { role: sink }\n    refill: { queue: 2 }\n',
    "a.yaml:5:22: key 'hosts.server.refill.queue': expected a queue below 2, since the NIC has 2 RX queues; found 2"],
  ['an RSS start that is not there', 'nic: { rx_queues: 1, rss_start: 1 }\n',
    "a.yaml:1:33: key 'nic.rss_start': expected a queue below 1, since the NIC has 1 RX queue; found 1"],
  ['an RSS spread that is too wide', 'nic: { rx_queues: 4, rss_start: 2, rss_equal: 3 }\n',
    "a.yaml:1:47: key 'nic.rss_equal': expected at most 2 queues from queue 2 on, since the NIC has 4 RX queues; found 3"],
  ['a core that is not there', 'cpu:\n  app_core: 4\n',
    "a.yaml:2:13: key 'cpu.app_core': expected a core below 2, the number of cores; found 4"],
  ['an MTU below that of IPv6', 'tcp:\n  family: ipv6\nnic:\n  mtu: 1000\n',
    "a.yaml:4:8: key 'nic.mtu': expected at least 1280 bytes, the least of IPv6; found 1000"],
  ['more connections than ports', 'app:\n  role: source\n  flows: 30000\n',
    "a.yaml:3:10: key 'app.flows': expected at most 28232 connections to one port, the number of local ports; found 30000"],
  ['two address families', 'hosts:\n  server:\n    tcp:\n      family: ipv6\n',
    "a.yaml:4:15: key 'hosts.server.tcp.family': expected the same address family on both hosts"],
  ['bytes to prove without payload', 'run:\n  payload: off\napp:\n  check: sha256\n',
    "a.yaml:4:10: key 'app.check': expected none, since run.payload is off and there are no bytes to prove"],
  ['too few sockets for one connection', 'limits: { socks: 2 }\napp:\n  role: source\n',
    "a.yaml:1:18: key 'limits.socks': expected auto or at least 3 sockets: a listener and the two ends of a connection; found 2"],
  ['too few requests for one connection', 'limits: { reqs: 1 }\napp:\n  role: source\n',
    "a.yaml:1:17: key 'limits.reqs': expected auto or at least 4 requests: two for either application; found 1"],
  ['an application in TypeScript without payload', 'run:\n  payload: off\napp:\n  role: script\n',
    "a.yaml:2:12: key 'run.payload': expected on, since an application in TypeScript (app.role: script) reads real bytes"],
  ['a key that is no name', '? [1]\n: 2\n', 'a.yaml:1:3: expected a name as key'],
  ['an alias to nothing', 'nic: *x\n', "a.yaml:1:6: there is no anchor 'x' before this alias"],
  ['a bracket too many', 'nic: { mtu: 1500\n  }}\n',
    'a.yaml:2:4: this is no valid YAML: Unexpected flow-map-end token in YAML stream: "}"'],
];

test.each(WRONG)('%s', (_about, yaml, message) => {
  expect(messageOf(yaml)).toBe(message);
});

test('a world that does not fit into the memory of a core names its heaviest part', () => {
  expect(messageOf('limits:\n  user_bytes: 3GiB\n  rx_pages: 1000000\n')).toMatch(
    /^a\.yaml:3:13: key 'limits\.rx_pages': expected a world of less than 4GiB; it would take \d+MiB, of which 3937MiB for this$/,
  );
});

test('each of several problems has a line, in the order of their places', () => {
  expect(messageOf('nic:\n  mtu: x\n  rx_ringg: 1\nwire: 1\n').split('\n')).toEqual([
    "a.yaml:2:8: key 'nic.mtu': expected a size from 576B to 65535B; found 'x'",
    "a.yaml:3:3: key 'nic.rx_ringg': no such knob; did you mean 'rx_ring'?",
    "a.yaml:4:7: key 'wire': expected knobs by name; found 1",
  ]);
});

test('the error knows the place of its first problem', () => {
  try {
    loadScenario('nic:\n  mtu: x\n', 'dir/b.yaml');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    expect((error as ScenarioError).place).toEqual({ source: 'dir/b.yaml', line: 2, col: 8 });
    expect((error as ScenarioError).problems.map((p) => p.key)).toEqual(['nic.mtu']);
  }
});

test('aliases stand for what they name, a few times', () => {
  const s = loadScenario('hosts:\n  client:\n    nic: &nic { mtu: 9000 }\n  server:\n    nic: *nic\n', 'a.yaml');
  expect(s.hosts.map((h) => h.values['nic.mtu'])).toEqual([9000, 9000]);
  const many = `wire: &a { delay_ns: 1 }\nhosts: { client: { nic: { rules: [${'*a, '.repeat(65)}] } } }\n`;
  expect(messageOf(many)).toContain('more than 64 aliases');
});

const SETS: readonly (readonly [about: string, set: string, message: string])[] = [
  ['no value', 'nic.mtu', '--set nic.mtu: expected PATH=VALUE, such as server.nic.rx_ring=512'],
  ['no path', '=1', '--set =1: expected PATH=VALUE, such as server.nic.rx_ring=512'],
  ['no such knob', 'nic.mtuu=1', "--set nic.mtuu=1: key 'nic.mtuu': no such knob; did you mean 'mtu'?"],
  ['a section', 'nic=1', "--set nic=1: key 'nic': expected knobs by name; found 1"],
  ['a bad value', 'server.nic.mtu=1', "--set server.nic.mtu=1: key 'hosts.server.nic.mtu': expected a size from 576B to 65535B; found 1"],
  ['no YAML', 'nic.mtu=[', '--set nic.mtu=[: the list that begins here does not end; close it with ]'],
  ['a value that does not fit', 'nic.rx_ring=500',
    "--set nic.rx_ring=500: key 'nic.rx_ring': expected a power of two, such as 256 or 512; found 500"],
];

test('what another option stands for is told as it was written', () => {
  try {
    loadScenario('about: x\n', 'a.yaml', { sets: [{ set: 'run.until_ns=99h', said: '--until 99h' }] });
    expect.unreachable();
  } catch (error) {
    expect((error as Error).message).toBe("--until 99h: key 'run.until_ns': expected a time from 1ns to 1h; found '99h'");
  }
});

test.each(SETS)('--set with %s', (_about, set, message) => {
  expect(messageOf('about: x\n', [set])).toBe(message);
});

test('the same sentence is said once', () => {
  const place = { source: 'a.yaml', line: 1, col: 1 };
  const error = new ScenarioError([{ place, key: 'k', text: 'wrong' }, { place, key: 'k', text: 'wrong' }]);
  expect(error.message).toBe("a.yaml:1:1: key 'k': wrong");
});
