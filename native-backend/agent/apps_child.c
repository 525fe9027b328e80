// SPDX-License-Identifier: Apache-2.0
/* An application's process: ring, turns, end. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "apps.h"
#include "machine.h"
#include "memory.h"
#include "places.h"

/* Completions of one turn; then what is due. */
#define TURN_CQES 64
/* How long a wait lasts at most: the parent may have said stop. */
#define LOOK_NS 20000000
#define RPC_MEMORY_MIN (1ull << 20)
#define RPC_MEMORY_MAX (64ull << 20)

bool app_opens(const struct knobs *k)
{
	return k->role == ROLE_SOURCE || k->role == ROLE_RPC;
}

void app_moved(struct app *a)
{
	a->shared->moved[a->host]++;
}

static void drop_capability(unsigned int which)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return;
	data[which / 32].effective &= ~(1u << which % 32);
	syscall(SYS_capset, &head, data);
}

/* What the user may do, as the scenario says. */
static void limit_user(const struct knobs *k)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (!k->cap_net_admin)
		drop_capability(CAP_NET_ADMIN);
	if (!k->cap_ipc_lock) {
		const struct rlimit locked = { k->memlock, k->memlock };

		setrlimit(RLIMIT_MEMLOCK, &locked);
		drop_capability(CAP_IPC_LOCK);
	}
}

static int make_ring(struct app *a)
{
	const bool zc = a->k->role == ROLE_SINK && a->k->receive == RECEIVE_ZC;
	const uint64_t sq = a->k->sq_entries, cq = a->k->cq_entries;
	struct io_uring_params p = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_NO_SQARRAY
			| IORING_SETUP_CQSIZE | (zc ? IORING_SETUP_CQE32 : 0),
		.cq_entries = (uint32_t)(cq > sq ? cq : sq),
	};
	const struct io_uring_params first = p;
	int ret = io_uring_queue_init_params((unsigned int)sq, &a->ring, &p);

	if (ret != -EINVAL)
		return ret;
	/* Before 6.6 */
	p = first;
	p.flags &= ~IORING_SETUP_NO_SQARRAY;
	return io_uring_queue_init_params((unsigned int)sq, &a->ring, &p);
}

static void cut_rpc_buffers(struct app *a)
{
	const uint64_t want = a->k->flows * a->k->chunk;
	const uint64_t bytes = want < RPC_MEMORY_MIN ? RPC_MEMORY_MIN : want > RPC_MEMORY_MAX ? RPC_MEMORY_MAX : want;

	buffers_cut(a, memory_pages(bytes), bytes, (uint32_t)a->k->flows);
}

/* Has it a ring? */
static bool has_ring(const struct app *a)
{
	return app_opens(a->k) || !plain_used(a);
}

static int start(struct app *a)
{
	const int ret = has_ring(a) ? make_ring(a) : 0;

	if (ret < 0)
		return ret;
	if (!app_opens(a->k))
		return listener_start(a);
	if (a->k->role == ROLE_SOURCE && a->k->send == SEND_ZC_FIXED) {
		const struct iovec payload = payload_memory();

		return io_uring_register_buffers(&a->ring, &payload, 1);
	}
	if (a->k->role == ROLE_RPC)
		cut_rpc_buffers(a);
	return 0;
}

/* Only the pattern can be compared; an rpc client gets its own back. A source hashes, or does nothing. */
static void decide_check(struct app *a)
{
	const bool pattern = a->k->role == ROLE_RPC || app_opens(a->peer);

	a->check = a->k->check;
	if (a->k->role == ROLE_SOURCE) {
		if (a->check == CHECK_COMPARE)
			a->check = CHECK_NONE;
		return;
	}
	a->compare = a->check != CHECK_NONE && pattern;
	if (a->check == CHECK_COMPARE && !pattern)
		a->check = CHECK_SHA256;
}

static void sleep_until(struct app *a, int64_t time_ns)
{
	const struct timespec at = { .tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000 };

	a->shared->due_ns[a->host] = time_ns;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* Who listens does so before anybody connects, unless it is to come too late. */
static int begin(struct app *a)
{
	const bool late = !app_opens(a->k) && a->k->start_ns > a->peer->start_ns;
	const int ret = late ? 0 : start(a);

	if (ret < 0)
		a->report->failed = -ret;
	else if (!late && has_ring(a))
		io_uring_submit(&a->ring);
	a->shared->ready[a->host] = 1;
	while (!(a->t0_ns = a->shared->t0_ns))
		nanosleep(&(struct timespec) { .tv_nsec = 200000 }, NULL);
	a->next_start_ns = a->t0_ns + (int64_t)a->k->start_ns;
	if (!late)
		return ret;
	sleep_until(a, a->next_start_ns);
	return start(a);
}

/* Handles completions that are there. */
static void drain(struct app *a)
{
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0;

	a->in_vain = 0;
	io_uring_for_each_cqe(&a->ring, head, cqe) {
		const enum kind kind = (enum kind)(cqe->user_data >> 32);

		if (seen == TURN_CQES)
			break;
		seen++;
		if (app_opens(a->k))
			opener_cqe(a, kind, (uint32_t)cqe->user_data, cqe);
		else
			listener_cqe(a, kind, (uint32_t)cqe->user_data, cqe);
	}
	io_uring_cq_advance(&a->ring, seen);
	if (seen > a->in_vain)
		app_moved(a);
}

static void wait_for(struct app *a, int64_t due)
{
	const int64_t now = now_ns();
	int64_t left = due == INT64_MAX ? LOOK_NS : due - now;
	struct io_uring_cqe *cqe;
	struct __kernel_timespec ts;

	a->shared->due_ns[a->host] = due == INT64_MAX ? 0 : due;
	left = left < 0 ? 0 : left > LOOK_NS ? LOOK_NS : left;
	ts = (struct __kernel_timespec) { .tv_sec = 0, .tv_nsec = left };
	io_uring_submit_and_wait_timeout(&a->ring, &cqe, 1, &ts, NULL);
}

static void turns(struct app *a)
{
	while (!a->ended && !a->shared->stop) {
		drain(a);
		if (app_opens(a->k))
			opener_tick(a);
		else
			listener_tick(a);
		wait_for(a, app_opens(a->k) ? opener_due(a) : listener_due(a));
	}
}

/* Digests of streams that did not come to their end. */
static void end_streams(struct app *a)
{
	for (uint32_t i = 0; i < a->nr_streams; i++)
		if (!a->streams[i].done)
			check_end(a, &a->streams[i]);
}

void app_main(int host, const struct knobs *knobs, struct shared *shared)
{
	static struct app app;
	struct app *a = &app;
	int ret;

	a->host = host;
	a->k = &knobs[host];
	a->peer = &knobs[!host];
	a->shared = shared;
	a->report = &shared->report[host];
	a->streams = shared->streams[host];
	place_enter(host);
	limit_user(a->k);
	decide_check(a);
	payload_make(a->k->seed);
	ret = begin(a);
	if (ret < 0) {
		a->report->failed = -ret;
	} else {
		if (has_ring(a))
			turns(a);
		else
			plain_turns(a);
		if (app_opens(a->k))
			shared->opener_done = 1;
		else
			listener_end(a);
		end_streams(a);
	}
	/* Without the mappings there is nobody left who holds queue or sockets. */
	if (ret >= 0 && has_ring(a))
		io_uring_queue_exit(&a->ring);
	_exit(0);
}
