// SPDX-License-Identifier: Apache-2.0
/* What a kernel knows of rings, and when completions become visible. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memory.h"
#include "probe.h"

/* Names that a library's header may lack. */
#define SETUP_SQE_MIXED (1u << 19)
#define SETUP_SQ_REWIND (1u << 20)
#define FEAT_RW_ATTR (1u << 16)
#define REGISTER_MEM_REGION 34
#define REGISTER_BPF_FILTER 37
#define POLLS 45
#define SHOTS 100
/* A multishot receive gives up after this many in a row. */
#define SHOTS_IN_A_ROW 33

static int has_setup(unsigned int flags)
{
	return ring_with(flags) ? YES : NO;
}

static int setup_hybrid_iopoll(void)
{
	return has_setup(IORING_SETUP_IOPOLL | IORING_SETUP_HYBRID_IOPOLL);
}

static int setup_cqe_mixed(void)
{
	return has_setup(IORING_SETUP_CQE_MIXED);
}

static int setup_sqe_mixed(void)
{
	return has_setup(SETUP_SQE_MIXED);
}

static int setup_sq_rewind(void)
{
	return has_setup(IORING_SETUP_NO_SQARRAY | SETUP_SQ_REWIND);
}

static int feat_rw_attr(void)
{
	ring_deferred();
	return probe_ring.features & FEAT_RW_ATTR ? YES : NO;
}

static int enter_reg_wait(void)
{
	ring_deferred();
	return reg_without_arg(REGISTER_MEM_REGION, 1);
}

static int register_bpf_filter(void)
{
	ring_deferred();
	return reg_without_arg(REGISTER_BPF_FILTER, 1);
}

static int sync_msg_ring(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_MSG_RING, .user_data = 1 };

	ring_deferred();
	sqe.fd = probe_ring.ring_fd;
	sqe.addr = IORING_MSG_DATA;
	return io_uring_register_sync_msg(&sqe) == 0 ? YES : NO;
}

/* Unregistering waits for the receive, and nobody would end it. */
static int rsrc_quiesce(void)
{
	struct io_uring_sqe *sqe;
	char byte;
	int fds[2];

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	if (io_uring_register_files(&probe_ring, fds, 1) < 0)
		return UNKNOWN;
	sqe = sqe_for(1);
	io_uring_prep_recv(sqe, 0, &byte, 1, 0);
	sqe->flags = IOSQE_FIXED_FILE;
	io_uring_submit(&probe_ring);
	return io_uring_unregister_files(&probe_ring) == 0 ? NO : UNKNOWN;
}

static int local_tw_cap(void)
{
	int fds[2];

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	for (int i = 0; i < POLLS; i++)
		io_uring_prep_poll_add(sqe_for((uint64_t)i), fds[0], POLLIN);
	if (io_uring_submit(&probe_ring) != POLLS || send(fds[1], "x", 1, 0) != 1)
		return UNKNOWN;
	return after_get_events() < POLLS ? YES : NO;
}

/* The receive gives up after so many shots and adds itself again: does the same call go on? */
static int local_tw_fifo(void)
{
	struct io_uring_sqe *sqe;
	int fds[2];

	ring_deferred();
	pair_of_sockets(SOCK_SEQPACKET, fds);
	buffer_group(128, 16, 0);
	sqe = sqe_for(1);
	io_uring_prep_recv_multishot(sqe, fds[0], NULL, 0, 0);
	sqe->flags = IOSQE_BUFFER_SELECT;
	sqe->buf_group = 1;
	io_uring_submit(&probe_ring);
	for (int i = 0; i < SHOTS; i++)
		if (send(fds[1], "x", 1, MSG_DONTWAIT) != 1)
			return UNKNOWN;
	return after_get_events() > SHOTS_IN_A_ROW + 1 ? YES : NO;
}

static int eventfd_rcu(void)
{
	const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct pollfd wait = { .fd = event, .events = POLLIN };
	int fds[2];

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	if (event < 0 || io_uring_register_eventfd(&probe_ring, event) < 0)
		return UNKNOWN;
	io_uring_prep_poll_add(sqe_for(1), fds[0], POLLIN);
	io_uring_submit(&probe_ring);
	if (send(fds[1], "x", 1, 0) != 1)
		return UNKNOWN;
	return poll(&wait, 1, 0) == 1 ? NO : YES;
}

static int timeout_immediate_arg(void)
{
	struct io_uring_sqe *sqe;

	ring_deferred();
	sqe = sqe_for(1);
	sqe->opcode = IORING_OP_TIMEOUT;
	sqe->fd = -1;
	sqe->addr = 1;
	sqe->len = 1;
	sqe->timeout_flags = IORING_TIMEOUT_IMMEDIATE_ARG;
	return result_of(sqe) == -ETIME ? YES : NO;
}

/* While a drain is on, requests take the way round by task work. */
static int drain_ends(void)
{
	struct io_uring_sqe *sqe;
	unsigned int flags;
	int res;

	ring_deferred();
	io_uring_prep_nop(sqe_for(1));
	io_uring_submit(&probe_ring);
	sqe = sqe_for(2);
	io_uring_prep_nop(sqe);
	sqe->flags = IOSQE_IO_DRAIN;
	io_uring_submit(&probe_ring);
	if (!next_cqe(&res, &flags) || !next_cqe(&res, &flags))
		return UNKNOWN;
	io_uring_prep_nop(sqe_for(3));
	io_uring_submit(&probe_ring);
	return io_uring_cq_ready(&probe_ring) == 1 ? YES : NO;
}

static int rwf_nosignal(void)
{
	struct io_uring_sqe *sqe;
	int fds[2];

	ring_deferred();
	if (pipe(fds) < 0)
		return UNKNOWN;
	close(fds[0]);
	sqe = sqe_for(1);
	io_uring_prep_write(sqe, fds[1], "x", 1, 0);
	sqe->rw_flags = 0x100;	/* RWF_NOSIGNAL */
	return result_of(sqe) == -EPIPE ? YES : NO;
}

const struct probe ring_probes[] = {
	{ "rwf_nosignal", rwf_nosignal, UNKNOWN }, { "sync_msg_ring", sync_msg_ring, UNKNOWN },
	{ "setup_hybrid_iopoll", setup_hybrid_iopoll, UNKNOWN }, { "setup_cqe_mixed", setup_cqe_mixed, UNKNOWN },
	{ "setup_sqe_mixed", setup_sqe_mixed, UNKNOWN }, { "setup_sq_rewind", setup_sq_rewind, UNKNOWN },
	{ "feat_rw_attr", feat_rw_attr, UNKNOWN }, { "enter_reg_wait", enter_reg_wait, UNKNOWN },
	{ "register_bpf_filter", register_bpf_filter, UNKNOWN }, { "rsrc_quiesce", rsrc_quiesce, YES },
	{ "local_tw_cap", local_tw_cap, UNKNOWN }, { "local_tw_fifo", local_tw_fifo, UNKNOWN },
	{ "eventfd_rcu", eventfd_rcu, UNKNOWN }, { "drain_ends", drain_ends, UNKNOWN },
	{ "timeout_immediate_arg", timeout_immediate_arg, UNKNOWN }, { NULL, NULL, 0 },
};
