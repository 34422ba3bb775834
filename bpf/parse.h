/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kind of packet is it? A look at fixed places only: what has its nonce
 * elsewhere is left to the module's protocol handlers.
 */
#ifndef _ILNP6_BPF_PARSE_H
#define _ILNP6_BPF_PARSE_H

#define ETH_P_IPV6	0x86dd
#define IP6_HDR_LEN	40
#define IP6_NEXTHDR	6
#define DSTOPTS		60
#define OPT_NONCE	0x8b

/* Octets of link layer header: 14, or 0 on devices without one */
const volatile __u32 l2_len = 14;

enum pkt {
	PKT_OTHER,	/* not IPv6 */
	PKT_PLAIN,	/* IPv6 without a nonce in the usual place */
	PKT_NONCE,	/* the first option behind the IPv6 header is a nonce */
};

static __always_inline enum pkt parse(struct __sk_buff *skb)
{
	__u8 *p = (__u8 *)(long)skb->data;
	__u8 *end = (__u8 *)(long)skb->data_end;

	if (skb->protocol != bpf_htons(ETH_P_IPV6))
		return PKT_OTHER;
	if (p + l2_len + IP6_HDR_LEN + 4 > end) {
		if (bpf_skb_pull_data(skb, l2_len + IP6_HDR_LEN + 4))
			return PKT_PLAIN;
		p = (__u8 *)(long)skb->data;
		end = (__u8 *)(long)skb->data_end;
		if (p + l2_len + IP6_HDR_LEN + 4 > end)
			return PKT_PLAIN;
	}
	p += l2_len;
	if (p[IP6_NEXTHDR] != DSTOPTS || p[IP6_HDR_LEN + 2] != OPT_NONCE)
		return PKT_PLAIN;
	return PKT_NONCE;
}

/* Link, IPv6, option and the longest TCP header, or the whole packet */
#define PULL_LEN(skb) \
	((skb)->len < 150 ? (skb)->len : 150)

#endif /* _ILNP6_BPF_PARSE_H */
