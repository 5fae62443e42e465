/* svg: the pictures of a record. No inline style, no script; role="img" with a title and a sentence computed from the same facts,
 * and always a list or table beside the picture that holds them too, because marks are not tab stops.
 *
 *   strip    a chronology at a glance. The axis has two parts: the whole life pressed together on the left, the last 13 months
 *            stretched on the right, because on one linear axis what is recent piles up. Three lanes: concerns; the child's own
 *            life and health; what services did. Marks differ by shape as well as colour.
 *   family   a genogram in generation rows, with the symbols of the English assessment framework: square male, circle female,
 *            diamond not known, cross died, dashed line not settled, one slash separated, two divorced, dotted outline the same
 *            household, eldest child on the left, double outline whose record it is. Numbers key to the table.
 */
#ifndef HEED_HTML_SVG_H
#define HEED_HTML_SVG_H

#include "html/html.h"

enum strip_lane { STRIP_CONCERN, STRIP_LIFE, STRIP_SERVICE };
enum strip_mark { STRIP_EVENT, STRIP_NOT_BROUGHT, STRIP_POLICE, STRIP_DECISION, STRIP_PLAN, STRIP_VOICE };

struct strip_event {
	int64_t days;
	int64_t end_days; /* of STRIP_PLAN; INT64_MAX while it runs */
	enum strip_lane lane;
	enum strip_mark mark;
	bool significant;
	struct str title;
	struct str ref; /* id of the entry in the list */
};

struct strip {
	struct str name; /* "Maya" */
	int64_t born_days; /* INT64_MIN when not known */
	int64_t today_days;
	const struct strip_event *events; /* oldest first */
	size_t n;
};

void svg_strip(struct html *h, const struct strip *s);
void svg_strip_key(struct html *h, const struct strip *s); /* what the shapes mean */
struct str svg_strip_sentence(struct arena *a, const struct strip *s);

enum kin_sex { KIN_UNKNOWN, KIN_MALE, KIN_FEMALE };

struct kin {
	struct str name, sub; /* sub: age, or "died 2017" */
	struct str relation;  /* to the index: "mother"; for the sentence */
	enum kin_sex sex;
	bool dead, index, same_home;
	int number; /* in the table; 0 none */
	int64_t born_days;
};

#define KIN_NOBODY ((size_t)-1)
enum union_state { UNION_ENDURING, UNION_UNSETTLED, UNION_SEPARATED, UNION_DIVORCED };

struct kin_union {
	size_t a, b; /* indexes of people; b may be KIN_NOBODY */
	enum union_state state;
	const size_t *children;
	size_t child_count;
};

struct family {
	struct str name; /* whose it is: "Maya" */
	struct str home; /* "Lives together: 14 Example Road"; "" to leave it out */
	const struct kin *people;
	size_t n;
	const struct kin_union *unions;
	size_t union_count;
};

#define FAMILY_MAX 60 /* past it the table alone is shown */

void svg_family(struct html *h, const struct family *f);
struct str svg_family_sentence(struct arena *a, const struct family *f);

/* "Maya’s" */
struct str svg_possessive(struct arena *a, struct str name);

#endif
