/*
 * The yardstick of the bench: a plain loop over the same bytes. For each segment it copies the payload into a send
 * page, from there into a receive buffer, sums it as the Internet checksum does, and reads it once.
 *
 *   bench_baseline SEGMENTS PAYLOAD POOL_BYTES   prints nanoseconds per segment
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint32_t checksum(const unsigned char *p, size_t n)
{
	uint64_t sum = 0;
	uint32_t word;

	for (; n >= 4; p += 4, n -= 4) {
		memcpy(&word, p, 4);
		sum += word;
	}
	while (n--)
		sum += *p++;
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	size_t segments = strtoul(argv[1], 0, 10), len = strtoul(argv[2], 0, 10), pool = strtoul(argv[3], 0, 10);
	unsigned char *source = malloc(262144 + len), *tx = malloc(pool + len), *rx = malloc(pool + len);
	uint64_t seen = 0;
	struct timespec a, b;

	if (!source || !tx || !rx)
		return 1;
	for (size_t i = 0; i < 262144 + len; i++)
		source[i] = (unsigned char)(i * 2654435761u >> 13);
	memset(tx, 0, pool + len);
	memset(rx, 0, pool + len);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (size_t i = 0, from = 0, at = 0; i < segments; i++) {
		memcpy(tx + at, source + from, len);
		memcpy(rx + at, tx + at, len);
		seen += checksum(rx + at, len);
		if (memcmp(rx + at, source + from, len) != 0)
			return 1;
		from = (from + len) % 262139;
		at = (at + 4096) % pool;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	double ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
	printf("%.2f %llu\n", ns / (double)segments, (unsigned long long)seen);
	return 0;
}
