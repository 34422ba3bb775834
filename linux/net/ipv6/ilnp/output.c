// SPDX-License-Identifier: GPL-2.0-only
/*
 * LOCAL_OUT: decide whether a packet of ours belongs to an ILNP session and
 * give it the nonce option (RFC 6744), before the stack looks at its size.
 * Addresses stay the bound ones; tc egress rewrites them to a path.
 *
 * The hook is registered with the first correspondent of a namespace and
 * removed after the last, so that a host without any pays nothing. It runs
 * last at LOCAL_OUT: conntrack and filters see what sockets see.
 *
 * What few packets need is noinline, as its variables would cost all of them.
 */
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/inet_connection_sock.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>
#include <net/tcp.h>

#include "ilnp6.h"

/* A session that was never answered: after so many packets and so long */
#define SILENT_PACKETS	3
#define SILENT_TIME	(2 * HZ)

#define TCP_HDR_MAX	60U

/* Octets of the largest packet that is shifted rather than copied */
#define SHIFT_MAX	2048

/* --- TCP: header length and mode of a socket ----------------------------- */

static struct sock *tcp_sock_of(const struct sk_buff *skb)
{
	struct sock *sk = ilnp6_tcp_sk(skb);

	if (!sk || sk->sk_family != AF_INET6 || sk->sk_state == TCP_LISTEN)
		return NULL;
	return sk;
}

static unsigned int base_ext_hdr_len(const struct sock *sk)
{
	const struct ipv6_txoptions *opt;

	opt = rcu_dereference(inet6_sk(sk)->opt);
	return opt ? opt->opt_flen + opt->opt_nflen : 0;
}

/**
 * ilnp6_sk_marked - does a TCP socket send with nonce
 * @sk: a full TCP socket; RCU held
 *
 * Room for the option in its header length is the mark.
 *
 * Return: true if so.
 */
bool ilnp6_sk_marked(const struct sock *sk)
{
	return inet_csk(sk)->icsk_ext_hdr_len > base_ext_hdr_len(sk);
}

/* The socket is locked: we are below tcp_transmit_skb() */
static void set_ext_hdr_len(struct sock *sk, unsigned int len)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	len += base_ext_hdr_len(sk);
	if (icsk->icsk_ext_hdr_len == len)
		return;
	icsk->icsk_ext_hdr_len = len;
	icsk->icsk_sync_mss(sk, icsk->icsk_pmtu_cookie);
}

/*
 * The segment at hand was cut before the socket knew of the option. Let GSO
 * cut it anew; one that is not GSO fits, because input.c clamped the MSS.
 */
static void shrink_segments(const struct sock *sk, struct sk_buff *skb)
{
	unsigned int mss = tcp_sk(sk)->mss_cache;
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (!skb_is_gso(skb) || shinfo->gso_size <= mss)
		return;
	shinfo->gso_size = mss;
	shinfo->gso_segs = 0;
	shinfo->gso_type |= SKB_GSO_DODGY;
}

/*
 * What to count as header beside TCP's own: the option and, where a router
 * takes it for a TCP header of any length up to 60 octets, what that can add.
 */
static unsigned int header_len(const struct sock *sk,
			       const struct ilnp6_session *s)
{
	unsigned int len = s->opt_len + tcp_sk(sk)->tcp_header_len;

	return s->opt_len + (unlikely(READ_ONCE(s->gso_slack)) ?
			     TCP_HDR_MAX - min(len, TCP_HDR_MAX) : 0);
}

/*
 * Programs give what they take in their interface's own dst: a connection
 * accepted over one with another dst has come without nonce.
 */
static bool accepted_plain(struct ilnp6_net *in, const struct sock *sk)
{
	const struct dst_entry *rx = rcu_access_pointer(sk->sk_rx_dst);
	const struct ilnp6_dev *dev;

	dev = xa_load(&in->devs, sk->sk_rx_dst_ifindex);
	return dev && rx && rx != dev->input;
}

/*
 * Routers that may drop or refuse what is sent in one piece get one segment
 * at a time, see ILNP6_MISREAD_OFF. With a nonce of four octets, more than
 * half of all sequence numbers are like that, but few routers: only once a
 * connection of the session had to repeat something.
 */
