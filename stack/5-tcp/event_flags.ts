/** What an ACK brought (net/ipv4/tcp_input.c: FLAG_*). */
export const FLAG_DATA: u32 = 0x01;
export const FLAG_WIN_UPDATE: u32 = 0x02;
export const FLAG_DATA_ACKED: u32 = 0x04;
export const FLAG_RETRANS_DATA_ACKED: u32 = 0x08;
export const FLAG_SYN_ACKED: u32 = 0x10;
export const FLAG_DATA_SACKED: u32 = 0x20;
/** The peer reports congestion: ECE, or its ACE counter moved. */
export const FLAG_ECE: u32 = 0x40;
export const FLAG_LOST_RETRANS: u32 = 0x80;
export const FLAG_SLOWPATH: u32 = 0x100;
export const FLAG_ORIG_SACK_ACKED: u32 = 0x200;
export const FLAG_SND_UNA_ADVANCED: u32 = 0x400;
export const FLAG_DSACKING_ACK: u32 = 0x800;
export const FLAG_SET_XMIT_TIMER: u32 = 0x1000;
export const FLAG_SACK_RENEGING: u32 = 0x2000;
export const FLAG_UPDATE_TS_RECENT: u32 = 0x4000;
export const FLAG_NO_CHALLENGE_ACK: u32 = 0x8000;
export const FLAG_ACK_MAYBE_DELAYED: u32 = 0x10000;
export const FLAG_DSACK_TLP: u32 = 0x20000;
/** Its timestamp is newer than the one before. */
export const FLAG_TS_PROGRESS: u32 = 0x40000;

export const FLAG_ACKED: u32 = FLAG_DATA_ACKED | FLAG_SYN_ACKED;
export const FLAG_NOT_DUP: u32 = FLAG_DATA | FLAG_WIN_UPDATE | FLAG_ACKED;
export const FLAG_CA_ALERT: u32 = FLAG_DATA_SACKED | FLAG_ECE | FLAG_DSACKING_ACK;
export const FLAG_FORWARD_PROGRESS: u32 = FLAG_ACKED | FLAG_DATA_SACKED;

/** What to send after an ACK: tcp_xmit_recovery. */
export const REXMIT_NONE: u32 = 0;
export const REXMIT_LOST: u32 = 1;
export const REXMIT_NEW: u32 = 2;
