// SPDX-License-Identifier: Apache-2.0
/* Steps that look at the rings without entering the kernel. */
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "options.h"
#include "trace.h"

static const struct sent *sent_as(const struct open_ring *r, uint64_t ud)
{
	for (int n = 0; n < r->nr_sent; n++)
		if (r->sent[n].ud == ud)
			return &r->sent[n];
	return NULL;
}

static bool wide(const struct io_uring *ring, const struct io_uring_cqe *cqe)
{
	return ring->flags & IORING_SETUP_CQE32 || cqe->flags & IORING_CQE_F_32;
}

/* Their sum; all of them with --data. */
static void say_bytes(const void *at, size_t n)
{
	trace_crc("crc", at, n);
	if (options.data)
		trace_bytes("hex", at, n);
}

static void zero_copy(const struct io_uring_cqe *cqe)
{
	const uint64_t off = cqe->big_cqe[0];
	const uint64_t at = off & ~IORING_ZCRX_AREA_MASK;
	const struct instance *z = NULL;
	bool inside;

	for (int n = 0; n < INSTANCES_MAX; n++)
		if (machine.instances[n].name && !strcmp(machine.instances[n].name, text("zcrx")))
			z = &machine.instances[n];
	if (!z) {
		trace_unsigned_text("off", off);
		return;
	}
	trace_open("off", '{');
	trace_int("area", (int64_t)(off >> IORING_ZCRX_AREA_SHIFT));
	trace_int("niov", (int64_t)(at / z->buffer_bytes));
	trace_int("at", (int64_t)(at % z->buffer_bytes));
	trace_close('}');
	inside = at + (uint64_t)cqe->res <= z->area_bytes;
	if (!flag("check")) {
		if (inside)
			say_bytes(z->area + at, (size_t)cqe->res);
		return;
	}
	for (size_t n = 0; inside && n < (size_t)cqe->res; n++)
		inside = (unsigned char)z->area[at + n] == seq_byte(machine.seq_proved + n);
	machine.seq_proved += (size_t)cqe->res;
	trace_bool("ok", inside);
}

/* The bytes behind a completion, where they are known. */
static void data(const struct io_uring_cqe *cqe, const struct sent *s)
{
	const struct buffers *g;

	if (cqe->res <= 0 || !s)
		return;
	if (s->op == IORING_OP_RECV_ZC && cqe->flags & IORING_CQE_F_MORE) {
		zero_copy(cqe);
		return;
	}
	if (!(cqe->flags & IORING_CQE_F_BUFFER) || !s->has_bgid)
		return;
	g = group_find((int)integer("ring", 0), s->bgid);
	if (g && (unsigned int)cqe->res <= g->size)
		say_bytes(g->data + (size_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT) * g->size, (size_t)cqe->res);
}

/* A descriptor is said relative to the first that the ring gave. */
static void result(struct open_ring *r, const struct io_uring_cqe *cqe, const struct sent *s)
{
	char fd[32];

	if (cqe->res < 0 || !s || !s->makes_file) {
		trace_result("res", cqe->res);
		return;
	}
	if (r->first_file < 0)
		r->first_file = cqe->res;
	snprintf(fd, sizeof(fd), "first+%d", cqe->res - r->first_file);
	trace_int("res", 0);
	trace_text("fd", fd);
}

static void name(const char *as, const struct io_uring *ring, const struct io_uring_cqe *cqe)
{
	give(as, NULL, cqe->res);
	give(as, "res", cqe->res);
	give(as, "ud", (int64_t)cqe->user_data);
	give(as, "flags", cqe->flags);
	give(as, "bid", cqe->flags >> IORING_CQE_BUFFER_SHIFT);
	give(as, "off", wide(ring, cqe) ? (int64_t)cqe->big_cqe[0] : 0);
}

static void drain(void)
{
	struct open_ring *r = ring_now();
	struct io_uring *ring = &r->ring;
	const unsigned int ready = io_uring_cq_ready(ring);
	const unsigned int shift = ring->flags & IORING_SETUP_CQE32 ? 1 : 0;
	const unsigned int head = *ring->cq.khead;
	const int64_t max = integer("max", 0);
	unsigned int slots = 0;
	int n = 0;

	while (n < max && slots < ready) {
		const struct io_uring_cqe *cqe = &ring->cq.cqes[((head + slots) & ring->cq.ring_mask) << shift];
		const struct sent *s = sent_as(r, cqe->user_data);

		emit("cqe");
		trace_int("r", integer("ring", 0));
		trace_unsigned_text("ud", cqe->user_data);
		result(r, cqe, s);
		trace_cqe_flags("fl", cqe->flags);
		trace_int("seq", r->seen++);
		data(cqe, s);
		if (as(n)) {
			trace_text("as", as(n));
			name(as(n), ring, cqe);
		}
		trace_end();
		slots += !shift && cqe->flags & IORING_CQE_F_32 ? 2 : 1;
		n++;
	}
	io_uring_cq_advance(ring, slots);
	emit("ret");
	trace_text("step", "drain");
	trace_int("ret", n);
	trace_end();
}

static void advance(void)
{
	io_uring_cq_advance(&ring_now()->ring, (unsigned int)integer("n", 0));
}

static void rings(void)
{
	const struct io_uring *ring = &ring_now()->ring;

	emit("rings");
	trace_int("r", integer("ring", 0));
	trace_open("sq", '{');
	trace_int("head", *ring->sq.khead);
	trace_int("tail", *ring->sq.ktail);
	trace_int("dropped", *ring->sq.kdropped);
	trace_sq_flags("fl", *ring->sq.kflags);
	trace_close('}');
	trace_open("cq", '{');
	trace_int("head", *ring->cq.khead);
	trace_int("tail", *ring->cq.ktail);
	trace_int("overflow", *ring->cq.koverflow);
	trace_close('}');
	trace_end();
}

/* Writes cursors as they lie in shared memory; liburing keeps its own of the entries that it gave out. */
static void poke(void)
{
	const struct io_uring *ring = &ring_now()->ring;

	if (has("sq_head"))
		*ring->sq.khead = (unsigned int)integer("sq_head", 0);
	if (has("sq_tail"))
		*ring->sq.ktail = (unsigned int)integer("sq_tail", 0);
	if (has("cq_head"))
		*ring->cq.khead = (unsigned int)integer("cq_head", 0);
	if (has("cq_tail"))
		*ring->cq.ktail = (unsigned int)integer("cq_tail", 0);
}

const struct handler observe_steps[] = {
	{ "drain", drain }, { "advance", advance }, { "rings", rings }, { "ring.poke", poke }, { NULL, NULL },
};