static noinline void limit_segments(struct sock *sk,
				    const struct sk_buff *skb,
				    struct ilnp6_session *s)
{
	u8 octet = s->opt_len > ILNP6_MISREAD_OFF ?
		   s->opt[ILNP6_MISREAD_OFF] :
		   ntohl(tcp_hdr(skb)->seq) >> 24;
	unsigned int words = octet >> 4;
	const struct net_device *dev;

	if (unlikely(words < ILNP6_MISREAD_MIN ||
		     words * 4 > s->opt_len + tcp_hdrlen(skb))) {
		WRITE_ONCE(s->misread, true);
		sk->sk_gso_max_segs = 1;
	} else if (unlikely(sk->sk_gso_max_segs == 1)) {
		dev = skb_dst(skb)->dev;
		sk->sk_gso_max_segs = max(READ_ONCE(dev->gso_max_segs), 1U);
	}
}

/*
 * BIG TCP puts hop-by-hop options before ours, and the kernel takes those out
 * of segments again only where TCP's header follows them.
 */
static void no_big_tcp(struct sock *sk)
{
	if (unlikely(sk->sk_gso_max_size > GSO_LEGACY_MAX_SIZE))
		sk->sk_gso_max_size = GSO_LEGACY_MAX_SIZE;
}

/* A connection keeps the mode of its first packet */
static bool tcp_wants_nonce(struct ilnp6_net *in, struct sock *sk,
			    struct sk_buff *skb, const struct ilnp6_session *s)
{
	unsigned int pcount = max_t(unsigned int, 1, skb_shinfo(skb)->gso_segs);
	unsigned int optlen = s->opt_len;

	no_big_tcp(sk);
	if (likely(ilnp6_sk_marked(sk))) {
		if (unlikely(READ_ONCE(s->gso_slack)))
			set_ext_hdr_len(sk, header_len(sk, s));
		return true;
	}
	if (sk->sk_state != TCP_SYN_SENT) {
		if (tcp_sk(sk)->segs_out > pcount || accepted_plain(in, sk))
			return false;
		/* Accepted: input.c has lowered the peer's MSS by as much */
		if (tcp_sk(sk)->rx_opt.mss_clamp > TCP_MSS_DEFAULT)
			tcp_sk(sk)->rx_opt.mss_clamp += optlen;
	}
	set_ext_hdr_len(sk, header_len(sk, s));
	shrink_segments(sk, skb);
	return true;
}

/* --- is it ILNP's -------------------------------------------------------- */

/* Unconnected datagram sockets can take answers from wherever */
static bool needs_own_pair(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (!sk || !sk_fullsock(sk) || sk->sk_type == SOCK_STREAM)
		return true;
	return sk->sk_state == TCP_ESTABLISHED ||
	       !ipv6_addr_any(&sk->sk_v6_rcv_saddr);
}

/* ND and MLD are the link's business (RFC 6740 section 8) */
static bool link_icmp(const struct sk_buff *skb, int thoff, u8 proto)
{
	u8 _type, *type;

	if (proto != IPPROTO_ICMPV6)
		return false;
	type = skb_header_pointer(skb, thoff, 1, &_type);
	if (!type)
		return true;
	return (*type >= ICMPV6_MGM_QUERY && *type <= ICMPV6_MGM_REDUCTION) ||
	       (*type >= NDISC_ROUTER_SOLICITATION &&
		*type <= NDISC_REDIRECT) || *type == ICMPV6_MLD2_REPORT;
}

static int transport(const struct sk_buff *skb, u8 *proto)
{
	__be16 frag_off;

	*proto = ipv6_hdr(skb)->nexthdr;
	return ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), proto, &frag_off);
}

static bool has_nonce(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);

	return ip6->nexthdr == IPPROTO_DSTOPTS &&
	       skb_headlen(skb) >= sizeof(*ip6) + 4 &&
	       ((const u8 *)(ip6 + 1))[2] == ILNP6_OPT_NONCE;
}

