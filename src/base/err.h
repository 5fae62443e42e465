/* err: the one error type.
 *
 * A function that can fail takes `struct err *e` last and returns bool (or a pointer). On failure it calls err_set, which
 * returns false, so that the usual line is
 *
 *     return err_set(e, ERR_VALUE, "date \"%.*s\" has no month 13", STR_ARG(s));
 *
 * Messages are lower case, without a full stop, say the thing in quotes, then what is wrong, then why. They never hold
 * personal data beyond the value the sender sent. Do not wrap a lower message; add a fact with err_context only when the
 * caller knows one ("line 12"). Every channel turns an err into its own language in one place: rest into OperationOutcome,
 * hl7 into ERR, web into an error page or summary, cli into a sentence and an exit code.
 *
 * A NULL err pointer is allowed where the caller does not care why.
 */
#ifndef HEED_BASE_ERR_H
#define HEED_BASE_ERR_H

#include "base/str.h"

/* name, HTTP status, FHIR IssueType (http://hl7.org/fhir/issue-type) */
#define ERR_CODES(X)                                                                                                       \
	X(ERR_NONE, 200, "informational")                                                                                  \
	X(ERR_SYNTAX, 400, "structure")        /* not JSON, not ER7, not a parsable expression */                          \
	X(ERR_STRUCTURE, 422, "structure")     /* parsable, but not the shape of its type */                               \
	X(ERR_REQUIRED, 422, "required")       /* something that must be there is not */                                   \
	X(ERR_VALUE, 422, "value")             /* a value outside its format or range */                                   \
	X(ERR_CODE, 422, "code-invalid")       /* a code outside a required value set */                                   \
	X(ERR_INVARIANT, 422, "invariant")     /* a rule between elements is broken */                                     \
	X(ERR_INVALID, 400, "invalid")         /* a request that cannot be understood */                                   \
	X(ERR_NOT_SUPPORTED, 400, "not-supported")                                                                         \
	X(ERR_LOGIN, 401, "login")                                                                                         \
	X(ERR_FORBIDDEN, 403, "forbidden")                                                                                 \
	X(ERR_NOT_FOUND, 404, "not-found")                                                                                 \
	X(ERR_METHOD, 405, "not-supported")                                                                                \
	X(ERR_NOT_ACCEPTABLE, 406, "not-supported")                                                                        \
	X(ERR_CONFLICT, 409, "conflict")                                                                                   \
	X(ERR_GONE, 410, "deleted")                                                                                        \
	X(ERR_PRECONDITION, 412, "conflict")   /* If-Match no longer holds */                                              \
	X(ERR_MULTIPLE, 412, "multiple-matches")                                                                           \
	X(ERR_TOO_LARGE, 413, "too-long")                                                                                  \
	X(ERR_MEDIA_TYPE, 415, "not-supported")                                                                            \
	X(ERR_NEED_PRECONDITION, 428, "required")                                                                          \
	X(ERR_TOO_MANY, 429, "throttled")                                                                                  \
	X(ERR_TOO_COSTLY, 422, "too-costly")   /* a limit on time, depth or size of evaluation was hit */                  \
	X(ERR_INTERNAL, 500, "exception")                                                                                  \
	X(ERR_UNAVAILABLE, 503, "transient")   /* the outcome of a write may be unknown: see the message */                \
	X(ERR_STORAGE, 507, "no-store")        /* no room */

enum err_code {
#define X(name, status, type) name,
	ERR_CODES(X)
#undef X
};

struct err {
	enum err_code code;
	char message[512];
	char expression[192]; /* FHIRPath of the element, or a parameter, field or segment name; "" when none */
	int64_t offset;       /* bytes into the input, -1 when unknown */
	int line;             /* 1-based, 0 when unknown */
	int column;
};

#define ERR_INIT ((struct err){.offset = -1})

bool err_set(struct err *e, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool err_at(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* sets expression; false */
bool err_context(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* "fact: message"; false */
void err_clear(struct err *e);

int err_status(enum err_code code);            /* HTTP */
const char *err_issue_type(enum err_code code); /* FHIR IssueType */
const char *err_name(enum err_code code);

#endif
