/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_IOVECS_H
#define AGENT_IOVECS_H

#include <sys/uio.h>

#include "json.h"

/* An array of struct iovec of a list of [memory, length] pairs. */
struct iovec *iovecs_of(const struct json *pairs);

#endif
