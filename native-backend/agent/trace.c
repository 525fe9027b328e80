// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ending.h"

static bool comma;

static void key_of(const char *key)
{
	if (comma)
		putchar(',');
	comma = true;
	if (key)
		printf("\"%s\":", key);
}

static void put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", (unsigned char)*s);
		else
			putchar(*s);
	}
	putchar('"');
}

void trace_begin(int i, const char *e, const char *tag)
{
	putchar('{');
	comma = false;
	trace_int("i", i);
	trace_text("e", e);
	if (tag)
		trace_text("tag", tag);
}

void trace_int(const char *key, int64_t value)
{
	key_of(key);
	printf("%" PRId64, value);
}

void trace_unsigned_text(const char *key, uint64_t value)
{
	key_of(key);
	printf("\"%" PRIu64 "\"", value);
}

void trace_hex_text(const char *key, uint64_t value)
{
	key_of(key);
	printf("\"0x%" PRIx64 "\"", value);
}

void trace_text(const char *key, const char *text)
{
	key_of(key);
	put_string(text);
}

void trace_bool(const char *key, bool value)
{
	key_of(key);
	fputs(value ? "true" : "false", stdout);
}

const char *trace_errno(int error)
{
	static char number[16];
	const char *name = strerrorname_np(error);

	if (name)
		return name;
	snprintf(number, sizeof(number), "%d", -error);
	return number;
}

void trace_result(const char *key, int64_t value)
{
	const char *name = value < 0 && value > -4096 ? strerrorname_np((int)-value) : NULL;

	trace_int(key, value);
	if (name)
		trace_text("err", name);
}

struct bit {
	uint32_t bit;
	const char *name;
};

static void put_bits(uint32_t value, const struct bit *bits)
{
	char rest[16];

	for (; bits->name; bits++) {
		if (value & bits->bit)
			trace_text(NULL, bits->name);
		value &= ~bits->bit;
	}
	if (!value)
		return;
	snprintf(rest, sizeof(rest), "0x%x", value);
	trace_text(NULL, rest);
}

void trace_cqe_flags(const char *key, uint32_t flags)
{
	static const struct bit bits[] = {
		{ 2, "MORE" }, { 4, "SOCK_NONEMPTY" }, { 8, "NOTIF" }, { 16, "BUF_MORE" }, { 32, "SKIP" }, { 0x8000, "F32" }, { 0, NULL },
	};
	char upper[24];

	trace_open(key, '[');
	if (flags & 1 || flags >> 16) {
		snprintf(upper, sizeof(upper), flags & 1 ? "BUF:%u" : "hi:%x", flags >> 16);
		trace_text(NULL, upper);
	}
	put_bits(flags & 0xfffe, bits);
	trace_close(']');
}

void trace_sq_flags(const char *key, uint32_t flags)
{
	static const struct bit bits[] = { { 1, "NEED_WAKEUP" }, { 2, "CQ_OVERFLOW" }, { 4, "TASKRUN" }, { 0, NULL } };

	trace_open(key, '[');
	put_bits(flags, bits);
	trace_close(']');
}

uint32_t crc32_on(uint32_t before, const void *bytes, size_t n)
{
	static uint32_t table[256];
	const unsigned char *p = bytes;
	uint32_t c = ~before;

	for (uint32_t i = 0; !table[1] && i < 256; i++) {
		uint32_t t = 255 - i;

		for (int k = 0; k < 8; k++)
			t = t & 1 ? 0xedb88320 ^ t >> 1 : t >> 1;
		table[255 - i] = t;
	}
	while (n--)
		c = table[(c ^ *p++) & 0xff] ^ c >> 8;
	return ~c;
}

void trace_crc_value(const char *key, uint32_t crc)
{
	key_of(key);
	printf("\"%08x\"", crc);
}

void trace_crc(const char *key, const void *bytes, size_t n)
{
	trace_crc_value(key, crc32_on(0, bytes, n));
}

void trace_bytes(const char *key, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	key_of(key);
	putchar('"');
	while (n--)
		printf("%02x", *p++);
	putchar('"');
}

void trace_open(const char *key, char bracket)
{
	key_of(key);
	putchar(bracket);
	comma = false;
}

void trace_close(char bracket)
{
	putchar(bracket);
	comma = true;
}

void trace_end(void)
{
	puts("}");
	if (!ferror(stdout) && fflush(stdout) == 0)
		return;
	fprintf(stderr, "agent: the trace cannot be written: %s.\n", strerror(errno));
	ending_exit(EXIT_OUTPUT);
}
