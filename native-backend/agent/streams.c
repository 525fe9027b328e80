// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "streams.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "machine.h"
#include "memory.h"
#include "trace.h"

#define PAIRS_MAX 64
#define CHUNK 65536
#define PROOF 4096

static struct flow flows[2 * PAIRS_MAX];
static int nr_flows;

/* The pattern of a stream: a word of four bytes at every place, which says the place and the stream. */
static uint32_t stream_word(uint32_t seed, uint32_t place)
{
	uint32_t h = (place + 1) * 0x9e3779b1u + seed * 0x85ebca6bu;

	h = (h ^ h >> 15) * 0x2c1b3c6du;
	return h ^ h >> 12;
}

static void stream_write(unsigned char *out, uint32_t seed, size_t from, size_t n)
{
	uint32_t word = stream_word(seed, (uint32_t)(from / 4)) >> (8 * (from % 4));

	for (size_t i = 0; i < n; i++, word >>= 8) {
		if (i > 0 && (from + i) % 4 == 0)
			word = stream_word(seed, (uint32_t)((from + i) / 4));
		out[i] = (unsigned char)word;
	}
}

void streams_pair(int a, int b)
{
	if (nr_flows == 2 * PAIRS_MAX)
		stop("too many pairs of sockets");
	flows[nr_flows] = (struct flow) { .from = a, .to = b, .seed = (uint32_t)nr_flows, .ok = true };
	flows[nr_flows + 1] = (struct flow) { .from = b, .to = a, .seed = (uint32_t)nr_flows + 1, .ok = true };
	nr_flows += 2;
}

struct flow *flow_from(int fd)
{
	for (int n = nr_flows - 1; n >= 0; n--)
		if (flows[n].from == fd)
			return &flows[n];
	stop("the file is no end of a pair of sockets");
}

struct flow *flow_to(int fd)
{
	for (int n = nr_flows - 1; n >= 0; n--)
		if (flows[n].to == fd)
			return &flows[n];
	stop("the file is no end of a pair of sockets");
}

/* Bytes that may be sent now, in one go. */
static size_t room_of(const struct flow *f)
{
	const size_t under_way = f->sent - f->received;
	size_t n = f->wanted - f->sent < CHUNK ? f->wanted - f->sent : CHUNK;

	if (f->window && n > f->window - (under_way < f->window ? under_way : f->window))
		n = f->window - (under_way < f->window ? under_way : f->window);
	return n;
}

static void push(struct flow *f)
{
	size_t n;

	while ((n = room_of(f)) > 0) {
		unsigned char *at = memory_sink(n);
		ssize_t done;

		stream_write(at, f->seed, f->sent, n);
		done = send(f->from, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (done < 0 && errno == EAGAIN)
			return;
		/* Nobody receives the rest. */
		if (done < 0)
			f->wanted = f->sent;
		else
			f->sent += (size_t)done;
	}
	if (!f->end || f->shut || f->sent < f->wanted)
		return;
	f->shut = true;
	shutdown(f->from, SHUT_WR);
}

void streams_forget(int fd)
{
	for (int n = 0; n < nr_flows; n++) {
		if (flows[n].from != fd)
			continue;
		flows[n].wanted = flows[n].sent;
		flows[n].end = false;
	}
}

void streams_push(void)
{
	for (int n = 0; n < nr_flows; n++)
		push(&flows[n]);
}

size_t streams_left(void)
{
	size_t left = 0;

	for (int n = 0; n < nr_flows; n++)
		left += flows[n].wanted - flows[n].sent;
	return left;
}

void flow_take(struct flow *f, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	unsigned char want[PROOF];

	for (size_t i = 0, part; i < n; i += part) {
		part = n - i < PROOF ? n - i : PROOF;
		stream_write(want, f->seed, f->received + i, part);
		if (memcmp(p + i, want, part))
			f->ok = false;
	}
	f->crc = crc32_on(f->crc, bytes, n);
	f->received += n;
}
