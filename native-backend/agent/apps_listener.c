// SPDX-License-Identifier: Apache-2.0
/* Those who are connected to: a sink reads its connections to their end, an echo server sends back what it gets. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "apps.h"
#include "machine.h"
#include "memory.h"
#include "places.h"

#define MIB (1ull << 20)
/* A receive that ended without any data tries again after this. */
#define RETRY_NS 1000000
/* What an application waits for its own delays when the run is over. */
#define LATE_NS 2000000000
#define FLOWS_UNKNOWN 64

static bool is_echo(const struct app *a)
{
	return a->k->role == ROLE_ECHO;
}

/* Memory for receive buffers: as much as all flows could want, from 1 to 64 MiB; more when a receive has a size that was asked for. */
uint64_t receive_memory(const struct app *a)
{
	const uint64_t flows = a->peer->flows ? a->peer->flows : FLOWS_UNKNOWN;
	const uint64_t want = flows * receive_bytes(a), least = (flows + 8) * ((a->k->recv_bytes + 63) & ~63ull);
	const uint64_t bytes = want < MIB ? MIB : want > 64 * MIB ? 64 * MIB : want;

	return bytes < least ? least : bytes;
}

uint32_t receive_bytes(const struct app *a)
{
	return (uint32_t)(a->k->recv_bytes ? a->k->recv_bytes : a->k->chunk);
}

static void cut(struct app *a)
{
	const uint64_t bytes = receive_memory(a);

	buffers_cut(a, memory_pages(bytes), bytes, (uint32_t)a->peer->flows);
}

/* The kernel may refuse zero-copy receive; then the sink receives into what was to be the area. */
static int memory_of(struct app *a)
{
	int ret;

	a->receive = is_echo(a) ? RECEIVE_RECV : a->k->receive;
	a->report->receive = a->receive;
	if (provided_used(a))
		return provided_start(a);
	if (plain_used(a))
		return plain_start(a);
	if (a->receive == RECEIVE_RECV) {
		cut(a);
		return 0;
	}
	ret = zcrx_start(a);
	if (ret == 0)
		return 0;
	a->report->refused = -ret;
	a->receive = RECEIVE_RECV;
	a->report->receive = a->receive;
	if (a->area)
		buffers_cut(a, a->area, a->k->area_bytes, (uint32_t)a->peer->flows);
	else
		cut(a);
	return 0;
}

static int listen_on(struct app *a, uint32_t which)
{
	struct sockaddr_storage at;
	const uint64_t port = a->k->nr_ports ? a->k->ports[which] : a->k->port;
	socklen_t len = place_address(a->host, a->k->v6, places_shared() ? 0 : (uint16_t)port, &at);
	const int fd = make_socket(a);

	if (fd < 0)
		return fd;
	if (!places_shared()) {
		/* Any address: a listener does not care which one its host has. */
		if (a->k->v6)
			((struct sockaddr_in6 *)&at)->sin6_addr = in6addr_any;
		else
			((struct sockaddr_in *)&at)->sin_addr.s_addr = INADDR_ANY;
	}
	if (bind(fd, (const struct sockaddr *)&at, len) < 0 || listen(fd, (int)a->k->backlog) < 0)
		return -errno;
	getsockname(fd, (struct sockaddr *)&at, &len);
	a->shared->listen_port[which] = ntohs(((const struct sockaddr_in *)&at)->sin_port);
	a->listeners[which] = fd;
	return 0;
}

static uint32_t nr_listeners(const struct app *a)
{
	return a->k->nr_ports ? (uint32_t)a->k->nr_ports : 1;
}

int listener_listen(struct app *a)
{
	int ret = 0;

	for (uint32_t n = 0; n < nr_listeners(a) && ret == 0; n++)
		ret = listen_on(a, n);
	return ret;
}

int listener_start(struct app *a)
{
	const uint32_t listeners = nr_listeners(a);
	int ret = memory_of(a);

	/* Who has no ring listens by himself. */
	if (ret < 0 || plain_used(a))
		return ret;
	ret = listener_listen(a);
	for (uint32_t n = 0; n < listeners && ret == 0; n++)
		op_accept(a, n);
	return ret;
}

static void close_stream(struct app *a, uint32_t i)
{
	struct stream *s = &a->streams[i];

	if (s->state == CONN_CLOSING)
		return;
	s->state = CONN_CLOSING;
	if (s->buffer)
		buffer_put(a, s->buffer);
	s->buffer = NULL;
	op_close(a, i, s->fd);
}

