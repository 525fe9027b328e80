// SPDX-License-Identifier: Apache-2.0
/*
 * Zero-copy receive of a sink: its area, its refill ring, and when and in which order it gives buffers back (the simulator's
 * uring-model/8-app/builtin/refill_policy.ts).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "apps.h"
#include "machine.h"
#include "memory.h"
#include "places.h"
#include "uapi_newer.h"

#define HUGE_PAGE (2ul << 20)
#define NIC_IFINDEX 2
#define RQ_HEADER 128
#define RQ_ENTRIES_MAX 32768

struct loan {
	int64_t time_ns;
	uint64_t off;
	uint32_t len, stream;
};

struct refill {
	uint32_t *head, *tail;
	struct io_uring_zcrx_rqe *entries;
	uint32_t nr_entries, tail_local;
	uint64_t *stats;
	/* Bytes of each buffer that the application has. */
	uint32_t *lent;
	uint64_t nr_buffers;
	/* Buffers that wait to be given back: a ring. */
	struct loan *loans;
	uint32_t first, next, mask;
	struct draws draws;
};

/* Huge pages where they are wanted and can be had. */
static unsigned char *area_of(struct app *a)
{
	const uint64_t bytes = a->k->area_bytes;
	const uint64_t whole = (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	unsigned char *at;

	a->report->huge_wanted = a->k->area_page >= HUGE_PAGE && bytes >= HUGE_PAGE;
	if (a->report->huge_wanted) {
		at = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
		a->report->huge = at != MAP_FAILED;
		if (a->report->huge)
			return at;
	}
	at = mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	at += -(uintptr_t)at & (HUGE_PAGE - 1);
	if (a->report->huge_wanted)
		madvise(at, whole, MADV_HUGEPAGE);
	return at;
}

static uint32_t power_of_two(uint64_t n, uint32_t least, uint32_t most)
{
	uint32_t p = least;

	while (p < n && p < most)
		p <<= 1;
	return p;
}

static int reg(struct app *a, struct io_uring_zcrx_ifq_reg *r, struct event_desc *counts)
{
	/* event_desc stands where __resv[0] was; kernels before 7.2 refuse it. */
	r->__resv[0] = (uintptr_t)counts;
	return io_uring_register((unsigned int)a->ring.ring_fd, IORING_REGISTER_ZCRX_IFQ, r, 1);
}

int zcrx_start(struct app *a)
{
	const struct knobs *k = a->k;
	const uint64_t buffers = k->area_bytes / k->rx_buf_len;
	const uint32_t entries = k->rq_entries ? (uint32_t)k->rq_entries : power_of_two(buffers, 8, RQ_ENTRIES_MAX);
	const size_t stats_at = RQ_HEADER + (size_t)power_of_two(entries, 1, RQ_ENTRIES_MAX) * sizeof(struct io_uring_zcrx_rqe);
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	/* A page more than the ring takes, for kernels with another layout. */
	const size_t bytes = ((stats_at + page - 1) & ~(page - 1)) + page;
	unsigned char *region_at = memory_pages(bytes);
	struct event_desc counts = { .flags = EVENT_DESC_FLAG_STATS, .stats_offset = bytes - page };
	struct io_uring_region_desc d = { .user_addr = (uintptr_t)region_at, .size = bytes, .flags = IORING_MEM_REGION_TYPE_USER };
	struct io_uring_zcrx_area_reg area = { .len = k->area_bytes };
	struct io_uring_zcrx_ifq_reg r = {
		.if_idx = k->nodev ? 0 : place_ifindex(NIC_IFINDEX), .if_rxq = k->nodev ? 0 : (uint32_t)k->queue,
		.rq_entries = entries, .flags = k->nodev ? ZCRX_REG_NODEV : 0, .area_ptr = (uintptr_t)&area, .region_ptr = (uintptr_t)&d,
		.rx_buf_len = k->rx_buf_len == page ? 0 : (uint32_t)k->rx_buf_len,
	};
	const struct io_uring_zcrx_ifq_reg first = r;
	const struct io_uring_region_desc first_d = d;
	struct refill *f;
	int ret;

	a->area = area_of(a);
	if (!a->area)
		return -ENOMEM;
	area.addr = (uintptr_t)a->area;
	ret = reg(a, &r, &counts);
	a->report->counted = ret == 0;
	if (ret == -EINVAL) {
		r = first;
		d = first_d;
		ret = reg(a, &r, NULL);
	}
	if (ret < 0)
		return ret;
	f = memory_alloc(sizeof(*f));
	f->head = (uint32_t *)(void *)(region_at + r.offsets.head);
	f->tail = (uint32_t *)(void *)(region_at + r.offsets.tail);
	f->entries = (struct io_uring_zcrx_rqe *)(void *)(region_at + r.offsets.rqes);
	f->nr_entries = r.rq_entries;
	f->stats = (uint64_t *)(void *)(region_at + bytes - page);
	f->nr_buffers = buffers;
	f->lent = memory_alloc(buffers * sizeof(*f->lent));
	f->mask = power_of_two(buffers * 4, 4096, 1u << 24) - 1;
	f->loans = memory_alloc((f->mask + 1ul) * sizeof(*f->loans));
	f->draws = draws_of(k->seed, a->host, STREAM_APP_REFILL);
	a->zcrx_id = r.zcrx_id;
	a->refill = f;
	return 0;
}

static uint32_t *lent_of(const struct app *a, uint64_t off)
{
	return &a->refill->lent[(off & ~IORING_ZCRX_AREA_MASK) / a->k->rx_buf_len];
}

bool refill_lent(struct app *a, uint64_t off, uint32_t len)
{
	uint32_t *lent = lent_of(a, off);

	a->report->lent++;
	a->report->lent_bytes += len;
	*lent += len;
	return *lent <= a->k->rx_buf_len;
}

static uint32_t space(const struct refill *f)
{
	return f->nr_entries - (f->tail_local - io_uring_smp_load_acquire(f->head));
}

static void give_back(struct app *a, const struct loan *l)
{
	struct refill *f = a->refill;
	struct stream *s = &a->streams[l->stream];
	uint32_t *lent = lent_of(a, l->off);
	struct io_uring_zcrx_rqe *e = &f->entries[f->tail_local & (f->nr_entries - 1)];

	*e = (struct io_uring_zcrx_rqe) { .off = l->off, .len = l->len };
	f->tail_local++;
	io_uring_smp_store_release(f->tail, f->tail_local);
	if (*lent < l->len || !s->loans)
		s->lent_wrong = true;
	*lent -= l->len;
	s->loans--;
	a->report->returned++;
}

void refill_flush(struct app *a)
{
	struct zcrx_ctrl c = { .zcrx_id = a->zcrx_id, .op = ZCRX_CTRL_FLUSH_RQ };

	if (a->refill)
		io_uring_register((unsigned int)a->ring.ring_fd, IORING_REGISTER_ZCRX_CTRL, &c, 0);
}

/* Room in the refill ring, if need be after asking the kernel to read it. */
static bool make_space(struct app *a)
{
	if (space(a->refill))
		return true;
	if (!a->k->flush)
		return false;
	refill_flush(a);
	return space(a->refill) != 0;
}

void refill_later(struct app *a, uint32_t i, uint64_t off, uint32_t len)
{
	struct refill *f = a->refill;
	struct loan l = { .off = off, .len = len, .stream = i };

	if (!a->k->give_back)
		return;
	if (!a->k->delay_ns && a->k->batch == 1 && f->first == f->next && space(f)) {
		give_back(a, &l);
		return;
	}
	if (f->next - f->first > f->mask)
		return;	/* more loans than the area can have: kept for ever */
	l.time_ns = a->k->delay_ns ? now_ns() + (int64_t)a->k->delay_ns : 0;
	f->loans[f->next++ & f->mask] = l;
}

static void swap(struct refill *f, uint32_t x, uint32_t y)
{
	const struct loan l = f->loans[x & f->mask];

	f->loans[x & f->mask] = f->loans[y & f->mask];
	f->loans[y & f->mask] = l;
}

/* Turns a batch round, or shuffles it (Fisher and Yates). */
static void reorder(struct app *a, uint32_t batch)
{
	struct refill *f = a->refill;
	const bool lifo = a->k->order == ORDER_LIFO;

	for (uint32_t i = batch - 1; i > 0; i--) {
		const uint32_t k = lifo ? batch - 1 - i : draw_below(&f->draws, i + 1);

		if (lifo && k >= i)
			return;
		swap(f, f->first + i, f->first + k);
	}
}

void refill_run(struct app *a)
{
	struct refill *f = a->refill;
	const uint32_t batch = (uint32_t)a->k->batch;

	while (f->next - f->first >= batch && f->loans[(f->first + batch - 1) & f->mask].time_ns <= now_ns()) {
		if (a->k->order != ORDER_FIFO)
			reorder(a, batch);
		for (uint32_t i = 0; i < batch; i++) {
			if (!make_space(a))
				return;
			give_back(a, &f->loans[f->first++ & f->mask]);
		}
	}
}

int64_t refill_due(const struct app *a)
{
	const struct refill *f = a->refill;
	const uint32_t batch = (uint32_t)a->k->batch;
	int64_t due;

	if (f->next - f->first < batch)
		return INT64_MAX;
	due = f->loans[(f->first + batch - 1) & f->mask].time_ns;
	return due > now_ns() ? due : INT64_MAX;
}

void refill_report(struct app *a)
{
	a->report->copied_bytes = a->report->counted ? __atomic_load_n(&a->refill->stats[1], __ATOMIC_RELAXED) : 0;
}
