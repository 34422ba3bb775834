// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMPv6 errors about our packets (RFC 6741 section 11.1, RFC 6744 section
 * 6). They quote what was on the wire: rewritten L64s and our nonce. The
 * kernel finds sockets by the bound I-LVs, so the quote is turned back into
 * what the socket sent before the kernel's own handler sees it.
 *
 * A quote with the wrong nonce is forged; so is an error by a current
 * correspondent without a nonce of its own (icmpv6_rcv() only sees right
 * ones). Parameter Problem at our option says that the peer does not know
 * ILNP, unless it has shown that it does.
 *
 * Context: softirq, under RCU; skb->data is the ICMPv6 header.
 */
#include <linux/icmpv6.h>
#include <net/ip6_checksum.h>

#include "ilnp6.h"

#define QUOTE		sizeof(struct icmp6hdr)
#define QUOTE_TRANSPORT	8	/* octets: ports, or what echo keeps */

static bool outer_has_nonce(const struct sk_buff *skb)
{
	return ipv6_hdr(skb)->nexthdr == IPPROTO_DSTOPTS;
}

/* Of one that has shown a nonce; another may not know ILNP and say so */
static bool by_correspondent(struct ilnp6_net *in, const struct ipv6hdr *ip6)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	struct ilnp6_corr *corr;
	struct ilnp6_session *s;

	corr = ilnp6_corr_lookup(in, src->nid, src->l64);
	s = corr ? ilnp6_session_of(corr, ilnp6_addr(&ip6->daddr)->nid) : NULL;
	return s && s->rx.len;
}

static int forged(struct ilnp6_net *in, struct sk_buff *skb)
{
	ilnp6_count(in, ILNP6_STAT_ICMP_FORGED);
	ilnp6_notify_bad(in, skb, ILNP6_STAT_ICMP_FORGED);
	return -1;
}

/* The session with this nonce of ours; *known: there is one with the NIDs */
static struct ilnp6_session *find(struct ilnp6_net *in,
				  const struct ipv6hdr *inner,
				  const struct ilnp6_nonce *nonce, bool *known)
{
	const struct ilnp6_addr *src = ilnp6_addr(&inner->saddr);
	struct rhlist_head *pos, *list;
	struct ilnp6_session *s;
	struct ilnp6_corr *corr;

	*known = false;
	list = ilnp6_corr_bucket(in, ilnp6_addr(&inner->daddr)->nid);
	rhl_for_each_entry_rcu(corr, pos, list, node)
		hlist_for_each_entry_rcu(s, &corr->sessions, node) {
			if (s->local_nid != src->nid)
				continue;
			*known = true;
			if (ilnp6_nonce_equal(&s->tx, nonce->val, nonce->len))
				return s;
		}
	return NULL;
}

static void bound_pair(struct ilnp6_net *in, const struct sk_buff *skb,
		       const struct ilnp6_session *s, unsigned int thoff,
		       u8 proto, __be64 *local, __be64 *remote)
{
	struct ilnp6_flow_key key;
	struct ilnp6_flow *f;

	*local = s->bound_local;
	*remote = s->bound_remote;
	if (!READ_ONCE(s->corr->n_flows) ||
	    !ilnp6_flow_key(skb, thoff, proto, true, s->local_nid,
			    s->corr->nid, &key))
		return;
	f = ilnp6_flow_find(in, &key);
	if (f && !f->plain) {
		*local = f->local_l64;
		*remote = f->remote_l64;
	}
}

