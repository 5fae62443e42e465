/* log: one line an event, key=value, to standard error.
 *
 *     log_line(LOG_INFO, "http", "request=%s status=%d", id, status);
 *
 * No personal data, ever: no names, numbers, birth dates, addresses, query strings or message bodies. Log ids and counts.
 * Control characters in what is printed are replaced, so no input can forge a line.
 */
#ifndef HEED_BASE_LOG_H
#define HEED_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_level_set(enum log_level level); /* LOG_INFO unless told */
void log_line(enum log_level level, const char *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
