// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: what a packet with a nonce, or one without from a
 * correspondent, means, and how its addresses become the bound ones.
 *
 * Established sessions are handled at tc ingress (kfunc.c), before routing
 * and conntrack. The inet6 handlers here take what comes without it or is
 * not plain sailing: first contact, unknown or malformed nonces, options
 * beside the nonce, interfaces without our programs, ICMPv6 errors and
 * Locator Updates. They stand in front of the kernel's own handlers and pass
 * on all that is not ours.
 *
 * Context: softirq, under RCU.
 */
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/inet6_hashtables.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>
#include <net/protocol.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "ilnp6.h"

#define PARKED_MAX		64
#define HINT_TIME		HZ

static const struct inet6_protocol *orig_dstopts, *orig_icmpv6;

/* --- checksum mode of the peer ------------------------------------------- */

static bool sum_right(struct sk_buff *skb, unsigned int thoff, unsigned int len,
		      u8 proto, const struct in6_addr *s,
		      const struct in6_addr *d)
{
	__wsum sum = skb_checksum(skb, thoff, len, 0);

	return !csum_ipv6_magic(s, d, len, proto, sum);
}

/*
 * Which mode did the sender use? Where the sum is unfinished the field is
 * the pseudo-header's own sum, which tells.
 */
static noinline u8 csum_mode(struct sk_buff *skb, const struct ipv6hdr *ip6,
			     unsigned int thoff, u8 proto, const u16 *check)
{
	unsigned int len = skb->len - thoff;
	struct ilnp6_addr s = { .nid = ilnp6_addr(&ip6->saddr)->nid };
	struct ilnp6_addr d = { .nid = ilnp6_addr(&ip6->daddr)->nid };

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		u16 seed = (__force u16)~csum_ipv6_magic(&s.in6, &d.in6, len,
							 proto, 0);

		return *check == seed ? ILNP6_CHECKSUM_NID :
					ILNP6_CHECKSUM_IPV6;
	}
	if (skb->ip_summed == CHECKSUM_UNNECESSARY ||
	    (proto == IPPROTO_UDP && !*check))
		return ILNP6_CHECKSUM_IPV6;
	if (sum_right(skb, thoff, len, proto, &ip6->saddr, &ip6->daddr))
		return ILNP6_CHECKSUM_IPV6;
	if (sum_right(skb, thoff, len, proto, &s.in6, &d.in6))
		return ILNP6_CHECKSUM_NID;
	return ILNP6_CHECKSUM_AUTO;
}

/* Has gro.c made an IPv6 sum of it? No device would find a nid sum right */
static bool converted(struct sk_buff *skb, const struct ipv6hdr *ip6,
		      unsigned int thoff)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + thoff);

	return skb->ip_summed == CHECKSUM_UNNECESSARY ||
	       (skb->ip_summed == CHECKSUM_PARTIAL &&
		csum_mode(skb, ip6, thoff, IPPROTO_TCP,
			  (const u16 *)&th->check) == ILNP6_CHECKSUM_IPV6);
}

/* --- a new flow: which socket is it for ---------------------------------- */

static bool has_listener(struct ilnp6_net *in, struct sk_buff *skb,
			 unsigned int thoff, const struct ilnp6_flow_key *key,
			 __be64 local_l64, __be64 remote_l64)
{
	struct ilnp6_addr l = { .l64 = local_l64, .nid = key->local_nid };
	struct ilnp6_addr r = { .l64 = remote_l64, .nid = key->remote_nid };
	int dif = skb->dev->ifindex;

	if (key->proto == IPPROTO_TCP)
		return compat_inet6_lookup_listener(in->net, skb,
			thoff + sizeof(struct tcphdr), &r.in6,
			key->remote_port, &l.in6, ntohs(key->local_port), dif);
	return compat_udp6_lookup(in->net, &r.in6, key->remote_port, &l.in6,
				  key->local_port, dif);
}

/*
 * The first packet of a flow. Sockets see the session's bound pair, unless
 * the peer addressed another L64 of ours and somebody listens there, or
 * somebody listens on another L64 only.
 */
