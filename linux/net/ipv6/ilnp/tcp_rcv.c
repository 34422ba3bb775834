// SPDX-License-Identifier: GPL-2.0-only
/*
 * What TCP needs at the receiver of data that comes over several paths,
 * whatever congestion control either end uses.
 *
 * Timestamps: a segment over a slow path is older than one over a fast path
 * that came first; PAWS (RFC 7323 section 5) would drop it. It gets the
 * highest timestamp that its connection has shown.
 *
 * Acknowledgements: out of order they lose what they say, so all leave over
 * one path. The sender's timestamps, all of one clock, tell which path is
 * quickest.
 */
#include <linux/jhash.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/tcp.h>

#include "ilnp6.h"

#define SILENT		(60 * HZ / 1000 + 1)	/* then acknowledgements leave the path */
#define GAIN		2	/* ms by which another path has to be quicker */
#define DATA_KNOWN	(64 * 1024)	/* octets until shares mean something */
#define DATA_WINDOW	(2048 * 1024)	/* octets they are taken over */
#define SHARE_TAKE	9	/* the part of it that makes a path fit */
#define SHARE_KEEP	14
#define ACK_GAP		(NSEC_PER_MSEC / 2)
#define ISLAND_MAX	256		/* buffers looked at */
#define FORGET		(10 * HZ)	/* delays measured before */

#define TS_WORD		htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 | \
			      TCPOPT_TIMESTAMP << 8 | TCPOLEN_TIMESTAMP)

/* As Linux writes them: alone; else they are searched for */
static u8 *timestamp(struct tcphdr *th, unsigned int len)
{
	u8 *p = (u8 *)(th + 1), *end = (u8 *)th + len;

	if (likely(len >= sizeof(*th) + TCPOLEN_TSTAMP_ALIGNED &&
		   get_unaligned((__be32 *)p) == TS_WORD))
		return p + 4;
	while (p < end) {
		if (*p == TCPOPT_NOP) {
			p++;
			continue;
		}
		if (*p == TCPOPT_EOL || end - p < 2 || p[1] < 2 ||
		    p[1] > end - p)
			return NULL;
		if (*p == TCPOPT_TIMESTAMP)
			return p[1] == TCPOLEN_TIMESTAMP ? p + 2 : NULL;
		p += p[1];
	}
	return NULL;
}

static u32 hash(const struct ilnp6_net *in, __be64 local_nid,
		__be64 remote_nid, __be16 remote, __be16 local)
{
	return jhash_3words((__force u32)remote << 16 | (__force u32)local,
			    (u32)be64_to_cpu(local_nid),
			    (u32)be64_to_cpu(remote_nid), in->flow_seed);
}

static u32 hash_of_sock(const struct ilnp6_net *in, const struct sock *sk,
			__be64 local_nid, __be64 remote_nid)
{
	return hash(in, local_nid, remote_nid, inet_sk(sk)->inet_dport,
		    inet_sk(sk)->inet_sport);
}

static struct ilnp6_tcp_ts *slot(const struct ilnp6_net *in, u32 key)
{
	return &in->tcp_ts[key % ILNP6_TCP_TS];
}

/*
 * The highest timestamp of a connection. Whose slot is taken by another is
 * not helped until it has it again, so this is bounded.
 */
static u32 highest(struct ilnp6_net *in, u32 key, u32 ts)
{
	struct ilnp6_tcp_ts *e = slot(in, key);

	if (READ_ONCE(e->key) != key ||
	    time_after(jiffies, READ_ONCE(e->when) + 60 * HZ)) {
		WRITE_ONCE(e->acks, false);
		WRITE_ONCE(e->key, key);
		WRITE_ONCE(e->ts, ts);
	} else if ((s32)(ts - READ_ONCE(e->ts)) > 0) {
		WRITE_ONCE(e->ts, ts);
	}
	WRITE_ONCE(e->when, jiffies);
	return READ_ONCE(e->ts);
}

static struct ilnp6_path *path_of(struct ilnp6_paths *ps,
				  const struct ilnp6_path_stat *st)
{
	unsigned int i;

	for (i = 0; i < ps->n_up; i++)
		if (ps->p[i].stat == st)
			return &ps->p[i];
	return NULL;
}

