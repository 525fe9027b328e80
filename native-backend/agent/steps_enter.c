// SPDX-License-Identifier: Apache-2.0
/* Steps that enter the kernel. */
#include <errno.h>
#include <stdio.h>

#include "machine.h"
#include "memory.h"
#include "trace.h"

#define MS 1000000
#define POLL_NS 20000000

static struct io_uring *ring(void)
{
	return &ring_now()->ring;
}

/* Between which of the step's buckets a time lies. */
static void took(const struct json *buckets, int64_t ms)
{
	char s[64];
	int64_t before = -1;

	for (const struct json *v = buckets->child; v; v = v->next) {
		if (ms < v->number) {
			if (before < 0)
				snprintf(s, sizeof(s), "<%lldms", (long long)v->number);
			else
				snprintf(s, sizeof(s), "%lld..%lldms", (long long)before, (long long)v->number);
			trace_text("took", s);
			return;
		}
		before = v->number;
	}
	snprintf(s, sizeof(s), ">=%lldms", (long long)before);
	trace_text("took", s);
}

static void timed(int (*what)(void))
{
	const struct json *buckets = list("buckets");
	const int64_t before = now_ns();
	const int done = what();
	const int64_t ms = (now_ns() - before) / MS;

	if (!json_count(buckets)) {
		ret(done);
		return;
	}
	if (!ret_begin(done))
		return;
	took(buckets, ms);
	trace_bool("cqe", io_uring_cq_ready(ring()) > 0);
	ret_end(done);
}

static struct __kernel_timespec *timeout_of(void)
{
	return has("timeout") ? timespec_of(integer("timeout", 0)) : NULL;
}

static struct io_uring_getevents_arg *argument_of(void)
{
	struct io_uring_getevents_arg *a = memory_alloc(sizeof(*a));

	a->sigmask_sz = 8;
	a->min_wait_usec = (unsigned int)integer("min_wait", 0);
	a->ts = (uintptr_t)timeout_of();
	return a;
}

/* What was filled is published, as io_uring_submit does before it enters (__io_uring_flush_sq). */
static void publish_entries(void)
{
	struct io_uring_sq *sq = &ring()->sq;

	if (sq->sqe_head == sq->sqe_tail)
		return;
	sq->sqe_head = sq->sqe_tail;
	io_uring_smp_store_release(sq->ktail, sq->sqe_tail);
}

static int submit_some(unsigned int n)
{
	publish_entries();
	return io_uring_enter2((unsigned int)ring()->ring_fd, n, 0, 0, NULL, 0);
}

static void submit(void)
{
	const unsigned int n = has("n") ? (unsigned int)integer("n", 0) : io_uring_sq_ready(ring());
	const int done = has("n") ? submit_some(n) : io_uring_submit(ring());

	if (!ret_begin(done))
		return;
	trace_int("n", n);
	ret_end(done);
}

static int submit_wait_now(void)
{
	const unsigned int nr = (unsigned int)integer("nr", 1);
	const unsigned int min_wait = (unsigned int)integer("min_wait", 0);
	struct io_uring_cqe *cqe;

	if (!has("timeout") && !min_wait)
		return io_uring_submit_and_wait(ring(), nr);
	if (min_wait)
		return io_uring_submit_and_wait_min_timeout(ring(), &cqe, nr, timeout_of(), min_wait, NULL);
	return io_uring_submit_and_wait_timeout(ring(), &cqe, nr, timeout_of(), NULL);
}

static void submit_wait(void)
{
	timed(submit_wait_now);
}

static void get_events(void)
{
	ret(io_uring_get_events(ring()));
}

static int wait_now(void)
{
	const unsigned int nr = (unsigned int)integer("nr", 1);
	struct io_uring_cqe *cqe;

	return has("timeout") ? io_uring_wait_cqes(ring(), &cqe, nr, timeout_of(), NULL) : io_uring_wait_cqe_nr(ring(), &cqe, nr);
}

static void wait_step(void)
{
	timed(wait_now);
}

static void peek(void)
{
	struct io_uring_cqe *cqe;

	ret(io_uring_peek_cqe(ring(), &cqe));
}

static void peek_batch(void)
{
	struct io_uring_cqe *cqes[256];
	const int64_t max = integer("max", 4);

	ret(io_uring_peek_batch_cqe(ring(), cqes, max < 256 ? (unsigned int)max : 256));
}

static int enter_now(void)
{
	const bool extended = has("timeout") || has("min_wait");
	unsigned int flags = (unsigned int)integer("flags", 0);
	struct io_uring_getevents_arg *arg = extended ? argument_of() : NULL;

	if (extended)
		flags |= IORING_ENTER_EXT_ARG;
	if (integer("flush", 1))
		publish_entries();
	return io_uring_enter2((unsigned int)ring()->ring_fd, (unsigned int)integer("submit", 0), (unsigned int)integer("wait", 0),
			       flags, arg, extended ? sizeof(*arg) : 0);
}

static void enter(void)
{
	timed(enter_now);
}

/* Enters until there are enough (a timeout's completion ends a wait early, so in a loop). */
static void await(void)
{
	const unsigned int nr = (unsigned int)integer("nr", 1);
	const int64_t end = now_ns() + integer("deadline", 0);
	struct io_uring_cqe *cqe;

	while (io_uring_cq_ready(ring()) < nr && now_ns() < end)
		io_uring_wait_cqes(ring(), &cqe, nr, timespec_of(POLL_NS), NULL);
	emit("await");
	trace_int("nr", nr);
	trace_bool("reached", io_uring_cq_ready(ring()) >= nr);
	trace_end();
}

const struct handler enter_steps[] = {
	{ "submit", submit }, { "submit_wait", submit_wait }, { "get_events", get_events }, { "wait", wait_step }, { "peek", peek },
	{ "peek_batch", peek_batch }, { "enter", enter }, { "await", await }, { NULL, NULL },
};