static void translate(struct ilnp6_net *in, struct sk_buff *skb,
		      const struct ilnp6_session *s, unsigned int optlen,
		      unsigned int outer)
{
	struct ipv6hdr *inner = (struct ipv6hdr *)(skb->data + QUOTE);
	u8 nexthdr = optlen ? *(u8 *)(inner + 1) : inner->nexthdr;
	struct icmp6hdr *icmp;
	__be64 local, remote;
	struct ipv6hdr *ip6;
	u32 mtu;

	bound_pair(in, skb, s, QUOTE + sizeof(*inner) + optlen, nexthdr,
		   &local, &remote);
	ilnp6_addr(&inner->saddr)->l64 = local;
	ilnp6_addr(&inner->daddr)->l64 = remote;
	inner->nexthdr = nexthdr;
	inner->payload_len = htons(ntohs(inner->payload_len) - optlen);
	if (optlen)
		memmove(skb->data - outer + optlen, skb->data - outer,
			outer + QUOTE + sizeof(*inner));
	__skb_pull(skb, optlen);
	skb->transport_header += optlen;
	if (outer) {
		skb->mac_header += optlen;
		skb->network_header += optlen;
		ip6 = ipv6_hdr(skb);
		ip6->payload_len = htons(ntohs(ip6->payload_len) - optlen);
	}
	icmp = icmp6_hdr(skb);
	if (icmp->icmp6_type == ICMPV6_PKT_TOOBIG) {
		/* TCP has the option in its header length already */
		mtu = ntohl(icmp->icmp6_mtu);
		if (nexthdr != IPPROTO_TCP && mtu > IPV6_MIN_MTU + optlen)
			icmp->icmp6_mtu = htonl(mtu - optlen);
	}
	/* The sum was right before; it is nobody's business any more */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	ilnp6_count(in, ILNP6_STAT_ICMP_TRANSLATED);
}

/*
 * A router in software that forwards a GSO packet whole (a hypervisor, a
 * namespace) takes our option for the TCP header when it works out how long
 * the segments are (skb_gso_transport_seglen), and may find them too long for
 * the link they just came from. Such a Packet Too Big is of no use to TCP, as
 * it names an MTU that was kept; make segments fit that reckoning instead.
 */
static bool miscounted(struct ilnp6_net *in, struct ilnp6_session *s,
		       const struct sk_buff *skb)
{
	const struct icmp6hdr *icmp = icmp6_hdr(skb);
	const struct ipv6hdr *inner = (const struct ipv6hdr *)(icmp + 1);
	const struct ilnp6_path *p;
	struct net_device *dev;

	if (icmp->icmp6_type != ICMPV6_PKT_TOOBIG ||
	    *(const u8 *)(inner + 1) != IPPROTO_TCP)
		return false;
	p = ilnp6_path_find(rcu_dereference(s->paths),
			    ilnp6_addr(&inner->saddr)->l64,
			    ilnp6_addr(&inner->daddr)->l64);
	dev = p ? dev_get_by_index_rcu(in->net, p->ifindex) : NULL;
	if (!dev || ntohl(icmp->icmp6_mtu) < READ_ONCE(dev->mtu))
		return false;
	WRITE_ONCE(s->gso_slack, true);
	return true;
}

/* Does a Parameter Problem reject our option? */
static bool rejects(const struct sk_buff *skb)
{
	const struct icmp6hdr *icmp = icmp6_hdr(skb);

	return icmp->icmp6_type == ICMPV6_PARAMPROB &&
	       icmp->icmp6_code == ICMPV6_UNK_OPTION &&
	       ntohl(icmp->icmp6_pointer) == sizeof(struct ipv6hdr) + 2;
}

/* It is about a path, not the node or a port, and other paths carry on */
static bool path_error(struct ilnp6_net *in, struct ilnp6_session *s,
		       const struct sk_buff *skb)
{
	const struct icmp6hdr *icmp = icmp6_hdr(skb);
	const struct ipv6hdr *inner = (const struct ipv6hdr *)(icmp + 1);

	if (icmp->icmp6_type != ICMPV6_DEST_UNREACH ||
	    icmp->icmp6_code == ICMPV6_PORT_UNREACH)
		return false;
	return ilnp6_live_unreachable(in, s, ilnp6_addr(&inner->saddr)->l64,
				      ilnp6_addr(&inner->daddr)->l64);
}

