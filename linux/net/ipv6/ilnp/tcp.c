// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control "ilnp": one TCP connection over all paths of its
 * session. Each path has its window, round trip time and losses; TCP's window
 * is their sum. See Documentation/networking/ilnp-tcp.rst.
 *
 * TCP keeps one sequence space. Which path a segment went over is remembered
 * here (tcp_rec.c); what was delivered is read from the ACK
 * (snd_una, SACK), so that nothing on the wire is ours. What TCP itself would
 * conclude from reordering (RACK, undo, F-RTO) is switched off per socket.
 *
 * Everything runs under the socket's lock: LOCAL_OUT below
 * tcp_transmit_skb(), the callbacks in tcp_ack(). A connection without a
 * choice of paths, or of a peer without SACK, is plain cubic.
 */
#include <linux/bpf.h>
#include <linux/module.h>
#include <net/tcp.h>

#include "ilnp6.h"
#include "tcp.h"

/* The single path's algorithm: cubic, or what the kernel has always */
static const struct tcp_congestion_ops *base_ops;
static struct tcp_congestion_ops single_ops;
static struct tcp_congestion_ops multi_ops;
static struct tcp_congestion_ops ilnp6_tcp_ops;

#define JOIN_TIME	(500 * 1000)	/* us since the first data */
#define JOIN_BACKLOG	16		/* segments that wait */
#define TURN_TIME	1000		/* us of the path's rate sent in a row */
#define TURN_MIN	2U
#define TURN_MAX	44
#define PRESENT		20000		/* us for which a queue is as it was */
#define POOR_TIMES	4		/* slower than the best, and */
#define FAR_TIMES	8		/* slower, in the first second */
#define POOR_SHARE	32		/* less than this part of the sum */

static struct ilnp6_tcp *of(const struct sock *sk)
{
	return *(struct ilnp6_tcp **)inet_csk_ca(sk);
}

/* --- life ---------------------------------------------------------------- */

/*
 * A socket that may use us holds the module until its connection begins. From
 * then on it is listed instead (tcp_sock.c), until cc_release().
 */
static void cc_init(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (likely(ilnp6_tcp_sock_set(sk, NULL))) {
		icsk->icsk_ca_ops = &single_ops;
	} else {
		__module_get(base_ops->owner);
		icsk->icsk_ca_ops = base_ops;
	}
	if (base_ops->init)
		base_ops->init(sk);
	module_put(THIS_MODULE);
}

/* As before cc_init(): the socket may begin another connection */
static void back(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	ilnp6_tcp_sock_del(sk);
	if (likely(try_module_get(THIS_MODULE))) {
		icsk->icsk_ca_ops = &ilnp6_tcp_ops;
	} else {
		__module_get(base_ops->owner);
		icsk->icsk_ca_ops = base_ops;
	}
}

static void cc_single_release(struct sock *sk)
{
	if (base_ops->release)
		base_ops->release(sk);
	back(sk);
}

static void forget(struct sock *sk, struct ilnp6_tcp *mp)
{
	unsigned int i;

	sk->sk_gso_max_segs = mp->gso_segs;
	for (i = 0; i < mp->n; i++)
		ilnp6_path_stat_put(mp->p[i].stat);
	ilnp6_tcp_rec_free(mp);
	kfree(mp);
}

static void cc_release(struct sock *sk)
{
	struct ilnp6_tcp *mp = of(sk);

	back(sk);
	forget(sk, mp);
}

/* The module leaves, the connection stays */
static void leave(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	bool multi = icsk->icsk_ca_ops == &multi_ops;

	if (!ilnp6_tcp_sock_del(sk))
		return;
	__module_get(base_ops->owner);
	icsk->icsk_ca_ops = base_ops;
	if (!multi)
		return;
	forget(sk, of(sk));
	memset(icsk->icsk_ca_priv, 0, sizeof(icsk->icsk_ca_priv));
	if (base_ops->init)
		base_ops->init(sk);
	/* What several paths carried is no window for one */
	tcp_snd_cwnd_set(tp, min_t(u32, tcp_snd_cwnd(tp), TCP_INIT_CWND));
}

