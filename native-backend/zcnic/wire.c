// SPDX-License-Identifier: GPL-2.0
/*
 * The wire from one NIC to the other: no rate and no delay of its own (tc netem has both), but loss, reordering and
 * duplication by frame number (faults.c), the same in every run.
 */
#include "zcnic.h"

/* How long an overtaken frame waits for one that overtakes it. */
#define ZC_HOLD_US	200

static void zc_wire_duplicate(struct zc_nic *from, struct sk_buff *skb)
{
	struct sk_buff *twin = skb_clone(skb, GFP_ATOMIC);

	if (!twin)
		return;
	zc_nic_count(from, ZC_WIRE_DUPLICATED);
	zc_receive(from->peer, twin);
}

/* Holds a frame back, unless one is held already. */
static bool zc_wire_hold(struct zc_nic *from, struct sk_buff *skb)
{
	struct zc_wire *wire = from->wire;
	bool held = false;

	spin_lock_bh(&wire->lock);
	if (!wire->held) {
		wire->held = skb;
		held = true;
	}
	spin_unlock_bh(&wire->lock);
	if (held) {
		zc_nic_count(from, ZC_WIRE_REORDERED);
		hrtimer_start(&wire->release, us_to_ktime(ZC_HOLD_US), HRTIMER_MODE_REL_SOFT);
	}
	return held;
}

static struct sk_buff *zc_wire_take_held(struct zc_wire *wire)
{
	struct sk_buff *skb;

	spin_lock_bh(&wire->lock);
	skb = wire->held;
	wire->held = NULL;
	spin_unlock_bh(&wire->lock);
	return skb;
}

/* The frame that was held goes behind the one that overtook it. */
static void zc_wire_let_go(struct zc_nic *from)
{
	struct sk_buff *skb = zc_wire_take_held(from->wire);

	if (skb)
		zc_receive(from->peer, skb);
}

enum hrtimer_restart zc_wire_release(struct hrtimer *timer)
{
	zc_wire_let_go(container_of(timer, struct zc_wire, release)->from);
	return HRTIMER_NORESTART;
}

/* What happens to the next TCP frame: bits by enum zc_fault_kind. */
static u32 zc_wire_verdict(struct zc_wire *wire)
{
	u32 faults;

	spin_lock_bh(&wire->lock);
	faults = zc_faults_of(wire, ++wire->number);
	spin_unlock_bh(&wire->lock);
	return faults;
}

void zc_wire_send(struct zc_nic *from, struct sk_buff *skb)
{
	u32 faults = 0;

	zc_frame_parse(skb);
	if (zc_frame(skb)->l4_off) {
		zc_nic_count(from, ZC_WIRE_FRAMES);
		faults = zc_wire_verdict(from->wire);
	}
	if (faults & BIT(ZC_DROP)) {
		zc_nic_count(from, ZC_WIRE_LOST);
		dev_kfree_skb_any(skb);
		return;
	}
	if (faults & BIT(ZC_DUPLICATE))
		zc_wire_duplicate(from, skb);
	if ((faults & BIT(ZC_REORDER)) && zc_wire_hold(from, skb))
		return;
	zc_receive(from->peer, skb);
	zc_wire_let_go(from);
}

/* Nothing is sent any more: the sender is closed. */
void zc_wire_down(struct zc_nic *from)
{
	hrtimer_cancel(&from->wire->release);
	dev_kfree_skb_any(zc_wire_take_held(from->wire));
}