/*
 * A correspondent quotes what its sockets saw: its own bound pair, the option
 * cut off. Its error had the right nonce, so the quote needs none.
 */
static int quoted_bound(struct ilnp6_net *in, struct sk_buff *skb)
{
	const struct ipv6hdr *inner = (const struct ipv6hdr *)(skb->data + QUOTE);
	struct ilnp6_corr *corr;
	struct ilnp6_session *s;

	if (!outer_has_nonce(skb) || ilnp6_addr(&inner->daddr)->nid !=
				     ilnp6_addr(&ipv6_hdr(skb)->saddr)->nid)
		return 1;
	corr = ilnp6_corr_lookup(in, ilnp6_addr(&ipv6_hdr(skb)->saddr)->nid,
				 ilnp6_addr(&ipv6_hdr(skb)->saddr)->l64);
	s = corr ? ilnp6_session_of(corr, ilnp6_addr(&inner->saddr)->nid) :
		   NULL;
	if (!s || skb_checksum_validate(skb, IPPROTO_ICMPV6,
					ip6_compute_pseudo) ||
	    skb_ensure_writable(skb, QUOTE + sizeof(*inner) + QUOTE_TRANSPORT))
		return 1;
	translate(in, skb, s, 0, 0);
	return 1;
}

/**
 * ilnp6_icmp_error - look at an ICMPv6 error before the kernel does
 * @in: namespace
 * @skb: the error; at least an ICMPv6 header is linear; where its first
 *	%ILNP6_ICMP_ERROR_LEN octets are linear and writable, memory stays
 * @outer: octets before skb->data to move with it, if the quote shrinks; 0:
 *	they are not looked at any more
 *
 * Our programs ask first, so that raw sockets and conntrack see the quote as
 * it was sent; the protocol handler asks for what did not meet a program.
 *
 * Return: 1 to go on with it; 0: to be consumed; -1: to be dropped.
 */
int ilnp6_icmp_error(struct ilnp6_net *in, struct sk_buff *skb,
		     unsigned int outer)
{
	const struct ipv6hdr *inner;
	struct ilnp6_session *s;
	struct ilnp6_nonce nonce;
	unsigned int optlen, need;
	const u8 *opt;
	bool known;

	if (!outer_has_nonce(skb) && by_correspondent(in, ipv6_hdr(skb)))
		return forged(in, skb);
	need = QUOTE + sizeof(*inner) + QUOTE_TRANSPORT;
	if (!pskb_may_pull(skb, need))
		return 1;
	inner = (const struct ipv6hdr *)(skb->data + QUOTE);
	opt = (const u8 *)(inner + 1);
	optlen = (opt[1] + 1) * 8;
	if (inner->nexthdr != IPPROTO_DSTOPTS || opt[2] != ILNP6_OPT_NONCE ||
	    opt[3] + 4 != optlen || optlen > ILNP6_OPT_HDR_MAX)
		return quoted_bound(in, skb);
	need += optlen;
	if (!pskb_may_pull(skb, need))
		return 1;
	inner = (const struct ipv6hdr *)(skb->data + QUOTE);
	opt = (const u8 *)(inner + 1);
	nonce.len = opt[3];
	memcpy(nonce.val, opt + 4, nonce.len);
	s = find(in, inner, &nonce, &known);
	if (!s)
		return known ? forged(in, skb) : 1;
	if (skb_checksum_validate(skb, IPPROTO_ICMPV6, ip6_compute_pseudo))
		return 1;
	if (rejects(skb)) {
		if (s->rx_proven)
			return forged(in, skb);
		ilnp6_corr_fallback(in, s->corr, true);
		/* The socket need not know: its next try is plain */
		return 0;
	}
	if (path_error(in, s, skb) || miscounted(in, s, skb))
		return 0;
	if (skb_ensure_writable(skb, need))
		return 1;
	translate(in, skb, s, optlen, outer);
	return 1;
}
