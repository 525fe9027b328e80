// SPDX-License-Identifier: Apache-2.0
#include "payload.h"

#include <string.h>

#define FLOW_STEP 7919u

static unsigned char pattern[PATTERN_BYTES + TAIL_BYTES + 16];

static uint64_t splitmix64(uint64_t x)
{
	uint64_t z = x + 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

struct draws draws_of(uint64_t seed, int host, int stream)
{
	const uint64_t s0 = splitmix64(seed ^ splitmix64((uint64_t)(host << 8 | stream) + 1));

	return (struct draws) { s0, splitmix64(s0) };
}

uint64_t draw(struct draws *d)
{
	const uint64_t result = d->s0 + d->s1;
	const uint64_t mixed = d->s1 ^ d->s0;

	d->s0 = rotl(d->s0, 24) ^ mixed ^ mixed << 16;
	d->s1 = rotl(mixed, 37);
	return result;
}

uint32_t draw_below(struct draws *d, uint32_t bound)
{
	return (uint32_t)((draw(d) >> 32) * bound >> 32);
}

void payload_make(uint64_t seed)
{
	struct draws d = draws_of(seed, 0, STREAM_APP_PAYLOAD);

	for (size_t i = 0; i < PATTERN_BYTES + 7; i += 8) {
		const uint64_t word = draw(&d);

		memcpy(pattern + i, &word, sizeof(word));
	}
	memcpy(pattern + PATTERN_BYTES, pattern, PATTERN_BYTES);
	memcpy(pattern + 2 * (size_t)PATTERN_BYTES, pattern, TAIL_BYTES - PATTERN_BYTES);
}

struct iovec payload_memory(void)
{
	return (struct iovec) { .iov_base = pattern, .iov_len = sizeof(pattern) };
}

const unsigned char *payload_at(uint64_t flow, uint64_t at)
{
	return pattern + (flow * FLOW_STEP % PATTERN_BYTES + at % PATTERN_BYTES) % PATTERN_BYTES;
}
