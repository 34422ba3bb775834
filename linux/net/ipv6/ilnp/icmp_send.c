// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMPv6 messages of our own: Locator Updates, acknowledgements and echo
 * requests that probe a path. Each goes over exactly the pair of L64s it was
 * made for, with the session's nonce (RFC 6743 section 6, RFC 6744 section 6),
 * so LOCAL_OUT finds the option there and tc egress changes no address:
 * bpf_ilnp6_egress() knows our messages by their having no socket.
 *
 * Building needs no more than the session; sending looks up routes and may
 * drop into the stack, so nobody sends with ilnp6_net.lock held.
 */
#include <linux/icmpv6.h>
#include <linux/pkt_sched.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>

#include "ilnp6.h"

struct send_cb {
	int ifindex;
};

/**
 * ilnp6_icmp_build - make room for a message of a session
 * @s: the session; RCU or ilnp6_net.lock held
 * @local_l64: network order
 * @remote_l64: network order
 * @ifindex: interface it has to leave by
 * @len: octets of the ICMPv6 message
 *
 * The caller writes the message at skb_transport_header(), checksum 0.
 *
 * Return: the packet, for ilnp6_icmp_send(), or NULL.
 */
struct sk_buff *ilnp6_icmp_build(const struct ilnp6_session *s,
				 __be64 local_l64, __be64 remote_l64,
				 int ifindex, unsigned int len)
{
	struct ilnp6_addr src = { .l64 = local_l64, .nid = s->local_nid };
	struct ilnp6_addr dst = { .l64 = remote_l64, .nid = s->corr->nid };
	unsigned int optlen = READ_ONCE(s->opt_len);
	struct ipv6hdr *ip6;
	struct sk_buff *skb;
	u8 *opt;

	skb = alloc_skb(MAX_HEADER + sizeof(*ip6) + ILNP6_OPT_HDR_MAX + len,
			GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_HEADER + sizeof(*ip6) + ILNP6_OPT_HDR_MAX);
	skb_reset_transport_header(skb);
	skb_put_zero(skb, len);
	opt = skb_push(skb, optlen);
	memcpy(opt, s->opt, optlen);
	opt[0] = IPPROTO_ICMPV6;
	ip6 = skb_push(skb, sizeof(*ip6));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6, 0, 0);
	ip6->payload_len = htons(optlen + len);
	ip6->nexthdr = IPPROTO_DSTOPTS;
	ip6->saddr = src.in6;
	ip6->daddr = dst.in6;
	skb->protocol = htons(ETH_P_IPV6);
	skb->priority = TC_PRIO_CONTROL;
	/* A large Locator Update is fragmented, whatever its path carries */
	skb->ignore_df = 1;
	((struct send_cb *)skb->cb)->ifindex = ifindex;
	return skb;
}

static void finish(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	unsigned int len = skb->len - skb_transport_offset(skb);
	struct icmp6hdr *icmp = icmp6_hdr(skb);

	icmp->icmp6_cksum = 0;
	icmp->icmp6_cksum = csum_ipv6_magic(&ip6->saddr, &ip6->daddr, len,
					    IPPROTO_ICMPV6,
					    csum_partial(icmp, len, 0));
}

/**
 * ilnp6_icmp_send - send what ilnp6_icmp_build() made
 * @in: namespace; any context, ilnp6_net.lock not held
 * @skb: the packet; consumed
 *
 * Return: 0 or a negative error: no route, or the stack's.
 */
int ilnp6_icmp_send(struct ilnp6_net *in, struct sk_buff *skb)
{
	struct ipv6hdr *ip6 = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.saddr = ip6->saddr,
		.daddr = ip6->daddr,
		.flowi6_oif = ((struct send_cb *)skb->cb)->ifindex,
		.flowi6_proto = IPPROTO_ICMPV6,
	};
	struct dst_entry *dst;
	int err;

	finish(skb);
	if (icmp6_hdr(skb)->icmp6_type == ILNP6_ICMPV6_LU)
		ilnp6_untracked(skb);
	dst = ip6_route_output_flags(in->net, NULL, &fl6, RT6_LOOKUP_F_IFACE);
	if (dst->error) {
		err = dst->error;
		dst_release(dst);
		kfree_skb(skb);
		return err;
	}
	ip6->hop_limit = ip6_dst_hoplimit(dst);
	skb_dst_set(skb, dst);
	skb->dev = dst->dev;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	err = ip6_local_out(in->net, NULL, skb);
	return net_xmit_eval(err);
}
