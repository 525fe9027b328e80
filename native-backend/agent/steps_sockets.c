// SPDX-License-Identifier: Apache-2.0
/* Steps on sockets: plain system calls, as peers of a ring make them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "memory.h"
#include "options.h"
#include "places.h"
#include "streams.h"
#include "trace.h"

#define LISTEN_BACKLOG 8
#define SINK_BYTES 131072
#define FILL_BYTES 65536
#define SOAK_IDLE 500
#define SOAK_NS 4000000

enum where { ANY, LO, WIRE };

static int fd_of(void)
{
	return (int)integer("fd", -1);
}

static int64_t or_errno(int64_t done)
{
	return done < 0 ? -errno : done;
}

/* A call that has to succeed for the program to mean anything. */
static int needed(const char *what, int done)
{
	if (done < 0)
		stop("%s failed: %d", what, -errno);
	return done;
}

static struct sockaddr_in loopback(int64_t port, bool any)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK),
	};
}

static bool v6(void)
{
	return integer("family", 4) == 6;
}

static bool over_wire(void)
{
	return !strcmp(text("over"), "wire");
}

/* The server's address on the wire: the one that the command line gave, or that of the simulated hosts when its family is the other. */
static bool wire_address(int64_t port, struct sockaddr_storage *at)
{
	const char *given = options.address[SERVER];
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)at;
	struct sockaddr_in *in = (struct sockaddr_in *)at;

	if (!given)
		return false;
	memset(at, 0, sizeof(*at));
	if (v6()) {
		*in6 = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
		return inet_pton(AF_INET6, strchr(given, ':') ? given : "fd00::2", &in6->sin6_addr) == 1;
	}
	*in = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	return inet_pton(AF_INET, strchr(given, ':') ? "10.0.0.2" : given, &in->sin_addr) == 1;
}

/* The address of every interface, of the loopback device, or the server's on the wire; its length. */
static socklen_t address_of(enum where where, int64_t port, struct sockaddr_storage *at)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)at;

	if (where == WIRE && wire_address(port, at))
		return v6() ? sizeof(*in6) : sizeof(struct sockaddr_in);
	memset(at, 0, sizeof(*at));
	if (!v6()) {
		*(struct sockaddr_in *)at = loopback(port, where == ANY);
		return sizeof(struct sockaddr_in);
	}
	*in6 = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	in6->sin6_addr = where == ANY ? in6addr_any : in6addr_loopback;
	return sizeof(*in6);
}

static int stream_socket(void)
{
	return needed("socket", socket(v6() ? AF_INET6 : AF_INET, SOCK_STREAM, 0));
}

/* A socket that is bound to a port. */
static int bound(int64_t port, enum where where)
{
	const int one = 1, fd = stream_socket();
	struct sockaddr_storage at;
	const socklen_t len = address_of(where, port, &at);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	needed("bind", bind(fd, (const struct sockaddr *)&at, len));
	return fd;
}

static int listener(int backlog, int64_t port, bool any)
{
	const int fd = bound(port, any ? ANY : LO);

	needed("listen", listen(fd, backlog));
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	getsockname(fd, (struct sockaddr *)&at, &len);
	return ntohs(((struct sockaddr_in *)&at)->sin_port);
}

/* A socket that is connected to the address with the port that a listener has. */
static int connected(int64_t port)
{
	const int fd = integer("from", 0) > 0 ? bound(integer("from", 0), ANY) : stream_socket();
	struct sockaddr_storage at;
	const socklen_t len = address_of(over_wire() ? WIRE : LO, port, &at);

	needed("connect", connect(fd, (const struct sockaddr *)&at, len));
	return fd;
}

static int connect_to(int fd, int to)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	getsockname(to, (struct sockaddr *)&at, &len);
	return connect(fd, (struct sockaddr *)&at, len);
}

