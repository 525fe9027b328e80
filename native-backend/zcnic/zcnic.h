/* SPDX-License-Identifier: GPL-2.0 */
/* zcnic: what its files share. main.c says what the module is. */
#ifndef ZCNIC_H
#define ZCNIC_H

#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/netdev_queues.h>
#include <net/netmem.h>

#define ZC_NICS			2
#define ZC_QUEUES_MAX		16
#define ZC_RING_MIN		8
#define ZC_RING_MAX		16384
#define ZC_RING_DEFAULT		1024
#define ZC_BUF_MAX		(2 * 1024 * 1024)
#define ZC_RULES_MAX		64
#define ZC_RSS_KEY_SIZE		40
#define ZC_RSS_INDIR_SIZE	128
/* Addresses of IPv6 and ports of TCP. */
#define ZC_RSS_INPUT_MAX	36
/* Bytes of a frame that its parser sees. */
#define ZC_HEAD_SIZE		128
/* Bytes of a header buffer: what is not split and goes to a queue that the CPU cannot read must fit it. */
#define ZC_HEADER_BUFFER	384
#define ZC_COPYBREAK_MAX	256
#define ZC_PACK_ALIGN		64

/* ethtool --set-priv-flags, a bit each; stats.c: names. */
enum zc_priv_flag {
	ZC_PACK_BUFFERS,
	ZC_RESTART_PURGES_FIFO,
	ZC_COPYBREAK_FIRST,
	ZC_PRIV_FLAGS,
};

/* Counters of a queue; stats.c: names. */
enum zc_queue_counter {
	ZC_PACKETS,
	ZC_BYTES,
	ZC_HDS_PACKETS,
	ZC_HDS_NOSPLIT,
	ZC_HDS_BYTES,
	ZC_NIOV_FRAGS,
	ZC_PAGE_FRAGS,
	ZC_LINEAR,
	ZC_COPYBREAK,
	ZC_ALLOC_FAIL,
	ZC_DROP_NOBUF,
	ZC_DROP_UNREADABLE,
	ZC_DROP_FIFO,
	ZC_DROP_RESTART,
	ZC_DROP_NOMEM,
	ZC_POLLS,
	ZC_RESTARTS,
	ZC_QUEUE_COUNTERS,
};

/* Counters of a NIC; stats.c: names. wire_ ones are of the frames that it sends. */
enum zc_nic_counter {
	ZC_RX_LENGTH_ERRORS,
	ZC_RX_CSUM_ERRORS,
	ZC_RX_NTUPLE_DROP,
	ZC_RX_OTHERHOST,
	ZC_WIRE_FRAMES,
	ZC_WIRE_LOST,
	ZC_WIRE_REORDERED,
	ZC_WIRE_DUPLICATED,
	ZC_WIRE_DOWN,
	ZC_NIC_COUNTERS,
};

/*
 * Where the parts of a frame are; kept in skb->cb from the wire to the receiver.
 *
 *   0        14 (+4 a VLAN tag)   l4_off      payload_off      ip_end   len
 *  +--------+--------------------+-----------+----------------+--------+
 *  | Eth    | IPv4 or IPv6       | TCP       | payload        | padding|
 *  +--------+--------------------+-----------+----------------+--------+
 */
struct zc_frame {
	u32 ip_end;
	u32 hash;
	u16 l3_off;
	/* 0: not TCP, or a fragment, or behind IPv6 extension headers. */
	u16 l4_off;
	/* 0: no TCP header that the parser could follow to its end. */
	u16 payload_off;
	u8 ip_version;
	/* The receiver may say that the checksums are right. */
	bool csum_ok;
};

static inline struct zc_frame *zc_frame(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct zc_frame) > sizeof(skb->cb));
	return (struct zc_frame *)skb->cb;
}

/*
 * The memory of a receive queue: what a restart swaps (struct netdev_queue_mgmt_ops: per_queue_mem).
 *
 *        filled         posted
 *          v              v
 *  +---+---+---+---+---+---+---+---+
 *  |   |   | b | B | B |   |   |   |    b: used up to `offset` where frames share buffers
 *  +---+---+---+---+---+---+---+---+
 *
 * Counters run on; an index is a counter masked. filled <= posted <= filled + ring size.
 */
struct zc_rx_mem {
	struct page_pool *pool;
	netmem_ref *ring;
	u32 mask;
	u32 filled;
	u32 posted;
	u32 buf_size;
	/* Of the buffer at `filled`: bytes used, and references given away. */
	u32 offset;
	u32 shares;
};

struct zc_queue {
	struct napi_struct napi;
	struct zc_nic *nic;
	u32 idx;
	struct zc_rx_mem mem;
	/* Interrupt moderation: fires when the first frame has waited rx_usecs. */
	struct hrtimer irq;
	/* Frames that arrived and were not yet written to memory. Its lock guards `up` and ZC_DROP_FIFO too. */
	struct sk_buff_head fifo;
	bool up;
	u64 count[ZC_QUEUE_COUNTERS];
};

