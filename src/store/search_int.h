/* A parsed search, and what its three files share: search_parse.c makes it, search_sql.c turns it into SQL, search_page.c runs
 * it page by page. FHIR R4 search.html. */
#ifndef HEED_STORE_SEARCH_INT_H
#define HEED_STORE_SEARCH_INT_H

#include "store/store_int.h"

enum {
	SEARCH_COUNT_DEFAULT = 20,
	SEARCH_COUNT_MAX = 1000,
	SEARCH_INCLUDED_MAX = 5000, /* more is refused, never cut silently */
	SEARCH_PARAMS_MAX = 64,
	SEARCH_VALUES_MAX = 500,
	SEARCH_VALUE_BYTES_MAX = 2048,
	SEARCH_CHAIN_MAX = 3,
	SEARCH_SORTS_MAX = 3,
	SEARCH_US_MAX = 5 * 1000 * 1000 /* a statement of a search; then it is refused as too costly */
};

enum search_modifier { MODIFIER_NONE, MODIFIER_NOT, MODIFIER_EXACT, MODIFIER_CONTAINS, MODIFIER_MISSING, MODIFIER_TYPE };
enum search_prefix { PREFIX_EQ, PREFIX_NE, PREFIX_GT, PREFIX_LT, PREFIX_GE, PREFIX_LE, PREFIX_SA, PREFIX_EB, PREFIX_AP };
enum criterion_kind { CRITERION_INDEX, CRITERION_ID, CRITERION_UPDATED, CRITERION_CHAIN, CRITERION_HAS };

struct criteria;

struct search_value {
	enum search_prefix prefix;
	struct str text;  /* token, quantity: code; string: folded; id; uri; reference: target */
	struct str exact; /* string as typed */
	bool has_code, has_system;
	int64_t system;
	int64_t lo, hi;         /* date */
	double number, low, high; /* number, quantity: as given, and its implicit range */
};

struct criterion {
	enum criterion_kind kind;
	struct str type;
	enum fhir_search_type as;
	int64_t param; /* hash; of the reference, for chain and has */
	struct str code;
	enum search_modifier modifier;
	bool missing; /* :missing=true */
	struct search_value *values; /* any of them */
	size_t n;
	/* chain: any of these, each on its own type of target; has: one, on the type that refers here */
	struct criteria *inner;
	size_t inner_n;
};

struct criteria { /* all of them, on one type */
	struct str type;
	struct criterion *v;
	size_t n, cap;
};

struct search_sort {
	enum fhir_search_type as; /* DATE or STRING, when it is an indexed parameter */
	bool by_updated, by_id;
	bool descending;
	int64_t param;
};

struct search_include {
	bool reverse;
	struct str source_type; /* whose reference it is */
	int64_t param;
	struct str target_type; /* STR_NONE: any */
};

struct search {
	struct arena *arena;
	int64_t now_us;
	struct criteria where;
	struct search_sort sorts[SEARCH_SORTS_MAX];
	size_t sort_n;
	struct search_include *includes;
	size_t include_n, include_cap;
	size_t count;
	bool want_total;
	struct str page_token; /* not yet believed */
	struct str self_query; /* without the page token */
	const struct str *hidden;
	size_t hidden_n;
	const struct str *only_patients;
	size_t only_n;
	bool only;
};

/* The values the last row of a page was sorted by. */
struct search_key {
	bool is_text;
	int64_t number;
	struct str text;
};
struct search_after {
	bool set;
	struct search_key keys[SEARCH_SORTS_MAX];
	int64_t rid;
};

/* SELECT rid, seq, sort keys ... ; one more row than a page. */
struct sql_text *search_sql_page(struct arena *a, const struct search *q, const struct search_after *after);

/* Where one sort key orders much, its index is read in order instead: first those that have a value, then those that have none. */
bool search_in_key_order(const struct search *q);
bool search_key_is_none(const struct search *q, const struct search_key *k);
struct sql_text *search_sql_with_key(struct arena *a, const struct search *q, const struct search_after *after);
struct sql_text *search_sql_without_key(struct arena *a, const struct search *q, const struct search_after *after, size_t limit);
struct sql_text *search_sql_total(struct arena *a, const struct search *q);
/* SELECT rid, seq of the newest versions that may be seen: targets of one type, or those that refer to `targets` by `param`. */
struct sql_text *search_sql_by_ids(struct arena *a, const struct search *q, struct str type, const struct str *ids, size_t n);
struct sql_text *search_sql_referrers(struct arena *a, const struct search *q, struct str type, int64_t param, const struct str *targets,
				      size_t n);
/* SELECT target of the references `param` of these resources. */
struct sql_text *search_sql_targets(struct arena *a, int64_t param, const int64_t *rids, size_t n);

bool search_run(struct store *s, struct sql *db, struct arena *a, const struct search *q, struct search_page *out, struct err *e);

/* One value of a date, number or quantity parameter, prefix and all (search_value.c). */
bool search_value_date(struct str s, int64_t now_us, struct search_value *out, struct err *e);
bool search_value_number(struct str s, struct search_value *out, struct err *e);

#endif
