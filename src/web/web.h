/* web: the screens, one file a page: gather (into a struct, through access), then render (pure).
 *
 *   view.h    what each screen shows, and the view_*.c that render it: pure, tested with sample data
 *   page.h    one request: who asks, the snapshot read, what was shown; the page_*.c gather and answer
 *   assets.h  style, script and icons inside the program
 *
 * Which resource, code and extension each part of a page comes from (family ties, chronology lanes, the child's words, flags):
 * docs/profiles.md.
 */
#ifndef HEED_WEB_WEB_H
#define HEED_WEB_WEB_H

#include "access/access.h"
#include "form/form.h"
#include "http/http.h"
#include "pathway/pathway.h"

struct web_config {
	struct store *store;
	struct access *access;
	struct ledger *ledger;
	struct pathway *pathway;
	const struct pack *pack;
	struct env *env;
	bool test_clock; /* POST /test/clock exists */
};
struct web;
struct web *web_new(struct arena *a, const struct web_config *c);
size_t web_routes(struct web *w, const struct http_route **out);
/* For http_config.not_found, with the web as its argument: a page for people. */
void web_not_found(void *web, struct http_request *q, struct http_response *r);

#endif
