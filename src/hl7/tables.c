#include "hl7/tables.h"

#include "pack/pack.h"

static const struct {
	enum hl7_table table;
	const char *code, *fhir, *display;
} rows[] = {
#define ROW(table, code, fhir, display) {table, code, fhir, display},
#include "hl7/tables.def"
#undef ROW
};

const char *hl7_table_find(enum hl7_table table, struct str code, const char **display)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].table == table && str_eq_nocase(code, str_from(rows[i].code))) {
			if (display)
				*display = rows[i].display;
			return rows[i].fhir;
		}
	return NULL;
}