static void new_flow(struct ilnp6_net *in, struct sk_buff *skb,
		     const struct ipv6hdr *ip6, unsigned int thoff,
		     const struct ilnp6_flow_key *key, struct ilnp6_in *res)
{
	__be64 l = ilnp6_addr(&ip6->daddr)->l64;
	__be64 r = ilnp6_addr(&ip6->saddr)->l64;
	const struct ilnp6_locals *loc;
	struct ilnp6_session *s = res->s;
	unsigned int i;

	if (key->proto == IPPROTO_TCP &&
	    (l != s->bound_local || r != s->bound_remote) &&
	    has_listener(in, skb, thoff, key, l, r))
		goto found;
	if (has_listener(in, skb, thoff, key, s->bound_local, s->bound_remote))
		return;
	r = s->bound_remote;
	if (has_listener(in, skb, thoff, key, l, r))
		goto found;
	loc = rcu_dereference(in->locals);
	for (i = 0; loc && i < loc->n_l64s; i++) {
		l = loc->l64s[i].l64;
		if (has_listener(in, skb, thoff, key, l, r))
			goto found;
	}
	return;
found:
	if (!ilnp6_flow_add(in, s->corr, key, false, l, r))
		return;
	res->local_l64 = l;
	res->remote_l64 = r;
}

static unsigned int hint_slot(u32 ports)
{
	return (ports * 0x9e3779b9) >> 29;
}

static bool hinted(const struct ilnp6_session *s, u32 ports)
{
	unsigned int i = hint_slot(ports);

	return READ_ONCE(s->hints[i].ports) == ports &&
	       time_before32((u32)jiffies, READ_ONCE(s->hints[i].until));
}

/* Datagrams have no first packet: look again every second */
static void datagram_flow(struct ilnp6_net *in, struct sk_buff *skb,
			  const struct ipv6hdr *ip6, unsigned int thoff,
			  const struct ilnp6_flow_key *key,
			  struct ilnp6_in *res)
{
	u32 ports = get_unaligned((u32 *)(skb->data + thoff));
	unsigned int i = hint_slot(ports);
	struct ilnp6_session *s = res->s;

	if (hinted(s, ports))
		return;
	new_flow(in, skb, ip6, thoff, key, res);
	if (res->local_l64 != s->bound_local)
		return;
	WRITE_ONCE(s->hints[i].ports, ports);
	WRITE_ONCE(s->hints[i].until, (u32)jiffies + HINT_TIME);
}

/* --- TCP's first packets -------------------------------------------------- */

static unsigned int path_mtu(struct ilnp6_net *in, struct ilnp6_session *s)
{
	const struct ilnp6_paths *ps = rcu_dereference(s->paths);
	unsigned int i, mtu = IP6_MAX_MTU;
	struct net_device *dev;

	for (i = 0; ps && i < ps->n; i++) {
		dev = dev_get_by_index_rcu(in->net, ps->p[i].ifindex);
		if (dev)
			mtu = min_t(unsigned int, mtu, READ_ONCE(dev->mtu));
	}
	return mtu;
}

/*
 * A socket that accepts cuts its first segments before it knows of the
 * option. Lower the peer's MSS by its length, and to what our interfaces
 * carry beside it, so that these fit; output.c takes over, and gives it back,
 * with the first packet that the socket sends.
 */
static void clamp_mss(struct ilnp6_net *in, struct sk_buff *skb,
		      struct ilnp6_session *s, unsigned int thoff)
{
	struct tcphdr *th = (struct tcphdr *)(skb->data + thoff);
	unsigned int i, end = th->doff * 4, mss, max;
	u8 *p = (u8 *)th;

