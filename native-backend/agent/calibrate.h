/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What single steps cost on this machine (docs/calibrate.md). Each benchmark runs in a process of its own, pinned to one CPU, and does the
 * same thing SAMPLES times; its line has the median and the quartiles of the time that one of them took.
 */
#ifndef AGENT_CALIBRATE_H
#define AGENT_CALIBRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench {
	const char *name;
	/* What it does, in words. */
	const char *method;
	void (*prepare)(void);	/* NULL: nothing is to be prepared */
	/* Does it n times. Returns how long it took, or NS_OUTSIDE: whoever called measures all of it. */
	int64_t (*run)(unsigned int n);
	unsigned int n;
	bool two_cpus;
};
#define NS_OUTSIDE (-1)

extern const struct bench call_benches[], task_benches[], memory_benches[], socket_benches[];

/* All of them, or the one of that name. */
void calibrate_run(const char *only);

/* For benchmarks. */

/* It cannot be had here, and why: its line says so, and the process ends. */
_Noreturn void unable(const char *why);
/* CPUs that this process may use: the first, and another one. */
enum { CPU_OWN, CPU_OTHER };
void pin_to(int which);
/* A thread on one of them. */
void thread_on(int which, void *(*run)(void *));
/* How long it takes to look at the clock, ns. */
int64_t clock_cost(void);
/* So many bytes of memory of small or of huge pages, written once. */
char *region(size_t bytes, bool huge);

#endif