/* One kind of fault of a wire; faults.c. */
struct zc_fault {
	/* Every Nth frame; 0: none. */
	u32 every;
	/* And these, ascending. */
	u32 listed;
	u32 frames[64];
};

enum zc_fault_kind {
	ZC_DROP,
	ZC_REORDER,
	ZC_DUPLICATE,
	ZC_FAULTS,
};

/* What happens to the frames that one NIC sends; wire.c. */
struct zc_wire {
	struct zc_nic *from;
	spinlock_t lock;
	/* Number of the last TCP frame, from 1. */
	u64 number;
	struct zc_fault faults[ZC_FAULTS];
	/* A frame that the next one overtakes, and who sends it if none comes. */
	struct sk_buff *held;
	struct hrtimer release;
};

struct zc_steering {
	spinlock_t lock;
	u8 key[ZC_RSS_KEY_SIZE];
	u32 indir[ZC_RSS_INDIR_SIZE];
	/* Toeplitz hash of a byte by its position. */
	u32 (*tables)[256];
	u32 rules;
	struct ethtool_rx_flow_spec rule[ZC_RULES_MAX];
	bool rule_used[ZC_RULES_MAX];
};

struct zc_nic {
	struct net_device *dev;
	struct zc_nic *peer;
	struct platform_device *pdev;
	struct zc_wire *wire;
	struct zc_steering steering;
	u32 rx_ring;
	u32 tx_ring;
	u32 rx_usecs;
	u32 rx_frames;
	u32 copybreak;
	u32 hds_thresh;
	bool split;
	u32 priv_flags;
	atomic64_t count[ZC_NIC_COUNTERS];
	struct zc_queue queues[ZC_QUEUES_MAX];
};

static inline bool zc_flag(const struct zc_nic *nic, enum zc_priv_flag flag)
{
	return READ_ONCE(nic->priv_flags) & BIT(flag);
}

/* A queue's counters have one writer at a time. */
static inline void zc_count(struct zc_queue *q, enum zc_queue_counter id, u64 by)
{
	WRITE_ONCE(q->count[id], q->count[id] + by);
}

static inline void zc_nic_count(struct zc_nic *nic, enum zc_nic_counter id)
{
	atomic64_inc(&nic->count[id]);
}

/* main.c */
extern unsigned int zc_fifo_len;

/* faults.c */
extern struct zc_wire zc_wires[ZC_NICS];
void zc_wires_init(void);
u32 zc_faults_of(const struct zc_wire *wire, u64 number);

/* frame.c */
void zc_frame_parse(struct sk_buff *skb);
bool zc_frame_csum_ok(struct sk_buff *skb);

/* steer.c */
int zc_steering_init(struct zc_nic *nic);
void zc_steering_exit(struct zc_nic *nic);
void zc_rss_spread(struct zc_nic *nic, u32 queues);
void zc_rss_tables(struct zc_steering *s);
int zc_steer(struct zc_nic *nic, struct sk_buff *skb);

/* rules.c */
int zc_rule_match(struct zc_nic *nic, const struct zc_frame *f, const u8 *head);
int zc_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *locs);
int zc_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info);

/* tx.c */
netdev_tx_t zc_start_xmit(struct sk_buff *skb, struct net_device *dev);

/* wire.c */
void zc_wire_send(struct zc_nic *from, struct sk_buff *skb);
enum hrtimer_restart zc_wire_release(struct hrtimer *timer);
void zc_wire_down(struct zc_nic *from);

/* rx_ring.c */
int zc_mem_alloc(struct net_device *dev, struct netdev_queue_config *qcfg, struct zc_rx_mem *mem, int idx);
void zc_mem_free(struct zc_rx_mem *mem);
void zc_refill(struct zc_queue *q);
bool zc_has_room(struct zc_queue *q, u32 bytes, bool pack);
u32 zc_dma_write(struct zc_queue *q, struct sk_buff *frame, u32 from, struct sk_buff *to, bool pack);

/* rx.c */
void zc_queue_init(struct zc_nic *nic, u32 idx);
void zc_queue_kick(struct zc_queue *q);
void zc_receive(struct zc_nic *nic, struct sk_buff *frame);
int zc_poll(struct napi_struct *napi, int budget);
enum hrtimer_restart zc_irq(struct hrtimer *timer);

/* queue_mgmt.c */
extern const struct netdev_queue_mgmt_ops zc_queue_mgmt_ops;
int zc_queues_up(struct zc_nic *nic, u32 from, u32 to);
void zc_queues_down(struct zc_nic *nic, u32 from, u32 to);

/* ethtool.c */
extern const struct ethtool_ops zc_ethtool_ops;

/* stats.c */
extern const struct netdev_stat_ops zc_stat_ops;
int zc_get_sset_count(struct net_device *dev, int set);
void zc_get_strings(struct net_device *dev, u32 set, u8 *data);
void zc_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data);

#endif
