// SPDX-License-Identifier: GPL-2.0
/* ethtool control: rings and header split, channels, RSS, coalescing, rx-copybreak, private flags. */
#include <linux/ethtool_netlink.h>
#include <linux/log2.h>
#include <net/netdev_lock.h>
#include <net/netdev_rx_queue.h>

#include "zcnic.h"

static void zc_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "zcnic", sizeof(info->driver));
}

static int zc_get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *cmd)
{
	cmd->base.speed = SPEED_25000;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	return 0;
}

static void zc_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring, struct kernel_ethtool_ringparam *more,
			     struct netlink_ext_ack *extack)
{
	struct zc_nic *nic = netdev_priv(dev);

	ring->rx_max_pending = ZC_RING_MAX;
	ring->tx_max_pending = ZC_RING_MAX;
	ring->rx_pending = nic->rx_ring;
	ring->tx_pending = nic->tx_ring;
	more->tcp_data_split = dev->cfg->hds_config;
	more->hds_thresh = dev->cfg->hds_thresh;
	more->hds_thresh_max = ETH_MAX_MTU;
}

/* Every queue gets a new ring, one after the other; on failure they all have the old size again. */
static int zc_resize(struct zc_nic *nic, u32 rx_ring)
{
	u32 old = nic->rx_ring, i;
	int err = 0;

	nic->rx_ring = rx_ring;
	if (!netif_running(nic->dev))
		return 0;
	for (i = 0; i < nic->dev->real_num_rx_queues && !err; i++)
		err = netdev_rx_queue_restart(nic->dev, i);
	if (!err)
		return 0;
	nic->rx_ring = old;
	while (i--)
		netdev_rx_queue_restart(nic->dev, i);
	return err;
}

static int zc_set_ringparam(struct net_device *dev, struct ethtool_ringparam *ring, struct kernel_ethtool_ringparam *more,
			    struct netlink_ext_ack *extack)
{
	u32 rx = roundup_pow_of_two(max_t(u32, ring->rx_pending, ZC_RING_MIN));
	struct zc_nic *nic = netdev_priv(dev);
	int err;

	if (rx != nic->rx_ring) {
		err = zc_resize(nic, rx);
		if (err)
			return err;
	}
	nic->tx_ring = ring->tx_pending;
	WRITE_ONCE(nic->split, more->tcp_data_split == ETHTOOL_TCP_DATA_SPLIT_ENABLED);
	WRITE_ONCE(nic->hds_thresh, more->hds_thresh);
	return 0;
}

static void zc_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	ch->max_combined = dev->num_rx_queues;
	ch->combined_count = dev->real_num_rx_queues;
}

/* More queues run before frames are steered to them; fewer when none is any more. */
static int zc_set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	u32 old = dev->real_num_rx_queues, want = ch->combined_count;
	struct zc_nic *nic = netdev_priv(dev);
	int err;

	if (netif_running(dev) && want > old) {
		err = zc_queues_up(nic, old, want);
		if (err)
			return err;
	}
	err = netif_set_real_num_queues(dev, want, want);
	if (err) {
		if (netif_running(dev) && want > old)
			zc_queues_down(nic, old, want);
		return err;
	}
	if (!netif_is_rxfh_configured(dev))
		zc_rss_spread(nic, want);
	if (netif_running(dev) && want < old) {
		synchronize_net();
		zc_queues_down(nic, want, old);
	}
	return 0;
}

static u32 zc_get_rx_ring_count(struct net_device *dev)
{
	return dev->real_num_rx_queues;
}

static u32 zc_get_rxfh_key_size(struct net_device *dev)
{
	return ZC_RSS_KEY_SIZE;
}

static u32 zc_get_rxfh_indir_size(struct net_device *dev)
{
	return ZC_RSS_INDIR_SIZE;
}

static int zc_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh)
{
	struct zc_nic *nic = netdev_priv(dev);

	rxfh->hfunc = ETH_RSS_HASH_TOP;
	if (rxfh->indir)
		memcpy(rxfh->indir, nic->steering.indir, sizeof(nic->steering.indir));
	if (rxfh->key)
		memcpy(rxfh->key, nic->steering.key, sizeof(nic->steering.key));
	return 0;
}

static int zc_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh, struct netlink_ext_ack *extack)
{
	struct zc_nic *nic = netdev_priv(dev);

	if (rxfh->hfunc != ETH_RSS_HASH_NO_CHANGE && rxfh->hfunc != ETH_RSS_HASH_TOP)
		return -EOPNOTSUPP;
	spin_lock_bh(&nic->steering.lock);
	if (rxfh->indir)
		memcpy(nic->steering.indir, rxfh->indir, sizeof(nic->steering.indir));
	if (rxfh->key) {
		memcpy(nic->steering.key, rxfh->key, sizeof(nic->steering.key));
		zc_rss_tables(&nic->steering);
	}
	spin_unlock_bh(&nic->steering.lock);
	return 0;
}