	if (end > skb->len - thoff || skb_headlen(skb) < thoff + end)
		return;
	max = path_mtu(in, s) - sizeof(struct ipv6hdr) - sizeof(*th);
	for (i = sizeof(*th); i + 1 < end; ) {
		if (p[i] == TCPOPT_EOL)
			return;
		if (p[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (p[i + 1] < 2 || i + p[i + 1] > end)
			return;
		if (p[i] == TCPOPT_MSS && p[i + 1] == TCPOLEN_MSS)
			break;
		i += p[i + 1];
	}
	if (i + TCPOLEN_MSS > end)
		return;
	mss = get_unaligned_be16(p + i + 2);
	if (mss <= 536)
		return;
	mss = max(min(mss, max) - s->opt_len, 536U);
	/* At an odd offset the octets change places in the sum */
	inet_proto_csum_replace2(&th->check, skb,
				 i & 1 ? (__force __be16)swab16(get_unaligned((u16 *)(p + i + 2))) :
					 get_unaligned((__be16 *)(p + i + 2)),
				 i & 1 ? (__force __be16)swab16((__force u16)htons(mss)) :
					 htons(mss), false);
	put_unaligned_be16(mss, p + i + 2);
}

static bool tcp_established(struct ilnp6_net *in, struct sk_buff *skb,
			    const struct ilnp6_flow_key *key,
			    const struct ilnp6_in *res, bool *marked)
{
	struct ilnp6_addr l = { .l64 = res->local_l64, .nid = key->local_nid };
	struct ilnp6_addr r = { .l64 = res->remote_l64, .nid = key->remote_nid };
	struct sock *sk;
	bool ok;

	sk = compat_inet6_lookup_established(in->net, &r.in6, key->remote_port,
					     &l.in6, ntohs(key->local_port),
					     skb->dev->ifindex, 0);
	if (!sk)
		return false;
	ok = sk_fullsock(sk) && sk->sk_state != TCP_SYN_SENT;
	if (ok && marked)
		*marked = ilnp6_sk_marked(sk);
	sock_gen_put(sk);
	return ok;
}

/* --- mapping ------------------------------------------------------------- */

/* Rare events of a session's packets; the common case passes by */
static noinline void first_packets(struct ilnp6_net *in, struct sk_buff *skb,
				   const struct ipv6hdr *ip6,
				   unsigned int thoff, u8 proto,
				   struct ilnp6_in *res)
{
	struct ilnp6_session *s = res->s;
	struct ilnp6_flow_key key;
	const struct tcphdr *th;
	bool proven;

	if (!ilnp6_flow_key(skb, thoff, proto, false, s->local_nid,
			    s->corr->nid, &key))
		return;
	if (proto == IPPROTO_ICMPV6)
		ilnp6_live_echo_in(in, s, skb, thoff,
				   ilnp6_addr(&ip6->daddr)->l64,
				   ilnp6_addr(&ip6->saddr)->l64);
	if (proto == IPPROTO_UDP) {
		datagram_flow(in, skb, ip6, thoff, &key, res);
	} else if (proto == IPPROTO_TCP) {
		th = (const struct tcphdr *)(skb->data + thoff);
		if (th->syn && !th->ack)
			new_flow(in, skb, ip6, thoff, &key, res);
		if (th->syn && !th->ack)
			clamp_mss(in, skb, s, thoff);
	}
	if (likely(s->rx_proven))
		return;
	proven = proto == IPPROTO_TCP &&
		 tcp_established(in, skb, &key, res, NULL);
	if (proto != IPPROTO_TCP || proven)
		ilnp6_session_prove(in, s, proven);
}

static noinline void own_pair(struct ilnp6_net *in, struct sk_buff *skb,
			      unsigned int thoff, u8 proto,
			      struct ilnp6_in *res)
{
	struct ilnp6_flow_key key;
	struct ilnp6_flow *f;

	if (!ilnp6_flow_key(skb, thoff, proto, false, res->s->local_nid,
			    res->s->corr->nid, &key))
		return;
	f = ilnp6_flow_find(in, &key);
	if (!f || f->plain)
		return;
	res->local_l64 = f->local_l64;
	res->remote_l64 = f->remote_l64;
}

/*
 * Only the first fragment tells of which flow it is. Where that has a pair of
 * its own, the later ones need it too, or they are not joined. A sender keeps
 * fragments in order and on one path; what overtook the first is lost. Two
 * CPUs that meet in a slot lose a datagram.
 */
static noinline void map_fragment(u8 proto, struct ilnp6_in *res)
{
	struct ilnp6_session *s = res->s;
	typeof(*s->frags) *slot = &s->frags[res->frag_id % ARRAY_SIZE(s->frags)];
	bool own = res->local_l64 != s->bound_local ||
		   res->remote_l64 != s->bound_remote;

	if (proto == IPPROTO_FRAGMENT) {
		if (READ_ONCE(slot->id) != res->frag_id)
			return;
		res->local_l64 = READ_ONCE(slot->local_l64);
		res->remote_l64 = READ_ONCE(slot->remote_l64);
	} else if (own) {
		WRITE_ONCE(slot->local_l64, res->local_l64);
		WRITE_ONCE(slot->remote_l64, res->remote_l64);
		WRITE_ONCE(slot->id, res->frag_id);
	} else if (READ_ONCE(slot->id) == res->frag_id) {
		WRITE_ONCE(slot->id, 0);
	}
}

/**
 * ilnp6_input_map - what becomes of a session's packet
 * @in: namespace
 * @skb: the packet; transport header linear as far as ilnp6_check_off()
 *	and the TCP flags need, and writable for a TCP SYN
 * @ip6: its IPv6 header
 * @s: its session
 * @thoff: offset of the transport header from skb->data
 * @proto: transport protocol; IPPROTO_FRAGMENT for a later fragment
 * @res: filled; @res->frag_id is set by the caller
 *
 * Return: 0, or -EBADMSG if the transport checksum fits neither mode.
 */
int ilnp6_input_map(struct ilnp6_net *in, struct sk_buff *skb,
		    const struct ipv6hdr *ip6, struct ilnp6_session *s,
		    unsigned int thoff, u8 proto, struct ilnp6_in *res)
{
	__be64 l = ilnp6_addr(&ip6->daddr)->l64;
	__be64 r = ilnp6_addr(&ip6->saddr)->l64;
	const struct tcphdr *th;
	u16 new = s->bound_sum;

	res->s = s;
	res->local_l64 = s->bound_local;
	res->remote_l64 = s->bound_remote;
	res->check_off = ilnp6_check_off(proto);
	res->path = ilnp6_path_find(rcu_dereference(s->paths), l, r);
	if (unlikely(!res->path))
		ilnp6_corr_learn_l64(in, s->corr, r);
	if (unlikely(READ_ONCE(s->corr->n_flows)))
		own_pair(in, skb, thoff, proto, res);
	th = (const struct tcphdr *)(skb->data + thoff);
	if (unlikely(!s->rx_proven) ||
	    (proto == IPPROTO_TCP ? unlikely(th->syn) :
	     proto == IPPROTO_UDP && !hinted(s, get_unaligned((u32 *)th))))
		first_packets(in, skb, ip6, thoff, proto, res);
	if (unlikely(res->frag_id))
		map_fragment(proto, res);
	if (res->local_l64 != s->bound_local ||
	    res->remote_l64 != s->bound_remote)
		new = ilnp6_csum_l64s(res->local_l64, res->remote_l64);

	if (proto == IPPROTO_ICMPV6 || res->check_off < 0) {
		res->delta = ilnp6_csum_sub(new, ilnp6_csum_l64s(l, r));
		return 0;
	}
	if (unlikely(!res->frag_id &&
		     (s->csum_rx == ILNP6_CHECKSUM_AUTO ||
		      (proto == IPPROTO_TCP && th->syn)))) {
		u8 mode = csum_mode(skb, ip6, thoff, proto,
				    (u16 *)(skb->data + thoff +
					    res->check_off));

		if (mode == ILNP6_CHECKSUM_AUTO)
			return -EBADMSG;
		if (mode != s->csum_rx)
			ilnp6_session_set_csum_rx(in, s, mode);
	}
	if (likely((s->csum_rx ?: s->csum) == ILNP6_CHECKSUM_IPV6) ||
	    (proto == IPPROTO_TCP && converted(skb, ip6, thoff)))
		res->delta = ilnp6_csum_sub(new, res->path ? res->path->sum :
						 ilnp6_csum_l64s(l, r));
	else
		res->delta = new;
	return 0;
}

/* Does a destination options header hold a nonce, right or not? */
static bool nonce_at(struct sk_buff *skb, unsigned int off, u8 nexthdr)
{
	struct ilnp6_nonce nonce;
	u8 _b[2], *b, buf[256];
	enum ilnp6_walk walk;
	unsigned int len;
	size_t at;

	if (nexthdr != IPPROTO_DSTOPTS)
		return false;
	b = skb_header_pointer(skb, off, 2, _b);
	if (!b)
		return false;
	len = min_t(unsigned int, (b[1] + 1) * 8, sizeof(buf));
	b = skb_header_pointer(skb, off, len, buf);
	if (!b)
		return false;
	walk = ilnp6_nonce_walk(b, len, &nonce, &at);
	return walk != ILNP6_WALK_NONE && walk != ILNP6_WALK_TRUNCATED;
}

/*
 * A Locator Update is answered at the I-LV it came from, so it keeps its
 * addresses. Fragments must all be mapped alike; their session remembers.
 */
static bool keeps_addrs(const struct ipv6hdr *ip6, struct ilnp6_session *s,
			bool frag)
{
	if (!frag)
		return true;
	WRITE_ONCE(s->lu_wire_local, ilnp6_addr(&ip6->daddr)->l64);
	WRITE_ONCE(s->lu_wire_remote, ilnp6_addr(&ip6->saddr)->l64);
	return false;
}

/* A nonce that is not where tc ingress looks: the handlers will find it */
static bool nonce_elsewhere(struct sk_buff *skb, unsigned int off, u8 nexthdr)
{
	unsigned int n;
	u8 _b[2], *b;

	for (n = 0; n < 4 && (nexthdr == IPPROTO_HOPOPTS ||
			      nexthdr == IPPROTO_DSTOPTS); n++) {
		if (nonce_at(skb, off, nexthdr))
			return true;
		b = skb_header_pointer(skb, off, 2, _b);
		if (!b)
			return false;
		nexthdr = b[0];
		off += (b[1] + 1) * 8;
	}
	return false;
}

/* May a packet with an unknown nonce, or none, begin something? */
static bool begins(const struct sk_buff *skb, unsigned int thoff, u8 proto)
{
	u8 _b[14], *b;

	switch (proto) {
	case IPPROTO_FRAGMENT:
		return false;
	case IPPROTO_TCP:
		b = skb_header_pointer(skb, thoff, sizeof(_b), _b);
		return b && (b[13] & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST)) ==
			    TCPHDR_SYN;
	case IPPROTO_ICMPV6:
		b = skb_header_pointer(skb, thoff, 1, _b);
		return b && *b == ICMPV6_ECHO_REQUEST;
	default:
		return true;
	}
}

/**
 * ilnp6_input_plain - a packet without nonce whose source NID we know
 * @in: namespace
 * @skb: the packet
 * @ip6: its IPv6 header, in the linear part
 * @rfc: set to its session if policy "rfc" says it has one
 *
 * It is plain IPv6 (policy "every"); what it must not do is reach a flow
 * that is ILNP. Answers to it have to be plain as well. Under policy "rfc"
 * only what opens a flow is plain.
 *
 * Return: false if it has to be dropped.
 */
bool ilnp6_input_plain(struct ilnp6_net *in, struct sk_buff *skb,
		       const struct ipv6hdr *ip6, struct ilnp6_session **rfc)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	struct ilnp6_in res = { .local_l64 = dst->l64, .remote_l64 = src->l64 };
	struct ilnp6_flow_key key;
	struct ilnp6_corr *corr;
	bool marked = false;
	int off = (u8 *)ip6 - skb->data, thoff;
	u8 proto = ip6->nexthdr;
	struct ilnp6_session *s;
	struct ilnp6_flow *f;
	__be16 frag_off;

