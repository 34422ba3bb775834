// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures what a packet costs both hosts together, in instructions.
 *
 * One process owns a socket in each of two network namespaces and alternates
 * fixed counts of sends and receives. Over veth a send returns when the other
 * end has the packet, so nothing is scheduled, nothing is lost and, on one CPU
 * under QEMU's icount (one nanosecond an instruction), the time that passes is
 * the number of instructions of both ends and nothing else.
 *
 *	pingpong NS_A NS_B SOURCE DESTINATION [OPERATION]...
 *
 * prints "OPERATION FIRST SECOND", two repeats, per unit of the operation.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REPEATS		2
#define BURST		16		/* datagrams in flight */
#define CHUNK		65536		/* octets a bulk send */
#define PORT		5000

static const char *operation;		/* for messages */
static int ns_a, ns_b;
static struct sockaddr_in6 source, destination;
static char buffer[CHUNK];

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int open_ns(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void parse(const char *text, struct sockaddr_in6 *a)
{
	a->sin6_family = AF_INET6;
	if (inet_pton(AF_INET6, text, &a->sin6_addr) != 1)
		errx(1, "%s: not an IPv6 address", text);
}

/* A socket in namespace @ns; a peer that stays silent is an error. */
static int open_socket(int ns, int type, int protocol)
{
	struct timeval patience = { .tv_sec = 5 };
	int one = 1, fd;

	if (setns(ns, CLONE_NEWNET))
		err(1, "setns");
	fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		err(1, "%s: socket", operation);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* Port 0 is chosen at connect time, as for a socket that is not bound. */
static void bind_to(int fd, const struct sockaddr_in6 *addr, int port)
{
	struct sockaddr_in6 a = *addr;
	int late = !port;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late,
		   sizeof(late));
	a.sin6_port = htons(port);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		err(1, "%s: bind", operation);
}

static void connect_to(int fd, int port)
{
	struct sockaddr_in6 a = destination;

	a.sin6_port = htons(port);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		err(1, "%s: connect", operation);
}

static void put(int fd, size_t size)
{
	if (send(fd, buffer, size, 0) != (ssize_t)size)
		err(1, "%s: send", operation);
}

static void get(int fd, size_t size)
{
	ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

	if (n < 0)
		err(1, "%s: nothing arrives", operation);
	if (n != (ssize_t)size)
		errx(1, "%s: %zd octets instead of %zu", operation, n, size);
}

/* --- the operations: each does @n of its units ---------------------------- */

static int near_end = -1, far_end = -1, listener = -1;

static void udp_open(void)
{
	static const struct sockaddr_in6 any = { .sin6_family = AF_INET6 };

	far_end = open_socket(ns_b, SOCK_DGRAM, 0);
	bind_to(far_end, &any, PORT);
	near_end = open_socket(ns_a, SOCK_DGRAM, 0);
	bind_to(near_end, &source, 0);
	connect_to(near_end, PORT);
}

static void udp(int n, size_t size)
{
	int i, j;

	for (i = 0; i < n; i += BURST) {
		for (j = 0; j < BURST; j++)
			put(near_end, size);
		for (j = 0; j < BURST; j++)
			get(far_end, size);
	}
}

static void udp64(int n)
{
	udp(n, 64);
}

static void udp1200(int n)
{
	udp(n, 1200);
}

/* The answer makes sessions known to both ends, as any real flow would. */
static void udp_open_answered(void)
{
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);

	udp_open();
	put(near_end, 1);
	if (recvfrom(far_end, buffer, sizeof(buffer), 0,
		     (struct sockaddr *)&from, &len) != 1)
		err(1, "%s: nothing arrives", operation);
	if (sendto(far_end, buffer, 1, 0, (struct sockaddr *)&from, len) != 1)
		err(1, "%s: answer", operation);
	get(near_end, 1);
}

static void tcp_listen(void)
{
	static const struct sockaddr_in6 any = { .sin6_family = AF_INET6 };

	listener = open_socket(ns_b, SOCK_STREAM, 0);
	bind_to(listener, &any, PORT);
	if (listen(listener, 16))
		err(1, "%s: listen", operation);
	setns(ns_a, CLONE_NEWNET);
}

