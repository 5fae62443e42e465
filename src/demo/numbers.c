#include "demo/numbers.h"

#include <stdlib.h>

double number_of(const struct json *item, const char *key, double otherwise)
{
	struct str text = json_text(json_getz(item, key));
	char digits[32];
	if (!text.n || text.n >= sizeof digits)
		return otherwise;
	for (size_t i = 0; i <= text.n; i++)
		digits[i] = i < text.n ? text.p[i] : '\0';
	return strtod(digits, NULL);
}