static bool corr_speaks(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	if (likely(READ_ONCE(corr->mode) != ILNP6_MODE_IPV6))
		return true;
	if (time_before(jiffies, READ_ONCE(corr->retry)))
		return false;
	spin_lock_bh(&in->lock);
	if (!corr->dead) {
		WRITE_ONCE(corr->mode, ILNP6_MODE_ILNP);
		ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE, corr);
	}
	spin_unlock_bh(&in->lock);
	return true;
}

/* Is there a connection with these ports on another pair of L64s? */
static bool taken(struct ilnp6_net *in, const struct sk_buff *skb,
		  const struct ilnp6_flow_key *key, __be64 local,
		  __be64 remote)
{
	struct ilnp6_addr l = { .l64 = local, .nid = key->local_nid };
	struct ilnp6_addr r = { .l64 = remote, .nid = key->remote_nid };
	int dif = skb_dst(skb)->dev->ifindex;
	struct sock *sk;

	if (key->proto == IPPROTO_UDP)
		return compat_udp6_connected(in->net, &r.in6, key->remote_port,
					     &l.in6, key->local_port, dif);
	if (key->proto != IPPROTO_TCP)
		return false;
	sk = compat_inet6_lookup_established(in->net, &r.in6, key->remote_port,
					     &l.in6, ntohs(key->local_port),
					     dif, 0);
	if (!sk)
		return false;
	sock_gen_put(sk);
	return true;
}

/*
 * The pair of L64s is not the session's: the flow keeps its own, unless its
 * ports are taken by one that differs in nothing but L64s. On the wire nobody
 * could tell the two apart, so the second is refused.
 *
 * Return: 0: send with nonce; 1: plain; -ECONNREFUSED.
 */
static int own_pair(struct ilnp6_net *in, struct ilnp6_session *s,
		    const struct sk_buff *skb,
		    const struct ilnp6_flow_key *key)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	__be64 local = ilnp6_addr(&ip6->saddr)->l64;
	__be64 remote = ilnp6_addr(&ip6->daddr)->l64;
	bool needs = needs_own_pair(skb);
	struct ilnp6_flow *f;

	f = ilnp6_flow_find(in, key);
	if (f && f->plain)
		return 1;
	if (f && f->local_l64 == local && f->remote_l64 == remote)
		return 0;
	if (f && taken(in, skb, key, f->local_l64, f->remote_l64))
		return -ECONNREFUSED;
	if (taken(in, skb, key, s->bound_local, s->bound_remote))
		return needs ? -ECONNREFUSED : 0;
	if (ilnp6_flow_add(in, s->corr, key, false, local, remote))
		return 0;
	return needs ? 1 : 0;
}

/* The correspondent has left the L64 that this flow was opened to */
static struct ilnp6_corr *moved(struct ilnp6_net *in,
				const struct ilnp6_flow_key *key, __be64 local,
				__be64 remote)
{
	const struct ilnp6_flow *f = ilnp6_flow_find(in, key);

	return f && !f->plain && f->local_l64 == local &&
	       f->remote_l64 == remote ? f->corr : NULL;
}

/* Not the bound pair of any session: find or begin the right one */
static noinline struct ilnp6_session *
find_slow(struct ilnp6_net *in, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	const struct ilnp6_locals *loc;
	struct ilnp6_flow_key key;
	struct ilnp6_session *s;
	struct ilnp6_corr *corr;
	int thoff;
	u8 proto;

	if (!ilnp6_l64_valid(in, src->l64) || !ilnp6_l64_valid(in, dst->l64))
		return NULL;
	thoff = transport(skb, &proto);
	if (thoff < 0 || !ilnp6_flow_key(skb, skb_network_offset(skb) + thoff,
					 proto, true, src->nid, dst->nid, &key))
		return NULL;
	corr = ilnp6_corr_lookup(in, dst->nid, dst->l64);
	if (!corr)
		corr = moved(in, &key, src->l64, dst->l64);
	if (!corr || !corr_speaks(in, corr))
		return NULL;
	loc = rcu_dereference(in->locals);
	s = ilnp6_session_of(corr, src->nid);
	if (!s && (!loc || ilnp6_locals_nid_slot(loc, src->nid) < 0))
		return NULL;
	if (link_icmp(skb, skb_network_offset(skb) + thoff, proto))
		return NULL;
	if (s) {
		int err = own_pair(in, s, skb, &key);

		return !err ? s : err > 0 ? NULL : ERR_PTR(err);
	}
	return ilnp6_session_new(in, corr, src->nid, src->l64, dst->l64, NULL);
}

