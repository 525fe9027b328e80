// SPDX-License-Identifier: Apache-2.0
/*
 * Executes a compiled program on the kernel that it runs on, and prints its trace (docs/native.md): a step program
 * (ringlab replay SCENARIO --program), as ringlab replay SCENARIO --json prints it, or the applications of a scenario.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps.h"
#include "calibrate.h"
#include "ending.h"
#include "machine.h"
#include "options.h"
#include "places.h"
#include "probe.h"
#include "program.h"
#include "threads.h"
#include "trace.h"

#define TRACE_FORMAT 1
#define TRACE_BUFFER (1 << 16)

static void caps(void)
{
	emit("caps");
	trace_int("format", TRACE_FORMAT);
	trace_text("on", "linux");
	trace_text("kernel", kernel_release());
	trace_text("machine", machine_name());
	trace_int("page", sysconf(_SC_PAGESIZE));
	trace_text("clock", "monotonic");
	trace_end();
}

static void lenient(void)
{
	machine.lenient = true;
}

static const struct handler caps_steps[] = { { "lenient", lenient }, { "probe_caps", caps }, { "probe", probe_run }, { NULL, NULL } };

static const struct handler *handler_of(const char *name)
{
	static const struct handler *const tables[] = {
		ring_steps, register_steps, memory_steps, buffer_steps, sqe_steps, enter_steps, observe_steps, file_steps,
		socket_steps, misc_steps, zcrx_steps, stream_steps, nic_steps, app_steps, caps_steps,
	};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct handler *h = tables[t]; h->name; h++)
			if (!strcmp(h->name, name))
				return h;
	return NULL;
}

/* Nothing runs before all of it is known. */
static void check_program(void)
{
	for (int i = 0; i < program_steps(); i++) {
		const char *name = json_get(program_step(i), "step")->text;

		if (!handler_of(name))
			refuse("step %d: there is no step '%s'; docs/steps.md lists them.", i, name);
	}
}

static void pin(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* Does the present step where its host is. */
static void perform(void)
{
	const bool client = !strcmp(text("host"), host_names[CLIENT]);

	jmp_buf here;

	if (client)
		place_enter(CLIENT);
	way_back = &here;
	if (!setjmp(here))
		handler_of(text("step"))->run();
	way_back = NULL;
	if (client)
		place_enter(SERVER);
}

static void run_program(void)
{
	for (int i = 0; i < program_steps(); i++) {
		step_begin(i, program_step(i));
		if (integer("thread", 0) == 0)
			perform();
		else
			threads_run((int)integer("thread", 0), perform);
	}
	step_begin(program_steps(), NULL);
}

/*
 * Waits for a multiple of 64 ticks of the slowest clock that kernels have (HZ=250): what timers then do does not depend on when
 * somebody started the agent (kernel/time/timer.c: the first three levels of the wheel).
 */
static void align(void)
{
	const int64_t period_ns = 256 * 1000 * 1000, second_ns = 1000 * 1000 * 1000;
	struct timespec t;
	int64_t at_ns;

	clock_gettime(CLOCK_MONOTONIC, &t);
	at_ns = ((t.tv_sec * second_ns + t.tv_nsec) / period_ns + 1) * period_ns;
	t.tv_sec = at_ns / second_ns;
	t.tv_nsec = at_ns % second_ns;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

int main(int argc, char **argv)
{
	options_read(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, TRACE_BUFFER);
	if (!options.probe && !options.calibrate) {
		program_read(options.program);
		check_program();
	}
	places_open();
	ending_set_up(options.limit_s);
	if (options.aligned)
		align();
	if (options.probe) {
		probe_run();
	} else if (options.calibrate) {
		calibrate_run(options.calibrate);
	} else {
		if (!apps_in_program())
			pin();
		caps();
		run_program();
	}
	emit("end");
	trace_end();
	ending_exit(0);
}