static void tcp_connect(void)
{
	near_end = open_socket(ns_a, SOCK_STREAM, 0);
	bind_to(near_end, &source, 0);
	connect_to(near_end, PORT);
	far_end = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (far_end < 0)
		err(1, "%s: accept", operation);
}

static void tcp_open(void)
{
	struct timeval patience = { .tv_sec = 5 };
	int one = 1;

	tcp_listen();
	tcp_connect();
	setsockopt(far_end, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(far_end, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
}

static void turn(void)
{
	put(near_end, 1);
	get(far_end, 1);
	put(far_end, 1);
	get(near_end, 1);
}

static void rr(int n)
{
	while (n--)
		turn();
}

static void crr(int n)
{
	while (n--) {
		tcp_connect();
		turn();
		close(near_end);
		close(far_end);
	}
	near_end = -1;
	far_end = -1;
}

/* @n octets; what does not fit is sent when the receiver has made room. */
static void bulk(int n)
{
	int sent = 0, received = 0;
	ssize_t k;

	while (received < n) {
		if (sent < n) {
			k = send(near_end, buffer, CHUNK, MSG_DONTWAIT);
			if (k < 0 && errno != EAGAIN)
				err(1, "%s: send", operation);
			if (k > 0)
				sent += k;
		}
		k = recv(far_end, buffer, CHUNK, MSG_DONTWAIT);
		if (k < 0 && errno == EAGAIN)
			k = recv(far_end, buffer, CHUNK, 0);
		if (k <= 0)
			err(1, "%s: nothing arrives", operation);
		received += k;
	}
	while (received < sent) {
		k = recv(far_end, buffer, CHUNK, 0);
		if (k <= 0)
			err(1, "%s: the end does not arrive", operation);
		received += k;
	}
}

static void ping_open(void)
{
	struct icmp6_filter filter;

	near_end = open_socket(ns_a, SOCK_RAW, IPPROTO_ICMPV6);
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	setsockopt(near_end, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
		   sizeof(filter));
	bind_to(near_end, &source, 0);
	connect_to(near_end, 0);
}

static void ping(int n)
{
	const struct icmp6_hdr request = {
		.icmp6_type = ICMP6_ECHO_REQUEST,
		.icmp6_id = htons(getpid() & 0xffff),
	};
	ssize_t size;

	while (n--) {
		memcpy(buffer, &request, sizeof(request));
		put(near_end, 64);
		/* A raw socket also sees answers to others, to path probes */
		do
			size = recv(near_end, buffer, sizeof(buffer), 0);
		while (size > 0 && memcmp(buffer + 4, &request.icmp6_id, 2));
		if (size != 64)
			err(1, "%s: no answer", operation);
	}
}

static const struct {
	const char *name;
	void (*open)(void);
	void (*run)(int n);
	int n;
} operations[] = {
	{ "udp64",	udp_open_answered,	udp64,	20480 },
	{ "udp1200",	udp_open_answered,	udp1200, 20480 },
	{ "rr",		tcp_open,		rr,	10000 },
	{ "crr",	tcp_listen,		crr,	1500 },
	{ "bulk",	tcp_open,		bulk,	96 << 20 },
	{ "ping",	ping_open,		ping,	10000 },
};

static void close_all(void)
{
	int *fds[] = { &near_end, &far_end, &listener };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static void measure(size_t k)
{
	double cost[REPEATS];
	uint64_t start;
	int i, n = operations[k].n;

	operation = operations[k].name;
	operations[k].open();
	operations[k].run(n / 8);
	for (i = 0; i < REPEATS; i++) {
		start = now();
		operations[k].run(n);
		cost[i] = (double)(now() - start) / n;
	}
	close_all();
	printf("%s %.4f %.4f\n", operation, cost[0], cost[1]);
	fflush(stdout);
}

static int wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 5; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return argc <= 5;
}

int main(int argc, char **argv)
{
	size_t k;

	if (argc < 5)
		errx(1, "usage: pingpong NS_A NS_B SOURCE DESTINATION "
		     "[OPERATION]...");
	ns_a = open_ns(argv[1]);
	ns_b = open_ns(argv[2]);
	parse(argv[3], &source);
	parse(argv[4], &destination);
	for (k = 0; k < sizeof(operations) / sizeof(operations[0]); k++)
		if (wanted(operations[k].name, argc, argv))
			measure(k);
	return 0;
}
