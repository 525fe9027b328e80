/**
 * What an attacker on the wire may send: a segment as though it came from the peer of a live connection, which differs in one thing from
 * what the peer would send now. So its number hits a window, whatever the sequence numbers of the run are. The order is that of the
 * core (sim/world/forge.ts).
 */
export interface Forgery {
  readonly name: string;
  readonly title: string;
  /** What is sent; `by` is its number. */
  readonly about: string;
  /** What Linux does with it, and where. */
  readonly answer: string;
  readonly by: { readonly min: number; readonly max: number; readonly value: number };
  /**
   * The connection may never be whole again, in Linux neither: it is reset, it lacks bytes that its sender takes for received, or it
   * waits for what nobody sends. What is owed for it ends here.
   */
  readonly lasting?: true;
}

const I32 = 2 ** 31 - 1;
const range = (min: number, max: number, value: number) => ({ min, max, value });
const anywhere = (value = 0) => range(-I32, I32, value);

export const FORGERIES: readonly Forgery[] = [
  {
    name: 'rst', title: 'Forge a RST', lasting: true, by: anywhere(),
    about: 'A RST whose sequence number is rcv_nxt + by: 0 hits exactly.',
    answer: 'exact: reset; inside of the window: a challenge ACK; outside: dropped (net/ipv4/tcp_input.c: tcp_validate_incoming, RFC 5961)',
  },
  {
    name: 'syn', title: 'Forge a SYN', by: anywhere(),
    about: 'A SYN whose sequence number is rcv_nxt + by.',
    answer: 'a challenge ACK, wherever it lies (tcp_validate_incoming)',
  },
  {
    name: 'fin', title: 'Forge a FIN', lasting: true, by: anywhere(),
    about: 'An empty FIN at rcv_nxt + by: 0 ends the stream early, more waits out of order.',
    answer: 'taken as the end of the stream; data that follows resets (tcp_fin, tcp_rcv_state_process: TCPABORTONDATA)',
  },
  {
    name: 'ack', title: 'Forge an ACK', by: anywhere(), lasting: true,
    about: 'An ACK of snd_una + by: a part of a segment (ACK division), 0 a duplicate, negative an old one.',
    answer: 'acknowledged by bytes, whatever the number of ACKs; too old: TCP_TOO_OLD_ACK (tcp_ack)',
  },
  {
    name: 'ack_ahead', title: 'Acknowledge ahead', by: anywhere(1), lasting: true,
    about: 'An ACK of snd_nxt + by: up to 0 of what may not have arrived (optimistic), above of what was never sent.',
    answer: 'never sent: dropped as TCP_ACK_UNSENT_DATA, with a challenge ACK (tcp_ack); else believed',
  },
  {
    name: 'window', title: 'Forge a window', by: range(0, 65_535, 0),
    about: 'An ACK that changes nothing but the window, to `by` before it is scaled.',
    answer: 'believed where tcp_may_update_window does: 0 stops the sender, until a probe is answered',
  },
  {
    name: 'sack', title: 'Forge a SACK block', by: anywhere(1448),
    about: 'An ACK of snd_una with a block of one segment from snd_una + by on: bytes that never came, or below snd_una a D-SACK.',
    answer: 'believed if tcp_is_sackblock_valid, and found out at the retransmission timeout (tcp_check_sack_reneging)',
  },
  {
    name: 'sack_ahead', title: 'SACK what was not sent', by: anywhere(),
    about: 'An ACK of snd_una with a block of one segment from snd_nxt + by on.',
    answer: 'beyond snd_nxt: discarded (tcp_is_sackblock_valid, TCPSACKDISCARD)',
  },
  {
    name: 'sack_tangle', title: 'Tangle SACK blocks', by: anywhere(1448),
    about: 'An ACK of snd_una with three blocks at snd_una + by: one inside of another, and one that ends before it begins.',
    answer: 'blocks are sorted and walked once (tcp_sacktag_write_queue)',
  },
  {
    name: 'urg', title: 'Forge urgent data', lasting: true, by: range(0, 65_535, 1),
    about: 'An empty segment at rcv_nxt whose urgent pointer is `by`.',
    answer: 'the byte there is urgent and no part of the stream that is read (tcp_check_urg, tcp_read_sock)',
  },
  {
    name: 'option', title: 'Forge an option', by: range(0, 65_535, 0xfe00),
    about: 'An ACK with one option: its kind is by / 256, its length by mod 256, and no more than 4 bytes are there.',
    answer: 'unknown kinds are passed over; a length that does not fit ends the list (tcp_parse_options)',
  },
  {
    name: 'tsval', title: 'Forge a timestamp', lasting: true, by: anywhere(-1),
    about: 'An ACK whose timestamp is ts_recent + by: negative goes back, positive makes true ones go back.',
    answer: 'back: TCP_RFC7323_PAWS, with an ACK (tcp_paws_discard); forth: remembered (tcp_replace_ts_recent)',
  },
  {
    name: 'tsecr', title: 'Forge an echo', by: anywhere(-1000),
    about: 'An ACK whose echoed timestamp is what the peer echoed last + by.',
    answer: 'a round trip is measured with it only where tcp_ack_update_rtt has nothing better',
  },
  {
    name: 'data', title: 'Cut data anew', by: anywhere(),
    about: 'A segment of the peer\'s bytes from rcv_nxt + by on, cut where no segment was: old ones, new ones, or both.',
    answer: 'what is old is trimmed or answered by a D-SACK; new bytes are taken (tcp_data_queue)',
  },
  {
    name: 'sliver', title: 'Cut one byte', by: anywhere(),
    about: 'The same with one byte: before rcv_nxt an old duplicate, behind it a hole on either side.',
    answer: 'queued out of order, merged with what covers it (tcp_data_queue_ofo)',
  },
  {
    name: 'checksum', title: 'Spoil a checksum', by: range(0, 65_535, 1),
    about: 'An ACK whose checksum is `by`.',
    answer: 'TCP_CSUM (tcp_v4_rcv, tcp_v6_rcv)',
  },
  {
    name: 'ip_checksum', title: 'Spoil the IP checksum', by: range(0, 65_535, 1),
    about: 'An ACK whose IPv4 header has the checksum `by`; over IPv6: whose version is by mod 16.',
    answer: 'IP_CSUM (ip_rcv_core); another version: UNHANDLED_PROTO (ip6_rcv_core)',
  },
  {
    name: 'doff', title: 'Forge the header length', by: range(0, 15, 4),
    about: 'An ACK whose data offset is `by` words, whatever is there.',
    answer: 'below 5 or longer than the segment: PKT_TOO_SMALL (tcp_v4_rcv)',
  },
  {
    name: 'ip_length', title: 'Forge the IP length', by: range(-60, 1500, -1),
    about: 'An ACK whose IP header says a length that is `by` more than there is.',
    answer: 'longer than the frame: PKT_TOO_SMALL; shorter: what is behind is cut off (ip_rcv_core)',
  },
  {
    name: 'fragment', title: 'Forge a fragment', by: range(0, 0x3fff, 0x2000),
    about: 'An ACK whose IPv4 header has the fragment field `by`: 0x2000 says that more follow.',
    answer: 'waits for the others of its datagram (ip_local_deliver, ip_defrag); the model, which joins those of UDP alone, drops it',
  },
  {
    name: 'flags', title: 'Forge flags', lasting: true, by: range(0, 255, 0),
    about: 'An empty segment at rcv_nxt whose flags are `by`: none at all, SYN and FIN, or all.',
    answer: 'without ACK, RST and SYN: TCP_FLAGS (tcp_rcv_established, tcp_rcv_state_process)',
  },
  {
    name: 'stray', title: 'Send to a port where nobody is', by: range(1, 65_535, 1),
    about: 'A data segment to the local port + by.',
    answer: 'NO_SOCKET, answered by a RST (tcp_v4_send_reset)',
  },
  {
    name: 'ip_header', title: 'Forge the IP header length', by: range(0, 15, 4),
    about: 'An ACK whose IPv4 header says that it is `by` words long; over IPv6: whose traffic class begins with them.',
    answer: 'below 5: IP_INHDR; longer: options, or a checksum that is wrong (ip_rcv_core). The model has no IP options: IP_INHDR',
  },
  {
    name: 'synack', title: 'Forge a SYN-ACK', lasting: true, by: anywhere(),
    about: 'A SYN-ACK at rcv_nxt that acknowledges snd_nxt + by: 0 answers a SYN before the listener does.',
    answer: 'while a SYN is out: the right ACK is believed, another is answered by a RST (tcp_rcv_synsent_state_process); then as a SYN',
  },
  {
    name: 'old_tsval', title: 'Forge an old segment with a new timestamp', by: anywhere(1000),
    about: 'An empty segment from 1 GiB before the window, whose timestamp is ts_recent + by.',
    answer: 'dropped as TCP_OLD_SEQUENCE, and its timestamp is not remembered (tcp_validate_incoming, tcp_replace_ts_recent)',
  },
];
