// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "nic.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine.h"
#include "options.h"

/* An answer has this much room: more counters than any device has. */
#define COUNTERS_MAX 8192

const char *nic_name(void)
{
	return options.interface[strcmp(text("host"), host_names[CLIENT]) ? SERVER : CLIENT];
}

static int ethtool_on(const char *name, void *command)
{
	struct ifreq ifr = { .ifr_data = command };
	const int fd = name ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	int done;

	if (!name)
		return -ENODEV;
	if (fd < 0)
		return -errno;
	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	done = ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
	close(fd);
	return done;
}

int nic_ethtool(void *command)
{
	return ethtool_on(nic_name(), command);
}

bool nic_counter(const char *nic, const char *name, uint64_t *value)
{
	static struct {
		struct ethtool_gstrings head;
		char names[COUNTERS_MAX][ETH_GSTRING_LEN];
	} strings;
	static struct {
		struct ethtool_stats head;
		uint64_t values[COUNTERS_MAX];
	} stats;
	struct {
		struct ethtool_sset_info head;
		uint32_t n;
	} info = { .head = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_STATS } };

	if (ethtool_on(nic, &info) < 0 || !info.head.sset_mask || info.n == 0 || info.n > COUNTERS_MAX)
		return false;
	strings.head = (struct ethtool_gstrings) { .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = info.n };
	stats.head = (struct ethtool_stats) { .cmd = ETHTOOL_GSTATS, .n_stats = info.n };
	if (ethtool_on(nic, &strings) < 0 || ethtool_on(nic, &stats) < 0)
		return false;
	for (uint32_t i = 0; i < info.n; i++) {
		if (strncmp(strings.names[i], name, ETH_GSTRING_LEN))
			continue;
		*value = stats.values[i];
		return true;
	}
	return false;
}

/* Payload that was split off into buffers of the queue: zcnic counts it as the simulator's NIC does. */
static bool split_bytes(int rxq, uint64_t *bytes)
{
	char name[ETH_GSTRING_LEN];

	snprintf(name, sizeof(name), "rx%d_hds_bytes", rxq);
	return nic_counter(options.interface[SERVER], name, bytes);
}

void nic_ways_begin(struct nic_ways *w, int rxq)
{
	*w = (struct nic_ways) { 0 };
	w->known = rxq < 0 || split_bytes(rxq, &w->seen);
}

enum copies nic_copies(struct nic_ways *w, int rxq, size_t bytes)
{
	uint64_t seen = 0;

	if (!w->known || bytes == 0)
		return COPIES_UNKNOWN;
	if (rxq < 0)
		return COPIES_ALL;
	if (!split_bytes(rxq, &seen))
		return COPIES_UNKNOWN;
	w->credit += seen - w->seen;
	w->seen = seen;
	if (w->credit == 0)
		return COPIES_ALL;
	if (w->credit < bytes) {
		w->credit = 0;
		return COPIES_UNKNOWN;
	}
	w->credit -= bytes;
	return COPIES_NONE;
}
