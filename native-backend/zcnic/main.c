// SPDX-License-Identifier: GPL-2.0
/*
 * zcnic: two network interfaces, zc0 and zc1, at the ends of one wire inside of this module. To the kernel each is a NIC
 * with several receive queues whose buffers it writes by DMA, so that io_uring's zero-copy receive is real on it, in a
 * virtual machine without any hardware.
 *
 * What it models, as the simulator of this project does (nic-model/2-nic):
 *   - receive queues on page pools that accept a memory provider, restarted one by one, buffers of 4 KiB to 2 MiB
 *   - header split for TCP over IPv4 and IPv6 (ethtool -G tcp-data-split, hds-thresh), rx-copybreak (--set-tunable)
 *   - RSS: Toeplitz hash, key, indirection table (-x, -X); n-tuple rules for TCP (-N)
 *   - rings (-G), channels (-L), interrupt moderation (-C), offloads of checksums, segmentation and hash (-K)
 *   - loss, reordering and duplication on the wire, by frame number: module parameters (faults.c)
 *   - counters for all of it (-S; stats.c)
 *
 * Private flags (ethtool --set-priv-flags):
 *   pack-buffers           frames follow one another in a buffer, each at a multiple of 64 bytes, and may straddle two
 *   restart-purges-fifo    a queue's restart loses the frames that wait for it
 *   copybreak-first        rx-copybreak takes frames that would be split, too
 *
 * Module parameters: queues (greatest number of queues, and how many run at first), fifo_len (frames that may wait for a
 * queue), zcN_{drop,reorder,duplicate}_{every,frames}. All but queues can be written in /sys/module/zcnic/parameters.
 *
 * What it does not model: a rate, delays, transmit rings (the sender's skb itself waits for the receiver), an order of DMA
 * writes, an IOMMU's faults, PCIe errors, coalescing of segments (GRO_HW, LRO), XDP, AF_XDP, RSS contexts, timestamps. A
 * checksum that is left to the sender's NIC is right on the wire and therefore never computed, unless the receiver's is told
 * not to look at checksums (-K rx off).
 *
 * Locking: what changes queues runs under the netdev instance lock, which queue_mgmt_ops asks for. A queue's memory belongs
 * to its NAPI; it is swapped while that is disabled. FIFO, wire and steering have a spinlock each, and no two are held at once.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rtnetlink.h>
#include <net/netdev_lock.h>

#include "zcnic.h"

static unsigned int zc_queues = 4;
module_param_named(queues, zc_queues, uint, 0444);
MODULE_PARM_DESC(queues, "greatest number of queues of a NIC, 1 to 16");

unsigned int zc_fifo_len = 4096;
module_param_named(fifo_len, zc_fifo_len, uint, 0644);
MODULE_PARM_DESC(fifo_len, "frames that may wait for a queue; more are dropped");

static struct zc_nic *zc_nics[ZC_NICS];

static int zc_open(struct net_device *dev)
{
	struct zc_nic *nic = netdev_priv(dev);
	int err = zc_queues_up(nic, 0, dev->real_num_rx_queues);

	if (err)
		return err;
	netif_tx_start_all_queues(dev);
	if (netif_running(nic->peer->dev)) {
		netif_carrier_on(dev);
		netif_carrier_on(nic->peer->dev);
	}
	return 0;
}

static int zc_stop(struct net_device *dev)
{
	struct zc_nic *nic = netdev_priv(dev);

	netif_tx_disable(dev);
	netif_carrier_off(dev);
	netif_carrier_off(nic->peer->dev);
	zc_wire_down(nic);
	zc_queues_down(nic, 0, dev->real_num_rx_queues);
	return 0;
}

static const struct net_device_ops zc_netdev_ops = {
	.ndo_open		= zc_open,
	.ndo_stop		= zc_stop,
	.ndo_start_xmit		= zc_start_xmit,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void zc_setup(struct net_device *dev)
{
	dev->netdev_ops = &zc_netdev_ops;
	dev->ethtool_ops = &zc_ethtool_ops;
	dev->queue_mgmt_ops = &zc_queue_mgmt_ops;
	dev->stat_ops = &zc_stat_ops;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_DSTATS;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_RXHASH | NETIF_F_NTUPLE | NETIF_F_TSO |
			   NETIF_F_TSO6 | NETIF_F_TSO_ECN;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA;
	dev->vlan_features = NETIF_F_SG | NETIF_F_HW_CSUM;
	dev->cfg->hds_config = ETHTOOL_TCP_DATA_SPLIT_DISABLED;
	netdev_lockdep_set_classes(dev);
}

/* A device that buffers are mapped for: it has a parent with a DMA mask, and any run of memory is one segment to it. */
static struct platform_device *zc_platform_device(int id)
{
	struct platform_device *pdev = platform_device_register_simple("zcnic", id, NULL, 0);
	int err;