/* --- which paths --------------------------------------------------------- */

static struct ilnp6_tcp_path *find(struct ilnp6_tcp *mp,
				   const struct ilnp6_path *p)
{
	unsigned int i;

	for (i = 0; i < mp->n; i++)
		if (mp->p[i].local_l64 == p->local_l64 &&
		    mp->p[i].remote_l64 == p->remote_l64)
			return &mp->p[i];
	return NULL;
}

/* Pairs that share no L64 first, then those with one nobody has yet */
static bool adds(const struct ilnp6_tcp *mp, const struct ilnp6_path *p,
		 bool both)
{
	bool local = true, remote = true;
	unsigned int i;

	for (i = 0; i < mp->n; i++) {
		if (!mp->p[i].up)
			continue;
		local &= mp->p[i].local_l64 != p->local_l64;
		remote &= mp->p[i].remote_l64 != p->remote_l64;
	}
	return both ? local && remote : local || remote;
}

static void add(struct ilnp6_tcp *mp, const struct ilnp6_path *p,
		unsigned int idx)
{
	struct ilnp6_tcp_path *q = find(mp, p);
	unsigned int i;

	for (i = 0; !q && i < mp->n; i++)
		if (!mp->p[i].up && !mp->p[i].inflight)
			q = &mp->p[i];
	if (!q) {
		if (mp->n == ILNP6_TCP_PATHS)
			return;
		q = &mp->p[mp->n++];
	}
	if (q->local_l64 != p->local_l64 || q->remote_l64 != p->remote_l64)
		ilnp6_tcp_couple_new(mp, q);
	ilnp6_tcp_path_set(q, p);
	q->idx = idx;
	q->up = true;
}

/* The session has another set of paths than at the last look */
static void remap(struct ilnp6_tcp *mp, const struct ipv6hdr *ip6,
		  const struct ilnp6_paths *ps)
{
	const struct ilnp6_path *own;
	unsigned int i, round;

	mp->set = ps->id;
	for (i = 0; i < mp->n; i++)
		mp->p[i].up = false;
	/* The pair it was opened over works */
	own = ilnp6_path_find(ps, ilnp6_addr(&ip6->saddr)->l64,
			      ilnp6_addr(&ip6->daddr)->l64);
	if (own && own - ps->p < ps->n_up)
		add(mp, own, own - ps->p);
	for (round = 0; round < 2; round++)
		for (i = 0; i < ps->n_up; i++)
			if (adds(mp, &ps->p[i], !round))
				add(mp, &ps->p[i], i);
	if (!mp->primary || !mp->primary->up) {
		for (i = 0; i < mp->n; i++)
			if (mp->p[i].up)
				break;
		mp->primary = i < mp->n ? &mp->p[i] : NULL;
		if (mp->primary)
			mp->primary->joined = true;
	}
}

/* Those that chose nothing else themselves, nor by their route, if told so */
static bool willing(const struct ilnp6_net *in, const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct dst_entry *dst = __sk_dst_get(sk);

	if (icsk->icsk_ca_ops == &single_ops)
		return true;
	return READ_ONCE(in->cfg.tcp) && !icsk->icsk_ca_setsockopt &&
	       icsk->icsk_ca_ops->owner != BPF_MODULE_OWNER &&
	       !(icsk->icsk_ca_ops->flags & TCP_CONG_NEEDS_ECN) &&
	       !(dst && dst_metric(dst, RTAX_CC_ALGO));
}

/*
 * From here on each segment has its path. What is in flight already went over
 * the pair that the sockets see, as far as we know.
 */