	corr = ilnp6_corr_lookup(in, src->nid, src->l64);
	s = corr ? ilnp6_session_of(corr, dst->nid) : NULL;
	if (!s)
		return true;
	if (unlikely(nonce_elsewhere(skb, off + sizeof(*ip6), proto)))
		return true;
	thoff = ipv6_skip_exthdr(skb, off + sizeof(*ip6), &proto, &frag_off);
	if (thoff < 0 || (frag_off & htons(IP6_OFFSET)) ||
	    !ilnp6_flow_key(skb, thoff, proto, false, dst->nid, src->nid,
			    &key))
		return true;
	if (proto == IPPROTO_ICMPV6) {
		u8 _type, *type = skb_header_pointer(skb, thoff, 1, &_type);

		/* Errors and Locator Updates are judged by their handlers */
		if (!type || *type != ICMPV6_ECHO_REQUEST)
			return true;
	}
	f = ilnp6_flow_find(in, &key);
	if (f && f->plain)
		return true;
	if (corr->cfg.require == ILNP6_REQUIRE_RFC && s->rx.len &&
	    !(proto == IPPROTO_TCP && begins(skb, thoff, proto))) {
		*rfc = s;
		return true;
	}
	if (proto == IPPROTO_TCP)
		tcp_established(in, skb, &key, &res, &marked);
	else if (proto == IPPROTO_UDP)
		marked = compat_udp6_connected(in->net, &ip6->saddr,
					       key.remote_port, &ip6->daddr,
					       key.local_port,
					       skb->dev->ifindex);
	if (marked) {
		ilnp6_count(in, ILNP6_STAT_RX_NONCE_MISSING);
		ilnp6_notify_bad(in, skb, ILNP6_STAT_RX_NONCE_MISSING);
		return false;
	}
	/* Ports that an ILNP flow has stay its own */
	res.local_l64 = s->bound_local;
	res.remote_l64 = s->bound_remote;
	if (proto == IPPROTO_TCP &&
	    tcp_established(in, skb, &key, &res, &marked) && marked)
		return true;
	ilnp6_flow_add(in, corr, &key, true, dst->l64, src->l64);
	return true;
}