/* The one chosen last, if it is up, else the first */
static struct ilnp6_path *ack_path(const struct ilnp6_session *s,
				   struct ilnp6_paths *ps)
{
	return path_of(ps, READ_ONCE(s->ack_stat)) ?: &ps->p[0];
}

static bool fresh(const struct ilnp6_session *s,
		  const struct ilnp6_path_stat *st)
{
	return !st->suspect && (s32)(s->tcp_when - st->data_when) <= SILENT;
}

/*
 * An ACK for each segment is a sixteenth of what they answer, in
 * octets. What brings too little of the data may not carry as much back.
 */
static bool carries(const struct ilnp6_session *s,
		    const struct ilnp6_path_stat *st, u32 share)
{
	return st->data >= s->tcp_data / share;
}

static void weigh(struct ilnp6_session *s, const struct ilnp6_paths *ps,
		  struct ilnp6_path_stat *st, u32 len)
{
	unsigned int i;

	st->data += len;
	s->tcp_data += len;
	if (s->tcp_data < DATA_WINDOW)
		return;
	s->tcp_data = 0;
	for (i = 0; i < ps->n; i++) {
		ps->p[i].stat->data /= 2;
		s->tcp_data += ps->p[i].stat->data;
	}
}

/* One connection at a time tells, as their clocks differ */
static void measure(struct ilnp6_session *s, struct ilnp6_paths *ps,
		    const struct ilnp6_path *p, u32 key, u32 ts, u32 len)
{
	struct ilnp6_path_stat *st = p->stat, *cur;
	u32 delay = (u32)div_u64(ktime_get_ns(), NSEC_PER_MSEC) - ts;
	u32 now = jiffies;

	if (s->tcp_key != key || now - s->tcp_begun > FORGET) {
		if (s->tcp_key != key && now - s->tcp_when < HZ)
			return;
		s->tcp_key = key;
		s->tcp_begun = now;
		s->tcp_epoch++;
	}
	s->tcp_when = now;
	if (st->delay_epoch != s->tcp_epoch ||
	    (s32)(delay - st->delay) < 0) {
		st->delay_epoch = s->tcp_epoch;
		st->delay = delay;
	}
	st->data_when = now;
	weigh(s, ps, st, len);
	cur = ack_path(s, ps)->stat;
	if (cur == st || st->suspect)
		return;
	if (!fresh(s, cur) ||
	    (s->tcp_data >= DATA_KNOWN && carries(s, st, SHARE_TAKE) &&
	     (!carries(s, cur, SHARE_KEEP) ||
	      (now - s->tcp_begun > HZ / 4 &&
	       cur->delay_epoch == s->tcp_epoch &&
	       (s32)(cur->delay - st->delay) >= GAIN)))) {
		WRITE_ONCE(s->ack_stat, st);
	}
}

/* The first of @n SACK blocks, behind a timestamp as Linux writes them */
static u8 *sacks(const struct tcphdr *th, unsigned int len, unsigned int *n)
{
	u8 *p = (u8 *)(th + 1) + TCPOLEN_TSTAMP_ALIGNED;
	unsigned int has = sizeof(*th) + TCPOLEN_TSTAMP_ALIGNED +
			   TCPOLEN_SACK_BASE_ALIGNED;

	if (len < has + TCPOLEN_SACK_PERBLOCK || p[2] != TCPOPT_SACK)
		return NULL;
	*n = min((len - has) / TCPOLEN_SACK_PERBLOCK,
		 (u32)p[3] / TCPOLEN_SACK_PERBLOCK);
	return *n ? p + 4 : NULL;
}

static struct tcp_sack_block block_at(const u8 *sack, unsigned int i)
{
	sack += i * TCPOLEN_SACK_PERBLOCK;
	return (struct tcp_sack_block) {
		.start_seq = get_unaligned_be32(sack),
		.end_seq = get_unaligned_be32(sack + 4),
	};
}

static bool within(struct tcp_sack_block a, struct tcp_sack_block b)
{
	return !before(a.start_seq, b.start_seq) && !after(a.end_seq, b.end_seq);
}

/* What came twice: below what is acknowledged, or within the second block */
static bool has_dsack(const struct tcphdr *th, unsigned int len)
{
	struct tcp_sack_block first;
	unsigned int n;
	const u8 *sack = sacks(th, len, &n);

	if (!sack)
		return false;
	first = block_at(sack, 0);
	return before(first.start_seq, ntohl(th->ack_seq)) ||
	       (n > 1 && within(first, block_at(sack, 1)));
}

