// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "machine.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "ending.h"
#include "memory.h"
#include "trace.h"

#define NAMES_MAX 8192

struct machine machine;

static struct {
	const char *name, *field;
	int64_t value;
} names[NAMES_MAX];
static int nr_names;

_Thread_local jmp_buf *way_back;

static int index_now = -1;
static const struct json *now;

void step_begin(int i, const struct json *step)
{
	index_now = i;
	now = step;
}

const struct json *step_now(void)
{
	return now;
}

void emit(const char *e)
{
	const struct json *tag = now ? json_get(now, "tag") : NULL;

	trace_begin(index_now, e, tag ? tag->text : NULL);
}

void stop(const char *format, ...)
{
	char why[256];
	va_list args;

	if (machine.lenient && way_back) {
		emit("left_out");
		trace_text("step", text("step"));
		trace_end();
		longjmp(*way_back, 1);
	}
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	emit("stop");
	trace_text("step", text("step"));
	trace_text("why", why);
	trace_end();
	ending_exit(EXIT_STOPPED);
}

void stop_without_ring(int error)
{
	if (error == EPERM)
		stop("io_uring is not allowed here: see kernel.io_uring_disabled, or seccomp of a container");
	if (error == ENOSYS)
		stop("this kernel has no io_uring");
	stop("no ring can be made: %s", strerror(error));
}

bool has(const char *field)
{
	return json_get(now, field) != NULL;
}

static bool same_field(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool look_up(const char *name, const char *field, int64_t *value)
{
	for (int n = nr_names - 1; n >= 0; n--) {
		if (strcmp(names[n].name, name) || !same_field(names[n].field, field))
			continue;
		*value = names[n].value;
		return true;
	}
	return false;
}

/* name, name.field, either with +n or -n; or the digits of a number of more than 53 bits. */
static int64_t reference(const char *s)
{
	char name[128];
	char *field = NULL;
	int64_t value;
	size_t n = 0;

	if (*s == '-' || isdigit((unsigned char)*s))
		return *s == '-' ? strtoll(s, NULL, 10) : (int64_t)strtoull(s, NULL, 10);
	while ((isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '.') && n < sizeof(name) - 1) {
		name[n] = s[n];
		n++;
	}
	name[n] = 0;
	if ((field = strchr(name, '.')))
		*field++ = 0;
	if (!strncmp(name, "ring", 4) && isdigit((unsigned char)name[4]) && !name[5])
		value = ring_of(name[4] - '0')->ring_fd;
	else if (!look_up(name, field, &value))
		stop("'%s' names nothing that is there now", s);
	while (s[n] == ' ')
		n++;
	if (s[n] == '+' || s[n] == '-')
		value += strtoll(s + n + 1, NULL, 10) * (s[n] == '-' ? -1 : 1);
	return value;
}

int64_t value_of(const struct json *v)
{
	switch (v->kind) {
	case JSON_NUMBER:
	case JSON_BOOL: return v->number;
	case JSON_TEXT: return reference(v->text);
	default: stop("expected a number, found a list");
	}
}

int64_t integer(const char *field, int64_t otherwise)
{
	const struct json *v = json_get(now, field);

	return v ? value_of(v) : otherwise;
}

bool flag(const char *field)
{
	const struct json *v = json_get(now, field);

	return v && v->kind == JSON_BOOL && v->number;
}

const char *text(const char *field)
{
	const struct json *v = now ? json_get(now, field) : NULL;

	return v && v->kind == JSON_TEXT ? v->text : "";
}

const struct json *list(const char *field)
{
	const struct json *v = json_get(now, field);

	return v && v->kind == JSON_LIST ? v : NULL;
}

void pair_of(const struct json *v, int64_t *first, int64_t *second)
{
	if (json_count(v) != 2)
		stop("expected a pair");
	*first = value_of(v->child);
	*second = value_of(v->child->next);
}

const char *as(int n)
{
	const struct json *l = list("as");
	const struct json *v = l ? l->child : NULL;

	while (v && n--)
		v = v->next;
	return v ? v->text : NULL;
}

bool ret_begin(int64_t value)
{
	if (flag("quiet"))
		return false;
	emit("ret");
	trace_text("step", text("step"));
	trace_result("ret", value);
	return true;
}

static void give_ret(int64_t value)
{
	const char *name = as(0);

	if (!name)
		return;
	give(name, NULL, value);
	give(name, "ret", value);
	give(name, "res", value);
}

void ret_end(int64_t value)
{
	if (as(0))
		trace_text("as", as(0));
	trace_end();
	give_ret(value);
}

void ret(int64_t value)
{
	if (ret_begin(value))
		ret_end(value);
	else
		give_ret(value);
}

void give(const char *name, const char *field, int64_t value)
{
	for (int n = 0; n < nr_names; n++) {
		if (!strcmp(names[n].name, name) && same_field(names[n].field, field)) {
			names[n].value = value;
			return;
		}
	}
	if (nr_names == NAMES_MAX)
		stop("too many names");
	names[nr_names].name = name;
	names[nr_names].field = field;
	names[nr_names++].value = value;
}

static struct open_ring *open_ring(int id)
{
	if (id < 0 || id >= RINGS_MAX || !machine.rings[id].open)
		stop("ring %d is not set up", id);
	return &machine.rings[id];
}

struct open_ring *ring_now(void)
{
	return open_ring((int)integer("ring", 0));
}

struct io_uring *ring_of(int id)
{
	return &open_ring(id)->ring;
}

struct buffers *group_find(int ring, int bgid)
{
	for (int n = 0; n < GROUPS_MAX; n++) {
		struct buffers *g = &machine.groups[n];

		if (g->there && g->ring == ring && g->bgid == bgid)
			return g;
	}
	return NULL;
}

struct buffers *group_now(void)
{
	const int ring = (int)integer("ring", 0);
	const int bgid = (int)integer("bgid", 0);
	struct buffers *g = group_find(ring, bgid);

	if (!g)
		stop("ring %d has no group %d of buffers", ring, bgid);
	return g;
}

struct instance *instance_now(const char *field)
{
	const char *name = text(field);

	for (int n = INSTANCES_MAX - 1; n >= 0; n--)
		if (machine.instances[n].name && !strcmp(machine.instances[n].name, name))
			return &machine.instances[n];
	stop("there is no zcrx instance '%s'", name);
}

static const struct utsname *system_name(void)
{
	static struct utsname u;

	if (!u.release[0]) {
		uname(&u);
		u.release[strspn(u.release, "0123456789.")] = 0;
	}
	return &u;
}

const char *kernel_release(void)
{
	return system_name()->release;
}

const char *machine_name(void)
{
	return system_name()->machine;
}

int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

struct __kernel_timespec *timespec_of(int64_t ns)
{
	struct __kernel_timespec *ts = memory_alloc(sizeof(*ts));

	ts->tv_sec = ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	return ts;
}
