// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control "ilnp": which segment went over which path, and what
 * became of it. One record per segment in flight, in a ring that grows on
 * demand and to a bound; each path has a list of those in flight over it.
 *
 * A segment is lost when enough later ones of its own path were delivered, or
 * when its path has gone silent. Order between paths means nothing.
 */
#include <linux/slab.h>

#include "tcp.h"

#define DUPS		3		/* later ones delivered before it is lost */
#define REORDER_MAX	20000U		/* us, or a quarter of a round trip */
#define DEAD_MIN	(40 * 1000)	/* us without a delivery */
#define RTO_MARGIN	(80 * 1000)	/* us, for delayed acknowledgements */
#define RTO_MARGIN_AT_ONCE (10 * 1000)
#define RETRY_MIN	(100 * 1000)	/* us until a dead path is tried again */
#define RETRY_MAX	(1000 * 1000)
#define UNDO_TIME	(200 * 1000)	/* us, and eight round trips */

/* Octets of all rings */
static atomic_long_t memory;

static struct ilnp6_tcp_rec *at(const struct ilnp6_tcp *mp, u32 i)
{
	return &mp->ring[i & (mp->size - 1)];
}

/**
 * ilnp6_tcp_rec_free - forget all segments
 * @mp: a connection
 */
void ilnp6_tcp_rec_free(struct ilnp6_tcp *mp)
{
	atomic_long_sub((long)mp->size * sizeof(*mp->ring), &memory);
	kfree(mp->ring);
}

/* --- lists --------------------------------------------------------------- */

static void append(struct ilnp6_tcp *mp, struct ilnp6_tcp_path *p, u32 i,
		   u32 now)
{
	struct ilnp6_tcp_rec *r = at(mp, i);

	r->path = p - mp->p;
	r->state = ILNP6_TCP_FLIGHT;
	r->time = now;
	r->pseq = p->pseq++;
	r->prev = p->tail;
	r->next = ILNP6_TCP_NONE;
	if (p->tail != ILNP6_TCP_NONE)
		at(mp, p->tail)->next = i;
	else
		p->head = i;
	p->tail = i;
	p->inflight++;
}

/* It is not in flight any more */
static void take(struct ilnp6_tcp *mp, u32 i)
{
	struct ilnp6_tcp_rec *r = at(mp, i);
	struct ilnp6_tcp_path *p = &mp->p[r->path];

	if (r->prev != ILNP6_TCP_NONE)
		at(mp, r->prev)->next = r->next;
	else
		p->head = r->next;
	if (r->next != ILNP6_TCP_NONE)
		at(mp, r->next)->prev = r->prev;
	else
		p->tail = r->prev;
	p->inflight--;
}

/* The first record that ends behind @seq */
static u32 search(const struct ilnp6_tcp *mp, u32 seq)
{
	u32 lo = 0, hi = mp->last - mp->first, mid;
	const struct ilnp6_tcp_rec *r;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		r = at(mp, mp->first + mid);
		if (after(r->seq + r->len, seq))
			hi = mid;
		else
			lo = mid + 1;
	}
	return mp->first + lo;
}

static bool grow(struct ilnp6_tcp *mp)
{
	u32 size = mp->size ? mp->size * 2 : ILNP6_TCP_RECS_MIN, i;
	long more = (long)(size - mp->size) * sizeof(*mp->ring);
	struct ilnp6_tcp_rec *ring;

	if (size > ILNP6_TCP_RECS_MAX)
		return false;
	if (atomic_long_add_return(more, &memory) > ILNP6_TCP_MEM_MAX)
		goto err;
	ring = kmalloc_array(size, sizeof(*ring), GFP_ATOMIC | __GFP_NOWARN);
	if (!ring)
		goto err;
	for (i = mp->first; i != mp->last; i++)
		ring[i & (size - 1)] = *at(mp, i);
	kfree(mp->ring);
	mp->ring = ring;
	mp->size = size;
	return true;
err:
	atomic_long_sub(more, &memory);
	return false;
}

/* --- sending ------------------------------------------------------------- */

