/**
 * PCIe between a NIC and its host's memory: a lane each way, frames waiting in the NIC for their turn.
 *
 *     to memory     frames received, in TLPs of at most nic.pcie_mps bytes; their completions; requests to read
 *     from memory   frames to send, in such TLPs; descriptors
 *
 * Each TLP takes 24 bytes besides its payload (framing 2, data link layer 6, header 12, digest 4: Neugebauer et al., Understanding PCIe
 * performance, SIGCOMM 2018). What memory cannot take at once (sim/core/dram.ts) holds up what is behind it.
 *
 * Hardware file: imports the core and nothing of the stack above.
 */
import { coreState, hostConfig, NIC_ADDR, NIC_PCIE_RX_BYTES, NIC_PCIE_TX_BYTES } from '../../sim/core';
import { bump } from './counters';
import { Nic } from './state';

const TLP_BYTES: u32 = 24;
/** Bytes of one request to read (Max_Read_Request_Size). */
const READ_SHIFT: u32 = 9;
const NS_FRACTION: u64 = 24;

@unmanaged
class Bus {
  /** 0: the bus is no limit. */
  ns_per_byte_q24: u64;
  /** When the lanes to and from memory are free. */
  up_ns: u64;
  down_ns: u64;
  /** Bytes of frames in the NIC that wait for memory, as of `fifo_ns`. */
  fifo_bytes: u64;
  fifo_ns: u64;
  mps_shift: u32;
  desc_bytes: u32;
  completion_bytes: u32;
  fifo_size: u32;
}
const BUS_BYTES: usize = 64;
const BUSES: usize = NIC_ADDR + 0x400;

function bus(host: u32): Bus {
  return changetype<Bus>(BUSES + <usize>host * BUS_BYTES);
}

export function busInit(host: u32): void {
  const c = hostConfig(host);
  const b = bus(host);
  b.ns_per_byte_q24 = c.nic_pcie_bps == 0 ? 0 : (<u64>8000000000 << NS_FRACTION) / c.nic_pcie_bps;
  b.mps_shift = 31 - clz(c.nic_pcie_mps);
  b.desc_bytes = c.nic_desc_bytes;
  b.completion_bytes = c.nic_completion_bytes;
  b.fifo_size = c.nic_fifo_bytes;
}

/** Payload with what its TLPs take. */
function inTlps(b: Bus, len: u32): u64 {
  return len + (((len - 1) >> b.mps_shift) + 1) * TLP_BYTES;
}
/** A lane carries bytes after what it carries already. Returns when they are through. */
function through(b: Bus, from_ns: u64, bytes: u64): u64 {
  return from_ns + ((bytes * b.ns_per_byte_q24 + ((1 << NS_FRACTION) - 1)) >> NS_FRACTION);
}

/** Is there room for a frame that has arrived? What has gone to memory since the last one has left: all of it once the lane is free. */
export function busTakes(host: u32, len: u32): bool {
  const b = bus(host);
  const clock_ns = coreState().clock_ns;
  if (b.up_ns <= clock_ns) b.fifo_bytes = 0;
  else if (b.fifo_bytes != 0) b.fifo_bytes -= (b.fifo_bytes * (clock_ns - b.fifo_ns)) / (b.up_ns - b.fifo_ns);
  b.fifo_ns = clock_ns;
  return b.fifo_bytes + len <= b.fifo_size;
}

/** A frame goes to memory, which makes it wait for `wait_ns`, with a completion unless it joins one. Returns when it is there. */
export function busWrite(host: u32, nic: Nic, len: u32, buffers: u32, completes: bool, wait_ns: u64): u64 {
  const b = bus(host);
  const clock_ns = coreState().clock_ns;
  if (b.ns_per_byte_q24 == 0 && wait_ns == 0 && b.up_ns <= clock_ns) return clock_ns;
  let end = max(b.up_ns, clock_ns);
  if (b.ns_per_byte_q24 != 0) {
    const bytes = inTlps(b, len) + (completes ? inTlps(b, b.completion_bytes) : 0);
    end = through(b, end, bytes);
    if (buffers != 0) b.down_ns = through(b, max(b.down_ns, clock_ns), buffers * b.desc_bytes);
    bump(nic.counters, NIC_PCIE_RX_BYTES, <u32>bytes);
  }
  b.up_ns = max(end, clock_ns + wait_ns);
  b.fifo_bytes += len;
  return b.up_ns;
}

/** A frame of a packet that was there at `ready_ns` is fetched from memory, which makes it wait. Returns when it may leave. */
export function busRead(host: u32, nic: Nic, len: u32, ready_ns: u64, wait_ns: u64): u64 {
  const b = bus(host);
  if (b.ns_per_byte_q24 == 0) return ready_ns + wait_ns;
  const bytes = inTlps(b, len) + b.desc_bytes;
  const end = through(b, max(b.down_ns, ready_ns), bytes);
  const asked = ((len >> READ_SHIFT) + 1) * TLP_BYTES + inTlps(b, b.completion_bytes);
  b.up_ns = through(b, max(b.up_ns, ready_ns), asked);
  bump(nic.counters, NIC_PCIE_TX_BYTES, <u32>bytes);
  b.down_ns = max(end, ready_ns + wait_ns);
  return b.down_ns;
}
