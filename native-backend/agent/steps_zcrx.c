// SPDX-License-Identifier: Apache-2.0
/* Steps on zcrx instances and their refill rings. */
#include <string.h>

#include "machine.h"
#include "memory.h"
#include "nic.h"
#include "places.h"
#include "trace.h"
#include "uapi_newer.h"

#define PAGE 4096
#define RQ_HEADER 128

static struct instance *free_instance(void)
{
	for (int n = 0; n < INSTANCES_MAX; n++)
		if (!machine.instances[n].name || !strcmp(machine.instances[n].name, text("name")))
			return &machine.instances[n];
	stop("too many instances");
}

static void give_instance(const struct instance *z)
{
	give(z->name, NULL, z->id);
	give(z->name, "id", z->id);
	give(z->name, "token", (int64_t)z->token);
	give(z->name, "area", (int64_t)(uintptr_t)z->area);
}

static struct io_uring_zcrx_area_reg area_reg(void *at, size_t bytes)
{
	return (struct io_uring_zcrx_area_reg) {
		.addr = has("dmabuf") ? 0 : (uintptr_t)at, .len = bytes, .dmabuf_fd = (uint32_t)integer("dmabuf", 0),
		.flags = (uint32_t)integer("area_flags", 0) | (has("dmabuf") ? IORING_ZCRX_AREA_DMABUF : 0),
	};
}

static void say(const struct io_uring_zcrx_ifq_reg *r, uint64_t token, int done)
{
	if (!ret_begin(done))
		return;
	trace_int("pages", integer("pages", 4));
	trace_int("rq", integer("rq", 4));
	trace_int("ev", has("events") ? (flag("stats") ? 2 : 1) : 0);
	trace_int("id", r->zcrx_id);
	trace_int("rx_buf_len", r->rx_buf_len);
	trace_int("rq_entries", r->rq_entries);
	trace_int("head", r->offsets.head);
	trace_int("tail", r->offsets.tail);
	trace_int("rqes", r->offsets.rqes);
	trace_hex_text("token", token);
	ret_end(done);
}

/* Memory of an area; of large pages where its buffers are larger than a page. */
static char *area_memory(size_t bytes, size_t buffer)
{
	return buffer > PAGE ? memory_huge(bytes) : memory_pages(bytes);
}

static void reg(void)
{
	const size_t bytes = (size_t)integer("pages", 4) * PAGE;
	const size_t entries = (size_t)integer("rq", 4);
	const size_t stats_off = (RQ_HEADER + entries * sizeof(struct io_uring_zcrx_rqe) + PAGE - 1) & ~(size_t)(PAGE - 1);
	const bool nodev = flag("nodev");
	char *area = has("area") ? (char *)(uintptr_t)integer("area", 0) : area_memory(bytes, (size_t)integer("rx_buf_len", 0));
	char *region_at = memory_pages(stats_off + PAGE);
	struct io_uring_zcrx_area_reg a = area_reg(area, bytes);
	struct io_uring_region_desc d = {
		.user_addr = (uintptr_t)region_at, .size = stats_off + PAGE, .flags = IORING_MEM_REGION_TYPE_USER,
	};
	struct event_desc events = {
		.user_data = (uint64_t)integer("ev_ud", 0), .type_mask = (uint32_t)integer("events", 0),
		.flags = flag("stats") ? EVENT_DESC_FLAG_STATS : 0, .stats_offset = flag("stats") ? stats_off : 0,
	};
	struct io_uring_zcrx_ifq_reg r = {
		.if_idx = nodev ? 0 : place_ifindex(integer("if_idx", 2)), .if_rxq = nodev ? 0 : (uint32_t)integer("rxq", 0),
		.rq_entries = (uint32_t)entries, .flags = (nodev ? ZCRX_REG_NODEV : 0) | (uint32_t)integer("reg_flags", 0),
		.area_ptr = (uintptr_t)&a, .region_ptr = (uintptr_t)&d, .rx_buf_len = (uint32_t)integer("rx_buf_len", 0),
	};
	int done;

	if (has("events"))
		r.__resv[0] = (uintptr_t)&events;
	done = io_uring_register((unsigned int)ring_now()->ring.ring_fd, IORING_REGISTER_ZCRX_IFQ, &r, 1);
	if (done == 0) {
		struct instance *z = free_instance();

		*z = (struct instance) {
			.name = text("name"), .id = r.zcrx_id, .area = area, .area_bytes = bytes, .token = a.rq_area_token,
			.buffer_bytes = r.rx_buf_len ? r.rx_buf_len : PAGE, .entries = r.rq_entries,
			.head = (uint32_t *)(region_at + r.offsets.head), .tail = (uint32_t *)(region_at + r.offsets.tail),
			.rqes = region_at + r.offsets.rqes, .stats = (uint64_t *)(region_at + stats_off),
			.has_events = has("events"), .has_stats = has("events") && flag("stats"), .events_ud = events.user_data, .loans = loans_new(),
			.ways = memory_alloc(sizeof(struct nic_ways)), .rxq = nodev ? -1 : (int)integer("rxq", 0),
		};
		loans_area(z->loans, area, bytes);
		nic_ways_begin(z->ways, z->rxq);
		give_instance(z);
	}
	say(&r, a.rq_area_token, done);
}

