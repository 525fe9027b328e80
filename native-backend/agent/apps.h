/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The applications of a scenario (docs/native.md, "Application traces"): what uring-model/8-app/builtin does in the simulator, in native
 * loops over liburing. Each runs in a process of its own, in its host's namespace; the parent watches them and says what came of it.
 * What it has to know lies in memory that all three share.
 */
#ifndef AGENT_APPS_H
#define AGENT_APPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <liburing.h>

#include "options.h"
#include "payload.h"
#include "sha256.h"

#define FLOWS_MAX 4096
#define PORTS_MAX 64
#define AREA_MAX (1ul << 30)
/* First port of the flows: flow f is bound to this + f, where the hosts have addresses of their own. */
#define SOURCE_PORT 10000

enum role { ROLE_NONE, ROLE_SOURCE, ROLE_SINK, ROLE_ECHO, ROLE_RPC };
enum receive {
	RECEIVE_ZC, RECEIVE_RECV, RECEIVE_MULTISHOT, RECEIVE_READ, RECEIVE_EPOLL, RECEIVE_PBUF, RECEIVE_BUNDLE, RECEIVE_INCREMENTAL,
};
enum send { SEND_COPY, SEND_ZC, SEND_ZC_FIXED };
enum rearm { REARM_OFF, REARM_ON, REARM_CLOSE };
enum check { CHECK_NONE, CHECK_COMPARE, CHECK_SHA256 };
enum order { ORDER_FIFO, ORDER_LIFO, ORDER_RANDOM };

/* Knobs of the sections app, ring, refill and socket (sim/schema/scenario.ts), under their names. */
struct knobs {
	enum role role;
	enum receive receive;
	enum send send;
	enum rearm rearm;
	enum check check;
	enum order order;
	bool v6;
	uint64_t recv_bytes, waitall;
	uint64_t seed, flows, bytes, chunk, depth, sends, start_ns, stagger_ns, gap_ns, port, work_ns, stop_after;
	uint64_t ports[PORTS_MAX], nr_ports;
	uint64_t area_bytes, area_page, rx_buf_len, rq_entries, queue, nodev, batch, delay_ns, give_back, flush;
	uint64_t rcvbuf, sndbuf, nodelay, backlog;
	uint64_t sq_entries, cq_entries, cap_net_admin, cap_ipc_lock, memlock;
};

/* A connection, as its application knows it. */
struct stream {
	int64_t conn;			/* number of the flow; -1: not known */
	uint64_t bytes, completions;
	int64_t first_ns, last_ns;	/* of completions with data */
	int res;			/* 0 or -errno */
	bool done, wrong, lent_wrong;	/* wrong: a byte was not what the source sent */
	unsigned char digest[SHA256_DIGEST];
	/* The application's own */
	int fd, state;
	uint32_t inflight, loans;
	uint64_t mark, at;		/* bytes when the receive was armed, or requests sent; place in the pattern */
	unsigned char *buffer;
	struct sha256 sha;
	uint16_t peer_port;
};

/* Patterns of completions: a bit for each set of MORE, BUFFER and NOTIF. */
enum { OP_RECV_ZC, OP_RECV, OP_SEND, OP_SEND_ZC, OPS };
enum { CONN_OPEN = 1, CONN_STOPPING, CONN_CLOSING };
enum { PATTERN_MORE = 1, PATTERN_BUFFER = 2, PATTERN_NOTIF = 4, PATTERNS = 8 };
#define ERRORS_MAX 256
struct grammar {
	uint64_t requests, ends;
	bool twice;			/* more ends than requests */
	uint8_t shots, ends_seen;	/* sets of patterns */
	bool errors[ERRORS_MAX];
};

struct report {
	int failed, refused;		/* errno */
	enum receive receive;		/* in fact */
	bool huge_wanted, huge;		/* pages of the area */
	uint32_t nr_streams;
	struct grammar grammar[OPS];
	uint64_t lent, lent_bytes, returned;
	bool counted;			/* the kernel counted copies */
	uint64_t copied_bytes;
};

struct shared {
	_Atomic int ready[HOSTS];
	_Atomic int64_t t0_ns;		/* when the applications start; 0: not yet */
	_Atomic int stop;
	_Atomic uint64_t moved[HOSTS];	/* changes with whatever happens */
	_Atomic int64_t due_ns[HOSTS];	/* when an application will do something by itself; 0: it waits for others */
	_Atomic uint32_t opened, opener_closed, opener_done, listener_closed;
	/* Over the loopback device the kernel chooses ports: by these the listener learns which flow it has. */
	_Atomic uint16_t port_of_flow[FLOWS_MAX], listen_port[PORTS_MAX];
	struct report report[HOSTS];
	struct stream streams[HOSTS][FLOWS_MAX];
};

struct wait_list;
struct refill;

