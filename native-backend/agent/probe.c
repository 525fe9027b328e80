// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ending.h"
#include "machine.h"
#include "memory.h"
#include "places.h"
#include "trace.h"

#define ENTRIES 64
#define COMPLETIONS 512
#define PATIENCE_NS 1500000000
#define LOOK_NS 500000
#define WAIT_NS 500000000
#define PROBES_MAX 64

struct io_uring probe_ring;

void answer(int a)
{
	_exit(a);
}

bool ring_with(unsigned int flags)
{
	struct io_uring_params p = { .flags = flags | IORING_SETUP_CQSIZE, .cq_entries = COMPLETIONS };
	const int ret = io_uring_queue_init_params(ENTRIES, &probe_ring, &p);

	if (ret < 0 && ret != -EINVAL)
		answer(UNKNOWN);
	return ret == 0;
}

void ring_deferred(void)
{
	if (!ring_with(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN))
		answer(UNKNOWN);
}

struct io_uring_sqe *sqe_for(uint64_t user_data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&probe_ring);

	if (!sqe)
		answer(UNKNOWN);
	memset(sqe, 0, sizeof(*sqe));
	sqe->user_data = user_data;
	return sqe;
}

bool next_cqe(int *res, unsigned int *flags)
{
	struct __kernel_timespec ts = { .tv_nsec = WAIT_NS };
	struct io_uring_cqe *cqe;

	if (io_uring_submit_and_wait_timeout(&probe_ring, &cqe, 1, &ts, NULL) < 0 || io_uring_peek_cqe(&probe_ring, &cqe))
		return false;
	*res = cqe->res;
	*flags = cqe->flags;
	io_uring_cqe_seen(&probe_ring, cqe);
	return true;
}

int result_of(struct io_uring_sqe *sqe)
{
	unsigned int flags;
	int res;

	(void)sqe;
	if (!next_cqe(&res, &flags))
		answer(UNKNOWN);
	return res;
}

unsigned int after_get_events(void)
{
	io_uring_get_events(&probe_ring);
	return io_uring_cq_ready(&probe_ring);
}

void pair_of_sockets(int type, int fds[2])
{
	if (socketpair(AF_UNIX, type, 0, fds) < 0)
		answer(UNKNOWN);
}

void tcp_pair_of_sockets(int fds[2])
{
	struct sockaddr_storage at;
	const socklen_t len = place_address(0, false, 0, &at);
	socklen_t got = len;
	const int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	((struct sockaddr_in *)&at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || fds[1] < 0 || bind(listener, (struct sockaddr *)&at, len) < 0 || listen(listener, 1) < 0
	    || getsockname(listener, (struct sockaddr *)&at, &got) < 0 || connect(fds[1], (struct sockaddr *)&at, len) < 0)
		answer(UNKNOWN);
	fds[0] = accept(listener, NULL, NULL);
	if (fds[0] < 0)
		answer(UNKNOWN);
	setsockopt(fds[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	close(listener);
}

struct io_uring_buf_ring *buffer_group(unsigned int n, unsigned int bytes, unsigned int flags)
{
	int ret;
	struct io_uring_buf_ring *br = io_uring_setup_buf_ring(&probe_ring, n, 1, flags, &ret);
	char *data = memory_pages((size_t)n * bytes);

	if (!br)
		answer(UNKNOWN);
	for (unsigned int i = 0; i < n; i++)
		io_uring_buf_ring_add(br, data + (size_t)i * bytes, bytes, (unsigned short)i, io_uring_buf_ring_mask(n), (int)i);
	io_uring_buf_ring_advance(br, (int)n);
	return br;
}

/* What is known says that the argument cannot be read (-EFAULT), or who may not (-EPERM); what is not known is -EINVAL. */
int reg_without_arg(unsigned int opcode, unsigned int nr_args)
{
	void *const unreadable = (void *)1;
	const int ret = io_uring_register((unsigned int)probe_ring.ring_fd, opcode, unreadable, nr_args);

	return ret != -EINVAL && ret != -EOPNOTSUPP ? YES : NO;
}

static int run_one(const struct probe *p)
{
	const pid_t child = ending_fork();
	int how = 0;

	if (child < 0)
		return UNKNOWN;
	if (child == 0) {
		const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (nowhere >= 0)
			dup2(nowhere, STDOUT_FILENO);
		answer(p->run());
	}
	for (int64_t until = now_ns() + PATIENCE_NS; waitpid(child, &how, WNOHANG) != child;) {
		if (now_ns() > until) {
			kill(child, SIGKILL);
			waitpid(child, &how, 0);
			ending_forget(child);
			return p->when_it_blocks;
		}
		nanosleep(&(struct timespec) { .tv_nsec = LOOK_NS }, NULL);
	}
	ending_forget(child);
	return WIFEXITED(how) && WEXITSTATUS(how) <= YES ? WEXITSTATUS(how) : UNKNOWN;
}

/* io_uring may be there and not be allowed: then nothing can be found out, and why is what matters. */
static void need_io_uring(void)
{
	const int ret = io_uring_queue_init(ENTRIES, &probe_ring, 0);

	if (ret < 0)
		stop_without_ring(-ret);
	io_uring_queue_exit(&probe_ring);
}

void probe_run(void)
{
	static const struct probe *const tables[] = { ring_probes, net_probes, zcrx_probes };
	const char *unknown[PROBES_MAX];
	int nr_unknown = 0;

	need_io_uring();
	emit("probe");
	trace_text("kernel", kernel_release());
	trace_text("machine", machine_name());
	trace_open("behaviours", '{');
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct probe *p = tables[t]; p->behaviour; p++) {
			const int found = run_one(p);

			if (found == UNKNOWN)
				unknown[nr_unknown++] = p->behaviour;
			else
				trace_bool(p->behaviour, found == YES);
		}
	}
	trace_close('}');
	trace_open("unknown", '[');
	for (int i = 0; i < nr_unknown; i++)
		trace_text(NULL, unknown[i]);
	trace_close(']');
	trace_end();
}
