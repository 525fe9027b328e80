/** Bits of Sock.ack_pending (include/net/inet_connection_sock.h: inet_csk_ack_state_t), and kinds of write timers. */
export const ICSK_ACK_SCHED: u8 = 1;
export const ICSK_ACK_TIMER: u8 = 2;
export const ICSK_ACK_PUSHED: u8 = 4;
export const ICSK_ACK_PUSHED2: u8 = 8;
export const ICSK_ACK_NOW: u8 = 16;
export const ICSK_ACK_NOMEM: u8 = 32;

/** Sock.pending. */
export const ICSK_TIME_RETRANS: u8 = 1;
export const ICSK_TIME_PROBE0: u8 = 3;
export const ICSK_TIME_LOSS_PROBE: u8 = 5;
export const ICSK_TIME_REO_TIMEOUT: u8 = 6;

/** Sock.ca_state (include/uapi/linux/tcp.h: tcp_ca_state). */
export const TCP_CA_OPEN: u8 = 0;
export const TCP_CA_DISORDER: u8 = 1;
export const TCP_CA_CWR: u8 = 2;
export const TCP_CA_RECOVERY: u8 = 3;
export const TCP_CA_LOSS: u8 = 4;

/** Skb.sacked of a sent skb (include/net/tcp.h: TCPCB_*). */
export const TCPCB_SACKED_ACKED: u8 = 0x01;
export const TCPCB_SACKED_RETRANS: u8 = 0x02;
export const TCPCB_LOST: u8 = 0x04;
export const TCPCB_EVER_RETRANS: u8 = 0x80;
export const TCPCB_RETRANS: u8 = 0x82;
