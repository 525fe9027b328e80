// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "loans.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define AREA_MAX (1ul << 30)

struct loans *loans_new(void)
{
	struct loans *l = calloc(1, sizeof(*l));

	if (!l)
		stop("no memory for the loans of an area");
	l->distinct = true;
	return l;
}

void loans_area(struct loans *l, void *at, size_t bytes)
{
	unsigned char *marks = calloc(bytes && bytes < AREA_MAX ? bytes : 1, 1);

	if (!marks || l->nr_areas == AREAS_MAX)
		stop("no memory for the loans of an area");
	l->areas[l->nr_areas].at = at;
	l->areas[l->nr_areas].bytes = bytes;
	l->areas[l->nr_areas++].marks = marks;
}

/* The number of an entry's area, and where it begins there. False: it lies in none. */
static bool find(const struct loans *l, struct entry e, size_t *area, size_t *from)
{
	*area = e.off >> IORING_ZCRX_AREA_SHIFT;
	*from = e.off & ~IORING_ZCRX_AREA_MASK;
	return *area < l->nr_areas && *from + e.len <= l->areas[*area].bytes;
}

static void add(struct entries *list, struct entry e)
{
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 256;
		list->of = realloc(list->of, list->room * sizeof(e));
		if (!list->of)
			stop("no memory for the loans of an area");
	}
	list->of[list->n++] = e;
}

const char *loans_lend(struct loans *l, struct entry e)
{
	size_t area, from;

	if (!find(l, e, &area, &from))
		return NULL;
	for (size_t n = 0; n < e.len; n++)
		if (l->areas[area].marks[from + n])
			l->distinct = false;
	memset(l->areas[area].marks + from, 1, e.len);
	l->lent++;
	add(&l->held, e);
	return l->areas[area].at + from;
}

void loans_give(struct loans *l, enum give policy, size_t batch)
{
	const size_t n = l->held.n;

	if (policy == GIVE_NONE || n < (policy == GIVE_BATCH || policy == GIVE_REVERSED ? batch : 1))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct entry e = l->held.of[policy == GIVE_REVERSED ? n - 1 - i : i];

		add(&l->queue, e);
		if (policy == GIVE_TWICE)
			add(&l->queue, e);
	}
	l->given += n;
	l->held.n = 0;
}

void loans_publish(struct instance *z)
{
	struct loans *l = z->loans;
	size_t n, area, from;

	for (n = 0; n < l->queue.n && l->tail - io_uring_smp_load_acquire(z->head) < z->entries; n++) {
		const struct entry e = l->queue.of[n];
		struct io_uring_zcrx_rqe *rqe = (struct io_uring_zcrx_rqe *)z->rqes + (l->tail++ & (z->entries - 1));

		rqe->off = e.off;
		rqe->len = e.len;
		rqe->__pad = 0;
		if (find(l, e, &area, &from))
			memset(l->areas[area].marks + from, 0, e.len);
	}
	l->queue.n -= n;
	memmove(l->queue.of, l->queue.of + n, l->queue.n * sizeof(*l->queue.of));
	io_uring_smp_store_release(z->tail, l->tail);
}
