#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/env.h"

static _Atomic int current_level = LOG_INFO;

void log_level_set(enum log_level level)
{
	atomic_store(&current_level, (int)level);
}

static void clean(char *line)
{
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '?';
}

void log_line(enum log_level level, const char *where, const char *fmt, ...)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	if ((int)level > atomic_load(&current_level))
		return;
	char text[900];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	clean(text);
	char line[1024];
	int64_t us = env_now_us(env_system());
	int n = snprintf(line, sizeof line, "t=%lld.%06lld level=%s at=%s %s\n", (long long)(us / US_PER_SECOND),
			 (long long)(us % US_PER_SECOND), names[level], where, text);
	size_t len = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nowhere left to say so */
}
