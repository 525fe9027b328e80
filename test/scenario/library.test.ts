/** Every scenario of the library runs and fulfils what it expects; its sentence says what it shows. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileCore, loadScenario, runScenario } from '../../sim/host/index.ts';

const folder = new URL('../../scenarios/', import.meta.url);
const names = readdirSync(folder).filter((f) => f.endsWith('.yaml')).sort();
let core: WebAssembly.Module;
beforeAll(async () => {
  core = await compileCore(readFileSync(new URL('../../build/core.wasm', import.meta.url)));
});
const load = (name: string, sets: readonly string[] = []) =>
  loadScenario(readFileSync(new URL(name, folder), 'utf8'), `scenarios/${name}`, { sets });

test('the library has the scenarios that people ask for', () => {
  expect(names.map((n) => n.replace('.yaml', ''))).toEqual(expect.arrayContaining([
    'bulk', 'many-flows', 'small-messages', 'loss', 'reorder', 'steering-missed', 'header-split-off', 'slow-application', 'refill-never',
    'refill-late', 'area-too-small', 'cq-too-small', 'ipv6', 'jumbo', 'close-mid-stream', 'tour', 'rpc',
  ]));
});

describe.each(names)('%s', (name) => {
  test('does what it expects', () => {
    const scenario = load(name);
    expect(scenario.about.length).toBeGreaterThan(30);
    expect(scenario.expects.length).toBeGreaterThan(0);
    const { result } = runScenario(core, scenario);
    expect(result.expect.filter((e) => !e.ok)).toEqual([]);
  });
});

describe('expectations tell scenarios apart', () => {
  /** With the knob that makes the point turned back, the scenario must not hold any more. */
  test.each<[string, string[]]>([
    ['loss.yaml', ['client.wire.loss_ppm=0']],
    ['ecn.yaml', ['tcp.ecn=0']],
    ['reorder.yaml', ['client.wire.reorder_ppm=0']],
    ['duplicates.yaml', ['client.wire.duplicate_ppm=0', 'client.wire.corrupt_ppm=0']],
    ['steering-missed.yaml', ['server.nic.rules=[{dst_port: 9999, queue: 1}]']],
    ['refill-never.yaml', ['server.refill.give_back=on']],
    ['refill-late.yaml', ['server.refill.delay_ns=0']],
    ['area-too-small.yaml', ['server.refill.area_bytes=32MiB']],
    ['cq-too-small.yaml', ['server.ring.cq_entries=4096']],
    ['slow-application.yaml', ['server.app.work_ns=0']],
    ['close-mid-stream.yaml', ['server.app.stop_after=0']],
    ['rpc.yaml', ['server.app.role=sink', 'server.app.receive=recv']],
    ['header-split-off.yaml', ['server.nic.header_split=on']],
    [
      'no-device.yaml',
      ['server.refill.nodev=off', 'server.refill.queue=1', 'server.nic.rules=[{dst_port: 9999, queue: 1}]', 'server.nic.rss_equal=1'],
    ],
    ['jumbo.yaml', ['nic.mtu=1500']],
    ['ipv6.yaml', ['tcp.family=ipv4']],
    ['small-messages.yaml', ['client.app.chunk=64KiB', 'client.app.gap_ns=0']],
    ['nop.yaml', ['client.app.requests=1000']],
    ['udp-closed-port.yaml', ['client.app.port=9999']],
    ['udp-fragments.yaml', ['nic.mtu=9000']],
    ['msg-zerocopy.yaml', ['client.app.send=sendmsg']],
    ['dummy.yaml', ['client.app.send=send']],
    ['send-zc.yaml', ['client.app.notify=none']],
    ['plain-recv.yaml', ['server.app.receive=zc', 'server.nic.rules=[{dst_port: 9999, queue: 0}]', 'server.nic.rss_equal=4']],
  ])('%s without %s', (name, sets) => {
    const { result } = runScenario(core, load(name, sets));
    expect(result.expect.some((e) => !e.ok)).toBe(true);
  });
});