/* Fixed: ports count for TCP alone. */
static int zc_get_rxfh_fields(struct net_device *dev, struct ethtool_rxfh_fields *fields)
{
	bool tcp = fields->flow_type == TCP_V4_FLOW || fields->flow_type == TCP_V6_FLOW;

	fields->data = RXH_IP_SRC | RXH_IP_DST | (tcp ? RXH_L4_B_0_1 | RXH_L4_B_2_3 : 0);
	return 0;
}

static int zc_get_coalesce(struct net_device *dev, struct ethtool_coalesce *coal, struct kernel_ethtool_coalesce *more,
			   struct netlink_ext_ack *extack)
{
	struct zc_nic *nic = netdev_priv(dev);

	coal->rx_coalesce_usecs = nic->rx_usecs;
	coal->rx_max_coalesced_frames = nic->rx_frames;
	return 0;
}

static int zc_set_coalesce(struct net_device *dev, struct ethtool_coalesce *coal, struct kernel_ethtool_coalesce *more,
			   struct netlink_ext_ack *extack)
{
	struct zc_nic *nic = netdev_priv(dev);

	if (coal->rx_coalesce_usecs > 10000)
		return -ERANGE;
	WRITE_ONCE(nic->rx_usecs, coal->rx_coalesce_usecs);
	WRITE_ONCE(nic->rx_frames, coal->rx_max_coalesced_frames);
	return 0;
}

static int zc_get_tunable(struct net_device *dev, const struct ethtool_tunable *tuna, void *data)
{
	struct zc_nic *nic = netdev_priv(dev);

	if (tuna->id != ETHTOOL_RX_COPYBREAK)
		return -EOPNOTSUPP;
	*(u32 *)data = nic->copybreak;
	return 0;
}

static int zc_set_tunable(struct net_device *dev, const struct ethtool_tunable *tuna, const void *data)
{
	struct zc_nic *nic = netdev_priv(dev);
	u32 value = *(const u32 *)data;

	if (tuna->id != ETHTOOL_RX_COPYBREAK)
		return -EOPNOTSUPP;
	if (value > ZC_COPYBREAK_MAX)
		return -ERANGE;
	WRITE_ONCE(nic->copybreak, value);
	return 0;
}

static u32 zc_get_priv_flags(struct net_device *dev)
{
	struct zc_nic *nic = netdev_priv(dev);

	return nic->priv_flags;
}

static int zc_set_priv_flags(struct net_device *dev, u32 flags)
{
	struct zc_nic *nic = netdev_priv(dev);

	WRITE_ONCE(nic->priv_flags, flags);
	return 0;
}

const struct ethtool_ops zc_ethtool_ops = {
	.supported_coalesce_params	= ETHTOOL_COALESCE_RX_USECS | ETHTOOL_COALESCE_RX_MAX_FRAMES,
	.supported_ring_params		= ETHTOOL_RING_USE_TCP_DATA_SPLIT | ETHTOOL_RING_USE_HDS_THRS,
	.op_needs_rtnl			= ETHTOOL_OP_NEEDS_RTNL_SCHANNELS,
	.get_drvinfo			= zc_get_drvinfo,
	.get_link			= ethtool_op_get_link,
	.get_link_ksettings		= zc_get_link_ksettings,
	.get_ringparam			= zc_get_ringparam,
	.set_ringparam			= zc_set_ringparam,
	.get_channels			= zc_get_channels,
	.set_channels			= zc_set_channels,
	.get_rx_ring_count		= zc_get_rx_ring_count,
	.get_rxfh_key_size		= zc_get_rxfh_key_size,
	.get_rxfh_indir_size		= zc_get_rxfh_indir_size,
	.get_rxfh			= zc_get_rxfh,
	.set_rxfh			= zc_set_rxfh,
	.get_rxfh_fields		= zc_get_rxfh_fields,
	.get_rxnfc			= zc_get_rxnfc,
	.set_rxnfc			= zc_set_rxnfc,
	.get_coalesce			= zc_get_coalesce,
	.set_coalesce			= zc_set_coalesce,
	.get_tunable			= zc_get_tunable,
	.set_tunable			= zc_set_tunable,
	.get_priv_flags			= zc_get_priv_flags,
	.set_priv_flags			= zc_set_priv_flags,
	.get_sset_count			= zc_get_sset_count,
	.get_strings			= zc_get_strings,
	.get_ethtool_stats		= zc_get_ethtool_stats,
};
