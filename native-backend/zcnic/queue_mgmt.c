// SPDX-License-Identifier: GPL-2.0
/*
 * Starting and stopping queues: all of them with the interface, and one of them when its memory changes (struct
 * netdev_queue_mgmt_ops), which is how a memory provider comes and goes. A queue keeps its NAPI while its memory is swapped.
 */
#include <linux/log2.h>
#include <net/netdev_lock.h>
#include <net/page_pool/helpers.h>

#include "zcnic.h"

static int zc_queue_mem_alloc(struct net_device *dev, struct netdev_queue_config *qcfg, void *per_queue_mem, int idx)
{
	return zc_mem_alloc(dev, qcfg, per_queue_mem, idx);
}

static void zc_queue_mem_free(struct net_device *dev, void *per_queue_mem)
{
	zc_mem_free(per_queue_mem);
}

static int zc_queue_start(struct net_device *dev, struct netdev_queue_config *qcfg, void *per_queue_mem, int idx)
{
	struct zc_nic *nic = netdev_priv(dev);
	struct zc_queue *q = &nic->queues[idx];

	q->mem = *(struct zc_rx_mem *)per_queue_mem;
	page_pool_enable_direct_recycling(q->mem.pool, &q->napi);
	zc_refill(q);
	napi_enable_locked(&q->napi);
	zc_queue_kick(q);
	return 0;
}

static void zc_purge(struct zc_queue *q)
{
	struct sk_buff *frame;

	while ((frame = skb_dequeue(&q->fifo))) {
		zc_count(q, ZC_DROP_RESTART, 1);
		dev_kfree_skb_any(frame);
	}
}

static int zc_queue_stop(struct net_device *dev, void *per_queue_mem, int idx)
{
	struct zc_nic *nic = netdev_priv(dev);
	struct zc_queue *q = &nic->queues[idx];

	napi_disable_locked(&q->napi);
	hrtimer_cancel(&q->irq);
	page_pool_disable_direct_recycling(q->mem.pool);
	*(struct zc_rx_mem *)per_queue_mem = q->mem;
	memset(&q->mem, 0, sizeof(q->mem));
	if (zc_flag(nic, ZC_RESTART_PURGES_FIFO))
		zc_purge(q);
	zc_count(q, ZC_RESTARTS, 1);
	return 0;
}

static void zc_default_qcfg(struct net_device *dev, struct netdev_queue_config *qcfg)
{
	qcfg->rx_page_size = PAGE_SIZE;
}

static int zc_validate_qcfg(struct net_device *dev, struct netdev_queue_config *qcfg, struct netlink_ext_ack *extack)
{
	if (is_power_of_2(qcfg->rx_page_size) && qcfg->rx_page_size >= PAGE_SIZE && qcfg->rx_page_size <= ZC_BUF_MAX)
		return 0;
	NL_SET_ERR_MSG_MOD(extack, "rx_page_size is not a power of two from a page to 2 MiB");
	return -ERANGE;
}

const struct netdev_queue_mgmt_ops zc_queue_mgmt_ops = {
	.ndo_queue_mem_size	= sizeof(struct zc_rx_mem),
	.ndo_queue_mem_alloc	= zc_queue_mem_alloc,
	.ndo_queue_mem_free	= zc_queue_mem_free,
	.ndo_queue_start	= zc_queue_start,
	.ndo_queue_stop		= zc_queue_stop,
	.ndo_default_qcfg	= zc_default_qcfg,
	.ndo_validate_qcfg	= zc_validate_qcfg,
	.supported_params	= QCFG_RX_PAGE_SIZE,
};

static void zc_set_up(struct zc_queue *q, bool up)
{
	spin_lock_bh(&q->fifo.lock);
	q->up = up;
	spin_unlock_bh(&q->fifo.lock);
}

static int zc_queue_up(struct zc_nic *nic, u32 idx)
{
	struct zc_queue *q = &nic->queues[idx];
	struct netdev_queue_config qcfg;
	struct zc_rx_mem mem;
	int err;

	netdev_queue_config(nic->dev, idx, &qcfg);
	err = zc_mem_alloc(nic->dev, &qcfg, &mem, idx);
	if (err)
		return err;
	netif_napi_add_config_locked(nic->dev, &q->napi, zc_poll, idx);
	netif_queue_set_napi(nic->dev, idx, NETDEV_QUEUE_TYPE_RX, &q->napi);
	zc_queue_start(nic->dev, &qcfg, &mem, idx);
	zc_set_up(q, true);
	return 0;
}

static void zc_queue_down(struct zc_nic *nic, u32 idx)
{
	struct zc_queue *q = &nic->queues[idx];

	zc_set_up(q, false);
	napi_disable_locked(&q->napi);
	hrtimer_cancel(&q->irq);
	skb_queue_purge(&q->fifo);
	netif_queue_set_napi(nic->dev, idx, NETDEV_QUEUE_TYPE_RX, NULL);
	page_pool_disable_direct_recycling(q->mem.pool);
	netif_napi_del_locked(&q->napi);
	zc_mem_free(&q->mem);
}

void zc_queues_down(struct zc_nic *nic, u32 from, u32 to)
{
	while (to > from)
		zc_queue_down(nic, --to);
}

/* Starts queues; on failure none of them runs. */
int zc_queues_up(struct zc_nic *nic, u32 from, u32 to)
{
	u32 i;
	int err;

	for (i = from; i < to; i++) {
		err = zc_queue_up(nic, i);
		if (err) {
			zc_queues_down(nic, from, i);
			return err;
		}
	}
	return 0;
}
