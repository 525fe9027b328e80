// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ending.h"

#define ARENA_BYTES (512ul << 20)
#define PAGE 4096ul
#define HUGE (2ul << 20)
#define SINK_BYTES (1ul << 20)

static size_t used;

_Noreturn static void too_much(void)
{
	fputs("agent: the program wants more than 512 MiB of memory, or there is not so much.\n", stderr);
	ending_exit(EXIT_BAD);
}

#if defined(__SANITIZE_ADDRESS__)
/* Pieces of their own, with what the sanitizer puts between them. */
static void *piece(size_t bytes, size_t align)
{
	const size_t whole = (bytes + align - 1) & ~(align - 1);
	void *at = aligned_alloc(align, whole ? whole : align);

	return at ? memset(at, 0, whole) : NULL;
}
#else
static void *piece(size_t bytes, size_t align)
{
	static char *arena;
	static size_t next;

	if (!arena) {
		arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (arena == MAP_FAILED)
			too_much();
	}
	next += (size_t)-(uintptr_t)(arena + next) & (align - 1);
	if (next > ARENA_BYTES || bytes > ARENA_BYTES - next)
		return NULL;
	next += bytes;
	return arena + next - bytes;
}
#endif

static void *take(size_t bytes, size_t align)
{
	void *at = bytes <= ARENA_BYTES - used ? piece(bytes, align) : NULL;

	if (!at)
		too_much();
	used += bytes;
	return at;
}

void *memory_alloc(size_t bytes)
{
	return take(bytes, 16);
}

void *memory_pages(size_t bytes)
{
	return take(bytes ? (bytes + PAGE - 1) & ~(PAGE - 1) : PAGE, PAGE);
}

void *memory_huge(size_t bytes)
{
	const size_t all = (bytes + HUGE - 1) & ~(HUGE - 1);
	void *at = take(all, HUGE);

	if (madvise(at, all, MADV_HUGEPAGE) == 0)
		madvise(at, all, MADV_POPULATE_WRITE);
	return at;
}

void *memory_sink(size_t bytes)
{
	static char sink[SINK_BYTES];

	return bytes <= SINK_BYTES ? sink : memory_pages(bytes);
}
