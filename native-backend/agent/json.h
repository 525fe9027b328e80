/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a compiled program: a line a step, whole numbers only. */
#ifndef AGENT_JSON_H
#define AGENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_NUMBER, JSON_TEXT, JSON_BOOL, JSON_LIST, JSON_MAP };

struct json {
	enum json_kind kind;
	int64_t number;		/* JSON_NUMBER; JSON_BOOL: 0 or 1 */
	const char *text;	/* JSON_TEXT */
	const char *key;	/* where this is a value of a map */
	struct json *child;	/* JSON_LIST, JSON_MAP: the first one */
	struct json *next;
};

/* Parses one line. NULL: it is not such JSON. All of it lasts until the process ends. */
struct json *json_parse(const char *line);
const struct json *json_get(const struct json *map, const char *key);
size_t json_count(const struct json *list);

#endif
