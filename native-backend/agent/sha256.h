/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4), incremental. Our own: the kernel's (AF_ALG) is missing in many kernels and containers and takes two system
 * calls for each piece, and a library would be the only one beside liburing that has to be there as a static archive.
 */
#ifndef AGENT_SHA256_H
#define AGENT_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_DIGEST 32

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	unsigned char block[64];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *bytes, size_t n);
void sha256_final(const struct sha256 *s, unsigned char digest[SHA256_DIGEST]);

/* sha256_x86.c: one block by instructions of the processor. */
extern const uint32_t sha256_k[64];
bool sha256_has_instructions(void);
void sha256_by_instructions(uint32_t state[8], const unsigned char *block);

#endif
