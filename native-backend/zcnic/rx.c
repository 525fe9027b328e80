// SPDX-License-Identifier: GPL-2.0
/*
 * The receiving side: address and length filter, steering, and the NAPI poll that lets the device write a frame to memory
 * and hands it to the stack. Which bytes go where is what the simulator's NIC does:
 *
 *   split:        header buffer <- headers         posted buffers <- payload     TCP whose payload exceeds hds-thresh
 *   small:        header buffer <- whole frame     bare headers; rx-copybreak; a queue that the CPU cannot read, if it fits
 *   otherwise:                                     posted pages   <- whole frame, of which the driver pulls the headers
 *
 * The header buffer is the skb's linear part. A frame waits in the queue's FIFO until it is polled, so that a restart or a
 * slow core loses none (up to fifo_len); a frame that finds no posted buffer makes the driver ask its page pool once more
 * and is dropped if that does not help.
 */
#include <linux/etherdevice.h>
#include <net/page_pool/helpers.h>

#include "zcnic.h"

static bool zc_accepts(struct zc_nic *nic, struct sk_buff *frame)
{
	const struct net_device *dev = nic->dev;
	u8 head[ETH_ALEN];

	if (frame->len - (zc_frame(frame)->l3_off - ETH_HLEN) > READ_ONCE(dev->mtu) + ETH_HLEN) {
		zc_nic_count(nic, ZC_RX_LENGTH_ERRORS);
		return false;
	}
	if (skb_copy_bits(frame, 0, head, ETH_ALEN))
		return false;
	if (is_multicast_ether_addr(head) || ether_addr_equal_unaligned(head, dev->dev_addr) || (dev->flags & IFF_PROMISC))
		return true;
	zc_nic_count(nic, ZC_RX_OTHERHOST);
	return false;
}

/* What the NIC says of the TCP checksum; where the sender left it to its NIC, it is right. */
static void zc_check(struct zc_nic *nic, struct sk_buff *frame)
{
	struct zc_frame *f = zc_frame(frame);

	if (!(nic->dev->features & NETIF_F_RXCSUM))
		return;
	f->csum_ok = frame->ip_summed == CHECKSUM_PARTIAL || zc_frame_csum_ok(frame);
	if (f->l4_off && !f->csum_ok)
		zc_nic_count(nic, ZC_RX_CSUM_ERRORS);
}

static void zc_drop(struct zc_queue *q, struct sk_buff *frame, enum zc_queue_counter why)
{
	zc_count(q, why, 1);
	dev_dstats_rx_dropped(q->nic->dev);
	dev_kfree_skb_any(frame);
}

/* Polls at once, or when rx_frames are there, or when the first one has waited rx_usecs. */
static void zc_moderate(struct zc_queue *q, u32 waiting)
{
	u32 usecs = READ_ONCE(q->nic->rx_usecs), frames = READ_ONCE(q->nic->rx_frames);

	if (!usecs || (frames && waiting >= frames))
		napi_schedule(&q->napi);
	else if (!hrtimer_active(&q->irq))
		hrtimer_start(&q->irq, us_to_ktime(usecs), HRTIMER_MODE_REL);
}

enum hrtimer_restart zc_irq(struct hrtimer *timer)
{
	struct zc_queue *q = container_of(timer, struct zc_queue, irq);

	napi_schedule_irqoff(&q->napi);
	return HRTIMER_NORESTART;
}

void zc_queue_kick(struct zc_queue *q)
{
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
}

/* A queue that is closed loses frames without a word, as a cable does that ends nowhere. */
static void zc_enqueue(struct zc_queue *q, struct sk_buff *frame)
{
	bool up, fits;
	u32 waiting;

	spin_lock_bh(&q->fifo.lock);
	up = q->up;
	waiting = q->fifo.qlen;
	fits = up && waiting < READ_ONCE(zc_fifo_len);
	if (fits) {
		__skb_queue_tail(&q->fifo, frame);
		/* Under the lock, so that no timer starts behind the queue's end. */
		zc_moderate(q, waiting + 1);
	} else if (up) {
		zc_count(q, ZC_DROP_FIFO, 1);
		dev_dstats_rx_dropped(q->nic->dev);
	}
	spin_unlock_bh(&q->fifo.lock);
	if (!fits)
		dev_kfree_skb_any(frame);
}

/* A frame has arrived. */
void zc_receive(struct zc_nic *nic, struct sk_buff *frame)
{
	int queue = -1;

	if (!netif_running(nic->dev)) {
		zc_nic_count(nic->peer, ZC_WIRE_DOWN);
	} else if (zc_accepts(nic, frame)) {
		queue = zc_steer(nic, frame);
		if (queue < 0)
			zc_nic_count(nic, ZC_RX_NTUPLE_DROP);
	}
	if (queue < 0) {
		dev_kfree_skb_any(frame);
		return;
	}
	zc_check(nic, frame);
	zc_enqueue(&nic->queues[queue], frame);
}

/* An skb whose linear part begins with the first `linear` bytes of the frame. */
static struct sk_buff *zc_linear(struct zc_queue *q, struct sk_buff *frame, u32 linear)
{
	struct sk_buff *skb = napi_alloc_skb(&q->napi, linear);

