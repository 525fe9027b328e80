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
/* The name of an errno. */
const char *trace_errno(int error);
void trace_cqe_flags(const char *key, uint32_t flags);
void trace_sq_flags(const char *key, uint32_t flags);
void trace_crc(const char *key, const void *bytes, size_t n);
/* CRC-32 as in zlib, of what came before (0: nothing) and of these bytes. */
uint32_t crc32_on(uint32_t before, const void *bytes, size_t n);
void trace_crc_value(const char *key, uint32_t crc);
void trace_bytes(const char *key, const void *bytes, size_t n);
void trace_open(const char *key, char bracket);
void trace_close(char bracket);
void trace_end(void);

#endif
