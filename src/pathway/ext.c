#include "pathway/internal.h"

const struct json *ext_find(const struct json *element, const char *url)
{
	const struct json *list = json_getz(element, "extension");
	for (size_t i = 0; i < json_n(list); i++)
		if (str_is(json_str(json_at(list, i), "url"), url))
			return json_at(list, i);
	return NULL;
}
