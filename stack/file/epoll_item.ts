/** Epoll sets and their items (fs/eventpoll.c: struct eventpoll, struct epitem): tables and lists, without what a poll does. */
import {
  EPOLL_ITEMS_MAX, EPOLLS_MAX, FILE_ADDR, NONE, Slab, slabAt, slabNew, slabPut, slabTake, waitFree, waitRemove,
} from '../../sim/core';
import { fileAt } from './table';

export const EPOLLEXCLUSIVE: u32 = 1 << 28;
export const EPOLLWAKEUP: u32 = 1 << 29;
export const EPOLLONESHOT: u32 = 1 << 30;
export const EPOLLET: u32 = 0x80000000;
/** A wake-up that came from completions of a ring. */
export const EPOLL_URING_WAKE: u32 = 1 << 27;

@unmanaged
class EpollState {
  epolls: Slab;
  items: Slab;
}
@unmanaged
export class Epoll {
  /** Heads: tasks in epoll_wait, and who polls the set itself. */
  wq: u32;
  poll_wait: u32;
  /** Items, and those that may be ready, oldest first. */
  items: u32;
  ready_head: u32;
  ready_tail: u32;
  file: u32;
}
@unmanaged
export class Item {
  data: u64;
  events: u32;
  epoll: u32;
  file: u32;
  fd: i32;
  /** Wait entries + 1. */
  wait0: u32;
  wait1: u32;
  /** In the list of ready ones. */
  ready: u32;
  ready_next: u32;
  ready_prev: u32;
  /** Next of the set; next that watches the same file + 1. */
  next: u32;
  watch_next: u32;
  unused: u32;
}
const EPOLL_STATE: usize = FILE_ADDR + 0x90;

function state(): EpollState {
  return changetype<EpollState>(EPOLL_STATE);
}
export function epollAt(idx: u32): Epoll {
  return changetype<Epoll>(slabAt(state().epolls, idx));
}
export function itemAt(idx: u32): Item {
  return changetype<Item>(slabAt(state().items, idx));
}

export function epollTablesInit(): void {
  const s = state();
  s.epolls = slabNew(EPOLLS_MAX, offsetof<Epoll>());
  s.items = slabNew(EPOLL_ITEMS_MAX, offsetof<Item>());
}

/** An empty set, or NONE. */
export function epollAlloc(): u32 {
  const idx = slabTake(state().epolls);
  if (idx == NONE) return NONE;
  const ep = epollAt(idx);
  memory.fill(changetype<usize>(ep), 0, offsetof<Epoll>());
  ep.items = NONE;
  ep.ready_head = NONE;
  ep.ready_tail = NONE;
  return idx;
}
export function epollFree(idx: u32): void {
  slabPut(state().epolls, idx);
}

/** The item of a file under a descriptor, or NONE (ep_find). */
export function itemFind(ep: Epoll, file_idx: u32, fd: i32): u32 {
  for (let i = ep.items; i != NONE; i = itemAt(i).next) if (itemAt(i).file == file_idx && itemAt(i).fd == fd) return i;
  return NONE;
}

/** A new item of the set, which watches a file; NONE at the limit. */
export function itemNew(epoll: u32, file_idx: u32, fd: i32): u32 {
  const idx = slabTake(state().items);
  if (idx == NONE) return NONE;
  const item = itemAt(idx);
  memory.fill(changetype<usize>(item), 0, offsetof<Item>());
  item.epoll = epoll;
  item.file = file_idx;
  item.fd = fd;
  item.next = epollAt(epoll).items;
  epollAt(epoll).items = idx;
  item.watch_next = fileAt(file_idx).watchers;
  fileAt(file_idx).watchers = idx + 1;
  return idx;
}

export function readyAdd(ep: Epoll, idx: u32): void {
  const item = itemAt(idx);
  item.ready = 1;
  item.ready_next = NONE;
  item.ready_prev = ep.ready_tail;
  if (ep.ready_tail == NONE) ep.ready_head = idx;
  else itemAt(ep.ready_tail).ready_next = idx;
  ep.ready_tail = idx;
}
export function readyRemove(ep: Epoll, idx: u32): void {
  const item = itemAt(idx);
  if (item.ready == 0) return;
  item.ready = 0;
  if (item.ready_prev == NONE) ep.ready_head = item.ready_next;
  else itemAt(item.ready_prev).ready_next = item.ready_next;
  if (item.ready_next == NONE) ep.ready_tail = item.ready_prev;
  else itemAt(item.ready_next).ready_prev = item.ready_prev;
}

function freeEntry(entry_and_one: u32): void {
  if (entry_and_one == 0) return;
  waitRemove(entry_and_one - 1);
  waitFree(entry_and_one - 1);
}
/** The item is gone from everywhere (ep_remove). */
export function itemRemove(idx: u32): void {
  const item = itemAt(idx);
  const ep = epollAt(item.epoll);
  freeEntry(item.wait0);
  freeEntry(item.wait1);
  readyRemove(ep, idx);
  if (ep.items == idx) ep.items = item.next;
  else {
    let before = ep.items;
    while (itemAt(before).next != idx) before = itemAt(before).next;
    itemAt(before).next = item.next;
  }
  const f = fileAt(item.file);
  if (f.watchers == idx + 1) f.watchers = item.watch_next;
  else {
    let before = f.watchers - 1;
    while (itemAt(before).watch_next != idx + 1) before = itemAt(before).watch_next - 1;
    itemAt(before).watch_next = item.watch_next;
  }
  slabPut(state().items, idx);
}

/** A file goes: no set watches it any more (eventpoll_release_file). */
export function watchersRelease(file_idx: u32): void {
  const f = fileAt(file_idx);
  while (f.watchers != 0) itemRemove(f.watchers - 1);
}
