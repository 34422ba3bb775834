// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP flows between two network namespaces, measured where they arrive.
 *
 *	tcpflow [OPTION]... NS_A NS_B SOURCE DESTINATION
 *
 *	-t SECONDS	send for so long, from the first SYN (15)
 *	-n OCTETS	or send so much and wait for its end
 *	-N COUNT	so many flows at once (1)
 *	-b		both directions at once on each connection
 *	-r COUNT	beside it, so many answers of 10,000 octets from A to
 *			requests of B, one after the other; ends with them
 *	-m		MPTCP sockets
 *	-c NAME		congestion control; default: the host's
 *	-p PORT		(7000)
 *
 * prints one JSON object. "octets": received in the time, of each flow from A
 * to B ("back": from B to A); "after": of these, later than 3 s; "gap": the
 * longest time, after 3 s, in which nothing reached the receiving programs;
 * "seconds": when the last octet of -n came; "cpu": seconds that the CPUs were
 * busy; "median", "p99": of -r, seconds from request to answer; "segments": sent
 * by the first flow, "acks": what came back; "correct": every octet was the one
 * sent at its place. Times count from before the first connect().
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define FLOWS_MAX	128
#define PATTERN		65521		/* octets, then again; a prime */
#define PIECE		(64 * 1024)
#define SETTLED		3.0		/* seconds of start-up */
#define REQUEST		100		/* octets */
#define ANSWER		10000

/* One direction of one connection. */
struct stream {
	int from, to;			/* sockets; -1: not accepted yet */
	uint64_t sent, received, after;
	int done;
};

/* Requests and answers */
static struct {
	int client, server;		/* sockets */
	int count, done;
	size_t asked, answered;		/* octets of the present one */
	double since, *took;
} rr = { .client = -1, .server = -1 };

static unsigned char pattern[PATTERN + PIECE];
static struct stream streams[2 * FLOWS_MAX];
static int n_streams, n_flows = 1;
static double duration = 15, start, last_arrival, gap, finished;
static uint64_t amount;
static int wrong, protocol;
static const char *congestion;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void enter(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static void parse(const char *text, int port, struct sockaddr_in6 *a)
{
	memset(a, 0, sizeof(*a));
	a->sin6_family = AF_INET6;
	a->sin6_port = htons(port);
	if (inet_pton(AF_INET6, text, &a->sin6_addr) != 1)
		errx(1, "%s: not an IPv6 address", text);
}

static int open_socket(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, protocol), one = 1;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (congestion && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION,
				     congestion, strlen(congestion)))
		err(1, "congestion control %s", congestion);
	return fd;
}

static void add_stream(int from, int to)
{
	streams[n_streams].from = from;
	streams[n_streams++].to = to;
}

static void fill_pattern(void)
{
	uint32_t x = 2463534242U;
	int i;

	for (i = 0; i < PATTERN + PIECE; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		pattern[i] = i < PATTERN ? x : pattern[i - PATTERN];
	}
}

static void send_some(struct stream *s)
{
	size_t size = PIECE;
	ssize_t n;

	if (amount && amount - s->sent < size)
		size = amount - s->sent;
	if (size) {
		n = send(s->from, pattern + s->sent % PATTERN, size,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			err(1, "send");
		if (n > 0)
			s->sent += n;
	}
	if (amount && s->sent == amount && s->done == 0) {
		shutdown(s->from, SHUT_WR);
		s->done = 1;
	}
}

static void receive_some(struct stream *s)
{
	static unsigned char buffer[PIECE];
	double time;
	ssize_t n;

	n = recv(s->to, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0)
		err(1, "recv");
	time = now() - start;
	if (n == 0) {
		s->done = 2;
		return;
	}
	if (memcmp(buffer, pattern + s->received % PATTERN, n))
		wrong = 1;
	s->received += n;
	if (time > SETTLED) {
		double since = last_arrival > SETTLED ? last_arrival : SETTLED;

		s->after += n;
		if (time - since > gap)
			gap = time - since;
	}
	last_arrival = time;
	if (amount && s->received == amount)
		finished = time;
}

static double busy(void)
{
	unsigned long long user, nice, system, idle, wait, irq, softirq;
	FILE *f = fopen("/proc/stat", "r");

	if (!f || fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user,
			 &nice, &system, &idle, &wait, &irq, &softirq) != 7)
		err(1, "/proc/stat");
	fclose(f);
	return (double)(user + nice + system + irq + softirq) /
	       sysconf(_SC_CLK_TCK);
}

static void ask(void)
{
	rr.asked = rr.answered = 0;
	rr.since = now();
	if (send(rr.client, pattern, REQUEST, 0) != REQUEST)
		err(1, "request");
}

static size_t take(int fd)
{
	static unsigned char buffer[PIECE];
	ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		err(1, "recv");
	return n < 0 ? 0 : n;
}