/*
 * A flow of the bound pair that is plain, or whose ports another pair has or
 * had.
 *
 * Return: as own_pair().
 */
static noinline int exception(struct ilnp6_net *in,
			      const struct ilnp6_session *s,
			      const struct sk_buff *skb)
{
	struct ilnp6_flow_key key;
	struct ilnp6_flow *f;
	int thoff;
	u8 proto;

	thoff = transport(skb, &proto);
	if (thoff < 0)
		return 0;
	if (!ilnp6_flow_key(skb, skb_network_offset(skb) + thoff, proto, true,
			    s->local_nid, s->corr->nid, &key))
		return 0;
	f = ilnp6_flow_find(in, &key);
	if (!f)
		return 0;
	if (f->plain)
		return 1;
	if (f->local_l64 == s->bound_local && f->remote_l64 == s->bound_remote)
		return 0;
	if (taken(in, skb, &key, f->local_l64, f->remote_l64))
		return -ECONNREFUSED;
	/* Left over from one that is gone */
	ilnp6_flow_add(in, s->corr, &key, false, s->bound_local,
		       s->bound_remote);
	return 0;
}

/*
 * Nothing has come back yet. Silence may be a peer that does not know ILNP
 * or a middlebox that drops the option (RFC 6744 section 6): try without. A
 * repeated SYN does so at once; if it is answered, or if datagrams go
 * unanswered for a while, the correspondent is plain IPv6 for now.
 */
static bool silent(struct ilnp6_net *in, struct ilnp6_session *s,
		   const struct sock *sk)
{
	if (sk && sk->sk_state == TCP_SYN_SENT) {
		if (!inet_csk(sk)->icsk_retransmits)
			return false;
		WRITE_ONCE(s->plain_tried, true);
		return true;
	}
	if (sk) {
		if (!READ_ONCE(s->plain_tried) || ilnp6_sk_marked(sk))
			return false;
	} else if (atomic_read(&s->cursor) < SILENT_PACKETS ||
		   time_before(jiffies, READ_ONCE(s->last_rx) + SILENT_TIME)) {
		return false;
	}
	ilnp6_corr_fallback(in, s->corr, false);
	return true;
}

static struct ilnp6_session *find(struct ilnp6_net *in,
				  struct rhlist_head *list,
				  struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	struct ilnp6_session *s;
	struct sock *sk;

	s = ilnp6_session_find_tx(list, ip6);
	if (likely(s)) {
		/* It may have come to know ILNP since */
		if (unlikely(!corr_speaks(in, s->corr) && !s->rx.len))
			return NULL;
		if (ip6->nexthdr == IPPROTO_ICMPV6 &&
		    link_icmp(skb, skb_transport_offset(skb), IPPROTO_ICMPV6))
			return NULL;
		if (unlikely(READ_ONCE(s->corr->n_flows))) {
			int err = exception(in, s, skb);

			if (err)
				s = err > 0 ? NULL : ERR_PTR(err);
		}
	} else {
		s = find_slow(in, skb);
	}
	if (IS_ERR(s))
		return s;
	sk = tcp_sock_of(skb);
	if (s && unlikely(!s->rx.len) && silent(in, s, sk))
		s = NULL;
	if (!sk)
		return s;
	if (s && tcp_wants_nonce(in, sk, skb, s)) {
		if (unlikely(READ_ONCE(s->misread) ||
			     tcp_sk(sk)->total_retrans))
			limit_segments(sk, skb, s);
		return s;
	}
	/* Begun with nonce, retried without: the room is not needed */
	if (sk->sk_state == TCP_SYN_SENT)
		set_ext_hdr_len(sk, 0);
	return NULL;
}

/* --- insert -------------------------------------------------------------- */

