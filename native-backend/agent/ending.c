// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "ending.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 4

/* Written by the one thread that forks, read by signal handlers too. */
static volatile pid_t children[CHILDREN_MAX];

static void kill_children(void)
{
	for (int i = 0; i < CHILDREN_MAX; i++) {
		const pid_t child = children[i];

		if (child <= 0)
			continue;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

static void on_watchdog(int signal)
{
	static const char line[] = "{\"e\":\"watchdog\"}\n";

	(void)signal;
	kill_children();
	_exit(write(STDOUT_FILENO, line, sizeof(line) - 1) < 0 ? EXIT_OUTPUT : EXIT_WATCHDOG);
}

static void on_end(int signal)
{
	kill_children();
	_exit(128 + signal);
}

/* Interrupts what waits, which is what a step asked for. */
static void on_alarm(int signal)
{
	(void)signal;
}

static void handle(int signal, void (*how)(int))
{
	struct sigaction action = { .sa_handler = how };

	sigfillset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

void ending_set_up(int limit_s)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM };
	const struct itimerspec time = { .it_value = { .tv_sec = limit_s } };
	timer_t timer;

	signal(SIGPIPE, SIG_IGN);
	/* Whoever started us and was killed wants no answer. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	handle(SIGALRM, on_alarm);
	handle(SIGVTALRM, on_watchdog);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		handle(ends[i], on_end);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		timer_settime(timer, 0, &time, NULL);
}

static void become_child(pid_t parent, const sigset_t *before)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGVTALRM, SIGALRM };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_STOPPED);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		signal(ours[i], SIG_DFL);
	for (int i = 0; i < CHILDREN_MAX; i++)
		children[i] = 0;
	sigprocmask(SIG_SETMASK, before, NULL);
}

pid_t ending_fork(void)
{
	const pid_t parent = getpid();
	sigset_t all, before;
	pid_t child;
	int at = 0;

	while (at < CHILDREN_MAX && children[at] > 0)
		at++;
	if (at == CHILDREN_MAX)
		return -EAGAIN;
	fflush(stdout);
	/* No signal may come between the fork and the note of it. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	child = fork();
	if (child == 0)
		become_child(parent, &before);
	else if (child > 0)
		children[at] = child;
	else
		child = -errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return child;
}

void ending_forget(pid_t child)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (children[i] == child)
			children[i] = 0;
}

void ending_exit(int code)
{
	kill_children();
	_exit(code);
}