	if (IS_ERR(pdev))
		return pdev;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err) {
		platform_device_unregister(pdev);
		return ERR_PTR(err);
	}
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	return pdev;
}

static struct zc_nic *zc_create(int id)
{
	const u8 mac[ETH_ALEN] = { 0x02, 0, 0, 0, 0, id + 1 };
	struct platform_device *pdev = zc_platform_device(id);
	struct net_device *dev;
	struct zc_nic *nic;
	u32 i;

	if (IS_ERR(pdev))
		return ERR_CAST(pdev);
	dev = alloc_etherdev_mqs(sizeof(*nic), zc_queues, zc_queues);
	nic = dev ? netdev_priv(dev) : NULL;
	if (!dev || zc_steering_init(nic)) {
		if (dev)
			free_netdev(dev);
		platform_device_unregister(pdev);
		return ERR_PTR(-ENOMEM);
	}
	nic->dev = dev;
	nic->pdev = pdev;
	nic->wire = &zc_wires[id];
	nic->wire->from = nic;
	nic->rx_ring = ZC_RING_DEFAULT;
	nic->tx_ring = ZC_RING_DEFAULT;
	nic->rx_usecs = 8;
	nic->rx_frames = 32;
	for (i = 0; i < ZC_QUEUES_MAX; i++)
		zc_queue_init(nic, i);
	zc_rss_spread(nic, zc_queues);
	SET_NETDEV_DEV(dev, &pdev->dev);
	snprintf(dev->name, sizeof(dev->name), "zc%d", id);
	eth_hw_addr_set(dev, mac);
	zc_setup(dev);
	netif_carrier_off(dev);
	return nic;
}

static void zc_destroy(struct zc_nic *nic)
{
	struct platform_device *pdev = nic->pdev;

	zc_steering_exit(nic);
	free_netdev(nic->dev);
	platform_device_unregister(pdev);
}

static int __init zc_init(void)
{
	int err;

	if (zc_queues < 1 || zc_queues > ZC_QUEUES_MAX) {
		pr_err("zcnic: queues is 1 to %d\n", ZC_QUEUES_MAX);
		return -EINVAL;
	}
	zc_wires_init();
	zc_nics[0] = zc_create(0);
	if (IS_ERR(zc_nics[0]))
		return PTR_ERR(zc_nics[0]);
	zc_nics[1] = zc_create(1);
	if (IS_ERR(zc_nics[1])) {
		err = PTR_ERR(zc_nics[1]);
		goto err_first;
	}
	zc_nics[0]->peer = zc_nics[1];
	zc_nics[1]->peer = zc_nics[0];
	err = register_netdev(zc_nics[0]->dev);
	if (err)
		goto err_both;
	err = register_netdev(zc_nics[1]->dev);
	if (err)
		goto err_registered;
	return 0;

err_registered:
	unregister_netdev(zc_nics[0]->dev);
err_both:
	zc_destroy(zc_nics[1]);
err_first:
	zc_destroy(zc_nics[0]);
	return err;
}

static void __exit zc_exit(void)
{
	unregister_netdev(zc_nics[0]->dev);
	unregister_netdev(zc_nics[1]->dev);
	zc_destroy(zc_nics[0]);
	zc_destroy(zc_nics[1]);
}

module_init(zc_init);
module_exit(zc_exit);
MODULE_DESCRIPTION("A pair of emulated NICs for io_uring zero-copy receive");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("NETDEV_INTERNAL");
