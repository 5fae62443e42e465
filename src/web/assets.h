/* assets: style sheets, scripts and icons inside the program. Every path holds a hash of the bytes, so a browser may keep a file for
 * ever; the gzip is made at build. The table is written by tools/embed_assets.mjs.
 */
#ifndef HEED_WEB_ASSETS_H
#define HEED_WEB_ASSETS_H

#include "base/base.h"

struct web_asset {
	const char *name; /* "app.css" */
	const char *path; /* "/assets/app.0123456789ab.css" */
	const char *type;
	const unsigned char *raw;
	size_t raw_n;
	const unsigned char *gzip;
	size_t gzip_n;
};
extern const struct web_asset web_assets[];
extern const size_t web_asset_count;

struct str web_asset_path(const char *name); /* aborts for a name that is not there: a mistake in code */
const struct web_asset *web_asset_at(struct str path); /* NULL when there is none */

#endif
