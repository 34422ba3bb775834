// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tc programs may ask: one call for a packet that leaves, one for a
 * packet with a nonce that comes in, one for a packet without. Nothing else
 * of the module is visible to BPF.
 *
 * Context: tc program, softirq or BH off, under RCU. skb->data is the link
 * layer header. A kfunc must not move packet data under the program's
 * pointers: where headers are not linear or not writable it returns -EAGAIN
 * and the program pulls. (Cutting the option off moves the start of the
 * packet, never its memory.)
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/ip6_route.h>

#include <linux/ilnp6_bpf.h>

#include "ilnp6.h"

#define TCP_HDR_MAX	60

/**
 * struct packet - where things are in a packet with our option first
 * @ip6: IPv6 header
 * @optlen: octets of the destination options header
 * @thoff: offset of the transport header from skb->data
 * @proto: its protocol; IPPROTO_FRAGMENT: a later fragment, no transport
 * @frag_id: identification, if it is a fragment; never 0 then
 */
struct packet {
	struct ipv6hdr *ip6;
	unsigned int optlen;
	unsigned int thoff;
	u8 proto;
	u32 frag_id;
};

static bool linear(const struct sk_buff *skb, unsigned int need)
{
	return skb_headlen(skb) >= min(need, skb->len);
}

static bool writable(const struct sk_buff *skb, unsigned int len)
{
	return !skb_cloned(skb) || skb_clone_writable(skb, len);
}

/* 1: parsed, 0: not for us, -EAGAIN */
static int parse(struct sk_buff *skb, struct packet *pkt)
{
	unsigned int off = skb_network_offset(skb), need;
	const struct frag_hdr *fh;
	const u8 *opt;

	pkt->ip6 = ipv6_hdr(skb);
	need = off + sizeof(*pkt->ip6) + ILNP6_OPT_HDR_MAX;
	if (unlikely(!linear(skb, need + sizeof(struct tcphdr))))
		return -EAGAIN;
	if (unlikely(skb_headlen(skb) < need ||
		     pkt->ip6->nexthdr != IPPROTO_DSTOPTS))
		return 0;
	opt = (const u8 *)(pkt->ip6 + 1);
	pkt->optlen = (opt[1] + 1) * 8;
	if (unlikely(opt[2] != ILNP6_OPT_NONCE || opt[3] + 4 != pkt->optlen ||
		     pkt->optlen > ILNP6_OPT_HDR_MAX))
		return 0;
	pkt->proto = opt[0];
	pkt->thoff = off + sizeof(*pkt->ip6) + pkt->optlen;
	pkt->frag_id = 0;
	if (likely(pkt->proto != IPPROTO_FRAGMENT))
		return skb_headlen(skb) >= pkt->thoff + 8;
	if (skb_headlen(skb) < pkt->thoff + sizeof(*fh))
		return 0;
	fh = (const struct frag_hdr *)(skb->data + pkt->thoff);
	pkt->frag_id = ilnp6_frag_id(fh);
	pkt->thoff += sizeof(*fh);
	if (!(fh->frag_off & htons(IP6_OFFSET)))
		pkt->proto = fh->nexthdr;
	return 1;
}

/* Behind the application's own headers; false: not all of it is linear */
static noinline bool find_transport(const struct sk_buff *skb,
				    struct packet *pkt)
{
	__be16 frag_off;
	u8 proto = pkt->proto;
	int off;

	off = ipv6_skip_exthdr(skb, pkt->thoff, &proto, &frag_off);
	if (off < 0)
		return true;
	pkt->proto = proto;
	pkt->thoff = off;
	return linear(skb, off + sizeof(struct tcphdr));
}

/* The checksum field, or NULL where addresses are not in the sum */
static __always_inline u16 *check_field(const struct sk_buff *skb, const struct packet *pkt)
{
	int off = ilnp6_check_off(pkt->proto);

	if (off < 0 || skb_headlen(skb) < pkt->thoff + off + 2)
		return NULL;
	return (u16 *)(skb->data + pkt->thoff + off);
}

static __always_inline void apply(u16 *check, u16 delta, u8 proto, bool partial)
{
	if (proto == IPPROTO_UDP && !*check)
		return;
	*check = ilnp6_csum_apply(*check, delta, partial);
	if (proto == IPPROTO_UDP && !*check && !partial)
		*check = 0xffff;
}

/* --- egress -------------------------------------------------------------- */

