/** IORING_REGISTER_PROBE and IORING_REGISTER_QUERY: what is there (io_uring/register.c: io_probe; io_uring/query.c). */
import { PAGE_SIZE, RING_ADDR } from '../../sim/core';
import { userOk } from '../../stack/3-pool';
import { zcrxQuery, zcrxQueryEvents } from '../9-refill';
import {
  E2BIG, EFAULT, EINVAL, EOPNOTSUPP, ERANGE, IO_URING_OP_SUPPORTED, io_uring_probe, IO_URING_PROBE_BYTES, IO_URING_PROBE_OP_BYTES,
  io_uring_query_hdr, IO_URING_QUERY_HDR_BYTES, io_uring_query_opcode, IO_URING_QUERY_OPCODE_BYTES, IO_URING_QUERY_OPCODES,
  io_uring_query_scq, IO_URING_QUERY_SCQ_BYTES, IO_URING_QUERY_ZCRX, IO_URING_QUERY_ZCRX_EVENT,
} from '../uapi.gen';
import { opDef, OP_SUPPORTED } from './opdef';
import { enterFlags, featureFlags, opLast, queryLast, registerLast, setupFlags } from './profile';
import { SQE_VALID_FLAGS } from './sq';
import { RINGS_CQES } from './state';

const IO_MAX_QUERY_SIZE: u32 = 48;
const IO_MAX_QUERY_ENTRIES: u32 = 1000;
/** Where an answer is made: behind the stage's state. */
const ANSWER: usize = RING_ADDR + 0x700;

/** io_probe */
export function probe(host: u32, arg: u64, nr_args: u32): i32 {
  const last = opLast(host);
  const nr = nr_args > last ? last : nr_args;
  const bytes = IO_URING_PROBE_BYTES + nr * IO_URING_PROBE_OP_BYTES;
  if (!userOk(arg, bytes)) return -EFAULT;
  const at = <usize>arg;
  for (let i: usize = 0; i < <usize>bytes; i++) if (load<u8>(at + i) != 0) return -EINVAL;
  const p = changetype<io_uring_probe>(at);
  p.last_op = <u8>(last - 1);
  p.ops_len = <u8>nr;
  for (let i: u32 = 0; i < nr; i++) {
    const op = at + IO_URING_PROBE_BYTES + <usize>(i * IO_URING_PROBE_OP_BYTES);
    store<u8>(op, <u8>i);
    if ((opDef(i) & OP_SUPPORTED) != 0) store<u16>(op, <u16>IO_URING_OP_SUPPORTED, 2);
  }
  return 0;
}

function queryOpcodes(host: u32): u32 {
  const e = changetype<io_uring_query_opcode>(ANSWER);
  e.nr_request_opcodes = opLast(host);
  e.nr_register_opcodes = registerLast(host);
  e.feature_flags = featureFlags(host);
  e.ring_setup_flags = setupFlags(host);
  e.enter_flags = enterFlags(host);
  e.sqe_flags = SQE_VALID_FLAGS;
  e.nr_query_opcodes = queryLast(host);
  e.__pad = 0;
  return IO_URING_QUERY_OPCODE_BYTES;
}
function queryScq(): u32 {
  const e = changetype<io_uring_query_scq>(ANSWER);
  e.hdr_size = RINGS_CQES;
  e.hdr_alignment = 64;
  return IO_URING_QUERY_SCQ_BYTES;
}

/** Makes the answer to a question that there is; its size. */
function answer(host: u32, op: u32): u32 {
  if (op == IO_URING_QUERY_OPCODES) return queryOpcodes(host);
  if (op == IO_URING_QUERY_ZCRX) return zcrxQuery(host, ANSWER);
  return op == IO_URING_QUERY_ZCRX_EVENT ? zcrxQueryEvents(host, ANSWER) : queryScq();
}

/** One question; what fails is told in its header, unless memory is bad (io_handle_query_entry). */
function handleEntry(host: u32, at: u64): i32 {
  if (!userOk(at, IO_URING_QUERY_HDR_BYTES)) return -EFAULT;
  const hdr = changetype<io_uring_query_hdr>(<usize>at);
  const size = hdr.size;
  if (size > PAGE_SIZE) return -E2BIG;
  const bytes = size < IO_MAX_QUERY_SIZE ? size : IO_MAX_QUERY_SIZE;
  const data = hdr.query_data;
  let result: i32 = 0;
  if (hdr.query_op >= queryLast(host)) result = -EOPNOTSUPP;
  else if (load<u32>(<usize>at, 28) != 0 || load<u64>(<usize>at, 32) != 0 || hdr.result != 0 || size == 0) result = -EINVAL;
  else if (!userOk(data, bytes)) return -EFAULT;
  const made = result == 0 ? answer(host, hdr.query_op) : 0;
  const n = made < size ? made : size;
  if (size != 0) {
    if (!userOk(data, size)) return -EFAULT;
    memory.copy(<usize>data, ANSWER, n);
    memory.fill(<usize>data + n, 0, size - n);
  }
  hdr.result = result;
  hdr.size = n;
  return 0;
}

/** A list of questions (io_query). */
export function query(host: u32, arg: u64, nr_args: u32): i32 {
  if (nr_args != 0) return -EINVAL;
  let nr: u32 = 0;
  for (let at = arg; at != 0; ) {
    const ret = handleEntry(host, at);
    if (ret != 0) return ret;
    at = changetype<io_uring_query_hdr>(<usize>at).next_entry;
    if (++nr >= IO_MAX_QUERY_ENTRIES) return -ERANGE;
  }
  return 0;
}
