/** The commands that give a Linux device what a scenario says of it. No device is touched here. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandText, type Device, type DeviceKind, planOf, readScript, refusals, scriptOf } from '../../native-backend/lab/net_plan.ts';
import { AGENTS, ELSEWHERE, WAYS } from '../../native-backend/lab/plan_ways.ts';
import { loadScenario } from '../../sim/host/index.ts';
import { HOST_KNOBS } from '../../sim/schema/scenario.ts';

const BULK = `
app: { port: 9999 }
hosts:
  client: { app: { role: source, bytes: 1MiB } }
  server: { app: { role: sink, receive: zc }, refill: { queue: 1, area_bytes: 8MiB } }
`;
const scenario = (sets: readonly string[] = [], text = BULK) => loadScenario(text, 'plan.yaml', { sets });
const device = (kind: DeviceKind, more: Partial<Device> = {}): Device => ({ name: 'eth0', kind, ...more });
const plan = (kind: DeviceKind, sets: readonly string[] = [], more: Partial<Device> = {}) =>
  planOf(scenario(sets), 'server', device(kind, more));
const texts = (commands: readonly { argv: readonly string[] }[]) => commands.map(commandText);

describe('what is set', () => {
  test('a real NIC gets what was written and what zero-copy receive needs, and nothing else', () => {
    expect(texts(plan('real').apply)).toEqual(['ethtool -G eth0 tcp-data-split on']);
    const sets = ['nic.rx_queues=8', 'nic.rx_ring=512', 'nic.rss_equal=4', 'tcp.sack=off', 'nic.mtu=9000'].map((s) => `server.${s}`);
    expect(texts(plan('real', sets).apply)).toEqual([
      'ip link set dev eth0 mtu 9000', 'ethtool -L eth0 combined 8', 'ethtool -G eth0 rx 512', 'ethtool -G eth0 tcp-data-split on',
      'ethtool -X eth0 equal 4', 'sysctl -q -w net.ipv4.tcp_sack=0',
    ]);
    expect(texts(plan('real', ['server.nic.rx_queues=8'], { driver: 'gve' }).apply)).toContain('ethtool -L eth0 rx 8 tx 4');
  });

  test('a driver gets what its header split needs, and has it undone', () => {
    const of = (driver: string) => plan('real', [], { driver });
    expect(texts(of('mlx5_core').apply)).toEqual(['ethtool -K eth0 rx-gro-hw on', 'ethtool -G eth0 tcp-data-split on']);
    for (const driver of ['bnxt_en', 'fbnic'])
      expect(texts(of(driver).apply)).toEqual(['ethtool -G eth0 tcp-data-split on', 'ethtool -G eth0 hds-thresh 0']);
    const undone = (driver: string, said: string) => of(driver).queries.flatMap((q) => texts(q.undo(said)));
    const said = (split: string) => `Current hardware settings:\nTCP data split:\t${split}\nHDS thresh:\t256\nrx-gro-hw: off\n`;
    expect(undone('mlx5_core', said('n/a'))).toEqual(['ethtool -G eth0 tcp-data-split auto', 'ethtool -K eth0 rx-gro-hw off']);
    expect(undone('bnxt_en', said('off'))).toEqual(['ethtool -G eth0 tcp-data-split auto', 'ethtool -G eth0 hds-thresh 256']);
    expect(undone('gve', said('off'))).toEqual(['ethtool -G eth0 tcp-data-split off']);
  });

  test('rules follow the address family', () => {
    const rules = BULK.replace('server: {', 'server: { nic: { rules: [{ dst_port: 9999, queue: 1 }, { src_port: 7, drop: on }] },');
    const of = (sets: readonly string[], kind: DeviceKind) => texts(planOf(scenario(sets, rules), 'server', device(kind)).apply)
      .filter((c) => c.startsWith('ethtool -N'));
    expect(of(['tcp.family=ipv6'], 'real'))
      .toEqual(['ethtool -N eth0 flow-type tcp6 dst-port 9999 action 1', 'ethtool -N eth0 flow-type tcp6 src-port 7 action -1']);
    expect(of([], 'zcnic')[1]).toBe('ethtool -N eth0 flow-type tcp4 src-port 7 action -1 loc 1');
    expect(of([], 'veth')).toEqual([]);
  });

  test('a pair of ours gets the defaults of the simulator too, since the kernel has others', () => {
    const set = texts(plan('veth').apply);
    expect(set).toContain("sysctl -q -w 'net.ipv4.tcp_rmem=4096 131072 6291456'");
    expect(set).toContain('sysctl -q -w net.ipv4.tcp_congestion_control=cubic');
    expect(set).toContain('sysctl -q -w net.ipv4.tcp_rto_min_us=200000');
    expect(set).toContain('ethtool -K eth0 gro on');
    expect(set.some((c) => /netem|--set-tunable|tcp-data-split|netdev_budget/.test(c))).toBe(false);
  });

  test('an impaired wire is netem on a pair, and nothing on a real one', () => {
    const sets = ['wire.loss_ppm=1%', 'wire.delay_ns=2ms', 'wire.rate_bps=1Gbps', 'wire.duplicate_ppm=500'];
    expect(texts(plan('veth', sets).apply))
      .toContain('tc qdisc replace dev eth0 root netem delay 2000us loss 1% duplicate 0.05% rate 1000000000bit');
    const real = plan('real', sets);
    expect(texts(real.apply).some((c) => c.startsWith('tc '))).toBe(false);
    expect(real.unlike.filter((s) => s.includes('wire.'))).toHaveLength(4);
  });

  test('routes carry initcwnd, mtu and advmss; a real host needs to know its peer', () => {
    const sets = ['tcp.init_cwnd=2', 'tcp.route_mtu=1400', 'tcp.route_mtu_lock=on', 'tcp.route_advmss=500'];
    const words = 'initcwnd 2 mtu lock 1400 advmss 500';
    expect(texts(plan('veth', sets).apply))
      .toContain(`ip -4 route replace 10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2 ${words}`);
    expect(texts(plan('real', sets, { peer: '192.0.2.7', via: '192.0.2.1' }).apply))
      .toContain(`ip route add 192.0.2.7 via 192.0.2.1 dev eth0 ${words}`);
  });
});

describe('what is undone', () => {
  test('a device of ours goes back to the defaults, rules and qdiscs first', () => {
    const sets = ['server.nic.mtu=9000', 'wire.loss_ppm=1%', 'server.nic.tso=off'];
    expect(texts(plan('veth', sets).undo)).toEqual([
      'tc qdisc del dev eth0 root', 'ip link set dev eth0 mtu 1500', 'ethtool -K eth0 tso on',
    ]);
  });

  test('a real one is asked for what it has', () => {
    const sets = ['server.nic.rx_queues=8', 'server.nic.rx_ring=512', 'server.nic.tso=off', 'server.nic.rss_equal=4', 'server.nic.mtu=9000',
      'server.nic.rx_copybreak=0', 'server.socket.rmem_max=8MiB', 'server.nic.qdisc=fq'];
    const answers: Record<string, string> = {
      'ip -o link show dev eth0': '2: eth0: <UP> mtu 1500 qdisc mq state UP qlen 1000\\    link/ether 00:00',
      'ethtool -l eth0': 'Pre-set maximums:\nCombined:\t63\nCurrent hardware settings:\nRX:\t\tn/a\nCombined:\t16\n',
      'ethtool -g eth0': 'Pre-set maximums:\nRX:\t8192\nCurrent hardware settings:\nRX:\t1024\nTX:\t1024\nTCP data split:\toff\n',
      'ethtool -k eth0': 'Features for eth0:\ntcp-segmentation-offload: on\n',
      'ethtool -x eth0': 'RX flow hash indirection table for eth0:\n    0:      0     1     2     3\n    4:      4     5     6     7\n',
      'ethtool --get-tunable eth0 rx-copybreak': 'rx-copybreak: 256\n',
      'sysctl -n net.ipv4.tcp_rmem': '4096\t131072\t6291456\n',
      'tc qdisc show dev eth0 root': 'qdisc mq 0: root\n',
    };
    const p = plan('real', sets);
    expect(texts(p.undo)).toEqual(['ethtool -X eth0 default']);
    expect(p.queries.flatMap((q) => texts(q.undo(answers[commandText(q)] ?? '?')))).toEqual([
      'ip link set dev eth0 mtu 1500', 'ethtool -L eth0 combined 16', 'ethtool -G eth0 rx 1024', 'ethtool -G eth0 tcp-data-split off',
      'ethtool -K eth0 tso on', 'ethtool -X eth0 equal 8', 'ethtool --set-tunable eth0 rx-copybreak 256', 'tc qdisc del dev eth0 root',
      "sysctl -q -w 'net.ipv4.tcp_rmem=4096 131072 6291456'",
    ]);
  });

  test('an indirection table that start and equal cannot write becomes the default', () => {
    const query = plan('real', ['server.nic.rss_equal=4']).queries.find((q) => q.argv[1] === '-x');
    const said = (table: string) => texts(query?.undo(`    0:  ${table}\n`) ?? []);
    expect(said('2  3  2  3')).toEqual(['ethtool -X eth0 start 2 equal 2']);
    expect(said('0  3  1  3')).toEqual(['ethtool -X eth0 default']);
  });

  test('a rule is deleted under the number that the driver gave it', () => {
    const rules = BULK.replace('server: {', 'server: { nic: { rules: [{ dst_port: 9999, queue: 1 }] },');
    const { apply } = planOf(scenario([], rules), 'server', device('real'));
    const rule = apply.find((c) => c.argv[1] === '-N');
    expect(texts(apply)).toContain('ethtool -K eth0 ntuple on');
    expect(texts(rule?.undo_said?.('Added rule with ID 1023\n') ?? [])).toEqual(['ethtool -N eth0 delete 1023']);
  });
});

describe('what cannot be had', () => {
  test('each knob that somebody wrote is a sentence', () => {
    const sets = ['server.nic.hds_thresh=64', 'server.nic.rx_usecs=20', 'server.cpu.mhz=1000', 'server.nic.xdp=on', 'kernel.profile=7.1'];
    expect(plan('veth', sets).unlike).toEqual([
      'server.nic.hds_thresh = 64B: a veth pair does not have it.', 'server.nic.xdp = on: a veth pair does not have it.',
      'server.nic.rx_usecs = 20: a veth pair does not have it.', "server.cpu.mhz: how fast a host computes is this machine's affair.",
    ]);
    expect(plan('veth').unlike).toEqual([]);
  });

  test('faults and rules are named too', () => {
    const text = `${BULK.replace('server: {', 'server: { nic: { rules: [{ dst_port: 9999, queue: 1 }] },')}
faults: [{ host: server, frame: 3, action: drop }]\n`;
    expect(planOf(scenario([], text), 'server', device('veth')).unlike.map((s) => s.split(':')[0])).toEqual(['server.nic.rules', 'faults']);
  });

  test('every knob with a Linux counterpart is set on a device, or is known to be elsewhere', () => {
    const planned = new Set<string>(WAYS.flatMap((way) => way.knobs));
    const left = HOST_KNOBS.filter((k) => k.linux !== undefined && !ELSEWHERE.includes(k.section))
      .map((k) => `${k.section}.${k.name}`).filter((k) => !planned.has(k) && !(AGENTS as readonly string[]).includes(k));
    // The kernel's constants, what a driver can do, what programs attach, where threads run, and what a machine is built of.
    expect(left).toEqual(['nic.queue_mgmt', 'nic.rx_page_size', 'nic.xsk_queue', 'nic.xdp', 'nic.tun', 'nic.tap', 'nic.dummy',
      'nic.pcie_bps', 'nic.pcie_mps', 'nic.fifo_bytes', 'pool.ptr_ring', 'napi.weight', 'tcp.timewait_ns', 'socket.busy_poll_ns',
      'cpu.irq_core', 'cpu.app_core', 'cpu.idle', 'cpu.idle_exit_ns', 'mem.iommu']);
  });
});

test('a script goes on when a command is refused, and says which', () => {
  const commands = [
    { argv: ['echo', 'a b', "it's"], why: 'first' }, { argv: ['sh', '-c', 'echo no such thing; exit 3'], why: 'server.nic.mtu = 9000' },
    { argv: ['false'], why: 'nobody asked', by_default: true }, { argv: ['true'], why: 'last' },
  ];
  const said = readScript(spawnSync('sh', ['-s'], { input: scriptOf(commands), encoding: 'utf8' }).stdout, commands.length);
  expect(said.map((s) => s.code)).toEqual([0, 3, 1, 0]);
  expect(said[0]?.text).toBe("a b it's\n");
  expect(refusals(commands, said)).toEqual(["server.nic.mtu = 9000: sh -c 'echo no such thing; exit 3' was refused (no such thing)."]);
  expect(refusals(commands, readScript('', commands.length))).toHaveLength(3);
});
