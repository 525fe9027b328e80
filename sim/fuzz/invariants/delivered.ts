/** What leaves a socket for zero-copy receive is what completions say, however much of it was copied. */
import type { TraceBatch } from '../../host/index.ts';
import type { Invariant } from './form.ts';

export const COMPLETED_AS_READ: Invariant = {
  id: 'B9', name: 'completed as read',
  about: 'The bytes that zero-copy receive takes from a socket are those of its completions: a part that was copied counts as that part.',
  source: 'Linux io_uring/zcrx.c: io_zcrx_recv_skb, io_zcrx_copy_chunk, io_zcrx_tcp_recvmsg; net/ipv4/tcp.c: tcp_read_sock',
  checker({ violated }) {
    /** The socket that is read, and bytes of completions since then. */
    let sock = -1;
    let bytes = 0;
    const completed = (s: number, len: number): void => {
      if (s !== sock && bytes !== 0) violated(`${bytes} bytes of socket ${sock} were completed, and did not leave it`);
      sock = s;
      bytes += len;
    };
    return {
      on: {
        zc_deliver: (b: TraceBatch, i: number) => completed(b.a(i), b.c(i)),
        zc_copy: (b: TraceBatch, i: number) => completed(b.a(i), b.b(i)),
        sock_read: (b: TraceBatch, i: number) => {
          if (bytes !== 0 && b.a(i) === sock && b.b(i) !== bytes) {
            violated(`${b.b(i)} bytes left socket ${sock}, and completions say ${bytes}`);
          }
          if (b.a(i) === sock) bytes = 0;
        },
      },
      atRest() {
        if (bytes !== 0) violated(`${bytes} bytes of socket ${sock} were completed, and did not leave it`);
      },
    };
  },
};