/**
 * ilnp6_tcp_rec_path - the path that a segment went over last
 * @mp: the connection
 * @seq: its sequence number
 *
 * Return: the path, or NULL if it was never sent.
 */
struct ilnp6_tcp_path *ilnp6_tcp_rec_path(struct ilnp6_tcp *mp, u32 seq)
{
	u32 i = search(mp, seq);

	return i != mp->last ? &mp->p[at(mp, i)->path] : NULL;
}

static void sent_again(struct ilnp6_tcp *mp, struct ilnp6_tcp_path *p,
		       u32 seq, u32 end, u32 now)
{
	struct ilnp6_tcp_rec *r;
	u32 i;

	for (i = search(mp, seq); i != mp->last; i++) {
		r = at(mp, i);
		if (!before(r->seq, end))
			break;
		if (r->state == ILNP6_TCP_DELIVERED)
			continue;
		if (r->state == ILNP6_TCP_FLIGHT)
			take(mp, i);
		if (!r->again) {
			r->first = r->time;
			r->was = r->path;
		}
		r->again = true;
		append(mp, p, i, now);
	}
}

/**
 * ilnp6_tcp_rec_sent - segments leave over a path
 * @mp: the connection
 * @p: the path
 * @seq: first sequence number
 * @len: octets, not 0
 * @mss: of each segment, octets
 * @now: us
 */
void ilnp6_tcp_rec_sent(struct ilnp6_tcp *mp, struct ilnp6_tcp_path *p,
			u32 seq, u32 len, u32 mss, u32 now)
{
	u32 end = seq + len, n;
	struct ilnp6_tcp_rec *r;

	if (before(seq, mp->nxt)) {
		sent_again(mp, p, seq, end, now);
		seq = mp->nxt;
	}
	if (!p->inflight)
		p->heard = now;
	for (; before(seq, end); seq += n) {
		n = min3(end - seq, mss, (u32)U16_MAX);
		mp->no_mem = mp->last - mp->first == mp->size && !grow(mp);
		if (unlikely(mp->no_mem))
			break;
		r = at(mp, mp->last);
		r->seq = seq;
		r->len = n;
		r->again = false;
		append(mp, p, mp->last++, now);
	}
	if (after(end, mp->nxt))
		mp->nxt = end;
	if (p->inflight + max(mp->turn, p->cwnd / 8) >= p->cwnd)
		p->full = true;
}

/* --- deliveries ---------------------------------------------------------- */

/**
 * struct news - what one ACK says of each path
 * @n: segments delivered
 * @rtt: least round trip time of those sent once, us; 0: none
 */
struct news {
	u32 n[ILNP6_TCP_PATHS];
	u32 rtt[ILNP6_TCP_PATHS];
};

/*
 * us after which it is not only out of order: more by what was seen to be, or
 * if that is not known yet, by what the round trip times vary
 */
static u32 due(const struct ilnp6_tcp_path *p)
{
	u32 srtt = p->srtt >> 3;

	return srtt + max(p->reorder, min(4 * p->rttvar, srtt / 4));
}

/* When it came is not known, only when we were told: step by step */
static void wait_longer(struct ilnp6_tcp_path *p)
{
	u32 srtt = p->srtt >> 3;

	p->reorder = min(p->reorder + (srtt >> 3),
			 max(srtt >> 2, REORDER_MAX));
}

/* Declared lost over @p, and yet here: wait longer, and take the cut back */
static void false_loss(struct ilnp6_tcp_path *p, const struct ilnp6_tcp_rec *r,
		       u32 late)
{
	if (!r->overtaken)
		return;
	if (late > due(p))
		wait_longer(p);
	if (p->undo_lost && !--p->undo_lost)
		ilnp6_tcp_win_undo(p);
}

/*
 * Of two copies, was it the first that came? The second would have had to be
 * quicker than its path, or its path's queue as it is now, and to overtake
 * those that were sent before it.
 */