static struct ilnp6_tcp *begin(struct ilnp6_net *in, struct ilnp6_session *s,
			       const struct ilnp6_paths *ps, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct ilnp6_tcp *mp;

	if (!tcp_is_sack(tp))
		return NULL;
	mp = kzalloc(sizeof(*mp), GFP_ATOMIC | __GFP_NOWARN);
	if (!mp)
		return NULL;
	if (!ilnp6_tcp_sock_set(sk, mp)) {
		kfree(mp);
		return NULL;
	}
	mp->local_nid = s->local_nid;
	mp->remote_nid = s->corr->nid;
	mp->nxt = tp->snd_una;
	mp->started = (u32)tp->tcp_mstamp;
	mp->born = jiffies;
	mp->dsacks = tp->dsack_dups;
	mp->gso_segs = sk->sk_gso_max_segs;
	remap(mp, ipv6_hdr(skb), ps);
	if (tp->packets_out && mp->primary) {
		mp->primary->cwnd = tcp_snd_cwnd(tp);
		mp->primary->ssthresh = tp->snd_ssthresh;
		ilnp6_tcp_rec_sent(mp, mp->primary, tp->snd_una,
				   tp->snd_nxt - tp->snd_una,
				   tp->mss_cache, mp->started);
	}
	mp->nxt = tp->snd_nxt;
	if (icsk->icsk_ca_ops == &single_ops) {
		if (base_ops->release)
			base_ops->release(sk);
	} else {
		if (icsk->icsk_ca_ops->release)
			icsk->icsk_ca_ops->release(sk);
		module_put(icsk->icsk_ca_ops->owner);
	}
	icsk->icsk_ca_ops = &multi_ops;
	cmpxchg(&sk->sk_pacing_status, SK_PACING_NONE, SK_PACING_NEEDED);
	memset(icsk->icsk_ca_priv, 0, sizeof(icsk->icsk_ca_priv));
	*(struct ilnp6_tcp **)inet_csk_ca(sk) = mp;
	ilnp6_live_measure(in, s);
	return mp;
}

/* --- how much ------------------------------------------------------------ */

/* Segments that TCP has not sent yet */
static u32 backlog(const struct tcp_sock *tp)
{
	return (tp->write_seq - tp->snd_nxt) / max_t(u32, tp->mss_cache, 1);
}

/* Does all that there is fit a first window? */
static bool brief(const struct tcp_sock *tp)
{
	return tp->write_seq - tp->snd_una <= TCP_INIT_CWND * tp->mss_cache;
}

/* As a probe found it, not long before this connection; us */
static u32 probed(const struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p)
{
	if (time_before(READ_ONCE(p->stat->rtt_when), mp->born - HZ))
		return 0;
	return READ_ONCE(p->stat->rtt_us);
}

/* As another connection found it lately; us */
static u32 present(const struct ilnp6_tcp_path *p)
{
	if (time_before(READ_ONCE(p->stat->tcp_rtt_when),
			jiffies - usecs_to_jiffies(PRESENT)))
		return 0;
	return READ_ONCE(p->stat->tcp_rtt_us);
}

/* us; 0: nothing is known */
static u32 rtt_of(const struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p)
{
	u32 age = (u32)jiffies - p->rtt_when, rtt = 0;

	if (mp->brief && (!p->srtt || age > usecs_to_jiffies(PRESENT / 4)))
		rtt = present(p);
	return rtt ?: p->srtt >> 3 ?: probed(mp, p);
}

static u32 base_rtt_of(const struct ilnp6_tcp *mp,
		       const struct ilnp6_tcp_path *p)
{
	return p->min_rtt ?: probed(mp, p);
}

/* Segments a second, not 0 */
static u32 rate_of(const struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p)
{
	return div_u64((u64)p->cwnd * USEC_PER_SEC,
		       max(rtt_of(mp, p), 1U)) ?: 1;
}

/**
 * ilnp6_tcp_alive - may data go over a path?
 * @mp: a connection
 * @p: one of its paths
 *
 * Return: true if data may, or a probe did, and nothing has gone silent since.
 */
bool ilnp6_tcp_alive(const struct ilnp6_tcp *mp,
		     const struct ilnp6_tcp_path *p)
{
	return p->up && !p->dead && (p->joined || probed(mp, p));
}

/*
 * us until what waits has left over a path and arrived. In slow start its
 * rate doubles with each round trip.
 */
static u64 drain(const struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p,
		 u32 n)
{
	u32 rtt = rtt_of(mp, p);
	u64 t = div_u64((u64)n * USEC_PER_SEC, rate_of(mp, p));

	if (p->cwnd < p->ssthresh)
		t = min(t, (u64)rtt * ilog2(n / p->cwnd + 1));
	return rtt + t;
}

