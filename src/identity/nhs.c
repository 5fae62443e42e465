#include "identity/identity.h"

enum { NHS_DIGITS = 10 };

/* The ten digits; groups may be parted by one space or hyphen. */
static bool digits_of(struct str s, char digits[NHS_DIGITS + 1])
{
	size_t n = 0;
	bool after_digit = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if ((c == ' ' || c == '-') && after_digit && i + 1 < s.n) {
			after_digit = false;
			continue;
		}
		if (c < '0' || c > '9' || n == NHS_DIGITS)
			return false;
		digits[n++] = c;
		after_digit = true;
	}
	digits[n] = '\0';
	return n == NHS_DIGITS;
}

/* One digit ten times over passes the check in some cases (0000000000), and is a placeholder in all. */
static bool all_the_same(const char digits[NHS_DIGITS + 1])
{
	for (int i = 1; i < NHS_DIGITS; i++)
		if (digits[i] != digits[0])
			return false;
	return true;
}

bool nhs_number_ok(struct str s, char digits[11])
{
	char local[NHS_DIGITS + 1];
	if (!digits)
		digits = local;
	if (!digits_of(str_trim(s), digits) || all_the_same(digits))
		return false;
	int sum = 0;
	for (int i = 0; i < NHS_DIGITS - 1; i++)
		sum += (digits[i] - '0') * (NHS_DIGITS - i);
	int check = (11 - sum % 11) % 11;
	return check != 10 && check == digits[NHS_DIGITS - 1] - '0';
}

struct str nhs_number_display(struct arena *a, struct str digits)
{
	char d[NHS_DIGITS + 1];
	if (!digits_of(digits, d))
		return str_dup(a, digits);
	return str_printf(a, "%.3s %.3s %.4s", d, d + 3, d + 6);
}