static void put_word(struct sk_buff *skb, struct tcphdr *th, u8 *at,
		     __be32 word)
{
	inet_proto_csum_replace4(&th->check, skb, get_unaligned((__be32 *)at),
				 word, false);
	put_unaligned(word, (__be32 *)at);
}

static void put_block(struct sk_buff *skb, struct tcphdr *th, u8 *sack,
		      unsigned int i, struct tcp_sack_block b)
{
	sack += i * TCPOLEN_SACK_PERBLOCK;
	put_word(skb, th, sack, htonl(b.start_seq));
	put_word(skb, th, sack + 4, htonl(b.end_seq));
}

/*
 * A late ACK may have news in its SACK blocks, at which TCP looks without
 * asking the congestion control, to let RACK conclude that all slower paths'
 * segments are lost. It gets the acknowledgement that the connection has.
 */
static void raise_ack(struct sk_buff *skb, struct tcphdr *th, unsigned int len,
		      const struct ilnp6_tcp_ts *e)
{
	u32 una = READ_ONCE(e->una);
	__be16 wnd = READ_ONCE(e->wnd);
	struct tcp_sack_block first;
	unsigned int i = 0, n;
	u8 *sack = sacks(th, len, &n);

	if (!sack || !READ_ONCE(e->acks) || !before(ntohl(th->ack_seq), una))
		return;
	while (before(block_at(sack, i).start_seq, una))
		if (++i == n)
			return;
	/*
	 * One below it in the first place, or within the second, would be of
	 * what came twice
	 */
	if (i && !has_dsack(th, len)) {
		first = block_at(sack, 0);
		put_block(skb, th, sack, 0, block_at(sack, i));
		put_block(skb, th, sack, i, first);
	}
	if (ntohs(th->window) > ntohs(wnd)) {
		inet_proto_csum_replace2(&th->check, skb, th->window, wnd,
					 false);
		th->window = wnd;
	}
	put_word(skb, th, (u8 *)&th->ack_seq, htonl(una));
}

/**
 * ilnp6_tcp_acked - a connection of congestion control "ilnp" had an ACK
 * @sk: its socket, locked
 * @local_nid: of its session, network order
 * @remote_nid: network order
 *
 * Return: true if it was sent before another one that came already, as far as
 * is known.
 */
bool ilnp6_tcp_acked(const struct sock *sk, __be64 local_nid,
		     __be64 remote_nid)
{
	struct ilnp6_net *in = ilnp6_pernet(sock_net(sk));
	u32 key = hash_of_sock(in, sk, local_nid, remote_nid);
	struct ilnp6_tcp_ts *e = slot(in, key);
	const struct tcp_sock *tp = tcp_sk(sk);

	if (READ_ONCE(e->key) != key)
		return false;
	WRITE_ONCE(e->wnd, htons(min(tp->snd_wnd >> tp->rx_opt.snd_wscale,
				     (u32)U16_MAX)));
	WRITE_ONCE(e->una, tp->snd_una);
	WRITE_ONCE(e->acks, true);
	return READ_ONCE(e->late);
}

/**
 * ilnp6_tcp_rcv - a TCP segment came over one of several paths
 * @in: namespace; softirq, RCU held
 * @s: its session
 * @skb: the packet
 * @thoff: offset of the TCP header from skb->data
 * @p: the path
 *
 * May raise its timestamp and what it acknowledges. What is remembered is a
 * hint, so no lock.
 */
