/** The three calls of WASI preview 1 that the command needs. The only imports of any build; this file is no part of the core. */
// @ts-ignore: decorator on a function
@external('wasi_snapshot_preview1', 'fd_read')
export declare function fd_read(fd: u32, iovs: usize, iovs_len: u32, nread: usize): u32;
// @ts-ignore: decorator on a function
@external('wasi_snapshot_preview1', 'fd_write')
export declare function fd_write(fd: u32, iovs: usize, iovs_len: u32, nwritten: usize): u32;
// @ts-ignore: decorator on a function
@external('wasi_snapshot_preview1', 'proc_exit')
export declare function proc_exit(code: u32): void;
