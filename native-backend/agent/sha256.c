// SPDX-License-Identifier: Apache-2.0
#include "sha256.h"

#include <string.h>

#define BLOCK 64

const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t load_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store_be32(unsigned char *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(x >> (24 - 8 * i));
}

/* One round; variable a stands at `at`. */
static inline void round_of(uint32_t v[8], int at, uint32_t kw)
{
	const uint32_t a = v[at], b = v[(at + 1) % 8], c = v[(at + 2) % 8];
	const uint32_t e = v[(at + 4) % 8], f = v[(at + 5) % 8], g = v[(at + 6) % 8];
	const uint32_t t1 = v[(at + 7) % 8] + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + kw;

	v[(at + 3) % 8] += t1;
	v[(at + 7) % 8] = t1 + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void compress_in_c(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = load_be32(block + 4 * i);
	for (int i = 16; i < 64; i++) {
		const uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
		const uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 64; i += 8) {
		/* The variables change their parts instead of their places. */
		round_of(v, 0, sha256_k[i] + w[i]);
		round_of(v, 7, sha256_k[i + 1] + w[i + 1]);
		round_of(v, 6, sha256_k[i + 2] + w[i + 2]);
		round_of(v, 5, sha256_k[i + 3] + w[i + 3]);
		round_of(v, 4, sha256_k[i + 4] + w[i + 4]);
		round_of(v, 3, sha256_k[i + 5] + w[i + 5]);
		round_of(v, 2, sha256_k[i + 6] + w[i + 6]);
		round_of(v, 1, sha256_k[i + 7] + w[i + 7]);
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

static void compress(uint32_t state[8], const unsigned char *block)
{
	static enum { NOT_ASKED, BY_INSTRUCTIONS, IN_C } how;

	if (how == NOT_ASKED)
		how = sha256_has_instructions() ? BY_INSTRUCTIONS : IN_C;
	if (how == BY_INSTRUCTIONS)
		sha256_by_instructions(state, block);
	else
		compress_in_c(state, block);
}

void sha256_init(struct sha256 *s)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->state, first, sizeof(first));
	s->bytes = 0;
}

void sha256_update(struct sha256 *s, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	const size_t had = s->bytes % BLOCK;

	s->bytes += n;
	if (had) {
		const size_t part = n < BLOCK - had ? n : BLOCK - had;

		memcpy(s->block + had, p, part);
		if (had + part < BLOCK)
			return;
		compress(s->state, s->block);
		p += part;
		n -= part;
	}
	for (; n >= BLOCK; p += BLOCK, n -= BLOCK)
		compress(s->state, p);
	memcpy(s->block, p, n);
}

void sha256_final(const struct sha256 *s, unsigned char digest[SHA256_DIGEST])
{
	struct sha256 last = *s;
	const size_t had = s->bytes % BLOCK;
	const size_t padding = had < BLOCK - 8 ? BLOCK - 8 - had : 2 * BLOCK - 8 - had;
	unsigned char pad[BLOCK + 8] = { 0x80 };

	store_be32(pad + padding, (uint32_t)(s->bytes >> 29));
	store_be32(pad + padding + 4, (uint32_t)(s->bytes << 3));
	sha256_update(&last, pad, padding + 8);
	for (int i = 0; i < 8; i++)
		store_be32(digest + 4 * i, last.state[i]);
}
