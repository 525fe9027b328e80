// SPDX-License-Identifier: Apache-2.0
/* Steps on pipes, eventfds and epoll sets, and reads and writes of any file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "machine.h"
#include "memory.h"
#include "trace.h"

#define EVENTS_MAX 64

static int fd_of(void)
{
	return (int)integer("fd", -1);
}

static int64_t or_errno(int64_t done)
{
	return done < 0 ? -errno : done;
}

static void nonblock(void)
{
	fcntl(fd_of(), F_SETFL, flag("on") ? O_NONBLOCK : 0);
}

static void pipe_step(void)
{
	int fds[2];

	if (pipe2(fds, 0))
		stop("pipe2 failed: %d", -errno);
	give(text("read"), NULL, fds[0]);
	give(text("write"), NULL, fds[1]);
}

static void new_eventfd(void)
{
	const int fd = eventfd((unsigned int)integer("value", 0), flag("nonblock") ? EFD_NONBLOCK : 0);

	if (fd < 0)
		stop("eventfd2 failed: %d", -errno);
	give(text("name"), NULL, fd);
}

static void eventfd_write_step(void)
{
	const uint64_t value = (uint64_t)integer("value", 0);

	ret(or_errno(write(fd_of(), &value, sizeof(value))));
}

static void eventfd_read_step(void)
{
	uint64_t value = 0;
	const int64_t done = or_errno(read(fd_of(), &value, sizeof(value)));

	if (!ret_begin(done))
		return;
	trace_int("count", (int64_t)value);
	ret_end(done);
}

static void new_epoll(void)
{
	const int fd = epoll_create1(0);

	if (fd < 0)
		stop("epoll_create1 failed: %d", -errno);
	give(text("name"), NULL, fd);
}

static void epoll_add(void)
{
	struct epoll_event event = { .events = (uint32_t)integer("events", 0), .data.u64 = (uint64_t)integer("data", 0) };

	ret(or_errno(epoll_ctl((int)integer("of", -1), EPOLL_CTL_ADD, fd_of(), &event)));
}

static void epoll_wait_step(void)
{
	struct epoll_event events[EVENTS_MAX];
	const int64_t max = integer("max", 8);
	const int64_t done = or_errno(epoll_pwait(fd_of(), events, max < EVENTS_MAX ? (int)max : EVENTS_MAX,
						  (int)integer("timeout_ms", 0), NULL));

	if (!ret_begin(done))
		return;
	trace_open("events", '[');
	for (int n = 0; n < done; n++) {
		trace_open(NULL, '{');
		trace_int("events", events[n].events);
		trace_int("data", (int64_t)events[n].data.u64);
		trace_close('}');
	}
	trace_close(']');
	ret_end(done);
}

static void read_step(void)
{
	const size_t n = (size_t)integer("n", 4096);

	ret(or_errno(read(fd_of(), memory_sink(n), n)));
}

static void write_step(void)
{
	ret(or_errno(write(fd_of(), text("text"), strlen(text("text")))));
}

const struct handler file_steps[] = {
	{ "nonblock", nonblock }, { "pipe", pipe_step }, { "eventfd", new_eventfd }, { "eventfd.write", eventfd_write_step },
	{ "eventfd.read", eventfd_read_step }, { "epoll", new_epoll }, { "epoll.add", epoll_add }, { "epoll.wait", epoll_wait_step },
	{ "read", read_step }, { "write", write_step }, { NULL, NULL },
};
