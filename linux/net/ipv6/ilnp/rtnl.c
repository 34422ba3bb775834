// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to rtnetlink from inside the kernel, for what it exports no
 * function for: addresses (local.c) and the policy table (label.c).
 *
 * rtnetlink takes RTNL, so the caller must not hold it.
 */
#include "ilnp6.h"

#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

/* For an acknowledgement or a short answer; of a longer one the beginning */
#define ANSWER_ROOM	128

static int sock_open(struct ilnp6_rtnl *r, struct net *net)
{
	int err;

	if (r->sock)
		return 0;
	err = sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE,
			       &r->sock);
	if (err)
		r->sock = NULL;
	return err;
}

static int sock_send(struct ilnp6_rtnl *r, struct sk_buff *skb)
{
	/* Without a name netlink_ns_capable() would look at our socket's file,
	 * and a kernel socket has none.
	 */
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr msg = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
	};
	struct kvec iov = { .iov_base = skb->data, .iov_len = skb->len };
	int err;

	err = kernel_sendmsg(r->sock, &msg, &iov, 1, skb->len);
	return err < 0 ? err : 0;
}

/* rtnetlink does its work inside sendmsg(): the answer is there already */
static int sock_receive(struct ilnp6_rtnl *r, void *answer, size_t room)
{
	union {
		struct nlmsghdr nlh;
		struct {
			struct nlmsghdr nlh;
			struct nlmsgerr err;
		} ack;
		u8 octets[ANSWER_ROOM];
	} buf;
	int len;

	for (;;) {
		struct msghdr msg = {};
		struct kvec iov = {
			.iov_base = &buf,
			.iov_len = sizeof(buf),
		};

		len = kernel_recvmsg(r->sock, &msg, &iov, 1, sizeof(buf),
				     MSG_DONTWAIT);
		if (len < 0)
			return len;
		if (len < (int)sizeof(buf.nlh) || buf.nlh.nlmsg_seq != r->seq)
			continue;
		if (buf.nlh.nlmsg_type != NLMSG_ERROR)
			memcpy(answer, &buf, min_t(size_t, room, len));
		else if (len >= (int)sizeof(buf.ack))
			return buf.ack.err.error;
	}
}

/**
 * ilnp6_rtnl_request - ask rtnetlink for something
 * @r: all zero before the first request
 * @net: namespace, the same for all requests of @r
 * @skb: one message that nlmsg_end() has seen; freed here
 * @answer: message that comes before the acknowledgement, as far as it fits;
 *	NULL if none is expected
 * @room: octets of @answer
 *
 * RTNL not held.
 *
 * Return: what rtnetlink says, 0 or a negative error; or why it was not asked.
 */
int ilnp6_rtnl_request(struct ilnp6_rtnl *r, struct net *net,
		       struct sk_buff *skb, void *answer, size_t room)
{
	struct nlmsghdr *nlh = nlmsg_hdr(skb);
	int err;

	nlh->nlmsg_seq = ++r->seq;
	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	err = sock_open(r, net);
	if (!err)
		err = sock_send(r, skb);
	nlmsg_free(skb);
	return err ?: sock_receive(r, answer, answer ? room : 0);
}

/**
 * ilnp6_rtnl_close - no more requests
 * @r: may have made none
 */
void ilnp6_rtnl_close(struct ilnp6_rtnl *r)
{
	if (r->sock)
		sock_release(r->sock);
	r->sock = NULL;
}
