// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define STEPS_MAX 4096
#define LINE_MAX_BYTES (256ul << 10)
#define PROGRAM_MAX_BYTES (4ul << 20)

static const struct json *steps[STEPS_MAX];
static int nr_steps;

static void add(char *line, size_t bytes, int number)
{
	const struct json *step;
	const struct json *name;

	while (bytes && strchr("\r\n", line[bytes - 1]))
		line[--bytes] = 0;
	if (bytes > LINE_MAX_BYTES)
		refuse("line %d is longer than the %lu bytes that a line may have.", number, LINE_MAX_BYTES);
	if (strlen(line) != bytes)
		refuse("line %d has a zero byte in it.", number);
	if (!line[strspn(line, " \t")])
		return;
	if (nr_steps == STEPS_MAX)
		refuse("line %d: a program may have %d steps, and this one has more.", number, STEPS_MAX);
	step = json_parse(line);
	if (!step || step->kind != JSON_MAP)
		refuse("line %d is no step: expected a JSON object such as {\"step\":\"submit\"}, with whole numbers only.", number);
	name = json_get(step, "step");
	if (!name || name->kind != JSON_TEXT)
		refuse("line %d has no \"step\": the name of what is to be done.", number);
	steps[nr_steps++] = step;
}

void program_read(const char *path)
{
	FILE *from = strcmp(path, "-") ? fopen(path, "r") : stdin;
	char *line = NULL;
	size_t room = 0, all = 0;
	ssize_t bytes;
	int number = 0;

	if (!from)
		refuse("the program '%s' cannot be opened: %s.", path, strerror(errno));
	while ((bytes = getline(&line, &room, from)) > 0) {
		all += (size_t)bytes;
		if (all > PROGRAM_MAX_BYTES)
			refuse("the program is longer than %lu bytes.", PROGRAM_MAX_BYTES);
		add(line, (size_t)bytes, ++number);
	}
	if (ferror(from))
		refuse("the program '%s' cannot be read: %s.", path, strerror(errno));
	free(line);
	if (from != stdin)
		fclose(from);
	if (nr_steps == 0)
		refuse("the program is empty; ringlab replay SCENARIO --program prints one.");
}

int program_steps(void)
{
	return nr_steps;
}

const struct json *program_step(int i)
{
	return steps[i];
}
