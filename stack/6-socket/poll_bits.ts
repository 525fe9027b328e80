/** Poll bits (include/uapi/asm-generic/poll.h). */
export const POLLIN: u32 = 0x0001;
export const POLLPRI: u32 = 0x0002;
export const POLLOUT: u32 = 0x0004;
export const POLLERR: u32 = 0x0008;
export const POLLHUP: u32 = 0x0010;
export const POLLRDNORM: u32 = 0x0040;
export const POLLRDBAND: u32 = 0x0080;
export const POLLWRNORM: u32 = 0x0100;
export const POLLWRBAND: u32 = 0x0200;
export const POLLRDHUP: u32 = 0x2000;
