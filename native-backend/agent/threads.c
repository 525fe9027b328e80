// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "machine.h"
#include "memory.h"

#define THREADS_MAX 4

static struct thread {
	bool there;
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void (*what)(void);
} threads[THREADS_MAX];

/* Signals are for the thread that runs the program. */
static void start(pthread_t *id, void *(*run)(void *), void *arg)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(id, NULL, run, arg))
		stop("no thread can be made");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void *serve(void *arg)
{
	struct thread *t = arg;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		while (!t->what)
			pthread_cond_wait(&t->changed, &t->lock);
		t->what();
		t->what = NULL;
		pthread_cond_broadcast(&t->changed);
	}
	return NULL;
}

void threads_run(int thread, void (*what)(void))
{
	struct thread *t = &threads[thread];

	if (thread < 0 || thread >= THREADS_MAX)
		stop("there is no thread %d", thread);
	if (!t->there) {
		t->there = true;
		pthread_mutex_init(&t->lock, NULL);
		pthread_cond_init(&t->changed, NULL);
		start(&t->id, serve, t);
	}
	pthread_mutex_lock(&t->lock);
	t->what = what;
	pthread_cond_broadcast(&t->changed);
	while (t->what)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

struct later {
	struct timespec time;
	int fd;
	char byte;
};

static void *send_later(void *arg)
{
	struct later *l = arg;

	nanosleep(&l->time, NULL);
	send(l->fd, &l->byte, 1, MSG_NOSIGNAL);
	return NULL;
}

void threads_send_later(long long ns, int fd, char byte)
{
	struct later *l = memory_alloc(sizeof(*l));
	pthread_t id;

	l->time.tv_sec = ns / 1000000000;
	l->time.tv_nsec = ns % 1000000000;
	l->fd = fd;
	l->byte = byte;
	start(&id, send_later, l);
	pthread_detach(id);
}
