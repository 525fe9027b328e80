// SPDX-License-Identifier: Apache-2.0
/*
 * Sinks of plain system calls. read: threads that accept a connection each, read it to its end in calls that wait, and accept the next
 * one. epoll: one thread that waits for its listeners and connections, and reads what is ready until there is nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "apps.h"
#include "machine.h"
#include "memory.h"

/* THREADS_MAX of sim/schema/limits.ts */
#define THREADS_MAX 4
#define EVENTS_MAX 64
/* How long a wait lasts at most: the parent may have said stop. */
#define LOOK_MS 20
/* An event of a listener; below it: which one. */
#define LISTENER (1ull << 32)

/* The table of streams is of all threads. */
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

struct reader {
	struct app *a;
	unsigned char *buffer;
	pthread_t thread;
};

bool plain_used(const struct app *a)
{
	return a->k->role == ROLE_SINK && (a->k->receive == RECEIVE_READ || a->k->receive == RECEIVE_EPOLL);
}

static uint32_t nr_listeners(const struct app *a)
{
	return a->k->nr_ports ? (uint32_t)a->k->nr_ports : 1;
}

static int watch(const struct app *a, int fd, uint64_t data)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = data };

	return epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int plain_start(struct app *a)
{
	int ret = listener_listen(a);

	a->buffer_bytes = receive_bytes(a);
	a->epoll_fd = -1;
	/* Who waits for several may find that another thread was faster. */
	for (uint32_t n = 0; n < nr_listeners(a) && ret == 0; n++)
		ret = fcntl(a->listeners[n], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (ret < 0 || a->receive == RECEIVE_READ)
		return ret;
	a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll_fd < 0)
		return -errno;
	for (uint32_t n = 0; n < nr_listeners(a) && ret == 0; n++)
		ret = watch(a, a->listeners[n], LISTENER | n);
	return ret;
}

/* What a receive of the stream gave. False: nothing now, or never again. */
static bool took(struct app *a, struct stream *s, const unsigned char *buffer, ssize_t ret, int error)
{
	if (ret < 0 && (error == EAGAIN || error == EINTR))
		return error == EINTR;
	app_moved(a);
	if (ret > 0) {
		if (stream_received(a, s, buffer, (uint32_t)ret))
			shutdown(s->fd, SHUT_RDWR);
		return true;
	}
	if (ret < 0)
		s->res = -error;
	learn_peer(a, s);
	close(s->fd);
	stream_closed(a, s);
	return false;
}

/* A connection of any listener, or NULL. */
static struct stream *next_connection(struct app *a)
{
	const uint32_t n = nr_listeners(a);
	struct pollfd fds[PORTS_MAX];

	for (uint32_t i = 0; i < n; i++)
		fds[i] = (struct pollfd) { .fd = a->listeners[i], .events = POLLIN };
	if (poll(fds, n, -1) < 0)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		const int fd = fds[i].revents ? accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC) : -1;
		struct stream *s;
		uint32_t at;

		if (fd < 0)
			continue;
		pthread_mutex_lock(&table);
		s = stream_accepted(a, fd, &at);
		app_moved(a);
		pthread_mutex_unlock(&table);
		if (s)
			return s;
		close(fd);
	}
	return NULL;
}

/* A thread: it ends with the process. */
static void *reads(void *arg)
{
	const struct reader *r = arg;
	struct app *a = r->a;

	for (;;) {
		struct stream *s = next_connection(a);
		bool more = s;

		while (more) {
			const ssize_t ret = recv(s->fd, r->buffer, a->buffer_bytes, a->k->waitall ? MSG_WAITALL : 0);
			const int error = errno;

			pthread_mutex_lock(&table);
			more = took(a, s, r->buffer, ret, error);
			pthread_mutex_unlock(&table);
		}
	}
	return NULL;
}

static void read_turns(struct app *a)
{
	static struct reader readers[THREADS_MAX];
	const uint64_t flows = a->peer->flows;
	const uint32_t threads = flows && flows < THREADS_MAX ? (uint32_t)flows : THREADS_MAX;

	for (uint32_t n = 0; n < threads; n++) {
		readers[n] = (struct reader) { .a = a, .buffer = memory_pages(a->buffer_bytes) };
		if (pthread_create(&readers[n].thread, NULL, reads, &readers[n]))
			stop("no thread can be made");
	}
	while (!a->shared->stop)
		nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
	/* From now on the table stays as it is. */
	pthread_mutex_lock(&table);
}

static void accept_all(struct app *a, uint32_t listener)
{
	const int low = (int)a->buffer_bytes;

	for (;;) {
		const int fd = accept4(a->listeners[listener], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		uint32_t i;

		if (fd < 0 && errno != EAGAIN && errno != EINTR) {
			/* Out of descriptors: it would be ready for ever. It comes back when a connection is closed. */
			a->listeners_idle |= 1ull << listener;
			epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, a->listeners[listener], NULL);
		}
		if (fd < 0)
			return;
		app_moved(a);
		if (!stream_accepted(a, fd, &i)) {
			close(fd);
			continue;
		}
		if (a->k->waitall)
			setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
		watch(a, fd, i);
	}
}

static void listen_again(struct app *a)
{
	while (a->listeners_idle) {
		const uint32_t listener = (uint32_t)__builtin_ctzll(a->listeners_idle);

		a->listeners_idle &= a->listeners_idle - 1;
		watch(a, a->listeners[listener], LISTENER | listener);
	}
}

static void ready(struct app *a, unsigned char *buffer, uint64_t data)
{
	struct stream *s = &a->streams[(uint32_t)data];
	bool more;

	if (data & LISTENER) {
		accept_all(a, (uint32_t)data);
		return;
	}
	do {
		const ssize_t ret = recv(s->fd, buffer, a->buffer_bytes, MSG_DONTWAIT);

		more = took(a, s, buffer, ret, errno);
		/* A socket that is ready when a whole piece is there is read once: the rest waits for the next. */
	} while (more && !a->k->waitall);
	if (s->done)
		listen_again(a);
}

static void epoll_turns(struct app *a)
{
	unsigned char *buffer = memory_pages(a->buffer_bytes);
	struct epoll_event events[EVENTS_MAX];

	while (!a->shared->stop) {
		const int n = epoll_wait(a->epoll_fd, events, EVENTS_MAX, LOOK_MS);

		for (int e = 0; e < n; e++)
			ready(a, buffer, events[e].data.u64);
	}
}

void plain_turns(struct app *a)
{
	if (a->receive == RECEIVE_READ)
		read_turns(a);
	else
		epoll_turns(a);
}