	if (skb)
		skb_copy_bits(frame, 0, skb_put(skb, linear), linear);
	return skb;
}

/* `headers` bytes to the header buffer, the rest to posted buffers. */
static struct sk_buff *zc_build(struct zc_queue *q, struct sk_buff *frame, u32 headers)
{
	bool pack = zc_flag(q->nic, ZC_PACK_BUFFERS);
	struct sk_buff *skb;
	u32 at;

	if (!zc_has_room(q, frame->len - headers, pack)) {
		zc_drop(q, frame, ZC_DROP_NOBUF);
		return NULL;
	}
	skb = zc_linear(q, frame, headers);
	if (!skb) {
		zc_drop(q, frame, ZC_DROP_NOMEM);
		return NULL;
	}
	skb_mark_for_recycle(skb);
	for (at = headers; at < frame->len;)
		at += zc_dma_write(q, frame, at, skb, pack);
	if (!skb_shinfo(skb)->nr_frags)
		zc_count(q, ZC_LINEAR, 1);
	return skb;
}

/* A frame that went to pages as a whole: the driver pulls what it knows to be headers. */
static struct sk_buff *zc_build_pulled(struct zc_queue *q, struct sk_buff *frame)
{
	u32 pull = zc_frame(frame)->payload_off ?: min_t(u32, frame->len, ZC_HEAD_SIZE);
	struct sk_buff *skb = zc_build(q, frame, 0);

	if (skb && !__pskb_pull_tail(skb, pull)) {
		zc_drop(q, frame, ZC_DROP_NOMEM);
		dev_kfree_skb_any(skb);
		return NULL;
	}
	return skb;
}

static struct sk_buff *zc_place(struct zc_queue *q, struct sk_buff *frame)
{
	bool split = READ_ONCE(q->nic->split), readable = !page_pool_is_unreadable(q->mem.pool);
	const struct zc_frame *f = zc_frame(frame);
	bool small = frame->len <= READ_ONCE(q->nic->copybreak);

	if (small && zc_flag(q->nic, ZC_COPYBREAK_FIRST)) {
		zc_count(q, ZC_COPYBREAK, 1);
		return zc_build(q, frame, frame->len);
	}
	if (split && f->payload_off && f->ip_end - f->payload_off > READ_ONCE(q->nic->hds_thresh)) {
		struct sk_buff *skb = zc_build(q, frame, f->payload_off);

		zc_count(q, ZC_HDS_PACKETS, !!skb);
		zc_count(q, ZC_HDS_BYTES, skb ? frame->len - f->payload_off : 0);
		return skb;
	}
	if (split && f->payload_off && f->payload_off == f->ip_end && frame->len <= ZC_HEADER_BUFFER)
		return zc_build(q, frame, frame->len);
	zc_count(q, ZC_HDS_NOSPLIT, split);
	if (small) {
		zc_count(q, ZC_COPYBREAK, 1);
		return zc_build(q, frame, frame->len);
	}
	if (readable)
		return zc_build_pulled(q, frame);
	if (frame->len <= ZC_HEADER_BUFFER)
		return zc_build(q, frame, frame->len);
	zc_drop(q, frame, ZC_DROP_UNREADABLE);
	return NULL;
}

static enum pkt_hash_types zc_hash_type(const struct zc_frame *f)
{
	if (f->l4_off)
		return PKT_HASH_TYPE_L4;
	return f->ip_version ? PKT_HASH_TYPE_L3 : PKT_HASH_TYPE_NONE;
}

static void zc_deliver(struct zc_queue *q, struct sk_buff *frame)
{
	struct net_device *dev = q->nic->dev;
	struct sk_buff *skb = zc_place(q, frame);
	const struct zc_frame *f;

	if (!skb)
		return;
	f = zc_frame(frame);
	skb->ip_summed = f->csum_ok ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;
	if (dev->features & NETIF_F_RXHASH)
		skb_set_hash(skb, f->hash, zc_hash_type(f));
	skb_record_rx_queue(skb, q->idx);
	zc_count(q, ZC_PACKETS, 1);
	zc_count(q, ZC_BYTES, frame->len);
	dev_dstats_rx_add(dev, frame->len);
	dev_consume_skb_any(frame);
	skb->protocol = eth_type_trans(skb, dev);
	napi_gro_receive(&q->napi, skb);
}

int zc_poll(struct napi_struct *napi, int budget)
{
	struct zc_queue *q = container_of(napi, struct zc_queue, napi);
	struct sk_buff *frame;
	int work = 0;

	zc_count(q, ZC_POLLS, 1);
	while (work < budget) {
		frame = skb_dequeue(&q->fifo);
		if (!frame)
			break;
		zc_deliver(q, frame);
		work++;
	}
	zc_refill(q);
	if (work < budget && napi_complete_done(napi, work) && !skb_queue_empty(&q->fifo))
		napi_schedule(napi);
	return work;
}

void zc_queue_init(struct zc_nic *nic, u32 idx)
{
	struct zc_queue *q = &nic->queues[idx];

	q->nic = nic;
	q->idx = idx;
	skb_queue_head_init(&q->fifo);
	hrtimer_setup(&q->irq, zc_irq, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}
