// SPDX-License-Identifier: Apache-2.0
/* System calls, and what a ring does for a request that does nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <liburing.h>

#include "calibrate.h"
#include "machine.h"
#include "uapi_newer.h"

#define ADDS 64
#define BATCH 32
#define GROUP 256
#ifndef IORING_NOP_FILE
#define IORING_NOP_FILE (1U << 1)
#define IORING_NOP_FIXED_FILE (1U << 2)
#endif
#ifndef IORING_NOP_TW
#define IORING_NOP_TW (1U << 4)
#endif

/* Results of additions depend on each other, and nothing can do two at once: a cycle each, everywhere. */
static int64_t run_clock(unsigned int n)
{
	unsigned long a = 1, b = 3;

	for (unsigned int i = 0; i < n / ADDS; i++) {
#define ADD "add %1, %0\n\t"
#define ADD8 ADD ADD ADD ADD ADD ADD ADD ADD
#if defined(__x86_64__)
		__asm__ volatile(ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 : "+r"(b) : "r"(a));
#elif defined(__aarch64__)
#undef ADD
#define ADD "add %0, %0, %1\n\t"
		__asm__ volatile(ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 : "+r"(b) : "r"(a));
#else
		(void)a;
		(void)b;
		unable("this architecture has no way to count its cycles here");
#endif
	}
	return NS_OUTSIDE;
}

static int64_t run_syscall(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		syscall(SYS_getppid);
	return NS_OUTSIDE;
}

static struct io_uring ring;
static int file;
static int64_t clock_ns;

static void open_ring(void)
{
	if (io_uring_queue_init(GROUP, &ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) < 0
	    && io_uring_queue_init(GROUP, &ring, 0) < 0)
		unable("this process may not have a ring");
	file = eventfd(1, EFD_CLOEXEC);
}
static void open_ring_and_clock(void)
{
	open_ring();
	clock_ns = clock_cost();
}
static void open_ring_with_file(void)
{
	open_ring();
	if (file < 0 || io_uring_register_files(&ring, &file, 1) < 0)
		unable("no file can be registered");
}

/* Looks at all completions, as an application does in the loop of its events. */
static unsigned int look(void)
{
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0;

	io_uring_for_each_cqe(&ring, head, cqe) {
		if (cqe->res < 0)
			unable("this kernel does not know such a NOP");
		seen++;
	}
	io_uring_cq_advance(&ring, seen);
	return seen;
}

/* n NOPs, so many for each call. Returns how long the looks at their completions took. */
static int64_t nops(unsigned int n, unsigned int batch, unsigned int nop_flags, unsigned int sqe_flags, int fd, bool timed)
{
	const unsigned int posted = sqe_flags & IOSQE_CQE_SKIP_SUCCESS ? 0 : batch;
	int64_t looking_ns = 0, since = 0;

	for (unsigned int i = 0; i < n; i += batch) {
		for (unsigned int k = 0; k < batch; k++) {
			struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

			io_uring_prep_nop(sqe);
			sqe->nop_flags = nop_flags;
			sqe->fd = fd;
			sqe->flags = (uint8_t)sqe_flags;
		}
		if (nop_flags & IORING_NOP_TW)
			io_uring_submit_and_wait(&ring, batch);
		else
			io_uring_submit(&ring);
		if (timed)
			since = now_ns();
		if (look() != posted)
			unable("a NOP was not done at once");
		if (timed)
			looking_ns += now_ns() - since - clock_ns;
	}
	return timed ? looking_ns : NS_OUTSIDE;
}
static int64_t run_nop_1(unsigned int n) { return nops(n, 1, 0, 0, -1, false); }
static int64_t run_nop(unsigned int n) { return nops(n, BATCH, 0, 0, -1, false); }
static int64_t run_nop_silent(unsigned int n) { return nops(n, BATCH, 0, IOSQE_CQE_SKIP_SUCCESS, -1, false); }
static int64_t run_nop_tw(unsigned int n) { return nops(n, BATCH, IORING_NOP_TW, 0, -1, false); }
static int64_t run_nop_file(unsigned int n) { return nops(n, BATCH, IORING_NOP_FILE, 0, file, false); }
static int64_t run_look(unsigned int n) { return nops(n, GROUP, 0, 0, -1, true); }
static int64_t run_nop_fixed(unsigned int n) { return nops(n, BATCH, IORING_NOP_FILE | IORING_NOP_FIXED_FILE, 0, 0, false); }

static int epoll;

static void open_epoll(void)
{
	struct epoll_event ready = { .events = EPOLLIN };

	file = eventfd(1, EFD_CLOEXEC);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (file < 0 || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, file, &ready) < 0)
		unable("there is no epoll");
}
static void open_empty_epoll(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		unable("there is no epoll");
}
static int64_t run_epoll(unsigned int n)
{
	struct epoll_event event;

	for (unsigned int i = 0; i < n; i++)
		epoll_wait(epoll, &event, 1, 0);
	return NS_OUTSIDE;
}

static char buffers[GROUP * 64];

/* io_uring/kbuf.c: io_provide_buffers makes a list entry for each, io_remove_buffers frees it. */
static int64_t run_provide(unsigned int n)
{
	struct io_uring_cqe *cqe;

	for (unsigned int i = 0; i < n; i += GROUP) {
		io_uring_prep_provide_buffers(io_uring_get_sqe(&ring), buffers, 64, GROUP, 1, 0);
		io_uring_prep_remove_buffers(io_uring_get_sqe(&ring), GROUP, 1);
		io_uring_submit_and_wait(&ring, 2);
		for (int k = 0; k < 2; k++) {
			if (io_uring_wait_cqe(&ring, &cqe) || cqe->res < 0)
				unable("no buffers can be provided");
			io_uring_cqe_seen(&ring, cqe);
		}
	}
	return NS_OUTSIDE;
}

const struct bench call_benches[] = {
	{ "clock", "additions that wait for each other, one cycle each", NULL, run_clock, 64000, false },
	{ "syscall", "getppid(2) again and again", NULL, run_syscall, 1000, false },
	{ "nop_1", "a NOP for each io_uring_enter(2), and its completion", open_ring, run_nop_1, 256, false },
	{ "nop", "NOPs and their completions, 32 for each io_uring_enter(2)", open_ring, run_nop, 1024, false },
	{ "look", "a look at one of 256 completions that are there", open_ring_and_clock, run_look, 4096, false },
	{ "nop_silent", "NOPs without completions (IOSQE_CQE_SKIP_SUCCESS), 32 for each call", open_ring, run_nop_silent, 1024, false },
	{ "nop_task_work", "NOPs that complete in task work (IORING_NOP_TW), 32 for each call", open_ring, run_nop_tw, 1024, false },
	{ "nop_file", "NOPs that take and drop a file (IORING_NOP_FILE), 32 for each call", open_ring_with_file, run_nop_file, 1024, false },
	{ "nop_fixed_file", "the same with a registered file", open_ring_with_file, run_nop_fixed, 1024, false },
	{ "epoll", "epoll_wait(2) with one event of an eventfd that is ready", open_epoll, run_epoll, 500, false },
	{ "epoll_empty", "epoll_wait(2) with no event", open_empty_epoll, run_epoll, 500, false },
	{ "provide", "buffers provided to a list and removed again, 256 for each request", open_ring, run_provide, 1024, false },
	{ NULL, NULL, NULL, NULL, 0, false },
};