static void arm(struct app *a, uint32_t i)
{
	struct stream *s = &a->streams[i];

	s->mark = s->bytes;
	if (a->receive == RECEIVE_ZC) {
		op_recv_zc(a, i);
	} else if (provided_used(a)) {
		op_recv_multishot(a, i, a->receive == RECEIVE_BUNDLE);
	} else {
		if (!s->buffer)
			s->buffer = buffer_take(a);
		if (s->buffer) {
			op_recv(a, i, s->buffer, a->buffer_bytes);
			return;
		}
		s->res = -ENOMEM;
		close_stream(a, i);
	}
}

/* Which flow a connection is: its source has told the port, or chosen it so. */
void learn_peer(struct app *a, struct stream *s)
{
	const uint32_t flows = a->peer->flows < FLOWS_MAX ? (uint32_t)a->peer->flows : FLOWS_MAX;

	if (s->conn >= 0)
		return;
	if (!places_shared()) {
		if (s->peer_port >= SOURCE_PORT && s->peer_port < SOURCE_PORT + FLOWS_MAX)
			s->conn = s->peer_port - SOURCE_PORT;
		return;
	}
	for (uint32_t flow = 0; flow < flows; flow++)
		if (a->shared->port_of_flow[flow] == s->peer_port)
			s->conn = flow;
}

struct stream *stream_accepted(struct app *a, int fd, uint32_t *i)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	struct stream *s = stream_new(a, i);

	if (!s)
		return NULL;
	s->fd = fd;
	s->state = CONN_OPEN;
	getpeername(fd, (struct sockaddr *)&peer, &len);
	s->peer_port = ntohs(((const struct sockaddr_in *)&peer)->sin_port);
	return s;
}

static void accepted(struct app *a, uint32_t listener, const struct io_uring_cqe *cqe)
{
	uint32_t i;

	if (!(cqe->flags & IORING_CQE_F_MORE)) {
		/* Out of descriptors: again when one comes back. Out of completions: again at once. */
		if (cqe->res < 0)
			a->listeners_idle |= 1ull << listener;
		else
			op_accept(a, listener);
	}
	if (cqe->res < 0)
		return;
	if (stream_accepted(a, cqe->res, &i))
		arm(a, i);
	else
		op_close(a, UINT32_MAX, cqe->res);
}

/* The receive has ended: of itself, by an error, or because there was no room. */
static void receive_ended(struct app *a, uint32_t i, int res)
{
	struct stream *s = &a->streams[i];
	const bool starved = res == -ENOSPC || res == -ENOMEM || res == -ENOBUFS || res == -EAGAIN || res > 0;

	if (starved && s->state == CONN_OPEN && a->k->rearm != REARM_CLOSE) {
		if (a->k->rearm == REARM_OFF)
			return;
		if (res == -ENOMEM && a->k->flush)
			refill_flush(a);
		if (res > 0 || res == -ENOSPC || s->bytes != s->mark)
			arm(a, i);
		else {
			a->in_vain++;
			wait_add(a, now_ns() + RETRY_NS, i);
		}
		return;
	}
	if (res < 0 && !s->res)
		s->res = res;
	learn_peer(a, s);
	close_stream(a, i);
}

static void work(uint64_t ns)
{
	const int64_t until = now_ns() + (int64_t)ns;

	while (now_ns() < until)
		;
}

bool stream_received(struct app *a, struct stream *s, const unsigned char *at, uint32_t len)
{
	learn_peer(a, s);
	check_bytes(a, s, at, len);
	if (a->k->work_ns)
		work(a->k->work_ns);
	if (!a->k->stop_after || s->bytes < a->k->stop_after || s->state != CONN_OPEN)
		return false;
	s->state = CONN_STOPPING;
	return true;
}

static void received(struct app *a, uint32_t i, const unsigned char *at, uint32_t len)
{
	if (stream_received(a, &a->streams[i], at, len))
		op_shutdown(a, i, SHUT_RDWR);
}