/* In nid mode the wire has the checksum without the bound L64s */
static noinline bool nid_checksum(struct sk_buff *skb,
				  const struct ilnp6_session *s)
{
	const struct ipv6hdr *ip6;
	unsigned int thoff, off;
	__be16 frag_off;
	u16 *check;
	u16 l64s;
	u8 proto;

	proto = ipv6_hdr(skb)->nexthdr;
	thoff = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &proto,
				 &frag_off);
	if ((int)thoff < 0 || proto == IPPROTO_ICMPV6 ||
	    ilnp6_check_off(proto) < 0)
		return true;
	off = skb_network_offset(skb) + thoff + ilnp6_check_off(proto);
	if (skb_ensure_writable(skb, off + 2))
		return false;
	check = (u16 *)(skb->data + off);
	if (proto == IPPROTO_UDP && !*check)
		return true;
	ip6 = ipv6_hdr(skb);
	l64s = ilnp6_csum_l64s(ilnp6_addr(&ip6->saddr)->l64,
			       ilnp6_addr(&ip6->daddr)->l64);
	*check = ilnp6_csum_apply(*check, ilnp6_csum_sub(0, l64s),
				  skb->ip_summed == CHECKSUM_PARTIAL);
	if (proto == IPPROTO_UDP && !*check)
		*check = 0xffff;
	return true;
}

/* Hop-by-hop options, if any, stay first */
static unsigned int insert_at(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);

	if (likely(ip6->nexthdr != IPPROTO_HOPOPTS))
		return sizeof(*ip6);
	return sizeof(*ip6) + ipv6_optlen((struct ipv6_opt_hdr *)(ip6 + 1));
}

/*
 * Datagrams come with room for the link layer and eight octets. Where that
 * is not enough, to shift a small packet into its own tailroom costs less
 * than to copy it to new memory.
 */
static bool shift(struct sk_buff *skb, unsigned int by)
{
	by = ALIGN(by, 8);
	if (skb_is_nonlinear(skb) || skb_cloned(skb) || skb->len > SHIFT_MAX ||
	    skb_tailroom(skb) < by)
		return false;
	memmove(skb->data + by, skb->data, skb->len);
	skb_reserve(skb, by);
	skb->network_header += by;
	skb->transport_header += by;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start += by;
	return true;
}

static bool make_room(struct sk_buff *skb, unsigned int len)
{
	unsigned int room = len + LL_RESERVED_SPACE(skb_dst(skb)->dev);

	if (unlikely(skb_headroom(skb) < room)) {
		if (shift(skb, room - skb_headroom(skb)))
			return true;
		return !skb_cow_head(skb, room);
	}
	return !skb_cow_head(skb, len);
}

/* Return: 0, -EMSGSIZE or -ENOMEM */
static int insert(struct sk_buff *skb, const struct ilnp6_session *s)
{
	unsigned int at, len = s->opt_len;
	struct ipv6hdr *ip6;
	u8 *nh, *p;

	if (unlikely(skb->len + len > sizeof(*ip6) + IPV6_MAXPLEN))
		return -EMSGSIZE;
	if (unlikely(s->csum == ILNP6_CHECKSUM_NID) && !nid_checksum(skb, s))
		return -ENOMEM;
	if (!make_room(skb, len))
		return -ENOMEM;
	at = insert_at(skb);
	if (unlikely(skb_headlen(skb) < at))
		return -ENOMEM;
	p = skb_push(skb, len);
	skb->network_header -= len;
	if (likely(at == sizeof(*ip6))) {
		u64 *d = (u64 *)p, *f = (u64 *)(p + len);

		/* Ascending, so the ranges may overlap */
		put_unaligned(get_unaligned(f), d);
		put_unaligned(get_unaligned(f + 1), d + 1);
		put_unaligned(get_unaligned(f + 2), d + 2);
		put_unaligned(get_unaligned(f + 3), d + 3);
		put_unaligned(get_unaligned(f + 4), d + 4);
		nh = p + offsetof(struct ipv6hdr, nexthdr);
	} else {
		memmove(p, p + len, at);
		nh = p + sizeof(*ip6);
	}
	ip6 = (struct ipv6hdr *)p;
	p += at;
	memcpy(p, s->opt, 8);
	if (len > 8)
		memcpy(p + 8, s->opt + 8, 8);
	*p = *nh;
	*nh = IPPROTO_DSTOPTS;
	if (likely(ip6->payload_len))
		ip6->payload_len = htons(ntohs(ip6->payload_len) + len);
	return 0;
}

