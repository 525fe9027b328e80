/** Where the host finds the core's tables. What a view shows is read in place (sim/host). 0: there is no such thing. */
import {
  ABI_ADDR, CORES_MAX, coreCharges, coreState, CURSORS_ADDR, HOSTS_MAX, IFQS_MAX, memCounters,
  MEM_COUNTERS, MEM_WRITEBACK, NICQ_COUNTERS, NIC_COUNTERS, NONE, QUEUES_MAX, RINGS_MAX, writtenBackUnseen,
} from '../core';
import { nicCountersBase, nicqCountersBase } from '../../nic-model/2-nic';
import { areaPlaceCounts, pagePool, poolState } from '../../stack/3-pool';
import { fdsUsed, filePoll, fileRefs, filesUsed } from '../../stack/file';
import { tcpInfo } from '../../stack/5-tcp';
import { mibBase, sockCount, sockLive } from '../../stack/6-socket';
import { udpMib } from '../../stack/udp';
import { fdSock, ringAt, ringVerify, sqThreadsSpun } from '../../uring-model/7-ring';
import { areaAt, ifqAt, zcrxCounters, zcSock } from '../../uring-model/9-refill';
import { app, streamCopy, streamCount } from '../../uring-model/8-app/builtin';
import { worldState } from './state';

/** Answers that are not in a table already are written here. */
const ANSWER: usize = ABI_ADDR + 0x1000;
const AREAS_SHOWN: u32 = 64;

/**
 * 0 trace cursor              1 drops: u64[host][reason]      2 NIC counters of a host     3 queue counters of a NAPI
 * 4 TCP MIB of a host         5 counters of a zcrx instance   6 streams of a host: {count, address}
 * 7 tcpInfo of a socket       8 charges of a core (cpu.ts)   9 inject buffer              10 place counts of an area
 * 11 a page pool              12 a ring                       13 a zcrx instance           14 an area
 * 15 {number of socket slots, is the socket `arg` in use}     16 application of a host
 * 17 a stream, brought up to date: host << 24 | number        18 the socket of a descriptor: host << 24 | fd
 * 19 what is in use: {requests, files, skbs, transmit pages, references to files besides descriptors}
 * 20 {cycles spun on a core}
 * 21 memory counters of a host, with what was written back unseen      22 counters of a host's UDP
 * 23 what a file is ready for, by its number
 */
export function viewAddress(what: u32, arg: u32): u32 {
  switch (what) {
    case 0: return <u32>CURSORS_ADDR;
    case 1: return coreState().drops_base;
    case 2: return arg < HOSTS_MAX ? nicCountersBase() + arg * NIC_COUNTERS * 8 : 0;
    case 3: return arg < HOSTS_MAX * QUEUES_MAX ? nicqCountersBase() + arg * NICQ_COUNTERS * 8 : 0;
    case 4: return arg < HOSTS_MAX ? <u32>mibBase(arg) : 0;
    case 5: return arg < IFQS_MAX && ifqAt(arg).used != 0 ? <u32>zcrxCounters(arg) : 0;
    case 6: return arg < HOSTS_MAX ? streamsOf(arg) : 0;
    case 7: return arg < sockCount() && sockLive(arg) ? infoOf(arg) : 0;
    case 8: return arg < HOSTS_MAX * CORES_MAX ? <u32>coreCharges(arg) : 0;
    case 9: return worldState().inject_buffer;
    case 10: return arg < AREAS_SHOWN && areaAt(arg).used != 0 ? <u32>areaPlaceCounts(arg) : 0;
    case 11: return arg < poolState().pool_count ? <u32>changetype<usize>(pagePool(arg)) : 0;
    case 12: return arg < RINGS_MAX ? <u32>changetype<usize>(ringAt(arg)) : 0;
    case 13: return arg < IFQS_MAX && ifqAt(arg).used != 0 ? <u32>changetype<usize>(ifqAt(arg)) : 0;
    case 14: return arg < AREAS_SHOWN && areaAt(arg).used != 0 ? <u32>changetype<usize>(areaAt(arg)) : 0;
    case 15: return socketSlot(arg);
    case 16: return arg < HOSTS_MAX ? <u32>changetype<usize>(app(arg)) : 0;
    case 17: return streamOf(arg >> 24, arg & 0xffffff);
    case 18: return socketOf(arg >> 24, arg & 0xffffff);
    case 19: return used();
    case 21: return arg < HOSTS_MAX ? memoryOf(arg) : 0;
    case 20: return arg < HOSTS_MAX * CORES_MAX ? spunOn(arg) : 0;
    case 23: return ready(arg);
    case 22: return arg < HOSTS_MAX ? <u32>udpMib(arg) : 0;
    default: return 0;
  }
}

/** {u64 cycles that threads of submission queues spun on a core: no charge of theirs} */
function spunOn(core_idx: u32): u32 {
  store<u64>(ANSWER, sqThreadsSpun(core_idx));
  return <u32>ANSWER;
}

function memoryOf(host: u32): u32 {
  memory.copy(ANSWER, memCounters(host), <usize>MEM_COUNTERS << 3);
  const at = ANSWER + (<usize>MEM_WRITEBACK << 3);
  store<u64>(at, load<u64>(at) + (writtenBackUnseen(host) << 6));
  return <u32>ANSWER;
}

function streamsOf(host: u32): u32 {
  store<u32>(ANSWER, app(host).stream_count);
  store<u32>(ANSWER, app(host).streams, 4);
  return <u32>ANSWER;
}

function streamOf(host: u32, i: u32): u32 {
  if (host >= HOSTS_MAX || i >= streamCount(host)) return 0;
  streamCopy(host, i, ANSWER);
  return <u32>ANSWER;
}

/** {number of the socket, -, u64 bytes lent, u64 copied from linear data, u64 copied from pages} */
function socketOf(task: u32, fd: u32): u32 {
  const sock_idx = task < HOSTS_MAX ? fdSock(task, fd) : NONE;
  if (sock_idx == NONE) return 0;
  const z = zcSock(sock_idx);
  store<u32>(ANSWER, sock_idx);
  store<u64>(ANSWER, z.zc_bytes, 8);
  store<u64>(ANSWER, z.copy_linear_bytes, 16);
  store<u64>(ANSWER, z.copy_page_bytes, 24);
  return <u32>ANSWER;
}

/** {poll bits of a file that are true now} */
function ready(file_idx: u32): u32 {
  store<u32>(ANSWER, filePoll(file_idx));
  return <u32>ANSWER;
}

function used(): u32 {
  store<u32>(ANSWER, ringVerify());
  store<u32>(ANSWER, filesUsed(), 4);
  store<u32>(ANSWER, poolState().skb_used, 8);
  store<u32>(ANSWER, poolState().tx_pages_used, 12);
  store<u32>(ANSWER, fileRefs() - fdsUsed(), 16);
  return <u32>ANSWER;
}

function infoOf(sock_idx: u32): u32 {
  tcpInfo(sock_idx, ABI_ADDR);
  return <u32>ABI_ADDR;
}

function socketSlot(sock_idx: u32): u32 {
  store<u32>(ANSWER, sockCount());
  store<u32>(ANSWER, sock_idx < sockCount() && sockLive(sock_idx) ? 1 : 0, 4);
  return <u32>ANSWER;
}
