// SPDX-License-Identifier: GPL-2.0
/*
 * Which receive queue takes a frame: n-tuple rules first (rules.c), then RSS. RSS is the Toeplitz hash of addresses and TCP
 * ports in network order, or of addresses alone where no TCP header is found; its low seven bits pick an entry of the
 * indirection table. What is not IP has hash 0. Key, table and order are those of the simulator's NIC.
 */
#include <linux/mm.h>
#include <linux/unaligned.h>

#include "zcnic.h"

/* The key of Microsoft's RSS verification suite, which is also many drivers' first key. */
static const u8 zc_first_key[ZC_RSS_KEY_SIZE] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* 32 bits of the key from bit `from` on, counted from the first byte's highest. */
static u32 zc_key_window(const u8 *key, u32 from)
{
	u64 five = (u64)get_unaligned_be32(key + (from >> 3)) << 8 | key[(from >> 3) + 4];

	return five >> (8 - (from & 7));
}

/* The hash is linear over GF(2), so each byte's share is known beforehand. The caller holds the lock or is alone. */
void zc_rss_tables(struct zc_steering *s)
{
	u32 position, value, bit, sum;

	for (position = 0; position < ZC_RSS_INPUT_MAX; position++) {
		for (value = 0; value < 256; value++) {
			sum = 0;
			for (bit = 0; bit < 8; bit++) {
				if (value & (0x80 >> bit))
					sum ^= zc_key_window(s->key, position * 8 + bit);
			}
			s->tables[position][value] = sum;
		}
	}
}

void zc_rss_spread(struct zc_nic *nic, u32 queues)
{
	u32 i;

	spin_lock_bh(&nic->steering.lock);
	for (i = 0; i < ZC_RSS_INDIR_SIZE; i++)
		nic->steering.indir[i] = ethtool_rxfh_indir_default(i, queues);
	spin_unlock_bh(&nic->steering.lock);
}

int zc_steering_init(struct zc_nic *nic)
{
	struct zc_steering *s = &nic->steering;

	spin_lock_init(&s->lock);
	s->tables = kvcalloc(ZC_RSS_INPUT_MAX, sizeof(*s->tables), GFP_KERNEL);
	if (!s->tables)
		return -ENOMEM;
	memcpy(s->key, zc_first_key, sizeof(s->key));
	zc_rss_tables(s);
	return 0;
}

void zc_steering_exit(struct zc_nic *nic)
{
	kvfree(nic->steering.tables);
}

static u32 zc_toeplitz(const struct zc_steering *s, u32 position, const u8 *at, u32 len)
{
	u32 hash = 0, i;

	for (i = 0; i < len; i++)
		hash ^= s->tables[position + i][at[i]];
	return hash;
}

static u32 zc_rss_hash(const struct zc_steering *s, const struct zc_frame *f, const u8 *head)
{
	u32 addresses, hash;

	if (!f->ip_version)
		return 0;
	addresses = f->ip_version == 4 ? 8 : 32;
	hash = zc_toeplitz(s, 0, head + f->l3_off + (f->ip_version == 4 ? 12 : 8), addresses);
	if (f->l4_off)
		hash ^= zc_toeplitz(s, addresses, head + f->l4_off, 4);
	return hash;
}

/* The queue of a frame, or -1: a rule says that it is dropped. */
int zc_steer(struct zc_nic *nic, struct sk_buff *skb)
{
	struct zc_steering *s = &nic->steering;
	struct zc_frame *f = zc_frame(skb);
	u8 head[ZC_HEAD_SIZE];
	u32 queues;
	int queue;

	if (skb_copy_bits(skb, 0, head, min_t(u32, skb->len, ZC_HEAD_SIZE)))
		return -1;
	spin_lock_bh(&s->lock);
	f->hash = zc_rss_hash(s, f, head);
	queue = zc_rule_match(nic, f, head);
	if (queue == -ENOENT)
		queue = s->indir[f->hash % ZC_RSS_INDIR_SIZE];
	spin_unlock_bh(&s->lock);
	queues = READ_ONCE(nic->dev->real_num_rx_queues);
	return queue < 0 ? -1 : min_t(u32, queue, queues - 1);
}