/*
 * Marks the paths worth using: not those over which data would arrive after
 * all that waits has left over the fastest one, nor those that would carry
 * next to nothing, late.
 */
static void judge(struct ilnp6_tcp *mp, const struct tcp_sock *tp)
{
	bool young = (u32)tp->tcp_mstamp - mp->started < USEC_PER_SEC;
	struct ilnp6_tcp_path *p, *fast = NULL;
	u64 sum = 0, end;
	unsigned int i;

	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		p->usable = ilnp6_tcp_alive(mp, p);
		mp->ask |= p->up && !rtt_of(mp, p);
		if (!p->usable || !rtt_of(mp, p))
			continue;
		sum += rate_of(mp, p);
		if (!fast || drain(mp, p, backlog(tp)) < drain(mp, fast, backlog(tp)))
			fast = p;
	}
	if (!fast)
		return;
	end = drain(mp, fast, backlog(tp));
	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (!p->usable || p == fast || !rtt_of(mp, p))
			continue;
		if (rtt_of(mp, p) > end)
			p->usable = false;
		else if (base_rtt_of(mp, p) / POOR_TIMES > base_rtt_of(mp, fast) &&
			 (u64)rate_of(mp, p) * POOR_SHARE < sum)
			p->usable = false;
		else if (base_rtt_of(mp, p) / FAR_TIMES > base_rtt_of(mp, fast) &&
			 young)
			p->usable = false;
	}
}

/* If the peer answers no probes, data has to find out which paths work */
static void join(struct ilnp6_tcp *mp, const struct tcp_sock *tp)
{
	unsigned int i;

	if (mp->answers || backlog(tp) < JOIN_BACKLOG)
		return;
	if ((u32)tp->tcp_mstamp - mp->started < JOIN_TIME)
		return;
	for (i = 0; i < mp->n; i++)
		mp->p[i].joined = true;
}

/*
 * Room in a path's window. Too little is none: each run of segments over one
 * path is an island at the receiver until the others have caught up, and an
 * ACK tells of three only.
 */
static u32 room_of(const struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p)
{
	u32 cwnd = p->cwnd, room;

	/* Not heard of yet */
	if (!rtt_of(mp, p))
		cwnd = min(cwnd, ILNP6_TCP_CWND_MIN);
	room = cwnd > p->inflight ? cwnd - p->inflight : 0;
	return room < min3(max(cwnd / 32, TURN_MIN), cwnd / 8, p->burst) ?
	       0 : room;
}

/*
 * Octets a second: somewhat more than the windows allow, so that what they
 * open at once does not leave at once.
 */
static u64 pace(const struct tcp_sock *tp, u64 rate, bool slow_start)
{
	rate *= tp->mss_cache;
	return slow_start ? rate * 2 : rate + rate / 4;
}

/* TCP's window: what is in flight, and the room on the usable paths */
static void gate(struct sock *sk, struct ilnp6_tcp *mp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool unpaced = false, slow_start = false;
	u32 room = 0, turn = TURN_MIN, n = 0;
	struct ilnp6_tcp_path *p;
	unsigned int i;
	u64 rate = 0;

	mp->brief = brief(tp);
	join(mp, tp);
	judge(mp, tp);
	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		ilnp6_tcp_idle(p, (u32)tp->tcp_mstamp);
		if (!p->usable)
			continue;
		room += room_of(mp, p);
		slow_start |= p->cwnd < p->ssthresh;
		unpaced |= p->others > 0;
		if (rtt_of(mp, p)) {
			rate += rate_of(mp, p);
			n++;
		} else {
			unpaced = true;
		}
	}
	/* What a first window holds need not be spread, as TCP does not */
	if (tp->write_seq == tp->snd_una && room <= 2 * n * TCP_INIT_CWND)
		unpaced = true;
	if (unlikely(mp->no_mem))
		room = min(room, mp->size - (mp->last - mp->first));
	if (n)
		turn = clamp_t(u64, div_u64(rate * TURN_TIME, n * USEC_PER_SEC),
			       TURN_MIN, TURN_MAX);
	mp->turn = turn;
	if (sk->sk_gso_max_segs != 1)
		sk->sk_gso_max_segs = turn;
	tcp_snd_cwnd_set(tp, clamp_t(u32, tcp_packets_in_flight(tp) + room, 1,
				     tp->snd_cwnd_clamp));
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	sk->sk_pacing_rate = min_t(u64, READ_ONCE(sk->sk_max_pacing_rate),
				   unpaced ? ~0ULL : pace(tp, rate, slow_start));
}

