/** A zcrx area as the application sees it: bytes at offsets, each access checked against its bounds. */
import type { UserMemory } from './kernel.ts';
import { IORING_ZCRX_AREA_MASK } from './uapi.gen.ts';

export class Area {
  readonly memory: UserMemory;
  readonly address: number;
  readonly bytes: number;
  /** What the kernel wants to see in the upper bits of a returned offset. */
  readonly token: bigint;

  constructor(memory: UserMemory, address: number, bytes: number, token: bigint) {
    this.memory = memory;
    this.address = address;
    this.bytes = bytes;
    this.token = token;
  }

  /** The place in the area that an offset of a completion names. */
  offset(off: bigint): number {
    const at = Number(off & ~IORING_ZCRX_AREA_MASK);
    if (at >= this.bytes) throw new RangeError(`a completion names byte ${at} of an area of ${this.bytes} bytes`);
    return at;
  }

  /** Received bytes, where the NIC wrote them. They are lent: give them back and do not read them afterwards. */
  read(off: bigint, len: number): Uint8Array {
    const at = this.offset(off);
    if (at + len > this.bytes) throw new RangeError(`a completion of ${len} bytes at ${at} leaves its area of ${this.bytes} bytes`);
    return this.memory.bytes(this.address + at, len);
  }
}
