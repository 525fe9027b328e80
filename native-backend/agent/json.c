// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static const char *skip(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		s++;
	return s;
}

/* UTF-8 of \uXXXX; pairs of surrogates do not occur in programs. */
static char *put_utf8(char *out, unsigned int c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

static const char *parse_text(const char *s, const char **text)
{
	char *out = memory_alloc(strlen(s) + 1);
	*text = out;
	for (s++; *s != '"'; s++) {
		if (!*s)
			return NULL;
		if (*s != '\\') {
			*out++ = *s;
			continue;
		}
		s++;
		switch (*s) {
		case 'n': *out++ = '\n'; break;
		case 't': *out++ = '\t'; break;
		case 'r': *out++ = '\r'; break;
		case 'b': *out++ = '\b'; break;
		case 'f': *out++ = '\f'; break;
		case 'u': {
			char digits[5] = { 0 };
			strncpy(digits, s + 1, 4);
			if (strlen(digits) < 4)
				return NULL;
			out = put_utf8(out, (unsigned int)strtoul(digits, NULL, 16));
			s += 4;
			break;
		}
		case 0: return NULL;
		default: *out++ = *s;
		}
	}
	*out = 0;
	return s + 1;
}

static const char *parse_value(const char *s, struct json *v);

static const char *parse_children(const char *s, struct json *v)
{
	const bool map = v->kind == JSON_MAP;
	const char end = map ? '}' : ']';
	struct json **link = &v->child;

	s = skip(s + 1);
	while (*s != end) {
		struct json *child = memory_alloc(sizeof(*child));

		if (map) {
			if (*s != '"' || !(s = parse_text(s, &child->key)))
				return NULL;
			s = skip(s);
			if (*s++ != ':')
				return NULL;
		}
		s = parse_value(skip(s), child);
		if (!s)
			return NULL;
		*link = child;
		link = &child->next;
		s = skip(s);
		if (*s == ',')
			s = skip(s + 1);
		else if (*s != end)
			return NULL;
	}
	return s + 1;
}

static const char *parse_value(const char *s, struct json *v)
{
	char *end;

	if (*s == '{' || *s == '[') {
		v->kind = *s == '{' ? JSON_MAP : JSON_LIST;
		return parse_children(s, v);
	}
	if (*s == '"') {
		v->kind = JSON_TEXT;
		return parse_text(s, &v->text);
	}
	if (!strncmp(s, "true", 4) || !strncmp(s, "false", 5)) {
		v->kind = JSON_BOOL;
		v->number = *s == 't';
		return s + (*s == 't' ? 4 : 5);
	}
	v->kind = JSON_NUMBER;
	v->number = strtoll(s, &end, 10);
	return end == s ? NULL : end;
}

struct json *json_parse(const char *line)
{
	struct json *v = memory_alloc(sizeof(*v));
	const char *end = parse_value(skip(line), v);

	return end && !*skip(end) ? v : NULL;
}

const struct json *json_get(const struct json *map, const char *key)
{
	for (const struct json *v = map->child; v; v = v->next)
		if (!strcmp(v->key, key))
			return v;
	return NULL;
}

size_t json_count(const struct json *list)
{
	size_t n = 0;

	for (const struct json *v = list ? list->child : NULL; v; v = v->next)
		n++;
	return n;
}
