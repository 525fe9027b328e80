/** What an application does with its payload beside what the kernel does: `app.touch`, `app.dram_permille` (sim/core/memory_use.ts). */
import {
  APP_RECEIVE_MMAP, APP_TOUCH_READ, APP_TOUCH_WRITE, appOther, appRead, appWrite, hostConfig, memUserApp, PAGE_SIZE,
} from '../../../sim/core';
import { sysPhysical } from '../../7-ring';
import { App } from './state';

/** It got [at, at + len): in an area, where the NIC wrote it, or where it was copied to. */
export function touchReceived(a: App, at: u32, len: u32): void {
  const c = hostConfig(a.host);
  if (c.app_touch == APP_TOUCH_READ) {
    const lent = a.area_addr != 0 && at >= a.area_addr && at - a.area_addr < c.refill_area_bytes;
    if (a.receive == APP_RECEIVE_MMAP) touchMapped(a, at, len);
    else appRead(lent ? <usize>at : <usize>memUserApp(a.host, at, len), len);
  }
  appOther(len);
}

/** What is mapped lies where the NIC wrote it, page by page; the rest was copied. */
function touchMapped(a: App, at: u32, len: u32): void {
  for (let off: u32 = 0; off < len; off += PAGE_SIZE) {
    const part = min(len - off, PAGE_SIZE);
    const page = sysPhysical(at + off);
    appRead(page != at + off ? <usize>page : <usize>memUserApp(a.host, at + off, part), part);
  }
}

/** It is going to send [at, at + len). */
export function touchSent(a: App, at: u32, len: u32): void {
  if (hostConfig(a.host).app_touch == APP_TOUCH_WRITE) appWrite(at, len);
  appOther(len);
}
