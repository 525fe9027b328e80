// SPDX-License-Identifier: Apache-2.0
/* Provided buffers of a sink, group 0: a ring, also of buffers that are used up little by little, or a list (PROVIDE_BUFFERS). */
#define _GNU_SOURCE
#include "apps.h"
#include "memory.h"

#define BUFFER_MAX 16384
#define RING_ENTRIES_MAX 32768
#define LIST_ENTRIES_MAX 8192

bool provided_used(const struct app *a)
{
	return a->receive == RECEIVE_MULTISHOT || a->receive == RECEIVE_PBUF || a->receive == RECEIVE_BUNDLE
		|| a->receive == RECEIVE_INCREMENTAL;
}

static unsigned char *buffer(const struct app *a, uint32_t bid)
{
	return a->buffers + (uint64_t)bid * a->buffer_bytes;
}

static void give(struct app *a, uint32_t bid)
{
	if (a->receive == RECEIVE_PBUF) {
		op_provide(a, buffer(a, bid), a->buffer_bytes, 1, bid, true);
		return;
	}
	io_uring_buf_ring_add(a->buf_ring, buffer(a, bid), a->buffer_bytes, (unsigned short)bid, io_uring_buf_ring_mask(a->nr_buffers), 0);
	io_uring_buf_ring_advance(a->buf_ring, 1);
}

int provided_start(struct app *a)
{
	const bool whole = a->k->recv_bytes || a->receive == RECEIVE_INCREMENTAL;
	const uint64_t bytes = receive_memory(a);
	uint32_t entries = a->receive == RECEIVE_PBUF ? LIST_ENTRIES_MAX : RING_ENTRIES_MAX;
	int ret = 0;

	a->buffer_bytes = whole || a->k->chunk < BUFFER_MAX ? receive_bytes(a) : BUFFER_MAX;
	while (entries > 1 && (uint64_t)entries * a->buffer_bytes > bytes)
		entries >>= 1;
	a->nr_buffers = entries;
	a->buffers = memory_pages((uint64_t)entries * a->buffer_bytes);
	if (a->receive == RECEIVE_PBUF) {
		op_provide(a, a->buffers, a->buffer_bytes, entries, 0, false);
		return 0;
	}
	a->buffer_used = memory_alloc(entries * sizeof(*a->buffer_used));
	a->buf_ring = io_uring_setup_buf_ring(&a->ring, entries, 0, a->receive == RECEIVE_INCREMENTAL ? IOU_PBUF_RING_INC : 0, &ret);
	if (!a->buf_ring)
		return ret;
	for (uint32_t bid = 0; bid < entries; bid++)
		give(a, bid);
	return 0;
}

/* A piece of a buffer that comes back when nothing of it is left. */
static bool piece(struct app *a, struct stream *s, uint32_t bid, uint32_t len, bool more)
{
	const uint32_t at = a->buffer_used[bid];
	bool enough;

	if (len > a->buffer_bytes - at) {
		s->lent_wrong = true;
		return false;
	}
	enough = stream_received(a, s, buffer(a, bid) + at, len);
	a->buffer_used[bid] = more ? at + len : 0;
	if (!more)
		give(a, bid);
	return enough;
}

bool provided_received(struct app *a, struct stream *s, const struct io_uring_cqe *cqe)
{
	uint32_t bid = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
	const uint32_t most = a->receive == RECEIVE_BUNDLE ? a->nr_buffers : 1;
	bool enough = false;

	if (bid >= a->nr_buffers || (uint64_t)cqe->res > (uint64_t)most * a->buffer_bytes) {
		s->lent_wrong = true;
		return false;
	}
	if (a->receive == RECEIVE_INCREMENTAL)
		return piece(a, s, bid, (uint32_t)cqe->res, cqe->flags & IORING_CQE_F_BUF_MORE);
	/* Of a bundle the bytes fill several buffers, in the order in which those were given. */
	for (uint32_t left = (uint32_t)cqe->res, part; left; left -= part) {
		part = left < a->buffer_bytes ? left : a->buffer_bytes;
		enough |= stream_received(a, s, buffer(a, bid), part);
		give(a, bid);
		bid = (bid + 1) % a->nr_buffers;
	}
	return enough;
}
