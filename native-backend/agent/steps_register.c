// SPDX-License-Identifier: Apache-2.0
/* Steps that register things with a ring. */
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "iovecs.h"
#include "machine.h"
#include "memory.h"
#include "trace.h"
#include "uapi_newer.h"

static struct io_uring *ring(void)
{
	return &ring_now()->ring;
}

/* The words of a list as an array of int. */
static int *words_of(const struct json *l)
{
	int *words = memory_alloc(sizeof(int) * (json_count(l) + 1));
	int n = 0;

	for (const struct json *v = l ? l->child : NULL; v; v = v->next)
		words[n++] = (int)value_of(v);
	return words;
}

static int reg(unsigned int opcode, const void *arg, unsigned int count)
{
	return io_uring_register((unsigned int)ring()->ring_fd, opcode, arg, count);
}

static void files(void)
{
	const struct json *l = list("files");

	if (integer("sparse", 0) > 0)
		ret(io_uring_register_files_sparse(ring(), (unsigned int)integer("sparse", 0)));
	else
		ret(reg(IORING_REGISTER_FILES, words_of(l), (unsigned int)json_count(l)));
}

static void update_files(void)
{
	const struct json *l = list("files");
	struct io_uring_files_update u = { .offset = (unsigned int)integer("at", 0), .fds = (uintptr_t)words_of(l) };

	ret(reg(IORING_REGISTER_FILES_UPDATE, &u, (unsigned int)json_count(l)));
}

static void alloc_range(void)
{
	struct io_uring_file_index_range r = { .off = (unsigned int)integer("at", 0), .len = (unsigned int)integer("n", 0) };

	ret(reg(IORING_REGISTER_FILE_ALLOC_RANGE, &r, 0));
}

static void unregister_files(void)
{
	ret(io_uring_unregister_files(ring()));
}

static void bufs(void)
{
	const struct json *l = list("bufs");

	if (integer("sparse", 0) > 0)
		ret(io_uring_register_buffers_sparse(ring(), (unsigned int)integer("sparse", 0)));
	else
		ret(reg(IORING_REGISTER_BUFFERS, iovecs_of(l), (unsigned int)json_count(l)));
}

static void update_bufs(void)
{
	const struct json *l = list("bufs");
	struct io_uring_rsrc_update2 u = { .offset = (unsigned int)integer("at", 0), .data = (uintptr_t)iovecs_of(l) };

	u.nr = (unsigned int)json_count(l);
	ret(reg(IORING_REGISTER_BUFFERS_UPDATE, &u, sizeof(u)));
}

static void clone_bufs(void)
{
	struct io_uring_clone_buffers c = {
		.src_fd = (unsigned int)ring_of((int)integer("from", 0))->ring_fd, .flags = (unsigned int)integer("flags", 0),
		.src_off = (unsigned int)integer("src_off", 0), .dst_off = (unsigned int)integer("dst_off", 0),
		.nr = (unsigned int)integer("n", 0),
	};

	ret(reg(IORING_REGISTER_CLONE_BUFFERS, &c, 1));
}

static void unregister_bufs(void)
{
	ret(io_uring_unregister_buffers(ring()));
}

static void eventfd(void)
{
	const int fd = (int)integer("fd", -1);

	ret(flag("async") ? io_uring_register_eventfd_async(ring(), fd) : io_uring_register_eventfd(ring(), fd));
}

static void uneventfd(void)
{
	ret(io_uring_unregister_eventfd(ring()));
}

static void sync_cancel(void)
{
	const bool timed = has("timeout");
	const int64_t ns = integer("timeout", 0);
	struct io_uring_sync_cancel_reg c = {
		.addr = (uint64_t)integer("ud", 0), .fd = (int)integer("fd", -1), .flags = (unsigned int)integer("flags", 0),
		.opcode = (uint8_t)integer("opcode", 0),
		.timeout = { .tv_sec = timed ? ns / 1000000000 : -1, .tv_nsec = timed ? ns % 1000000000 : -1 },
	};

	ret(io_uring_register_sync_cancel(ring(), &c));
}

static void sync_msg(void)
{
	struct io_uring_sqe s = {
		.opcode = IORING_OP_MSG_RING, .fd = ring()->ring_fd, .len = (unsigned int)integer("len", 0),
		.off = (uint64_t)integer("ud", 0), .msg_ring_flags = (unsigned int)integer("flags", 0),
	};

	ret(io_uring_register_sync_msg(&s));
}

static void napi(void)
{
	struct io_uring_napi n = {
		.busy_poll_to = (unsigned int)integer("busy_poll_to", 0), .prefer_busy_poll = (uint8_t)integer("prefer_busy_poll", 0),
	};

	ret(reg(IORING_REGISTER_NAPI, &n, 1));
}

