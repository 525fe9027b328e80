/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of sockets with the streams between them: what each still has to send, and what came of it. */
#ifndef AGENT_STREAMS_H
#define AGENT_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From one end of a pair to the other. */
struct flow {
	int from, to;
	uint32_t seed;
	size_t wanted, sent;	/* bytes that it is to carry in all, and that the socket took */
	size_t window;		/* bytes that may be sent and not yet received; 0: any number */
	bool end, shut;		/* the end follows; the end was said */
	size_t received, said;	/* of what was received: said by a step already */
	size_t counted;		/* and of which a step said how it came */
	bool ok;
	uint32_t crc;
	int armed;		/* generation of the ring on which a RECV_ZC waits for it; 0: none does */
};

/* A new pair: a and b may send each other streams. */
void streams_pair(int a, int b);
/* The last flow with such an end. */
struct flow *flow_from(int fd);
struct flow *flow_to(int fd);

/* A file was closed: nothing is sent from it any more, since another may get its number. */
void streams_forget(int fd);
/* Sends what there is room for, of all flows. */
void streams_push(void);
/* Bytes that no socket has taken yet. */
size_t streams_left(void);
/* Takes bytes in, and proves them. */
void flow_take(struct flow *f, const void *bytes, size_t n);

#endif
