/* SPDX-License-Identifier: Apache-2.0 */
/* A program: JSON lines, a step each. */
#ifndef AGENT_PROGRAM_H
#define AGENT_PROGRAM_H

#include "json.h"

/* Reads all of it, or ends the process with a sentence (exit 2). */
void program_read(const char *from);
int program_steps(void);
const struct json *program_step(int i);

#endif