void ilnp6_tcp_rcv(struct ilnp6_net *in, struct ilnp6_session *s,
		   struct sk_buff *skb, unsigned int thoff,
		   const struct ilnp6_path *p)
{
	struct ilnp6_paths *ps = rcu_dereference(s->paths);
	struct tcphdr *th = (struct tcphdr *)(skb->data + thoff);
	struct ilnp6_tcp_ts *e;
	unsigned int len;
	u32 key, ts, max;
	u8 *opt;

	if (!ps || ps->n_up < 2 || p < ps->p || p >= ps->p + ps->n ||
	    skb_headlen(skb) < thoff + sizeof(*th) || !in->tcp_ts)
		return;
	len = __tcp_hdrlen(th);
	if (len < sizeof(*th) || th->rst || skb_headlen(skb) < thoff + len ||
	    (skb_cloned(skb) && !skb_clone_writable(skb, thoff + len)))
		return;
	opt = timestamp(th, len);
	if (!opt)
		return;
	key = hash(in, s->local_nid, s->corr->nid, th->source, th->dest);
	e = slot(in, key);
	ts = get_unaligned_be32(opt);
	if (th->syn) {
		WRITE_ONCE(e->acks, false);
		WRITE_ONCE(e->key, key);
		WRITE_ONCE(e->ts, ts);
		WRITE_ONCE(e->when, jiffies);
		WRITE_ONCE(e->syn, p->stat);
		return;
	}
	max = highest(in, key, ts);
	WRITE_ONCE(e->late, max != ts);
	if (skb->len > thoff + len) {
		measure(s, ps, p, key, ts, skb->len - thoff - len);
	} else {
		if (s->ack_from != p->stat) {
			s->ack_from = p->stat;
			WRITE_ONCE(s->ack_flips, s->ack_flips + 1);
		}
		raise_ack(skb, th, len, e);
	}
	if (likely(max == ts))
		return;
	put_word(skb, th, opt, htonl(max));
}

/**
 * ilnp6_tcp_synack_path - the path for a SYN-ACK
 * @in: namespace
 * @s: session
 * @ps: its paths
 * @th: the SYN-ACK's TCP header
 *
 * Return: the path that its SYN came over if it is up, else NULL.
 */
struct ilnp6_path *ilnp6_tcp_synack_path(const struct ilnp6_net *in,
					 const struct ilnp6_session *s,
					 struct ilnp6_paths *ps,
					 const struct tcphdr *th)
{
	u32 key = hash(in, s->local_nid, s->corr->nid, th->dest, th->source);
	const struct ilnp6_tcp_ts *e = slot(in, key);

	return READ_ONCE(e->key) == key ? path_of(ps, READ_ONCE(e->syn)) : NULL;
}

/* The run of segments without a hole that begins at @n; returns what follows */
static struct rb_node *island(struct rb_node *n, u32 *start, u32 *end)
{
	unsigned int left = ISLAND_MAX;

	*start = TCP_SKB_CB(rb_to_skb(n))->seq;
	*end = *start;
	for (; n && !after(TCP_SKB_CB(rb_to_skb(n))->seq, *end); n = rb_next(n)) {
		if (!left--)
			return ERR_PTR(-E2BIG);
		if (after(TCP_SKB_CB(rb_to_skb(n))->end_seq, *end))
			*end = TCP_SKB_CB(rb_to_skb(n))->end_seq;
	}
	return n;
}

static struct rb_node *first_from(const struct rb_root *root, u32 seq)
{
	struct rb_node *n = root->rb_node, *found = NULL;

	while (n) {
		if (before(TCP_SKB_CB(rb_to_skb(n))->seq, seq)) {
			n = n->rb_right;
		} else {
			found = n;
			n = n->rb_left;
		}
	}
	return found ?: rb_first(root);
}

/* Did one of the last ACKs tell of a run of segments, as it is now? */
static bool told(const struct ilnp6_tcp_ts *e, const struct tcp_sack_block *b)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(e->told); i++)
		if (e->told[i].start_seq == b->start_seq &&
		    e->told[i].end_seq == b->end_seq)
			return true;
	return false;
}

static void remember(struct ilnp6_tcp_ts *e, struct tcp_sack_block b)
{
	e->told[e->n_told++ % ARRAY_SIZE(e->told)] = b;
}

/*
 * The next one that was not told lately, of all. One that @first is a part of, as
 * it has grown since, would tell that @first came twice.
 */
static bool in_turn(const struct tcp_sock *tp, struct ilnp6_tcp_ts *e,
		    struct tcp_sack_block first, struct tcp_sack_block *b)
{
	const struct rb_root *root = &tp->out_of_order_queue;
	struct rb_node *n = first_from(root, e->turn);
	unsigned int looks = 3;

	while (n && looks--) {
		n = island(n, &b->start_seq, &b->end_seq) ?: rb_first(root);
		if (IS_ERR(n))
			return false;
		e->turn = b->end_seq;
		if (!told(e, b) && !within(first, *b))
			return true;
	}
	return false;
}

/*
 * The stack remembers four runs of segments, those that grew last, and tells of
 * three. Over several paths there are more, and a sender that does not hear of
 * one takes it for lost. So after the first block come those that will be
 * forgotten next, and if they were told of, all others in turn.
 */
