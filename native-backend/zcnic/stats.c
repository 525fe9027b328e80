// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool -S: counters of the NIC, then the queues' counters summed up, then each queue's own (rx0_…), and how many buffers
 * are posted now. Counters live as long as the interface exists.
 */
#include "zcnic.h"

static const char zc_flag_names[ZC_PRIV_FLAGS][ETH_GSTRING_LEN] = {
	[ZC_PACK_BUFFERS]		= "pack-buffers",
	[ZC_RESTART_PURGES_FIFO]	= "restart-purges-fifo",
	[ZC_COPYBREAK_FIRST]		= "copybreak-first",
};

static const char *const zc_nic_names[ZC_NIC_COUNTERS] = {
	[ZC_RX_LENGTH_ERRORS]	= "length_errors",
	[ZC_RX_CSUM_ERRORS]	= "csum_errors",
	[ZC_RX_NTUPLE_DROP]	= "ntuple_drop",
	[ZC_RX_OTHERHOST]	= "otherhost",
	[ZC_WIRE_FRAMES]	= "wire_frames",
	[ZC_WIRE_LOST]		= "wire_lost",
	[ZC_WIRE_REORDERED]	= "wire_reordered",
	[ZC_WIRE_DUPLICATED]	= "wire_duplicated",
	[ZC_WIRE_DOWN]		= "wire_down",
};

static const char *const zc_queue_names[ZC_QUEUE_COUNTERS] = {
	[ZC_PACKETS]		= "packets",
	[ZC_BYTES]		= "bytes",
	[ZC_HDS_PACKETS]	= "hds_packets",
	[ZC_HDS_NOSPLIT]	= "hds_nosplit",
	[ZC_HDS_BYTES]		= "hds_bytes",
	[ZC_NIOV_FRAGS]		= "niov_frags",
	[ZC_PAGE_FRAGS]		= "page_frags",
	[ZC_LINEAR]		= "linear",
	[ZC_COPYBREAK]		= "copybreak",
	[ZC_ALLOC_FAIL]		= "alloc_fail",
	[ZC_DROP_NOBUF]		= "drop_nobuf",
	[ZC_DROP_UNREADABLE]	= "drop_unreadable",
	[ZC_DROP_FIFO]		= "drop_fifo",
	[ZC_DROP_RESTART]	= "drop_restart",
	[ZC_DROP_NOMEM]		= "drop_nomem",
	[ZC_POLLS]		= "polls",
	[ZC_RESTARTS]		= "restarts",
};

/* The counters of a queue and "posted". */
#define ZC_QUEUE_ROWS	(ZC_QUEUE_COUNTERS + 1)

int zc_get_sset_count(struct net_device *dev, int set)
{
	switch (set) {
	case ETH_SS_STATS:
		return ZC_NIC_COUNTERS + (1 + dev->real_num_rx_queues) * ZC_QUEUE_ROWS;
	case ETH_SS_PRIV_FLAGS:
		return ZC_PRIV_FLAGS;
	default:
		return -EOPNOTSUPP;
	}
}

void zc_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	u32 i, queue;

	if (set == ETH_SS_PRIV_FLAGS) {
		memcpy(data, zc_flag_names, sizeof(zc_flag_names));
		return;
	}
	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ZC_NIC_COUNTERS; i++)
		ethtool_puts(&data, zc_nic_names[i]);
	for (i = 0; i < ZC_QUEUE_COUNTERS; i++)
		ethtool_puts(&data, zc_queue_names[i]);
	ethtool_puts(&data, "posted");
	for (queue = 0; queue < dev->real_num_rx_queues; queue++) {
		for (i = 0; i < ZC_QUEUE_COUNTERS; i++)
			ethtool_sprintf(&data, "rx%u_%s", queue, zc_queue_names[i]);
		ethtool_sprintf(&data, "rx%u_posted", queue);
	}
}

static u64 zc_row(const struct zc_queue *q, u32 row)
{
	if (row == ZC_QUEUE_COUNTERS)
		return READ_ONCE(q->mem.posted) - READ_ONCE(q->mem.filled);
	return READ_ONCE(q->count[row]);
}

void zc_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct zc_nic *nic = netdev_priv(dev);
	u32 i, queue;

	for (i = 0; i < ZC_NIC_COUNTERS; i++)
		*data++ = atomic64_read(&nic->count[i]);
	for (i = 0; i < ZC_QUEUE_ROWS; i++) {
		*data = 0;
		for (queue = 0; queue < ZC_QUEUES_MAX; queue++)
			*data += zc_row(&nic->queues[queue], i);
		data++;
	}
	for (queue = 0; queue < dev->real_num_rx_queues; queue++) {
		for (i = 0; i < ZC_QUEUE_ROWS; i++)
			*data++ = zc_row(&nic->queues[queue], i);
	}
}

static void zc_get_queue_stats_rx(struct net_device *dev, int idx, struct netdev_queue_stats_rx *rx)
{
	const struct zc_queue *q = &((struct zc_nic *)netdev_priv(dev))->queues[idx];

	rx->packets = zc_row(q, ZC_PACKETS);
	rx->bytes = zc_row(q, ZC_BYTES);
	rx->alloc_fail = zc_row(q, ZC_ALLOC_FAIL);
	rx->hw_drop_overruns = zc_row(q, ZC_DROP_NOBUF);
}

static void zc_get_base_stats(struct net_device *dev, struct netdev_queue_stats_rx *rx, struct netdev_queue_stats_tx *tx)
{
	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	rx->hw_drop_overruns = 0;
}

const struct netdev_stat_ops zc_stat_ops = {
	.get_queue_stats_rx	= zc_get_queue_stats_rx,
	.get_base_stats		= zc_get_base_stats,
};
