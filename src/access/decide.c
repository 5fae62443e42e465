#include "access/access.h"

static bool contains(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

static struct access_decision answer(struct access_decision d, enum access_answer a, const char *because)
{
	d.answer = a;
	d.because = because;
	return d;
}

/* False when there are more hidden labels than can be told to a search: then nothing may be searched. */
static bool collect_hidden(const struct access_facts *f, struct access_decision *d)
{
	for (size_t i = 0; i < f->known_count; i++) {
		if (contains(f->cleared, f->cleared_count, f->known[i]) || contains(d->hidden, d->hidden_count, f->known[i]))
			continue;
		if (d->hidden_count == ACCESS_MAX_LABELS)
			return false;
		d->hidden[d->hidden_count++] = f->known[i];
	}
	return true;
}

static bool role_may(const struct access_facts *f)
{
	return f->action == ACCESS_WRITE ? f->role_may_write : f->role_may_read;
}

static bool all_cleared(const struct access_facts *f)
{
	for (size_t i = 0; i < f->label_count; i++)
		if (!contains(f->cleared, f->cleared_count, f->labels[i]))
			return false;
	return true;
}

static struct access_decision decide_person(const struct access_facts *f, struct access_decision d)
{
	switch (f->relationship) {
	case ACCESS_SELF_OR_FAMILY:
		return answer(d, ACCESS_ASK, "this may be your own record, or that of a relative or somebody you live with");
	case ACCESS_TEAM:
		return answer(d, ACCESS_ALLOW, "your team is working with this person");
	case ACCESS_TASK:
		return answer(d, ACCESS_ALLOW, "you or your team have something to do for this person");
	case ACCESS_REFERRAL:
		return answer(d, ACCESS_ALLOW, "your team sent or received a referral about this person");
	case ACCESS_REASON:
		return answer(d, ACCESS_ALLOW, "you gave a reason that still holds");
	case ACCESS_NONE:
		break;
	}
	if (f->role_open)
		return answer(d, ACCESS_ALLOW, "your role may open records without a relationship");
	return answer(d, ACCESS_ASK, "neither you nor your team is working with this person");
}

struct access_decision access_decide(const struct access_facts *f)
{
	struct access_decision d = {0};
	if (!f->scope_allows)
		return answer(d, ACCESS_DENY, "the scope of this token does not cover it");
	if (f->action == ACCESS_ADMIN)
		return f->is_admin ? answer(d, ACCESS_ALLOW, "you are an administrator")
				   : answer(d, ACCESS_DENY, "this is for administrators");
	if (f->action == ACCESS_WRITE && str_is(f->resource_type, "AuditEvent"))
		return answer(d, ACCESS_DENY, "the audit trail is written by the server alone");
	if (!role_may(f))
		return answer(d, ACCESS_DENY, "your role does not do this");
	if (!collect_hidden(f, &d))
		return answer(d, ACCESS_DENY, "more labels are in force than a search can hide");
	if (!all_cleared(f)) {
		d.invisible = true;
		return answer(d, ACCESS_DENY, "there is nothing here");
	}
	if (!f->about_person)
		return answer(d, ACCESS_ALLOW, "it is not about a person");
	return decide_person(f, d);
}
