// SPDX-License-Identifier: Apache-2.0
/* Steps that change a NIC while the program runs: what ethtool and ip ask of the kernel, with the errno that it answers. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/udmabuf.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine.h"
#include "nic.h"
#include "options.h"
#include "trace.h"

#define PAGE 4096
#define RSS_MAX 1024
#define QUEUES_MAX 64
#define ARP_MAX 8
#define MESSAGE 256
#define PACK_FLAG "pack-buffers"
#define COPYBREAK_FLAG "copybreak-first"

/* ETHTOOL_MSG_RINGS_SET and its attributes, some of which are newer than the headers here. */
#define RINGS_SET 16
#define A_HEADER 1
#define A_HEADER_DEV_NAME 2
#define A_TCP_DATA_SPLIT 11
#define A_HDS_THRESH 17
#define SPLIT_DISABLED 1
#define SPLIT_ENABLED 2

static void ring(void)
{
	struct ethtool_ringparam p = { .cmd = ETHTOOL_GRINGPARAM };
	int done = nic_ethtool(&p);

	p.cmd = ETHTOOL_SRINGPARAM;
	p.rx_pending = (uint32_t)integer("rx", 0);
	ret(done < 0 ? done : nic_ethtool(&p));
}

/* Neighbours that the lab set for good: the kernel forgets them when their device goes down. */
static struct arpreq neighbours[ARP_MAX];
static int nr_neighbours;

static void neighbours_keep(const char *device)
{
	FILE *arp = fopen("/proc/thread-self/net/arp", "r");
	char line[256], ip[64], mac[32], mask[16], on[IFNAMSIZ + 1];
	unsigned int type, flags, m[6];

	nr_neighbours = 0;
	while (arp && nr_neighbours < ARP_MAX && fgets(line, sizeof(line), arp)) {
		struct arpreq *r = &neighbours[nr_neighbours];

		if (sscanf(line, "%63s 0x%x 0x%x %31s %15s %16s", ip, &type, &flags, mac, mask, on) != 6 || strcmp(on, device))
			continue;
		if (sscanf(mac, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) != 6)
			continue;
		*r = (struct arpreq) { .arp_flags = ATF_PERM | ATF_COM, .arp_ha.sa_family = ARPHRD_ETHER };
		((struct sockaddr_in *)&r->arp_pa)->sin_family = AF_INET;
		inet_pton(AF_INET, ip, &((struct sockaddr_in *)&r->arp_pa)->sin_addr);
		for (int i = 0; i < 6; i++)
			r->arp_ha.sa_data[i] = (char)m[i];
		strncpy(r->arp_dev, device, sizeof(r->arp_dev) - 1);
		nr_neighbours++;
	}
	if (arp)
		fclose(arp);
}

static int link_set(const char *device, bool up)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };
	int done;

	if (fd < 0)
		return -errno;
	strncpy(ifr.ifr_name, device, sizeof(ifr.ifr_name) - 1);
	done = ioctl(fd, SIOCGIFFLAGS, &ifr) < 0 ? -errno : 0;
	ifr.ifr_flags = (short)(up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP);
	if (done == 0)
		done = ioctl(fd, SIOCSIFFLAGS, &ifr) < 0 ? -errno : 0;
	for (int i = 0; up && done == 0 && i < nr_neighbours; i++)
		ioctl(fd, SIOCSARP, &neighbours[i]);
	close(fd);
	return done;
}

static void link_step(void)
{
	const char *device = nic_name();

	if (!device) {
		ret(-ENODEV);
		return;
	}
	if (!flag("up"))
		neighbours_keep(device);
	ret(link_set(device, flag("up")));
}

static void rss(void)
{
	struct {
		struct ethtool_rxfh_indir head;
		uint32_t ring_index[RSS_MAX];
	} p = { .head = { .cmd = ETHTOOL_GRXFHINDIR } };
	int done = nic_ethtool(&p);
	const uint32_t start = (uint32_t)integer("start", 0), equal = (uint32_t)integer("equal", 1);

	if (done == 0 && p.head.size > RSS_MAX)
		done = -E2BIG;
	if (done == 0) {
		p.head.cmd = ETHTOOL_GRXFHINDIR;
		done = nic_ethtool(&p);
	}
	p.head.cmd = ETHTOOL_SRXFHINDIR;
	for (uint32_t i = 0; done == 0 && i < p.head.size; i++)
		p.ring_index[i] = start + i % equal;
	ret(done < 0 ? done : nic_ethtool(&p));
}

