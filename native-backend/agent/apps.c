// SPDX-License-Identifier: Apache-2.0
/* Steps on whole applications: what they are to be, and their run. */
#define _GNU_SOURCE
#include "apps.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "ending.h"
#include "machine.h"
#include "places.h"
#include "program.h"
#include "trace.h"

#define LOOK_NS 2000000
#define UNTIL_NS 10000000000
/* Nobody does anything for so long, when the time of the run is over, or in all. */
#define QUIET_AFTER_NS 1000000000
#define QUIET_NS 10000000000
/* What an application needs for its end: closing a ring with buffers lent may take a while. */
#define END_NS 5000000000

static struct knobs knobs[HOSTS];

static const char *const roles[] = { "none", "source", "sink", "echo", "rpc", NULL };
static const char *const receives[] = {
	"zc", "recv", "multishot", "read", "epoll", "pbuf", "bundle", "incremental", NULL,
};
static const char *const sends[] = { "send", "zc", "zc_fixed", NULL };
static const char *const rearms[] = { "off", "on", "close", NULL };
static const char *const checks[] = { "none", "compare", "sha256", NULL };
static const char *const orders[] = { "fifo", "lifo", "random", NULL };
static const char *const families[] = { "ipv4", "ipv6", NULL };

bool apps_in_program(void)
{
	for (int i = 0; i < program_steps(); i++)
		if (!strcmp(json_get(program_step(i), "step")->text, "apps.run"))
			return true;
	return false;
}

static uint64_t number(const char *knob, uint64_t least, uint64_t most, uint64_t otherwise)
{
	const struct json *v = json_get(step_now(), knob);

	if (!v)
		return otherwise;
	if ((v->kind != JSON_NUMBER && v->kind != JSON_BOOL) || v->number < 0 || (uint64_t)v->number < least || (uint64_t)v->number > most)
		refuse("%s: expected a whole number from %llu to %llu.", knob, (unsigned long long)least, (unsigned long long)most);
	return (uint64_t)v->number;
}

static int choice(const char *knob, const char *const *names, int otherwise)
{
	const struct json *v = json_get(step_now(), knob);

	if (!v)
		return otherwise;
	for (int n = 0; names[n]; n++)
		if (v->kind == JSON_TEXT && !strcmp(names[n], v->text))
			return n;
	refuse("%s: there is no '%s' here.", knob, v->kind == JSON_TEXT ? v->text : "number");
}

#define HOUR 3600000000000ull
#define GIB (1ull << 30)

static void read_app(struct knobs *k)
{
	k->role = (enum role)choice("app.role", roles, ROLE_NONE);
	k->receive = (enum receive)choice("app.receive", receives, RECEIVE_ZC);
	k->send = (enum send)choice("app.send", sends, SEND_COPY);
	k->sends = number("app.batch", 1, 32768, 1);
	k->rearm = (enum rearm)choice("app.rearm", rearms, REARM_ON);
	k->check = (enum check)choice("app.check", checks, CHECK_SHA256);
	k->recv_bytes = number("app.recv_bytes", 0, 16 << 20, 0);
	k->waitall = number("app.waitall", 0, 1, 0);
	k->flows = number("app.flows", 0, FLOWS_MAX, 1);
	k->bytes = number("app.bytes", 0, 1ull << 45, 1 << 20);
	k->chunk = number("app.chunk", 1, 16 << 20, 65536);
	k->depth = number("app.depth", 1, 64, 1);
	k->start_ns = number("app.start_ns", 0, HOUR, 0);
	k->stagger_ns = number("app.stagger_ns", 0, HOUR, 0);
	k->gap_ns = number("app.gap_ns", 0, HOUR, 0);
	k->port = number("app.port", 1, 65535, 9999);
	k->work_ns = number("app.work_ns", 0, HOUR, 0);
	k->stop_after = number("app.stop_after", 0, 1ull << 45, 0);
	k->v6 = choice("tcp.family", families, 0) == 1;
	k->seed = number("seed", 0, 1ull << 48, 1);
}