struct app {
	int host;
	const struct knobs *k, *peer;
	struct shared *shared;
	struct report *report;
	struct stream *streams;
	uint32_t nr_streams, streams_open, next_flow;
	int64_t t0_ns, next_start_ns;
	bool ended, compare;
	enum check check;
	enum receive receive;
	struct io_uring ring;
	/* Buffers: one a stream, cut from one piece; or a ring of them. */
	unsigned char *buffers;
	uint32_t buffer_bytes, nr_buffers;
	unsigned char **free_buffers;
	uint32_t nr_free;
	struct io_uring_buf_ring *buf_ring;
	uint32_t *buffer_used;		/* bytes, of incremental ones */
	int epoll_fd;
	/* Zero-copy receive */
	unsigned char *area;
	struct refill *refill;
	uint32_t zcrx_id;
	/* Completions of this turn that said no more than that there is still no room. */
	unsigned int in_vain;
	/* Streams that wait for a time: all waits of an application are equally long. */
	struct wait_list *waits;
	int listeners[PORTS_MAX];
	uint64_t listeners_idle;
};

/* Kinds of operations, in the upper half of user_data. */
enum kind { KIND_CONNECT = 1, KIND_SEND, KIND_RECV, KIND_SHUTDOWN, KIND_CLOSE, KIND_ACCEPT, KIND_CANCEL, KIND_PROVIDE };

bool apps_in_program(void);

/* apps_child.c: an application from its first to its last turn. Ends the process. */
_Noreturn void app_main(int host, const struct knobs *knobs, struct shared *shared);
void app_moved(struct app *a);
bool app_opens(const struct knobs *k);

/* apps_report.c */
void apps_report(const struct knobs *knobs, const struct shared *shared);

/* apps_ops.c: sockets, operations, grammar, proof, waits */
int make_socket(const struct app *a);
void op_connect(struct app *a, uint32_t i, const struct sockaddr_storage *to, socklen_t len);
void op_send(struct app *a, uint32_t i, const void *at, uint32_t len, int msg_flags, unsigned int sqe_flags);
void op_send_zc(struct app *a, uint32_t i, const void *at, uint32_t len, int msg_flags, unsigned int sqe_flags);
void op_recv(struct app *a, uint32_t i, void *at, uint32_t len);
void op_recv_multishot(struct app *a, uint32_t i, bool bundle);
void op_provide(struct app *a, void *at, uint32_t len, uint32_t count, uint32_t bid, bool silent);
void op_recv_zc(struct app *a, uint32_t i);
void op_shutdown(struct app *a, uint32_t i, int how);
void op_close(struct app *a, uint32_t i, int fd);
void op_accept(struct app *a, uint32_t listener);
void op_room(struct app *a, uint32_t n);
void saw(struct app *a, int op, const struct io_uring_cqe *cqe);
void check_start(struct app *a, struct stream *s);
void check_bytes(struct app *a, struct stream *s, const unsigned char *at, uint32_t len);
void check_end(struct app *a, struct stream *s);
struct stream *stream_new(struct app *a, uint32_t *i);
unsigned char *buffer_take(struct app *a);
void buffer_put(struct app *a, unsigned char *at);
void buffers_cut(struct app *a, unsigned char *base, uint64_t bytes, uint32_t flows);
void wait_add(struct app *a, int64_t time_ns, uint32_t i);
bool wait_take(struct app *a, int64_t now, uint32_t *i);
int64_t wait_due(const struct app *a);

/* apps_opener.c: source and rpc client */
void opener_cqe(struct app *a, enum kind kind, uint32_t i, const struct io_uring_cqe *cqe);
void opener_tick(struct app *a);
int64_t opener_due(const struct app *a);

/* apps_listener.c: sink and echo server */
int listener_start(struct app *a);
void listener_cqe(struct app *a, enum kind kind, uint32_t i, const struct io_uring_cqe *cqe);
void listener_tick(struct app *a);
int64_t listener_due(const struct app *a);
void listener_end(struct app *a);

/* What every sink does with a connection, however it receives. */
uint64_t receive_memory(const struct app *a);
uint32_t receive_bytes(const struct app *a);
int listener_listen(struct app *a);
struct stream *stream_accepted(struct app *a, int fd, uint32_t *i);
/* True: the application has had enough of the stream. */
bool stream_received(struct app *a, struct stream *s, const unsigned char *at, uint32_t len);
void stream_closed(struct app *a, struct stream *s);
void learn_peer(struct app *a, struct stream *s);

/* apps_provided.c: provided buffers, as a ring or as a list */
bool provided_used(const struct app *a);
int provided_start(struct app *a);
/* True: the application has had enough; a completion that cannot be is marked as lent wrongly. */
bool provided_received(struct app *a, struct stream *s, const struct io_uring_cqe *cqe);

/* apps_plain.c: sinks of plain system calls, without a ring */
bool plain_used(const struct app *a);
int plain_start(struct app *a);
void plain_turns(struct app *a);

/* apps_zcrx.c: area, refill ring, and when buffers are given back */
int zcrx_start(struct app *a);
/* The buffer behind a completion came; false: the kernel lent what it had lent already. */
bool refill_lent(struct app *a, uint64_t off, uint32_t len);
void refill_later(struct app *a, uint32_t i, uint64_t off, uint32_t len);
void refill_run(struct app *a);
int64_t refill_due(const struct app *a);
void refill_flush(struct app *a);
void refill_report(struct app *a);

#endif
