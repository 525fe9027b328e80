/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which behaviours of sim/schema/behaviours.ts this kernel has, found by trying. Each probe runs in a process of its own, so that one that
 * blocks or crashes is an answer too and leaves nothing behind; none needs privilege, and what one cannot decide is unknown.
 */
#ifndef AGENT_PROBE_H
#define AGENT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <liburing.h>

enum { NO, YES, UNKNOWN };

struct probe {
	const char *behaviour;
	int (*run)(void);
	int when_it_blocks;
};
extern const struct probe ring_probes[], net_probes[], zcrx_probes[];

void probe_run(void);

/* For probes. Whatever they cannot have makes the answer unknown. */
extern struct io_uring probe_ring;
/* A ring with 64 entries. False: the kernel does not know these flags. */
bool ring_with(unsigned int flags);
void ring_deferred(void);
struct io_uring_sqe *sqe_for(uint64_t user_data);
/* Submits, and waits for one completion: its result. */
int result_of(struct io_uring_sqe *sqe);
/* Result and flags of the next completion, waiting for at most half a second; false: none came. */
bool next_cqe(int *res, unsigned int *flags);
/* Completions that one call finds. */
unsigned int after_get_events(void);
void pair_of_sockets(int type, int fds[2]);
void tcp_pair_of_sockets(int fds[2]);
/* Buffer group 1: `n` buffers of `bytes`. */
struct io_uring_buf_ring *buffer_group(unsigned int n, unsigned int bytes, unsigned int flags);
int reg_without_arg(unsigned int opcode, unsigned int nr_args);
_Noreturn void answer(int answer);

#endif
