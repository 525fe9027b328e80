/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the program: zeroed, never moved, given back when the process ends. */
#ifndef AGENT_MEMORY_H
#define AGENT_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t bytes);
void *memory_pages(size_t bytes);
/* In large pages, as far as the kernel has them. */
void *memory_huge(size_t bytes);
/* Where peers send from and receive into: of no meaning after the step. */
void *memory_sink(size_t bytes);

#endif
