// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ARENA_BYTES (512ul << 20)
#define PAGE 4096ul
#define SINK_BYTES (1ul << 20)

static char *arena;
static size_t used;

static void *take(size_t bytes, size_t align)
{
	if (!arena) {
		arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (arena == MAP_FAILED) {
			perror("mmap");
			exit(2);
		}
	}
	used = (used + align - 1) & ~(align - 1);
	if (bytes > ARENA_BYTES - used) {
		fputs("agent: the program wants too much memory\n", stderr);
		exit(2);
	}
	used += bytes;
	return arena + used - bytes;
}

void *memory_alloc(size_t bytes)
{
	return take(bytes, 16);
}

void *memory_pages(size_t bytes)
{
	return take(bytes ? (bytes + PAGE - 1) & ~(PAGE - 1) : PAGE, PAGE);
}

void *memory_sink(size_t bytes)
{
	static char sink[SINK_BYTES];

	return bytes <= SINK_BYTES ? sink : memory_pages(bytes);
}