static bool first_copy(const struct ilnp6_tcp *mp,
		       const struct ilnp6_tcp_path *p,
		       const struct ilnp6_tcp_rec *r, u32 rtt)
{
	u32 i = r->prev, n;

	if (rtt < p->min_rtt * 3 / 4)
		return true;
	if (rtt >= (p->srtt >> 3) * 3 / 4)
		return false;
	for (n = 0; n < DUPS && i != ILNP6_TCP_NONE; n++)
		i = at(mp, i)->prev;
	return n == DUPS;
}

static void delivered(struct ilnp6_tcp *mp, u32 i, struct news *news, u32 now)
{
	struct ilnp6_tcp_rec *r = at(mp, i);
	struct ilnp6_tcp_path *p = &mp->p[r->path];
	u32 rtt = max(now - r->time, 1U);

	if (r->state == ILNP6_TCP_DELIVERED)
		return;
	if (r->state == ILNP6_TCP_FLIGHT) {
		take(mp, i);
		/* So soon: it was the first copy, and not lost */
		if (r->again && first_copy(mp, p, r, rtt)) {
			p = &mp->p[r->was];
			false_loss(p, r, now - r->first);
		} else if ((s32)(r->pseq - p->acked) > 0 &&
			   (!r->again || rtt >= (p->srtt >> 3) * 3 / 4)) {
			/*
			 * Not one that was overtaken, which may be told of
			 * late, and not the first of two copies
			 */
			p->acked = r->pseq;
			if (!r->again && (!news->rtt[r->path] ||
					  rtt < news->rtt[r->path]))
				news->rtt[r->path] = rtt;
		}
	} else {
		false_loss(p, r, rtt);
	}
	news->n[p - mp->p]++;
	r->state = ILNP6_TCP_DELIVERED;
	r->time = now;
}

/* --- losses -------------------------------------------------------------- */

static struct sk_buff *rtx_find(const struct sock *sk, u32 seq)
{
	struct rb_node *n = sk->tcp_rtx_queue.rb_node;
	struct sk_buff *skb;

	while (n) {
		skb = rb_to_skb(n);
		if (before(seq, TCP_SKB_CB(skb)->seq))
			n = n->rb_left;
		else if (!before(seq, TCP_SKB_CB(skb)->end_seq))
			n = n->rb_right;
		else
			return skb;
	}
	return NULL;
}

/*
 * As tcp_mark_skb_lost(). An ACK without SACK does not make TCP look for losses
 * while all is in order, so it is not any more.
 */
static void skb_lost(struct sock *sk, struct sk_buff *skb)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	int n = tcp_skb_pcount(skb);

	if (cb->sacked & TCPCB_SACKED_ACKED)
		return;
	if (icsk->icsk_ca_state == TCP_CA_Open)
		icsk->icsk_ca_state = TCP_CA_Disorder;
	if (tp->retransmit_skb_hint ?
	    before(cb->seq, TCP_SKB_CB(tp->retransmit_skb_hint)->seq) :
	    tp->retrans_out >= tp->lost_out)
		tp->retransmit_skb_hint = skb;
	if (!(cb->sacked & TCPCB_LOST)) {
		cb->sacked |= TCPCB_LOST;
		tp->lost_out += n;
		tp->lost += n;
	} else if (cb->sacked & TCPCB_SACKED_RETRANS) {
		cb->sacked &= ~TCPCB_SACKED_RETRANS;
		tp->retrans_out -= n;
		tp->lost += n;
	}
}

/* Not of tcp_ack(): the stack marks what it sends again itself */
static void rec_lost(struct ilnp6_tcp *mp, u32 i, bool overtaken)
{
	struct ilnp6_tcp_rec *r = at(mp, i);

	take(mp, i);
	mp->p[r->path].lost++;
	r->state = ILNP6_TCP_LOST;
	r->overtaken = overtaken;
}

static void lost(struct sock *sk, struct ilnp6_tcp *mp, u32 i)
{
	struct sk_buff *skb = rtx_find(sk, at(mp, i)->seq);

	rec_lost(mp, i, false);
	if (skb)
		skb_lost(sk, skb);
}

/* us after which a segment is late */
static u32 patience(const struct ilnp6_tcp_path *p)
{
	return (p->srtt >> 3) + max(4 * p->rttvar, p->srtt >> 5);
}

