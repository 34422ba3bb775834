// SPDX-License-Identifier: GPL-2.0-only
/*
 * GRO of TCP in nid mode. The kernel merges only segments whose checksum is
 * IPv6's, and sums each up in vain that is not. So what a known session sends
 * in nid mode gets IPv6's sum over the addresses of the wire before TCP's GRO
 * looks at it; ilnp6_input_map() can tell one from the other.
 *
 * The kernel has no gro_receive for destination options, it looks behind
 * them. This one does the same and is there for all such packets.
 *
 * Context: softirq, under RCU; offsets are from skb->data.
 */
#include <linux/tcp.h>
#include <net/gro.h>
#include <net/protocol.h>

#include "ilnp6.h"

static const struct net_offload *orig_dstopts;
static struct net_offload dstopts_offload;

static struct ilnp6_session *session(const struct sk_buff *skb,
				     const struct ipv6hdr *ip6, const u8 *opt)
{
	if (opt[2] != ILNP6_OPT_NONCE || opt[3] + 4 != (opt[1] + 1) * 8)
		return NULL;
	return ilnp6_session_find_rx(ilnp6_pernet(dev_net(skb->dev)), ip6,
				     opt + 4, opt[3]);
}

/*
 * Only what TCP's GRO goes on to verify, so that the sum is known to be right
 * (CHECKSUM_UNNECESSARY) or is unfinished (CHECKSUM_PARTIAL, no octets but the
 * field count); a SYN is never merged and shows the peer's mode.
 */
static void convert(struct sk_buff *skb, unsigned int off, unsigned int optlen)
{
	const struct ipv6hdr *ip6 = skb_gro_network_header(skb);
	unsigned int thoff = off + optlen;
	struct ilnp6_session *s;
	struct tcphdr *th;
	u16 *check, sum;

	if (NAPI_GRO_CB(skb)->flush || NAPI_GRO_CB(skb)->csum_cnt ||
	    skb_headlen(skb) < thoff + sizeof(*th) ||
	    (skb_cloned(skb) && !skb_clone_writable(skb, thoff + sizeof(*th))))
		return;
	/* In a tunnel, whose own sum is the unfinished one */
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    skb_checksum_start_offset(skb) != thoff)
		return;
	th = (struct tcphdr *)(skb->data + thoff);
	if (th->syn)
		return;
	s = session(skb, ip6, skb->data + off);
	if (!s || READ_ONCE(s->csum_rx) != ILNP6_CHECKSUM_NID)
		return;
	check = (u16 *)&th->check;
	sum = *check;
	*check = ilnp6_csum_apply(sum,
				  ilnp6_csum_l64s(ilnp6_addr(&ip6->saddr)->l64,
						  ilnp6_addr(&ip6->daddr)->l64),
				  skb->ip_summed == CHECKSUM_PARTIAL);
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (NAPI_GRO_CB(skb)->csum_valid)
		NAPI_GRO_CB(skb)->csum =
			csum_add(NAPI_GRO_CB(skb)->csum, (__force __wsum)(u32)
				 ilnp6_csum_sub(*check, sum));
}

/* Headers that are linear as far as their own length says */
static bool same(const u8 *a, const u8 *b)
{
	return a[1] == b[1] && !memcmp(a, b, (a[1] + 1) * 8);
}

static struct sk_buff *gro_receive(struct list_head *head, struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb), optlen;
	const struct net_offload *ops;
	struct sk_buff *p;
	const u8 *opt;

	opt = skb_gro_header(skb, off + 8, off);
	if (!opt)
		goto flush;
	optlen = (opt[1] + 1) * 8;
	opt = skb_gro_header(skb, off + optlen, off);
	ops = opt ? rcu_dereference(inet6_offloads[opt[0]]) : NULL;
	if (!ops || !ops->callbacks.gro_receive || opt[0] == IPPROTO_DSTOPTS)
		goto flush;
	list_for_each_entry(p, head, list)
		if (NAPI_GRO_CB(p)->same_flow && !same(p->data + off, opt))
			NAPI_GRO_CB(p)->same_flow = 0;
	if (opt[0] == IPPROTO_TCP)
		convert(skb, off, optlen);
	NAPI_GRO_CB(skb)->proto = opt[0];
	skb_gro_pull(skb, optlen);
	skb_gro_postpull_rcsum(skb, opt, optlen);
	skb_set_transport_header(skb, skb_gro_offset(skb));
	return call_gro_receive(ops->callbacks.gro_receive, head, skb);

flush:
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* As for inet6_protos, see input.c */
static const struct net_offload *swap_offload(const struct net_offload *o)
{
	return xchg((__force const struct net_offload **)
		    &inet6_offloads[IPPROTO_DSTOPTS], o);
}

/**
 * ilnp6_gro_init - take part in GRO
 *
 * Return: 0 or -ENOENT.
 */
int ilnp6_gro_init(void)
{
	orig_dstopts = rcu_access_pointer(inet6_offloads[IPPROTO_DSTOPTS]);
	if (!orig_dstopts)
		return -ENOENT;
	dstopts_offload = *orig_dstopts;
	dstopts_offload.callbacks.gro_receive = gro_receive;
	swap_offload(&dstopts_offload);
	return 0;
}

/** ilnp6_gro_exit - leave it to the kernel again */
void ilnp6_gro_exit(void)
{
	swap_offload(orig_dstopts);
	synchronize_net();
}