/* --- first contact ------------------------------------------------------- */

static struct ilnp6_session *drop(struct ilnp6_net *in,
				  const struct sk_buff *skb,
				  enum ilnp6_stat why)
{
	ilnp6_count(in, why);
	ilnp6_notify_bad(in, skb, why);
	return NULL;
}

static struct ilnp6_session *first_contact(struct ilnp6_net *in,
					   struct sk_buff *skb,
					   const struct ipv6hdr *ip6,
					   const struct ilnp6_nonce *nonce,
					   unsigned int thoff, u8 proto)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	bool first = begins(skb, thoff, proto), known;
	struct ilnp6_session *s;
	struct ilnp6_corr *corr;

	if (!ilnp6_l64_valid(in, src->l64))
		return drop(in, skb, ILNP6_STAT_RX_L64_INVALID);
	s = ilnp6_session_adopt(in, ip6, nonce,
				first && proto != IPPROTO_UDP);
	if (s)
		return s;
	corr = ilnp6_corr_lookup(in, src->nid, src->l64);
	known = corr && ilnp6_session_of(corr, dst->nid);
	if (known && proto == IPPROTO_ICMPV6 &&
	    icmpv6_is_err(*(u8 *)(skb->data + thoff)))
		return drop(in, skb, ILNP6_STAT_ICMP_FORGED);
	if (known)
		return drop(in, skb, ILNP6_STAT_RX_NONCE_WRONG);
	if (!first)
		return drop(in, skb, ilnp6_corr_bucket(in, src->nid) ?
				     ILNP6_STAT_RX_NONCE_WRONG :
				     ILNP6_STAT_RX_NOT_FIRST);
	if (corr)
		return ilnp6_session_new(in, corr, dst->nid, dst->l64,
					 src->l64, nonce);
	return ilnp6_session_learn(in, ip6, nonce);
}

