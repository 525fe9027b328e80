/**
 * Control messages of recvmsg (net/core/scm.c: put_cmsg), in memory as user space has them, and where they go:
 *
 *      0           4             8                 12            16
 *     +-----------+-------------+-----------------+-------------+----------------------------
 *     | msg_flags | msg_namelen | msg_controllen  | room        | cmsghdr, data, cmsghdr, …
 *     +-----------+-------------+-----------------+-------------+----------------------------
 */
export const MSG_CTRUNC: u32 = 0x08;

@unmanaged
export class MsgOut {
  msg_flags: u32;
  msg_namelen: u32;
  /** Bytes of messages. */
  msg_controllen: u32;
  /** Bytes for messages. */
  room: u32;
}
const CONTROL: usize = 16;
/** struct cmsghdr: length (8 bytes), level, type. */
const CMSG_HEADER: u32 = 16;

export function msgOut(at: usize): MsgOut {
  return changetype<MsgOut>(at);
}

/** Empties `at`, which has `room` bytes behind its head. */
export function clearMsgOut(at: usize, room: u32): void {
  memory.fill(at, 0, CONTROL + room);
  msgOut(at).room = room;
}

/** Appends a message of `len` bytes of data and returns where they go; the caller writes no more than `room` allows: 0 if none. */
export function putCmsg(at: usize, level: u32, type: u32, len: u32): usize {
  const out = msgOut(at);
  const used = out.msg_controllen;
  const wanted = CMSG_HEADER + len;
  if (out.room - used < wanted) {
    out.msg_flags |= MSG_CTRUNC;
    return 0;
  }
  const header = at + CONTROL + used;
  store<u64>(header, wanted);
  store<u32>(header, level, 8);
  store<u32>(header, type, 12);
  out.msg_controllen = min(used + ((wanted + 7) & ~7), out.room);
  return header + CMSG_HEADER;
}

/** Does a header among the messages of a sendmsg say that it is longer than what there is (for_each_cmsghdr, CMSG_OK)? */
export function cmsgMalformed(at: usize, len: u32): bool {
  for (let used: u32 = 0; used + CMSG_HEADER <= len; ) {
    const cmsg_len = load<u64>(at + used);
    if (cmsg_len < <u64>CMSG_HEADER || cmsg_len > <u64>(len - used)) return true;
    used += (<u32>cmsg_len + 7) & ~7;
  }
  return false;
}