/*
 * A flow whose bound pair is not its session's; the L64 it was opened to may
 * be gone. Our nonce in it says whose it is.
 */
static struct ilnp6_session *find_by_nonce(struct rhlist_head *list,
					   const struct packet *pkt)
{
	const u8 *opt = (const u8 *)(pkt->ip6 + 1);
	struct ilnp6_session *s;
	struct ilnp6_corr *corr;
	struct rhlist_head *pos;

	rhl_for_each_entry_rcu(corr, pos, list, node) {
		s = ilnp6_session_of(corr, ilnp6_addr(&pkt->ip6->saddr)->nid);
		if (s && ilnp6_nonce_equal(&s->tx, opt + 4, opt[3]))
			return s;
	}
	return NULL;
}

/* Whose packet it is; @sum: of the L64s it has */
static struct ilnp6_session *find_tx(struct ilnp6_net *in,
				     const struct packet *pkt, u16 *sum)
{
	const struct ilnp6_addr *src = ilnp6_addr(&pkt->ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&pkt->ip6->daddr);
	struct rhlist_head *list = ilnp6_corr_bucket(in, dst->nid);

	*sum = ilnp6_csum_l64s(src->l64, dst->l64);
	return ilnp6_session_find_tx(list, pkt->ip6) ?:
	       find_by_nonce(list, pkt);
}

/*
 * The first packet of a session or connection keeps the addresses it was
 * opened with, so that the peer knows them; repeats try other paths.
 */
static bool opens(const struct ilnp6_session *s, const struct sk_buff *skb,
		  const struct packet *pkt)
{
	const struct tcphdr *th;
	const struct sock *sk;

	if (pkt->frag_id)
		return false;
	if (unlikely(!s->rx.len && !atomic_read(&s->cursor)))
		return true;
	if (pkt->proto != IPPROTO_TCP ||
	    skb_headlen(skb) < pkt->thoff + sizeof(*th))
		return false;
	th = (const struct tcphdr *)(skb->data + pkt->thoff);
	if (likely(!th->syn || th->ack))
		return false;
	sk = ilnp6_tcp_sk(skb);
	return sk && !inet_csk(sk)->icsk_retransmits;
}

static const struct icmp6hdr *icmp_of(const struct sk_buff *skb,
				      const struct packet *pkt)
{
	if (pkt->proto != IPPROTO_ICMPV6)
		return NULL;
	return (const struct icmp6hdr *)(skb->data + pkt->thoff);
}

/*
 * A message of icmp_send.c: no socket, and over a pair that must stay. Later
 * fragments of one do not tell, so their session remembers.
 */
static bool our_own(const struct sk_buff *skb, const struct packet *pkt,
		    struct ilnp6_session *s)
{
	const struct icmp6hdr *icmp;

	if (likely(skb->sk) || (pkt->proto != IPPROTO_ICMPV6 && !pkt->frag_id))
		return false;
	icmp = icmp_of(skb, pkt);
	if (!icmp)
		return pkt->proto == IPPROTO_FRAGMENT &&
		       pkt->frag_id == READ_ONCE(s->lu_frag);
	if (icmp->icmp6_type != ILNP6_ICMPV6_LU &&
	    icmp->icmp6_type != ICMPV6_ECHO_REQUEST)
		return false;
	if (pkt->frag_id)
		WRITE_ONCE(s->lu_frag, pkt->frag_id);
	return true;
}

static struct ilnp6_path *choose(struct ilnp6_net *in,
				 struct ilnp6_session *s, struct sk_buff *skb,
				 const struct packet *pkt)
{
	struct ilnp6_paths *ps = rcu_dereference(s->paths);
	struct ilnp6_turn *turn = ilnp6_turn(skb);
	const struct icmp6hdr *icmp;
	struct ilnp6_path *p;

	/* Chosen at LOCAL_OUT, unless the paths have changed since */
	if (ilnp6_turn_of(turn, ps))
		return &ps->p[turn->index];
	icmp = icmp_of(skb, pkt);
	if (unlikely(icmp && icmp->icmp6_type == ICMPV6_ECHO_REPLY &&
		     !pkt->frag_id)) {
		p = ilnp6_live_echo_out(in, s, icmp);
		if (p)
			return p;
	}
	if (unlikely(opens(s, skb, pkt))) {
		p = ilnp6_path_find(ps, ilnp6_addr(&pkt->ip6->saddr)->l64,
				    ilnp6_addr(&pkt->ip6->daddr)->l64);
		if (p && p->state == ILNP6_STATE_UP) {
			atomic_inc(&s->cursor);
			return p;
		}
	}
	return ilnp6_path_choose(in, s, skb, pkt->frag_id);
}

