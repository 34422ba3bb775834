// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ss -i: the paths of a TCP connection with congestion control "ilnp". A
 * congestion control may tell inet_diag twenty octets, which is less than one
 * path; so module ilnp6 is asked, once for all sockets.
 */
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/ilnp6.h>
#include <linux/inet_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libgenl.h"
#include "libnetlink.h"
#include "utils.h"

const char *ss_ilnp_paths(const struct inet_diag_sockid *id);

struct connection {
	struct connection	*next;
	struct nlmsghdr		n;	/* and what follows */
};

static struct connection *connections;

static int keep(struct nlmsghdr *n, void *arg)
{
	struct connection *c = malloc(sizeof(*c) + n->nlmsg_len);

	if (!c)
		return -1;
	memcpy(&c->n, n, n->nlmsg_len);
	c->next = connections;
	connections = c;
	return 0;
}

/* Once; without the module there is nothing to show */
static void ask(void)
{
	struct rtnl_handle rth = { .fd = -1 };
	static bool asked;
	int family = -1;

	if (asked)
		return;
	asked = true;
	if (genl_init_handle(&rth, ILNP6_GENL_NAME, &family) == 0) {
		GENL_REQUEST(req, 64, family, 0, ILNP6_GENL_VERSION,
			     ILNP6_CMD_TCP_GET, 0);

		if (rtnl_dump_request_n(&rth, &req.n) > 0)
			rtnl_dump_filter(&rth, keep, NULL);
	}
	rtnl_close(&rth);
}

static struct rtattr *first(struct nlmsghdr *n, int *len)
{
	*len = n->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return (struct rtattr *)((char *)NLMSG_DATA(n) + GENL_HDRLEN);
}

static bool is_nid(const struct rtattr *rta, const __be32 addr[4])
{
	return rta && RTA_PAYLOAD(rta) == 8 && !memcmp(RTA_DATA(rta), &addr[2], 8);
}

static bool is_port(const struct rtattr *rta, __be16 port)
{
	return rta && rta_getattr_u16(rta) == ntohs(port);
}

static bool is_of(struct nlmsghdr *n, const struct inet_diag_sockid *id)
{
	struct rtattr *tb[ILNP6_A_MAX + 1], *rta;
	int len;

	rta = first(n, &len);
	parse_rtattr_flags(tb, ILNP6_A_MAX, rta, len, NLA_F_NESTED);
	return is_nid(tb[ILNP6_A_LOCAL_NID], id->idiag_src) &&
	       is_nid(tb[ILNP6_A_REMOTE_NID], id->idiag_dst) &&
	       is_port(tb[ILNP6_A_SPORT], id->idiag_sport) &&
	       is_port(tb[ILNP6_A_DPORT], id->idiag_dport);
}

static void put_l64(FILE *f, const char *name, const struct rtattr *rta)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a = {};

	memcpy(&a, RTA_DATA(rta), 8);
	fprintf(f, "%s:%s/64", name,
		inet_ntop(AF_INET6, &a, text, sizeof(text)));
}

static void put_number(FILE *f, const char *name, const struct rtattr *rta)
{
	if (rta)
		fprintf(f, " %s:%u", name, rta_getattr_u32(rta));
}

static const char *state_name(const struct rtattr *rta)
{
	switch (rta ? rta_getattr_u8(rta) : 0) {
	case ILNP6_STATE_UP:
		return "up";
	case ILNP6_STATE_SUSPECT:
		return "suspect";
	default:
		return "down";
	}
}

static void put_path(FILE *f, struct rtattr *nest)
{
	struct rtattr *tb[ILNP6_A_MAX + 1];

	parse_rtattr_nested(tb, ILNP6_A_MAX, nest);
	if (!tb[ILNP6_A_REMOTE_L64] || !tb[ILNP6_A_LOCAL_L64])
		return;
	fputs(" path:(", f);
	put_l64(f, "to", tb[ILNP6_A_REMOTE_L64]);
	put_l64(f, " from", tb[ILNP6_A_LOCAL_L64]);
	fprintf(f, " state:%s", state_name(tb[ILNP6_A_STATE]));
	put_number(f, "cwnd", tb[ILNP6_A_CWND]);
	put_number(f, "inflight", tb[ILNP6_A_INFLIGHT]);
	if (tb[ILNP6_A_RTT])
		fprintf(f, " rtt:%g",
			rta_getattr_u32(tb[ILNP6_A_RTT]) / 1000.0);
	put_number(f, "delivered", tb[ILNP6_A_DELIVERED]);
	put_number(f, "lost", tb[ILNP6_A_LOST]);
	fputc(')', f);
}

/* The paths of a connection as ss prints them; to be freed */
static char *show(struct nlmsghdr *n)
{
	struct rtattr *rta;
	char *text = NULL;
	size_t size;
	FILE *f;
	int len;

	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	for (rta = first(n, &len); RTA_OK(rta, len); rta = RTA_NEXT(rta, len))
		if ((rta->rta_type & NLA_TYPE_MASK) == ILNP6_A_PATH)
			put_path(f, rta);
	fclose(f);
	return text;
}

/* For ss, which prints it behind the congestion control's name; never NULL */
const char *ss_ilnp_paths(const struct inet_diag_sockid *id)
{
	static char *text;
	struct connection *c;

	ask();
	free(text);
	text = NULL;
	for (c = connections; c && !text; c = c->next)
		if (is_of(&c->n, id))
			text = show(&c->n);
	return text ? text : "";
}