static void tcp_pair(int fds[2])
{
	const int one = 1;
	const int server = listener(LISTEN_BACKLOG, integer("port", 0), over_wire());

	if (over_wire())
		place_enter(CLIENT);
	fds[1] = connected(port_of(server));
	if (over_wire())
		place_enter(SERVER);
	fds[0] = needed("accept", accept4(server, NULL, NULL, 0));
	setsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fds[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	close(server);
}

/* Two datagram sockets; b is connected to a. */
static void udp_pair(int fds[2])
{
	const struct sockaddr_in in = loopback(0, false);

	fds[0] = needed("socket", socket(AF_INET, SOCK_DGRAM, 0));
	needed("bind", bind(fds[0], (const struct sockaddr *)&in, sizeof(in)));
	fds[1] = needed("socket", socket(AF_INET, SOCK_DGRAM, 0));
	needed("connect", connect_to(fds[1], fds[0]));
}

static void pair(void)
{
	static const int types[] = { 0, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	const int64_t kind = integer("kind", 0);
	int fds[2];

	if (kind == 0)
		tcp_pair(fds);
	else if (kind == 4)
		udp_pair(fds);
	else if (kind > 0 && kind < 4)
		needed("socketpair", socketpair(AF_UNIX, types[kind], 0, fds));
	else
		stop("there is no pair of kind %d", (int)kind);
	give(text("a"), NULL, fds[0]);
	give(text("b"), NULL, fds[1]);
	streams_pair(fds[0], fds[1]);
}

static void new(void)
{
	static const int kinds[][2] = {
		{ AF_INET, SOCK_STREAM }, { AF_INET6, SOCK_STREAM }, { AF_INET, SOCK_DGRAM }, { AF_INET6, SOCK_DGRAM },
		{ AF_UNIX, SOCK_STREAM }, { AF_UNIX, SOCK_DGRAM },
	};
	const int *kind = kinds[integer("kind", 0) % 6];

	give(text("name"), NULL, needed("socket", socket(kind[0], kind[1] | (int)integer("flags", 0), 0)));
}

static void listen_step(void)
{
	give(text("name"), NULL, listener((int)integer("backlog", 8), integer("port", 0), flag("any")));
}

static void bind_step(void)
{
	const struct sockaddr_in in = loopback(integer("port", 0), false);

	ret(or_errno(bind(fd_of(), (const struct sockaddr *)&in, sizeof(in))));
}

static void connect_step(void)
{
	struct sockaddr_storage at;
	const socklen_t len = address_of(over_wire() ? WIRE : LO, integer("port", 0), &at);
	int fd = fd_of();

	if (fd < 0) {
		fd = stream_socket();
		give(text("name"), NULL, fd);
	}
	if (integer("to", -1) >= 0)
		ret(or_errno(connect_to(fd, (int)integer("to", -1))));
	else
		ret(or_errno(connect(fd, (const struct sockaddr *)&at, len)));
}

static void accept_step(void)
{
	const int fd = accept4(fd_of(), NULL, NULL, 0);

	if (fd >= 0)
		give(text("name"), NULL, fd);
	ret(fd < 0 ? -errno : 0);
}

static void opt(void)
{
	const int value = (int)integer("value", 0);

	ret(or_errno(setsockopt(fd_of(), (int)integer("level", 1), (int)integer("opt", 0), &value, sizeof(value))));
}

static void getopt_step(void)
{
	int value = 0;
	socklen_t len = sizeof(value);
	const int64_t done = or_errno(getsockopt(fd_of(), (int)integer("level", 1), (int)integer("opt", 0), &value, &len));

	if (!ret_begin(done))
		return;
	trace_int("value", value);
	ret_end(done);
}

static void send_step(void)
{
	const size_t n = (size_t)integer("n", 0);
	unsigned char *at = memory_sink(n);
	const bool seq = integer("pattern", 0) == 1;
	int64_t done;

	if (seq)
		for (size_t i = 0; i < n; i++)
			at[i] = seq_byte(machine.seq_sent + i);
	else
		memset(at, *text("fill"), n);
	done = or_errno(send(fd_of(), at, n, MSG_NOSIGNAL | (int)integer("flags", 0)));
	if (seq && done > 0)
		machine.seq_sent += (size_t)done;
	if (!ret_begin(done))
		return;
	trace_int("n", (int64_t)n);
	ret_end(done);
}

static void recv_step(void)
{
	const size_t n = (size_t)integer("n", SINK_BYTES);

	ret(or_errno(recv(fd_of(), memory_sink(n), n, (int)integer("flags", 0))));
}

static void shutdown_step(void)
{
	ret(or_errno(shutdown(fd_of(), (int)integer("how", 1))));
}

static void close_step(void)
{
	const struct linger linger = { .l_onoff = 1 };

	if (flag("rst"))
		setsockopt(fd_of(), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	streams_forget(fd_of());
	ret(or_errno(close(fd_of())));
}

static void fill(void)
{
	machine.filled = 0;
	for (;;) {
		const ssize_t done = send(fd_of(), memory_sink(FILL_BYTES), FILL_BYTES, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done <= 0)
			break;
		machine.filled += (size_t)done;
	}
}

static void soak(void)
{
	const struct timespec between = { .tv_nsec = SOAK_NS };
	const size_t wanted = machine.filled + (size_t)integer("n", 0);
	size_t got = 0;

	for (int idle = 0; idle < SOAK_IDLE && got < wanted;) {
		const size_t room = wanted - got < SINK_BYTES ? wanted - got : SINK_BYTES;
		const ssize_t done = recv(fd_of(), memory_sink(SINK_BYTES), room, MSG_DONTWAIT);

		if (done > 0) {
			got += (size_t)done;
			idle = 0;
		} else {
			idle++;
			nanosleep(&between, NULL);
		}
		io_uring_get_events(&ring_now()->ring);
	}
	emit("soak");
	trace_bool("all", got == wanted);
	trace_end();
}

const struct handler socket_steps[] = {
	{ "sock.pair", pair }, { "sock.new", new }, { "sock.listen", listen_step }, { "sock.bind", bind_step },
	{ "sock.connect", connect_step }, { "sock.accept", accept_step }, { "sock.opt", opt }, { "sock.getopt", getopt_step },
	{ "peer.send", send_step }, { "peer.recv", recv_step }, { "peer.shutdown", shutdown_step }, { "peer.close", close_step },
	{ "peer.fill", fill }, { "peer.soak", soak }, { NULL, NULL },
};
