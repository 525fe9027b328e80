/* SPDX-License-Identifier: Apache-2.0 */
/* Where the two hosts of a scenario are: network namespaces, devices, addresses. Without options both are here, on the loopback device. */
#ifndef AGENT_PLACES_H
#define AGENT_PLACES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Opens the namespaces that the command line named, and makes sure of the addresses. */
void places_open(void);
/* Goes to a host's namespace, if it has one of its own. A socket belongs to the namespace in which it is made. */
void place_enter(int host);
/* Both hosts are the machine itself. */
bool places_shared(void);
/* A host's address, with a port; its length. */
socklen_t place_address(int host, bool v6, uint16_t port, struct sockaddr_storage *out);
/* The family of the hosts' addresses: of those given, else what the program wants. */
bool places_v6(bool wanted);
/* What an if_idx of a program means here: 2, the simulator's NIC, is the server's device. */
uint32_t place_ifindex(int64_t if_idx);

#endif