static void read_refill(struct knobs *k)
{
	k->area_bytes = number("refill.area_bytes", 4096, AREA_MAX, 16 << 20);
	k->area_page = number("refill.area_page", 4096, GIB, 2 << 20);
	k->rx_buf_len = number("refill.rx_buf_len", 4096, 2 << 20, 4096);
	k->rq_entries = number("refill.rq_entries", 0, 32768, 0);
	k->queue = number("refill.queue", 0, 65535, 0);
	k->nodev = number("refill.nodev", 0, 1, 0);
	k->batch = number("refill.batch", 1, 32768, 1);
	k->delay_ns = number("refill.delay_ns", 0, HOUR, 0);
	k->order = (enum order)choice("refill.order", orders, ORDER_FIFO);
	k->give_back = number("refill.give_back", 0, 1, 1);
	k->flush = number("refill.flush", 0, 1, 1);
	if (k->area_bytes % k->rx_buf_len || k->rx_buf_len & (k->rx_buf_len - 1))
		refuse("refill.area_bytes: expected a multiple of refill.rx_buf_len, which is a power of two.");
}

static void read_ring_and_socket(struct knobs *k)
{
	k->sq_entries = number("ring.sq_entries", 1, 32768, 256);
	k->cq_entries = number("ring.cq_entries", 1, 65536, 4096);
	k->cap_net_admin = number("ring.cap_net_admin", 0, 1, 1);
	k->cap_ipc_lock = number("ring.cap_ipc_lock", 0, 1, 1);
	k->memlock = number("ring.memlock", 0, 1ull << 45, 8 << 20);
	k->rcvbuf = number("socket.rcvbuf", 0, GIB, 0);
	k->sndbuf = number("socket.sndbuf", 0, GIB, 0);
	k->nodelay = number("socket.nodelay", 0, 1, 0);
	k->backlog = number("socket.backlog", 1, 65535, 4096);
}

static void read_ports(struct knobs *k)
{
	const struct json *ports = list("ports");

	if (json_count(ports) > PORTS_MAX)
		refuse("ports: an application listens on %d at most.", PORTS_MAX);
	for (const struct json *v = ports ? ports->child : NULL; v; v = v->next) {
		if (v->kind != JSON_NUMBER || v->number < 1 || v->number > 65535)
			refuse("ports: expected numbers from 1 to 65535.");
		k->ports[k->nr_ports++] = (uint64_t)v->number;
	}
}

static void app(void)
{
	const int host = host_number(text("host"));

	if (host < 0)
		refuse("host: expected client or server; found '%s'.", text("host"));
	if (knobs[host].role != ROLE_NONE)
		refuse("the %s has two applications.", host_names[host]);
	read_app(&knobs[host]);
	read_refill(&knobs[host]);
	read_ring_and_socket(&knobs[host]);
	read_ports(&knobs[host]);
}

struct run {
	struct shared *shared;
	pid_t child[HOSTS];
	int64_t until_ns, moved_at_ns;
	uint64_t moved;
};

static bool runs(const struct run *r, int host)
{
	return r->child[host] > 0;
}

static void begin(struct run *r)
{
	for (int host = 0; host < HOSTS; host++) {
		if (knobs[host].role == ROLE_NONE || (options.only >= 0 && options.only != host)) {
			r->shared->ready[host] = 1;
			continue;
		}
		r->child[host] = ending_fork();
		if (r->child[host] == 0)
			app_main(host, knobs, r->shared);
		if (r->child[host] < 0)
			stop("no process can be made for the %s: %s", host_names[host], strerror(-r->child[host]));
	}
}

/* Takes note of applications that are over. One that crashed ends the program. */
static void collect(struct run *r)
{
	for (int host = 0; host < HOSTS; host++) {
		int how;

		if (!runs(r, host) || waitpid(r->child[host], &how, WNOHANG) != r->child[host])
			continue;
		ending_forget(r->child[host]);
		r->child[host] = 0;
		if (WIFSIGNALED(how))
			stop("the %s's application was ended by signal %d", host_names[host], WTERMSIG(how));
		if (WEXITSTATUS(how))
			ending_exit(WEXITSTATUS(how));
		r->shared->ready[host] = 1;
	}
}

