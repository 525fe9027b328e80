/**
 * Description: an instance that more than one ring uses. A ring exports it as a descriptor and others import that; all share its
 * buffers and its refill ring, and the queue stays bound until the last of them is gone.
 */
import { NONE } from '../../../sim/core';
import { fdFile, fdFree, fdInstall, fileGet } from '../../../stack/file';
import { pagePool } from '../../../stack/3-pool';
import { sysClose } from '../../../uring-model/7-ring';
import { areaAt, ifqAt } from '../../../uring-model/9-refill';
import {
  EBADF, EEXIST, EINVAL, EMFILE, IORING_CQE_F_MORE, IORING_SETUP_CQE32, zcrx_ctrl, ZCRX_CTRL_EXPORT, ZCRX_CTRL_FLUSH_RQ, ZCRX_REG_IMPORT,
  ZCRX_REG_NODEV,
} from '../../../uring-model/uapi.gen';
import {
  bench, control, cqeOff, cqes, DEFER, DEFER32, getEvents, HOST, isCqe, packet, pagePacket, prepareZcrx, recvZc, registerZcrx, ring,
  rqPush, settle, socket, take, verify, zcrx,
} from '../config_ring.as';
import { otherFd, setAside, swap } from '../config_other_ring.as';
import { nodev, prepared, reg, withEvents } from '../config_zcrx.as';

/** Opens a second ring; the first is the other one from now on. */
function second(flags: u32): void {
  setAside();
  ring(64, flags);
}
function exported(): u32 {
  const ctrl = changetype<zcrx_ctrl>(<usize>bench().ctrl);
  memory.fill(bench().ctrl, 0, 72);
  assert(control(ZCRX_CTRL_EXPORT) == 0, 'a descriptor of the instance');
  const fd = ctrl.zc_export.zcrx_fd;
  memory.fill(bench().ctrl, 0, 72);
  return fd;
}
function importFd(fd: u32): i32 {
  memory.fill(bench().reg, 0, 96);
  reg().flags = ZCRX_REG_IMPORT;
  reg().if_idx = fd;
  const mask = bench().rq_mask;
  const ret = registerZcrx();
  bench().rq_mask = mask;
  return ret;
}

/** An instance that the bench's ring has imported from the other one: the descriptor that it came by. */
function shared(): u32 {
  zcrx(8, 8, 64);
  const box = exported();
  second(DEFER32);
  assert(importFd(box) == 0, 'imported');
  return box;
}

export function another_ring_receives_into_the_same_area(): void {
  zcrx(8, 8, 64);
  const box = exported();
  second(DEFER32);
  assert(importFd(box) == 0 && reg().zcrx_id == 0, 'ids are the ring\'s own');
  assert(reg().offsets.tail == 64 && reg().offsets.rqes == 128, 'where head and tail lie is told again');
  const fd = socket();
  packet(fd, 0, 100);
  recvZc(fd, 7, 0);
  assert(cqes() == 1 && isCqe(0, 7, 100, IORING_CQE_F_MORE), 'lent to the second ring');
  rqPush(cqeOff(0), 0);
  for (let i: u32 = 0; i < 7; i++) assert(take() != NONE, 'seven are free');
  assert(take() != NONE && ifqAt(0).loans == 0, 'and the eighth came back through the ring that both share');
  verify();
}

export function an_import_wants_a_descriptor_and_nothing_else(): void {
  zcrx(8, 8, 64);
  const box = exported();
  second(DEFER);
  assert(importFd(box) == -EINVAL, 'no wide completions');
  ring(64, IORING_SETUP_CQE32);
  assert(importFd(box) == -EINVAL, 'no DEFER_TASKRUN');
  ring(64, DEFER32);
  assert(importFd(77) == -EBADF, 'nothing is there');
  assert(importFd(bench().fd) == -EBADF, 'a ring is no instance');
  reg().zcrx_id = 0;
  reg().if_idx = box;
  reg().rq_entries = 1;
  assert(registerZcrx() == -EINVAL, 'rq_entries');
  reg().rq_entries = 0;
  reg().flags = ZCRX_REG_IMPORT | ZCRX_REG_NODEV;
  assert(registerZcrx() == -EINVAL, 'no other flag');
  reg().flags = ZCRX_REG_IMPORT;
  reg().event_desc = bench().notif;
  assert(registerZcrx() == -EINVAL, 'no events');
  reg().event_desc = 0;
  assert(registerZcrx() == 0 && ifqAt(0).refs == 3 && ifqAt(0).user_refs == 3, 'two rings and a descriptor');
}

