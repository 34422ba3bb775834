// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locator Updates (RFC 6743) of peers: take and acknowledge them. Our own are
 * lu_send.c's.
 *
 * Messages as octets are lu_msg.c's. Receiving is softirq under RCU.
 */
#include <linux/icmpv6.h>
#include <net/ip6_checksum.h>

#include "ilnp6.h"

/* Acknowledgements: how many at once, and the time each takes afterwards */
#define ACK_BURST	16
#define ACK_INTERVAL	(HZ / 10)

/* --- nonce --------------------------------------------------------------- */

static bool nonce_in(const u8 *hdr, unsigned int len,
		     struct ilnp6_nonce *nonce)
{
	unsigned int i = 2, olen;

	while (i + 1 < len) {
		if (hdr[i] == IPV6_TLV_PAD1) {
			i++;
			continue;
		}
		olen = hdr[i + 1];
		if (i + 2 + olen > len)
			return false;
		if ((hdr[i] == ILNP6_OPT_NONCE ||
		     hdr[i] == ILNP6_OPT_HIDDEN) &&
		    (olen == ILNP6_NONCE_SHORT || olen == ILNP6_NONCE_LONG)) {
			nonce->len = olen;
			memcpy(nonce->val, hdr + i + 2, olen);
			return true;
		}
		i += 2 + olen;
	}
	return false;
}

/*
 * input.c has judged the nonce and stepped over it, but its header is still
 * there, in the linear part, perhaps with the option type hidden from the
 * kernel's parser. Whatever is taken for a nonce here has to be a session's.
 */
static bool nonce_of(const struct sk_buff *skb, struct ilnp6_nonce *nonce)
{
	const u8 *h = (const u8 *)(ipv6_hdr(skb) + 1);
	const u8 *end = skb_transport_header(skb);
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	unsigned int len;

	while (end - h >= 8) {
		len = nexthdr == IPPROTO_FRAGMENT ? 8 : (h[1] + 1) * 8;
		if (len > end - h)
			return false;
		if (nexthdr == IPPROTO_DSTOPTS && nonce_in(h, len, nonce))
			return true;
		nexthdr = h[0];
		h += len;
	}
	return false;
}

/* --- receiving ----------------------------------------------------------- */

static int drop(struct ilnp6_net *in, struct sk_buff *skb, enum ilnp6_stat why)
{
	ilnp6_count(in, why);
	if (why == ILNP6_STAT_LU_NONCE)
		ilnp6_notify_bad(in, skb, why);
	kfree_skb(skb);
	return -1;
}

/*
 * The session a Locator Update is authentic for. One that a stranger began
 * and that nothing has proven yet must not move a configured correspondent.
 */
static struct ilnp6_session *authentic(struct ilnp6_net *in,
				       const struct sk_buff *skb)
{
	struct ilnp6_nonce nonce;
	struct ilnp6_session *s;

	if (!nonce_of(skb, &nonce))
		return NULL;
	s = ilnp6_session_find_rx(in, ipv6_hdr(skb), nonce.val, nonce.len);
	if (!s || (!READ_ONCE(s->rx_proven) &&
		   s->corr->cfg.origin != ILNP6_ORIGIN_LEARNED))
		return NULL;
	return s;
}

/* Virtual scheduling: *@tat is when the bucket will be empty again */
static bool ack_allowed(struct ilnp6_session *s)
{
	unsigned long now = jiffies, tat = READ_ONCE(s->lu_ack_tat);

	if (time_before(tat, now))
		tat = now;
	if (time_after(tat, now + (ACK_BURST - 1) * ACK_INTERVAL))
		return false;
	WRITE_ONCE(s->lu_ack_tat, tat + ACK_INTERVAL);
	return true;
}

static unsigned long remote_expiry(u16 seconds)
{
	if (!seconds)
		return jiffies - 1 ?: -1UL;
	return jiffies + seconds * HZ ?: 1;
}

/* What of an advertisement may be used; NULL: no memory or nothing */
static struct ilnp6_l64_set *usable(struct ilnp6_net *in, const u8 *msg,
				    unsigned int n)
{
	struct ilnp6_l64_set *set = ilnp6_l64_set_alloc(n, GFP_ATOMIC);
	struct ilnp6_lu_entry e;
	unsigned int i, k = 0;

	if (!set)
		return NULL;
	for (i = 0; i < n; i++) {
		ilnp6_lu_entry_read(msg, i, &e);
		set->n = k;
		if (!ilnp6_l64_valid(in, e.l64) ||
		    ilnp6_l64_set_find(set, e.l64))
			continue;
		set->n = k + 1;
		set->e[k].l64 = e.l64;
		set->e[k].preference = e.preference;
		set->e[k].expires = remote_expiry(e.lifetime);
		k++;
	}
	set->n = k;
	if (k)
		return set;
	kfree(set);
	return NULL;
}

static bool apply(struct ilnp6_net *in, struct ilnp6_session *s,
		  struct ilnp6_l64_set *set)
{
	struct ilnp6_corr *corr = s->corr;
	bool ok;