/* Would the packet leave where the path does anyway? */
static bool same_way(const struct sk_buff *skb, const struct ilnp6_path *p,
		     const struct ipv6hdr *bound)
{
	struct dst_entry *dst = skb_dst(skb);

	if (skb->dev->ifindex != p->ifindex || !dst)
		return false;
	if (likely(dst == p->dst))
		return true;
	return ipv6_addr_equal(rt6_nexthop(dst_rt6_info(dst),
					   (struct in6_addr *)&bound->daddr),
			       &p->nexthop);
}

static void rewrite_out(struct sk_buff *skb, const struct packet *pkt,
			const struct ilnp6_session *s,
			const struct ilnp6_path *p, u16 sum)
{
	u16 *check = check_field(skb, pkt);

	if (check && (s->csum != ILNP6_CHECKSUM_NID ||
		      pkt->proto == IPPROTO_ICMPV6))
		apply(check, ilnp6_csum_sub(p->sum, sum), pkt->proto,
		      skb->ip_summed == CHECKSUM_PARTIAL);
	ilnp6_addr(&pkt->ip6->saddr)->l64 = p->local_l64;
	ilnp6_addr(&pkt->ip6->daddr)->l64 = p->remote_l64;
}

__bpf_kfunc_start_defs();

/**
 * bpf_ilnp6_egress - choose a path for a packet with our nonce, rewrite it
 * @skb_ctx: packet at tc egress, as LOCAL_OUT left it
 * @path: filled for %ILNP6_V_REDIRECT
 * @path__sz: size of *@path
 *
 * Return: an enum ilnp6_verdict; -EAGAIN: pull and ask again; -EINVAL:
 * @path__sz is too small.
 */
__bpf_kfunc int bpf_ilnp6_egress(struct __sk_buff *skb_ctx,
				 struct ilnp6_bpf_path *path, u32 path__sz)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct ilnp6_net *in = ilnp6_pernet(dev_net(skb->dev));
	struct ilnp6_session *s;
	struct ilnp6_paths *ps;
	struct ilnp6_path *p;
	struct packet pkt;
	int err, verdict;
	bool own = false;
	u16 sum;

	if (path__sz < sizeof(*path))
		return -EINVAL;
	err = parse(skb, &pkt);
	if (unlikely(err <= 0))
		return err;
	if (unlikely(pkt.proto == IPPROTO_DSTOPTS ||
		     pkt.proto == IPPROTO_ROUTING) &&
	    !find_transport(skb, &pkt))
		return -EAGAIN;
	ps = ilnp6_paths_of_turn(in, skb, pkt.ip6);
	s = likely(ps) ? ps->s : find_tx(in, &pkt, &sum);
	if (unlikely(!s))
		return ILNP6_V_PASS;
	if (unlikely(!writable(skb, pkt.thoff + 18)))
		return -EAGAIN;
	if (likely(ps)) {
		p = &ps->p[ilnp6_turn(skb)->index];
		sum = s->bound_sum;
	} else {
		own = our_own(skb, &pkt, s);
		p = own ? ilnp6_path_find(rcu_dereference(s->paths),
					  ilnp6_addr(&pkt.ip6->saddr)->l64,
					  ilnp6_addr(&pkt.ip6->daddr)->l64) :
			  choose(in, s, skb, &pkt);
	}
	if (unlikely(!p)) {
		if (own)
			return ILNP6_V_PASS;
		ilnp6_count(in, ILNP6_STAT_TX_NO_PATH);
		/* Bound to what the interface never had, or has lost? */
		return ipv6_chk_addr(in->net, &pkt.ip6->saddr, skb->dev, 1) ?
		       ILNP6_V_PASS : ILNP6_V_DROP;
	}
	if (same_way(skb, p, pkt.ip6)) {
		verdict = ILNP6_V_SEND;
	} else {
		path->ifindex = p->ifindex;
		path->nh_family = AF_INET6;
		memcpy(path->nexthop, &p->nexthop, sizeof(path->nexthop));
		verdict = ILNP6_V_REDIRECT;
		/* Else one that waits for its neighbour gets the dst's */
		skb_dst_drop(skb);
	}
	if (unlikely(own)) {
		ilnp6_path_count_own(p, skb->len - skb_network_offset(skb));
		return verdict;
	}
	rewrite_out(skb, &pkt, s, p, sum);
	ilnp6_path_count_tx(p, skb, pkt.thoff - skb_network_offset(skb) +
			    (pkt.proto == IPPROTO_TCP ? 20 : 8),
			    skb->len - skb_network_offset(skb));
	ilnp6_count(in, ILNP6_STAT_TX_REWRITTEN);
	return verdict;
}

