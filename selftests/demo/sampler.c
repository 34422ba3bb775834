// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples interface counters of several network namespaces at a fixed rate.
 *
 *	sampler [-p NAMESPACE/PREFIX] [-f FILE] INTERVAL_MS NAMESPACE...
 *
 * prints "time namespace device rx_packets rx_bytes tx_packets tx_bytes", time
 * in seconds of CLOCK_MONOTONIC, until SIGTERM. With -p, about every two
 * seconds one line on stderr tells what those devices received. With -f, a
 * file's size is sampled too, as what a device "progress" in a namespace "file"
 * received.
 * One process for all, so that a sample costs a few hundred microseconds of
 * the guest's only CPU.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEVICES_MAX	16
#define PROGRESS	2.0	/* seconds */

struct device {
	char name[16];
	unsigned long long rx_bytes;
};

struct namespace {
	const char *name;
	int fd;				/* its /proc/net/dev */
};

static struct device shown[DEVICES_MAX];
static int n_shown;
static char *shown_prefix;
static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

/* /proc/net/dev stays that of the namespace it was opened in. */
static void open_namespace(struct namespace *ns, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
	ns->name = name;
	snprintf(path, sizeof(path), "/proc/self/task/%d/net/dev", gettid());
	ns->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ns->fd < 0)
		err(1, "%s", path);
}

static struct device *find_shown(const char *name)
{
	int i;

	for (i = 0; i < n_shown; i++)
		if (!strcmp(shown[i].name, name))
			return &shown[i];
	if (n_shown == DEVICES_MAX)
		return NULL;
	snprintf(shown[n_shown].name, sizeof(shown[0].name), "%s", name);
	return &shown[n_shown++];
}

static void show(const char *name, unsigned long long rx_bytes, double span)
{
	struct device *d;

	if (strncmp(name, shown_prefix, strlen(shown_prefix)))
		return;
	d = find_shown(name);
	if (!d)
		return;
	if (span > 0)
		fprintf(stderr, " %s %.1f", name,
			(rx_bytes - d->rx_bytes) * 8 / span / 1e6);
	d->rx_bytes = rx_bytes;
}

static void sample(const struct namespace *ns, double time, int progress,
		   double span)
{
	unsigned long long rx_bytes, rx_packets, tx_bytes, tx_packets;
	char text[8192], name[16], *line, *rest = text;
	ssize_t n = pread(ns->fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		err(1, "%s", ns->name);
	text[n] = 0;
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, " %15[^: ]: %llu %llu %*u %*u %*u %*u %*u %*u"
			   " %llu %llu", name, &rx_bytes, &rx_packets,
			   &tx_bytes, &tx_packets) != 5 || !strcmp(name, "lo"))
			continue;
		printf("%.4f %s %s %llu %llu %llu %llu\n", time, ns->name,
		       name, rx_packets, rx_bytes, tx_packets, tx_bytes);
		if (progress)
			show(name, rx_bytes, span);
	}
}

static double seconds(const struct timespec *t)
{
	return t->tv_sec + t->tv_nsec / 1e9;
}

static void sample_file(const char *name, double time)
{
	struct stat st = {};

	stat(name, &st);
	printf("%.4f file progress 0 %lld 0 0\n", time, (long long)st.st_size);
}

static void usage(void)
{
	errx(1, "usage: sampler [-p NAMESPACE/PREFIX] [-f FILE] INTERVAL_MS "
	     "NAMESPACE...");
}

int main(int argc, char **argv)
{
	char *watched = NULL, *file = NULL;
	struct namespace *ns;
	struct timespec next;
	double start, last;
	int i, n, ms, option;

	while ((option = getopt(argc, argv, "p:f:")) != -1) {
		switch (option) {
		case 'p':
			watched = optarg;
			shown_prefix = strchr(watched, '/');
			if (!shown_prefix)
				usage();
			*shown_prefix++ = 0;
			break;
		case 'f':
			file = optarg;
			break;
		default:
			usage();
		}
	}
	argv += optind;
	n = argc - optind - 1;
	if (n < 1 || (ms = atoi(argv[0])) <= 0)
		usage();
	ns = calloc(n, sizeof(*ns));
	if (!ns)
		err(1, "memory");
	for (i = 0; i < n; i++)
		open_namespace(&ns[i], argv[i + 1]);
	signal(SIGTERM, on_signal);
	clock_gettime(CLOCK_MONOTONIC, &next);
	start = last = seconds(&next);
	for (i = 0; !stop; i++) {
		double time = seconds(&next);
		int j, progress = i == 0 || time - last >= PROGRESS;

		if (progress && i && watched)
			fprintf(stderr, "#   %3.0f s: Mbit/s over", time - start);
		for (j = 0; j < n; j++)
			sample(&ns[j], time, progress && watched &&
			       !strcmp(watched, ns[j].name), time - last);
		if (file)
			sample_file(file, time);
		if (progress && i && watched)
			fprintf(stderr, "\n");
		if (progress)
			last = time;
		next.tv_nsec += ms * 1000000L;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}