static void zero_copy(struct app *a, uint32_t i, const struct io_uring_cqe *cqe)
{
	struct stream *s = &a->streams[i];
	const uint64_t off = cqe->big_cqe[0];
	const uint64_t at = off & ~IORING_ZCRX_AREA_MASK;

	saw(a, OP_RECV_ZC, cqe);
	/* The last completion of RECV_ZC has no buffer, whatever its result. */
	if (!(cqe->flags & IORING_CQE_F_MORE)) {
		const bool whole = a->k->recv_bytes && s->bytes - s->mark == a->k->recv_bytes;

		if (whole && !cqe->res && s->state == CONN_OPEN) {
			arm(a, i);
			return;
		}
		receive_ended(a, i, cqe->res > 0 ? 0 : cqe->res);
		return;
	}
	if (cqe->res < 0 || at + (uint64_t)cqe->res > a->k->area_bytes || !refill_lent(a, off, (uint32_t)cqe->res)) {
		s->lent_wrong = true;
		return;
	}
	s->loans++;
	received(a, i, a->area + at, (uint32_t)cqe->res);
	refill_later(a, i, off, (uint32_t)cqe->res);
}

static void with_buffer(struct app *a, uint32_t i, const struct io_uring_cqe *cqe)
{
	saw(a, OP_RECV, cqe);
	if (cqe->res > 0 && cqe->flags & IORING_CQE_F_BUFFER && provided_received(a, &a->streams[i], cqe))
		op_shutdown(a, i, SHUT_RDWR);
	if (!(cqe->flags & IORING_CQE_F_MORE))
		receive_ended(a, i, cqe->res);
}

static void plain(struct app *a, uint32_t i, const struct io_uring_cqe *cqe)
{
	struct stream *s = &a->streams[i];

	saw(a, OP_RECV, cqe);
	if (cqe->res <= 0) {
		receive_ended(a, i, cqe->res);
		return;
	}
	received(a, i, s->buffer, (uint32_t)cqe->res);
	if (is_echo(a))
		op_send(a, i, s->buffer, (uint32_t)cqe->res, MSG_WAITALL, 0);
	else
		arm(a, i);
}

static void echoed(struct app *a, uint32_t i, const struct io_uring_cqe *cqe)
{
	saw(a, OP_SEND, cqe);
	if (cqe->res >= 0) {
		arm(a, i);
		return;
	}
	if (!a->streams[i].res)
		a->streams[i].res = cqe->res;
	close_stream(a, i);
}

void stream_closed(struct app *a, struct stream *s)
{
	check_end(a, s);
	s->fd = -1;
	s->done = true;
	a->streams_open--;
	a->shared->listener_closed++;
}

static void closed(struct app *a, uint32_t i)
{
	if (i != UINT32_MAX)
		stream_closed(a, &a->streams[i]);
	while (a->listeners_idle) {
		const uint32_t listener = (uint32_t)__builtin_ctzll(a->listeners_idle);

		a->listeners_idle &= a->listeners_idle - 1;
		op_accept(a, listener);
	}
}

void listener_cqe(struct app *a, enum kind kind, uint32_t i, const struct io_uring_cqe *cqe)
{
	switch (kind) {
	case KIND_ACCEPT: accepted(a, i, cqe); break;
	case KIND_CLOSE: closed(a, i); break;
	case KIND_SEND: echoed(a, i, cqe); break;
	case KIND_PROVIDE:
		if (cqe->res < 0)
			a->report->failed = -cqe->res;
		break;
	case KIND_RECV:
		if (a->receive == RECEIVE_ZC)
			zero_copy(a, i, cqe);
		else if (provided_used(a))
			with_buffer(a, i, cqe);
		else
			plain(a, i, cqe);
		break;
	default: break;
	}
}

void listener_tick(struct app *a)
{
	const int64_t now = now_ns();
	uint32_t i;

	while (wait_take(a, now, &i)) {
		if (a->streams[i].state == CONN_OPEN)
			arm(a, i);
		else
			close_stream(a, i);
	}
	if (a->receive == RECEIVE_ZC)
		refill_run(a);
}

int64_t listener_due(const struct app *a)
{
	const int64_t wait = wait_due(a);
	const int64_t refill = a->receive == RECEIVE_ZC ? refill_due(a) : INT64_MAX;

	return wait < refill ? wait : refill;
}

/* Buffers that are kept for a while are given back when that is over, unless it takes too long. */
static void return_late(struct app *a)
{
	const int64_t patience = now_ns() + LATE_NS;
	int64_t due;

	refill_run(a);
	while ((due = refill_due(a)) < patience) {
		const struct timespec at = { .tv_sec = due / 1000000000, .tv_nsec = due % 1000000000 };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		refill_run(a);
	}
}

/* The run is over: who did not say anything, and what the kernel counted. */
void listener_end(struct app *a)
{
	for (uint32_t i = 0; i < a->nr_streams; i++)
		learn_peer(a, &a->streams[i]);
	if (a->receive != RECEIVE_ZC)
		return;
	return_late(a);
	refill_report(a);
}
