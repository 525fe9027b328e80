/** Sources of the published cells. */
export interface Source {
  readonly title: string;
  readonly url: string;
  /** As far as it was said. */
  readonly machine: string;
}

export const SOURCES: Readonly<Record<string, Source>> = {
  S1: {
    title: '[PATCH v1 00/15] io_uring zero copy rx (David Wei, 2024-10-07); identical table through v14 (2025-02-14)',
    url: 'https://lore.kernel.org/io-uring/20241007221603.1703699-1-dw@davidwei.uk/',
    machine: 'AMD EPYC 9454, Broadcom BCM957508 200G, kernel 6.11 base, kperf, 4K MTU, single TCP flow',
  },
  S4: {
    title: '[RFC v1/v2 0/22..24] Large rx buffer support for zcrx (Begunkov 2025-07-28 / 08-08); same-CPU half repeated to v9 2026-01-15',
    url: 'https://lore.kernel.org/io-uring/cover.1753694913.git.asml.silence@gmail.com/',
    machine: '200Gbit Broadcom NIC; liburing examples/zcrx + send-zerocopy; CPU, MTU and HW-GRO not stated',
  },
  S5: {
    title: '[PATCH net-next v5 00/27] io_uring zerocopy send (Begunkov 2022-07-12)',
    url: 'https://lore.kernel.org/netdev/cover.1657643355.git.asml.silence@gmail.com/',
    machine: 'UDP, registered buffers for zc; CPU and NIC not stated (author: NIC bandwidth ~3GB/s); MTU not stated',
  },
  S6: {
    title: '[RFC v2 00/19] io_uring zerocopy tx (Begunkov 2021-12-21)',
    url: 'https://lore.kernel.org/netdev/cover.1640029579.git.asml.silence@gmail.com/',
    machine: 'UDP/IPv4 dummy (4096B); UDP/IPv6 between a pair of NICs; CPU not stated; noise took a quarter of the cycles',
  },
  S7: {
    title: '[RFC 00/12] io_uring zerocopy send (Begunkov 2021-11-30)',
    url: 'https://lore.kernel.org/io-uring/cover.1638282789.git.asml.silence@gmail.com/',
    machine: 'UDP 65435B, dummy netdev mtu 0xffff',
  },
  S10: {
    title: 'vldb26-iouring artifact: Jasny et al., io_uring for High-Performance DBMSs (arXiv 2512.04859), raw CSVs',
    url: 'https://github.com/mjasny/vldb26-iouring',
    machine: 'EPYC 9654P (SMT off), 768GiB DDR5, ConnectX-7 400G, MTU 9000, kernel 6.15/6.17, mitigations on; IRQ cores not said',
  },
  S18: {
    title: 'commit 93ab6cc69162 tcp: implement mmap() for zero copy receive (Dumazet 2018)',
    url: 'https://git.proxmox.com/?a=commit&h=93ab6cc69162775201587cc9da00d5016dc890e2&p=mirror_ubuntu-kernels.git',
    machine: 'mlx4 CX-3 40G, MTU 4168',
  },
  S19: {
    title: 'tools/testing/selftests/net/tcp_mmap.c header comment (Linux 7.3.4 tree)',
    url: 'Linux 7.3, tools/testing/selftests/net/tcp_mmap.c',
    machine: 'loopback mtu 61512',
  },
  S23: {
    title: 'When DDIO Meets Page Coloring: Sepia (OSDI 2026), full text',
    url: 'https://www.usenix.org/conference/osdi26/presentation/song',
    machine: 'Xeon Gold 6354 3.0GHz, 39MB LLC, CX-6 200G, kernel 6.6, iperf, jumbo 9000, TSO/GRO/aRFS, IOMMU off',
  },
  S24: {
    title: 'ddio-bench sample results (Farshin et al., ATC 2020 artifact)',
    url: 'https://github.com/aliireza/ddio-bench',
    machine: 'Xeon Gold 6140 2.3GHz, CX-5 100G, FastClick/DPDK forwarding 1500B',
  },
  S30: {
    title: 'SIGCOMM 2021 Understanding Host Network Stack Overheads: artifact README + secondary notes',
    url: 'https://github.com/Terabit-Ethernet/Understanding-network-stack-overheads-SIGCOMM-2021',
    machine: '5.4.43, Mellanox 100G; paper body NOT read (only abstract, artifact README and third-party notes available here)',
  },
};
