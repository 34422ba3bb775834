// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which router announced a prefix (RFC 8028): what leaves with an L64 from a
 * Router Advertisement has to leave by that router, as others drop it. The
 * kernel configures the address but does not keep who said so; here Router
 * Advertisements are only read, on their way to the kernel.
 *
 * One with a router lifetime of 0 routes no more (RFC 4861 section 6.3.4): its
 * L64s leave by whom the routing table says, if by anybody.
 *
 * A small ring, the newest entries win: a forger on the link can fill it, as
 * it can announce routers of its own.
 */
#include <net/addrconf.h>
#include <net/ndisc.h>

#include "ilnp6.h"

/* One that may still route; else it has resigned or its time is over */
static bool serves(const struct ilnp6_ra *ra)
{
	return ra->until && time_before(jiffies, ra->until);
}

static void note(struct ilnp6_net *in, __be64 l64, int ifindex,
		 const struct in6_addr *router, unsigned long until)
{
	struct ilnp6_ra *ra = NULL;
	unsigned int i;

	spin_lock_bh(&in->lock);
	for (i = 0; i < ARRAY_SIZE(in->ra); i++)
		if (in->ra[i].l64 == l64 && in->ra[i].ifindex == ifindex &&
		    ipv6_addr_equal(&in->ra[i].router, router))
			ra = &in->ra[i];
	if (!ra)
		ra = &in->ra[in->ra_next++ % ARRAY_SIZE(in->ra)];
	ra->l64 = l64;
	ra->ifindex = ifindex;
	ra->router = *router;
	ra->until = until;
	spin_unlock_bh(&in->lock);
}

/* It says so for all its prefixes, whether it lists them or not */
static void resigns(struct ilnp6_net *in, int ifindex,
		    const struct in6_addr *router)
{
	bool known = false;
	unsigned int i;

	spin_lock_bh(&in->lock);
	for (i = 0; i < ARRAY_SIZE(in->ra); i++) {
		if (in->ra[i].ifindex != ifindex ||
		    !ipv6_addr_equal(&in->ra[i].router, router))
			continue;
		known |= in->ra[i].until;
		in->ra[i].until = 0;
	}
	spin_unlock_bh(&in->lock);
	if (known)
		ilnp6_local_sync(in);
}

/**
 * ilnp6_ra_router - the router that announced an L64
 * @in: namespace; process context
 * @l64: network order
 * @ifindex: interface it was announced on
 * @router: the one in use or unspecified; it stays as long as it is none that
 *	resigned, then it is another that announced the L64, or unspecified
 *
 * Return: jiffies until it ceases to be one, 0 if that is not known.
 */
unsigned long ilnp6_ra_router(struct ilnp6_net *in, __be64 l64, int ifindex,
			      struct in6_addr *router)
{
	const struct ilnp6_ra *used = NULL, *other = NULL;
	unsigned long left = 0;
	unsigned int i;

	spin_lock_bh(&in->lock);
	for (i = 0; i < ARRAY_SIZE(in->ra); i++) {
		const struct ilnp6_ra *ra = &in->ra[i];

		if (ra->l64 != l64 || ra->ifindex != ifindex)
			continue;
		if (ipv6_addr_equal(&ra->router, router))
			used = ra;
		else if (serves(ra))
			other = ra;
	}
	if (used ? !serves(used) : ipv6_addr_any(router)) {
		used = other;
		*router = other ? other->router : in6addr_any;
	}
	if (used)
		left = used->until - jiffies;
	spin_unlock_bh(&in->lock);
	return left;
}

/**
 * ilnp6_ra_rcv - a Router Advertisement goes by
 * @in: namespace; softirq, under RCU
 * @skb: with the ICMPv6 header at skb->data; left as it is
 *
 * The kernel judges it afterwards; what it does not take leads to no address
 * and so to no L64.
 */
void ilnp6_ra_rcv(struct ilnp6_net *in, struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	unsigned int off = sizeof(struct ra_msg), n;
	int ifindex = skb->dev->ifindex;
	struct prefix_info _pi, *pi;
	struct ra_msg _ra, *ra;
	unsigned long until;
	u8 _o[2], *o;

	if (ip6->hop_limit != 255 ||
	    !(ipv6_addr_type(&ip6->saddr) & IPV6_ADDR_LINKLOCAL))
		return;
	ra = skb_header_pointer(skb, 0, sizeof(_ra), &_ra);
	if (!ra)
		return;
	if (!ra->icmph.icmp6_rt_lifetime) {
		resigns(in, ifindex, &ip6->saddr);
		return;
	}
	until = jiffies + ntohs(ra->icmph.icmp6_rt_lifetime) * HZ ?: 1;
	for (n = 0; n < 64; n++, off += o[1] * 8) {
		o = skb_header_pointer(skb, off, sizeof(_o), _o);
		if (!o || !o[1])
			return;
		if (o[0] != ND_OPT_PREFIX_INFO || o[1] != 4)
			continue;
		pi = skb_header_pointer(skb, off, sizeof(_pi), &_pi);
		if (pi && pi->autoconf && pi->prefix_len == 64)
			note(in, ilnp6_addr(&pi->prefix)->l64, ifindex,
			     &ip6->saddr, until);
	}
}
