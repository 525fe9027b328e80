// SPDX-License-Identifier: Apache-2.0
/*
 * Steps that move streams. What is to be sent goes without waiting, whenever a step of this file waits: one thread plays both
 * ends, and nobody waits for somebody who waits for him.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "machine.h"
#include "memory.h"
#include "nic.h"
#include "streams.h"
#include "trace.h"
#include "uapi_newer.h"

#define PARTS_MAX 8
#define CHUNK 65536
/* How long a wait is before it looks for room to send. */
#define POLL_NS 1000000
/* user_data of the receives: with the number of the stream. */
#define RECEIVE_UD 0x7a000000u

static const char *const whys[] = { "", "bytes", "end", "quiet", "stopped" };
enum why { GOES_ON, BYTES, END, QUIET, STOPPED };

/* What zcrx.receive knows of one of its sockets. */
struct part {
	const char *name;
	struct flow *f;
	enum why why;
	int err;		/* what ended it for good */
};

static struct {
	struct part parts[PARTS_MAX];
	int nr_parts;
	struct open_ring *open;
	struct instance *z;
	size_t n;
	bool dry;		/* room is to be made before a request is armed again */
	int64_t since;
} now;

static void pause_ns(int64_t ns)
{
	const struct timespec ts = { .tv_nsec = (long)ns };

	nanosleep(&ts, NULL);
}

static bool too_quiet(int64_t *since, bool progress)
{
	const int64_t at = now_ns();

	if (progress)
		*since = at;
	return at - *since >= integer("quiet", 0);
}

/* How far it came is chance; a later step says it all. */
static bool vague(enum why why)
{
	return why == QUIET || why == STOPPED;
}

/* How a flow came to the end of a step: the last members of its line. */
static void said(struct flow *f, enum why why, enum copies copies)
{
	const size_t bytes = why == BYTES ? (size_t)integer("n", 0) : f->received - f->said;

	if (!vague(why))
		f->said += bytes;
	trace_text("why", whys[why]);
	if (vague(why)) {
		trace_bool("some", bytes > 0);
	} else {
		trace_int("bytes", (int64_t)bytes);
		if (copies != COPIES_UNKNOWN) {
			trace_int("zeroCopyBytes", copies == COPIES_NONE ? (int64_t)bytes : 0);
			trace_int("copiedBytes", copies == COPIES_NONE ? 0 : (int64_t)bytes);
		}
	}
	trace_bool("ok", f->ok);
	if (f->received == f->wanted && f->said == f->wanted)
		trace_crc_value("crc", f->crc);
	trace_end();
}

static void send_step(void)
{
	struct flow *f = flow_from((int)integer("fd", -1));

	f->wanted += (size_t)integer("n", 0);
	f->window = (size_t)integer("window", 0);
	f->end = f->end || flag("end");
	streams_push();
}

static void flush_step(void)
{
	int64_t since = now_ns();
	size_t before = 0, left;

	while ((left = streams_left()) > 0 && !too_quiet(&since, left != before)) {
		before = left;
		streams_push();
		if (streams_left() > 0)
			pause_ns(POLL_NS);
	}
	emit("flushed");
	trace_bool("all", streams_left() == 0);
	trace_end();
}

static void recv_step(void)
{
	struct flow *f = flow_to((int)integer("fd", -1));
	const size_t n = (size_t)integer("n", 0);
	int64_t since = now_ns();
	enum why why = GOES_ON;
	ssize_t done = 0;

	while (why == GOES_ON) {
		size_t room = n == 0 || f->said + n - f->received > CHUNK ? CHUNK : f->said + n - f->received;

		streams_push();
		done = room == 0 ? 0 : recv(f->to, memory_sink(CHUNK), room, MSG_DONTWAIT);
		if (done < 0)
			done = -errno;
		if (done > 0)
			flow_take(f, memory_sink(CHUNK), (size_t)done);
		if (n > 0 && f->received - f->said >= n)
			why = BYTES;
		else if (done == 0)
			why = END;
		else if (done < 0 && done != -EAGAIN)
			why = STOPPED;
		else if (too_quiet(&since, done > 0))
			why = QUIET;
		else if (done < 0)
			pause_ns(POLL_NS);
	}
	f->counted = f->received;
	emit("received");
	trace_text("fd", text("fd"));
	if (why == STOPPED)
		trace_text("err", trace_errno((int)-done));
	said(f, why, COPIES_UNKNOWN);
}

