// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many correspondents of one host on a few links, by packet sockets.
 *
 *	crowd greet COUNT MAC DEV...
 *		Correspondent 1 to COUNT sends echo requests until the host
 *		believes in it; done when the host has no more to tell.
 *	crowd listen COUNT MAC SECONDS DEAF DEV...
 *		What the host tells them, as JSON. Every DEAF-th never answers.
 *
 * MAC is the host's, on all links. Nonces follow from numbers, so one run
 * knows those of the last. Neighbour solicitations and Locator Updates are
 * answered in both.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS		4	/* answers before a session is proven */
#define WINDOW		32	/* echo requests on their way */
#define QUIET		3.0	/* seconds */
#define MAX_LINKS	4

#define NID_FIRST	0xb0b1b2b300000000ULL	/* plus the number */
#define NID_HOST	0xa0a1a2a3a4a5a6a7ULL
#define L64_HOST	0x20010db800a00000ULL
#define L64_OURS	0x20010db800b00000ULL

struct address {
	uint64_t l64, nid;
};

struct ip6 {
	uint8_t dst[6], src[6];
	uint16_t type;
	uint32_t version;
	uint16_t len;
	uint8_t next, hops;
	struct address from, to;
	uint8_t data[1500];
} __attribute__((packed));

#define HEADERS		offsetof(struct ip6, data)
#define OPTION		16	/* octets of the nonce's header */

static struct {
	int fd;
	uint8_t mac[6];
} links[MAX_LINKS];
static unsigned int n_links;
static uint8_t host_mac[6];
static uint64_t host_nid;
static unsigned int count;

struct one {
	uint16_t rounds;	/* answers to its echo requests */
	uint16_t told;		/* Locator Updates */
	bool acked;
	double acked_at;
};

static struct one *all;
static unsigned int deaf;	/* every how many do not answer */
static unsigned int packets, retold;
static double *times;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void link_open(const char *dev)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = if_nametoindex(dev),
	};
	int one = 1, room = 32 << 20, fd;
	struct ifreq ifr = {};

	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IPV6));
	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", dev);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    ioctl(fd, SIOCGIFHWADDR, &ifr))
		die(dev);
	links[n_links].fd = fd;
	memcpy(links[n_links++].mac, ifr.ifr_hwaddr.sa_data, 6);
}

