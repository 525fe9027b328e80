// SPDX-License-Identifier: Apache-2.0
/*
 * Those who open connections. A source sends app.bytes on each, shuts down and waits for the peer's end of stream; an rpc client
 * sends requests of app.chunk bytes to an echo server and proves the answers, at most app.depth of them outstanding.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include "apps.h"
#include "machine.h"
#include "places.h"

/* Who connects before the other side listens tries again, where nobody could tell it. */
#define CONNECT_TRIES 50
#define CONNECT_PAUSE_NS 100000000
/* Flows that begin in one turn. */
#define STARTS_MAX 64

static unsigned char junk[1 << 16];

static bool is_rpc(const struct app *a)
{
	return a->k->role == ROLE_RPC;
}

static void over(struct app *a, uint32_t i)
{
	struct stream *s = &a->streams[i];

	if (s->buffer)
		buffer_put(a, s->buffer);
	s->buffer = NULL;
	s->state = -1;
	if (s->fd >= 0) {
		op_close(a, i, s->fd);
		return;
	}
	check_end(a, s);
	s->done = true;
	a->streams_open--;
	a->shared->opener_closed++;
	if (a->streams_open == 0 && a->next_flow == a->k->flows)
		a->ended = true;
}

static uint16_t port_for(const struct app *a, uint32_t flow)
{
	const uint64_t ports = a->k->nr_ports;
	const uint32_t which = ports > 1 ? flow % (uint32_t)ports : 0;

	if (places_shared())
		return a->shared->listen_port[which];
	return (uint16_t)(ports > 1 ? a->k->ports[which] : a->k->port);
}

static void connect_flow(struct app *a, uint32_t i)
{
	struct sockaddr_storage to;
	const socklen_t len = place_address(!a->host, a->k->v6, port_for(a, i), &to);

	op_connect(a, i, &to, len);
}

/* Each flow has a port of its own, from which the listener knows its number. Over the loopback device it is the kernel's choice. */
static int bind_flow(struct app *a, int fd, uint32_t flow)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);

	if (places_shared()) {
		len = place_address(a->host, a->k->v6, 0, &own);
	} else {
		len = place_address(a->host, a->k->v6, (uint16_t)(SOURCE_PORT + flow), &own);
		if (!options.address[a->host]) {
			if (a->k->v6)
				((struct sockaddr_in6 *)&own)->sin6_addr = in6addr_any;
			else
				((struct sockaddr_in *)&own)->sin_addr.s_addr = INADDR_ANY;
		}
	}
	if (bind(fd, (const struct sockaddr *)&own, len) < 0)
		return -errno;
	getsockname(fd, (struct sockaddr *)&own, &len);
	/* Both kinds of addresses have the port at the same place. */
	a->shared->port_of_flow[flow] = ntohs(((const struct sockaddr_in *)&own)->sin_port);
	return 0;
}

static void start_flow(struct app *a)
{
	uint32_t i;
	struct stream *s = stream_new(a, &i);
	int res;

	s->conn = i;
	a->next_flow++;
	res = make_socket(a);
	if (res >= 0) {
		s->fd = res;
		res = bind_flow(a, s->fd, i);
	}
	if (res < 0) {
		s->res = res;
		over(a, i);
		return;
	}
	connect_flow(a, i);
}

static void source_send(struct app *a, uint32_t i)
{
	struct stream *s = &a->streams[i];
	const uint32_t most = a->k->chunk < TAIL_BYTES ? (uint32_t)a->k->chunk : TAIL_BYTES;
	const uint64_t sends = a->k->depth > a->k->sends ? a->k->depth : a->k->sends;
	const uint32_t depth = a->k->gap_ns ? 1 : (uint32_t)sends;
	uint64_t left = a->k->bytes - s->bytes, at = s->bytes;

	if (!left) {
		op_shutdown(a, i, SHUT_WR);
		return;
	}
	op_room(a, depth);
	for (uint32_t n = 0; n < depth && left; n++) {
		const uint32_t piece = left < most ? (uint32_t)left : most;

		left -= piece;
		(a->k->send == SEND_COPY ? op_send : op_send_zc)(a, i, payload_at((uint64_t)s->conn, at), piece,
			depth > 1 ? MSG_WAITALL : 0, n + 1 < depth && left ? IOSQE_IO_LINK : 0);
		at += piece;
		s->inflight++;
	}
}

static void source_sent(struct app *a, uint32_t i, int res)
{
	struct stream *s = &a->streams[i];

	s->inflight--;
	if (res > 0) {
		if (a->check == CHECK_SHA256)
			sha256_update(&s->sha, payload_at((uint64_t)s->conn, s->bytes), (uint32_t)res);
		s->bytes += (uint32_t)res;
	} else if (!s->res) {
		s->res = res;
	}
	if (s->inflight)
		return;
	if (s->res)
		over(a, i);
	else if (a->k->gap_ns && s->bytes < a->k->bytes)
		wait_add(a, now_ns() + (int64_t)a->k->gap_ns, i);
	else
		source_send(a, i);
}

