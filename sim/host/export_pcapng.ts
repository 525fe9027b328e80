/** What was on the wire as pcapng with nanoseconds: one interface for each link, comments where the link did something. */
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
