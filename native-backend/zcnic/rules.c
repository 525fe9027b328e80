// SPDX-License-Identifier: GPL-2.0
/* n-tuple rules (ethtool -N): TCP over IPv4 or IPv6, any addresses and ports under masks. The first that matches wins. */
#include <linux/unaligned.h>

#include "zcnic.h"

static bool zc_masked_equal(const void *have, const void *want, const void *mask, u32 len)
{
	const u8 *h = have, *w = want, *m = mask;
	u32 i;

	for (i = 0; i < len; i++) {
		if ((h[i] ^ w[i]) & m[i])
			return false;
	}
	return true;
}

static bool zc_rule_covers(const struct ethtool_rx_flow_spec *fs, const struct zc_frame *f, const u8 *head)
{
	const u8 *ip = head + f->l3_off, *tcp = head + f->l4_off;

	if (f->ip_version == 4 && fs->flow_type == TCP_V4_FLOW) {
		const struct ethtool_tcpip4_spec *w = &fs->h_u.tcp_ip4_spec, *m = &fs->m_u.tcp_ip4_spec;

		return zc_masked_equal(ip + 12, &w->ip4src, &m->ip4src, 4) && zc_masked_equal(ip + 16, &w->ip4dst, &m->ip4dst, 4) &&
		       zc_masked_equal(tcp, &w->psrc, &m->psrc, 2) && zc_masked_equal(tcp + 2, &w->pdst, &m->pdst, 2);
	}
	if (f->ip_version == 6 && fs->flow_type == TCP_V6_FLOW) {
		const struct ethtool_tcpip6_spec *w = &fs->h_u.tcp_ip6_spec, *m = &fs->m_u.tcp_ip6_spec;

		return zc_masked_equal(ip + 8, w->ip6src, m->ip6src, 16) && zc_masked_equal(ip + 24, w->ip6dst, m->ip6dst, 16) &&
		       zc_masked_equal(tcp, &w->psrc, &m->psrc, 2) && zc_masked_equal(tcp + 2, &w->pdst, &m->pdst, 2);
	}
	return false;
}

/* The queue that a rule names, -EPERM: it drops the frame, -ENOENT: none matches. The caller holds the steering lock. */
int zc_rule_match(struct zc_nic *nic, const struct zc_frame *f, const u8 *head)
{
	const struct zc_steering *s = &nic->steering;
	u32 i;

	if (!s->rules || !f->l4_off || !(nic->dev->features & NETIF_F_NTUPLE))
		return -ENOENT;
	for (i = 0; i < ZC_RULES_MAX; i++) {
		if (s->rule_used[i] && zc_rule_covers(&s->rule[i], f, head))
			return s->rule[i].ring_cookie == RX_CLS_FLOW_DISC ? -EPERM : (int)s->rule[i].ring_cookie;
	}
	return -ENOENT;
}

int zc_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *locs)
{
	struct zc_nic *nic = netdev_priv(dev);
	struct zc_steering *s = &nic->steering;
	u32 i, n = 0;

	switch (info->cmd) {
	case ETHTOOL_GRXCLSRLCNT:
		info->rule_cnt = s->rules;
		info->data = ZC_RULES_MAX | RX_CLS_LOC_SPECIAL;
		return 0;
	case ETHTOOL_GRXCLSRULE:
		if (info->fs.location >= ZC_RULES_MAX || !s->rule_used[info->fs.location])
			return -ENOENT;
		info->fs = s->rule[info->fs.location];
		return 0;
	case ETHTOOL_GRXCLSRLALL:
		for (i = 0; i < ZC_RULES_MAX; i++) {
			if (!s->rule_used[i])
				continue;
			if (n == info->rule_cnt)
				return -EMSGSIZE;
			locs[n++] = i;
		}
		info->rule_cnt = n;
		info->data = ZC_RULES_MAX;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static bool zc_rule_valid(const struct zc_nic *nic, const struct ethtool_rx_flow_spec *fs)
{
	if (fs->flow_type != TCP_V4_FLOW && fs->flow_type != TCP_V6_FLOW)
		return false;
	if (fs->flow_type == TCP_V4_FLOW && fs->m_u.tcp_ip4_spec.tos)
		return false;
	if (fs->flow_type == TCP_V6_FLOW && fs->m_u.tcp_ip6_spec.tclass)
		return false;
	return fs->ring_cookie == RX_CLS_FLOW_DISC || fs->ring_cookie < nic->dev->real_num_rx_queues;
}

/* The slot of a rule. Without a wish it comes behind those that are there: the first one that was added wins. */
static int zc_rule_place(const struct zc_steering *s, u32 location)
{
	bool last = location == RX_CLS_LOC_LAST;
	int i;

	if (location < ZC_RULES_MAX)
		return location;
	if (!last && location != RX_CLS_LOC_ANY && location != RX_CLS_LOC_FIRST)
		return -EINVAL;
	for (i = 0; i < ZC_RULES_MAX; i++) {
		int slot = last ? ZC_RULES_MAX - 1 - i : i;

		if (!s->rule_used[slot])
			return slot;
	}
	return -ENOSPC;
}

static int zc_rule_insert(struct zc_nic *nic, struct ethtool_rx_flow_spec *fs)
{
	struct zc_steering *s = &nic->steering;
	int place;

	if (!(nic->dev->features & NETIF_F_NTUPLE))
		return -EOPNOTSUPP;
	if (!zc_rule_valid(nic, fs))
		return -EINVAL;
	place = zc_rule_place(s, fs->location);
	if (place < 0)
		return place;
	fs->location = place;
	spin_lock_bh(&s->lock);
	s->rules += !s->rule_used[place];
	s->rule_used[place] = true;
	s->rule[place] = *fs;
	spin_unlock_bh(&s->lock);
	return 0;
}

static int zc_rule_delete(struct zc_nic *nic, u32 location)
{
	struct zc_steering *s = &nic->steering;

	if (location >= ZC_RULES_MAX || !s->rule_used[location])
		return -ENOENT;
	spin_lock_bh(&s->lock);
	s->rule_used[location] = false;
	s->rules--;
	spin_unlock_bh(&s->lock);
	return 0;
}

int zc_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info)
{
	struct zc_nic *nic = netdev_priv(dev);

	switch (info->cmd) {
	case ETHTOOL_SRXCLSRLINS:
		return zc_rule_insert(nic, &info->fs);
	case ETHTOOL_SRXCLSRLDEL:
		return zc_rule_delete(nic, info->fs.location);
	default:
		return -EOPNOTSUPP;
	}
}