/* --- ingress ------------------------------------------------------------- */

#define ETH_IP6_HLEN	(ETH_HLEN + sizeof(struct ipv6hdr))

/*
 * Headers move up by @len octets. As words, unrolled: calls and octets cost
 * more. Of Ethernet, two octets before it move too, to where it was.
 */
static void move_headers(struct sk_buff *skb, unsigned int hlen,
			 unsigned int len)
{
	u64 *f = (u64 *)(skb->data - 2), *t = (u64 *)(skb->data - 2 + len);

	if (unlikely(hlen != ETH_IP6_HLEN || skb_headroom(skb) < 2)) {
		memmove(skb->data + len, skb->data, hlen);
		return;
	}
	put_unaligned(get_unaligned(f + 6), t + 6);
	put_unaligned(get_unaligned(f + 5), t + 5);
	put_unaligned(get_unaligned(f + 4), t + 4);
	put_unaligned(get_unaligned(f + 3), t + 3);
	put_unaligned(get_unaligned(f + 2), t + 2);
	put_unaligned(get_unaligned(f + 1), t + 1);
	put_unaligned(get_unaligned(f), t);
}

/* Cut the option off; no memory is touched below */
static void strip(struct sk_buff *skb, const struct packet *pkt)
{
	unsigned int len = pkt->optlen, off = skb_network_offset(skb);
	u8 nexthdr = *(u8 *)(pkt->ip6 + 1);
	struct ipv6hdr *ip6;

	if (unlikely(!len))
		return;
	move_headers(skb, off + sizeof(*ip6), len);
	__skb_pull(skb, len);
	skb->mac_header += len;
	skb->network_header += len;
	ip6 = ipv6_hdr(skb);
	ip6->nexthdr = nexthdr;
	if (likely(ip6->payload_len))
		ip6->payload_len = htons(ntohs(ip6->payload_len) - len);
	skb_set_transport_header(skb, off + sizeof(*ip6));
}

/* A finished sum over the whole packet follows each octet that changes */
static __wsum header_sum(const struct sk_buff *skb, const struct packet *pkt,
			 const u16 *check, unsigned int optlen)
{
	__wsum sum = csum_partial(pkt->ip6, sizeof(*pkt->ip6) + optlen, 0);

	return check ? csum_add(sum, (__force __wsum)(u32)*check) : sum;
}

static void deliver(struct ilnp6_net *in, struct sk_buff *skb)
{
	int ifindex = skb->dev->ifindex;
	struct ilnp6_dev *dev;

	dev = rcu_dereference(in->dev_tab[ifindex % ARRAY_SIZE(in->dev_tab)]);
	if (unlikely(!dev || dev->ifindex != ifindex))
		dev = xa_load(&in->devs, ifindex);
	if (likely(dev && dev->input && !skb_dst(skb) &&
		   !netif_is_l3_slave(skb->dev)))
		skb_dst_set_noref(skb, dev->input);
}

static int map_in(struct ilnp6_net *in, struct sk_buff *skb,
		  struct packet *pkt, struct ilnp6_session *s)
{
	bool complete = skb->ip_summed == CHECKSUM_COMPLETE;
	struct ilnp6_in res;	/* all set below or by ilnp6_input_map() */
	unsigned int hdrlen, len;
	__wsum before = 0;
	u16 *check;