static void look(struct part *p)
{
	if (p->why == GOES_ON && now.n > 0 && p->f->received - p->f->said >= now.n)
		p->why = BYTES;
}

static void begin(void)
{
	const struct json *fds = list("fds");

	memset(&now, 0, sizeof(now));
	now.open = ring_now();
	now.z = instance_now("zcrx");
	now.n = (size_t)integer("n", 0);
	now.since = now_ns();
	for (const struct json *v = fds ? fds->child : NULL; v; v = v->next) {
		if (now.nr_parts == PARTS_MAX)
			stop("zcrx.receive takes %d sockets at most", PARTS_MAX);
		now.parts[now.nr_parts++] = (struct part) { .name = v->kind == JSON_TEXT ? v->text : "", .f = flow_to((int)value_of(v)) };
	}
	for (int i = 0; i < now.nr_parts; i++)
		look(&now.parts[i]);
}

static void fill_in(struct flow *f)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&now.open->ring);

	if (!sqe)
		stop("the submission queue is full: submit before");
	io_uring_prep_rw(IORING_OP_RECV_ZC, sqe, f->to, NULL, (unsigned int)integer("len", 0), 0);
	sqe->ioprio = IORING_RECV_MULTISHOT;
	sqe->zcrx_ifq_idx = now.z->id;
	sqe->user_data = RECEIVE_UD + f->seed;
	f->armed = now.open->generation;
}

/* Arms whoever is not; what ended for want of memory only after a while and a flush. */
static void arm(void)
{
	bool any = false;

	for (int i = 0; i < now.nr_parts; i++)
		any = any || (now.parts[i].why == GOES_ON && now.parts[i].f->armed != now.open->generation);
	if (!any)
		return;
	if (now.dry) {
		zcrx_control(now.z->id, ZCRX_CTRL_FLUSH_RQ, NULL);
		pause_ns(POLL_NS);
	}
	now.dry = false;
	for (int i = 0; i < now.nr_parts; i++)
		if (now.parts[i].why == GOES_ON && now.parts[i].f->armed != now.open->generation)
			fill_in(now.parts[i].f);
	io_uring_submit(&now.open->ring);
}

static void bytes(struct flow *f, const struct io_uring_cqe *cqe)
{
	const struct entry e = { .off = cqe->big_cqe[0], .len = (uint32_t)cqe->res };
	const char *at = cqe->res < 0 ? NULL : loans_lend(now.z->loans, e);

	if (!at)
		stop("a completion speaks of bytes outside of the areas");
	flow_take(f, at, e.len);
	loans_give(now.z->loans, (enum give)integer("give", 0), (size_t)integer("batch", 1));
}

static void ended(struct part *p, int res)
{
	p->f->armed = 0;
	if (res == 0) {
		p->why = END;
		return;
	}
	now.dry = now.dry || res == -ENOMEM;
	if ((res == -ENOMEM || res == -ENOSPC) && flag("rearm"))
		return;
	p->why = STOPPED;
	p->err = -res;
}

/* True: bytes came. */
static bool completion(const struct io_uring_cqe *cqe)
{
	if (now.z->has_events && cqe->user_data == now.z->events_ud) {
		if (cqe->res >= 0 && cqe->res < (int)(sizeof(now.z->loans->events) / sizeof(bool)))
			now.z->loans->events[cqe->res] = true;
		return false;
	}
	for (int i = 0; i < now.nr_parts; i++) {
		struct part *p = &now.parts[i];

		if (cqe->user_data != RECEIVE_UD + p->f->seed)
			continue;
		if (!(cqe->flags & IORING_CQE_F_MORE)) {
			ended(p, cqe->res);
			return false;
		}
		bytes(p->f, cqe);
		look(p);
		return true;
	}
	stop("a completion of nobody: user_data %llu, res %d", (unsigned long long)cqe->user_data, cqe->res);
}

