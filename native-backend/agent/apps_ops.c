// SPDX-License-Identifier: Apache-2.0
/* What the applications have in common: operations, the grammar of their completions, proof of bytes, buffers, waits. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "apps.h"
#include "machine.h"
#include "memory.h"
#include "places.h"

int make_socket(const struct app *a)
{
	const int fd = socket(a->k->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1, rcvbuf = (int)a->k->rcvbuf, sndbuf = (int)a->k->sndbuf;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (sndbuf)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	if (a->k->nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* Makes room for `n` entries that the kernel has to read at once. */
void op_room(struct app *a, uint32_t n)
{
	if (io_uring_sq_space_left(&a->ring) < n)
		io_uring_submit(&a->ring);
}

static struct io_uring_sqe *entry(struct app *a)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&a->ring);

	while (!sqe) {
		io_uring_submit(&a->ring);
		sqe = io_uring_get_sqe(&a->ring);
	}
	return sqe;
}

static void named(struct io_uring_sqe *sqe, enum kind kind, uint32_t i)
{
	io_uring_sqe_set_data64(sqe, (uint64_t)kind << 32 | i);
}

void op_connect(struct app *a, uint32_t i, const struct sockaddr_storage *to, socklen_t len)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_connect(sqe, a->streams[i].fd, (const struct sockaddr *)to, len);
	named(sqe, KIND_CONNECT, i);
	/* The kernel copies the address while it reads the entry. */
	io_uring_submit(&a->ring);
}

void op_send(struct app *a, uint32_t i, const void *at, uint32_t len, int msg_flags, unsigned int sqe_flags)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_send(sqe, a->streams[i].fd, at, len, msg_flags);
	io_uring_sqe_set_flags(sqe, sqe_flags);
	named(sqe, KIND_SEND, i);
	a->report->grammar[OP_SEND].requests++;
}

/* Of memory that is not registered, or of the first registered buffer, which is the payload. */
void op_send_zc(struct app *a, uint32_t i, const void *at, uint32_t len, int msg_flags, unsigned int sqe_flags)
{
	struct io_uring_sqe *sqe = entry(a);

	if (a->k->send == SEND_ZC_FIXED)
		io_uring_prep_send_zc_fixed(sqe, a->streams[i].fd, at, len, msg_flags, 0, 0);
	else
		io_uring_prep_send_zc(sqe, a->streams[i].fd, at, len, msg_flags, 0);
	io_uring_sqe_set_flags(sqe, sqe_flags);
	named(sqe, KIND_SEND, i);
	a->report->grammar[OP_SEND_ZC].requests++;
}

void op_recv(struct app *a, uint32_t i, void *at, uint32_t len)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_recv(sqe, a->streams[i].fd, at, len, a->k->waitall && a->k->role == ROLE_SINK ? MSG_WAITALL : 0);
	named(sqe, KIND_RECV, i);
	a->report->grammar[OP_RECV].requests++;
}

/* With buffers of group 0, one or as many as are needed for a completion. */
void op_recv_multishot(struct app *a, uint32_t i, bool bundle)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_recv_multishot(sqe, a->streams[i].fd, NULL, 0, 0);
	if (bundle)
		sqe->ioprio |= IORING_RECVSEND_BUNDLE;
	io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
	named(sqe, KIND_RECV, i);
	a->report->grammar[OP_RECV].requests++;
}

/* Adds buffers to the list of group 0. */
void op_provide(struct app *a, void *at, uint32_t len, uint32_t count, uint32_t bid, bool silent)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_provide_buffers(sqe, at, (int)len, (int)count, 0, (int)bid);
	io_uring_sqe_set_flags(sqe, silent ? IOSQE_CQE_SKIP_SUCCESS : 0);
	named(sqe, KIND_PROVIDE, 0);
}

void op_recv_zc(struct app *a, uint32_t i)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_rw(IORING_OP_RECV_ZC, sqe, a->streams[i].fd, NULL, (unsigned int)a->k->recv_bytes, 0);
	sqe->ioprio = IORING_RECV_MULTISHOT;
	sqe->zcrx_ifq_idx = a->zcrx_id;
	named(sqe, KIND_RECV, i);
	a->report->grammar[OP_RECV_ZC].requests++;
}

void op_shutdown(struct app *a, uint32_t i, int how)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_shutdown(sqe, a->streams[i].fd, how);
	named(sqe, KIND_SHUTDOWN, i);
}

void op_close(struct app *a, uint32_t i, int fd)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_close(sqe, fd);
	named(sqe, KIND_CLOSE, i);
}

void op_accept(struct app *a, uint32_t listener)
{
	struct io_uring_sqe *sqe = entry(a);

	io_uring_prep_multishot_accept(sqe, a->listeners[listener], NULL, NULL, 0);
	named(sqe, KIND_ACCEPT, listener);
}

