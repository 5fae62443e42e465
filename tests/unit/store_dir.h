/* A data directory for one test. */
#ifndef HEED_TESTS_STORE_DIR_H
#define HEED_TESTS_STORE_DIR_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"

static inline char *test_dir_new(void)
{
	const char *tmp = getenv("TMPDIR");
	size_t n = 200;
	char *path = calloc(1, n);
	snprintf(path, n, "%s/heed-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(path);
}

static inline const char *test_dir_url(struct arena *arena, const char *path)
{
	return str_c(arena, str_printf(arena, "sqlite:%s", path));
}

static inline void test_dir_remove(char *path)
{
	DIR *d = opendir(path);
	for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d)) {
		char name[600];
		snprintf(name, sizeof name, "%s/%s", path, f->d_name);
		if (f->d_name[0] != '.')
			unlink(name);
	}
	if (d)
		closedir(d);
	rmdir(path);
	free(path);
}

#endif