	res.frag_id = pkt->frag_id;
	if (unlikely(ilnp6_input_map(in, skb, pkt->ip6, s, pkt->thoff,
				     pkt->proto, &res))) {
		ilnp6_count(in, ILNP6_STAT_RX_CSUM);
		return ILNP6_V_DROP;
	}
	hdrlen = pkt->thoff - skb_network_offset(skb) +
		 (pkt->proto == IPPROTO_TCP ? 20 : 8);
	len = skb->len - skb_network_offset(skb);
	if (likely(res.path)) {
		ilnp6_path_count_rx(res.path, skb, hdrlen, len);
		if (pkt->proto == IPPROTO_TCP && !pkt->frag_id)
			ilnp6_tcp_rcv(in, s, skb, pkt->thoff, res.path);
	}
	check = check_field(skb, pkt);
	if (complete)
		before = header_sum(skb, pkt, check, pkt->optlen);
	if (check)
		apply(check, res.delta, pkt->proto,
		      skb->ip_summed == CHECKSUM_PARTIAL);
	ilnp6_addr(&pkt->ip6->daddr)->l64 = res.local_l64;
	ilnp6_addr(&pkt->ip6->saddr)->l64 = res.remote_l64;
	strip(skb, pkt);
	pkt->ip6 = ipv6_hdr(skb);
	if (complete)
		skb->csum = csum_add(csum_sub(skb->csum, before),
				     header_sum(skb, pkt, check, 0));
	deliver(in, skb);
	ilnp6_count(in, ILNP6_STAT_RX_PACKETS);
	if (s->last_rx != jiffies)
		WRITE_ONCE(s->last_rx, jiffies);
	return ILNP6_V_SEND;
}

/*
 * For us, and not taken already by the program of the interface below: a
 * VLAN's or an ipvlan's packet meets both.
 */
static bool undecided(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST && !skb_valid_dst(skb);
}

/* What needs its nonce further up, or more than one look at its headers */
static bool for_handlers(const struct sk_buff *skb, const struct packet *pkt)
{
	switch (pkt->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return false;
	case IPPROTO_ICMPV6:
		return skb->data[pkt->thoff] != ICMPV6_ECHO_REQUEST &&
		       skb->data[pkt->thoff] != ICMPV6_ECHO_REPLY;
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_HOPOPTS:
		return true;
	case IPPROTO_FRAGMENT:
	default:
		return false;
	}
}

/* May be the nonce its session has next */
static noinline struct ilnp6_session *adopt(struct ilnp6_net *in,
					    const struct ipv6hdr *ip6,
					    const u8 *opt)
{
	struct ilnp6_nonce nonce = { .len = opt[3] };

	memcpy(nonce.val, opt + 4, nonce.len);
	return ilnp6_session_adopt(in, ip6, &nonce, false);
}

/**
 * bpf_ilnp6_ingress - take a packet with a nonce
 * @skb_ctx: packet at tc ingress whose first extension header is a
 *	destination options header with the nonce first
 *
 * With the right nonce of a session its L64s become the bound ones, the
 * option is cut off and the packet is marked for local delivery. All others
 * are left to the inet6 handlers, which judge and count them.
 *
 * Return: an enum ilnp6_verdict; -EAGAIN: pull and ask again.
 */
__bpf_kfunc int bpf_ilnp6_ingress(struct __sk_buff *skb_ctx)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct ilnp6_net *in = ilnp6_pernet(dev_net(skb->dev));
	const struct tcphdr *th;
	struct ilnp6_session *s;
	struct packet pkt;
	unsigned int need;
	const u8 *opt;
	int err;

	if (unlikely(!undecided(skb)))
		return ILNP6_V_PASS;
	err = parse(skb, &pkt);
	if (unlikely(err <= 0))
		return err;
	need = pkt.thoff + sizeof(*th);
	if (pkt.proto == IPPROTO_TCP) {
		if (unlikely(skb_headlen(skb) < need))
			return ILNP6_V_PASS;
		th = (const struct tcphdr *)(skb->data + pkt.thoff);
		if (unlikely(th->syn)) {
			need = pkt.thoff + TCP_HDR_MAX;
			if (!linear(skb, need))
				return -EAGAIN;
		}
	}
	if (unlikely(for_handlers(skb, &pkt))) {
		if (pkt.proto == IPPROTO_ICMPV6 &&
		    skb->data[pkt.thoff] == ILNP6_ICMPV6_LU)
			ilnp6_untracked(skb);
		return ILNP6_V_PASS;
	}
	if (unlikely(!writable(skb, min(need, skb_headlen(skb)))))
		return -EAGAIN;
	opt = (const u8 *)(pkt.ip6 + 1);
	s = ilnp6_session_find_rx(in, pkt.ip6, opt + 4, opt[3]);
	if (unlikely(!s))
		s = adopt(in, pkt.ip6, opt);
	return s ? map_in(in, skb, &pkt, s) : ILNP6_V_PASS;
}