export function an_export_has_nothing_to_say(): void {
  zcrx(8, 8, 64);
  memory.fill(bench().ctrl, 0, 72);
  store<u32>(bench().ctrl, 1, 28);
  assert(control(ZCRX_CTRL_EXPORT) == -EINVAL, 'reserved words');
  assert(ifqAt(0).refs == 1, 'and nothing has happened');
}

export function the_queue_stays_bound_until_the_last_of_them_is_gone(): void {
  const box = shared();
  sysClose(HOST, otherFd());
  settle();
  assert(pagePool(bench().pool).provider != 0, 'the ring that made it is gone, and the queue is bound');
  const fd = socket();
  packet(fd, 0, 100);
  recvZc(fd, 7, 0);
  assert(cqes() == 1, 'the second ring goes on');
  sysClose(HOST, bench().fd);
  sysClose(HOST, fd);
  settle();
  assert(pagePool(bench().pool).provider != 0, 'the descriptor alone keeps it');
  sysClose(HOST, box);
  assert(pagePool(bench().pool).provider == 0 && ifqAt(0).used == 0 && areaAt(0).used == 0, 'the last one');
  ring(64, DEFER32);
  prepareZcrx(8, 8);
  assert(registerZcrx() == 0, 'the queue is free at once');
}

export function a_descriptor_that_is_closed_leaves_the_instance_to_the_rings(): void {
  zcrx(8, 8, 64);
  const box = exported();
  assert(sysClose(HOST, box) == 0 && ifqAt(0).used == 1, 'closed');
  prepareZcrx(8, 8);
  assert(registerZcrx() == -EEXIST, 'still bound');
  verify();
}

export function buffers_on_loan_to_a_ring_that_ended_come_back_when_all_have_ended(): void {
  const box = shared();
  const fd = socket();
  packet(fd, 0, 100);
  recvZc(fd, 7, 0);
  sysClose(HOST, box);
  sysClose(HOST, bench().fd);
  settle();
  assert(ifqAt(0).loans == 1, 'nobody scrubs as long as a ring is left');
  sysClose(HOST, fd);
  sysClose(HOST, otherFd());
  settle();
  assert(ifqAt(0).used == 0, 'the last ring\'s exit takes all back');
}

export function events_go_to_the_ring_that_registered(): void {
  prepared(8);
  nodev();
  withEvents(99, 2);
  assert(registerZcrx() == 0, 'with events');
  const box = exported();
  second(DEFER32);
  assert(importFd(box) == 0, 'imported');
  const fd = socket();
  pagePacket(fd, 100, 0);
  recvZc(fd, 7, 0);
  getEvents();
  assert(cqes() == 1 && isCqe(0, 7, 100, IORING_CQE_F_MORE), 'the data here');
  swap();
  getEvents();
  assert(cqes() == 1 && isCqe(0, 99, 1, 0), 'the event there');
  assert(control(ZCRX_CTRL_FLUSH_RQ) == 0, 'either may read the ring');
}

export function without_descriptors_nothing_is_exported(): void {
  zcrx(8, 8, 64);
  const file_idx = fdFile(HOST, <i32>bench().fd);
  while (fdFree(HOST)) {
    fileGet(file_idx);
    fdInstall(HOST, file_idx);
  }
  memory.fill(bench().ctrl, 0, 72);
  assert(control(ZCRX_CTRL_EXPORT) == -EMFILE && ifqAt(0).refs == 1, 'and the instance has no more users than before');
}
