/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sources send: the simulator's pattern (uring-model/8-app/builtin/payload.ts), so that digests agree. Byte p of flow f is
 * pattern[(f * 7919 + p) mod PATTERN_BYTES]; a piece of TAIL_BYTES lies in one piece wherever it begins.
 */
#ifndef AGENT_PAYLOAD_H
#define AGENT_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define PATTERN_BYTES 262139u
#define TAIL_BYTES 262144u

void payload_make(uint64_t seed);
/* The bytes of a flow from position `at` on; TAIL_BYTES of them may be read. */
const unsigned char *payload_at(uint64_t flow, uint64_t at);

/* All of it. */
struct iovec payload_memory(void);

/* xoroshiro128+ seeded by splitmix64: the simulator's draws (sim/core/prng.ts). */
struct draws {
	uint64_t s0, s1;
};
struct draws draws_of(uint64_t seed, int host, int stream);
uint64_t draw(struct draws *d);
uint32_t draw_below(struct draws *d, uint32_t bound);
/* Numbers of streams in sim/schema/streams.ts. */
#define STREAM_APP_PAYLOAD 7
#define STREAM_APP_REFILL 8

#endif
