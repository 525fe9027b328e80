/** Description: integer arithmetic that would be floating point elsewhere. */
import { arenaInit, coreState, HOSTS_MAX, prngInit } from '../../../sim/core';
import { clockRefresh, usecsToJiffies } from '../../../stack/5-tcp/clock';
import { cubicRoot } from '../../../stack/5-tcp/cubic_root';
import { minRtt, minRttReset, modelTimeout, rttSample } from '../../../stack/5-tcp/rto';
import { stage } from '../../../stack/5-tcp/stage';
import { spaceFromWin, winFromSpace } from '../../../stack/5-tcp/window';
import { Sock, sock, sockAlloc, socketInit } from '../../../stack/6-socket';
import { setDefaults } from '../config.gen.as';

function socket(): Sock {
  setDefaults();
  arenaInit();
  prngInit(1, HOSTS_MAX);
  socketInit();
  clockRefresh();
  const sk = sock(sockAlloc(0));
  minRttReset(sk);
  sk.rto_min = 200;
  sk.rto_max = 120000;
  return sk;
}

export function the_cube_root_is_off_by_what_linux_is(): void {
  assert(cubicRoot(0) == 0 && cubicRoot(1) == 1 && cubicRoot(8) == 2 && cubicRoot(63) == 4, 'small ones: from the table');
  assert(cubicRoot(1000) == 10 && cubicRoot(1000000000) == 1000 && cubicRoot(2681735677) == 1388, 'large ones: one step from a guess');
  for (let x: u64 = 20; x < 100000; x = x * 3 / 2) {
    const root = <u64>cubicRoot(x * x * x);
    assert(root + x / 50 + 1 >= x && root <= x + x / 50 + 1, 'within two percent');
  }
}

export function the_clock_agrees_with_division(): void {
  const s = coreState();
  for (let ns: u64 = 0; ns < 40000000000; ns += 123456789) {
    s.clock_ns = ns;
    clockRefresh();
    assert(stage().us == ns / 1000 + 1000000000, 'microseconds');
    assert(stage().jiffies == <u32>(ns / 1000000) + 1000000, 'milliseconds');
  }
  s.clock_ns = 17;
  clockRefresh();
  assert(stage().us == 1000000000, 'also when the clock is set back');
}

export function round_trips_are_smoothed_as_in_rfc_6298(): void {
  const sk = socket();
  rttSample(sk, 100000, 100000, false);
  assert(sk.srtt_us >> 3 == 100000 && sk.rttvar_us == 200000 && sk.rto == 300, 'the first sample: RTO = R + max(2R, 200 ms)');
  for (let i: u32 = 0; i < 200; i++) {
    sk.snd_una += 1000;
    sk.snd_nxt = sk.snd_una + 500;
    rttSample(sk, 100000, 100000, false);
  }
  assert(sk.srtt_us >> 3 == 100000 && sk.rto >= 300 && sk.rto <= 301, 'a steady one: never less than 200 ms above');
  rttSample(sk, 500000, 500000, false);
  assert(sk.srtt_us >> 3 == 150000 && sk.rto > 480, 'a jump raises it at once');
  assert(minRtt(sk) == 100000, 'the least is remembered');
}

export function windows_and_memory_convert_both_ways(): void {
  const sk = socket();
  sk.scaling_ratio = 128;
  assert(winFromSpace(sk, 131072) == 65536 && spaceFromWin(sk, 65536) == 131072, 'half');
  sk.scaling_ratio = 158;
  assert(winFromSpace(sk, 6291456) == 3883008, 'three fifths');
  assert(winFromSpace(sk, -1000) == -618, 'below nothing');
}

export function timeouts_add_up(): void {
  assert(modelTimeout(15, 200, 120000) == 924600, 'tcp_retries2 is 15 minutes and 24.6 seconds');
  assert(modelTimeout(6, 1000, 120000) == 127000, 'six SYNs are 127 seconds');
  assert(usecsToJiffies(1) == 1 && usecsToJiffies(1000) == 1 && usecsToJiffies(1001) == 2, 'rounded up');
}
