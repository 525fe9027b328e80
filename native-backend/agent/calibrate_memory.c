// SPDX-License-Identifier: Apache-2.0
/* Copies from each tier of memory, sums, and pages. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <liburing.h>

#include "calibrate.h"

#define KIB 1024ul
#define MIB (1024ul * KIB)
#define PIECE 4096ul
#define L1_BYTES (16 * KIB)
#define L2_LIKELY (1 * MIB)
#define LLC_LIKELY (64 * MIB)
/* What is read from memory while all samples are taken. */
#define COLD_BYTES (64 * MIB)
#define PAGES 256

static char *walked, *fixed;
static size_t pieces, next_piece;
static volatile uint64_t result;

static size_t cache(int name, size_t likely)
{
	const long bytes = sysconf(name);

	return bytes > 0 ? (size_t)bytes : likely;
}

/* Pieces of a region in an order that no prefetcher follows from page to page. */
static char *piece(void)
{
	next_piece = (next_piece * 5 + 1) & (pieces - 1);	/* all of a power of two, each once */
	return walked + next_piece * PIECE;
}
static void walk(size_t bytes)
{
	for (pieces = 1; pieces * 2 * PIECE <= bytes; pieces *= 2)
		;
	walked = region(pieces * PIECE, bytes > 2 * MIB);
	fixed = region(PIECE, false);
}
static void walk_l1(void) { walk(L1_BYTES); }
static void walk_l2(void) { walk(cache(_SC_LEVEL2_CACHE_SIZE, L2_LIKELY) / 2); }
static void walk_llc(void) { walk(cache(_SC_LEVEL2_CACHE_SIZE, L2_LIKELY) * 4); }

/* Memory that was written, and then so much else that no cache has it any more. */
static void walk_dram(void)
{
	const size_t llc = cache(_SC_LEVEL3_CACHE_SIZE, LLC_LIKELY), other = llc + llc / 4;
	const size_t room = (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);

	if (other + COLD_BYTES > room / 2)
		unable("there is not enough free memory to empty the cache");
	walk(COLD_BYTES);
	munmap(region(other, true), other);
}

/* As the kernel copies to and from user space (arch/x86/lib/copy_user_64.S). */
static void copy(char *to, const char *from, size_t bytes)
{
#if defined(__x86_64__)
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
#else
	memcpy(to, from, bytes);
#endif
}

static int64_t run_copy(unsigned int kib)
{
	for (size_t done = 0; done < kib * KIB; done += PIECE)
		copy(fixed, piece(), PIECE);
	return NS_OUTSIDE;
}
static int64_t run_copy_to(unsigned int kib)
{
	for (size_t done = 0; done < kib * KIB; done += PIECE)
		copy(piece(), fixed, PIECE);
	return NS_OUTSIDE;
}
static int64_t run_read(unsigned int kib)
{
	uint64_t sum = 0;

	for (size_t done = 0; done < kib * KIB; done += PIECE) {
		const uint64_t *word = (const uint64_t *)piece();

		for (size_t i = 0; i < PIECE / sizeof(*word); i++)
			sum += word[i];
	}
	result = sum;
	return NS_OUTSIDE;
}
/* lib/checksum.c: sums with their carries. */
static int64_t run_csum(unsigned int kib)
{
	uint64_t sum = 0, carry = 0;

	for (size_t done = 0; done < kib * KIB; done += PIECE) {
		const uint64_t *word = (const uint64_t *)piece();

		for (size_t i = 0; i < PIECE / sizeof(*word); i++)
			carry = __builtin_add_overflow(sum, word[i], &sum) + carry;
	}
	result = sum + carry;
	return NS_OUTSIDE;
}

static int page_file;

static void one_page(void)
{
	page_file = memfd_create("calibrate", MFD_CLOEXEC);
	fixed = region(PIECE, false);
	if (page_file < 0 || pwrite(page_file, fixed, PIECE, 0) != (ssize_t)PIECE)
		unable("there is no memfd");
}
static int64_t reads(unsigned int n, size_t bytes)
{
	for (unsigned int i = 0; i < n; i++)
		if (pread(page_file, fixed, bytes, 0) != (ssize_t)bytes)
			unable("a memfd gives less than it has");
	return NS_OUTSIDE;
}
static int64_t run_read_page(unsigned int n) { return reads(n, PIECE); }
static int64_t run_read_line(unsigned int n) { return reads(n, 64); }

