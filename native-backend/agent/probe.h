/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_PROBE_H
#define AGENT_PROBE_H
void probe_run(void);
#endif
