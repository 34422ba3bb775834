// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which router announced a prefix (RFC 8028): what leaves with an L64 from a
 * Router Advertisement has to leave by that router, as others drop it. The
 * kernel configures the address but does not keep who said so; here Router
 * Advertisements are only read, on their way to the kernel.
 *
 * A small ring, the newest entries win: a forger on the link can fill it, as
 * it can announce routers of its own.
 */
#include <net/addrconf.h>
#include <net/ndisc.h>

#include "ilnp6.h"

static void note(struct ilnp6_net *in, __be64 l64, int ifindex,
		 const struct in6_addr *router)
{
	struct ilnp6_ra *ra = NULL;
	unsigned int i;

	spin_lock_bh(&in->lock);
	for (i = 0; i < ARRAY_SIZE(in->ra); i++)
		if (in->ra[i].l64 == l64 && in->ra[i].ifindex == ifindex)
			ra = &in->ra[i];
	if (!ra)
		ra = &in->ra[in->ra_next++ % ARRAY_SIZE(in->ra)];
	ra->l64 = l64;
	ra->ifindex = ifindex;
	ra->router = *router;
	spin_unlock_bh(&in->lock);
}

/**
 * ilnp6_ra_router - the router that announced an L64
 * @in: namespace; process context
 * @l64: network order
 * @ifindex: interface it was announced on
 * @router: set if there is one
 */
void ilnp6_ra_router(struct ilnp6_net *in, __be64 l64, int ifindex,
		     struct in6_addr *router)
{
	unsigned int i;

	spin_lock_bh(&in->lock);
	for (i = 0; i < ARRAY_SIZE(in->ra); i++)
		if (in->ra[i].l64 == l64 && in->ra[i].ifindex == ifindex)
			*router = in->ra[i].router;
	spin_unlock_bh(&in->lock);
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
	struct prefix_info _pi, *pi;
	u8 _o[2], *o;

	if (ip6->hop_limit != 255 ||
	    !(ipv6_addr_type(&ip6->saddr) & IPV6_ADDR_LINKLOCAL))
		return;
	for (n = 0; n < 64; n++, off += o[1] * 8) {
		o = skb_header_pointer(skb, off, sizeof(_o), _o);
		if (!o || !o[1])
			return;
		if (o[0] != ND_OPT_PREFIX_INFO || o[1] != 4)
			continue;
		pi = skb_header_pointer(skb, off, sizeof(_pi), &_pi);
		if (pi && pi->autoconf && pi->prefix_len == 64)
			note(in, ilnp6_addr(&pi->prefix)->l64,
			     skb->dev->ifindex, &ip6->saddr);
	}
}
