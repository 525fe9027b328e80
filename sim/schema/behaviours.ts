/**
 * What io_uring does differently from kernel to kernel, between Linux 6.12 and 7.3: one named behaviour a row, with its
 * sentence, its source, and the profiles that have it. The model asks for behaviours and knows no version numbers; stable
 * kernels get fixes out of order, so a kernel is described by its behaviours and a profile is only a list of them.
 *
 * A scenario says `kernel: {profile: 7.1}`, and may switch single behaviours: `kernel: {profile: 7.1, unix_inq: off}`.
 */
export const PROFILES = ['6.12', '6.18', '6.19', '7.0', '7.1', '7.2', '7.3'] as const;
export type Profile = (typeof PROFILES)[number];
export const DEFAULT_PROFILE: Profile = '7.3';

export interface Behaviour {
  readonly name: string;
  readonly about: string;
  /** Linux file and function, or the trace that shows it. */
  readonly source: string;
  readonly profiles: readonly Profile[];
}

/** All profiles from one on. */
const from = (first: Profile): readonly Profile[] => PROFILES.slice(PROFILES.indexOf(first));
const behaviour = (name: string, about: string, source: string, profiles: readonly Profile[]): Behaviour => ({
  name, about, source, profiles,
});

export const BEHAVIOURS: readonly Behaviour[] = [
  behaviour('unix_inq', 'a receive on an AF_UNIX stream says how much is left: SOCK_NONEMPTY, no needless retry, bundles of more than '
    + 'one buffer', 'net/unix/af_unix.c: unix_stream_read_generic (msg_get_inq)', from('6.18')),
  behaviour('pbuf_min_left', 'a ring of incremental buffers may say which room is the least that keeps a buffer in use',
    'io_uring/kbuf.c: io_register_pbuf_ring (min_left)', ['6.18', '7.0', '7.1', '7.2', '7.3']),
];
