/* mllp_load HOST PORT CONNECTIONS MESSAGES: sends ADT^A04 over that many connections, one in flight on each, and prints
 * "messages N accepted N seconds S rate R p50_ms P p99_ms Q". Every message is a new visit of one of 5,000 people, born and living
 * all over, as a city's are. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 256, PEOPLE = 5000 };

struct line {
	int fd;
	double sent_at;
	char in[4096];
	size_t n;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The n-th number 999 xxx xxx c with a right check digit (modulus 11). */
static void nhs_number(int n, char out[11])
{
	for (int i = 0, seen = -1;; i++) {
		int digits[9], sum = 0;
		char text[16];
		snprintf(text, sizeof text, "999%06u", (100000u + (unsigned)i * 7u) % 1000000u);
		memcpy(out, text, 9);
		for (int k = 0; k < 9; k++) {
			digits[k] = out[k] - '0';
			sum += digits[k] * (10 - k);
		}
		int check = (11 - sum % 11) % 11;
		if (check == 10 || ++seen < n)
			continue;
		out[9] = (char)('0' + check);
		out[10] = '\0';
		return;
	}
}

static char numbers[PEOPLE][11];

/* Sent now; born on one of some 8,000 days, in one of 100 postcodes: so that a birthday is shared about as often as in a town. */
static void send_one(struct line *l, int k)
{
	char m[1024], at[16];
	int p = k % PEOPLE;
	time_t t = time(NULL);
	struct tm utc;
	gmtime_r(&t, &utc);
	strftime(at, sizeof at, "%Y%m%d%H%M%S", &utc);
	int n = snprintf(m, sizeof m,
			 "\x0bMSH|^~\\&|EDSYS|RXX01|HEED|DERBY|%s+0000||ADT^A04|B%d|P|2.4||||||UNICODE UTF-8\r"
			 "EVN|A04|%s+0000\r"
			 "PID|1||%s^^^NHS^NH~H%d^^^RXX01^PI||BENCH%d^Sam^^^^^L||20%02d%02d%02d|%d|||%d Example Road^^Derby^^DE%d %dAA^GBR^H\r"
			 "PV1|1|E|ED^^^RXX01||||||||||||||||V%d^^^RXX01^VN|||||||||||||||||||||||||%s+0000\r\x1c\r",
			 at, k, at, numbers[p], p, p, 1 + p % 24, 1 + p / 24 % 12, 1 + p / 288 % 28, 1 + p % 2, 1 + p % 90, 90 + p / 10 % 10,
			 p % 10, k, at);
	l->n = 0;
	l->sent_at = now();
	if (write(l->fd, m, (size_t)n) != n) {
		perror("write");
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* True when a whole answer is in. */
static bool take(struct line *l, bool *accepted)
{
	ssize_t r = read(l->fd, l->in + l->n, sizeof l->in - 1 - l->n);
	if (r <= 0) {
		fprintf(stderr, "connection closed\n");
		exit(1);
	}
	l->n += (size_t)r;
	l->in[l->n] = '\0';
	if (l->n < 2 || l->in[l->n - 2] != '\x1c')
		return false;
	*accepted = strstr(l->in, "MSA|AA|") != NULL;
	return true;
}

static int dial(const char *host, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	inet_pton(AF_INET, host, &to.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: mllp_load HOST PORT CONNECTIONS MESSAGES\n");
		return 2;
	}
	static struct line lines[MAX_CONNECTIONS];
	static struct pollfd polls[MAX_CONNECTIONS];
	int connections = (int)strtol(argv[3], NULL, 10), messages = (int)strtol(argv[4], NULL, 10);
	if (connections < 1 || connections > MAX_CONNECTIONS || messages < connections)
		return 2;
	for (int p = 0; p < PEOPLE; p++)
		nhs_number(p, numbers[p]);
	double *took = calloc((size_t)messages, sizeof *took);
	int sent = 0, done = 0, accepted = 0;
	double start = now();
	for (int i = 0; i < connections; i++) {
		lines[i].fd = dial(argv[1], (int)strtol(argv[2], NULL, 10));
		polls[i] = (struct pollfd){.fd = lines[i].fd, .events = POLLIN};
		send_one(&lines[i], sent++);
	}
	while (done < messages) {
		if (poll(polls, (nfds_t)connections, 30000) <= 0) {
			fprintf(stderr, "no answer in 30 s\n");
			return 1;
		}
		for (int i = 0; i < connections; i++) {
			bool ok = false;
			if (!(polls[i].revents & (POLLIN | POLLHUP)) || !take(&lines[i], &ok))
				continue;
			took[done++] = now() - lines[i].sent_at;
			accepted += ok;
			if (sent < messages)
				send_one(&lines[i], sent++);
		}
	}
	double seconds = now() - start;
	qsort(took, (size_t)messages, sizeof *took, by_value);
	printf("messages %d accepted %d seconds %.3f rate %.0f p50_ms %.2f p99_ms %.2f\n", messages, accepted, seconds, messages / seconds,
	       took[messages / 2] * 1e3, took[(size_t)(messages * 0.99)] * 1e3);
	free(took);
	return accepted == messages ? 0 : 1;
}
