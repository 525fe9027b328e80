// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "loans.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define AREA_MAX (1ul << 30)

struct loans *loans_new(size_t area_bytes)
{
	struct loans *l = calloc(1, sizeof(*l));

	if (l)
		l->marks = calloc(area_bytes && area_bytes < AREA_MAX ? area_bytes : 1, 1);
	if (!l || !l->marks)
		stop("no memory for the loans of an area");
	l->distinct = true;
	return l;
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

void loans_lend(struct loans *l, size_t at, struct entry e)
{
	for (size_t n = 0; n < e.len; n++)
		if (l->marks[at + n])
			l->distinct = false;
	memset(l->marks + at, 1, e.len);
	l->lent++;
	add(&l->held, e);
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
	size_t n;

	for (n = 0; n < l->queue.n && l->tail - io_uring_smp_load_acquire(z->head) < z->entries; n++) {
		const struct entry e = l->queue.of[n];
		struct io_uring_zcrx_rqe *rqe = (struct io_uring_zcrx_rqe *)z->rqes + (l->tail++ & (z->entries - 1));

		rqe->off = e.off;
		rqe->len = e.len;
		rqe->__pad = 0;
		memset(l->marks + (e.off & ~IORING_ZCRX_AREA_MASK), 0, e.len);
	}
	l->queue.n -= n;
	memmove(l->queue.of, l->queue.of + n, l->queue.n * sizeof(*l->queue.of));
	io_uring_smp_store_release(z->tail, l->tail);
}
