// SPDX-License-Identifier: Apache-2.0
/* Steps on rings as a whole. */
#include <string.h>

#include "machine.h"
#include "trace.h"

static struct io_uring_params params_of(void)
{
	struct io_uring_params p = { .cq_entries = (unsigned int)integer("cq", 0) };

	p.flags = (unsigned int)integer("flags", 0) | (p.cq_entries ? IORING_SETUP_CQSIZE : 0);
	return p;
}

static void init(void)
{
	const int id = (int)integer("ring", 0);
	struct io_uring_params p = params_of();
	const unsigned int asked = p.flags;
	struct open_ring *r = &machine.rings[id];
	int done;

	p.sq_thread_idle = (unsigned int)integer("sq_thread_idle", 0);
	p.sq_thread_cpu = (unsigned int)integer("sq_thread_cpu", 0);
	if (integer("wq", -1) >= 0)
		p.wq_fd = (unsigned int)ring_of((int)integer("wq", -1))->ring_fd;
	memset(r, 0, sizeof(*r));
	r->first_file = -1;
	r->generation = ++machine.ring_generations;
	done = io_uring_queue_init_params((unsigned int)integer("sq", 8), &r->ring, &p);
	r->open = done >= 0;
	if (!ret_begin(done < 0 ? done : 0))
		return;
	trace_int("r", id);
	if (done >= 0) {
		trace_int("sq", p.sq_entries);
		trace_int("cq", p.cq_entries);
	}
	trace_int("flags", done < 0 ? asked : integer("flags", 0));
	if (done >= 0)
		trace_int("features", p.features);
	ret_end(done);
}

static void end(void)
{
	const int id = (int)integer("ring", 0);
	struct open_ring *r = ring_now();

	io_uring_queue_exit(&r->ring);
	r->open = false;
	for (int n = 0; n < GROUPS_MAX; n++)
		if (machine.groups[n].ring == id)
			machine.groups[n].there = false;
}

static void enable(void)
{
	ret(io_uring_enable_rings(&ring_now()->ring));
}

static void resize(void)
{
	struct io_uring_params p = params_of();

	p.sq_entries = (unsigned int)integer("sq", 8);
	ret(io_uring_resize_rings(&ring_now()->ring, &p));
}

const struct handler ring_steps[] = {
	{ "ring.init", init }, { "ring.exit", end }, { "ring.enable", enable }, { "ring.resize", resize }, { NULL, NULL },
};
