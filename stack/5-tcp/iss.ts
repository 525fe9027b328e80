/**
 * Initial sequence numbers and timestamp offsets: drawn from the stream tcp_iss, or preset. A preset says with which numbers
 * a SYN of a given peer is answered, so that the ACKs of a captured client fit the server that replays it.
 *
 *      0        4                 20      22      24     28      32
 *     +--------+-----------------+-------+-------+------+-------+-------+
 *     | family | remote address  | rport | lport | iss  | tsval | flags |    tcpAddPreset; ports in host order
 *     +--------+-----------------+-------+-------+------+-------+-------+
 *
 * tcpClampAck takes the same first 24 bytes and writes snd_nxt at 24, rcv_nxt at 28 and the state at 32.
 *
 * Differs from Linux: ISNs are drawn, not hashed from the four-tuple and the time (secure_tcp_seq).
 */
import { arenaAlloc, draw, hostConfig, HOSTS_MAX, NONE, STREAM_TCP_ISS } from '../../sim/core';
import { isMini, MINI, Mini, mini, miniLive, sock, SockCommon, sockLive, TCP_NEW_SYN_RECV } from '../6-socket';
import { jiffies } from './clock';
import { ENOSPC } from './errno';
import { stage } from './stage';

@unmanaged
class Preset {
  raddr0: u64;
  raddr1: u64;
  /** lport | rport << 16 | family << 32; 0: the slot is empty. */
  key: u64;
  iss: u32;
  tsval: u32;
  /** The connection that was made of it, or NONE. */
  handle: u32;
  unused: u32;
}
const PRESET_BYTES: usize = 40;
/** Slots where captures are replayed (any address is local), and elsewhere. */
const PRESETS_REPLAY: u32 = 65536;
const PRESETS_FEW: u32 = 256;

export function presetInit(): void {
  let slots = PRESETS_FEW;
  for (let host: u32 = 0; host < HOSTS_MAX; host++) if (hostConfig(host).tcp_anyip) slots = PRESETS_REPLAY;
  const s = stage();
  s.preset_mask = slots - 1;
  s.preset_base = <u32>arenaAlloc(<u64>slots * PRESET_BYTES);
}

function preset(slot: u32): Preset {
  return changetype<Preset>(<usize>stage().preset_base + <usize>slot * PRESET_BYTES);
}
function presetKey(family: u32, lport: u32, rport: u32): u64 {
  return <u64>lport | (<u64>rport << 16) | (<u64>family << 32);
}
/** The slot of a key, or the empty one where it would go. */
function find(raddr0: u64, raddr1: u64, key: u64): u32 {
  const mask = stage().preset_mask;
  let h = (raddr0 ^ rotl<u64>(raddr1, 31)) * 0x9e3779b97f4a7c15 + key * 0xbf58476d1ce4e5b9;
  h ^= h >> 32;
  let slot = <u32>h & mask;
  let p = preset(slot);
  while (p.key != 0 && (p.key != key || p.raddr0 != raddr0 || p.raddr1 != raddr1)) {
    slot = (slot + 1) & mask;
    p = preset(slot);
  }
  return slot;
}

/** 0, or -ENOSPC when the table is three quarters full. */
export function tcpAddPreset(at: usize): i32 {
  const s = stage();
  if (s.preset_count >= (s.preset_mask + 1) / 4 * 3) return -<i32>ENOSPC;
  const family = load<u32>(at);
  const raddr0 = family == 4 ? <u64>load<u32>(at, 4) : load<u64>(at, 4);
  const raddr1: u64 = family == 4 ? 0 : load<u64>(at, 12);
  const key = presetKey(family, load<u16>(at, 22), load<u16>(at, 20));
  const p = preset(find(raddr0, raddr1, key));
  if (p.key == 0) s.preset_count++;
  p.raddr0 = raddr0;
  p.raddr1 = raddr1;
  p.key = key;
  p.iss = load<u32>(at, 24);
  p.tsval = load<u32>(at, 28);
  p.handle = NONE;
  return 0;
}

function presetOf(c: SockCommon): Preset | null {
  if (stage().preset_count == 0) return null;
  const p = preset(find(c.raddr0, c.raddr1, presetKey(c.family, c.lport, c.rport)));
  return p.key == 0 ? null : p;
}

/** The sequence number that a SYN is answered with. */
export function initSequence(m: Mini): u32 {
  const drawn = <u32>draw(m.host, STREAM_TCP_ISS);
  const p = presetOf(m);
  return p == null ? drawn : p.iss;
}
/** What is added to our clock in timestamps: with a preset so that the SYN-ACK has the value asked for. */
export function initTsOffset(m: Mini): u32 {
  const drawn = <u32>draw(m.host, STREAM_TCP_ISS);
  const p = presetOf(m);
  return p == null || p.tsval == 0 ? drawn : p.tsval - jiffies();
}
/** A preset remembers its connection. */
export function presetBind(c: SockCommon, handle: u32): void {
  const p = presetOf(c);
  if (p != null) p.handle = handle;
}

/** Looks a preset's connection up. 1 and its numbers at `at` + 24, or 0 when there is none (yet or any more). */
export function tcpClampAck(at: usize): u32 {
  if (stage().preset_count == 0) return 0;
  const family = load<u32>(at);
  const raddr0 = family == 4 ? <u64>load<u32>(at, 4) : load<u64>(at, 4);
  const raddr1: u64 = family == 4 ? 0 : load<u64>(at, 12);
  const key = presetKey(family, load<u16>(at, 22), load<u16>(at, 20));
  const p = preset(find(raddr0, raddr1, key));
  if (p.key == 0 || p.handle == NONE) return 0;
  const handle = p.handle;
  if (isMini(handle)) {
    if (!miniLive(handle & ~MINI)) return 0;
    const m = mini(handle);
    if (presetOf(m) != p) return 0;
    const half_open = m.state == <u8>TCP_NEW_SYN_RECV;
    store<u32>(at, half_open ? m.snd_seq + 1 : m.snd_seq, 24);
    store<u32>(at, half_open ? m.rcv_seq + 1 : m.rcv_seq, 28);
    store<u32>(at, m.state, 32);
    return 1;
  }
  if (!sockLive(handle)) return 0;
  const sk = sock(handle);
  if (presetOf(sk) != p) return 0;
  store<u32>(at, sk.snd_nxt, 24);
  store<u32>(at, sk.rcv_nxt, 28);
  store<u32>(at, sk.state, 32);
  return 1;
}
