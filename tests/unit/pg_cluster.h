/* A PostgreSQL cluster of the test's own, in a temporary folder, on a socket there. */
#ifndef HEED_TESTS_PG_CLUSTER_H
#define HEED_TESTS_PG_CLUSTER_H

#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store_dir.h"

static inline const char *pg_bin(void)
{
	static const char *const places[] = {"/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin",
					     "/usr/lib/postgresql/14/bin"};
	struct stat st;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (stat(places[i], &st) == 0)
			return places[i];
	return NULL;
}

/* As user postgres, who may run a cluster; root may not. */
static inline int as_postgres(const char *bin, const char *command, const char *args)
{
	char line[1200];
	snprintf(line, sizeof line, "%s/%s %s >/dev/null 2>&1", bin, command, args);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0)
			execlp("runuser", "runuser", "-u", "postgres", "--", "sh", "-c", line, (char *)NULL);
		else
			execlp("sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	int status = -1;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline char *start_cluster(const char *bin)
{
	char args[700];
	char *home = test_dir_new();
	struct passwd *pw = getpwnam("postgres");
	if (geteuid() == 0 && (!pw || chown(home, pw->pw_uid, pw->pw_gid) != 0))
		return NULL;
	snprintf(args, sizeof args, "-D %s/pg -A trust -U postgres --no-sync", home);
	if (as_postgres(bin, "initdb", args) != 0)
		return NULL;
	snprintf(args, sizeof args, "-D %s/pg -w -t 60 -l %s/log -o \"-F -k %s -c listen_addresses=''\" start", home, home, home);
	return as_postgres(bin, "pg_ctl", args) == 0 ? home : NULL;
}

static inline void stop_cluster(const char *bin, char *home)
{
	char args[700];
	snprintf(args, sizeof args, "-D %s/pg -m immediate stop", home);
	as_postgres(bin, "pg_ctl", args);
	char line[600];
	snprintf(line, sizeof line, "%s/pg", home);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", line, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	test_dir_remove(home);
}

#endif
