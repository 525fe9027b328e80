/**
 * Registered files and buffers (io_uring/rsrc.c, io_uring/filetable.c). A table of a ring is a row of slots; a slot holds a
 * node, or nothing. A request that uses a node counts as well, so that what is unregistered or replaced stays until the
 * last such request has ended; only then the tag's completion is posted.
 *
 *     slots   | files of ring 0 ... | free | buffers of ring 0 ... | files of ring 1 ... |        RSRC_SLOTS_MAX
 *                 |                              |
 *               node: refs, tag, file          node: refs, tag --> memory: address, length, count of nodes (clones share it)
 */
import { arenaAlloc, NONE, PAGE_SIZE, RINGS_MAX, RSRC_NODES_MAX, RSRC_SLOTS_MAX, slabAt, slabNew, slabPut, slabTake } from '../../sim/core';
import { memUncharge } from '../../stack/3-pool';
import { EBADF, EFAULT, EINVAL, ENFILE, ENOMEM, ENXIO, IORING_FILE_INDEX_ALLOC } from '../uapi.gen';
import { postAuxCqe } from './cq';
import { fileAt, filePut, FILE_RING } from '../../stack/file';
import { Req } from './request';
import { Ring, ringAt, RING_FREE, ringState } from './state';

export const NODE_FILE: u8 = 0;
export const NODE_BUFFER: u8 = 1;

/** struct io_rsrc_node, and for a buffer that is not shared struct io_mapped_ubuf too. */
@unmanaged
export class Node {
  tag: u64;
  /** Buffers: address and length. */
  ubuf: u64;
  len: u64;
  /** Files. */
  file: u32;
  refs: u32;
  /** Buffers: nodes of clones make a circle, this is the next of it. */
  clone: u32;
  kind: u8;
  pad: u8;
  pad16: u16;
}

export function nodeAt(node: u32): Node {
  return changetype<Node>(slabAt(ringState().nodes, node));
}

export function rsrcInit(): void {
  const s = ringState();
  s.nodes = slabNew(RSRC_NODES_MAX, offsetof<Node>());
  s.slots_base = <u32>arenaAlloc(<u64>RSRC_SLOTS_MAX * 4);
}

/** A node with one reference, or NONE (io_rsrc_node_alloc). */
export function nodeNew(kind: u8): u32 {
  const idx = slabTake(ringState().nodes);
  if (idx == NONE) return NONE;
  const n = nodeAt(idx);
  n.kind = kind;
  n.refs = 1;
  n.tag = 0;
  n.file = NONE;
  n.clone = idx;
  return idx;
}
/** Gives a node back that nobody has seen. */
export function nodeDrop(node: u32): void {
  slabPut(ringState().nodes, node);
}

/** Drops a reference; with the last one what was registered goes, and the tag is posted (io_free_rsrc_node). */
export function nodePut(r: Ring, node: u32): void {
  const n = nodeAt(node);
  assert(n.refs != 0, 'R12 a node that is gone is not used');
  if (--n.refs != 0) return;
  if (n.tag != 0) postAuxCqe(r, n.tag, 0, 0);
  if (n.kind == NODE_FILE) filePut(n.file);
  else bufferUnmap(r, node);
  nodeDrop(node);
}

/** Pages that a piece of memory touches. */
export function pagesOf(addr: u64, len: u64): u64 {
  const mask = <u64>PAGE_SIZE - 1;
  return (((addr + len + mask) & ~mask) - (addr & ~mask)) / <u64>PAGE_SIZE;
}

/** Leaves the circle of clones; the last one of it gives the memory back (io_buffer_unmap). */
function bufferUnmap(r: Ring, node: u32): void {
  let before = node;
  while (nodeAt(before).clone != node) before = nodeAt(before).clone;
  nodeAt(before).clone = nodeAt(node).clone;
  if (before == node) memUncharge(r.host, pagesOf(nodeAt(node).ubuf, nodeAt(node).len));
  assert(r.used != RING_FREE, 'R12 a node belongs to a ring that is there');
}

/** Another node for the memory of `node`, or NONE. */
export function nodeClone(node: u32): u32 {
  const idx = nodeNew(NODE_BUFFER);
  if (idx == NONE) return NONE;
  const n = nodeAt(idx);
  const old = nodeAt(node);
  n.ubuf = old.ubuf;
  n.len = old.len;
  n.clone = old.clone;
  old.clone = idx;
  return idx;
}

export function slot(base: u32, i: u32): u32 {
  return load<u32>(<usize>ringState().slots_base + (<usize>(base + i) << 2));
}
export function setSlot(base: u32, i: u32, node: u32): void {
  store<u32>(<usize>ringState().slots_base + (<usize>(base + i) << 2), node);
}

/** The end of a table that has a slot in [at, at + nr), or `at` when none has. */
function tableBehind(at: u32, nr: u32): u32 {
  for (let i: u32 = 0; i < RINGS_MAX; i++) {
    const r = ringAt(i);
    if (r.used == RING_FREE) continue;
    if (r.files_nr != 0 && r.files_base < at + nr && at < r.files_base + r.files_nr) return r.files_base + r.files_nr;
    if (r.bufs_nr != 0 && r.bufs_base < at + nr && at < r.bufs_base + r.bufs_nr) return r.bufs_base + r.bufs_nr;
  }
  return at;
}

/** Empty slots in a row: the first of them, or NONE (io_rsrc_data_alloc). The caller makes them its ring's. */
export function slotsAlloc(nr: u32): u32 {
  let at: u32 = 0;
  while (at + nr <= RSRC_SLOTS_MAX) {
    const end = tableBehind(at, nr);
    if (end == at) {
      memory.fill(<usize>ringState().slots_base + (<usize>at << 2), 0xff, <usize>nr << 2);
      return at;
    }
    at = end;
  }
  return NONE;
}

