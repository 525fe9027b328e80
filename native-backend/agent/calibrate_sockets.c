// SPDX-License-Identifier: Apache-2.0
/* Sockets over the loopback device, both ends on one core. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calibrate.h"
#include "probe.h"

#define KIB 1024u
#define BULK (32u * KIB)

static int ends[2];
static char bytes[BULK];

static void tcp(void) { tcp_pair_of_sockets(ends); }
static void udp(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	ends[0] = socket(AF_INET, SOCK_DGRAM, 0);
	ends[1] = socket(AF_INET, SOCK_DGRAM, 0);
	if (ends[0] < 0 || ends[1] < 0 || bind(ends[0], (struct sockaddr *)&at, len) < 0
	    || getsockname(ends[0], (struct sockaddr *)&at, &len) < 0 || connect(ends[1], (struct sockaddr *)&at, len) < 0)
		unable("there is no UDP over the loopback device");
}

static int64_t exchange(unsigned int n, size_t size, unsigned int each)
{
	for (unsigned int i = 0; i < n; i += each) {
		if (send(ends[1], bytes, size, 0) != (ssize_t)size)
			unable("a socket took less than it was given");
		for (size_t got = 0; got < size;) {
			const ssize_t part = recv(ends[0], bytes, size - got, 0);

			if (part <= 0)
				unable("the loopback device lost something");
			got += (size_t)part;
		}
	}
	return NS_OUTSIDE;
}
static int64_t run_byte(unsigned int n) { return exchange(n, 1, 1); }
static int64_t run_kib(unsigned int n) { return exchange(n, BULK, BULK / KIB); }

/* net/ipv4/tcp.c: tcp_recvmsg with nothing in the queue. */
static int64_t run_empty(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		recv(ends[0], bytes, 1, MSG_DONTWAIT);
	return NS_OUTSIDE;
}

/* net/ipv4/tcp.c: tcp_sendmsg that only appends. What was collected goes out while nobody measures. */
static int64_t run_append(unsigned int n)
{
	struct timespec from, to;
	int on = 1, off = 0;

	setsockopt(ends[1], IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	if (send(ends[1], bytes, 1, MSG_MORE) != 1)
		unable("a socket took less than it was given");
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned int i = 0; i < n; i++)
		send(ends[1], bytes, 1, MSG_MORE);
	clock_gettime(CLOCK_MONOTONIC, &to);
	setsockopt(ends[1], IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
	while (recv(ends[0], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	return (to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec;
}

const struct bench socket_benches[] = {
	{ "recv_empty", "recv(2) on a TCP socket with nothing in it", tcp, run_empty, 500, false },
	{ "send_append", "send(2) of a byte that joins others on a corked TCP socket", tcp, run_append, 500, false },
	{ "tcp_byte", "a byte sent and received over TCP and the loopback device, with its acknowledgement", tcp, run_byte, 100, false },
	{ "tcp_kib", "a KiB of 32 sent and received over TCP and the loopback device", tcp, run_kib, 256, false },
	{ "udp_byte", "a datagram of a byte sent and received over the loopback device", udp, run_byte, 100, false },
	{ NULL, NULL, NULL, NULL, 0, false },
};