static struct io_uring ring;

static void pages_to_pin(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &all);
	if (io_uring_queue_init(8, &ring, 0) < 0)
		unable("this process may not have a ring");
	walked = region(PAGES * PIECE, false);
}
/* io_uring/rsrc.c: io_pin_pages, and unpin_user_folio when the buffer goes. */
static int64_t pin(unsigned int n, unsigned int pages)
{
	const struct iovec v = { walked, pages * PIECE };

	for (unsigned int i = 0; i < n; i += pages) {
		if (io_uring_register_buffers(&ring, &v, 1) < 0)
			unable("so many pages may not be locked; ulimit -l says how many");
		io_uring_unregister_buffers(&ring);
	}
	return NS_OUTSIDE;
}
static int64_t run_pin(unsigned int n) { return pin(n, PAGES); }
static int64_t run_pin_1(unsigned int n) { return pin(n, 1); }

static int64_t run_map(unsigned int n)
{
	for (unsigned int i = 0; i < n; i += PAGES) {
		char *at = mmap(NULL, PAGES * PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			unable("there is not enough memory");
		madvise(at, PAGES * PIECE, MADV_NOHUGEPAGE);
		for (unsigned int page = 0; page < PAGES; page++)
			at[page * PIECE] = 1;
		munmap(at, PAGES * PIECE);
	}
	return NS_OUTSIDE;
}
static void pages_to_drop(void) { walked = region(PAGES * PIECE, false); }
static int64_t run_drop(unsigned int n)
{
	int64_t ns = 0;

	for (unsigned int i = 0; i < n; i += PAGES) {
		struct timespec from, to;

		memset(walked, 1, PAGES * PIECE);
		clock_gettime(CLOCK_MONOTONIC, &from);
		madvise(walked, PAGES * PIECE, MADV_DONTNEED);
		clock_gettime(CLOCK_MONOTONIC, &to);
		ns += (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec;
	}
	return ns;
}

const struct bench memory_benches[] = {
	{ "read_page", "pread(2) of the one page of a memfd, 4096 bytes", one_page, run_read_page, 500, false },
	{ "read_line", "pread(2) of the same page, 64 bytes", one_page, run_read_line, 500, false },
	{ "copy_l1", "a KiB copied from the first-level cache to the first-level cache", walk_l1, run_copy, 1024, false },
	{ "copy_l2", "a KiB copied from the second-level cache to the first", walk_l2, run_copy, 1024, false },
	{ "copy_llc", "a KiB copied from beyond the second-level cache to the first", walk_llc, run_copy, 1024, false },
	{ "copy_dram", "a KiB copied from memory that no cache has to the first-level cache", walk_dram, run_copy, 256, false },
	{ "copy_to_dram", "a KiB copied from the first-level cache to memory that no cache has", walk_dram, run_copy_to, 256, false },
	{ "read_l1", "a KiB read word by word from the first-level cache", walk_l1, run_read, 1024, false },
	{ "read_dram", "a KiB read word by word from memory that no cache has", walk_dram, run_read, 256, false },
	{ "csum", "a KiB of the first-level cache summed with carries", walk_l1, run_csum, 1024, false },
	{ "pin", "pages registered as a buffer of a ring and let go again, 256 in one", pages_to_pin, run_pin, 1024, false },
	{ "pin_1", "the same, one page for each buffer", pages_to_pin, run_pin_1, 64, false },
	{ "map", "anonymous pages mapped, touched and unmapped, 256 for each call", NULL, run_map, 512, false },
	{ "drop", "pages given back by madvise(MADV_DONTNEED), 256 for each call", pages_to_drop, run_drop, 512, false },
	{ NULL, NULL, NULL, NULL, 0, false },
};
