/** Exhibits of the museum from the network: NAPI, TCP and sockets. */
import type { Exhibit } from './museum.ts';

export const MUSEUM_TCP: readonly Exhibit[] = [
  {
    name: 'tcp-window-scale-shrink', title: 'Rounding shrinks the window', stage: 'tcp',
    about: 'A window that must not shrink was offered again as it was, and the shift by the window scale rounded it down.',
    broke: 'The right edge moved back by up to 2^scale - 1 bytes: data on its way fell outside of the window.',
    source: 'Linux "tcp: fix shrinking windows with window scaling", in RHEL 5 since 2.6.18-238.3.1 (net/ipv4/tcp_output.c:'
      + ' tcp_select_window, ALIGN); FreeBSD D24515 mends what the same rounding down did there',
  },
  {
    name: 'tcp-early-fin', title: 'A FIN overtakes its data', stage: 'tcp',
    about: 'A FIN that arrived behind a hole was obeyed at once.',
    broke: 'The application saw the end of the stream before its last bytes had come.',
    source: 'smoltcp-rs/smoltcp #111 (a FIN within the window closes the connection though data is missing); FreeBSD 8c69d988a8d3 (D30497,'
      + ' an out-of-order FIN is acknowledged); microsoft/demikernel #924; includeos/IncludeOS #2164',
  },
  {
    name: 'tcp-sack-fin', title: 'SACK processing forgets the FIN', stage: 'tcp',
    about: 'When the retransmit queue was rearranged along SACK blocks, the flag FIN of the last skb was lost.',
    broke: 'The sender never sent the FIN again, and both ends waited for ever.',
    source: 'Linux 5e8a402f831d "tcp: do not forget FIN in tcp_shifted_skb()", in kernels from 2.6.29 on',
    rebuilt: 'There skbs were merged, and the receiver had to renege; here the flag is lost where a sent skb is split.',
  },
  {
    name: 'tcp-fragment-truesize', title: 'Half of a packet weighs nothing', stage: 'tcp',
    about: 'When an skb was split, the second one was charged for its head, and not for the payload that moved to it.',
    broke: 'Its weight fell below 0 as ACKs trimmed it, and with it the memory that all sockets share.',
    source: 'Linux ef5cb9738b48 "[TCP]: Fix truesize underflow" (2006-04; net/ipv4/tcp_output.c: tcp_fragment)',
  },
  {
    name: 'lro-bad-checksum', title: 'Merged, therefore good', stage: 'napi',
    about: 'Packets of which the NIC had not said that their checksum is right were merged, and what came of them counted as verified.',
    broke: 'Corrupted bytes reached applications.',
    source: 'FreeBSD ca1a7e1021a9 "tcp: TCP_LRO getting bad checksums and sending it in to TCP incorrectly" (D31155), and D13561, where'
      + ' downloads differed',
  },
  {
    name: 'tcp-blind-reset', title: 'Any RST in the window', stage: 'tcp',
    about: 'A RST ended a connection if its sequence number lay anywhere in the window.',
    broke: 'Who knew addresses and ports could kill connections with some thousand guesses.',
    source: 'CVE-2004-0230; Linux 282f23c6ee34 "tcp: implement RFC 5961 3.2" (2012-07)',
  },
  {
    name: 'tcp-paws-poison', title: 'A timestamp from nowhere', stage: 'tcp',
    about: 'The timestamp of a segment was remembered before anybody looked whether its sequence number lies in the window.',
    broke: 'One forged segment with a late timestamp, and all that the peer sent was too old for PAWS: the connection was dead.',
    source: 'CVE-2005-0356, CERT VU#637934 (several stacks); RFC 7323 section 4.3 says which segments count; Linux'
      + ' net/ipv4/tcp_input.c: tcp_replace_ts_recent',
  },
  {
    name: 'tcp-probe-deadlock', title: 'Nobody probes the closed window', stage: 'tcp',
    about: 'The window closed while nothing was in flight, and no timer was started that would ask whether it is open again.',
    broke: 'One lost window update, and the connection stood still for ever.',
    source: 'arcboxlabs/arcbox #477; apsun/loliOS #34; Mellanox/libvma #590; RFC 9293 section 3.8.6.1 says what a sender must do',
    rebuilt: 'Those stacks had no probe, or stopped early; here the timer that tcp_check_probe_timer arms is missing.',
  },
  {
    name: 'tcp-backoff-lost', title: 'Timeouts that do not back off', stage: 'tcp',
    about: 'After a timeout the next one was as long as the last.',
    broke: 'A network that drops for lack of room was given the same packets again at a steady pace.',
    source: 'RFC 2525 section 2.10 (failure to back off retransmission timeout); smoltcp-rs/smoltcp #1020, #1023',
  },
  {
    name: 'tcp-probe-backoff', title: 'Probes at a constant rate', stage: 'tcp',
    about: 'A closed window was probed at an even pace.',
    broke: 'A receiver that takes its time was sent packets at that pace for as long as it took.',
    source: 'zephyrproject-rtos/zephyr #48471, mended by #48945',
  },
  {
    name: 'tcp-inconsistent-retransmit', title: 'Other bytes the second time', stage: 'tcp',
    about: 'An ACK for a part of what waits to be sent again left the sequence number and the bytes of the rest out of step.',
    broke: 'What was sent again was not what had been sent: the stream was corrupt, with good checksums.',
    source: 'apache/nuttx #4159; RFC 2525 section 2.4 (inconsistent retransmission)',
    rebuilt: 'There the sequence number was the wrong one; here it is the place that the bytes are taken from.',
  },
  {
    name: 'tcp-close-unread', title: 'A FIN that says that all was read', stage: 'tcp',
    about: 'A socket was closed with received bytes unread, and said FIN.',
    broke: 'The peer took its data for delivered.',
    source: 'RFC 2525 section 2.17 (failure to RST on close with data pending); RFC 9293 section 3.6.1',
  },
  {
    name: 'tcp-sack-reneg', title: 'What was SACKed is not sent again', stage: 'tcp',
    about: 'The receiver threw SACKed data away, as it may, and the sender held it for delivered.',
    broke: 'The connection timed out with the data still in the retransmit queue.',
    source: 'RFC 2018 section 8 says what a sender must do; Linux net/ipv4/tcp_input.c: tcp_check_sack_reneging, tcp_timeout_mark_lost',
    rebuilt: 'Built after a class of bugs, senders that hold SACKed for delivered: in Linux 5e8a402f831d it was a FIN (tcp-sack-fin). Here'
      + ' the rule of RFC 2018 is left out where a retransmission timeout finds a SACKed head.',
  },
];