int zcrx_control(int64_t id, int64_t op, uint64_t *arg)
{
	struct zcrx_ctrl c = { .zcrx_id = (uint32_t)id, .op = (uint32_t)op };
	int done;

	if (arg)
		memcpy(&c.zc_export, arg, sizeof(*arg));
	done = io_uring_register((unsigned int)ring_now()->ring.ring_fd, IORING_REGISTER_ZCRX_CTRL, &c, 0);
	if (arg)
		memcpy(arg, &c.zc_export, sizeof(*arg));
	return done;
}

static void publish_entries(struct instance *z)
{
	io_uring_smp_store_release(z->tail, z->loans->tail);
}

static void push(void)
{
	struct instance *z = instance_now("zcrx");
	struct io_uring_zcrx_rqe *e = (struct io_uring_zcrx_rqe *)z->rqes + (z->loans->tail & (z->entries - 1));

	e->off = (uint64_t)integer("off", 0);
	e->len = (uint32_t)integer("len", 1);
	e->__pad = (uint32_t)integer("pad", 0);
	z->loans->tail++;
	if (flag("publish"))
		publish_entries(z);
}

static void publish(void)
{
	publish_entries(instance_now("zcrx"));
}

static void flush(void)
{
	struct instance *z = instance_now("zcrx");
	const int done = zcrx_control(z->id, ZCRX_CTRL_FLUSH_RQ, NULL);

	if (!ret_begin(done))
		return;
	trace_int("head", *z->head);
	trace_int("tail", *z->tail);
	ret_end(done);
}

static void arm(void)
{
	uint64_t arg = (uint32_t)integer("type", 0);
	const int done = zcrx_control(instance_now("zcrx")->id, CTRL_ARM_EVENT, &arg);

	if (!ret_begin(done))
		return;
	trace_int("type", integer("type", 0));
	ret_end(done);
}

static void add_area(void)
{
	const size_t bytes = (size_t)integer("pages", 4) * PAGE;
	void *at = memory_pages(bytes);
	struct io_uring_zcrx_area_reg a = area_reg(at, bytes);
	uint64_t arg = (uintptr_t)&a;
	const int done = zcrx_control(instance_now("zcrx")->id, CTRL_ADD_AREA, &arg);

	if (done == 0)
		loans_area(instance_now("zcrx")->loans, at, bytes);
	if (!ret_begin(done))
		return;
	trace_hex_text("token", a.rq_area_token);
	ret_end(done);
}

static void ctrl(void)
{
	ret(zcrx_control(has("id") ? integer("id", 0) : instance_now("zcrx")->id, integer("op", 0), NULL));
}

static void export(void)
{
	uint64_t arg = 0;
	const int done = zcrx_control(instance_now("zcrx")->id, ZCRX_CTRL_EXPORT, &arg);

	if (done == 0)
		give(text("name"), NULL, (int64_t)(uint32_t)arg);
	ret(done);
}

static void import(void)
{
	const struct instance like = *instance_now("like");
	struct io_uring_zcrx_ifq_reg r = { .flags = ZCRX_REG_IMPORT, .if_idx = (uint32_t)integer("fd", -1) };
	const int done = io_uring_register((unsigned int)ring_now()->ring.ring_fd, IORING_REGISTER_ZCRX_IFQ, &r, 1);

	if (done == 0) {
		struct instance *z = free_instance();

		*z = like;
		z->name = text("name");
		z->id = r.zcrx_id;
		give_instance(z);
	}
	if (!ret_begin(done))
		return;
	trace_int("id", r.zcrx_id);
	ret_end(done);
}

static void poke(void)
{
	struct instance *z = instance_now("zcrx");

	if (has("head"))
		*z->head = (uint32_t)integer("head", 0);
	if (has("tail"))
		*z->tail = (uint32_t)integer("tail", 0);
}

static void rq(void)
{
	const struct instance *z = instance_now("zcrx");

	emit("rq");
	trace_int("head", *z->head);
	trace_int("tail", *z->tail);
	trace_end();
}

static void stats(void)
{
	const struct instance *z = instance_now("zcrx");

	emit("stats");
	trace_int("count", (int64_t)z->stats[0]);
	trace_int("bytes", (int64_t)z->stats[1]);
	trace_end();
}

static void check(void)
{
	const struct instance *z = instance_now("zcrx");
	const uint64_t off = (uint64_t)integer("off", 0) & ~IORING_ZCRX_AREA_MASK;
	const size_t len = (size_t)integer("len", 0);
	bool ok = true;

	for (size_t n = 0; ok && n < len; n++)
		ok = (unsigned char)z->area[off + n] == seq_byte((size_t)integer("at", 0) + n);
	emit("data");
	trace_int("n", (int64_t)len);
	trace_bool("ok", ok);
	trace_end();
}

const struct handler zcrx_steps[] = {
	{ "zcrx.reg", reg }, { "zcrx.push", push }, { "zcrx.publish", publish }, { "zcrx.flush", flush }, { "zcrx.arm", arm },
	{ "zcrx.add_area", add_area }, { "zcrx.ctrl", ctrl }, { "zcrx.export", export }, { "zcrx.import", import },
	{ "zcrx.poke", poke }, { "zcrx.rq", rq }, { "zcrx.stats", stats }, { "zcrx.check", check }, { NULL, NULL },
};