static void rule(void)
{
	struct ethtool_rxnfc p = { .cmd = ETHTOOL_SRXCLSRLINS };
	const uint16_t dst = htons((uint16_t)integer("dst_port", 0)), src = htons((uint16_t)integer("src_port", 0));

	p.fs.flow_type = options.address[SERVER] && strchr(options.address[SERVER], ':') ? TCP_V6_FLOW : TCP_V4_FLOW;
	p.fs.location = (uint32_t)integer("at", 0);
	p.fs.ring_cookie = (uint64_t)integer("queue", 0);
	if (p.fs.flow_type == TCP_V4_FLOW) {
		p.fs.h_u.tcp_ip4_spec.pdst = dst;
		p.fs.h_u.tcp_ip4_spec.psrc = src;
		p.fs.m_u.tcp_ip4_spec.pdst = dst ? 0xffff : 0;
		p.fs.m_u.tcp_ip4_spec.psrc = src ? 0xffff : 0;
	} else {
		p.fs.h_u.tcp_ip6_spec.pdst = dst;
		p.fs.h_u.tcp_ip6_spec.psrc = src;
		p.fs.m_u.tcp_ip6_spec.pdst = dst ? 0xffff : 0;
		p.fs.m_u.tcp_ip6_spec.psrc = src ? 0xffff : 0;
	}
	ret(nic_ethtool(&p));
}

static void unrule(void)
{
	struct ethtool_rxnfc p = { .cmd = ETHTOOL_SRXCLSRLDEL, .fs.location = (uint32_t)integer("at", 0) };

	ret(nic_ethtool(&p));
}

/* A generic netlink message under construction. */
struct message {
	union {
		struct nlmsghdr head;
		char bytes[MESSAGE];
	};
};

static void *attribute(struct message *m, uint16_t type, const void *data, uint16_t len)
{
	struct nlattr *a = (struct nlattr *)(m->bytes + NLMSG_ALIGN(m->head.nlmsg_len));

	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) + NLA_ALIGN(a->nla_len);
	return a;
}

static struct message message_to(uint16_t family, uint8_t command)
{
	struct message m = { .head = { .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN), .nlmsg_type = family } };
	struct genlmsghdr *g = NLMSG_DATA(&m.head);

	m.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	g->cmd = command;
	g->version = 1;
	return m;
}

/* Sends it, and takes the answer in its place: 0 or -errno. */
static int exchange(int fd, struct message *m)
{
	ssize_t n = send(fd, m->bytes, m->head.nlmsg_len, 0);
	char answer[8192];
	int done = n < 0 ? -errno : 0;

	while (done == 0 && (n = recv(fd, answer, sizeof(answer), 0)) > 0) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)answer;

		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		memcpy(m->bytes, answer, (size_t)n < MESSAGE ? (size_t)n : MESSAGE);
	}
	return done < 0 ? done : -EIO;
}

