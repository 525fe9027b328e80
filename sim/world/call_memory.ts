/** Where a system call keeps a message and a name for a moment, in the ABI buffer: no part of the state. */
import { ABI_ADDR } from '../core';

export const CALL_MSG: usize = ABI_ADDR + 0x4000;
/** 128 bytes: struct sockaddr_storage. */
export const CALL_NAME: usize = ABI_ADDR + 0x4100;
export const CALL_NAME_BYTES: u32 = 128;
/** Two words. */
export const CALL_PAIR: usize = ABI_ADDR + 0x4200;
/** Values of options. */
export const CALL_VALUE: usize = ABI_ADDR + 0x4300;
export const CALL_VALUE_BYTES: u32 = 0x400;
