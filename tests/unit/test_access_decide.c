/* access_decide against a model of its own: every combination of what it looks at, 49,152 cases. The model is written as lists of
 * who is stopped and why, not as the function is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "access/access.h"

enum { BITS = 8 }; /* scope, admin, may_read, may_write, open, person, audit, label on the resource is cleared */

struct world {
	enum access_action action;
	enum access_relationship relationship;
	bool scope, admin, may_read, may_write, open, person, audit, cleared;
	unsigned labels; /* bit 0: the resource is sealed; bit 1: it carries "police"; bit 2: "police" is known to the pack */
};

static const struct str sealed = {"sealed", 6}, police = {"police", 6};

/* The model: lists who is stopped, and why; what is left is allowed. */
static bool model_denied(const struct world *w)
{
	bool doing_ok[] = {[ACCESS_READ] = w->may_read, [ACCESS_SEARCH] = w->may_read, [ACCESS_WRITE] = w->may_write && !w->audit,
			   [ACCESS_ADMIN] = w->admin};
	bool carries = (w->labels & 3) != 0;
	return !w->scope || !doing_ok[w->action] || (w->action != ACCESS_ADMIN && carries && !w->cleared);
}

static bool model_asked(const struct world *w)
{
	if (w->action == ACCESS_ADMIN || !w->person)
		return false;
	bool stopped[] = {[ACCESS_NONE] = !w->open, [ACCESS_TEAM] = false, [ACCESS_TASK] = false, [ACCESS_REFERRAL] = false,
			  [ACCESS_REASON] = false, [ACCESS_SELF_OR_FAMILY] = true};
	return stopped[w->relationship];
}

static bool model_invisible(const struct world *w)
{
	struct world seen = *w;
	seen.cleared = true;
	return model_denied(w) && !model_denied(&seen);
}

static struct access_decision decide(const struct world *w)
{
	struct str labels[2], known[2] = {sealed, police}, cleared[2] = {sealed, police};
	size_t n = 0;
	if (w->labels & 1)
		labels[n++] = sealed;
	if (w->labels & 2)
		labels[n++] = police;
	struct access_facts f = {
		.action = w->action, .resource_type = w->audit ? STR("AuditEvent") : STR("Encounter"), .about_person = w->person,
		.role = STR("ed-nurse"), .role_open = w->open, .role_may_write = w->may_write, .role_may_read = w->may_read,
		.is_admin = w->admin, .scope_allows = w->scope, .relationship = w->relationship, .labels = labels, .label_count = n,
		.cleared = cleared, .cleared_count = w->cleared ? 2 : 0, .known = known, .known_count = w->labels & 4 ? 2 : 1};
	return access_decide(&f);
}

static void check(const struct world *w)
{
	struct access_decision d = decide(w);
	enum access_answer expected = model_denied(w) ? ACCESS_DENY : model_asked(w) ? ACCESS_ASK : ACCESS_ALLOW;
	size_t hidden = w->cleared ? 0 : w->labels & 4 ? 2 : 1;
	bool told = w->action != ACCESS_ADMIN && d.answer != ACCESS_DENY;
	if (d.answer != expected || d.invisible != model_invisible(w) || !d.because || (told && d.hidden_count != hidden))
		fail_msg("action %d relationship %d scope %d admin %d read %d write %d open %d person %d audit %d cleared %d labels %u: "
			 "%d, expected %d (%s)", w->action, w->relationship, w->scope, w->admin, w->may_read, w->may_write, w->open,
			 w->person, w->audit, w->cleared, w->labels, d.answer, expected, d.because);
}

static void every_case_agrees_with_the_model(void **state)
{
	(void)state;
	size_t cases = 0;
	for (int action = ACCESS_READ; action <= ACCESS_ADMIN; action++)
		for (int relationship = ACCESS_NONE; relationship <= ACCESS_SELF_OR_FAMILY; relationship++)
			for (unsigned bits = 0; bits < 1u << BITS; bits++)
				for (unsigned labels = 0; labels < 8; labels++, cases++) {
					struct world w = {.action = action, .relationship = relationship, .scope = bits & 1, .admin = bits & 2,
							  .may_read = bits & 4, .may_write = bits & 8, .open = bits & 16, .person = bits & 32,
							  .audit = bits & 64, .cleared = bits & 128, .labels = labels};
					check(&w);
				}
	printf("access_decide: %zu cases\n", cases);
	assert_int_equal(cases, 4 * 6 * 256 * 8);
}

/* What a reader is told never depends on which label hid it. */
static void a_denial_names_no_label(void **state)
{
	(void)state;
	struct world w = {.action = ACCESS_READ, .scope = true, .may_read = true, .person = true, .relationship = ACCESS_TEAM, .labels = 5};
	struct access_decision one = decide(&w);
	w.labels = 6;
	struct access_decision other = decide(&w);
	assert_int_equal(one.answer, ACCESS_DENY);
	assert_string_equal(one.because, other.because);
}

static void too_many_labels_fail_closed(void **state)
{
	(void)state;
	char text[ACCESS_MAX_LABELS + 1][4];
	struct str known[ACCESS_MAX_LABELS + 1];
	for (size_t i = 0; i <= ACCESS_MAX_LABELS; i++) {
		snprintf(text[i], sizeof text[i], "l%zu", i);
		known[i] = str_from(text[i]);
	}
	struct access_facts f = {.action = ACCESS_SEARCH, .scope_allows = true, .role_may_read = true, .known = known,
				 .known_count = ACCESS_MAX_LABELS};
	assert_int_equal(access_decide(&f).answer, ACCESS_ALLOW);
	assert_int_equal(access_decide(&f).hidden_count, ACCESS_MAX_LABELS);
	f.known_count++;
	assert_int_equal(access_decide(&f).answer, ACCESS_DENY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_agrees_with_the_model),
		cmocka_unit_test(a_denial_names_no_label),
		cmocka_unit_test(too_many_labels_fail_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
