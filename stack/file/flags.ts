/** Flags of open files that only files themselves look at (include/uapi/asm-generic/fcntl.h). */
export const O_DIRECT: u32 = 0o40000;
