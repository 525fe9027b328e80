/**
 * A ring of provided buffers (struct io_uring_buf_ring), and what a multishot recvmsg writes in front of a message.
 *
 *     entries of { addr u64, len u32, bid u16, resv u16 }; the resv of entry 0 is the tail, which is ours; the head is the kernel's
 */
import type { UserMemory } from './kernel.ts';
import { IO_URING_BUF_BYTES, IO_URING_RECVMSG_OUT_BYTES, io_uring_buf, io_uring_recvmsg_out } from './uapi.gen.ts';

/** Place of the tail. */
const TAIL_AT = 14;

/** io_uring_buf_ring_mask */
export const bufRingMask = (entries: number): number => entries - 1;

export class BufRing {
  readonly address: number;
  readonly entries: number;
  readonly bgid: number;
  private readonly memory: UserMemory;

  constructor(memory: UserMemory, address: number, entries: number, bgid: number) {
    this.memory = memory;
    this.address = address;
    this.entries = entries;
    this.bgid = bgid;
  }

  get tail(): number {
    return this.memory.view().getUint16(this.address + TAIL_AT, true);
  }
  set tail(value: number) {
    this.memory.view().setUint16(this.address + TAIL_AT, value, true);
  }

  /** The ring is empty (io_uring_buf_ring_init). */
  bufRingInit(): void {
    this.tail = 0;
  }
  /**
   * Writes a buffer `offset` places behind the tail; the kernel sees it after bufRingAdvance (io_uring_buf_ring_add).
   * @param mask bufRingMask of the entries
   */
  bufRingAdd(address: number, len: number, bid: number, mask: number, offset: number): void {
    const buf = new io_uring_buf(this.memory.view(), this.address + ((this.tail + offset) & mask) * IO_URING_BUF_BYTES);
    buf.addr = BigInt(address);
    buf.len = len;
    buf.bid = bid;
  }
  /** Shows `count` buffers to the kernel (io_uring_buf_ring_advance). */
  bufRingAdvance(count: number): void {
    this.tail = (this.tail + count) & 0xffff;
  }
}

/** What the struct msghdr of a multishot recvmsg said. */
export interface MsghdrSizes {
  readonly namelen: number;
  readonly controllen: number;
}

/** A message in a buffer that a multishot recvmsg filled: addresses and sizes of its parts. */
export interface RecvmsgOut {
  /** Bytes that there were of each; more than what is here when it did not fit. */
  readonly namelen: number;
  readonly controllen: number;
  readonly payloadlen: number;
  /** MSG_* of the message. */
  readonly flags: number;
  /** io_uring_recvmsg_name, io_uring_recvmsg_cmsg_firsthdr, io_uring_recvmsg_payload */
  readonly name: number;
  readonly control: number;
  readonly payload: number;
  /** Bytes of payload that are here (io_uring_recvmsg_payload_length). */
  readonly payload_length: number;
}

/** Looks at a buffer of `buf_len` bytes (the completion's res); undefined: it is too short (io_uring_recvmsg_validate). */
export function recvmsgValidate(memory: UserMemory, buf: number, buf_len: number, msg: MsghdrSizes): RecvmsgOut | undefined {
  const head = IO_URING_RECVMSG_OUT_BYTES;
  if (buf_len < head + msg.namelen + msg.controllen) return undefined;
  const o = new io_uring_recvmsg_out(memory.view(), buf);
  const name = buf + head;
  const payload = name + msg.namelen + msg.controllen;
  return {
    namelen: o.namelen, controllen: o.controllen, payloadlen: o.payloadlen, flags: o.flags,
    name, control: name + msg.namelen, payload, payload_length: buf + buf_len - payload,
  };
}
