// SPDX-License-Identifier: Apache-2.0
/* The step that fills a submission entry. */
#include <string.h>

#include "machine.h"

/* A member of struct io_uring_sqe under its name; steps have some of them under other names. */
/* write_stream: liburing 2.15 has no name for it yet. */
static const struct member {
	const char *name;
	unsigned char offset, bytes;
} members[] = {
#define AT(name, member) { name, offsetof(struct io_uring_sqe, member), sizeof(((struct io_uring_sqe *)0)->member) }
#define SAME(member) AT(#member, member)
	AT("op", opcode), AT("ud", user_data), AT("bgid", buf_group), AT("poll_events", poll32_events),
	SAME(opcode), SAME(flags), SAME(ioprio), SAME(fd), SAME(off), SAME(addr2), SAME(cmd_op), SAME(addr), SAME(splice_off_in),
	SAME(level), SAME(optname), SAME(len), SAME(rw_flags), SAME(fsync_flags), SAME(poll32_events), SAME(sync_range_flags),
	SAME(msg_flags), SAME(timeout_flags), SAME(accept_flags), SAME(cancel_flags), SAME(open_flags), SAME(statx_flags),
	SAME(fadvise_advice), SAME(splice_flags), SAME(rename_flags), SAME(unlink_flags), SAME(hardlink_flags), SAME(xattr_flags),
	SAME(msg_ring_flags), SAME(uring_cmd_flags), SAME(waitid_flags), SAME(futex_flags), SAME(install_fd_flags), SAME(nop_flags),
	SAME(pipe_flags), SAME(user_data), SAME(buf_index), SAME(buf_group), SAME(personality), SAME(splice_fd_in), SAME(file_index),
	SAME(zcrx_ifq_idx), SAME(optlen), SAME(addr_len), { "write_stream", 44, 1 }, SAME(addr3), SAME(attr_ptr), SAME(attr_type_mask),
	SAME(optval),
};

static const char *const others[] = { "step", "ring", "poke", "tag", "thread", "host", "as", "quiet" };
/* Members that every step has a value for; others share their places, and count. */
static const char *const defaulted[] = { "off", "addr", "len", "fd" };

static bool among(const char *name, const char *const *these, size_t n)
{
	while (n--)
		if (!strcmp(these[n], name))
			return true;
	return false;
}
#define AMONG(name, these) among(name, these, sizeof(these) / sizeof((these)[0]))

static bool is_flags(const char *name)
{
	const size_t n = strlen(name);

	return !strcmp(name, "poll_events") || (n > 6 && !strcmp(name + n - 6, "_flags"));
}

static void put(struct io_uring_sqe *sqe, const char *name, uint64_t value)
{
	for (size_t n = 0; n < sizeof(members) / sizeof(members[0]); n++) {
		if (strcmp(members[n].name, name))
			continue;
		memcpy((char *)sqe + members[n].offset, &value, members[n].bytes);
		return;
	}
	stop("a submission entry has no field '%s'", name);
}

static void put_all(struct io_uring_sqe *sqe, bool first)
{
	for (const struct json *v = step_now()->child; v; v = v->next) {
		uint64_t value;

		if (AMONG(v->key, others) || AMONG(v->key, defaulted) != first)
			continue;
		value = (uint64_t)value_of(v);
		if (value || !is_flags(v->key))
			put(sqe, v->key, value);
	}
}

static void remember(struct open_ring *r, const struct io_uring_sqe *sqe)
{
	struct sent *s = NULL;

	for (int n = 0; n < r->nr_sent && !s; n++)
		if (r->sent[n].ud == sqe->user_data)
			s = &r->sent[n];
	if (!s) {
		if (r->nr_sent == SENT_MAX)
			stop("too many requests");
		s = &r->sent[r->nr_sent++];
	}
	*s = (struct sent) {
		.ud = sqe->user_data, .op = sqe->opcode, .has_bgid = has("bgid"), .bgid = (int)integer("bgid", 0),
		.makes_file = (sqe->opcode == IORING_OP_ACCEPT || sqe->opcode == IORING_OP_SOCKET) && !sqe->file_index,
	};
}

static void fill(void)
{
	struct open_ring *r = ring_now();
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

	if (!sqe)
		stop("the submission queue of ring %d is full: submit before", (int)integer("ring", 0));
	put_all(sqe, true);
	put_all(sqe, false);
	for (const struct json *v = list("poke") ? list("poke")->child : NULL; v; v = v->next) {
		int64_t off, word;

		pair_of(v, &off, &word);
		memcpy((char *)sqe + off, &word, 4);
	}
	remember(r, sqe);
}

const struct handler sqe_steps[] = { { "sqe", fill }, { NULL, NULL } };
