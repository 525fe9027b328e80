// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "calibrate.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ending.h"
#include "machine.h"
#include "trace.h"

#define SAMPLES 101
#define PATIENCE_NS 30000000000
#define LOOK_NS 1000000
#define CLOCK_LOOKS 100000

static int cpus[2], nr_cpus;
static const struct bench *now_running;

static void find_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && nr_cpus < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[nr_cpus++] = cpu;
}

static cpu_set_t set_of(int which)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpus[which], &set);
	return set;
}

void pin_to(int which)
{
	const cpu_set_t set = set_of(which);

	sched_setaffinity(0, sizeof(set), &set);
}

void thread_on(int which, void *(*run)(void *))
{
	const cpu_set_t set = set_of(which);
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (pthread_create(&id, &attr, run, NULL))
		unable("no thread can be made");
}

int64_t clock_cost(void)
{
	const int64_t since = now_ns();

	for (int i = 0; i < CLOCK_LOOKS; i++)
		now_ns();
	return (now_ns() - since) / CLOCK_LOOKS;
}

char *region(size_t bytes, bool huge)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		unable("there is not enough memory");
	madvise(at, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(at, 1, bytes);
	return at;
}

static void head(const char *name)
{
	emit("bench");
	trace_text("name", name);
	trace_text("method", now_running->method);
}

static _Noreturn void done(void)
{
	fflush(stdout);
	_exit(0);
}

void unable(const char *why)
{
	head(now_running->name);
	trace_text("why", why);
	trace_end();
	done();
}

static int by_size(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* One benchmark, in its own process. */
static _Noreturn void measure(const struct bench *b)
{
	int64_t ps[SAMPLES];

	if (b->two_cpus && nr_cpus < 2)
		unable("this process may use one CPU only");
	pin_to(CPU_OWN);
	/* Who else runs here is not what is measured. Without the right to it we share the CPU. */
	setpriority(PRIO_PROCESS, 0, -20);
	if (b->prepare)
		b->prepare();
	b->run(b->n);
	for (int i = 0; i < SAMPLES; i++) {
		const int64_t since = now_ns(), own = b->run(b->n);

		ps[i] = (own == NS_OUTSIDE ? now_ns() - since : own) * 1000 / b->n;
	}
	qsort(ps, SAMPLES, sizeof(ps[0]), by_size);
	head(b->name);
	trace_int("samples", SAMPLES);
	trace_int("times", b->n);
	trace_int("ps", ps[SAMPLES / 2]);
	trace_int("ps_quarter", ps[SAMPLES / 4]);
	trace_int("ps_three_quarters", ps[SAMPLES * 3 / 4]);
	trace_end();
	done();
}

static void run_one(const struct bench *b)
{
	const pid_t child = ending_fork();
	int how = 0;

	now_running = b;
	if (child == 0)
		measure(b);
	for (int64_t until = now_ns() + PATIENCE_NS; child > 0 && waitpid(child, &how, WNOHANG) != child;) {
		if (now_ns() > until) {
			kill(child, SIGKILL);
			waitpid(child, &how, 0);
			break;
		}
		nanosleep(&(struct timespec) { .tv_nsec = LOOK_NS }, NULL);
	}
	ending_forget(child);
	if (child > 0 && WIFEXITED(how) && WEXITSTATUS(how) == 0)
		return;
	head(b->name);
	trace_text("why", child < 0 ? "no process can be made" : WIFSIGNALED(how) ? "it did not come to its end" : "this kernel refuses it");
	trace_end();
}

void calibrate_run(const char *only)
{
	static const struct bench *const tables[] = { call_benches, task_benches, memory_benches, socket_benches };

	find_cpus();
	emit("calibrate");
	trace_text("kernel", kernel_release());
	trace_text("machine", machine_name());
	trace_int("cpus", sysconf(_SC_NPROCESSORS_ONLN));
	trace_int("l2", sysconf(_SC_LEVEL2_CACHE_SIZE));
	trace_int("llc", sysconf(_SC_LEVEL3_CACHE_SIZE));
	trace_int("clock", clock_cost());
	trace_end();
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct bench *b = tables[t]; b->name; b++)
			if (!*only || !strcmp(only, b->name))
				run_one(b);
}
