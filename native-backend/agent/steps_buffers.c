// SPDX-License-Identifier: Apache-2.0
/* Steps on rings of provided buffers. */
#include <stdlib.h>
#include <sys/mman.h>

#include "machine.h"
#include "memory.h"
#include "trace.h"

/* A ring of any number of entries: io_uring_buf_ring_add leaves no say in the mask, so the mask is given. */
static void add(struct buffers *g, int bid, unsigned int len, int beyond)
{
	io_uring_buf_ring_add(g->br, g->data + (size_t)bid * g->size, len, (unsigned short)bid, (int)g->entries - 1,
			      beyond + (uint16_t)(g->tail - g->br->tail));
}

static void publish(struct buffers *g, int n)
{
	g->tail = (uint16_t)(g->tail + n);
	io_uring_smp_store_release(&g->br->tail, g->tail);
}

static struct buffers *free_group(void)
{
	for (int n = 0; n < GROUPS_MAX; n++)
		if (!machine.groups[n].there)
			return &machine.groups[n];
	stop("too many groups of buffers");
}

static void *map_ring(const struct io_uring *ring, const struct io_uring_buf_reg *r)
{
	const off_t off = (off_t)(IORING_OFF_PBUF_RING | (uint64_t)r->bgid << IORING_OFF_PBUF_SHIFT);
	void *at = mmap(NULL, r->ring_entries * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			ring->ring_fd, off);

	if (at == MAP_FAILED)
		stop("mmap of the buffer ring failed");
	return at;
}

static void reg(void)
{
	struct io_uring *ring = &ring_now()->ring;
	const unsigned int entries = (unsigned int)integer("entries", 0);
	const unsigned int size = (unsigned int)integer("size", 0);
	const unsigned int flags = (unsigned int)integer("flags", 0);
	const int bufs = (int)integer("bufs", 0);
	struct io_uring_buf_reg r = {
		.ring_entries = entries, .bgid = (uint16_t)integer("bgid", 0), .flags = (uint16_t)flags,
		.min_left = (uint32_t)integer("min_left", 0),
	};
	void *own = memory_pages((entries ? entries : 1) * sizeof(struct io_uring_buf));
	int done;

	r.ring_addr = flags & IOU_PBUF_RING_MMAP ? 0 : (uintptr_t)own;
	done = io_uring_register_buf_ring(ring, &r, 0);
	if (done == 0) {
		struct buffers *g = free_group();

		*g = (struct buffers) {
			.there = true, .ring = (int)integer("ring", 0), .bgid = r.bgid, .entries = entries, .size = size,
			.br = flags & IOU_PBUF_RING_MMAP ? map_ring(ring, &r) : own,
			.data = memory_pages((size_t)size * ((unsigned int)bufs > entries ? (unsigned int)bufs : entries)),
		};
		for (int bid = 0; bid < bufs; bid++)
			add(g, bid, size, bid);
		publish(g, bufs);
	}
	if (!ret_begin(done))
		return;
	trace_int("bgid", integer("bgid", 0));
	trace_int("entries", entries);
	trace_int("bufs", bufs);
	trace_int("size", size);
	trace_int("flags", flags);
	ret_end(done);
}

static void add_one(void)
{
	struct buffers *g = group_now();

	add(g, (int)integer("bid", 0), (unsigned int)integer("len", g->size), (int)integer("slot", 0));
	publish(g, (int)integer("advance", 0));
}

static void advance(void)
{
	publish(group_now(), (int)integer("n", 0));
}

static void unreg(void)
{
	const int bgid = (int)integer("bgid", 0);
	struct buffers *g = group_find((int)integer("ring", 0), bgid);
	const int done = io_uring_unregister_buf_ring(&ring_now()->ring, bgid);

	if (done == 0 && g)
		g->there = false;
	ret(done);
}

static void status(void)
{
	struct io_uring_buf_status s = { .buf_group = (uint32_t)integer("bgid", 0) };
	const struct buffers *g = group_find((int)integer("ring", 0), (int)s.buf_group);
	const int done = io_uring_register((unsigned int)ring_now()->ring.ring_fd, IORING_REGISTER_PBUF_STATUS, &s, 1);

	emit("pbuf");
	trace_int("bgid", s.buf_group);
	trace_int("head", s.head);
	trace_int("tail", g ? g->tail : 0);
	trace_result("ret", done);
	trace_end();
}

static void dump(void)
{
	const struct buffers *g = group_now();

	emit("pbuf");
	trace_int("bgid", integer("bgid", 0));
	trace_int("tail", g->tail);
	trace_open("slots", '[');
	for (int i = 0; i < integer("slots", 0); i++) {
		const struct io_uring_buf *b = &g->br->bufs[i];

		trace_open(NULL, '{');
		/* A slot that nobody wrote has no place. */
		trace_int("off", b->addr ? (int64_t)(b->addr - (uintptr_t)g->data) : 0);
		trace_int("len", b->len);
		trace_int("bid", b->bid);
		trace_close('}');
	}
	trace_close(']');
	trace_end();
}

const struct handler buffer_steps[] = {
	{ "pbuf.reg", reg }, { "pbuf.add", add_one }, { "pbuf.advance", advance }, { "pbuf.unreg", unreg }, { "pbuf.status", status },
	{ "pbuf.dump", dump }, { NULL, NULL },
};
