/* answers: the forms that the departments filed in the demo's week (demo/answers.yaml), through the form engine: prefilled, filled, checked
 * and filed as a nurse's would be.
 */
#ifndef HEED_DEMO_ANSWERS_H
#define HEED_DEMO_ANSWERS_H

#include "demo/fill.h"

struct answer_sheet {
	struct str form; /* id of the Questionnaire */
	struct str by;   /* sign-in name */
	struct str area; /* child or adult; STR_NONE for either */
	int from, to;    /* ages */
	bool asked_only; /* only where the presentation asks about children */
	int after_min;
	double done;
	const struct json *variants;
};

struct answer_sheets {
	struct answer_sheet *v;
	size_t n;
};

bool answers_load(struct arena *a, const struct fill *f, struct answer_sheets *out, struct err *e);

/* Files one, about the attendance with this identifier; draw picks the variant. */
bool answers_file(struct arena *a, const struct fill *f, const struct answer_sheet *sheet, struct str visit, uint64_t draw, struct err *e);

#endif
