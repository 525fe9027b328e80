/** What an application does with its payload beside what the kernel does: `app.touch`, `app.dram_permille` (sim/core/memory_use.ts). */
import { APP_TOUCH_READ, APP_TOUCH_WRITE, appOther, appRead, appWrite, hostConfig, memUserApp } from '../../../sim/core';
import { App } from './state';

/** It got [at, at + len): in an area, where the NIC wrote it, or where it was copied to. */
export function touchReceived(a: App, at: u32, len: u32): void {
  const c = hostConfig(a.host);
  if (c.app_touch == APP_TOUCH_READ) {
    const lent = at >= a.area_addr && at - a.area_addr < c.refill_area_bytes;
    appRead(lent ? <usize>at : <usize>memUserApp(a.host, at, len), len);
  }
  appOther(len);
}

/** It is going to send [at, at + len). */
export function touchSent(a: App, at: u32, len: u32): void {
  if (hostConfig(a.host).app_touch == APP_TOUCH_WRITE) appWrite(at, len);
  appOther(len);
}
