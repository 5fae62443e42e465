#include "rest/internal.h"

/* Alive and able to read its store. Says nothing more: it is open to all. */
void handle_health(void *arg, struct http_request *q, struct http_response *r)
{
	struct rest *rest = arg;
	struct err e = ERR_INIT;
	struct store_read *read = store_read_begin(rest->config.store, q->arena, &e);
	if (read)
		store_read_end(read);
	http_text(r, read ? 200 : 503, "application/json", read ? STR("{\"status\":\"ok\"}\n") : STR("{\"status\":\"no store\"}\n"));
}

static void counter(struct buf *b, const char *name, const char *help, const char *type, double value)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n%s %.0f\n", name, help, name, type, name, value);
}

void handle_metrics(void *arg, struct http_request *q, struct http_response *r)
{
	struct rest *rest = arg;
	struct buf b = buf_new(q->arena, 1 << 16);
	const struct http_server *server = atomic_load(&rest->server);
	struct http_stats s = server ? http_stats(server) : (struct http_stats){0};
	counter(&b, "heed_http_requests_total", "Requests begun.", "counter", (double)s.requests);
	counter(&b, "heed_http_responses_4xx_total", "Answers that refused something.", "counter", (double)s.responses_4xx);
	counter(&b, "heed_http_responses_5xx_total", "Answers that failed.", "counter", (double)s.responses_5xx);
	counter(&b, "heed_http_refused_total", "Requests and connections the strict adapter refused.", "counter", (double)s.refused);
	counter(&b, "heed_up_seconds", "Seconds since the start.", "gauge", (double)((env_monotonic_us() - rest->started_us) / US_PER_SECOND));
	http_text(r, 200, "text/plain; version=0.0.4", buf_str(&b));
}
