// SPDX-License-Identifier: Apache-2.0
/*
 * Executes a compiled step program (ringlab replay SCENARIO --program) on the kernel that it runs on, and prints the trace that
 * ringlab replay SCENARIO --json prints. The program comes from a file, or from standard input.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "threads.h"
#include "trace.h"

#define STEPS_MAX 4096
#define TRACE_FORMAT 1
#define WATCHDOG_S 60

static const struct json *program[STEPS_MAX];
static int nr_steps;

static void caps(void)
{
	struct utsname u;

	uname(&u);
	/* Without what a builder wrote behind the version. */
	u.release[strspn(u.release, "0123456789.")] = 0;
	emit("caps");
	trace_int("format", TRACE_FORMAT);
	trace_text("on", "linux");
	trace_text("kernel", u.release);
	trace_text("machine", u.machine);
	trace_int("page", sysconf(_SC_PAGESIZE));
	trace_text("clock", "monotonic");
	trace_end();
}

static void read_program(FILE *from)
{
	char *line = NULL;
	size_t bytes = 0;

	while (getline(&line, &bytes, from) > 0) {
		if (nr_steps == STEPS_MAX) {
			fputs("agent: more steps than a program may have\n", stderr);
			exit(2);
		}
		program[nr_steps] = json_parse(line);
		if (!program[nr_steps] || program[nr_steps]->kind != JSON_MAP) {
			fprintf(stderr, "agent: line %d is no step\n", nr_steps + 1);
			exit(2);
		}
		nr_steps++;
	}
	free(line);
}

static const struct handler *handler_of(const char *name)
{
	static const struct handler *const tables[] = {
		ring_steps, register_steps, memory_steps, buffer_steps, sqe_steps, enter_steps, observe_steps, file_steps,
		socket_steps, misc_steps, zcrx_steps,
	};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct handler *h = tables[t]; h->name; h++)
			if (!strcmp(h->name, name))
				return h;
	return NULL;
}

static void on_watchdog(int signal)
{
	static const char line[] = "{\"e\":\"watchdog\"}\n";

	(void)signal;
	if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
		_exit(4);
	_exit(3);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void set_up(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM };
	struct itimerspec time = { .it_value = { .tv_sec = WATCHDOG_S } };
	timer_t timer;
	cpu_set_t cpus;

	setvbuf(stdout, NULL, _IOLBF, 1 << 16);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = on_watchdog;
	sigaction(SIGVTALRM, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		timer_settime(timer, 0, &time, NULL);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

int main(int argc, char **argv)
{
	FILE *from = argc > 1 ? fopen(argv[1], "r") : stdin;

	if (!from) {
		perror(argv[1]);
		return 2;
	}
	read_program(from);
	if (from != stdin)
		fclose(from);
	set_up();
	caps();
	for (int i = 0; i < nr_steps; i++) {
		const char *name;
		const struct handler *h;

		step_begin(i, program[i]);
		name = text("step");
		if (!strcmp(name, "probe_caps")) {
			caps();
			continue;
		}
		h = handler_of(name);
		if (!h)
			stop("this step is not there yet");
		if (integer("thread", 0) == 0)
			h->run();
		else
			threads_run((int)integer("thread", 0), h->run);
	}
	step_begin(nr_steps, NULL);
	emit("end");
	trace_end();
	fflush(stdout);
	_exit(0);
}