/* Returns whether all were answered */
static int requests(int at_server, int at_client)
{
	if (at_server) {
		rr.asked += take(rr.server);
		if (rr.asked == REQUEST &&
		    send(rr.server, pattern, ANSWER, 0) != ANSWER)
			err(1, "answer");
	}
	if (at_client) {
		rr.answered += take(rr.client);
		if (rr.answered == ANSWER) {
			rr.took[rr.done++] = now() - rr.since;
			if (rr.done < rr.count)
				ask();
		}
	}
	return rr.count && rr.done == rr.count;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int port_of(int fd, int peer)
{
	struct sockaddr_in6 a;
	socklen_t size = sizeof(a);

	if ((peer ? getpeername : getsockname)(fd, (struct sockaddr *)&a, &size))
		err(1, "port");
	return a.sin6_port;
}

/* A connection's far end: it belongs where the near one is */
static void take_up(int listener)
{
	int far = accept(listener, NULL, NULL), port, i;

	if (far < 0)
		err(1, "accept");
	port = port_of(far, 1);
	for (i = 0; i < n_streams; i++) {
		struct stream *s = &streams[i];

		if (s->from < 0 && port_of(s->to, 0) == port)
			s->from = far;
		else if (s->to < 0 && port_of(s->from, 0) == port)
			s->to = far;
	}
	if (rr.count && port_of(rr.server, 0) == port) {
		rr.client = far;
		ask();
	}
}

/* Both ends of every stream in one loop; whoever can, does. */
static void run(int listener)
{
	struct pollfd fds[4 * FLOWS_MAX + 3], *last = fds + 2 * n_streams;
	int i, open, served;

	do {
		open = 0;
		for (i = 0; i < n_streams; i++) {
			struct stream *s = &streams[i];

			fds[2 * i].fd = s->done ? -1 : s->from;
			fds[2 * i].events = POLLOUT;
			fds[2 * i + 1].fd = s->done == 2 ? -1 : s->to;
			fds[2 * i + 1].events = POLLIN;
			open += s->done != 2;
		}
		last[0].fd = rr.server;
		last[1].fd = rr.client;
		last[2].fd = listener;
		last[0].events = last[1].events = last[2].events = POLLIN;
		if (poll(fds, 2 * n_streams + 3, 100) < 0)
			err(1, "poll");
		if (last[2].revents)
			take_up(listener);
		for (i = 0; i < n_streams; i++) {
			if (fds[2 * i].revents)
				send_some(&streams[i]);
			if (fds[2 * i + 1].revents)
				receive_some(&streams[i]);
		}
		served = requests(last[0].revents, last[1].revents);
	} while (open && !served && now() - start < duration);
}

static void print_list(const char *name, int first, int step, int after)
{
	int i;

	printf("\"%s\": [", name);
	for (i = first; i < n_streams; i += step)
		printf("%s%llu", i == first ? "" : ", ", (unsigned long long)
		       (after ? streams[i].after : streams[i].received));
	printf("], ");
}

static void print_segments(void)
{
	struct tcp_info info = {};
	socklen_t size = sizeof(info);

	if (getsockopt(streams[0].from, IPPROTO_TCP, TCP_INFO, &info, &size))
		err(1, "TCP_INFO");
	printf("\"segments\": %u, \"acks\": %u, ", info.tcpi_segs_out,
	       info.tcpi_segs_in);
}

/* Begins a connection; returns its near end */
static int begin(const struct sockaddr_in6 *source,
		 const struct sockaddr_in6 *destination)
{
	int near = open_socket();

	if (bind(near, (const struct sockaddr *)source, sizeof(*source)) ||
	    fcntl(near, F_SETFL, O_NONBLOCK))
		err(1, "bind");
	if (connect(near, (const struct sockaddr *)destination,
		    sizeof(*destination)) && errno != EINPROGRESS)
		err(1, "connect");
	fcntl(near, F_SETFL, 0);	/* an answer is sent whole */
	return near;
}

int main(int argc, char **argv)
{
	double cpu;
	struct sockaddr_in6 source, destination;
	int option, listener, i, port = 7000, both = 0, step;

	while ((option = getopt(argc, argv, "t:n:N:br:mc:p:")) != -1) {
		switch (option) {
		case 't': duration = atof(optarg); break;
		case 'n': amount = atoll(optarg); break;
		case 'N': n_flows = atoi(optarg); break;
		case 'b': both = 1; break;
		case 'r': rr.count = atoi(optarg); break;
		case 'm': protocol = IPPROTO_MPTCP; break;
		case 'c': congestion = optarg; break;
		case 'p': port = atoi(optarg); break;
		default: return 1;
		}
	}
	if (argc - optind != 4 || n_flows < 1 || n_flows > FLOWS_MAX)
		errx(1, "usage: tcpflow [OPTION]... NS_A NS_B SOURCE "
		     "DESTINATION");
	argv += optind;
	fill_pattern();
	enter(argv[1]);
	parse(argv[3], port, &destination);
	enter(argv[1]);
	listener = open_socket();
	if (bind(listener, (struct sockaddr *)&destination,
		 sizeof(destination)) || listen(listener, FLOWS_MAX))
		err(1, "bind %s", argv[3]);
	enter(argv[0]);
	parse(argv[2], 0, &source);
	cpu = busy();
	start = now();
	for (i = 0; i < n_flows; i++) {
		int near = begin(&source, &destination);

		add_stream(near, -1);
		if (both)
			add_stream(-1, near);
	}
	if (rr.count) {
		rr.took = calloc(rr.count, sizeof(*rr.took));
		if (!rr.took)
			err(1, "memory");
		rr.server = begin(&source, &destination);
	}
	run(listener);
	cpu = busy() - cpu;
	step = both ? 2 : 1;
	printf("{");
	print_list("octets", 0, step, 0);
	print_list("after", 0, step, 1);
	if (both)
		print_list("back", 1, step, 0);
	print_segments();
	if (rr.done) {
		qsort(rr.took, rr.done, sizeof(*rr.took), by_value);
		printf("\"median\": %.5f, \"p99\": %.5f, ",
		       rr.took[rr.done / 2], rr.took[rr.done * 99 / 100]);
	}
	printf("\"cpu\": %.2f, \"gap\": %.4f, \"seconds\": %.4f, \"correct\": %s}\n", cpu, gap,
	       finished, wrong ? "false" : "true");
	return 0;
}
