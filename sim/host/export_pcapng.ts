/**
 * What was on the wire as pcapng with nanoseconds: one interface for each link, comments where the link did something. The core
 * captures all frames of a large packet when the first of them leaves, before what the other link carries meanwhile: so frames
 * are held until the other link has one that is later, and the file is in the order of time.
 */
import { ByteWriter } from './byte_writer.ts';
import { CAPTURE_CORRUPT, CAPTURE_LOST, type WireFrame } from './capture.ts';

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_ENHANCED = 6;
const OPTION_COMMENT = 1;
const OPTION_SHB_USERAPPL = 4;
const OPTION_IF_NAME = 2;
const OPTION_IF_DESCRIPTION = 3;
const OPTION_IF_TSRESOL = 9;
const LINK_TYPE_ETHERNET = 1;

export interface LinkName {
  readonly name: string;
  readonly about: string;
}

export const LINKS: readonly LinkName[] = [
  { name: 'client', about: 'what the client sent' },
  { name: 'server', about: 'what the server sent' },
];

export class PcapngWriter {
  private readonly out = new ByteWriter();
  /** By link, each in the order of time: frames that wait for one of the other link. */
  private readonly held: [WireFrame[], WireFrame[]] = [[], []];

  constructor(links: readonly LinkName[] = LINKS) {
    this.block(BLOCK_SECTION, () => {
      this.out.u32(0x1a2b3c4d);
      this.out.u16(1);
      this.out.u16(0);
      this.out.u64(0xffff_ffff_ffff_ffffn); // length of the section: not said
      this.option(OPTION_SHB_USERAPPL, text('Ringlab'));
      this.option(0, new Uint8Array(0));
    });
    for (const link of links) {
      this.block(BLOCK_INTERFACE, () => {
        this.out.u16(LINK_TYPE_ETHERNET);
        this.out.u16(0);
        this.out.u32(0); // no snapshot length: frames are whole
        this.option(OPTION_IF_NAME, text(link.name));
        this.option(OPTION_IF_DESCRIPTION, text(link.about));
        this.option(OPTION_IF_TSRESOL, new Uint8Array([9]));
        this.option(0, new Uint8Array(0));
      });
    }
  }

  add(frame: WireFrame): void {
    (frame.link === 0 ? this.held[0] : this.held[1]).push({ ...frame, data: frame.data.slice() });
    this.release((a, b) => a > 0 && b > 0);
  }

  /** No frame will come any more. */
  finish(): void {
    this.release((a, b) => a + b > 0);
  }

  /** Writes held frames while their numbers allow it. */
  private release(may: (a: number, b: number) => boolean): void {
    const [one, two] = this.held;
    let [a, b] = [0, 0];
    while (may(one.length - a, two.length - b)) {
      const next = one[a];
      const other = two[b];
      if (next && (!other || next.time_ns <= other.time_ns)) {
        this.write(next);
        a++;
      } else if (other) {
        this.write(other);
        b++;
      }
    }
    one.splice(0, a);
    two.splice(0, b);
  }

  private write(frame: WireFrame): void {
    this.block(BLOCK_ENHANCED, () => {
      const time = BigInt(frame.time_ns);
      this.out.u32(frame.link);
      this.out.u32(Number(time >> 32n));
      this.out.u32(Number(time & 0xffff_ffffn));
      this.out.u32(frame.data.length);
      this.out.u32(frame.data.length);
      this.out.bytes(frame.data);
      this.out.pad4();
      const comment = commentOf(frame);
      this.option(OPTION_COMMENT, text(comment));
      this.option(0, new Uint8Array(0));
    });
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    return this.out.take();
  }

  private block(type: number, body: () => void): void {
    const from = this.out.length;
    this.out.u32(type);
    this.out.u32(0);
    body();
    const total = this.out.length - from + 4;
    this.out.u32(total);
    this.out.setU32(from + 4, total);
  }

  private option(code: number, value: Uint8Array): void {
    this.out.u16(code);
    this.out.u16(value.length);
    this.out.bytes(value);
    this.out.pad4();
  }
}

const encoder = new TextEncoder();
const text = (s: string): Uint8Array => encoder.encode(s);

function commentOf(frame: WireFrame): string {
  let comment = `packet ${frame.pkt_id}`;
  if (frame.flags & CAPTURE_LOST) comment += ', lost by the link';
  if (frame.flags & CAPTURE_CORRUPT) comment += ', corrupted by the link: here as it was sent';
  return comment;
}
