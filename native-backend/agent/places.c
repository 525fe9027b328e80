// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "places.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>

#include "options.h"

/* The simulator's NIC has this index. */
#define NIC_IFINDEX 2

static int namespaces[HOSTS] = { -1, -1 };

static bool is_v6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static void check_address(int host)
{
	struct in6_addr parsed;
	const char *address = options.address[host];

	if (address && inet_pton(is_v6(address) ? AF_INET6 : AF_INET, address, &parsed) != 1)
		refuse("--address %s takes an IPv4 or IPv6 address; found '%s'.", host_names[host], address);
}

void places_open(void)
{
	for (int host = 0; host < HOSTS; host++) {
		check_address(host);
		if (!options.netns[host])
			continue;
		namespaces[host] = open(options.netns[host], O_RDONLY | O_CLOEXEC);
		if (namespaces[host] < 0)
			refuse("the %s's network namespace '%s' cannot be opened: %s.", host_names[host], options.netns[host], strerror(errno));
	}
	if (options.address[CLIENT] && options.address[SERVER] && is_v6(options.address[CLIENT]) != is_v6(options.address[SERVER]))
		refuse("--address: the client's and the server's are of two families.");
	if (options.netns[CLIENT] && options.netns[SERVER] && !options.address[SERVER])
		refuse("--address server=… is missing: by it the client reaches the server's network namespace.");
	/* What a step program makes belongs to the server, unless a step says otherwise. */
	place_enter(SERVER);
	if (options.interface[SERVER] && !if_nametoindex(options.interface[SERVER]))
		refuse("the server has no network device '%s'.", options.interface[SERVER]);
}

void place_enter(int host)
{
	if (namespaces[host] >= 0 && setns(namespaces[host], CLONE_NEWNET) < 0)
		refuse("the %s's network namespace '%s' cannot be entered: %s.", host_names[host], options.netns[host], strerror(errno));
}

bool places_shared(void)
{
	return options.only < 0 && !options.netns[CLIENT] && !options.netns[SERVER];
}

bool places_v6(bool wanted)
{
	const char *address = options.address[SERVER] ? options.address[SERVER] : options.address[CLIENT];

	return address ? is_v6(address) : wanted;
}

socklen_t place_address(int host, bool v6, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	const char *address = options.address[host];

	memset(out, 0, sizeof(*out));
	if (v6) {
		*in6 = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons(port) };
		if (!address || inet_pton(AF_INET6, address, &in6->sin6_addr) != 1)
			in6->sin6_addr = in6addr_loopback;
		return sizeof(*in6);
	}
	*in = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(port) };
	if (!address || inet_pton(AF_INET, address, &in->sin_addr) != 1)
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*in);
}

uint32_t place_ifindex(int64_t if_idx)
{
	return if_idx == NIC_IFINDEX && options.interface[SERVER] ? if_nametoindex(options.interface[SERVER]) : (uint32_t)if_idx;
}