/* --- the handlers -------------------------------------------------------- */

/* Store in a fragment or whole packet what ilnp6_input_map() found */
static void rewrite(struct sk_buff *skb, struct ipv6hdr *ip6,
		    const struct ilnp6_in *res, u16 *check, u8 proto)
{
	struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	u16 before = ilnp6_csum_l64s(src->l64, dst->l64), after;

	if (check)
		before = ilnp6_csum_add(before, *check);
	src->l64 = res->remote_l64;
	dst->l64 = res->local_l64;
	after = ilnp6_csum_l64s(src->l64, dst->l64);
	if (check && (*check || proto != IPPROTO_UDP)) {
		*check = ilnp6_csum_apply(*check, res->delta,
					  skb->ip_summed == CHECKSUM_PARTIAL);
		if (proto == IPPROTO_UDP && !*check)
			*check = 0xffff;
	}
	if (check)
		after = ilnp6_csum_add(after, *check);
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_add(skb->csum, (__force __wsum)(u32)
				     ilnp6_csum_sub(after, before));
}

static bool park(struct ilnp6_net *in, struct sk_buff *skb)
{
	if (likely(READ_ONCE(in->hooked)))
		return false;
	if (skb_queue_len(&in->parked) >= PARKED_MAX || in->exiting) {
		kfree_skb(skb);
		return true;
	}
	skb_dst_drop(skb);
	dev_hold(skb->dev);
	__skb_push(skb, skb_network_header_len(skb));
	skb_reset_transport_header(skb);
	skb_queue_tail(&in->parked, skb);
	schedule_work(&in->hook_work);
	return true;
}

/* Transport protocol and offset behind our header, as far as it matters */
static int upper(struct sk_buff *skb, u8 nexthdr, unsigned int off, u8 *proto,
		 u32 *frag_id)
{
	struct frag_hdr _fh, *fh;
	__be16 frag_off;

	*proto = nexthdr;
	if (nexthdr == IPPROTO_FRAGMENT) {
		fh = skb_header_pointer(skb, off, sizeof(_fh), &_fh);
		if (!fh)
			return -EINVAL;
		*frag_id = ilnp6_frag_id(fh);
		if (fh->frag_off & htons(IP6_OFFSET))
			return off + sizeof(*fh);
	}
	return ipv6_skip_exthdr(skb, off, proto, &frag_off);
}

static bool needs_linear(struct sk_buff *skb, unsigned int thoff, u8 proto)
{
	unsigned int need = thoff;

	if (proto == IPPROTO_TCP)
		need += sizeof(struct tcphdr);
	else if (ilnp6_check_off(proto) >= 0)
		need += ilnp6_check_off(proto) + 2;
	if (need > skb->len)
		return false;
	return !skb_ensure_writable(skb, need);
}

enum verdict { V_DROP = -1, V_ORIG, V_DONE, V_PARKED };

static enum verdict bad_option(struct ilnp6_net *in, struct sk_buff *skb,
			       enum ilnp6_walk walk)
{
	enum ilnp6_stat why;

	switch (walk) {
	case ILNP6_WALK_DOUBLE:
		why = ILNP6_STAT_RX_NONCE_DOUBLE;
		break;
	case ILNP6_WALK_LENGTH:
		why = ILNP6_STAT_RX_NONCE_LENGTH;
		break;
	default:
		why = ILNP6_STAT_RX_TRUNCATED;
	}
	drop(in, skb, why);
	return V_DROP;
}