static bool overtaken(const struct ilnp6_tcp_path *p,
		      const struct ilnp6_tcp_rec *r, u32 now)
{
	return (s32)(p->acked - r->pseq) >= DUPS &&
	       now - r->time >= due(p);
}

/* Once for all that were sent before the last cut */
static void cut_for(struct ilnp6_tcp_path *p, const struct ilnp6_tcp_rec *r,
		    u32 now)
{
	if ((s32)(r->pseq - p->cut) < 0)
		return;
	ilnp6_tcp_win_cut(p);
	p->cut_time = now;
	p->reorder -= p->reorder / 64;
}

/* At the end of what is to be sent there may be no later ones */
static bool late(const struct tcp_sock *tp, const struct ilnp6_tcp_path *p,
		 const struct ilnp6_tcp_rec *r, u32 now)
{
	return tp->snd_nxt == tp->write_seq && tp->sacked_out && p->srtt &&
	       now - r->time >= patience(p);
}

/*
 * An ACK has room for three blocks, and one is sent for several segments, so
 * with as many paths a segment may be there and never be told of until the
 * holes beside it are filled. One is missing for sure where what was told
 * since it was due ends or begins at it.
 */
static bool missing(const struct tcp_sock *tp, const struct ilnp6_tcp *mp,
		    const struct ilnp6_tcp_path *p, u32 i)
{
	const struct ilnp6_tcp_rec *r = at(mp, i), *right;
	const struct tcp_sack_block *b;
	u32 end = r->seq + r->len;
	unsigned int n;

	if (!after(r->seq, tp->snd_una))
		return true;
	for (n = 0; n < ARRAY_SIZE(tp->recv_sack_cache); n++) {
		b = &tp->recv_sack_cache[n];
		if (b->start_seq != b->end_seq &&
		    (b->start_seq == end || b->end_seq == r->seq))
			return true;
	}
	if (i + 1 == mp->last)
		return false;
	right = at(mp, i + 1);
	return right->state == ILNP6_TCP_DELIVERED &&
	       (right->path == r->path ? (s32)(right->pseq - r->pseq) > 0 :
		right->time - r->time >= due(p));
}

static void detect(struct sock *sk, struct ilnp6_tcp *mp,
		   struct ilnp6_tcp_path *p, struct news *news, bool old,
		   u32 now)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct ilnp6_tcp_rec *r;
	struct sk_buff *skb;
	u32 i, next;
	bool end;

	for (i = p->head; i != ILNP6_TCP_NONE; i = next) {
		r = at(mp, i);
		next = r->next;
		end = late(tp, p, r, now);
		if (!end && !overtaken(p, r, now))
			break;
		skb = rtx_find(sk, r->seq);
		/* Told by an ACK that came too late for us */
		if (skb && TCP_SKB_CB(skb)->sacked & TCPCB_SACKED_ACKED) {
			delivered(mp, i, news, now);
			continue;
		}
		/* What an old ACK does not tell may be there by now */
		if (!end && (old || !missing(tp, mp, p, i)))
			continue;
		cut_for(p, r, now);
		p->undo_lost++;
		rec_lost(mp, i, true);
		if (skb)
			skb_lost(sk, skb);
	}
}

static bool other(const struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p)
{
	unsigned int i;

	for (i = 0; i < mp->n; i++)
		if (&mp->p[i] != p && ilnp6_tcp_alive(mp, &mp->p[i]))
			return true;
	return false;
}

static void silent(struct ilnp6_tcp_path *p, u32 now)
{
	p->backoff = clamp(p->backoff * 2, RETRY_MIN, RETRY_MAX);
	p->retry = now + p->backoff;
	p->died = jiffies;
	p->dead = true;
	p->ssthresh = max(p->cwnd / 2, ILNP6_TCP_CWND_MIN);
	p->cwnd = ILNP6_TCP_CWND_MIN;
	p->epoch = 0;
	p->cut = p->pseq;
}

