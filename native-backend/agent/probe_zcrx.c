// SPDX-License-Identifier: Apache-2.0
/*
 * What a kernel knows of zero-copy receive: by the query interface, and with an instance that needs no device (which takes CAP_NET_ADMIN,
 * and without it some answers are unknown). What only a NIC's queue shows is unknown always: zcrx_refill_folds, zcrx_refill_rereads,
 * and zcrx_wide_offsets, for which an area would have to be larger than 4 GiB.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "memory.h"
#include "probe.h"
#include "uapi_newer.h"

#define PAGE 4096
#define PAGES 4
#define ENTRIES 64
#define HEADER_ON_CACHE_LINES 128
#define CMD_QUERY 35
#define CMD_CTRL 36
#define QUERY_ZCRX_EVENT 3
#define FEATURE_RX_PAGE_SIZE 1

struct probe_instance {
	uint32_t id, entries_at;
	char *area;
};

static void ring_for_zcrx(void)
{
	if (!ring_with(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQE32))
		answer(UNKNOWN);
}

/* The kernel's answer to a question; false: it does not know it. */
static bool query(unsigned int what, void *data, unsigned int bytes)
{
	struct io_uring_query_hdr h = { .query_data = (uintptr_t)data, .query_op = what, .size = bytes };

	return io_uring_register((unsigned int)-1, CMD_QUERY, &h, 0) == 0 && h.result == 0;
}

static bool query_zcrx(struct io_uring_query_zcrx *q)
{
	memset(q, 0, sizeof(*q));
	return query(IO_URING_QUERY_ZCRX, q, sizeof(*q));
}

static int reg_instance(struct probe_instance *z)
{
	const size_t bytes = 3 * PAGE;
	struct io_uring_region_desc d = {
		.user_addr = (uintptr_t)memory_pages(bytes), .size = bytes, .flags = IORING_MEM_REGION_TYPE_USER,
	};
	struct io_uring_zcrx_area_reg a = { .len = PAGES * PAGE };
	struct io_uring_zcrx_ifq_reg r = {
		.rq_entries = ENTRIES, .flags = ZCRX_REG_NODEV, .area_ptr = (uintptr_t)&a, .region_ptr = (uintptr_t)&d,
	};
	int ret;

	z->area = memory_pages(PAGES * PAGE);
	a.addr = (uintptr_t)z->area;
	ret = io_uring_register((unsigned int)probe_ring.ring_fd, IORING_REGISTER_ZCRX_IFQ, &r, 1);
	z->id = r.zcrx_id;
	z->entries_at = (uint32_t)r.offsets.rqes;
	return ret;
}

static int zcrx(void)
{
	ring_for_zcrx();
	return reg_without_arg(IORING_REGISTER_ZCRX_IFQ, 1);
}

static int zcrx_ctrl(void)
{
	ring_for_zcrx();
	return reg_without_arg(CMD_CTRL, 0);
}

static int zcrx_rx_buf_len(void)
{
	struct io_uring_query_zcrx q;

	return query_zcrx(&q) && q.features & FEATURE_RX_PAGE_SIZE ? YES : NO;
}

static int zcrx_nodev(void)
{
	struct io_uring_query_zcrx q;

	return query_zcrx(&q) && q.register_flags & ZCRX_REG_NODEV ? YES : NO;
}

static int zcrx_events(void)
{
	struct query_zcrx_event q = { 0 };

	return query(QUERY_ZCRX_EVENT, &q, sizeof(q)) ? YES : NO;
}

/* A header on cache lines of its own, or an older one, which has two words. */
static int zcrx_rq_cache_lines(void)
{
	struct io_uring_query_zcrx q;
	struct probe_instance z;

	if (!query_zcrx(&q) || !(q.register_flags & ZCRX_REG_NODEV))
		return NO;
	ring_for_zcrx();
	if (reg_instance(&z) < 0)
		return UNKNOWN;
	return z.entries_at >= HEADER_ON_CACHE_LINES ? YES : NO;
}

static int zcrx_add_area(void)
{
	struct probe_instance z;
	struct io_uring_zcrx_area_reg more = { .addr = (uintptr_t)memory_pages(PAGES * PAGE), .len = PAGES * PAGE };
	struct zcrx_ctrl c = { .op = CTRL_ADD_AREA };
	const uint64_t arg = (uintptr_t)&more;
	struct io_uring_query_zcrx q;
	int ret;

	if (!query_zcrx(&q) || q.nr_ctrl_opcodes <= CTRL_ADD_AREA)
		return NO;
	ring_for_zcrx();
	if (reg_instance(&z) < 0)
		return UNKNOWN;
	c.zcrx_id = z.id;
	memcpy(&c.zc_export, &arg, sizeof(arg));
	ret = io_uring_register((unsigned int)probe_ring.ring_fd, CMD_CTRL, &c, 0);
	return ret == 0 ? YES : ret == -EOPNOTSUPP ? NO : UNKNOWN;
}

/* More than the area holds: is the request over when that is known? */
static int zcrx_stopped_early(void)
{
	struct probe_instance z;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	unsigned int head, data = 0, ends = 0;
	static char bytes[(PAGES + 2) * PAGE];
	int fds[2];

	ring_for_zcrx();
	if (reg_instance(&z) < 0)
		return UNKNOWN;
	tcp_pair_of_sockets(fds);
	if (send(fds[1], bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return UNKNOWN;
	sqe = sqe_for(1);
	io_uring_prep_rw(IORING_OP_RECV_ZC, sqe, fds[0], NULL, 0, 0);
	sqe->ioprio = IORING_RECV_MULTISHOT;
	sqe->zcrx_ifq_idx = z.id;
	io_uring_submit(&probe_ring);
	after_get_events();
	io_uring_for_each_cqe(&probe_ring, head, cqe) {
		data += cqe->flags & IORING_CQE_F_MORE ? 1 : 0;
		ends += cqe->flags & IORING_CQE_F_MORE ? 0 : 1;
	}
	return data == 0 ? UNKNOWN : ends ? YES : NO;
}

/* There is no way without a NIC. */
static int undecided(void)
{
	return UNKNOWN;
}

const struct probe zcrx_probes[] = {
	{ "zcrx", zcrx, UNKNOWN }, { "zcrx_ctrl", zcrx_ctrl, UNKNOWN }, { "zcrx_rx_buf_len", zcrx_rx_buf_len, UNKNOWN },
	{ "zcrx_nodev", zcrx_nodev, UNKNOWN }, { "zcrx_events", zcrx_events, UNKNOWN },
	{ "zcrx_stopped_early", zcrx_stopped_early, UNKNOWN }, { "zcrx_add_area", zcrx_add_area, UNKNOWN },
	{ "zcrx_rq_cache_lines", zcrx_rq_cache_lines, UNKNOWN }, { "zcrx_refill_folds", undecided, UNKNOWN },
	{ "zcrx_refill_rereads", undecided, UNKNOWN }, { "zcrx_wide_offsets", undecided, UNKNOWN }, { NULL, NULL, 0 },
};