/* Find the session of a well-formed nonce, map, and step over the option */
static enum verdict take(struct ilnp6_net *in, struct sk_buff *skb,
			 const struct ilnp6_nonce *nonce, unsigned int hdrlen)
{
	struct ipv6hdr *ip6 = ipv6_hdr(skb);
	unsigned int off = skb_transport_offset(skb) + hdrlen;
	u8 nexthdr = *skb_transport_header(skb), proto;
	struct ilnp6_in res = {};
	struct ilnp6_session *s;
	bool lu, keep = false;
	u16 *check = NULL;
	int thoff;

	if (nonce_at(skb, off, nexthdr)) {
		drop(in, skb, ILNP6_STAT_RX_NONCE_DOUBLE);
		return V_DROP;
	}
	if (nexthdr == IPPROTO_ROUTING) {
		drop(in, skb, ILNP6_STAT_RX_NONCE_MISPLACED);
		return V_DROP;
	}
	thoff = upper(skb, nexthdr, off, &proto, &res.frag_id);
	if (thoff < 0 || !needs_linear(skb, thoff, proto)) {
		drop(in, skb, ILNP6_STAT_RX_TRUNCATED);
		return V_DROP;
	}
	ip6 = ipv6_hdr(skb);
	s = ilnp6_session_find_rx(in, ip6, nonce->val, nonce->len);
	lu = proto == IPPROTO_ICMPV6 && skb->data[thoff] == ILNP6_ICMPV6_LU;
	if (lu && !s) {
		drop(in, skb, ILNP6_STAT_LU_NONCE);
		return V_DROP;
	}
	if (lu)
		keep = keeps_addrs(ip6, s, res.frag_id);
	if (!s) {
		if (proto == IPPROTO_ICMPV6 &&
		    icmpv6_is_err(*(u8 *)(skb->data + thoff)) &&
		    !ilnp6_corr_lookup(in, ilnp6_addr(&ip6->saddr)->nid,
				       ilnp6_addr(&ip6->saddr)->l64))
			return V_DONE;	/* an error by no correspondent */
		if (park(in, skb))
			return V_PARKED;
		s = first_contact(in, skb, ip6, nonce, thoff, proto);
	}
	if (!s)
		return V_DROP;
	if (ilnp6_input_map(in, skb, ip6, s, thoff, proto, &res)) {
		drop(in, skb, ILNP6_STAT_RX_CSUM);
		return V_DROP;
	}
	if (res.check_off >= 0)
		check = (u16 *)(skb->data + thoff + res.check_off);
	if (res.path)
		ilnp6_path_count_rx(res.path, skb,
				    thoff - skb_network_offset(skb),
				    skb->len - skb_network_offset(skb));
	if (!keep)
		rewrite(skb, ip6, &res, check, proto);
	ilnp6_count(in, ILNP6_STAT_RX_PACKETS);
	WRITE_ONCE(s->last_rx, jiffies);
	return V_DONE;
}

/* What ipv6_destopt_rcv() does when every option is to be skipped */
static int skip(struct sk_buff *skb, unsigned int hdrlen)
{
	struct inet6_skb_parm *opt = IP6CB(skb);

	opt->lastopt = skb_network_header_len(skb);
	opt->dst1 = opt->lastopt;
	opt->nhoff = opt->lastopt;
	skb->transport_header += hdrlen;
	return 1;
}

/* Hide the nonce from the kernel's parser, which has the others to read */
static void hide(struct sk_buff *skb, size_t off)
{
	u8 *p = skb_transport_header(skb) + off;

	if (skb->ip_summed == CHECKSUM_COMPLETE) {
		u16 before = off & 1 ? p[0] << 8 : p[0];
		u16 after = off & 1 ? ILNP6_OPT_HIDDEN << 8 : ILNP6_OPT_HIDDEN;

		skb->csum = csum_add(skb->csum, (__force __wsum)(u32)
				     ilnp6_csum_sub(after, before));
	}
	*p = ILNP6_OPT_HIDDEN;
}

