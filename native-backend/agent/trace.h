/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a step trace (docs/steps.md): the same that the simulator writes. */
#ifndef AGENT_TRACE_H
#define AGENT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line: begin, members in their order, end. */
void trace_begin(int i, const char *e, const char *tag);
void trace_int(const char *key, int64_t value);
void trace_unsigned_text(const char *key, uint64_t value);
void trace_hex_text(const char *key, uint64_t value);
void trace_text(const char *key, const char *text);
void trace_bool(const char *key, bool value);
/* A result, with the name of its errno when it is negative. */
void trace_result(const char *key, int64_t value);
void trace_cqe_flags(const char *key, uint32_t flags);
void trace_sq_flags(const char *key, uint32_t flags);
void trace_crc(const char *key, const void *bytes, size_t n);
void trace_bytes(const char *key, const void *bytes, size_t n);
void trace_open(const char *key, char bracket);
void trace_close(char bracket);
void trace_end(void);

#endif
