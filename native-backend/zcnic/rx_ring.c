// SPDX-License-Identifier: GPL-2.0
/*
 * The descriptors of a receive queue, and the device that writes to them. The device knows DMA addresses only, as hardware
 * does; whether a buffer is a page of the kernel's or a niov of an application's area is the page pool's affair.
 */
#include <linux/dma-direct.h>
#include <linux/highmem.h>
#include <net/page_pool/helpers.h>

#include "zcnic.h"

/* References of a buffer that frames share: more than fragments can be in it. */
#define ZC_SHARES	(1L << 20)

int zc_mem_alloc(struct net_device *dev, struct netdev_queue_config *qcfg, struct zc_rx_mem *mem, int idx)
{
	struct zc_nic *nic = netdev_priv(dev);
	u32 size = qcfg->rx_page_size ?: PAGE_SIZE;
	struct page_pool_params params = {
		.order = get_order(size),
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV | PP_FLAG_ALLOW_UNREADABLE_NETMEM,
		.pool_size = nic->rx_ring,
		.nid = NUMA_NO_NODE,
		.dev = dev->dev.parent,
		.dma_dir = DMA_FROM_DEVICE,
		.max_len = size,
		.netdev = dev,
		.queue_idx = idx,
	};

	memset(mem, 0, sizeof(*mem));
	mem->ring = kvcalloc(nic->rx_ring, sizeof(*mem->ring), GFP_KERNEL);
	if (!mem->ring)
		return -ENOMEM;
	mem->pool = page_pool_create(&params);
	if (IS_ERR(mem->pool)) {
		int err = PTR_ERR(mem->pool);

		kvfree(mem->ring);
		memset(mem, 0, sizeof(*mem));
		return err;
	}
	mem->mask = nic->rx_ring - 1;
	mem->buf_size = size;
	return 0;
}

static netmem_ref *zc_slot(struct zc_rx_mem *mem, u32 counter)
{
	return &mem->ring[counter & mem->mask];
}

/* The buffer at `filled` was shared and is done with: gives back the references that no frame got. */
static void zc_end_sharing(struct zc_rx_mem *mem)
{
	netmem_ref netmem = *zc_slot(mem, mem->filled);
	long rest = ZC_SHARES - mem->shares;

	if (!page_pool_unref_netmem(netmem, rest))
		page_pool_put_unrefed_netmem(mem->pool, netmem, -1, false);
	mem->filled++;
	mem->offset = 0;
	mem->shares = 0;
}

void zc_mem_free(struct zc_rx_mem *mem)
{
	if (!mem->pool)
		return;
	if (mem->offset)
		zc_end_sharing(mem);
	for (; mem->filled != mem->posted; mem->filled++)
		page_pool_put_full_netmem(mem->pool, *zc_slot(mem, mem->filled), false);
	page_pool_destroy(mem->pool);
	kvfree(mem->ring);
	memset(mem, 0, sizeof(*mem));
}

/* Posts buffers until the ring is full or the pool is dry. */
void zc_refill(struct zc_queue *q)
{
	struct zc_rx_mem *mem = &q->mem;
	netmem_ref netmem;

	while (mem->posted - mem->filled <= mem->mask) {
		netmem = page_pool_dev_alloc_netmems(mem->pool);
		if (!netmem) {
			zc_count(q, ZC_ALLOC_FAIL, 1);
			break;
		}
		*zc_slot(mem, mem->posted) = netmem;
		WRITE_ONCE(mem->posted, mem->posted + 1);
	}
}

/* Whether the posted buffers hold so many bytes; the pool is asked once more before the answer is no. */
bool zc_has_room(struct zc_queue *q, u32 bytes, bool pack)
{
	struct zc_rx_mem *mem = &q->mem;
	u32 tries;

	for (tries = 0; tries < 2; tries++) {
		u64 room = (u64)(mem->posted - mem->filled) * mem->buf_size;
		u64 lost = !mem->offset ? 0 : pack ? mem->offset : mem->buf_size;

		if (room >= lost + bytes)
			return true;
		if (!tries)
			zc_refill(q);
	}
	return false;
}

/* The device's write: it has nothing but the address. */
static void zc_dma_copy(struct device *dev, dma_addr_t dma, struct sk_buff *frame, u32 from, u32 len)
{
	phys_addr_t phys = dma_to_phys(dev, dma);

	while (len) {
		u32 part = min_t(u32, len, PAGE_SIZE - offset_in_page(phys));
		void *at = kmap_local_pfn(PHYS_PFN(phys));

		/* Cannot fail: the caller stays within the frame. */
		skb_copy_bits(frame, from, at + offset_in_page(phys), part);
		kunmap_local(at);
		phys += part;
		from += part;
		len -= part;
	}
}

static void zc_add_frag(struct zc_queue *q, struct sk_buff *to, netmem_ref netmem, u32 offset, u32 len, u32 truesize)
{
	zc_count(q, netmem_is_net_iov(netmem) ? ZC_NIOV_FRAGS : ZC_PAGE_FRAGS, 1);
	page_pool_dma_sync_netmem_for_cpu(q->mem.pool, netmem, offset, len);
	skb_add_rx_frag_netmem(to, skb_shinfo(to)->nr_frags, netmem, offset, len, truesize);
}

static u32 zc_write_whole(struct zc_queue *q, struct sk_buff *frame, u32 from, u32 want, struct sk_buff *to)
{
	struct zc_rx_mem *mem = &q->mem;
	netmem_ref netmem = *zc_slot(mem, mem->filled);
	u32 len = min(want, mem->buf_size);

	zc_dma_copy(mem->pool->p.dev, page_pool_get_dma_addr_netmem(netmem), frame, from, len);
	mem->filled++;
	zc_add_frag(q, to, netmem, 0, len, mem->buf_size);
	return len;
}

static u32 zc_write_shared(struct zc_queue *q, struct sk_buff *frame, u32 from, u32 want, struct sk_buff *to)
{
	struct zc_rx_mem *mem = &q->mem;
	netmem_ref netmem = *zc_slot(mem, mem->filled);
	u32 offset = mem->offset, len = min(want, mem->buf_size - offset), next = ALIGN(offset + len, ZC_PACK_ALIGN);

	if (!offset)
		page_pool_fragment_netmem(netmem, ZC_SHARES);
	zc_dma_copy(mem->pool->p.dev, page_pool_get_dma_addr_netmem(netmem) + offset, frame, from, len);
	mem->shares++;
	mem->offset = next;
	zc_add_frag(q, to, netmem, offset, len, next - offset);
	if (next == mem->buf_size)
		zc_end_sharing(mem);
	return len;
}

/* Writes what fits of a frame, from `from` on, to the next posted buffer and makes it a fragment. Returns how many bytes. */
u32 zc_dma_write(struct zc_queue *q, struct sk_buff *frame, u32 from, struct sk_buff *to, bool pack)
{
	u32 want = frame->len - from;

	if (pack)
		return zc_write_shared(q, frame, from, want, to);
	if (q->mem.offset)
		zc_end_sharing(&q->mem);
	return zc_write_whole(q, frame, from, want, to);
}