/*
 * Policy "rfc": without nonce, but from an I-LV of the set (RFC 6741 section
 * 5.4), so it is the session's. Headers other than these always have one.
 */
static int take_plain(struct ilnp6_net *in, struct sk_buff *skb,
		      struct ilnp6_session *s)
{
	struct packet pkt = {
		.ip6 = ipv6_hdr(skb),
		.thoff = skb_network_offset(skb) + sizeof(*pkt.ip6),
		.proto = ipv6_hdr(skb)->nexthdr,
	};
	unsigned int need = pkt.thoff + sizeof(struct tcphdr);

	if (pkt.proto != IPPROTO_TCP && pkt.proto != IPPROTO_UDP)
		return ILNP6_V_PASS;
	if (!linear(skb, need) || !writable(skb, min(need, skb_headlen(skb))))
		return -EAGAIN;
	if (skb_headlen(skb) < pkt.thoff + sizeof(struct udphdr) ||
	    (pkt.proto == IPPROTO_TCP && skb_headlen(skb) < need))
		return ILNP6_V_PASS;
	ilnp6_count(in, ILNP6_STAT_RX_NO_NONCE);
	return map_in(in, skb, &pkt, s);
}

static noinline int plain(struct ilnp6_net *in, struct sk_buff *skb,
			  const struct ipv6hdr *ip6)
{
	struct ilnp6_session *s = NULL;

	if (!undecided(skb))
		return ILNP6_V_PASS;
	if (!ilnp6_input_plain(in, skb, ip6, &s))
		return ILNP6_V_DROP;
	return s ? take_plain(in, skb, s) : ILNP6_V_PASS;
}

/* A router's error about a packet of ours */
static noinline int router_error(struct ilnp6_net *in, struct sk_buff *skb)
{
	unsigned int off = skb_network_offset(skb) + sizeof(struct ipv6hdr);
	int ret;

	if (!linear(skb, off + ILNP6_ICMP_ERROR_LEN) ||
	    !writable(skb, min(off + ILNP6_ICMP_ERROR_LEN, skb_headlen(skb))))
		return -EAGAIN;
	if (skb_headlen(skb) < off + ILNP6_ICMP_ERROR_LEN || !undecided(skb))
		return ILNP6_V_PASS;
	__skb_pull(skb, off);
	skb_reset_transport_header(skb);
	ret = ilnp6_icmp_error(in, skb, off);
	__skb_push(skb, off);
	return ret > 0 ? ILNP6_V_PASS : ILNP6_V_DROP;
}

/**
 * bpf_ilnp6_plain - look at a packet without nonce
 * @skb_ctx: IPv6 packet at tc ingress
 *
 * Return: %ILNP6_V_DROP if it would reach a flow that is ILNP,
 * %ILNP6_V_SEND if it belongs to one without (policy "rfc"), else
 * %ILNP6_V_PASS; -EAGAIN: pull and ask again.
 */
__bpf_kfunc int bpf_ilnp6_plain(struct __sk_buff *skb_ctx)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct ilnp6_net *in = ilnp6_pernet(dev_net(skb->dev));
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);

	if (skb_headlen(skb) < skb_network_offset(skb) + sizeof(*ip6))
		return ILNP6_V_PASS;
	if (unlikely(ip6->nexthdr == IPPROTO_ICMPV6 && READ_ONCE(in->n_corrs) &&
		     skb_headlen(skb) > skb_network_offset(skb) +
					sizeof(*ip6) &&
		     icmpv6_is_err(*(u8 *)(ip6 + 1))))
		return router_error(in, skb);
	if (likely(ilnp6_corr_unlikely(in, ilnp6_addr(&ip6->saddr)->nid)))
		return ILNP6_V_PASS;
	return plain(in, skb, ip6);
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(ilnp6_kfunc_ids)
BTF_ID_FLAGS(func, bpf_ilnp6_egress)
BTF_ID_FLAGS(func, bpf_ilnp6_ingress)
BTF_ID_FLAGS(func, bpf_ilnp6_plain)
BTF_KFUNCS_END(ilnp6_kfunc_ids)

static const struct btf_kfunc_id_set ilnp6_kfunc_set = {
	.owner	= THIS_MODULE,
	.set	= &ilnp6_kfunc_ids,
};

int ilnp6_kfunc_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS,
					 &ilnp6_kfunc_set);
}
