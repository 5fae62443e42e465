/* Systems that send here, and what of theirs could not be filed. */
#include "web/page.h"

static void feed_row(struct visit *v, const struct json *device, struct feed_row *row)
{
	struct clock_rows clocks = {0};
	struct str id = json_str(device, "id"), name = json_str(json_at(json_getz(device, "deviceName"), 0), "name");
	*row = (struct feed_row){.name = name.n ? name : id, .last = STR("Not heard yet"), .state = STR("Not watched"), .colour = "grey"};
	if (!pathway_clocks(v->read, str_cat(v->a, STR("Device/"), id), true, &clocks, NULL) || !clocks.n)
		return;
	const struct clock_row *k = &clocks.v[0];
	row->last = date_staff(v->a, k->start_us);
	bool quiet = k->breached > 0 || k->due_us <= v->now_us;
	row->state = quiet ? STR("Quiet: ring them") : STR("Speaking");
	row->colour = quiet ? "red" : "green";
}

/* Those the pack lets send, and those that other systems told us of. */
static void feed_rows(struct visit *v, struct feeds_view *view)
{
	const struct pack_resource *const *senders;
	size_t n = pack_all(v->w->c.pack, STR("Device"), &senders);
	struct docs devices = docs_find(v, "Device", "_count=40");
	struct feed_row *rows = ARENA_ARRAY(v->a, struct feed_row, n + devices.n + 1);
	for (size_t i = 0; i < n; i++)
		feed_row(v, senders[i]->body, &rows[view->n++]);
	for (size_t i = 0; i < devices.n; i++)
		if (!pack_get(v->w->c.pack, STR("Device"), devices.v[i].r.id))
			feed_row(v, devices.v[i].j, &rows[view->n++]);
	view->feeds = rows;
}

void page_feeds(struct visit *v)
{
	struct feeds_view view = {0};
	const struct pack_role *role = pack_role(v->w->c.pack, v->user.role);
	if (!pack_role_sees(role, STR("feeds"))) {
		page_error(v, 403, "You may not open this", STR("This page is for those who look after the systems that send here."), NULL);
		return;
	}
	if (!visit_anybody(v))
		return;
	feed_rows(v, &view);
	struct docs errors = docs_find(v, "Task", "code=integration-error,possible-same-person&status=requested,received,accepted,ready,in-progress&_sort=_lastUpdated"
						   "&_count=50&_total=accurate");
	struct work_row *rows = ARENA_ARRAY(v->a, struct work_row, errors.n + 1);
	for (size_t i = 0; i < errors.n; i++)
		rows[view.error_count++] = work_row_of(v, &errors.v[i]);
	view.errors = rows;
	view.line = (struct list_line){.shown = errors.n, .total = errors.total > 0 ? (size_t)errors.total : errors.n, .what = STR("waiting for a decision"),
				       .order = STR("oldest first"), .read = date_staff(v->a, v->now_us), .again = STR("/feeds"), .id = STR("count")};
	page_begin(v, STR("Feeds"), PART_FEEDS);
	v->frame.part_is_page = true;
	view_feeds(&v->h, &v->frame, &view);
	page_send(v, 200);
}
