// SPDX-License-Identifier: GPL-2.0
/*
 * What the header bytes of a frame say, as the simulator's NIC reads them: at most two VLAN tags, IPv4 or IPv6, and TCP
 * directly behind it, all within ZC_HEAD_SIZE bytes. Fragments, IPv6 extension headers and longer headers end the parse.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "zcnic.h"

#define ZC_TAGS_MAX	2

static void zc_parse_tcp(struct zc_frame *f, const u8 *head, u32 have, u32 off)
{
	u32 tcp_len, end;

	if (have < off + sizeof(struct tcphdr) || f->ip_end < off + sizeof(struct tcphdr))
		return;
	f->l4_off = off;
	tcp_len = (head[off + 12] >> 4) << 2;
	end = off + tcp_len;
	if (tcp_len >= sizeof(struct tcphdr) && end <= have && end <= f->ip_end)
		f->payload_off = end;
}

/* A length of 0 is what GSO above 64 KiB writes: then the datagram ends with the frame. */
static void zc_set_end(struct zc_frame *f, u32 off, u32 ip_len)
{
	if (ip_len && off + ip_len < f->ip_end)
		f->ip_end = off + ip_len;
}

static void zc_parse_ipv4(struct zc_frame *f, const u8 *head, u32 have, u32 off)
{
	const u8 *ip = head + off;

	if (have < off + sizeof(struct iphdr) || ip[0] >> 4 != 4 || ip[0] < 0x45)
		return;
	f->ip_version = 4;
	zc_set_end(f, off, get_unaligned_be16(ip + 2));
	if (!(get_unaligned_be16(ip + 6) & 0x3fff) && ip[9] == IPPROTO_TCP)
		zc_parse_tcp(f, head, have, off + ((ip[0] & 15) << 2));
}

static void zc_parse_ipv6(struct zc_frame *f, const u8 *head, u32 have, u32 off)
{
	const u8 *ip = head + off;
	u32 payload;

	if (have < off + sizeof(struct ipv6hdr) || ip[0] >> 4 != 6)
		return;
	f->ip_version = 6;
	payload = get_unaligned_be16(ip + 4);
	zc_set_end(f, off, payload ? payload + sizeof(struct ipv6hdr) : 0);
	if (ip[6] == IPPROTO_TCP)
		zc_parse_tcp(f, head, have, off + sizeof(struct ipv6hdr));
}

void zc_frame_parse(struct sk_buff *skb)
{
	u32 have = min_t(u32, skb->len, ZC_HEAD_SIZE), off = ETH_HLEN, tags;
	struct zc_frame *f = zc_frame(skb);
	u8 head[ZC_HEAD_SIZE];
	u16 type;

	memset(f, 0, sizeof(*f));
	f->ip_end = skb->len;
	f->l3_off = ETH_HLEN;
	if (have < ETH_HLEN || skb_copy_bits(skb, 0, head, have))
		return;
	type = get_unaligned_be16(head + 12);
	for (tags = 0; tags < ZC_TAGS_MAX && (type == ETH_P_8021Q || type == ETH_P_8021AD); tags++) {
		if (have < off + VLAN_HLEN)
			return;
		type = get_unaligned_be16(head + off + 2);
		off += VLAN_HLEN;
	}
	f->l3_off = off;
	if (type == ETH_P_IP)
		zc_parse_ipv4(f, head, have, off);
	else if (type == ETH_P_IPV6)
		zc_parse_ipv6(f, head, have, off);
}

/* Computes the TCP checksum of a frame whose sender did not leave it to the NIC. */
bool zc_frame_csum_ok(struct sk_buff *skb)
{
	const struct zc_frame *f = zc_frame(skb);
	u32 len = f->ip_end - f->l4_off;
	u8 ip[sizeof(struct ipv6hdr)] __aligned(4);
	const struct ipv6hdr *v6 = (const struct ipv6hdr *)ip;
	const struct iphdr *v4 = (const struct iphdr *)ip;
	__wsum sum;

	if (!f->l4_off || skb_copy_bits(skb, f->l3_off, ip, f->ip_version == 4 ? sizeof(*v4) : sizeof(*v6)))
		return false;
	sum = skb_checksum(skb, f->l4_off, len, 0);
	if (f->ip_version == 4)
		return !csum_tcpudp_magic(v4->saddr, v4->daddr, len, IPPROTO_TCP, sum);
	return !csum_ipv6_magic(&v6->saddr, &v6->daddr, len, IPPROTO_TCP, sum);
}