/* --- sending ------------------------------------------------------------- */

/* The quickest with room; else the one least over its window */
static struct ilnp6_tcp_path *pick(struct ilnp6_tcp *mp,
				   const struct tcp_sock *tp,
				   const struct ilnp6_tcp_path *not)
{
	struct ilnp6_tcp_path *p, *best = NULL, *any = NULL;
	u32 delay, ahead, least = ~0U, now = (u32)tp->tcp_mstamp;
	s32 over, most = S32_MIN;
	u32 quick = U32_MAX;
	unsigned int i;

	/* All may wait for what is sent again */
	if (not && not->usable && ilnp6_tcp_alive(mp, not))
		quick = rtt_of(mp, not) ?: U32_MAX;
	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (!p->usable || !ilnp6_tcp_alive(mp, p) ||
		    (not && (!p->delivered || p->backoff)) ||
		    rtt_of(mp, p) / POOR_TIMES > quick)
			continue;
		over = p->cwnd - p->inflight;
		if (over > most && rtt_of(mp, p)) {
			most = over;
			any = p;
		}
		if (!room_of(mp, p))
			continue;
		delay = rtt_of(mp, p) ?: U32_MAX - 1;
		/* What it has is on its way out yet */
		ahead = p->next - now;
		if (ahead && ahead < USEC_PER_SEC && rtt_of(mp, p))
			delay += mp->brief ? ahead : ahead + USEC_PER_SEC;
		/* What is sent again goes elsewhere if it can */
		if (p == not)
			delay = U32_MAX - 1;
		if (delay < least) {
			least = delay;
			best = p;
		}
	}
	return best ?: any;
}

static void occupy(const struct ilnp6_tcp *mp, struct ilnp6_tcp_path *p,
		   u32 segs, u32 now)
{
	if (p->next - now >= USEC_PER_SEC)	/* long ago, or never */
		p->next = now;
	p->next += segs * rtt_of(mp, p) / p->cwnd;
}

/* New data: stay for a run, and while there is room */
static struct ilnp6_tcp_path *next(struct ilnp6_tcp *mp,
				   const struct tcp_sock *tp, u32 segs)
{
	struct ilnp6_tcp_path *p = mp->cur;

	if (!p || !p->usable || !ilnp6_tcp_alive(mp, p) || !mp->left ||
	    p->inflight + segs > (rtt_of(mp, p) ? p->cwnd : ILNP6_TCP_CWND_MIN)) {
		p = pick(mp, tp, NULL);
		mp->cur = p;
		mp->left = !p ? 0 : mp->brief ? TURN_MIN : p->burst;
	}
	mp->left -= min(mp->left, segs);
	return p;
}

/* ACKs come over another path: all round trip times are others */
static void flipped(struct ilnp6_tcp *mp, const struct ilnp6_session *s)
{
	unsigned int i;

	mp->flips = READ_ONCE(s->ack_flips);
	for (i = 0; i < mp->n; i++) {
		mp->p[i].min_rtt = 0;
		mp->p[i].low_n = 0;
	}
}

/*
 * None is known to work: the primary, or the one that did longest, and last.
 * Those never heard of have their turn too, for each connection another first.
 */
static struct ilnp6_tcp_path *last_resort(struct ilnp6_tcp *mp)
{
	struct ilnp6_tcp_path *p, *best = mp->primary;
	u32 first = get_random_u32();
	unsigned int i;

	for (i = 0; i < mp->n; i++) {
		p = &mp->p[(first + i) % mp->n];
		if (p->up && (!best || !best->up ||
			      p->backoff < best->backoff ||
			      (p->backoff == best->backoff &&
			       p->delivered > best->delivered)))
			best = p;
	}
	return best;
}

