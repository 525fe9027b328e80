/* SPDX-License-Identifier: Apache-2.0 */
/* What a running program has: the step that is being done, the names that steps gave, its rings, buffers and instances. */
#ifndef AGENT_MACHINE_H
#define AGENT_MACHINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <liburing.h>

#include "json.h"
#include "loans.h"

#define RINGS_MAX 8
#define GROUPS_MAX 64
#define INSTANCES_MAX 16
#define SENT_MAX 4096

/* What was submitted under a user_data, for completions that speak of its memory. */
struct sent {
	uint64_t ud;
	int op;
	bool has_bgid;
	int bgid;
	bool makes_file;
};

struct open_ring {
	bool open;
	struct io_uring ring;
	struct sent sent[SENT_MAX];
	int nr_sent;
	int seen;
	int first_file;
	int generation;		/* a number of its own among all that were set up */
};

/* A ring of provided buffers, as user space knows it. */
struct buffers {
	bool there;
	int ring, bgid;
	struct io_uring_buf_ring *br;
	char *data;
	unsigned int entries, size;
	uint16_t tail;
};

struct nic_ways;

struct instance {
	const char *name;
	uint32_t id;
	char *area;
	size_t area_bytes;
	uint64_t token;
	uint32_t buffer_bytes, entries;
	uint32_t *head, *tail;
	char *rqes;
	uint64_t *stats;
	bool has_events, has_stats;
	uint64_t events_ud;	/* user_data of its events */
	struct loans *loans;	/* those that share its memory share these two */
	struct nic_ways *ways;
	int rxq;		/* -1: no device */
};

struct machine {
	struct open_ring rings[RINGS_MAX];
	struct buffers groups[GROUPS_MAX];
	struct instance instances[INSTANCES_MAX];
	size_t seq_sent, seq_proved;	/* bytes of pattern seq */
	size_t filled;			/* bytes that peer.fill sent */
	int ring_generations;
	bool lenient;		/* a step that cannot be done is left out */
};
extern struct machine machine;

void step_begin(int i, const struct json *step);
const struct json *step_now(void);

/* Where a step that is left out goes on; of the thread that does it. */
extern _Thread_local jmp_buf *way_back;
/* The program cannot go on: says so, and ends the process; or leaves the step out. */
_Noreturn void stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For want of a ring, which nobody may have here. */
_Noreturn void stop_without_ring(int error);

/* Fields of the step. */
bool has(const char *field);
int64_t integer(const char *field, int64_t otherwise);
int64_t value_of(const struct json *v);
bool flag(const char *field);
const char *text(const char *field);
const struct json *list(const char *field);
/* A pair of a list of pairs. */
void pair_of(const struct json *v, int64_t *first, int64_t *second);

/* Lines of the trace. A result is begun, may get further members, and is ended. */
void emit(const char *e);
bool ret_begin(int64_t value);
void ret_end(int64_t value);
void ret(int64_t value);

/* Names. `field` NULL: the value itself. */
void give(const char *name, const char *field, int64_t value);
const char *as(int n);

struct open_ring *ring_now(void);
struct io_uring *ring_of(int id);
struct buffers *group_now(void);
struct buffers *group_find(int ring, int bgid);
struct instance *instance_now(const char *field);
/* A control call on an instance; its argument's first 64 bits are `arg`. */
int zcrx_control(int64_t id, int64_t op, uint64_t *arg);

/* Of the kernel: its version, without what a builder wrote behind it; the machine's architecture. */
const char *kernel_release(void);
const char *machine_name(void);

int64_t now_ns(void);
struct __kernel_timespec *timespec_of(int64_t ns);
static inline unsigned char seq_byte(size_t n)
{
	return (unsigned char)(n * 7 + 3);
}

/* How a step is carried out. */
struct handler {
	const char *name;
	void (*run)(void);
};
extern const struct handler ring_steps[], register_steps[], memory_steps[], buffer_steps[], sqe_steps[], enter_steps[];
extern const struct handler observe_steps[], file_steps[], socket_steps[], misc_steps[], zcrx_steps[], app_steps[], stream_steps[];
extern const struct handler nic_steps[];

#endif