/* What comes back is read until it ends. */
static void source_received(struct app *a, uint32_t i, int res)
{
	struct stream *s = &a->streams[i];

	if (res > 0) {
		op_recv(a, i, junk, sizeof(junk));
		return;
	}
	if (!s->res)
		s->res = res;
	over(a, i);
}

/* The rest of a request, or the next one; one send is under way at a time. s->mark counts what was sent. */
static void rpc_send(struct app *a, uint32_t i)
{
	struct stream *s = &a->streams[i];
	const uint64_t chunk = a->k->chunk, begun = s->mark % chunk;
	uint64_t piece = chunk - begun;

	if (s->inflight || s->mark == a->k->bytes || (!begun && s->mark / chunk - s->bytes / chunk >= a->k->depth))
		return;
	if (piece > a->k->bytes - s->mark)
		piece = a->k->bytes - s->mark;
	if (piece > TAIL_BYTES)
		piece = TAIL_BYTES;
	op_send(a, i, payload_at((uint64_t)s->conn, s->mark), (uint32_t)piece, MSG_WAITALL, 0);
	s->inflight = 1;
}

static void rpc_sent(struct app *a, uint32_t i, int res)
{
	struct stream *s = &a->streams[i];

	s->inflight = 0;
	if (!s->buffer)
		return;
	if (res < 0) {
		/* The receive that is armed tells of the end. */
		if (!s->res)
			s->res = res;
		op_shutdown(a, i, SHUT_WR);
		return;
	}
	s->mark += (uint32_t)res;
	if (!a->k->gap_ns || s->mark % a->k->chunk)
		rpc_send(a, i);
}

static void rpc_received(struct app *a, uint32_t i, int res)
{
	struct stream *s = &a->streams[i];
	const uint64_t before = s->bytes / a->k->chunk;

	if (res <= 0) {
		if (!s->res)
			s->res = res;
		over(a, i);
		return;
	}
	check_bytes(a, s, s->buffer, (uint32_t)res);
	op_recv(a, i, s->buffer, a->buffer_bytes);
	if (s->bytes == a->k->bytes)
		op_shutdown(a, i, SHUT_WR);
	else if (s->bytes / a->k->chunk == before)
		return;
	else if (a->k->gap_ns)
		wait_add(a, now_ns() + (int64_t)a->k->gap_ns, i);
	else
		rpc_send(a, i);
}

static void connected(struct app *a, uint32_t i, int res)
{
	struct stream *s = &a->streams[i];

	if (res == -ECONNREFUSED && options.only >= 0 && s->at++ < CONNECT_TRIES) {
		nanosleep(&(struct timespec) { .tv_nsec = CONNECT_PAUSE_NS }, NULL);
		connect_flow(a, i);
		return;
	}
	if (res < 0) {
		s->res = res;
		over(a, i);
		return;
	}
	a->shared->opened++;
	if (!is_rpc(a)) {
		source_send(a, i);
		return;
	}
	s->buffer = buffer_take(a);
	if (!s->buffer) {
		s->res = -ENOMEM;
		over(a, i);
		return;
	}
	op_recv(a, i, s->buffer, a->buffer_bytes);
	if (a->k->bytes)
		rpc_send(a, i);
	else
		op_shutdown(a, i, SHUT_WR);
}

void opener_cqe(struct app *a, enum kind kind, uint32_t i, const struct io_uring_cqe *cqe)
{
	struct stream *s = &a->streams[i];

	switch (kind) {
	case KIND_CONNECT:
		connected(a, i, cqe->res);
		break;
	case KIND_SEND:
		saw(a, !is_rpc(a) && a->k->send != SEND_COPY ? OP_SEND_ZC : OP_SEND, cqe);
		/* The memory is constant: nobody waits until it is free again. */
		if (cqe->flags & IORING_CQE_F_NOTIF)
			break;
		if (is_rpc(a))
			rpc_sent(a, i, cqe->res);
		else
			source_sent(a, i, cqe->res);
		break;
	case KIND_RECV:
		saw(a, OP_RECV, cqe);
		if (is_rpc(a))
			rpc_received(a, i, cqe->res);
		else
			source_received(a, i, cqe->res);
		break;
	case KIND_SHUTDOWN:
		if (!is_rpc(a))
			op_recv(a, i, junk, sizeof(junk));
		break;
	default:
		s->fd = -1;
		over(a, i);
	}
}

void opener_tick(struct app *a)
{
	const int64_t now = now_ns();
	uint32_t i;

	for (int n = 0; n < STARTS_MAX && a->next_flow < a->k->flows && a->next_start_ns <= now; n++) {
		start_flow(a);
		a->next_start_ns += (int64_t)a->k->stagger_ns;
	}
	if (!a->k->flows)
		a->ended = true;
	while (wait_take(a, now, &i)) {
		if (!is_rpc(a))
			source_send(a, i);
		else if (a->streams[i].buffer)
			rpc_send(a, i);
	}
}

int64_t opener_due(const struct app *a)
{
	const int64_t due = wait_due(a);

	return a->next_flow < a->k->flows && a->next_start_ns < due ? a->next_start_ns : due;
}