/** All nodes of a table go; the last first (io_rsrc_data_free). */
export function tableFree(r: Ring, base: u32, nr: u32): void {
  for (let i = nr; i > 0; i--) {
    const node = slot(base, i - 1);
    if (node != NONE) nodePut(r, node);
  }
}

/** The node of a slot, or NONE (io_rsrc_node_lookup). */
export function fileNode(r: Ring, i: u32): u32 {
  return i < r.files_nr ? slot(r.files_base, i) : NONE;
}
export function bufNode(r: Ring, i: u32): u32 {
  return i < r.bufs_nr ? slot(r.bufs_base, i) : NONE;
}

/** Finds the registered file of a request, which holds on to it: false when there is none (io_file_get_fixed). */
export function fileGetFixed(r: Ring, req: Req): bool {
  const node = fileNode(r, <u32>req.fd);
  if (node == NONE) return false;
  const n = nodeAt(node);
  n.refs++;
  req.file_node = node;
  req.file = n.file;
  return true;
}

/** The registered buffer of a request (buf_index), which holds on to it: its node, or NONE (io_find_buf_node). */
export function findBufNode(req: Req): u32 {
  if (req.buf_node != NONE) return req.buf_node;
  const node = bufNode(ringAt(req.ring), req.buf_index);
  if (node == NONE) return NONE;
  nodeAt(node).refs++;
  req.buf_node = node;
  return node;
}

/** May the request use [addr, addr + len) as a part of its registered buffer? 0 or -EFAULT (io_import_reg_buf). */
export function importRegBuf(req: Req, addr: u64, len: u64): i32 {
  const node = findBufNode(req);
  if (node == NONE) return -EFAULT;
  const n = nodeAt(node);
  if (addr + len < addr || addr < n.ubuf || addr + len > n.ubuf + n.len || len > MAX_RW_COUNT) return -EFAULT;
  return 0;
}
/** Bytes of one read or write. */
const MAX_RW_COUNT: u64 = 0x7ffff000;

/** The range of slots that are handed out by themselves (io_file_table_set_alloc_range). */
export function setAllocRange(r: Ring, off: u32, len: u32): void {
  r.file_alloc_start = off;
  r.file_alloc_end = off + len;
  r.file_alloc_hint = off;
}

/** A free slot of that range, from the hint on and then from its beginning; -ENFILE when there is none (io_file_bitmap_get). */
function freeSlot(r: Ring): i32 {
  if (r.files_nr == 0) return -ENFILE;
  if (r.file_alloc_hint < r.file_alloc_start || r.file_alloc_hint >= r.file_alloc_end) r.file_alloc_hint = r.file_alloc_start;
  const hint = r.file_alloc_hint;
  for (let i = hint; i < r.file_alloc_end; i++) if (slot(r.files_base, i) == NONE) return <i32>i;
  for (let i = r.file_alloc_start; i < hint; i++) if (slot(r.files_base, i) == NONE) return <i32>i;
  r.file_alloc_hint = r.file_alloc_start;
  return -ENFILE;
}

/** What was in a slot goes: false when nothing was (io_reset_rsrc_node). */
export function resetFileSlot(r: Ring, i: u32): bool {
  const node = fileNode(r, i);
  if (node == NONE) return false;
  nodePut(r, node);
  setSlot(r.files_base, i, NONE);
  return true;
}
/** Puts a file, whose reference the slot takes over, into an empty slot; false without a node. */
export function setFileSlot(r: Ring, i: u32, file_idx: u32, tag: u64): bool {
  const node = nodeNew(NODE_FILE);
  if (node == NONE) return false;
  nodeAt(node).file = file_idx;
  nodeAt(node).tag = tag;
  setSlot(r.files_base, i, node);
  r.file_alloc_hint = i + 1;
  return true;
}

/**
 * A direct descriptor: puts a file into a slot (from 1), or into a free one for IORING_FILE_INDEX_ALLOC, whose number is
 * the result then. -errno drops the file (io_fixed_fd_install).
 */
export function fixedFdInstall(r: Ring, file_idx: u32, file_slot: u32): i32 {
  const alloc = file_slot == IORING_FILE_INDEX_ALLOC;
  let ret = alloc ? freeSlot(r) : <i32>(file_slot - 1);
  if (!alloc || ret >= 0) ret = installFixedFile(r, file_idx, <u32>ret, alloc);
  if (ret < 0) filePut(file_idx);
  return ret;
}
function installFixedFile(r: Ring, file_idx: u32, i: u32, alloc: bool): i32 {
  if (fileAt(file_idx).kind == FILE_RING) return -EBADF;
  if (r.files_nr == 0) return -ENXIO;
  if (i >= r.files_nr) return -EINVAL;
  const node = nodeNew(NODE_FILE);
  if (node == NONE) return -ENOMEM;
  if (!resetFileSlot(r, i)) r.file_alloc_hint = i + 1;
  nodeAt(node).file = file_idx;
  setSlot(r.files_base, i, node);
  return alloc ? <i32>i : 0;
}

/** Empties a slot (io_fixed_fd_remove). */
export function fixedFdRemove(r: Ring, i: u32): i32 {
  if (r.files_nr == 0) return -ENXIO;
  if (i >= r.files_nr) return -EINVAL;
  if (!resetFileSlot(r, i)) return -EBADF;
  r.file_alloc_hint = i;
  return 0;
}
