#include "access/internal.h"

#include <string.h>

/* SMART App Launch 2.x, section 3: context/Resource.permissions; the permissions of version 1 (read, write, *) or 2 (cruds). */
struct scope {
	struct str context, type, permissions;
};

static bool split(struct str one, struct scope *out)
{
	ptrdiff_t slash = str_find_char(one, '/'), dot = str_find_char(one, '.');
	if (slash <= 0 || dot <= slash + 1 || (size_t)dot + 1 >= one.n)
		return false;
	out->context = str_sub(one, 0, (size_t)slash);
	out->type = str_sub(one, (size_t)slash + 1, (size_t)dot);
	out->permissions = str_sub(one, (size_t)dot + 1, one.n);
	return true;
}

/* "cruds" or some of it, in that order. */
static bool is_cruds(struct str p)
{
	const char *at = "cruds";
	for (size_t i = 0; i < p.n; i++) {
		at = p.p[i] ? strchr(at, p.p[i]) : NULL;
		if (!at)
			return false;
		at++;
	}
	return p.n > 0;
}

static bool has(struct str letters, char c)
{
	return str_find_char(letters, c) >= 0;
}

static bool permits(struct str p, enum access_action action)
{
	if (str_is(p, "*"))
		return true;
	if (str_is(p, "read"))
		return action == ACCESS_READ || action == ACCESS_SEARCH;
	if (str_is(p, "write"))
		return action == ACCESS_WRITE;
	if (!is_cruds(p))
		return false;
	switch (action) {
	case ACCESS_READ:
		return has(p, 'r');
	case ACCESS_SEARCH:
		return has(p, 's');
	case ACCESS_WRITE:
		return has(p, 'c') && has(p, 'u') && has(p, 'd');
	case ACCESS_ADMIN:
		break;
	}
	return false;
}

static bool context_counts(struct str context, bool is_system)
{
	return str_is(context, "user") || (is_system && str_is(context, "system"));
}

bool scope_allows(struct str scope, bool is_system, enum access_action action, struct str type)
{
	struct str rest = scope, one;
	while (str_next(&rest, ' ', &one)) {
		struct scope s;
		if (split(one, &s) && context_counts(s.context, is_system) && (str_is(s.type, "*") || str_eq(s.type, type)) &&
		    permits(s.permissions, action))
			return true;
	}
	return false;
}

bool scope_ok(struct str scope, struct err *e)
{
	struct str rest = scope, one;
	if (scope.n > 500)
		return err_set(e, ERR_TOO_LARGE, "the scope is longer than 500 bytes");
	while (str_next(&rest, ' ', &one)) {
		struct scope s;
		bool known = split(one, &s) && (str_is(s.context, "user") || str_is(s.context, "system")) &&
			     (str_is(s.type, "*") || fhir_is_resource(s.type)) &&
			     (str_is(s.permissions, "*") || str_is(s.permissions, "read") || str_is(s.permissions, "write") ||
			      is_cruds(s.permissions));
		if (!known)
			return err_set(e, ERR_VALUE, "scope \"%.*s\" is not like user/Patient.read or system/*.*", STR_ARG(one));
	}
	return true;
}