/* Nothing was delivered for long, while the oldest should have been */
static bool quiet(const struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p,
		  u32 now)
{
	u32 srtt = p->srtt >> 3, i = p->head, age;

	/* Those overtaken may be there, see missing() */
	while (i != ILNP6_TCP_NONE && (s32)(p->acked - at(mp, i)->pseq) > 0)
		i = at(mp, i)->next;
	if (i == ILNP6_TCP_NONE)
		return false;
	age = now - at(mp, i)->time;
	if (!srtt)
		return age >= 150 * 1000;
	return now - p->heard >= max(srtt / 2, DEAD_MIN) &&
	       age >= patience(p) + RTO_MARGIN_AT_ONCE;
}

static void check(struct sock *sk, struct ilnp6_tcp *mp,
		  struct ilnp6_tcp_path *p, u32 now)
{
	if (p->dead) {
		if (mp->answers ?
		    time_after(READ_ONCE(p->stat->rtt_when), p->died) :
		    (s32)(now - p->retry) >= 0)
			p->dead = false;
		else
			mp->ask = true;
	}
	if (!other(mp, p) || !quiet(mp, p, now))
		return;
	while (p->head != ILNP6_TCP_NONE)
		lost(sk, mp, p->head);
	silent(p, now);
}

static void sacked(struct ilnp6_tcp *mp, u32 start, u32 end,
		   struct news *news, u32 now)
{
	struct ilnp6_tcp_rec *r;
	u32 i;

	for (i = search(mp, start); i != mp->last; i++) {
		r = at(mp, i);
		if (after(r->seq + r->len, end))
			break;
		if (!before(r->seq, start))
			delivered(mp, i, news, now);
	}
}

/* What is new in a block; most grow at their end */
static void block(struct ilnp6_tcp *mp, const struct tcp_sack_block *b,
		  struct news *news, u32 now)
{
	const struct tcp_sack_block *old;
	u32 start = b->start_seq;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mp->sacks); i++) {
		old = &mp->sacks[i];
		if (old->start_seq == old->end_seq ||
		    before(start, old->start_seq) ||
		    after(start, old->end_seq))
			continue;
		if (!after(b->end_seq, old->end_seq))
			return;
		start = old->end_seq;
		break;
	}
	sacked(mp, start, b->end_seq, news, now);
}

/*
 * The peer had a segment already that was sent again (DSACK): somewhere one was
 * declared lost in vain, most likely over the path that was cut last. Of a cut
 * long ago it says nothing.
 */
static void duplicate(struct ilnp6_tcp *mp, u32 now)
{
	struct ilnp6_tcp_path *p, *last = NULL;
	unsigned int i;

	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (p->undo_lost && now - p->cut_time < p->srtt + UNDO_TIME &&
		    (!last || (s32)(p->cut_time - last->cut_time) > 0))
			last = p;
	}
	if (!last)
		return;
	wait_longer(last);
	if (!--last->undo_lost)
		ilnp6_tcp_win_undo(last);
}

static void shift_down(u32 *pos, u32 by)
{
	if (*pos != ILNP6_TCP_NONE)
		*pos -= by;
}

/* Positions begin anew before they reach ILNP6_TCP_NONE */
static void renumber(struct ilnp6_tcp *mp)
{
	u32 by = mp->first & ~(mp->size - 1), i;

	for (i = mp->first; i != mp->last; i++) {
		shift_down(&at(mp, i)->prev, by);
		shift_down(&at(mp, i)->next, by);
	}
	for (i = 0; i < mp->n; i++) {
		shift_down(&mp->p[i].head, by);
		shift_down(&mp->p[i].tail, by);
	}
	mp->first -= by;
	mp->last -= by;
}

/**
 * ilnp6_tcp_rec_ack - account for an ACK
 * @sk: the socket, in tcp_ack() after SACK blocks were marked
 * @mp: its connection
 * @old: one sent after it came before
 */
