/** Findings of memory and buses: sim/host/doctor/memory.ts. */
import { type FindingRow, row } from './finding_form.ts';

export const MEMORY: readonly FindingRow[] = [
  row('memory', 'warning', 'dram-bound', '', {
    about: 'cores wait for a memory bus that has no time left',
    cause: 'copies, their destinations and what the NIC writes and reads move more bytes than mem.dram_bps carries.',
    remedy: 'move each byte fewer times: RECV_ZC and SEND_ZC, buffers that are used again while caches have them (app.buffers_bytes),'
      + ' more ways for the NIC (mem.ddio_ways).',
  }),
  row('memory', 'warning', 'pcie-bound', '', {
    about: 'the NIC waits for its bus',
    cause: 'frames, their completions and descriptors are more than nic.pcie_bps carries; frames wait in the NIC, and what finds no room'
      + ' there is dropped.',
    remedy: 'more or faster lanes (nic.pcie_bps), larger packets on the bus (nic.pcie_mps), larger frames (nic.mtu).',
  }),
  row('memory', 'note', 'ddio-thrash', '', {
    about: 'cores fetch from DRAM what the NIC has written, because its ways of the cache were too small',
    cause: 'the NIC goes round in more bytes, posted buffers and those in flight, than its ways hold, so that it writes to memory.',
    remedy: 'post fewer buffers (nic.rx_ring, refill.area_bytes), read sooner, or give it more ways (mem.ddio_ways).',
  }),
];
