// SPDX-License-Identifier: Apache-2.0
/* Waking, switching, and what two cores have to tell each other. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calibrate.h"
#include "machine.h"

/* Until who was woken sleeps again, deep enough for its core to be idle. */
#define ASLEEP_NS 20000

static _Atomic uint32_t mine, yours;
static int64_t looking_ns;

static long futex(_Atomic uint32_t *at, int op, uint32_t value)
{
	return syscall(SYS_futex, at, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}
static void await(_Atomic uint32_t *at)
{
	while (atomic_load(at) == 0)
		futex(at, FUTEX_WAIT, 0);
	atomic_store(at, 0);
}
static void tell(_Atomic uint32_t *at)
{
	atomic_store(at, 1);
	futex(at, FUTEX_WAKE, 1);
}

static int64_t run_wake_nobody(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		futex(&mine, FUTEX_WAKE, 1);
	return NS_OUTSIDE;
}
static int64_t run_wait_not(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		futex(&mine, FUTEX_WAIT, 1);
	return NS_OUTSIDE;
}

static void *answer_all(void *unused)
{
	for (;;) {
		await(&yours);
		tell(&mine);
	}
	return unused;
}
/* Of two real-time tasks of one priority, who is woken waits for its turn (kernel/sched/rt.c): each hop has one wake-up and one switch. */
static void without_preemption(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &lowest) < 0)
		unable("real-time priority is for root (CAP_SYS_NICE)");
}
static void partner_here(void)
{
	without_preemption();
	thread_on(CPU_OWN, answer_all);
}
static void partner_there(void) { thread_on(CPU_OTHER, answer_all); }

/* A hop: one wakes the other and goes to sleep. */
static int64_t run_hops(unsigned int n)
{
	for (unsigned int i = 0; i < n; i += 2) {
		tell(&yours);
		await(&mine);
	}
	return NS_OUTSIDE;
}

static _Atomic uint32_t woken;

static void *only_sleep(void *unused)
{
	for (;;) {
		await(&yours);
		atomic_fetch_add(&woken, 1);
	}
	return unused;
}
static void sleeper_here(void)
{
	without_preemption();
	looking_ns = clock_cost();
	thread_on(CPU_OWN, only_sleep);
}
static void sleeper_there(void)
{
	looking_ns = clock_cost();
	thread_on(CPU_OTHER, only_sleep);
}

/* The call that wakes, alone. */
static int64_t wakes(unsigned int n, bool here)
{
	int64_t sum_ns = 0;

	for (unsigned int i = 0; i < n; i++) {
		const uint32_t before = atomic_load(&woken);
		int64_t since = now_ns();

		while (!here && now_ns() - since < ASLEEP_NS)
			;
		since = now_ns();
		tell(&yours);
		sum_ns += now_ns() - since - looking_ns;
		while (atomic_load(&woken) == before)
			if (here)
				sched_yield();
	}
	return sum_ns;
}
static int64_t run_wakes_here(unsigned int n) { return wakes(n, true); }
static int64_t run_wakes_there(unsigned int n) { return wakes(n, false); }

static _Alignas(64) struct {
	_Atomic uint32_t turn;
} line;

static void *take_turns(void *unused)
{
	for (;;)
		if (atomic_load_explicit(&line.turn, memory_order_acquire) == 1)
			atomic_store_explicit(&line.turn, 0, memory_order_release);
	return unused;
}
static void line_partner(void) { thread_on(CPU_OTHER, take_turns); }

/* The line goes there and comes back: two moves. */
static int64_t run_line(unsigned int n)
{
	for (unsigned int i = 0; i < n; i += 2) {
		atomic_store_explicit(&line.turn, 1, memory_order_release);
		while (atomic_load_explicit(&line.turn, memory_order_acquire) == 1)
			;
	}
	return NS_OUTSIDE;
}

const struct bench task_benches[] = {
	{ "wake_nobody", "futex(2) that wakes nobody", NULL, run_wake_nobody, 1000, false },
	{ "wait_not", "futex(2) that does not have to wait", NULL, run_wait_not, 1000, false },
	{ "hop", "two threads on one core that wake each other in turns by futex(2), from one to the other", partner_here, run_hops, 200, false },
	{ "hop_other", "the same on two cores that have nothing else to do", partner_there, run_hops, 200, true },
	{ "wake", "the futex(2) call that wakes a sleeper of its own core, alone", sleeper_here, run_wakes_here, 100, false },
	{ "wake_other", "the futex(2) call that wakes a sleeper of an idle other core, alone", sleeper_there, run_wakes_there, 10, true },
	{ "line", "a cache line that two cores write in turns, from one to the other", line_partner, run_line, 2000, true },
	{ NULL, NULL, NULL, NULL, 0, false },
};
