#include "pack/internal.h"

void pack_problem(struct pack *p, struct str file, int line, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	struct str message = str_vprintf(p->arena, fmt, args);
	va_end(args);
	VEC_PUSH(p->problems->arena, &p->problems->list, (struct pack_problem){file, line, message});
}

const struct pack_resource *pack_get(const struct pack *p, struct str type, struct str id)
{
	const struct pack_resource *const *list;
	size_t n = pack_all(p, type, &list), lo = 0;
	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;
		int c = str_cmp(list[mid]->id, id);
		if (c == 0)
			return list[mid];
		if (c < 0)
			lo = mid + 1;
		else
			n = mid;
	}
	return NULL;
}

struct str pack_bare_url(struct str canonical)
{
	for (size_t i = 0; i < canonical.n; i++)
		if (canonical.p[i] == '|' || canonical.p[i] == '#')
			return str_sub(canonical, 0, i);
	return canonical;
}

const struct pack_resource *pack_by_url(const struct pack *p, struct str canonical)
{
	struct str url = pack_bare_url(canonical);
	const struct pack_resource *r = map_get(&p->by_url, url);
	if (!r || url.n == canonical.n || canonical.p[url.n] != '|')
		return r;
	struct str version = str_sub(canonical, url.n + 1, canonical.n);
	ptrdiff_t fragment = str_find_char(version, '#');
	if (fragment >= 0)
		version = str_sub(version, 0, (size_t)fragment);
	return str_eq(version, r->version) ? r : NULL;
}

size_t pack_all(const struct pack *p, struct str type, const struct pack_resource *const **out)
{
	const struct pack_type *t = map_get(&p->types, type);
	*out = t ? t->v : NULL;
	return t ? t->n : 0;
}

size_t pack_count(const struct pack *p)
{
	return p->resources.n;
}

int64_t pack_setting(const struct pack *p, const char *name, int64_t otherwise)
{
	int64_t v;
	return json_i64(json_getz(map_get(&p->settings, str_from(name)), "valueInteger"), &v) ? v : otherwise;
}

struct str pack_setting_str(const struct pack *p, const char *name, struct str otherwise)
{
	struct str v = json_str(map_get(&p->settings, str_from(name)), "valueString");
	return v.p ? v : otherwise;
}
