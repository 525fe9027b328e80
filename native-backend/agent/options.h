/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line said. */
#ifndef AGENT_OPTIONS_H
#define AGENT_OPTIONS_H

#include <stdbool.h>

/* The two hosts of a scenario, as sim/schema/scenario.ts numbers them. */
enum { CLIENT, SERVER, HOSTS };
extern const char *const host_names[HOSTS];

struct options {
	/* Of each host; NULL: not given. */
	const char *netns[HOSTS], *interface[HOSTS], *address[HOSTS];
	int queues[HOSTS];
	int only;		/* this host's application alone; -1: both */
	int limit_s;
	bool aligned, data, timing, probe;
	const char *calibrate;	/* a benchmark, "": all of them; NULL: not asked for */
	const char *program;	/* "-": standard input */
};
extern struct options options;

void options_read(int argc, char **argv);
/* 0, 1, or -1 when there is no such host. */
int host_number(const char *name);
/* The program or the arguments cannot be used: one sentence on stderr, exit 2. */
_Noreturn void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
