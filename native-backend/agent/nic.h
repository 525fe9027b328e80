/* SPDX-License-Identifier: Apache-2.0 */
/* The device of a host, by ethtool's ioctl: counters, and whether what an instance received was copied. */
#ifndef AGENT_NIC_H
#define AGENT_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An ethtool command on the device of the step's host: 0 or more, or -errno. */
int nic_ethtool(void *command);
/* The name of that device; NULL: the command line named none. */
const char *nic_name(void);
/* A counter of a device; false: it has none of that name. */
bool nic_counter(const char *device, const char *name, uint64_t *value);

/* What came of the bytes of a stream: all lent where the NIC put them, all copied, or nobody can tell. */
enum copies { COPIES_UNKNOWN, COPIES_NONE, COPIES_ALL };

/* Bytes that the NIC wrote into an instance's area and that no step has spoken of. */
struct nic_ways {
	bool known;
	uint64_t seen, credit;
};
/* An instance begins on a queue; -1: it has no device. */
void nic_ways_begin(struct nic_ways *w, int rxq);
/* A step received so many bytes with it. */
enum copies nic_copies(struct nic_ways *w, int rxq, size_t bytes);

#endif