	spin_lock_bh(&in->lock);
	ok = !corr->dead && !s->dead;
	if (ok) {
		WRITE_ONCE(corr->lu_seen, true);
		__ilnp6_corr_set_l64s(in, corr, set);
		ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE, corr);
	}
	spin_unlock_bh(&in->lock);
	if (!ok)
		kfree(set);
	return ok;
}

/* The interface of a local L64; of any if it is not ours any more */
static int local_ifindex(struct ilnp6_net *in, __be64 *l64)
{
	const struct ilnp6_locals *loc = rcu_dereference(in->locals);
	const struct ilnp6_local_l64 *any = NULL;
	unsigned int i;

	for (i = 0; loc && i < loc->n_l64s; i++) {
		if (loc->l64s[i].l64 == *l64)
			return loc->l64s[i].ifindex;
		if (!any && loc->l64s[i].usable)
			any = &loc->l64s[i];
	}
	if (!any)
		return 0;
	*l64 = any->l64;
	return any->ifindex;
}

/* The same message back to where it came from, from where it was sent to */
static void acknowledge(struct ilnp6_net *in, const struct ilnp6_session *s,
			const struct sk_buff *adv, __be64 local, __be64 remote)
{
	int ifindex = local_ifindex(in, &local);
	struct sk_buff *skb;

	if (!ifindex)
		return;
	skb = ilnp6_icmp_build(s, local, remote, ifindex, adv->len);
	if (!skb)
		return;
	skb_copy_bits(adv, 0, skb_transport_header(skb), adv->len);
	ilnp6_lu_set_op(skb_transport_header(skb), ILNP6_LU_OP_ACK);
	if (!ilnp6_icmp_send(in, skb))
		ilnp6_count(in, ILNP6_STAT_LU_TX_ACK);
}

static int advertisement(struct ilnp6_net *in, struct ilnp6_session *s,
			 struct sk_buff *skb, unsigned int n)
{
	__be64 remote = ilnp6_addr(&ipv6_hdr(skb)->saddr)->l64;
	__be64 local = ilnp6_addr(&ipv6_hdr(skb)->daddr)->l64;
	struct ilnp6_l64_set *set;

	if (!ack_allowed(s) ||
	    !ilnp6_lu_bucket(&in->ack_tat, READ_ONCE(in->cfg.lu_rate)))
		return drop(in, skb, ILNP6_STAT_LU_RATE);
	/* Fragments had their addresses mapped before they were joined */
	if (IP6CB(skb)->flags & IP6SKB_FRAGMENTED && s->lu_wire_remote) {
		local = READ_ONCE(s->lu_wire_local);
		remote = READ_ONCE(s->lu_wire_remote);
	}
	set = usable(in, skb->data, n);
	if (!set)
		return drop(in, skb, ILNP6_STAT_LU_UNUSABLE);
	if (apply(in, s, set)) {
		ilnp6_count(in, ILNP6_STAT_LU_RX_ADV);
		ilnp6_notify_lu(in, ILNP6_EVENT_LOCATOR_UPDATE_RECEIVED, s, n,
				0);
		acknowledge(in, s, skb, local, remote);
	}
	consume_skb(skb);
	return -1;
}

static int acknowledgement(struct ilnp6_net *in, struct ilnp6_session *s,
			   struct sk_buff *skb, unsigned int n)
{
	if (!ilnp6_lu_acked(in, s, skb->data, n))
		return drop(in, skb, ILNP6_STAT_LU_ACK_STRAY);
	ilnp6_count(in, ILNP6_STAT_LU_RX_ACK);
	ilnp6_notify_lu(in, ILNP6_EVENT_LOCATOR_UPDATE_ACKED, s, n, 0);
	consume_skb(skb);
	return -1;
}

static enum ilnp6_stat reason(int err)
{
	switch (err) {
	case -EPROTO:
		return ILNP6_STAT_LU_CODE;
	case -ENODATA:
		return ILNP6_STAT_LU_ZERO;
	case -EOPNOTSUPP:
		return ILNP6_STAT_LU_OPERATION;
	default:
		return ILNP6_STAT_LU_LENGTH;
	}
}

/**
 * ilnp6_lu_rcv - a Locator Update came
 * @in: namespace; softirq, RCU held
 * @skb: skb->data is the ICMPv6 header, 8 octets are linear; consumed
 *
 * Return: -1.
 */
int ilnp6_lu_rcv(struct ilnp6_net *in, struct sk_buff *skb)
{
	struct ilnp6_session *s = authentic(in, skb);
	int n;

	if (!s)
		return drop(in, skb, ILNP6_STAT_LU_NONCE);
	if (skb_checksum_validate(skb, IPPROTO_ICMPV6, ip6_compute_pseudo))
		return drop(in, skb, ILNP6_STAT_LU_CSUM);
	n = ilnp6_lu_check(skb->data, skb->len);
	if (n < 0)
		return drop(in, skb, reason(n));
	if (!pskb_may_pull(skb, skb->len))
		return drop(in, skb, ILNP6_STAT_LU_LENGTH);
	if (ilnp6_lu_op(skb->data) == ILNP6_LU_OP_ACK)
		return acknowledgement(in, s, skb, n);
	return advertisement(in, s, skb, n);
}