/**
 * ilnp6_tcp_choose - the path for a segment of a connection of ours
 * @in: namespace
 * @s: its session
 * @ps: the session's paths, one at least is up
 * @skb: the packet, the nonce option is in it; LOCAL_OUT, socket locked
 *
 * Return: a path, NULL if it is the session's scheduler's business, or -EBUSY
 * if the packet is to be dropped.
 */
struct ilnp6_path *ilnp6_tcp_choose(struct ilnp6_net *in,
				    struct ilnp6_session *s,
				    struct ilnp6_paths *ps,
				    struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct sock *sk = ilnp6_tcp_sk(skb);
	struct ilnp6_tcp_path *p, *was;
	struct ilnp6_tcp *mp;
	u32 seq, len, mss, now;
	unsigned int i;

	/* No TCP socket: what a raw one calls TCP, or a request's SYN-ACK */
	if (!sk && (!skb->sk || sk_fullsock(skb->sk)))
		return NULL;
	if (unlikely(th->syn))
		return th->ack ? ilnp6_tcp_synack_path(in, s, ps, th) : NULL;
	if (!sk)
		return NULL;
	len = skb->len - skb_transport_offset(skb) - __tcp_hdrlen(th);
	if (!len && !th->fin)
		return ps->n_up > 1 ? ilnp6_tcp_ack_path(in, s, ps, sk, skb) :
				      NULL;
	if (inet_csk(sk)->icsk_ca_ops == &multi_ops)
		mp = of(sk);
	else if (willing(in, sk))
		mp = begin(in, s, ps, skb);
	else
		return NULL;
	if (!mp)
		return ps->p;	/* all over one */
	if (unlikely(mp->set != ps->id))
		remap(mp, ipv6_hdr(skb), ps);
	if (unlikely(mp->flips != READ_ONCE(s->ack_flips)))
		flipped(mp, s);
	mp->answers = s->answers;
	if (unlikely(mp->ask))
		ilnp6_live_measure(in, s);
	now = (u32)tcp_sk(sk)->tcp_mstamp;
	mp->brief = brief(tcp_sk(sk));
	len += th->fin;
	seq = ntohl(th->seq);
	mss = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : len;
	if (mp->first == mp->last)
		for (i = 0; i < mp->n; i++)
			ilnp6_tcp_idle(&mp->p[i], now);
	was = before(seq, mp->nxt) ? ilnp6_tcp_rec_path(mp, seq) : NULL;
	p = was ? pick(mp, tcp_sk(sk), was) :
		  next(mp, tcp_sk(sk), DIV_ROUND_UP(len, mss));
	if (!p)
		p = last_resort(mp);
	if (!p || p->idx >= ps->n_up)
		return NULL;
	/* What is delivered proves the path, as an answer to a probe does */
	if (p->told != p->delivered) {
		p->told = p->delivered;
		if (READ_ONCE(p->stat->probe_lost))
			WRITE_ONCE(p->stat->probe_lost, 0);
	}
	ilnp6_tcp_rec_sent(mp, p, seq, len, mss, now);
	occupy(mp, p, DIV_ROUND_UP(len, mss), now);
	if (ps->n_up > 1)
		ilnp6_tcp_ack_beside(in, s, ps, &ps->p[p->idx], skb,
				     &mp->told);
	return &ps->p[p->idx];
}

/* --- acknowledgements ---------------------------------------------------- */

static void cc_pkts_acked(struct sock *sk, const struct ack_sample *sample)
{
	struct ilnp6_tcp *mp = of(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct inet_connection_sock *icsk = inet_csk(sk);
	u32 rto;

	if (unlikely(!mp))
		return;
	ilnp6_tcp_rec_ack(sk, mp, ilnp6_tcp_acked(sk, mp->local_nid,
						  mp->remote_nid));
	/* Neither judges reordering between paths, nor takes losses back */
	tp->rack.advanced = 0;
	tp->undo_marker = 0;
	tp->frto = 0;
	rto = ilnp6_tcp_rec_rto(tp, mp);
	if (rto)
		icsk->icsk_rto = min_t(unsigned long, usecs_to_jiffies(rto),
				       TCP_RTO_MAX);
}

/* Congestion somewhere, once per round trip; which path had it is not said */
static void cc_in_ack_event(struct sock *sk, u32 flags)
{
	struct ilnp6_tcp *mp = of(sk);
	struct ilnp6_tcp_path *p;
	unsigned int i;

	if (likely(!mp || !(flags & CA_ACK_ECE)))
		return;
	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (p->inflight && (s32)(p->acked - p->cut) >= 0)
			ilnp6_tcp_win_cut(p);
	}
}