/* The number of the family ethtool; -errno. */
static int ethtool_family(int fd)
{
	struct message m = message_to(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	int done;

	attribute(&m, CTRL_ATTR_FAMILY_NAME, "ethtool", sizeof("ethtool"));
	done = exchange(fd, &m);
	for (char *at = (char *)NLMSG_DATA(&m.head) + GENL_HDRLEN; done == 0 && at < m.bytes + MESSAGE - NLA_HDRLEN;) {
		const struct nlattr *a = (const struct nlattr *)at;

		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(const uint16_t *)(at + NLA_HDRLEN);
		if (a->nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(a->nla_len);
	}
	return done < 0 ? done : -ENOENT;
}

/* Changes one setting of the rings that the ioctl does not know. */
static int rings_set(uint16_t type, const void *value, uint16_t len)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	const char *device = nic_name();
	struct message m;
	struct nlattr *header;
	int family, done;

	if (fd < 0)
		return -errno;
	family = device ? ethtool_family(fd) : -ENODEV;
	if (family >= 0) {
		m = message_to((uint16_t)family, RINGS_SET);
		header = attribute(&m, A_HEADER | NLA_F_NESTED, NULL, 0);
		attribute(&m, A_HEADER_DEV_NAME, device, (uint16_t)(strlen(device) + 1));
		header->nla_len = (uint16_t)(m.bytes + m.head.nlmsg_len - (char *)header);
		attribute(&m, type, value, len);
	}
	done = family < 0 ? family : exchange(fd, &m);
	close(fd);
	return done;
}

static void split(void)
{
	const uint8_t value = flag("on") ? SPLIT_ENABLED : SPLIT_DISABLED;

	ret(rings_set(A_TCP_DATA_SPLIT, &value, sizeof(value)));
}

static void threshold(void)
{
	const uint32_t value = (uint32_t)integer("bytes", 0);

	ret(rings_set(A_HDS_THRESH, &value, sizeof(value)));
}

/* A private flag by name. */
static int private_flag(const char *name, bool on)
{
	struct {
		struct ethtool_gstrings head;
		char names[32][ETH_GSTRING_LEN];
	} strings = { .head = { .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_PRIV_FLAGS } };
	struct ethtool_value flags = { .cmd = ETHTOOL_GPFLAGS };
	int done = nic_ethtool(&strings);

	if (done == 0)
		done = nic_ethtool(&flags);
	for (uint32_t i = 0; done == 0 && i < strings.head.len && i < 32; i++) {
		if (strncmp(strings.names[i], name, ETH_GSTRING_LEN))
			continue;
		flags.cmd = ETHTOOL_SPFLAGS;
		flags.data = on ? flags.data | 1u << i : flags.data & ~(1u << i);
		return nic_ethtool(&flags);
	}
	return done < 0 ? done : on ? -EOPNOTSUPP : 0;
}

static void pack(void)
{
	ret(private_flag(PACK_FLAG, flag("on")));
}

static void copybreak(void)
{
	struct {
		struct ethtool_tunable head;
		uint32_t bytes;
	} p = {
		.head = { .cmd = ETHTOOL_STUNABLE, .id = ETHTOOL_RX_COPYBREAK, .type_id = ETHTOOL_TUNABLE_U32, .len = sizeof(uint32_t) },
		.bytes = (uint32_t)integer("bytes", 0),
	};
	int done = private_flag(COPYBREAK_FLAG, flag("first"));

	ret(done < 0 ? done : nic_ethtool(&p));
}

#define COUNTERS 4

/* What queues had counted at the last look. */
static struct look {
	const char *device;
	int64_t queue;
	uint64_t counted[COUNTERS];
} looks[2 * QUEUES_MAX];
static int nr_looks;

static struct look *look_at(const char *device, int64_t queue, bool *begins)
{
	*begins = false;
	for (int i = 0; i < nr_looks; i++)
		if (looks[i].queue == queue && !strcmp(looks[i].device, device))
			return &looks[i];
	if (nr_looks == 2 * QUEUES_MAX)
		stop("too many queues");
	*begins = true;
	looks[nr_looks].device = device;
	looks[nr_looks].queue = queue;
	return &looks[nr_looks++];
}

static void counters(void)
{
	static const char *const names[COUNTERS] = { "hds_bytes", "hds_nosplit", "copybreak", "restarts" };
	const int64_t queue = integer("queue", 0);
	const char *device = nic_name();
	struct look *look;
	bool begins;

	look = look_at(device ? device : "", queue, &begins);
	emit("counters");
	trace_int("queue", queue);
	for (int i = 0; i < COUNTERS; i++) {
		char name[ETH_GSTRING_LEN];
		uint64_t now = 0;

		snprintf(name, sizeof(name), "rx%d_%s", (int)queue, names[i]);
		if (device && nic_counter(device, name, &now) && !begins && integer("of", 0) >> i & 1)
			trace_int(names[i], (int64_t)(now - look->counted[i]));
		look->counted[i] = now;
	}
	trace_end();
}

static void drop(void)
{
	const int number = strcmp(text("host"), host_names[CLIENT]) ? 1 : 0;
	char path[96], value[24];
	int fd, done = 0;

	snprintf(path, sizeof(path), "/sys/module/zcnic/parameters/zc%d_drop_every", number);
	snprintf(value, sizeof(value), "%lld", (long long)integer("every", 0));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		done = -errno;
	if (fd >= 0)
		close(fd);
	ret(done == -ENOENT ? -EOPNOTSUPP : done);
}

static void dmabuf(void)
{
	const size_t bytes = (size_t)integer("pages", 4) * PAGE;
	const int memory = memfd_create("dmabuf", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	const int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create p = { .memfd = (uint32_t)memory, .size = bytes };
	void *at;
	int fd;

	if (device < 0)
		stop("no device memory: /dev/udmabuf cannot be opened: %d", -errno);
	if (memory < 0 || ftruncate(memory, (off_t)bytes) < 0 || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		stop("no device memory: %d", -errno);
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory, 0);
	fd = at == MAP_FAILED ? -1 : ioctl(device, UDMABUF_CREATE, &p);
	if (fd < 0)
		stop("no device memory: %d", -errno);
	close(device);
	close(memory);
	give(text("name"), NULL, (int64_t)(uintptr_t)at);
	give(text("name"), "len", (int64_t)bytes);
	give(text("fd"), NULL, fd);
}

const struct handler nic_steps[] = {
	{ "nic.ring", ring }, { "nic.link", link_step }, { "nic.rss", rss }, { "nic.rule", rule }, { "nic.unrule", unrule },
	{ "nic.split", split }, { "nic.threshold", threshold }, { "nic.copybreak", copybreak }, { "nic.pack", pack }, { "nic.drop", drop },
	{ "nic.counters", counters },
	{ "mem.dmabuf", dmabuf }, { NULL, NULL },
};