static bool goes_on(void)
{
	for (int i = 0; i < now.nr_parts; i++)
		if (now.parts[i].why == GOES_ON)
			return true;
	return false;
}

/* Completions that are there, until all is over. */
static bool reap(void)
{
	struct io_uring *ring = &now.open->ring;
	bool progress = false;

	while (goes_on() && io_uring_cq_ready(ring) > 0) {
		const unsigned int shift = ring->flags & IORING_SETUP_CQE32 ? 1 : 0;
		const struct io_uring_cqe *cqe = &ring->cq.cqes[(*ring->cq.khead & ring->cq.ring_mask) << shift];
		const unsigned int slots = !shift && cqe->flags & IORING_CQE_F_32 ? 2 : 1;

		if (!(cqe->flags & IORING_CQE_F_SKIP) && completion(cqe))
			progress = true;
		now.open->seen++;
		io_uring_cq_advance(ring, slots);
	}
	return progress;
}

static void wait_a_little(void)
{
	struct __kernel_timespec ts = { .tv_nsec = POLL_NS };
	struct io_uring_cqe *cqe;

	if (io_uring_cq_ready(&now.open->ring) == 0)
		io_uring_wait_cqes(&now.open->ring, &cqe, 1, &ts, NULL);
}

static void say_loans(bool all)
{
	static const char *const names[] = { "ALLOC_FAIL", "COPY" };
	const struct loans *l = now.z->loans;

	emit("lent");
	trace_text("z", text("zcrx"));
	trace_bool("distinct", l->distinct);
	trace_text("returned", l->given == l->lent ? "all" : l->given == 0 ? "none" : "some");
	trace_open("events", '[');
	for (int i = 0; i < 2; i++)
		if (l->events[i])
			trace_text(NULL, names[i]);
	trace_close(']');
	if (all && now.z->has_stats)
		trace_int("copied", (int64_t)now.z->stats[1]);
	trace_end();
}

/* How the bytes of those came that say how many they are. */
static enum copies copies_now(void)
{
	size_t got = 0;

	for (int i = 0; i < now.nr_parts; i++) {
		struct flow *f = now.parts[i].f;

		if (vague(now.parts[i].why))
			continue;
		got += f->received - f->counted;
		f->counted = f->received;
	}
	return got ? nic_copies(now.z->ways, now.z->rxq, got) : COPIES_UNKNOWN;
}

static void receive_step(void)
{
	enum copies copies;
	bool all = true;

	begin();
	while (goes_on()) {
		bool progress;

		streams_push();
		arm();
		wait_a_little();
		progress = reap();
		loans_publish(now.z);
		if (too_quiet(&now.since, progress))
			for (int i = 0; i < now.nr_parts; i++)
				now.parts[i].why = now.parts[i].why ? now.parts[i].why : QUIET;
	}
	/* The last batch is given back as it is. */
	if (integer("give", 0) != GIVE_NONE)
		loans_give(now.z->loans, (enum give)integer("give", 0), 1);
	loans_publish(now.z);
	copies = copies_now();
	for (int i = 0; i < now.nr_parts; i++) {
		const struct part *p = &now.parts[i];

		all = all && !vague(p->why);
		emit("received");
		trace_text("fd", p->name);
		if (p->err)
			trace_text("err", trace_errno(p->err));
		said(p->f, p->why, copies);
	}
	say_loans(all);
}

static void give_step(void)
{
	struct instance *z = instance_now("zcrx");
	int done = 0;

	loans_give(z->loans, (enum give)(integer("order", 0) + GIVE_BATCH), 1);
	loans_publish(z);
	for (bool more = flag("flush"); more;) {
		done = zcrx_control(z->id, ZCRX_CTRL_FLUSH_RQ, NULL);
		more = done == 0 && z->loans->queue.n > 0;
		loans_publish(z);
	}
	if (!ret_begin(done))
		return;
	trace_bool("all", z->loans->queue.n == 0);
	ret_end(done);
}

const struct handler stream_steps[] = {
	{ "stream.send", send_step }, { "stream.flush", flush_step }, { "stream.recv", recv_step }, { "zcrx.receive", receive_step },
	{ "zcrx.give", give_step }, { NULL, NULL },
};