static uint16_t checksum(const struct ip6 *p, const uint8_t *data, size_t len)
{
	const uint8_t *addrs = (const uint8_t *)&p->from;
	uint32_t sum = len + IPPROTO_ICMPV6;
	size_t i;

	for (i = 0; i < 32; i++)
		sum += i & 1 ? addrs[i] : addrs[i] << 8;
	for (i = 0; i < len; i++)
		sum += i & 1 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* Of @len octets of ICMPv6 behind @skip octets of extension headers */
static void send_icmp(unsigned int link, struct ip6 *p, size_t skip,
		      size_t len)
{
	uint8_t *icmp = p->data + skip;
	uint16_t sum;

	memcpy(p->dst, host_mac, 6);
	memcpy(p->src, links[link].mac, 6);
	p->type = htons(ETH_P_IPV6);
	p->version = htonl(6U << 28);
	p->len = htons(skip + len);
	p->hops = 255;
	p->next = skip ? IPPROTO_DSTOPTS : IPPROTO_ICMPV6;
	memset(icmp + 2, 0, 2);
	sum = checksum(p, icmp, len);
	memcpy(icmp + 2, &sum, 2);
	if (send(links[link].fd, p, HEADERS + skip + len, 0) < 0)
		die("send");
}

static void write_option(struct ip6 *p, unsigned int i)
{
	uint32_t words[3] = { htonl(i), htonl(~i), htonl(i * 0x9e3779b9U) };

	memcpy(p->data, (uint8_t[]){ IPPROTO_ICMPV6, 1, 0x8b, 12 }, 4);
	memcpy(p->data + 4, words, sizeof(words));
}

static void greet(unsigned int i)
{
	struct ip6 p = {
		.from = { htobe64(L64_OURS), htobe64(NID_FIRST + i) },
		.to = { htobe64(L64_HOST), host_nid },
	};

	write_option(&p, i);
	memcpy(p.data + OPTION, (uint8_t[]){ 128, 0, 0, 0, 0, 1 }, 6);
	p.data[OPTION + 7] = all[i].rounds + 1;
	send_icmp(0, &p, OPTION, 8);
}

static void advertise(unsigned int link, struct ip6 *p)
{
	uint8_t option[8] = { 2, 1 };

	p->to = p->from;
	memcpy(&p->from, p->data + 8, 16);
	memcpy(p->data, (uint8_t[]){ 136, 0, 0, 0, 0xe0, 0, 0, 0 }, 8);
	memcpy(option + 2, links[link].mac, 6);
	memcpy(p->data + 24, option, sizeof(option));
	send_icmp(link, p, 0, 32);
}

static void locator_update(unsigned int link, struct ip6 *p, unsigned int i,
			   size_t skip, size_t len)
{
	struct address from = p->to;

	all[i].told++;
	if (times)
		times[packets] = now();
	packets++;
	if (all[i].acked && now() - all[i].acked_at > 0.1)
		retold++;
	if (deaf && i % deaf == 0)
		return;
	p->to = p->from;
	p->from = from;
	memmove(p->data + OPTION, p->data + skip, len);
	write_option(p, i);
	p->data[OPTION + 5] = 2;
	send_icmp(link, p, OPTION, len);
	all[i].acked = true;
	all[i].acked_at = now();
}

/* Returns whose echo request was answered, 0: none, -1: an update */
static int receive(unsigned int link)
{
	struct ip6 p;
	ssize_t len = recv(links[link].fd, &p, sizeof(p), MSG_DONTWAIT);
	size_t skip = 0;
	uint64_t i;

	if (len < (ssize_t)HEADERS + 24)
		return 0;
	if (p.next == IPPROTO_ICMPV6 && p.data[0] == 135) {
		advertise(link, &p);
		return 0;
	}
	i = be64toh(p.to.nid) - NID_FIRST;
	if (p.next == IPPROTO_DSTOPTS && p.data[0] == IPPROTO_ICMPV6)
		skip = 8 + p.data[1] * 8;
	if (!skip || !i || i > count || len < (ssize_t)(HEADERS + skip + 8))
		return 0;
	switch (p.data[skip]) {
	case 129:
		if (p.data[skip + 7] != (uint8_t)(all[i].rounds + 1))
			return 0;
		all[i].rounds++;
		return i;
	case 156:
		if (p.data[skip + 5] == 1)
			locator_update(link, &p, i, skip,
				       len - HEADERS - skip);
		return -1;
	}
	return 0;
}

/* Handle what comes within @ms; returns who may go on, as receive() */
static int turn(int ms)
{
	struct pollfd fds[MAX_LINKS];
	unsigned int i;
	int who = 0;

	for (i = 0; i < n_links; i++)
		fds[i] = (struct pollfd){ links[i].fd, POLLIN, 0 };
	if (poll(fds, n_links, ms) <= 0)
		return 0;
	for (i = 0; i < n_links && !who; i++)
		if (fds[i].revents)
			who = receive(i);
	return who;
}

static int greet_all(void)
{
	unsigned int next = 1, done = 0;
	double last = now();

	while (next <= count && next <= WINDOW)
		greet(next++);
	while (now() - last < QUIET) {
		int who = turn(100);

		if (who)
			last = now();
		if (who <= 0)
			continue;
		if (all[who].rounds < ROUNDS) {
			greet(who);
			continue;
		}
		done++;
		if (next <= count)
			greet(next++);
	}
	printf("{ \"greeted\": %u }\n", done);
	return done == count ? 0 : 1;
}

static int listen_all(double seconds)
{
	unsigned int told = 0, deaf_told = 0, worst = 0, i, first = 0;
	double end = now() + seconds;

	times = calloc(count * 20, sizeof(*times));
	if (!times)
		die("calloc");
	while (now() < end && packets < count * 20)
		turn(100);
	for (i = 0; i < packets; i++) {
		while (times[i] - times[first] >= 1)
			first++;
		if (i - first + 1 > worst)
			worst = i - first + 1;
	}
	for (i = 1; i <= count; i++) {
		told += all[i].told > 0;
		if (deaf && i % deaf == 0)
			deaf_told += all[i].told;
	}
	printf("{ \"told\": %u, \"packets\": %u, \"worst\": %u, ",
	       told, packets, worst);
	printf("\"retold\": %u, \"deaf\": %u, \"seconds\": %.1f }\n",
	       retold, deaf_told,
	       packets ? times[packets - 1] - times[0] : 0);
	return 0;
}

int main(int argc, char **argv)
{
	bool listening = argc > 1 && !strcmp(argv[1], "listen");
	int i = listening ? 6 : 4;
	struct ether_addr *mac;

	if (argc <= i) {
		fprintf(stderr, "usage: crowd greet COUNT MAC DEV...\n"
			"       crowd listen COUNT MAC SECONDS DEAF DEV...\n");
		return 2;
	}
	count = atoi(argv[2]);
	mac = ether_aton(argv[3]);
	all = calloc(count + 1, sizeof(*all));
	if (!mac || !all)
		die(argv[3]);
	memcpy(host_mac, mac, 6);
	host_nid = htobe64(NID_HOST);
	for (; i < argc && n_links < MAX_LINKS; i++)
		link_open(argv[i]);
	if (!listening)
		return greet_all();
	deaf = atoi(argv[5]);
	return listen_all(atof(argv[4]));
}
