/** Where the payload table is: the last bytes of the stage's page. */
import { APP_ADDR } from '../../../sim/core';

@unmanaged
export class PayloadState {
  table: u32;
  /** Bytes repeated behind the table's end. */
  tail: u32;
}

export function payloadState(): PayloadState {
  return changetype<PayloadState>(APP_ADDR + 0x80);
}
