/* SPDX-License-Identifier: Apache-2.0 */
/* Further threads of the process: each is one task of the kernel's for as long as the program runs. */
#ifndef AGENT_THREADS_H
#define AGENT_THREADS_H

/* Lets a thread do something, and waits until it has. */
void threads_run(int thread, void (*what)(void));
/* Sends a byte later, while the program goes on. */
void threads_send_later(long long ns, int fd, char byte);

#endif