static void restrict_ring(void)
{
	struct io_uring_restriction *r = memory_alloc(sizeof(*r)
		* (json_count(list("register_ops")) + json_count(list("sqe_ops")) + 2));
	unsigned int n = 0;

	for (const struct json *v = list("register_ops") ? list("register_ops")->child : NULL; v; v = v->next) {
		r[n].opcode = IORING_RESTRICTION_REGISTER_OP;
		r[n++].register_op = (uint8_t)value_of(v);
	}
	for (const struct json *v = list("sqe_ops") ? list("sqe_ops")->child : NULL; v; v = v->next) {
		r[n].opcode = IORING_RESTRICTION_SQE_OP;
		r[n++].sqe_op = (uint8_t)value_of(v);
	}
	if (integer("flags_allowed", 0)) {
		r[n].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
		r[n++].sqe_flags = (uint8_t)integer("flags_allowed", 0);
	}
	if (integer("flags_required", 0)) {
		r[n].opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED;
		r[n++].sqe_flags = (uint8_t)integer("flags_required", 0);
	}
	ret(reg(IORING_REGISTER_RESTRICTIONS, r, n));
}

static void query_answer(int64_t what, const void *answer)
{
	const struct io_uring_query_opcode *o = answer;
	const struct io_uring_query_zcrx *z = answer;
	const struct io_uring_query_scq *s = answer;
	const struct query_zcrx_event *e = answer;

	if (what == IO_URING_QUERY_OPCODES) {
		trace_int("ops", o->nr_request_opcodes);
		trace_int("regops", o->nr_register_opcodes);
		trace_hex_text("feat", o->feature_flags);
		trace_hex_text("setup", o->ring_setup_flags);
		trace_hex_text("enter", o->enter_flags);
		trace_hex_text("sqe", o->sqe_flags);
		trace_int("nq", o->nr_query_opcodes);
	} else if (what == IO_URING_QUERY_ZCRX) {
		trace_hex_text("regflags", z->register_flags);
		trace_hex_text("areaflags", z->area_flags);
		trace_int("nctrl", z->nr_ctrl_opcodes);
		trace_hex_text("features", z->features);
		trace_int("hdr", z->rq_hdr_size);
		trace_int("align", z->rq_hdr_alignment);
	} else if (what == IO_URING_QUERY_SCQ) {
		trace_int("hdr", (int64_t)s->hdr_size);
		trace_int("align", (int64_t)s->hdr_alignment);
	} else {
		trace_hex_text("events", e->event_flags);
		trace_int("stats", e->stats_size);
		trace_int("align", e->stats_off_alignment);
	}
}

static void query(void)
{
	static const unsigned int sizes[] = { 48, 40, 16, 64 };
	const int64_t what = integer("what", 0);
	char answer[64] = { 0 };
	struct io_uring_query_hdr h = { .query_data = (uintptr_t)answer, .query_op = (uint32_t)what };
	int done;

	h.size = what >= 0 && what < 4 ? sizes[what] : sizeof(answer);
	done = io_uring_register((unsigned int)-1, IORING_REGISTER_QUERY, &h, 0);
	if (!ret_begin(done))
		return;
	trace_int("result", h.result);
	query_answer(what, answer);
	ret_end(done);
}

static void probe(void)
{
	struct io_uring_probe *p = memory_alloc(sizeof(*p) + 256 * sizeof(struct io_uring_probe_op));
	const int done = reg(IORING_REGISTER_PROBE, p, 256);

	if (!ret_begin(done))
		return;
	trace_int("last_op", p->last_op);
	trace_int("ops", p->ops_len);
	trace_open("missing", '[');
	for (int i = 0; i < p->ops_len; i++)
		if (!(p->ops[i].flags & IO_URING_OP_SUPPORTED))
			trace_int(NULL, i);
	trace_close(']');
	ret_end(done);
}

static void any(void)
{
	const int fd = flag("no_ring") ? -1 : ring()->ring_fd;

	ret(io_uring_register((unsigned int)fd, (unsigned int)integer("opcode", 0), (void *)(uintptr_t)integer("arg", 0),
			      (unsigned int)integer("count", 0)));
}

const struct handler register_steps[] = {
	{ "ring.regfiles", files }, { "ring.updatefiles", update_files }, { "ring.allocrange", alloc_range },
	{ "ring.unregfiles", unregister_files }, { "ring.regbufs", bufs }, { "ring.updatebufs", update_bufs },
	{ "ring.clonebufs", clone_bufs }, { "ring.unregbufs", unregister_bufs }, { "ring.eventfd", eventfd },
	{ "ring.uneventfd", uneventfd }, { "ring.sync_cancel", sync_cancel }, { "ring.sync_msg", sync_msg }, { "ring.napi", napi },
	{ "ring.restrict", restrict_ring }, { "ring.query", query }, { "ring.probe", probe }, { "ring.register", any },
	{ NULL, NULL },
};