/* --- the way out --------------------------------------------------------- */

static bool too_long(const struct sk_buff *skb)
{
	return skb->len > IPV6_MIN_MTU && !skb_is_gso(skb) &&
	       skb->len > dst_mtu(skb_dst(skb));
}

/*
 * The path's MTU, as the socket knows it, left room for the option: that it
 * is used now is right. Where the link's was looked at, a socket that wants
 * no fragments has to hear that the option did not fit.
 */
static noinline void remeasure(struct ilnp6_net *in,
			       const struct ilnp6_session *s,
			       struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);
	struct flowi6 fl6 = {
		.saddr = ipv6_hdr(skb)->saddr,
		.daddr = ipv6_hdr(skb)->daddr,
		.flowi6_oif = dst->dev->ifindex,
	};

	if (skb->sk && sk_fullsock(skb->sk) &&
	    skb->sk->sk_family == AF_INET6 && compat_inet6_dontfrag(skb->sk))
		skb->ignore_df = 0;
	if (skb->len > dst_mtu(dst) + s->opt_len ||
	    !(dst_rt6_info(dst)->rt6i_flags & RTF_CACHE))
		return;
	dst = ilnp6_route(in->net, &fl6);
	if (dst->error) {
		dst_release(dst);
		return;
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
}

static bool opening(const struct ilnp6_session *s, const struct sk_buff *skb)
{
	return !s->rx.len ||
	       (skb->sk && skb->sk->sk_state == TCP_SYN_SENT);
}

/*
 * Choose the path here and give the packet its route, so that it meets the
 * program of the right interface at once: no redirect, the MTU is that of
 * the path's device and fq's pacing is kept. Only where a gateway leads to
 * it: to an on-link peer the stack would resolve the address that the packet
 * still has; there, and for fragments, tc egress redirects. False: the packet
 * is not needed.
 */
static bool steer(struct ilnp6_net *in, struct ilnp6_session *s,
		  struct sk_buff *skb)
{
	struct ilnp6_paths *ps = rcu_dereference(s->paths);
	struct ilnp6_turn *turn = ilnp6_turn(skb);
	struct ilnp6_path *p = NULL;
	struct dst_entry *dst;

	/*
	 * What opens something or answers a probe: tc egress sees to it.
	 * Behind hop-by-hop options it does not see our option.
	 */
	if (unlikely(ipv6_hdr(skb)->nexthdr != IPPROTO_DSTOPTS ||
		     *(u8 *)(ipv6_hdr(skb) + 1) == IPPROTO_ICMPV6 ||
		     (opening(s, skb) && netif_carrier_ok(skb_dst(skb)->dev))))
		return true;
	if (unlikely(too_long(skb)))
		return true;	/* to be cut up, or refused */
	if (likely(ps) && ps->n > 1 && ps->n_up &&
	    *(u8 *)(ipv6_hdr(skb) + 1) == IPPROTO_TCP)
		p = ilnp6_tcp_choose(in, s, ps, skb);
	if (IS_ERR(p))
		return false;
	if (!p)
		p = ilnp6_path_choose(in, s, skb, 0);
	if (unlikely(!p))
		return true;
	turn->magic = ILNP6_TURN_MAGIC;
	turn->set = ps->id;
	turn->index = p - ps->p;
	dst = p->dst;
	if (!dst || dst == skb_dst(skb) || READ_ONCE(dst->obsolete) > 0)
		return true;
	/* Without a reference if the caller can do without */
	if (skb->_skb_refdst & SKB_DST_NOREF) {
		skb_dst_set_noref(skb, dst);
	} else {
		skb_dst_drop(skb);
		dst_hold(dst);
		skb_dst_set(skb, dst);
	}
	skb->dev = dst->dev;
	return true;
}

/*
 * Answering a probe does not make a session active, or two hosts would probe
 * each other for ever. Our option is in place.
 */
static bool echo_reply(const struct sk_buff *skb)
{
	const u8 *opt = (const u8 *)(ipv6_hdr(skb) + 1);
	unsigned int off;

	if (likely(opt[0] != IPPROTO_ICMPV6))
		return false;
	off = sizeof(struct ipv6hdr) + (opt[1] + 1) * 8;
	return skb_headlen(skb) > off &&
	       skb->data[off] == ICMPV6_ECHO_REPLY;
}

