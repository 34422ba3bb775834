// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control "ilnp": paths that share a bottleneck. Packets that wait
 * in one queue wait alike, so the delays of two paths rise and fall together
 * if they share it. What rises slowly says nothing: each window does that by
 * itself. Paths found to share one grow together as one flow does.
 */
#include "tcp.h"

#define BIN		(10 * 1000)	/* us over which delays are averaged */
#define RTT_MAX		1000000U	/* us */
#define SLOW		16		/* bins, of what is taken off as slow */
#define MEMORY		512		/* bins */
#define ONE		65536
#define KNOWN		128		/* bins both had until they are judged */
#define BACK_SHARE	8		/* data received, of that sent */

/* Of @i > @j */
static struct ilnp6_tcp_pair *pair_of(struct ilnp6_tcp *mp, unsigned int i,
				      unsigned int j)
{
	return &mp->pair[i * (i - 1) / 2 + j];
}

/*
 * Each bin counts alike, however much it moved: at the start and at a path's
 * death all else is small.
 */
static void judge(struct ilnp6_tcp_pair *pair, bool alike)
{
	if (pair->n < MEMORY)
		pair->n++;
	pair->alike += ((alike ? ONE : -ONE) - pair->alike) / pair->n;
	if (pair->n < KNOWN)
		return;
	if (pair->alike > ONE / 2)
		pair->coupled = true;
	else if (pair->alike < ONE / 3)
		pair->coupled = false;
}

/* In slow start all queues grow, at the same time if it began so */
static bool settled(const struct ilnp6_tcp_path *p)
{
	return p->delays && p->cwnd >= p->ssthresh;
}

static bool coupled(struct ilnp6_tcp *mp, unsigned int i, unsigned int j)
{
	return i != j && pair_of(mp, max(i, j), min(i, j))->coupled;
}

static void share(struct ilnp6_tcp *mp, unsigned int i)
{
	unsigned int j;
	u32 sum = 0;

	for (j = 0; j < mp->n; j++)
		if (coupled(mp, i, j))
			sum += mp->p[j].cwnd;
	mp->p[i].others = sum;
}

/*
 * ACKs that queue behind data of their own direction make all paths' round trip
 * times vary together.
 */
static bool both_ways(const struct tcp_sock *tp, struct ilnp6_tcp *mp)
{
	u32 out = tp->delivered - mp->delivered;
	u32 in = tp->data_segs_in - mp->received;

	mp->delivered = tp->delivered;
	mp->received = tp->data_segs_in;
	return in > out / BACK_SHARE;
}

static void end_of_bin(const struct tcp_sock *tp, struct ilnp6_tcp *mp)
{
	bool both = both_ways(tp, mp);
	s32 x[ILNP6_TCP_PATHS] = {};
	struct ilnp6_tcp_path *p;
	unsigned int i, j;

	for (i = 0; i < mp->n; i++) {
		p = &mp->p[i];
		if (!p->delays)
			continue;
		x[i] = p->delay / p->delays;
		p->slow = p->slow ? p->slow + (x[i] - p->slow) / SLOW : x[i];
		x[i] -= p->slow;
	}
	for (i = 1; i < mp->n && !both; i++)
		for (j = 0; j < i; j++)
			if (settled(&mp->p[i]) && settled(&mp->p[j]))
				judge(pair_of(mp, i, j),
				      (x[i] > 0) == (x[j] > 0));
	for (i = 0; i < mp->n; i++) {
		mp->p[i].delay = 0;
		mp->p[i].delays = 0;
		share(mp, i);
	}
}

/**
 * ilnp6_tcp_couple - which paths queue together
 * @tp: a connection's socket
 * @mp: the connection
 * @rtt: of each path as an ACK gave it, us; 0: none
 * @now: us
 */
void ilnp6_tcp_couple(const struct tcp_sock *tp, struct ilnp6_tcp *mp,
		      const u32 *rtt, u32 now)
{
	unsigned int i;

	if (now - mp->bin >= BIN) {
		end_of_bin(tp, mp);
		mp->bin = now;
	}
	for (i = 0; i < mp->n; i++) {
		if (!rtt[i])
			continue;
		mp->p[i].delay += min(rtt[i], RTT_MAX);
		mp->p[i].delays++;
	}
}

/**
 * ilnp6_tcp_couple_new - a place is another path's from here on
 * @mp: a connection
 * @p: the place
 */
void ilnp6_tcp_couple_new(struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p)
{
	unsigned int i, n = p - mp->p;

	for (i = 0; i < ILNP6_TCP_PATHS; i++)
		if (i != n)
			*pair_of(mp, max(i, n), min(i, n)) =
				(struct ilnp6_tcp_pair) {};
}
