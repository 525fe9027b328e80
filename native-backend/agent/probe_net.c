// SPDX-License-Identifier: Apache-2.0
/* What a kernel's receives and sends do. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "memory.h"
#include "probe.h"

/* Names that a library's header may lack. */
#define SEND_VECTORIZED (1u << 5)
#define CMD_TX_TIMESTAMP 4
#define CMD_GETSOCKNAME 5

static void send_bytes(int fd, size_t n)
{
	static const char bytes[256];

	if (send(fd, bytes, n, 0) != (ssize_t)n)
		answer(UNKNOWN);
}

static struct io_uring_sqe *receive(int fd, void *at, unsigned int len)
{
	struct io_uring_sqe *sqe = sqe_for(1);

	io_uring_prep_recv(sqe, fd, at, len, 0);
	return sqe;
}

static struct io_uring_sqe *receive_selected(int fd, unsigned int ioprio)
{
	struct io_uring_sqe *sqe = receive(fd, NULL, 0);

	sqe->ioprio = (uint16_t)ioprio;
	sqe->flags = IOSQE_BUFFER_SELECT;
	sqe->buf_group = 1;
	return sqe;
}

static int unix_inq(void)
{
	unsigned int flags;
	char bytes[10];
	int fds[2], res;

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	send_bytes(fds[1], 100);
	receive(fds[0], bytes, sizeof(bytes));
	if (!next_cqe(&res, &flags) || res != (int)sizeof(bytes))
		return UNKNOWN;
	return flags & IORING_CQE_F_SOCK_NONEMPTY ? YES : NO;
}

/* 40 bytes over buffers of 16: a first receive fills one, and then knows how much is left. */
static int unix_inq_whole(void)
{
	int fds[2], res;

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	buffer_group(8, 16, 0);
	send_bytes(fds[1], 40);
	res = result_of(receive_selected(fds[0], IORING_RECVSEND_BUNDLE));
	return res == 40 ? YES : res == 16 || res == 32 ? NO : UNKNOWN;
}

static int recv_mshot_len(void)
{
	unsigned int flags;
	int fds[2], res;
	struct io_uring_sqe *sqe;

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	buffer_group(4, 64, 0);
	send_bytes(fds[1], 16);
	sqe = receive_selected(fds[0], IORING_RECV_MULTISHOT);
	sqe->len = 16;
	if (!next_cqe(&res, &flags))
		return UNKNOWN;
	return res == -EINVAL ? NO : res == 16 ? YES : UNKNOWN;
}

/* The bundle's second pass ends inside of the second buffer. */
static int bundle_buf_more(void)
{
	unsigned int flags;
	int fds[2], res;

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	buffer_group(4, 32, IOU_PBUF_RING_INC);
	send_bytes(fds[1], 40);
	receive_selected(fds[0], IORING_RECVSEND_BUNDLE | IORING_RECV_MULTISHOT);
	if (!next_cqe(&res, &flags) || res != 40)
		return UNKNOWN;
	return flags & IORING_CQE_F_BUF_MORE ? YES : NO;
}

static int send_vectorized(void)
{
	struct iovec iov[2] = { { .iov_base = "ab", .iov_len = 2 }, { .iov_base = "cd", .iov_len = 2 } };
	struct io_uring_sqe *sqe;
	int fds[2], res;

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	sqe = sqe_for(1);
	io_uring_prep_send(sqe, fds[1], iov, 2, 0);
	sqe->ioprio = SEND_VECTORIZED;
	res = result_of(sqe);
	return res == 4 ? YES : NO;
}

static int send_fixed_buf(void)
{
	static char bytes[64];
	const struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct io_uring_sqe *sqe;
	int fds[2], res;

	ring_deferred();
	pair_of_sockets(SOCK_STREAM, fds);
	if (io_uring_register_buffers(&probe_ring, &iov, 1) < 0)
		return UNKNOWN;
	sqe = sqe_for(1);
	io_uring_prep_send(sqe, fds[1], bytes, 16, 0);
	sqe->ioprio = IORING_RECVSEND_FIXED_BUF;
	res = result_of(sqe);
	return res == 16 ? YES : res == -EINVAL ? NO : UNKNOWN;
}

static int send_zc_notif_user_data(void)
{
	struct io_uring_sqe *sqe;
	int fds[2], res;

	ring_deferred();
	tcp_pair_of_sockets(fds);
	sqe = sqe_for(1);
	io_uring_prep_send_zc(sqe, fds[1], "x", 1, 0, 0);
	sqe->addr3 = 2;
	res = result_of(sqe);
	return res == 1 ? YES : res == -EINVAL ? NO : UNKNOWN;
}

static int pbuf_min_left(void)
{
	struct io_uring_buf_reg r = {
		.ring_addr = (uintptr_t)memory_pages(4096), .ring_entries = 8, .bgid = 1, .flags = IOU_PBUF_RING_INC, .min_left = 16,
	};
	int ret;

	ring_deferred();
	ret = io_uring_register_buf_ring(&probe_ring, &r, 0);
	return ret == 0 ? YES : ret == -EINVAL ? NO : UNKNOWN;
}

/* A datagram of 40 bytes, of which the receive wants 16: how far does the buffer go on? */
static int pbuf_trunc_written(void)
{
	struct io_uring_buf_ring *br;
	struct io_uring_sqe *sqe;
	uint64_t before;
	int fds[2], res;

	ring_deferred();
	pair_of_sockets(SOCK_DGRAM, fds);
	br = buffer_group(4, 64, IOU_PBUF_RING_INC);
	before = br->bufs[0].addr;
	send_bytes(fds[1], 40);
	sqe = receive_selected(fds[0], 0);
	sqe->len = 16;
	sqe->msg_flags = MSG_TRUNC;
	res = result_of(sqe);
	if (res != 40)
		return UNKNOWN;
	return br->bufs[0].addr - before == 16 ? YES : NO;
}

static int command(unsigned int op, int type, void *addr, void *addr3)
{
	struct io_uring_sqe *sqe;
	int fds[2], res;

	ring_deferred();
	pair_of_sockets(type, fds);
	sqe = sqe_for(1);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fds[0];
	sqe->cmd_op = op;
	sqe->addr = (uintptr_t)addr;
	sqe->addr3 = (uintptr_t)addr3;
	res = result_of(sqe);
	return res == -EOPNOTSUPP ? NO : YES;
}

static int cmd_tx_timestamp(void)
{
	return command(CMD_TX_TIMESTAMP, SOCK_DGRAM, NULL, NULL);
}

static int cmd_getsockname(void)
{
	static struct sockaddr_storage name;
	static socklen_t len = sizeof(name);

	return command(CMD_GETSOCKNAME, SOCK_STREAM, &name, &len);
}

const struct probe net_probes[] = {
	{ "unix_inq", unix_inq, UNKNOWN }, { "unix_inq_whole", unix_inq_whole, UNKNOWN },
	{ "recv_mshot_len", recv_mshot_len, UNKNOWN }, { "bundle_buf_more", bundle_buf_more, UNKNOWN },
	{ "send_vectorized", send_vectorized, UNKNOWN }, { "send_fixed_buf", send_fixed_buf, UNKNOWN },
	{ "send_zc_notif_user_data", send_zc_notif_user_data, UNKNOWN }, { "pbuf_min_left", pbuf_min_left, UNKNOWN },
	{ "pbuf_trunc_written", pbuf_trunc_written, UNKNOWN }, { "cmd_tx_timestamp", cmd_tx_timestamp, UNKNOWN },
	{ "cmd_getsockname", cmd_getsockname, UNKNOWN }, { NULL, NULL, 0 },
};