void saw(struct app *a, int op, const struct io_uring_cqe *cqe)
{
	struct grammar *g = &a->report->grammar[op];
	const unsigned int pattern = (cqe->flags & IORING_CQE_F_MORE ? PATTERN_MORE : 0)
		| (cqe->flags & IORING_CQE_F_BUFFER ? PATTERN_BUFFER : 0) | (cqe->flags & IORING_CQE_F_NOTIF ? PATTERN_NOTIF : 0);

	if (cqe->res < 0 && cqe->res > -ERRORS_MAX)
		g->errors[-cqe->res] = true;
	if (cqe->flags & IORING_CQE_F_MORE) {
		g->shots |= (uint8_t)(1u << pattern);
		return;
	}
	g->ends_seen |= (uint8_t)(1u << pattern);
	if (++g->ends > g->requests)
		g->twice = true;
}

void check_start(struct app *a, struct stream *s)
{
	if (a->check == CHECK_SHA256)
		sha256_init(&s->sha);
}

void check_bytes(struct app *a, struct stream *s, const unsigned char *at, uint32_t len)
{
	const int64_t now = now_ns();

	if (!s->completions++)
		s->first_ns = now;
	s->last_ns = now;
	if (a->compare && s->conn >= 0) {
		for (uint32_t done = 0, part; done < len; done += part) {
			part = len - done < TAIL_BYTES ? len - done : TAIL_BYTES;
			if (memcmp(at + done, payload_at((uint64_t)s->conn, s->bytes + done), part))
				s->wrong = true;
		}
	}
	if (a->check == CHECK_SHA256)
		sha256_update(&s->sha, at, len);
	s->bytes += len;
}

void check_end(struct app *a, struct stream *s)
{
	if (a->check == CHECK_SHA256)
		sha256_final(&s->sha, s->digest);
}

struct stream *stream_new(struct app *a, uint32_t *i)
{
	struct stream *s;

	if (a->nr_streams == FLOWS_MAX)
		return NULL;
	*i = a->nr_streams++;
	a->report->nr_streams = a->nr_streams;
	a->streams_open++;
	s = &a->streams[*i];
	s->conn = -1;
	s->fd = -1;
	check_start(a, s);
	return s;
}

unsigned char *buffer_take(struct app *a)
{
	return a->nr_free ? a->free_buffers[--a->nr_free] : NULL;
}

void buffer_put(struct app *a, unsigned char *at)
{
	a->free_buffers[a->nr_free++] = at;
}

/* Buffers of RECV: one for each flow, and some more. */
void buffers_cut(struct app *a, unsigned char *base, uint64_t bytes, uint32_t flows)
{
	const uint64_t most = bytes / ((flows > 56 ? flows : 56) + 8) & ~63ull;
	const uint64_t asked = a->k->role == ROLE_RPC ? 0 : a->k->recv_bytes;
	const uint64_t want = ((asked ? asked : a->k->chunk) + 63) & ~63ull;

	a->buffer_bytes = (uint32_t)(want < most || asked ? want : most > 64 ? most : 64);
	a->nr_buffers = (uint32_t)(bytes / a->buffer_bytes);
	a->free_buffers = memory_alloc(a->nr_buffers * sizeof(*a->free_buffers));
	for (uint32_t n = a->nr_buffers; n-- > 0;)
		buffer_put(a, base + (uint64_t)n * a->buffer_bytes);
	if (asked)
		a->buffer_bytes = (uint32_t)asked;
}

/* A queue: waits are added in the order of their times, one for a stream at once. */
struct wait_list {
	uint32_t head, tail;
	struct {
		int64_t time_ns;
		uint32_t stream;
	} waits[FLOWS_MAX];
};

void wait_add(struct app *a, int64_t time_ns, uint32_t i)
{
	struct wait_list *w;

	if (!a->waits)
		a->waits = memory_alloc(sizeof(*a->waits));
	w = a->waits;
	w->waits[w->tail % FLOWS_MAX].time_ns = time_ns;
	w->waits[w->tail++ % FLOWS_MAX].stream = i;
}

bool wait_take(struct app *a, int64_t now, uint32_t *i)
{
	struct wait_list *w = a->waits;

	if (!w || w->head == w->tail || w->waits[w->head % FLOWS_MAX].time_ns > now)
		return false;
	*i = w->waits[w->head++ % FLOWS_MAX].stream;
	return true;
}

int64_t wait_due(const struct app *a)
{
	const struct wait_list *w = a->waits;

	return !w || w->head == w->tail ? INT64_MAX : w->waits[w->head % FLOWS_MAX].time_ns;
}
