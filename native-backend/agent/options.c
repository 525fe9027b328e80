// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_S 60
#define LIMIT_S_MAX 86400
#define QUEUES_MAX 1024

static const char usage[] =
	"usage: agent [--netns HOST=PATH] [--interface HOST=NAME] [--address HOST=ADDRESS] [--queues HOST=N] [--only HOST]\n"
	"             [--limit-s N] [--aligned] [--data] [--timing] PROGRAM|-\n"
	"       agent --probe | --calibrate[=BENCHMARK]\n"
	"HOST is client or server. PROGRAM has a JSON object a line, as ringlab replay SCENARIO --program prints it.\n";

const char *const host_names[HOSTS] = { "client", "server" };
struct options options = { .only = -1, .limit_s = LIMIT_S, .program = "-" };

void refuse(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("agent: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_Exit(2);
}

int host_number(const char *name)
{
	for (int host = 0; host < HOSTS; host++)
		if (!strcmp(name, host_names[host]))
			return host;
	return -1;
}

/* HOST=VALUE */
static const char *of_host(const char *option, char *arg, int *host)
{
	char *equals = strchr(arg, '=');

	if (equals)
		*equals = 0;
	*host = host_number(arg);
	if (!equals || *host < 0 || !equals[1])
		refuse("--%s takes client=… or server=…; found '%s'.", option, arg);
	return equals + 1;
}

static int whole(const char *option, const char *arg, int most)
{
	char *end;
	const long n = strtol(arg, &end, 10);

	if (end == arg || *end || n < 1 || n > most)
		refuse("--%s takes a whole number from 1 to %d; found '%s'.", option, most, arg);
	return (int)n;
}

void options_read(int argc, char **argv)
{
	enum { NETNS = 1, INTERFACE, ADDRESS, QUEUES, ONLY, LIMIT, ALIGNED, DATA, TIMING, PROBE, CALIBRATE, HELP };
	static const struct option known[] = {
		{ "netns", 1, NULL, NETNS }, { "interface", 1, NULL, INTERFACE }, { "address", 1, NULL, ADDRESS },
		{ "queues", 1, NULL, QUEUES }, { "only", 1, NULL, ONLY }, { "limit-s", 1, NULL, LIMIT },
		{ "aligned", 0, NULL, ALIGNED }, { "data", 0, NULL, DATA },
		{ "timing", 0, NULL, TIMING }, { "probe", 0, NULL, PROBE }, { "calibrate", 2, NULL, CALIBRATE },
		{ "help", 0, NULL, HELP }, { NULL, 0, NULL, 0 },
	};
	const char *value;
	int which, host, at = 0;

	opterr = 0;
	while ((which = getopt_long(argc, argv, "", known, &at)) != -1) {
		const char *name = which == '?' ? "" : known[at].name;

		switch (which) {
		case NETNS:
			value = of_host(name, optarg, &host);
			options.netns[host] = value;
			break;
		case INTERFACE:
			value = of_host(name, optarg, &host);
			options.interface[host] = value;
			break;
		case ADDRESS:
			value = of_host(name, optarg, &host);
			options.address[host] = value;
			break;
		case QUEUES:
			value = of_host(name, optarg, &host);
			options.queues[host] = whole(name, value, QUEUES_MAX);
			break;
		case ONLY:
			options.only = host_number(optarg);
			if (options.only < 0)
				refuse("--only takes client or server; found '%s'.", optarg);
			break;
		case LIMIT: options.limit_s = whole(name, optarg, LIMIT_S_MAX); break;
		case DATA: options.data = true; break;
		case ALIGNED: options.aligned = true; break;
		case TIMING: options.timing = true; break;
		case PROBE: options.probe = true; break;
		case CALIBRATE: options.calibrate = optarg ? optarg : ""; break;
		case HELP:
			fputs(usage, stdout);
			exit(0);
		default: refuse("there is no option like '%s', or it lacks its value; agent --help lists them.", argv[optind - 1]);
		}
	}
	if (argc - optind > 1)
		refuse("expected one program; found '%s' too.", argv[optind + 1]);
	if (optind < argc)
		options.program = argv[optind];
}