static void compat_cong_control(cc_cong_control)
{
	struct ilnp6_tcp *mp = of(sk);

	if (likely(mp))
		gate(sk, mp);
}

static u32 cc_ssthresh(struct sock *sk)
{
	return tcp_sk(sk)->snd_ssthresh;
}

static u32 cc_undo_cwnd(struct sock *sk)
{
	return tcp_snd_cwnd(tcp_sk(sk));
}

static void cc_set_state(struct sock *sk, u8 state)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct ilnp6_tcp *mp = of(sk);

	if (!mp || state != TCP_CA_Loss)
		return;
	ilnp6_tcp_rec_timeout(sk, mp);
	/* TCP doubles it now; not before each path had its turn */
	if (mp->n > 1 && (icsk->icsk_retransmits + 1) % mp->n)
		icsk->icsk_rto /= 2;
	/* What lost all at the same time must not repeat at the same time */
	icsk->icsk_rto += get_random_u32_below(icsk->icsk_rto / 4 + 1);
}

/* What is registered; connections have one of the two made of it below */
static struct tcp_congestion_ops ilnp6_tcp_ops __read_mostly = {
	.init		= cc_init,
	.ssthresh	= cc_ssthresh,
	.undo_cwnd	= cc_undo_cwnd,
	.set_state	= cc_set_state,
	.in_ack_event	= cc_in_ack_event,
	.pkts_acked	= cc_pkts_acked,
	.cong_control	= cc_cong_control,
	.owner		= THIS_MODULE,
	.name		= "ilnp",
};

/* --- module -------------------------------------------------------------- */

static struct tcp_congestion_ops reno = {
	.ssthresh	= tcp_reno_ssthresh,
	.cong_avoid	= tcp_reno_cong_avoid,
	.undo_cwnd	= tcp_reno_undo_cwnd,
};

/* Cubic's functions, by way of a socket that uses it; it stays while we do */
static const struct tcp_congestion_ops *find_base(void)
{
	const struct tcp_congestion_ops *ops = &reno;
	struct socket *sock;

	if (sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			     &sock))
		return ops;
	if (!sock->ops->setsockopt(sock, SOL_TCP, TCP_CONGESTION,
				   KERNEL_SOCKPTR("cubic"), 5) &&
	    try_module_get(inet_csk(sock->sk)->icsk_ca_ops->owner))
		ops = inet_csk(sock->sk)->icsk_ca_ops;
	sock_release(sock);
	return ops;
}

/**
 * ilnp6_tcp_init - offer congestion control "ilnp"
 *
 * Return: 0 or a negative error.
 */
int ilnp6_tcp_init(void)
{
	int err;

	base_ops = find_base();
	single_ops = *base_ops;
	single_ops.release = cc_single_release;
	single_ops.owner = NULL;
	single_ops.flags = 0;
	strscpy(single_ops.name, "ilnp", sizeof(single_ops.name));
	multi_ops = ilnp6_tcp_ops;
	multi_ops.release = cc_release;
	multi_ops.owner = NULL;
	err = tcp_register_congestion_control(&ilnp6_tcp_ops);
	if (err)
		module_put(base_ops->owner);
	return err;
}

/**
 * ilnp6_tcp_exit - withdraw it; connections fall back to the base algorithm
 *
 * LOCAL_OUT hooks are gone. Waits for whoever is in one of our functions.
 */
void ilnp6_tcp_exit(void)
{
	tcp_unregister_congestion_control(&ilnp6_tcp_ops);
	ilnp6_tcp_sock_drain(leave);
	synchronize_rcu();
	synchronize_rcu_tasks();
	module_put(base_ops->owner);
}
