// SPDX-License-Identifier: GPL-2.0-only
/*
 * A UDP flow at a fixed rate that tells exactly what became of each datagram.
 *
 *	udpflow send NAMESPACE ADDRESS PORT RATE SIZE	until SIGTERM
 *	udpflow receive NAMESPACE PORT			until SIGTERM
 *
 * send prints "sequence time errno" for each datagram, receive prints
 * "sequence time" for each that came; time in seconds of CLOCK_MONOTONIC. An
 * error to send (no route for a moment) is noted and does not end the flow,
 * as in any program that streams. The sender answers nothing and the socket is
 * connected once: what the host does to its addresses is not its business.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int open_socket(const char *namespace)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0)
		err(1, "socket");
	return fd;
}

static int send_all(char **argv)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(atoi(argv[4])),
	};
	long interval = 1000000000L / atoi(argv[5]);
	uint32_t sequence, size = atoi(argv[6]);
	int fd = open_socket(argv[2]);
	char datagram[1500] = {};
	struct timespec next;

	if (inet_pton(AF_INET6, argv[3], &to.sin6_addr) != 1)
		errx(1, "%s: not an IPv6 address", argv[3]);
	if (size < sizeof(sequence) || size > sizeof(datagram))
		errx(1, "size %u: not from 4 to 1500", size);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (sequence = 0; !stop; sequence++) {
		double time = now();
		int error = 0;

		memcpy(datagram, &sequence, sizeof(sequence));
		if (send(fd, datagram, size, 0) < 0)
			error = errno;
		printf("%u %.6f %d\n", sequence, time, error);
		next.tv_nsec += interval;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}

static int receive_all(char **argv)
{
	struct sockaddr_in6 here = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(atoi(argv[3])),
	};
	int fd = open_socket(argv[2]);
	char datagram[1500];
	uint32_t sequence;

	if (bind(fd, (struct sockaddr *)&here, sizeof(here)))
		err(1, "bind");
	while (!stop) {
		if (recv(fd, datagram, sizeof(datagram), 0) < 4)
			continue;
		memcpy(&sequence, datagram, sizeof(sequence));
		printf("%u %.6f\n", sequence, now());
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char out[1 << 16];
	struct sigaction action = { .sa_handler = on_signal };

	/* No SA_RESTART: a blocked recv() ends. */
	sigaction(SIGTERM, &action, NULL);
	setvbuf(stdout, out, _IOFBF, sizeof(out));
	if (argc == 7 && !strcmp(argv[1], "send"))
		return send_all(argv);
	if (argc == 4 && !strcmp(argv[1], "receive"))
		return receive_all(argv);
	errx(1, "usage: udpflow send NAMESPACE ADDRESS PORT RATE SIZE | "
	     "receive NAMESPACE PORT");
}
