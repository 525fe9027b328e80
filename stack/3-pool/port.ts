/**
 * Ports of the pool: where the stack calls out. Each is a function-table index in linear memory, as Linux keeps function
 * pointers in ops structs.
 *
 * MemoryProvider (include/net/page_pool/memory_provider.h: memory_provider_ops), filled in by uring-model/9-refill:
 *   alloc(pool_idx) -> netmem_idx or NONE. May put more into the pool's cache (poolCachePush) and returns one.
 *   release(pool_idx, netmem_idx): the pool gives a buffer up for good.
 * SkbDestructor (sk_buff.destructor), filled in by stack/5-tcp:
 *   destroy(sock_idx, truesize): the device is done with a transmitted packet (net/ipv4/tcp_output.c: tcp_wfree).
 * QueueMgmt (netdev_queue_mgmt_ops behind net/core/netdev_rx_queue.c: netif_mp_open_rxq), filled in by nic-model/2-nic:
 *   open(host, queue, provider, rx_buf_len) -> 0 or -errno: checks as the kernel does, restarts the queue with a pool that
 *   takes its buffers from provider (1 + zcrx instance).   close(host, queue): back to ordinary pages.
 * BusyPoll (include/net/busy_poll.h: napi_busy_loop), filled in by nic-model/2-nic:
 *   poll(napi_idx, core, until_ns): until then somebody on that core asks the queue for frames all the time; 0: no more.
 */
import { PORTS_ADDR } from '../../sim/core';

const MP_ALLOC: usize = 0;
const MP_RELEASE: usize = 4;
const SKB_DESTRUCTOR: usize = 8;

export function setMemoryProvider(alloc: (pool_idx: u32) => u32, release: (pool_idx: u32, netmem_idx: u32) => void): void {
  store<u32>(PORTS_ADDR, alloc.index, MP_ALLOC);
  store<u32>(PORTS_ADDR, release.index, MP_RELEASE);
}
export function mpAlloc(pool_idx: u32): u32 {
  return call_indirect<u32>(load<u32>(PORTS_ADDR, MP_ALLOC), pool_idx);
}
export function mpRelease(pool_idx: u32, netmem_idx: u32): void {
  call_indirect<void>(load<u32>(PORTS_ADDR, MP_RELEASE), pool_idx, netmem_idx);
}

export function setSkbDestructor(destroy: (sock_idx: u32, truesize: u32) => void): void {
  store<u32>(PORTS_ADDR, destroy.index, SKB_DESTRUCTOR);
}
export function skbDestructor(sock_idx: u32, truesize: u32): void {
  const at: usize = (sock_idx & DATAGRAM_OWNER) != 0 ? UDP_WFREE : SKB_DESTRUCTOR;
  call_indirect<void>(load<u32>(PORTS_ADDR + at), sock_idx, truesize);
}

/** The destructor of packets whose owner has this bit: those of datagram sockets. */
export const DATAGRAM_OWNER: u32 = 0x40000000;
const UDP_WFREE: usize = 520;

export function setUdpWfree(destroy: (owner: u32, truesize: u32) => void): void {
  store<u32>(PORTS_ADDR, destroy.index, UDP_WFREE);
}

const QUEUE_OPEN: usize = 28;
const QUEUE_CLOSE: usize = 32;

export function setQueueMgmt(
  open: (host: u32, queue: u32, provider: u32, rx_buf_len: u32) => i32, close: (host: u32, queue: u32) => void,
): void {
  store<u32>(PORTS_ADDR, open.index, QUEUE_OPEN);
  store<u32>(PORTS_ADDR, close.index, QUEUE_CLOSE);
}
export function queueOpen(host: u32, queue: u32, provider: u32, rx_buf_len: u32): i32 {
  return call_indirect<i32>(load<u32>(PORTS_ADDR, QUEUE_OPEN), host, queue, provider, rx_buf_len);
}
export function queueClose(host: u32, queue: u32): void {
  call_indirect<void>(load<u32>(PORTS_ADDR, QUEUE_CLOSE), host, queue);
}

const BUSY_POLL: usize = 60;

export function setBusyPoll(poll: (napi_idx: u32, core: u32, until_ns: u64) => void): void {
  store<u32>(PORTS_ADDR, poll.index, BUSY_POLL);
}
export function busyPoll(napi_idx: u32, core: u32, until_ns: u64): void {
  call_indirect<void>(load<u32>(PORTS_ADDR, BUSY_POLL), napi_idx, core, until_ns);
}
