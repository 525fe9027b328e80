/* SPDX-License-Identifier: Apache-2.0 */
/* What an instance has lent user space: which bytes of the area, what waits to be given back, how far the refill ring is filled. */
#ifndef AGENT_LOANS_H
#define AGENT_LOANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct instance;

#define AREAS_MAX 8

enum give { GIVE_EACH, GIVE_BATCH, GIVE_REVERSED, GIVE_TWICE, GIVE_NONE };

struct entry {
	uint64_t off;
	uint32_t len;
};
struct entries {
	struct entry *of;
	size_t n, room;
};

struct loans {
	uint32_t tail;
	bool distinct;			/* no byte was lent that was lent already */
	size_t lent, given;		/* completions whose bytes were lent; those that were given back */
	struct entries held, queue;	/* kept by the policy; on the way to the refill ring, which may be full */
	bool events[8];			/* types that were seen */
	struct {
		char *at;
		size_t bytes;
		unsigned char *marks;	/* a byte for each of them: lent */
	} areas[AREAS_MAX];		/* by their numbers */
	unsigned int nr_areas;
};

struct loans *loans_new(void);
void loans_area(struct loans *l, void *at, size_t bytes);
/* Where the bytes of an entry lie, which are lent now; NULL: in no area. */
const char *loans_lend(struct loans *l, struct entry e);
/* Gives back what is held, as a policy has it. */
void loans_give(struct loans *l, enum give policy, size_t batch);
/* Writes entries while the refill ring has room. */
void loans_publish(struct instance *z);

#endif
