// SPDX-License-Identifier: Apache-2.0
/* Steps on time, signals and the trace itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "threads.h"
#include "trace.h"

static void after(void)
{
	threads_send_later(integer("time", 0), (int)integer("fd", -1), *text("fill"));
}

static void sleep_step(void)
{
	const int64_t ms = integer("ms", 1);
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void noop(void)
{
	syscall(__NR_getppid);
}

static void any(void)
{
	long args[6] = { 0 };
	int n = 0;
	long done;

	for (const struct json *v = list("args") ? list("args")->child : NULL; v && n < 6; v = v->next)
		args[n++] = (long)value_of(v);
	done = syscall((long)integer("nr", 0), args[0], args[1], args[2], args[3], args[4], args[5]);
	ret(done < 0 ? -errno : done);
}

static void alarm_step(void)
{
	const int64_t us = integer("after", 0) / 1000;
	const struct itimerval time = { .it_value = { .tv_sec = us / 1000000, .tv_usec = us % 1000000 } };

	setitimer(ITIMER_REAL, &time, NULL);
}

static void seq(void)
{
	machine.seq_sent = 0;
	machine.seq_proved = 0;
}

static void said(const char *e)
{
	emit(e);
	trace_text("text", text("text"));
	trace_end();
}

static void label(void)
{
	said("label");
}

static void note(void)
{
	said("note");
}

const struct handler misc_steps[] = {
	{ "after", after }, { "sleep_ms", sleep_step }, { "syscall_noop", noop }, { "syscall", any }, { "alarm", alarm_step },
	{ "seq", seq }, { "label", label }, { "note", note }, { NULL, NULL },
};
