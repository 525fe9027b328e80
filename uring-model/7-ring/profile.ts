/** What the kernel of a host knows of the interface: masks and counts that setup, enter, register and query go by. */
import {
  BEHAVES_ENTER_REG_WAIT, BEHAVES_FEAT_RW_ATTR, BEHAVES_ZCRX_CTRL, BEHAVES_ZCRX_EVENTS, BEHAVES_REGISTER_BPF_FILTER,
  BEHAVES_ZCRX_CTRL, BEHAVES_SETUP_CQE_MIXED, BEHAVES_SETUP_HYBRID_IOPOLL, BEHAVES_SETUP_SQE_MIXED, BEHAVES_SETUP_SQ_REWIND,
  behaves,
} from '../../sim/core';
import {
  IO_URING_QUERY_SCQ, IO_URING_QUERY_ZCRX, IO_URING_QUERY_ZCRX_EVENT, IORING_ENTER_EXT_ARG_REG, IORING_ENTER_NO_IOWAIT,
  IORING_FEAT_NO_IOWAIT, IORING_FEAT_RW_ATTR, IORING_OP_LAST, IORING_OP_NOP128, IORING_OP_RECV_ZC, IORING_REGISTER_BPF_FILTER,
  IORING_REGISTER_LAST, IORING_REGISTER_SEND_MSG_RING, IORING_REGISTER_ZCRX_CTRL, IORING_SETUP_CQE_MIXED, IORING_SETUP_HYBRID_IOPOLL,
  IORING_SETUP_SQ_REWIND, IORING_SETUP_SQE_MIXED,
} from '../uapi.gen';

/** All bits below and including one. */
function upTo(bit: u32): u32 {
  return bit | (bit - 1);
}

/** IORING_FEAT_FLAGS */
export function featureFlags(host: u32): u32 {
  return behaves(host, BEHAVES_FEAT_RW_ATTR) ? upTo(IORING_FEAT_NO_IOWAIT) : IORING_FEAT_RW_ATTR - 1;
}
/** IORING_SETUP_FLAGS */
export function setupFlags(host: u32): u32 {
  if (behaves(host, BEHAVES_SETUP_SQ_REWIND)) return upTo(IORING_SETUP_SQ_REWIND);
  if (behaves(host, BEHAVES_SETUP_SQE_MIXED)) return upTo(IORING_SETUP_SQE_MIXED);
  if (behaves(host, BEHAVES_SETUP_CQE_MIXED)) return upTo(IORING_SETUP_CQE_MIXED);
  return behaves(host, BEHAVES_SETUP_HYBRID_IOPOLL) ? upTo(IORING_SETUP_HYBRID_IOPOLL) : IORING_SETUP_HYBRID_IOPOLL - 1;
}
/** IORING_ENTER_FLAGS */
export function enterFlags(host: u32): u32 {
  return behaves(host, BEHAVES_ENTER_REG_WAIT) ? upTo(IORING_ENTER_NO_IOWAIT) : IORING_ENTER_EXT_ARG_REG - 1;
}
/** IORING_OP_LAST */
export function opLast(host: u32): u32 {
  if (behaves(host, BEHAVES_SETUP_SQE_MIXED)) return IORING_OP_LAST;
  return behaves(host, BEHAVES_FEAT_RW_ATTR) ? IORING_OP_NOP128 : IORING_OP_RECV_ZC;
}
/** IORING_REGISTER_LAST */
export function registerLast(host: u32): u32 {
  if (behaves(host, BEHAVES_REGISTER_BPF_FILTER)) return IORING_REGISTER_LAST;
  if (behaves(host, BEHAVES_ZCRX_CTRL)) return IORING_REGISTER_BPF_FILTER;
  return behaves(host, BEHAVES_ENTER_REG_WAIT) ? IORING_REGISTER_ZCRX_CTRL : IORING_REGISTER_SEND_MSG_RING;
}
/** __IO_URING_QUERY_MAX */
export function queryLast(host: u32): u32 {
  if (behaves(host, BEHAVES_ZCRX_EVENTS)) return IO_URING_QUERY_ZCRX_EVENT + 1;
  return behaves(host, BEHAVES_ZCRX_CTRL) ? IO_URING_QUERY_SCQ + 1 : IO_URING_QUERY_ZCRX;
}
