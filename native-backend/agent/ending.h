/* SPDX-License-Identifier: Apache-2.0 */
/* However the process ends, its children end too: watchdog, signals, a trace that cannot be written. */
#ifndef AGENT_ENDING_H
#define AGENT_ENDING_H

#include <sys/types.h>

enum { EXIT_STOPPED = 1, EXIT_BAD = 2, EXIT_WATCHDOG = 3, EXIT_OUTPUT = 4 };

/* Signals and the watchdog; `limit_s` seconds from now. */
void ending_set_up(int limit_s);
/* Forks. The child ends when the parent does; 0 in the child, -errno when there is none. */
pid_t ending_fork(void);
/* A child that ended by itself. */
void ending_forget(pid_t child);
/* Kills the children, and ends the process. */
_Noreturn void ending_exit(int code);

#endif
