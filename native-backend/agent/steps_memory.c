// SPDX-License-Identifier: Apache-2.0
/* Steps that make memory: buffers, vectors, messages, times, addresses. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "iovecs.h"
#include "machine.h"
#include "memory.h"
#include "trace.h"

struct iovec *iovecs_of(const struct json *pairs)
{
	struct iovec *iov = memory_alloc(sizeof(*iov) * (json_count(pairs) + 1));
	int n = 0;

	for (const struct json *v = pairs ? pairs->child : NULL; v; v = v->next) {
		int64_t base, len;

		pair_of(v, &base, &len);
		iov[n].iov_base = (void *)(uintptr_t)base;
		iov[n++].iov_len = (size_t)len;
	}
	return iov;
}

static void give_memory(const void *at, int64_t len)
{
	give(text("name"), NULL, (int64_t)(uintptr_t)at);
	give(text("name"), "len", len);
}

static void bytes(void)
{
	const size_t len = (size_t)integer("len", 0);
	unsigned char *at = memory_pages(len);

	if (integer("pattern", 0) == 1)
		for (size_t i = 0; i < len; i++)
			at[i] = seq_byte(i);
	else if (*text("fill"))
		memset(at, *text("fill"), len);
	give_memory(at, (int64_t)len);
}

static void words(void)
{
	const struct json *l = list("words");
	uint32_t *at = memory_alloc(4 * (json_count(l) + 1));
	int n = 0;

	for (const struct json *v = l ? l->child : NULL; v; v = v->next)
		at[n++] = (uint32_t)value_of(v);
	give_memory(at, 4 * n);
}

static void iov(void)
{
	give_memory(iovecs_of(list("of")), (int64_t)json_count(list("of")));
}

static void msg(void)
{
	struct msghdr *m = memory_alloc(sizeof(*m));

	m->msg_name = (void *)(uintptr_t)integer("address", 0);
	m->msg_namelen = (socklen_t)integer("address_len", 0);
	m->msg_iov = iovecs_of(list("of"));
	m->msg_iovlen = json_count(list("of"));
	m->msg_control = (void *)(uintptr_t)integer("control", 0);
	m->msg_controllen = (size_t)integer("control_len", 0);
	give(text("name"), NULL, (int64_t)(uintptr_t)m);
}

static void ts(void)
{
	struct __kernel_timespec *t = memory_alloc(sizeof(*t));
	const int64_t time = integer("time", 0);

	t->tv_sec = integer("sec", 0) + time / 1000000000;
	t->tv_nsec = integer("nsec", 0) + time % 1000000000;
	give(text("name"), NULL, (int64_t)(uintptr_t)t);
}

static void sockaddr(void)
{
	struct sockaddr_storage *at = memory_alloc(sizeof(*at));
	socklen_t len = sizeof(*at);

	if (integer("of", -1) >= 0) {
		getsockname((int)integer("of", -1), (struct sockaddr *)at, &len);
	} else {
		struct sockaddr_in *in = (struct sockaddr_in *)at;

		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)integer("port", 0));
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		len = sizeof(*in);
	}
	give_memory(at, len);
}

static void dump(void)
{
	const void *at = (const void *)(uintptr_t)integer("at", 0);
	const size_t len = (size_t)integer("len", 0);

	emit("data");
	trace_int("n", (int64_t)len);
	trace_crc("crc", at, len);
	trace_bytes("hex", at, len);
	trace_end();
}

const struct handler memory_steps[] = {
	{ "mem.bytes", bytes }, { "mem.words", words }, { "mem.iov", iov }, { "mem.msg", msg }, { "mem.ts", ts },
	{ "mem.sockaddr", sockaddr }, { "mem.dump", dump }, { NULL, NULL },
};