static void tell(struct sk_buff *skb, struct tcphdr *th,
		 const struct tcp_sock *tp, struct ilnp6_tcp_ts *e)
{
	struct tcp_sack_block first, b;
	unsigned int i, n, left;
	u8 *sack = sacks(th, __tcp_hdrlen(th), &n);

	if (!sack)
		return;
	first = block_at(sack, 0);
	remember(e, first);
	left = tp->rx_opt.num_sacks;
	for (i = 1; i < n; i++) {
		while (left > 1 && told(e, &tp->selective_acks[left - 1]))
			left--;
		if (left > 1)
			b = tp->selective_acks[--left];
		else if (!in_turn(tp, e, first, &b))
			break;
		remember(e, b);
		put_block(skb, th, sack, i, b);
	}
}

/* May the stack forget a run that nobody was told of? */
static bool urgent(const struct tcp_sock *tp, const struct ilnp6_tcp_ts *e)
{
	return tp->rx_opt.num_sacks == ARRAY_SIZE(tp->selective_acks) &&
	       !told(e, &tp->selective_acks[tp->rx_opt.num_sacks - 1]);
}

/*
 * If an ACK left for each segment, as it comes out of order, they would cost
 * as much as the data, and a queue for as much data as the path brings could
 * not take them. So there is one in each ACK_GAP, and what may be forgotten at
 * once; the rest waits for the stack's own timer.
 *
 * While that runs the stack asks only before it adds another run to those that
 * it remembers, and not again when it has: the timer has to run on.
 */
static bool hold(struct sock *sk, struct ilnp6_tcp_ts *e, u32 key)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct hrtimer *timer = &tp->compressed_ack_timer;
	u64 now = tcp_clock_ns();
	s64 wait = e->ack_sent + ACK_GAP - now;
	bool later = wait > 0 && !urgent(tp, e);

	tp->dup_ack_counter = TCP_FASTRETRANS_THRESH - 1;
	if ((wait > 0 || e->waits) && READ_ONCE(e->key) == key &&
	    sk->sk_state == TCP_ESTABLISHED &&
	    !hrtimer_callback_running(timer)) {
		if (!hrtimer_is_queued(timer)) {
			sock_hold(sk);
			hrtimer_start(timer,
				      ns_to_ktime(later ? wait : ACK_GAP),
				      HRTIMER_MODE_REL_PINNED_SOFT);
		}
		if (!tp->compressed_ack)
			tp->compressed_ack = 1;
		tp->dup_ack_counter = TCP_FASTRETRANS_THRESH;
		e->waits = true;
		if (later)
			return true;
	} else {
		e->waits = false;
	}
	e->ack_sent = now;
	return false;
}

/**
 * ilnp6_tcp_ack_path - the path for an ACK
 * @in: namespace
 * @s: session
 * @ps: its paths
 * @sk: the socket, locked
 * @skb: the ACK, at LOCAL_OUT
 *
 * Return: a path that is up, or -EBUSY: it is dropped, another one follows.
 */
struct ilnp6_path *ilnp6_tcp_ack_path(struct ilnp6_net *in,
				      struct ilnp6_session *s,
				      struct ilnp6_paths *ps, struct sock *sk,
				      struct sk_buff *skb)
{
	u32 key = hash_of_sock(in, sk, s->local_nid, s->corr->nid);
	struct ilnp6_tcp_ts *e = slot(in, key);
	struct tcphdr *th = tcp_hdr(skb);

	if (!th->rst && ntohl(th->seq) == tcp_sk(sk)->snd_nxt &&
	    !has_dsack(th, __tcp_hdrlen(th))) {
		if (hold(sk, e, key))
			return ERR_PTR(-EBUSY);
		tell(skb, th, tcp_sk(sk), e);
	}
	return ack_path(s, ps);
}

static struct sk_buff *bare_ack(const struct sk_buff *skb)
{
	unsigned int thoff = skb_transport_offset(skb), len = tcp_hdrlen(skb);
	struct dst_entry *dst = skb_dst(skb);
	struct sk_buff *ack;
	struct tcphdr *th;

