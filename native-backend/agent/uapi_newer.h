/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Linux 7.3 has and liburing 2.15's copy of the kernel's header has not yet, under names of our own: sizes and places are those
 * of uapi_assert.gen.c, which is generated from sim/schema/uapi.ts and checked against the kernel's headers.
 */
#ifndef AGENT_UAPI_NEWER_H
#define AGENT_UAPI_NEWER_H

#include <liburing.h>
#include <liburing/io_uring/query.h>

/* struct io_uring_query_zcrx_event */
struct query_zcrx_event {
	uint32_t event_flags;
	uint32_t stats_size;
	uint32_t stats_off_alignment;
	uint32_t resv1;
	uint64_t resv2[4];
};

/* struct zcrx_event_desc: in io_uring_zcrx_ifq_reg, event_desc stands where __resv[0] was. */
struct event_desc {
	uint64_t user_data;
	uint32_t type_mask;
	uint32_t flags;
	uint64_t stats_offset;
	uint64_t resv[9];
};
#define EVENT_DESC_FLAG_STATS 1

/* ZCRX_CTRL_ARM_EVENT and ZCRX_CTRL_ADD_AREA: their arguments stand where zc_export does. */
#define CTRL_ARM_EVENT 2
#define CTRL_ADD_AREA 3

#endif