void ilnp6_tcp_rec_ack(struct sock *sk, struct ilnp6_tcp *mp, bool old)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 now = (u32)tp->tcp_mstamp;
	struct ilnp6_tcp_path *p;
	struct news news = {};
	unsigned int i;

	while (mp->first != mp->last) {
		struct ilnp6_tcp_rec *r = at(mp, mp->first);

		if (after(r->seq + r->len, tp->snd_una))
			break;
		delivered(mp, mp->first, &news, now);
		mp->first++;
	}
	if (unlikely(mp->first > S32_MAX))
		renumber(mp);
	for (i = 0; i < ARRAY_SIZE(tp->recv_sack_cache); i++) {
		const struct tcp_sack_block *b = &tp->recv_sack_cache[i];

		if (b->start_seq != b->end_seq &&
		    after(b->end_seq, tp->snd_una))
			block(mp, b, &news, now);
	}
	memcpy(mp->sacks, tp->recv_sack_cache, sizeof(mp->sacks));
	for (; unlikely(mp->dsacks != tp->dsack_dups); mp->dsacks++)
		duplicate(mp, now);
	mp->ask = false;
	for (i = 0; i < mp->n; i++)
		detect(sk, mp, &mp->p[i], &news, old, now);
	ilnp6_tcp_couple(tp, mp, news.rtt, now);
	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (news.n[i]) {
			p->delivered += news.n[i];
			p->heard = now;
			p->backoff = 0;
			p->joined = true;
			p->dead = false;
			ilnp6_tcp_win_acked(p, news.n[i], news.rtt[i], now);
		}
		check(sk, mp, p, now);
	}
}

/**
 * ilnp6_tcp_rec_rto - how long TCP should wait before it repeats
 * @tp: a connection's socket
 * @mp: the connection
 *
 * Until the last that was sent over each path is late. What follows a hole is
 * acknowledged at once, and so is the second of two segments; all else maybe
 * later. If many are in flight a little time more costs less than to take all
 * of them for lost.
 *
 * Return: us; 0 if nothing is known.
 */
u32 ilnp6_tcp_rec_rto(const struct tcp_sock *tp, const struct ilnp6_tcp *mp)
{
	bool at_once = tp->sacked_out && tp->snd_nxt == tp->write_seq;
	u32 flight = tp->snd_nxt - tp->snd_una, margin, rto = 0;
	const struct ilnp6_tcp_path *p;
	unsigned int i;
	s32 left;

	at_once |= flight > tp->mss_cache &&
		   flight <= mp->n * ILNP6_TCP_CWND_MIN * tp->mss_cache;
	margin = at_once ? RTO_MARGIN_AT_ONCE : RTO_MARGIN;
	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (!p->inflight || !p->srtt)
			continue;
		left = at(mp, p->tail)->time + patience(p) + margin -
		       (u32)tp->tcp_mstamp;
		rto = max3(rto, margin, left > 0 ? left : 0U);
	}
	return rto;
}

/* What TCP marked lost of a path that does not seem to be silent */
static void take_marked(struct sock *sk, struct ilnp6_tcp *mp,
			struct ilnp6_tcp_path *p, u32 now)
{
	struct ilnp6_tcp_rec *r;
	struct sk_buff *skb;
	u32 i, next;

	for (i = p->head; i != ILNP6_TCP_NONE; i = next) {
		r = at(mp, i);
		next = r->next;
		skb = rtx_find(sk, r->seq);
		if (!skb || (TCP_SKB_CB(skb)->sacked & TCPCB_TAGBITS) !=
			    TCPCB_LOST)
			continue;
		cut_for(p, r, now);
		rec_lost(mp, i, false);
	}
}

/**
 * ilnp6_tcp_rec_timeout - TCP's retransmission timer went off
 * @sk: the socket
 * @mp: its connection
 *
 * The oldest is late, and TCP marked it lost and what else was sent long ago by
 * RACK's measure, which knows of one path only. The paths that were heard
 * lately are none the worse for it.
 */
void ilnp6_tcp_rec_timeout(struct sock *sk, struct ilnp6_tcp *mp)
{
	u32 now = (u32)tcp_sk(sk)->tcp_mstamp;
	struct ilnp6_tcp_path *p;
	unsigned int i;

	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (!quiet(mp, p, now)) {
			take_marked(sk, mp, p, now);
			continue;
		}
		while (p->head != ILNP6_TCP_NONE)
			lost(sk, mp, p->head);
		silent(p, now);
	}
}
