#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int status;
	const char *type;
} codes[] = {
#define X(name, status, type) {#name, status, type},
	ERR_CODES(X)
#undef X
};

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	if (!e)
		return false;
	*e = ERR_INIT;
	e->code = code;
	va_list args;
	va_start(args, fmt);
	vsnprintf(e->message, sizeof e->message, fmt, args);
	va_end(args);
	return false;
}

bool err_at(struct err *e, const char *fmt, ...)
{
	if (!e)
		return false;
	va_list args;
	va_start(args, fmt);
	vsnprintf(e->expression, sizeof e->expression, fmt, args);
	va_end(args);
	return false;
}

bool err_context(struct err *e, const char *fmt, ...)
{
	if (!e)
		return false;
	char fact[sizeof e->message];
	va_list args;
	va_start(args, fmt);
	vsnprintf(fact, sizeof fact, fmt, args);
	va_end(args);
	size_t n = strlen(fact);
	size_t room = sizeof e->message - 1;
	if (n + 2 >= room)
		return false;
	size_t keep = strlen(e->message);
	if (keep > room - n - 2)
		keep = room - n - 2;
	memmove(e->message + n + 2, e->message, keep);
	memcpy(e->message, fact, n);
	memcpy(e->message + n, ": ", 2);
	e->message[n + 2 + keep] = '\0';
	return false;
}

void err_clear(struct err *e)
{
	if (e)
		*e = ERR_INIT;
}

int err_status(enum err_code code)
{
	return codes[code].status;
}

const char *err_issue_type(enum err_code code)
{
	return codes[code].type;
}

const char *err_name(enum err_code code)
{
	return codes[code].name;
}
