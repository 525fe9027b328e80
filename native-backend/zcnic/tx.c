// SPDX-License-Identifier: GPL-2.0
/*
 * The sending side: cuts large packets into segments (TSO) and puts the frames on the wire. A frame keeps its skb, and so
 * the sender's memory and accounting, until the receiver has written it to memory: that is its transmit completion, and
 * a page that was lent (MSG_ZEROCOPY, IORING_OP_SEND_ZC) is read by the receiver's DMA and by nobody before.
 */
#include <net/gso.h>

#include "zcnic.h"

static void zc_send_frame(struct zc_nic *nic, struct sk_buff *skb)
{
	/* Who does not trust the NIC to check a checksum must find one. */
	if (skb->ip_summed == CHECKSUM_PARTIAL && !(nic->peer->dev->features & NETIF_F_RXCSUM) && skb_checksum_help(skb)) {
		dev_dstats_tx_dropped(nic->dev);
		dev_kfree_skb_any(skb);
		return;
	}
	dev_dstats_tx_add(nic->dev, skb->len);
	zc_wire_send(nic, skb);
}

static void zc_send_segments(struct zc_nic *nic, struct sk_buff *skb)
{
	netdev_features_t features = nic->dev->features & ~NETIF_F_GSO_MASK;
	struct sk_buff *segs, *next;

	segs = skb_gso_segment(skb, features);
	if (IS_ERR_OR_NULL(segs)) {
		dev_dstats_tx_dropped(nic->dev);
		dev_kfree_skb_any(skb);
		return;
	}
	dev_consume_skb_any(skb);
	skb_list_walk_safe(segs, segs, next) {
		skb_mark_not_on_list(segs);
		zc_send_frame(nic, segs);
	}
}

netdev_tx_t zc_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct zc_nic *nic = netdev_priv(dev);

	skb_tx_timestamp(skb);
	if (skb_is_gso(skb))
		zc_send_segments(nic, skb);
	else
		zc_send_frame(nic, skb);
	return NETDEV_TX_OK;
}
