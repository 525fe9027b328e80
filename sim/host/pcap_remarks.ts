/** What the reader of a replayed capture should know, in sentences. */
import { bytesText, countText, durationText } from './numbers_text.ts';
import type { PcapResult, PcapStream } from './pcap_result.ts';

const total = (streams: readonly PcapStream[], of: (s: PcapStream) => number): number => streams.reduce((n, s) => n + of(s), 0);

export function pcapRemarks(r: PcapResult): string[] {
  const back = total(r.streams, (s) => s.serverBytesNotReplayed);
  const skipped = Object.entries(r.skipped).map(([why, n]) => `${n} ${why}`).join(', ');
  const midway = r.midConnection.length;
  return [
    ...r.remarks,
    skipped === '' ? '' : `frames that are not replayed: ${skipped}`,
    midway === 0
      ? ''
      : `${countText(midway, 'connection')} began before the capture: ${r.midConnection
          .slice(0, 3)
          .map((m) => m.between)
          .join(', ')}${midway > 3 ? ', …' : ''}`,
    r.cutFrames === 0 ? '' : `${countText(r.cutFrames, 'frame')} cut by the snapshot length: zeros stand for what is missing`,
    r.badChecksums === 0 ? '' : `${countText(r.badChecksums, 'frame')} with a wrong TCP checksum, which the NIC refuses`,
    r.repaired.checksums === 0 ? '' : `${countText(r.repaired.checksums, 'checksum')} left to the sender's NIC, written as it would have`,
    r.repaired.stripped === 0
      ? ''
      : `${countText(r.repaired.stripped, 'packet')} without their IP options or extension headers, which our TCP does not take`,
    r.repaired.split === 0 ? '' : `${countText(r.repaired.split, 'packet')} larger than the MTU, cut as the sender's NIC would have`,
    r.repaired.acks === 0
      ? ''
      : `${countText(r.repaired.acks, 'acknowledgement')} of bytes that our server did not send, taken back to what it did`,
    back === 0 ? '' : `the captured servers sent ${bytesText(back)}, which are not replayed`,
    r.repaired.slowed_ns === 0 ? '' : `slowed down by ${durationText(r.repaired.slowed_ns)}, so that the server could keep up`,
  ].filter((s) => s !== '');
}