static enum verdict judge(struct ilnp6_net *in, struct sk_buff *skb,
			  enum ilnp6_walk walk, const struct ilnp6_nonce *nonce,
			  unsigned int hdrlen)
{
	const struct ilnp6_addr *dst = ilnp6_addr(&ipv6_hdr(skb)->daddr);
	const struct ilnp6_addr *src = ilnp6_addr(&ipv6_hdr(skb)->saddr);
	const struct ilnp6_locals *loc = rcu_dereference(in->locals);

	if (!READ_ONCE(in->enabled))
		return V_ORIG;
	if (ipv6_addr_is_multicast(&dst->in6)) {
		drop(in, skb, ILNP6_STAT_RX_MULTICAST);
		return V_DROP;
	}
	/* Not a NID of ours, nor one that a session keeps: an unaware node */
	if (!loc || ilnp6_locals_nid_slot(loc, dst->nid) < 0) {
		struct ilnp6_corr *corr = ilnp6_corr_find(in, src->nid);

		if (!corr || !ilnp6_session_of(corr, dst->nid))
			return V_ORIG;
	}
	if (!READ_ONCE(in->cfg.learn) && !ilnp6_corr_bucket(in, src->nid))
		return V_ORIG;
	if (walk != ILNP6_WALK_NONCE && walk != ILNP6_WALK_MIXED)
		return bad_option(in, skb, walk);
	return take(in, skb, nonce, hdrlen);
}

static int dstopts_rcv(struct sk_buff *skb)
{
	struct ilnp6_net *in = ilnp6_pernet(dev_net(skb->dev));
	unsigned int off = skb_transport_offset(skb), hdrlen;
	struct ilnp6_nonce nonce;
	enum ilnp6_walk walk;
	enum verdict v;
	size_t at = 0;

	if (!pskb_may_pull(skb, off + 8))
		return orig_dstopts->handler(skb);
	hdrlen = (skb_transport_header(skb)[1] + 1) * 8;
	if (!pskb_may_pull(skb, off + hdrlen))
		return orig_dstopts->handler(skb);
	walk = ilnp6_nonce_walk(skb_transport_header(skb), hdrlen, &nonce, &at);
	if (walk == ILNP6_WALK_NONE ||
	    (walk == ILNP6_WALK_TRUNCATED && !at))
		return orig_dstopts->handler(skb);
	v = judge(in, skb, walk, &nonce, hdrlen);
	switch (v) {
	case V_ORIG:
		return orig_dstopts->handler(skb);
	case V_DROP:
		kfree_skb(skb);
		return -1;
	case V_PARKED:
		return 0;
	case V_DONE:
		break;
	}
	if (walk == ILNP6_WALK_NONCE)
		return skip(skb, hdrlen);
	hide(skb, at);
	return orig_dstopts->handler(skb);
}

static int icmp_error(struct ilnp6_net *in, struct sk_buff *skb)
{
	int ret = ilnp6_icmp_error(in, skb, 0);

	if (ret < 0)
		kfree_skb(skb);
	else if (!ret)
		consume_skb(skb);
	return ret > 0 ? ret : -1;
}

static int icmpv6_rcv(struct sk_buff *skb)
{
	struct ilnp6_net *in = ilnp6_pernet(dev_net(skb->dev));
	u8 type;
	int ret = 1;

	if (READ_ONCE(in->enabled) && pskb_may_pull(skb, 8)) {
		type = icmp6_hdr(skb)->icmp6_type;
		if (type == ILNP6_ICMPV6_LU)
			ret = ilnp6_lu_rcv(in, skb);
		else if (type == NDISC_ROUTER_ADVERTISEMENT)
			ilnp6_ra_rcv(in, skb);
		else if (type == ICMPV6_ECHO_REPLY)
			ret = ilnp6_live_reply(in, skb);
		else if (icmpv6_is_err(type))
			ret = icmp_error(in, skb);
	}
	return ret > 0 ? orig_icmpv6->handler(skb) : ret;
}

static struct inet6_protocol dstopts_proto, icmpv6_proto;

/* The table has no lock for others; readers see one or the other pointer */
static const struct inet6_protocol *swap_proto(const struct inet6_protocol *p,
					       u8 proto)
{
	return xchg((__force const struct inet6_protocol **)&inet6_protos[proto],
		    p);
}

int ilnp6_input_init(void)
{
	orig_dstopts = rcu_access_pointer(inet6_protos[IPPROTO_DSTOPTS]);
	orig_icmpv6 = rcu_access_pointer(inet6_protos[IPPROTO_ICMPV6]);
	if (!orig_dstopts || !orig_icmpv6)
		return -ENOENT;
	dstopts_proto = *orig_dstopts;
	dstopts_proto.handler = dstopts_rcv;
	icmpv6_proto = *orig_icmpv6;
	icmpv6_proto.handler = icmpv6_rcv;
	swap_proto(&dstopts_proto, IPPROTO_DSTOPTS);
	swap_proto(&icmpv6_proto, IPPROTO_ICMPV6);
	return 0;
}

void ilnp6_input_exit(void)
{
	swap_proto(orig_dstopts, IPPROTO_DSTOPTS);
	swap_proto(orig_icmpv6, IPPROTO_ICMPV6);
	/* Packets on other CPUs may still be in our handlers */
	synchronize_net();
}
