/**
 * Where the NIC cuts a frame into header and payload (ethtool -G tcp-data-split). It cuts behind the TCP header, and
 * refuses where its parser does not get there:
 *
 *     not TCP                        no cut    (fbnic: payload cut for TCP only)
 *     IP fragment                    no cut    no L4 header to trust
 *     IPv6 extension headers         no cut    (fbnic.rst: rpc_unkn_ext_hdr)
 *     header beyond the parser       no cut    (fbnic.rst: rpc_out_of_hdr_err); here FRAME_HEAD_SIZE bytes
 *     malformed lengths              no cut
 *     payload at most hds-thresh     no cut    (ethtool -G hds-thresh)
 *     no payload                     nothing to cut: the frame fits the header buffer
 *
 * A frame that is not cut goes to pages as a whole; on a queue whose buffers the CPU cannot read it goes to the header
 * buffer if it fits, else it is dropped.
 */
import { Frame, PROTO_TCP } from '../1-wire';
import { Nic } from './state';

/** Bytes of the header part, or 0 when the frame is not cut. */
export function splitAt(nic: Nic, f: Frame): u32 {
  const cut = <u32>f.payload_off;
  if (cut == 0 || f.ip_end - cut <= nic.hds_thresh) return 0;
  return cut;
}

/** TCP without payload: all header. */
export function isBareHeader(f: Frame): bool {
  return (f.proto & PROTO_TCP) != 0 && f.payload_off != 0 && <u32>f.payload_off == f.ip_end;
}