/* All connections have come to their end, on both sides. */
static bool all_done(const struct run *r)
{
	const struct shared *s = r->shared;
	const int opener = app_opens(&knobs[CLIENT]) ? CLIENT : app_opens(&knobs[SERVER]) ? SERVER : -1;

	if (opener < 0)
		return true;
	if (s->report[!opener].failed || s->report[opener].failed)
		return true;
	/* The other machine's application is not to be seen: the flows that it was to open are counted. */
	if (options.only >= 0 && options.only != opener)
		return s->listener_closed >= knobs[opener].flows;
	return s->opener_done && (!runs(r, !opener) || s->listener_closed >= s->opened);
}

/* Nobody does anything any more, and nobody will by itself. */
static bool stuck(struct run *r)
{
	const struct shared *s = r->shared;
	const uint64_t moved = s->moved[CLIENT] + s->moved[SERVER];
	const int64_t now = now_ns();
	int64_t quiet;

	/* What was to come later than the scenario's end is not waited for. */
	if (moved != r->moved || (now < r->until_ns && (s->due_ns[CLIENT] > now || s->due_ns[SERVER] > now))) {
		r->moved = moved;
		r->moved_at_ns = now;
	}
	quiet = now - r->moved_at_ns;
	return quiet > QUIET_NS || (now > r->until_ns && quiet > QUIET_AFTER_NS);
}

static void look(struct run *r)
{
	nanosleep(&(struct timespec) { .tv_nsec = LOOK_NS }, NULL);
	collect(r);
}

static void end(struct run *r)
{
	const int64_t patience = now_ns() + END_NS;

	r->shared->stop = 1;
	while ((runs(r, CLIENT) || runs(r, SERVER)) && now_ns() < patience)
		look(r);
	for (int host = 0; host < HOSTS; host++)
		if (runs(r, host))
			stop("the %s's application does not end", host_names[host]);
}

/* Both speak the family of who connects, or that of the addresses on the command line. */
static void choose_family(void)
{
	const int opener = app_opens(&knobs[SERVER]) ? SERVER : CLIENT;
	const bool v6 = places_v6(knobs[opener].v6);

	knobs[CLIENT].v6 = v6;
	knobs[SERVER].v6 = v6;
}

static void run(void)
{
	struct run r = {
		.shared = mmap(NULL, sizeof(*r.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};

	if (r.shared == MAP_FAILED)
		stop("there is no memory for the applications");
	if (knobs[CLIENT].role == ROLE_NONE && knobs[SERVER].role == ROLE_NONE)
		refuse("apps.run: no step 'app' says what is to run.");
	if (app_opens(&knobs[CLIENT]) == app_opens(&knobs[SERVER]) && knobs[CLIENT].role && knobs[SERVER].role)
		refuse("apps.run: one host has to open connections (source, rpc), the other one to accept them (sink, echo).");
	if (options.only >= 0 && knobs[options.only].role == ROLE_NONE)
		refuse("--only %s: the %s has no application.", host_names[options.only], host_names[options.only]);
	choose_family();
	begin(&r);
	while (!r.shared->ready[CLIENT] || !r.shared->ready[SERVER])
		look(&r);
	for (int host = 0; host < HOSTS; host++)
		if (r.shared->report[host].failed == EPERM || r.shared->report[host].failed == ENOSYS)
			stop_without_ring(r.shared->report[host].failed);
	r.shared->t0_ns = now_ns();
	r.moved_at_ns = r.shared->t0_ns;
	r.until_ns = r.shared->t0_ns + (int64_t)number("until_ns", 1, HOUR, UNTIL_NS);
	while (!all_done(&r) && !stuck(&r) && (runs(&r, CLIENT) || runs(&r, SERVER)))
		look(&r);
	end(&r);
	apps_report(knobs, r.shared);
	munmap(r.shared, sizeof(*r.shared));
	memset(knobs, 0, sizeof(knobs));
}

const struct handler app_steps[] = { { "app", app }, { "apps.run", run }, { NULL, NULL } };
