// SPDX-License-Identifier: Apache-2.0
/* What came of the applications, in the lines of docs/native.md, "Application traces". */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps.h"
#include "machine.h"
#include "trace.h"

static const char *const roles[] = { "none", "source", "sink", "echo", "rpc" };
static const char *const receives[] = { "zc", "recv", "multishot", "read", "epoll", "pbuf", "bundle", "incremental" };
static const char *const ops[OPS] = { "RECV_ZC", "RECV", "SEND", "SEND_ZC" };

static void line(const char *e, int host)
{
	emit(e);
	trace_text("host", host_names[host]);
}

static void error_name(const char *key, int error)
{
	const char *name = strerrorname_np(error);

	trace_text(key, name ? name : "EUNKNOWN");
}

static void app_line(int host, const struct knobs *k, const struct report *r)
{
	line("app", host);
	trace_text("role", roles[k->role]);
	if (k->role == ROLE_SINK)
		trace_text("receive", receives[r->receive]);
	if (r->refused)
		error_name("refused", r->refused);
	if (r->failed)
		error_name("failed", r->failed);
	trace_end();
	if (!r->huge_wanted || r->huge)
		return;
	line("remark", host);
	trace_text("text", "the area lies in pages of 4096 bytes: there are no huge pages (vm.nr_hugepages)");
	trace_end();
}

/* Connections that could not be had: a source has no lines of its own for them. */
static void opener_remark(int host, const struct shared *shared)
{
	const uint32_t n = shared->report[host].nr_streams;
	uint32_t failed = 0, first = 0;
	char text[128];

	for (uint32_t i = 0; i < n; i++) {
		if (shared->streams[host][i].res >= 0)
			continue;
		first = failed++ ? first : i;
	}
	if (!failed)
		return;
	snprintf(text, sizeof(text), "%u of %u connections ended with an error; number %u with %s", failed, n, first,
		strerrorname_np(-shared->streams[host][first].res));
	line("remark", host);
	trace_text("text", text);
	trace_end();
}

static const struct knobs *opener_of(const struct knobs *knobs)
{
	return app_opens(&knobs[CLIENT]) ? &knobs[CLIENT] : app_opens(&knobs[SERVER]) ? &knobs[SERVER] : NULL;
}

static void stream_line(int host, const struct knobs *knobs, const struct report *r, const struct stream *s)
{
	const struct knobs *opener = opener_of(knobs);
	const bool zc = knobs[host].role == ROLE_SINK && r->receive == RECEIVE_ZC;
	const bool whole = !opener || s->bytes == opener->bytes;
	char hex[2 * SHA256_DIGEST + 1];

	for (int i = 0; i < SHA256_DIGEST; i++)
		snprintf(hex + 2 * i, 3, "%02x", s->digest[i]);
	line("stream", host);
	trace_int("conn", s->conn);
	trace_int("bytes", (int64_t)s->bytes);
	trace_text("sha256", hex);
	trace_bool("complete", s->done && s->res >= 0 && !s->wrong && whole);
	if (!zc || knobs[host].nodev) {
		trace_int("zeroCopyBytes", 0);
		trace_int("copiedBytes", (int64_t)s->bytes);
	} else if (r->counted && (r->nr_streams == 1 || !r->copied_bytes)) {
		trace_int("zeroCopyBytes", (int64_t)(s->bytes - r->copied_bytes));
		trace_int("copiedBytes", (int64_t)r->copied_bytes);
	}
	trace_result("ended", s->res);
	trace_bool("returned_once", !s->lent_wrong);
	trace_end();
}

static int by_connection(const void *x, const void *y)
{
	const struct stream *a = *(const struct stream *const *)x, *b = *(const struct stream *const *)y;

	return a->conn < b->conn ? -1 : a->conn > b->conn;
}

static void stream_lines(int host, const struct knobs *knobs, const struct shared *shared)
{
	static const struct stream *sorted[FLOWS_MAX];
	const uint32_t n = shared->report[host].nr_streams;

	for (uint32_t i = 0; i < n; i++)
		sorted[i] = &shared->streams[host][i];
	qsort(sorted, n, sizeof(sorted[0]), by_connection);
	for (uint32_t i = 0; i < n; i++)
		stream_line(host, knobs, &shared->report[host], sorted[i]);
}