	if (skb_headlen(skb) < thoff + len ||
	    skb->ip_summed != CHECKSUM_PARTIAL)
		return NULL;
	ack = alloc_skb(LL_RESERVED_SPACE(dst->dev) + thoff + len, GFP_ATOMIC);
	if (!ack)
		return NULL;
	skb_reserve(ack, LL_RESERVED_SPACE(dst->dev));
	skb_reset_network_header(ack);
	skb_put_data(ack, skb->data, thoff + len);
	skb_set_transport_header(ack, thoff);
	ipv6_hdr(ack)->payload_len = htons(thoff + len - sizeof(struct ipv6hdr));
	th = tcp_hdr(ack);
	th->seq = htonl(tcp_sk(skb->sk)->snd_nxt);
	th->psh = 0;
	th->fin = 0;
	/* The sum of the pseudo-header, which has the length in it */
	th->check = csum16_add(csum16_sub((__force __sum16)th->check,
					  htons(skb->len - thoff)),
			       htons(len));
	ack->ip_summed = CHECKSUM_PARTIAL;
	ack->csum_start = skb_transport_header(ack) - ack->head;
	ack->csum_offset = offsetof(struct tcphdr, check);
	ack->protocol = htons(ETH_P_IPV6);
	ack->priority = skb->priority;
	ack->mark = skb->mark;
	nf_copy(ack, skb);
	return ack;
}

/* Its header was made writable for the nonce, and its sum is left to do */
static void blank_sack(struct sk_buff *skb)
{
	struct tcphdr *th = tcp_hdr(skb);
	unsigned int n;
	u8 *sack = sacks(th, __tcp_hdrlen(th), &n);

	if (sack)
		memset(sack - 2, TCPOPT_NOP, sack[-1]);
}

/**
 * ilnp6_tcp_ack_beside - data leaves over another path than acknowledgements
 * @in: namespace
 * @s: its session
 * @ps: the session's paths
 * @p: the path of the data
 * @skb: the data, at LOCAL_OUT with our option in it, socket locked
 * @told: what was acknowledged last, of the connection
 *
 * What it acknowledges would come late and out of order; so that goes over
 * the path for acknowledgements as well, alone, if it is news. What came twice
 * (DSACK) is told so only: with the data it would be told by each segment that
 * is made of @skb, and counted as often.
 */
void ilnp6_tcp_ack_beside(struct ilnp6_net *in, struct ilnp6_session *s,
			  struct ilnp6_paths *ps, const struct ilnp6_path *p,
			  struct sk_buff *skb, u32 *told)
{
	const struct tcp_sock *tp = tcp_sk(skb->sk);
	bool twice = has_dsack(tcp_hdr(skb), tcp_hdrlen(skb));
	struct ilnp6_path *best = ack_path(s, ps);
	struct dst_entry *dst = best->dst;
	u32 key, news = tp->rcv_nxt;
	struct ilnp6_tcp_ts *e;
	struct sk_buff *ack;

	if (tp->rx_opt.num_sacks)
		news += tp->selective_acks[0].end_seq;
	if (*told == news && !twice)
		return;
	if (p == best && !twice) {
		*told = news;
		return;
	}
	if (!dst || READ_ONCE(dst->obsolete) > 0)
		return;
	key = hash_of_sock(in, skb->sk, s->local_nid, s->corr->nid);
	e = slot(in, key);
	if (!twice && hold(skb->sk, e, key))
		return;
	*told = news;
	ack = bare_ack(skb);
	if (!ack)
		return;
	if (twice)
		blank_sack(skb);
	else
		tell(ack, tcp_hdr(ack), tp, e);
	*ilnp6_turn(ack) = (struct ilnp6_turn) {
		.magic = ILNP6_TURN_MAGIC,
		.index = best - ps->p,
		.set = ps->id,
	};
	dst_hold(dst);
	skb_dst_set(ack, dst);
	ack->dev = dst->dev;
	dst_output(in->net, NULL, ack);
}

/**
 * ilnp6_tcp_net_enable - memory for timestamps, once a namespace is in use
 * @in: namespace, its mutex held
 *
 * Return: 0 or -ENOMEM.
 */
int ilnp6_tcp_net_enable(struct ilnp6_net *in)
{
	if (!in->tcp_ts)
		in->tcp_ts = kvcalloc(ILNP6_TCP_TS, sizeof(*in->tcp_ts),
				      GFP_KERNEL_ACCOUNT);
	return in->tcp_ts ? 0 : -ENOMEM;
}
