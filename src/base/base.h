/* base: what every other folder stands on. It knows libc and nothing else.
 *
 *   arena.h   memory with one owner      str.h   slices            buf.h   text being built
 *   vec.h     growing arrays             map.h   text to pointer   err.h   the one error type
 *   env.h     time, chance, files        date.h  calendar, FHIR's partial dates, local time
 *   utf8.h    well-formedness            id.h    UUID, hex, base64 log.h   one line an event
 *
 * Conventions used everywhere: slices not C strings for data; a function that returns memory takes an arena; a function that
 * can fail takes `struct err *e` last and returns bool; instants are int64_t microseconds named *_us; local dates are int64_t
 * day numbers named *_days.
 */
#ifndef HEED_BASE_BASE_H
#define HEED_BASE_BASE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/env.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"

#endif