/* The names of a set of patterns, sorted. */
static void patterns(const char *key, uint8_t set)
{
	static const struct {
		unsigned int pattern;
		const char *name;
	} names[PATTERNS] = {
		{ 0, "" }, { PATTERN_BUFFER, "BUFFER" }, { PATTERN_BUFFER | PATTERN_NOTIF, "BUFFER|NOTIF" }, { PATTERN_MORE, "MORE" },
		{ PATTERN_MORE | PATTERN_BUFFER, "MORE|BUFFER" }, { PATTERN_MORE | PATTERN_BUFFER | PATTERN_NOTIF, "MORE|BUFFER|NOTIF" },
		{ PATTERN_MORE | PATTERN_NOTIF, "MORE|NOTIF" }, { PATTERN_NOTIF, "NOTIF" },
	};

	trace_open(key, '[');
	for (int i = 0; i < PATTERNS; i++)
		if (set & 1u << names[i].pattern)
			trace_text(NULL, names[i].name);
	trace_close(']');
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void error_list(const struct grammar *g)
{
	const char *names[ERRORS_MAX];
	size_t n = 0;

	for (int error = 1; error < ERRORS_MAX; error++)
		if (g->errors[error])
			names[n++] = strerrorname_np(error) ? strerrorname_np(error) : "EUNKNOWN";
	qsort(names, n, sizeof(names[0]), by_name);
	trace_open("errors", '[');
	for (size_t i = 0; i < n; i++)
		trace_text(NULL, names[i]);
	trace_close(']');
}

static void grammar_lines(int host, const struct report *r)
{
	for (int op = 0; op < OPS; op++) {
		const struct grammar *g = &r->grammar[op];

		if (!g->requests)
			continue;
		line("grammar", host);
		trace_text("op", ops[op]);
		patterns("shots", g->shots);
		patterns("ends", g->ends_seen);
		error_list(g);
		trace_bool("one_end", !g->twice);
		trace_end();
	}
}

static void refill_line(int host, const struct knobs *k, const struct report *r)
{
	if (k->role != ROLE_SINK || r->receive != RECEIVE_ZC || r->failed)
		return;
	line("refill", host);
	trace_int("lent_bytes", (int64_t)r->lent_bytes);
	trace_text("returned", r->returned + k->batch > r->lent ? "all" : r->returned ? "some" : "none");
	trace_bool("twice", r->returned > r->lent);
	trace_end();
}

static void speed_line(int host, const struct shared *shared)
{
	uint64_t bytes = 0, completions = 0;
	int64_t first = INT64_MAX, last = 0;

	for (uint32_t i = 0; i < shared->report[host].nr_streams; i++) {
		const struct stream *s = &shared->streams[host][i];

		if (!s->completions)
			continue;
		bytes += s->bytes;
		completions += s->completions;
		first = s->first_ns < first ? s->first_ns : first;
		last = s->last_ns > last ? s->last_ns : last;
	}
	line("speed", host);
	trace_int("bytes", (int64_t)bytes);
	trace_int("ns", completions ? last - first : 0);
	trace_int("completions", (int64_t)completions);
	trace_end();
}

void apps_report(const struct knobs *knobs, const struct shared *shared)
{
	bool there[HOSTS];

	for (int host = 0; host < HOSTS; host++) {
		there[host] = knobs[host].role != ROLE_NONE && (options.only < 0 || options.only == host);
		if (there[host])
			app_line(host, &knobs[host], &shared->report[host]);
		if (there[host] && app_opens(&knobs[host]))
			opener_remark(host, shared);
	}
	for (int host = 0; host < HOSTS; host++)
		if (there[host] && knobs[host].role != ROLE_SOURCE)
			stream_lines(host, knobs, shared);
	for (int host = 0; host < HOSTS; host++)
		if (there[host])
			grammar_lines(host, &shared->report[host]);
	for (int host = 0; host < HOSTS; host++)
		if (there[host])
			refill_line(host, &knobs[host], &shared->report[host]);
	for (int host = 0; options.timing && host < HOSTS; host++)
		if (there[host] && knobs[host].role != ROLE_SOURCE)
			speed_line(host, shared);
}