static noinline unsigned int to_correspondent(struct ilnp6_net *in,
					      struct sk_buff *skb, __be64 nid)
{
	struct rhlist_head *list = ilnp6_corr_bucket(in, nid);
	struct ilnp6_session *s;
	int err;

	if (!list)
		return NF_ACCEPT;
	if (unlikely(has_nonce(skb) || dst_xfrm(skb_dst(skb)) ||
		     IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED ||
		     ipv6_hdr(skb)->nexthdr == IPPROTO_ROUTING))
		return NF_ACCEPT;
	s = find(in, list, skb);
	if (!s) {
		ilnp6_count(in, ILNP6_STAT_TX_FLOW_PLAIN);
		return NF_ACCEPT;
	}
	if (IS_ERR(s)) {
		ilnp6_count(in, ILNP6_STAT_TX_FLOW_REFUSED);
		return NF_DROP_ERR(PTR_ERR(s));
	}
	err = insert(skb, s);
	if (unlikely(err)) {
		ilnp6_count(in, ILNP6_STAT_TX_NO_MEM);
		return NF_DROP_ERR(err);
	}
	if (unlikely(too_long(skb)))
		remeasure(in, s, skb);
	if (unlikely(!steer(in, s, skb))) {
		consume_skb(skb);
		return NF_STOLEN;
	}
	ilnp6_count(in, ILNP6_STAT_TX_PACKETS);
	if (s->last_tx != jiffies && likely(!echo_reply(skb))) {
		WRITE_ONCE(s->last_tx, jiffies);
		ilnp6_live_kick(in);
	}
	if (unlikely(!s->rx_proven || s->rx_next.len))
		WRITE_ONCE(s->answered, true);
	return NF_ACCEPT;
}

static unsigned int local_out(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	__be64 nid = ilnp6_addr(&ipv6_hdr(skb)->daddr)->nid;

	/* Most packets go to nobody we know */
	if (likely(ilnp6_corr_unlikely(priv, nid)))
		return NF_ACCEPT;
	return to_correspondent(priv, skb, nid);
}

/* --- the hook's life ----------------------------------------------------- */

static void hook_work(struct work_struct *work)
{
	ilnp6_output_kick(container_of(work, struct ilnp6_net, hook_work));
}

/*
 * Packets that made us register the hook start over, now heard by it. Each
 * holds its device, as the receive path that did so has ended.
 */
static void unpark(struct ilnp6_net *in, bool drop)
{
	struct net_device *dev;
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&in->parked))) {
		dev = skb->dev;
		if (drop)
			kfree_skb(skb);
		else
			netif_rx(skb);
		dev_put(dev);
	}
}

/**
 * ilnp6_output_kick - have the hook exactly while there are correspondents
 * @in: namespace; process context
 */
void ilnp6_output_kick(struct ilnp6_net *in)
{
	bool want;

	mutex_lock(&in->hook_mutex);
	want = !READ_ONCE(in->exiting) &&
	       (READ_ONCE(in->n_corrs) || !skb_queue_empty(&in->parked));
	if (want && !in->hooked)
		WRITE_ONCE(in->hooked,
			   !nf_register_net_hook(in->net, &in->hook_ops));
	if (!want && in->hooked) {
		WRITE_ONCE(in->hooked, false);
		nf_unregister_net_hook(in->net, &in->hook_ops);
	}
	if (in->hooked)
		unpark(in, false);
	mutex_unlock(&in->hook_mutex);
}

void ilnp6_output_net_init(struct ilnp6_net *in)
{
	mutex_init(&in->hook_mutex);
	INIT_WORK(&in->hook_work, hook_work);
	skb_queue_head_init(&in->parked);
	in->hook_ops = (struct nf_hook_ops) {
		.hook		= local_out,
		.priv		= in,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP6_PRI_LAST,
	};
}

void ilnp6_output_net_pre_exit(struct ilnp6_net *in)
{
	cancel_work_sync(&in->hook_work);
	ilnp6_output_kick(in);
	unpark(in, true);
}
