#include "fhir/internal.h"

bool fhir_reference_parse(struct str s, struct str base_url, struct fhir_reference *out)
{
	if (base_url.n && str_starts(s, base_url)) {
		s = str_sub(s, base_url.n, s.n);
		if (s.n && s.p[0] == '/')
			s = str_sub(s, 1, s.n);
		else if (base_url.p[base_url.n - 1] != '/')
			return false;
	}
	struct str part[5] = {0};
	size_t n = 0;
	while (n < 5 && str_next(&s, '/', &part[n]))
		n++;
	bool versioned = n == 4 && str_is(part[2], "_history") && fhir_id_ok(part[3]);
	if ((n != 2 && !versioned) || !fhir_is_resource(part[0]) || !fhir_id_ok(part[1]))
		return false;
	*out = (struct fhir_reference){part[0], part[1], versioned ? part[3] : STR_NONE};
	return true;
}

/* The last "/Type/id" of a URL; its type is only known when the path ends like that. */
static void type_of_url(struct str url, struct str *type)
{
	struct str rest = url, part, back[4] = {0};
	while (str_next(&rest, '/', &part)) {
		for (size_t i = 3; i > 0; i--)
			back[i] = back[i - 1];
		back[0] = part;
	}
	bool versioned = str_is(back[1], "_history");
	if (fhir_id_ok(back[0]) && fhir_is_resource(back[versioned ? 3 : 1]))
		*type = back[versioned ? 3 : 1];
}

enum fhir_reference_form fhir_reference_form(struct str s, struct str *type)
{
	*type = STR_NONE;
	if (!s.n)
		return FHIR_REF_BAD;
	if (s.p[0] == '#')
		return s.n == 1 || fhir_id_ok(str_sub(s, 1, s.n)) ? FHIR_REF_CONTAINED : FHIR_REF_BAD;
	if (str_starts(s, STR("urn:")))
		return FHIR_REF_URN;
	if (str_starts(s, STR("http://")) || str_starts(s, STR("https://"))) {
		type_of_url(s, type);
		return FHIR_REF_ABSOLUTE;
	}
	ptrdiff_t question = str_find_char(s, '?');
	if (question > 0 && fhir_is_resource(str_sub(s, 0, (size_t)question))) {
		*type = str_sub(s, 0, (size_t)question);
		return FHIR_REF_CONDITIONAL;
	}
	struct fhir_reference ref;
	if (!fhir_reference_parse(s, STR_NONE, &ref))
		return FHIR_REF_BAD;
	*type = ref.type;
	return FHIR_REF_RELATIVE;
}
