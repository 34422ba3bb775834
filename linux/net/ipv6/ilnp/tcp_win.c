// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control "ilnp": the window of one path, by cubic (RFC 9438).
 * Slow start ends when delay has risen.
 */
#include <linux/math64.h>
#include <linux/random.h>

#include "tcp.h"

#define BETA		717	/* of 1024: what a loss leaves, 0.7 */
#define BETA_MAX	819	/* where there is little queue */
#define BETA_SHARED	614	/* where others send through its bottleneck */
#define RENO_SCALE	15	/* 8 * (1 + beta) / 3 / (1 - beta) */
#define GAIT		128	/* cubic's own */
#define GAIT_MIN	(GAIT * 3 / 4)
#define GAIT_MAX	(GAIT * 5 / 4)
#define RTT_RISE_MIN	2000U	/* us */
#define RTT_RISE_MAX	16000U
#define LOW_SAMPLES	8

/**
 * ilnp6_tcp_path_set - have a place for a path
 * @p: the place; what is in flight over it was over the same pair
 * @path: a path of the session's set
 */
void ilnp6_tcp_path_set(struct ilnp6_tcp_path *p,
			const struct ilnp6_path *path)
{
	struct ilnp6_path_stat *old = p->stat;

	if (old == path->stat)
		return;
	refcount_inc(&path->stat->ref);
	if (p->local_l64 != path->local_l64 ||
	    p->remote_l64 != path->remote_l64)
		*p = (struct ilnp6_tcp_path) {
			.local_l64 = path->local_l64,
			.remote_l64 = path->remote_l64,
			.cwnd = TCP_INIT_CWND,
			.ssthresh = U32_MAX,
			.acked = -1,
			.burst = ILNP6_TCP_RUN,
			.head = ILNP6_TCP_NONE,
			.tail = ILNP6_TCP_NONE,
		};
	p->stat = path->stat;
	ilnp6_path_stat_put(old);
}

static void take_rtt(struct ilnp6_tcp_path *p, u32 rtt)
{
	s32 err;

	/* For connections that do not know it; once per jiffy will do */
	if (READ_ONCE(p->stat->tcp_rtt_when) != jiffies) {
		WRITE_ONCE(p->stat->tcp_rtt_us, rtt);
		WRITE_ONCE(p->stat->tcp_rtt_when, jiffies);
	}
	p->rtt_when = (u32)jiffies;
	if (!p->srtt) {
		p->srtt = rtt << 3;
		p->rttvar = rtt / 2;
		p->min_rtt = rtt;
		return;
	}
	err = rtt - (p->srtt >> 3);
	p->srtt += err;
	p->rttvar += (abs(err) - (s32)p->rttvar) / 4;
	p->min_rtt = min_not_zero(p->min_rtt, rtt);
}

static u32 cube_root(u64 x)
{
	u32 r = 0, bit;

	for (bit = 1U << 20; bit; bit >>= 1)
		if ((u64)(r + bit) * (r + bit) * (r + bit) <= x)
			r += bit;
	return r;
}

/* As one flow with the windows of all that share the bottleneck would grow */
static u32 part(const struct ilnp6_tcp_path *p, u32 n)
{
	return p->others ? div_u64((u64)n * p->cwnd, p->cwnd + p->others) : n;
}

static u64 whole(const struct ilnp6_tcp_path *p, u64 n)
{
	return p->others ? div_u64(n * (p->cwnd + p->others), p->cwnd) : n;
}

/* Segments to be acknowledged until the window grows by one */
static u32 cubic(struct ilnp6_tcp_path *p, u32 n, u32 now)
{
	u32 t, cnt, target, reno;
	u64 offs, delta;

	p->ack_cnt += n;
	if (!p->epoch) {
		p->epoch = now ?: 1;
		/* In step with each other, paths seem to share a bottleneck */
		p->gait = GAIT_MIN +
			  get_random_u32_below(GAIT_MAX - GAIT_MIN + 1);
		p->ack_cnt = n;
		p->w_reno = p->cwnd;
		if (p->cwnd < p->w_max) {
			/* C = 0.4 segments / s^3 */
			p->k = cube_root(whole(p, (p->w_max - p->cwnd) *
						  2500000000ULL));
			p->origin = p->w_max;
		} else {
			p->k = 0;
			p->origin = p->cwnd;
		}
	}
	t = (now - p->epoch + p->min_rtt) / 1000 * p->gait / GAIT;
	offs = t > p->k ? t - p->k : p->k - t;
	offs = min(offs, 100000ULL);
	delta = div_u64(offs * offs * offs, 1000000) * 4 / 10000;
	delta = part(p, min(delta, 1000000ULL));
	target = t > p->k ? p->origin + delta :
		 p->origin > delta ? p->origin - delta : 0;
	cnt = target > p->cwnd ? p->cwnd / (target - p->cwnd) : 100 * p->cwnd;
	if (!p->w_max)
		cnt = min(cnt, 4U);
	reno = p->cwnd * RENO_SCALE * (GAIT / 8) / p->gait;
	reno = max_t(u32, whole(p, reno), 1);
	while (p->ack_cnt > reno) {
		p->ack_cnt -= reno;
		p->w_reno++;
	}
	if (p->w_reno > p->cwnd)
		cnt = min(cnt, p->cwnd / (p->w_reno - p->cwnd));
	return max(cnt, 2U);
}

/*
 * Ends where a queue begins to grow. On a short path sooner than in the kernel's
 * cubic: what is told is a round trip old, and the window has doubled since. From
 * there to the first loss it goes on more slowly, see cubic().
 */
static void slow_start(struct ilnp6_tcp_path *p, u32 n, u32 rtt)
{
	p->cwnd = min(p->cwnd + n, p->ssthresh);
	if (!rtt)
		return;
	p->low = p->low_n ? min(p->low, rtt) : rtt;
	if (++p->low_n < LOW_SAMPLES)
		return;
	if (p->low > p->min_rtt + clamp(p->min_rtt / 8, RTT_RISE_MIN,
					RTT_RISE_MAX))
		p->ssthresh = p->cwnd;
	p->low_n = 0;
}

/**
 * ilnp6_tcp_win_acked - segments were delivered over a path
 * @p: the path
 * @n: how many, not 0
 * @rtt: round trip time, us; 0: not measured
 * @now: us
 */
void ilnp6_tcp_win_acked(struct ilnp6_tcp_path *p, u32 n, u32 rtt, u32 now)
{
	bool full = p->full;
	u32 cnt;

	if (rtt)
		take_rtt(p, rtt);
	p->full = false;
	if (p->cwnd < p->ssthresh) {
		if (full || 2 * (p->inflight + n) > p->cwnd)
			slow_start(p, n, rtt);
		return;
	}
	if (!full)
		return;
	cnt = cubic(p, n, now);
	/* What was saved for a higher price buys one */
	if (p->cwnd_cnt >= cnt) {
		p->cwnd_cnt = 0;
		p->cwnd++;
	}
	p->cwnd_cnt += n;
	if (p->cwnd_cnt >= cnt) {
		p->cwnd += p->cwnd_cnt / cnt;
		p->cwnd_cnt %= cnt;
	}
}

/**
 * ilnp6_tcp_win_cut - a segment of the window was lost
 * @p: the path
 */
void ilnp6_tcp_win_cut(struct ilnp6_tcp_path *p)
{
	u32 srtt = p->srtt >> 3, queue = 0, beta;

	if (srtt > p->min_rtt)
		queue = div_u64((u64)p->cwnd * (srtt - p->min_rtt), srtt);
	p->burst = clamp((p->burst + queue) / 2, ILNP6_TCP_CWND_MIN,
			 ILNP6_TCP_RUN);
	p->undo_lost = 0;
	p->undo_cwnd = p->cwnd;
	p->undo_ssthresh = p->ssthresh;
	p->undo_w_max = p->w_max;
	p->w_max = p->cwnd < p->w_max ? p->cwnd * (1024 + BETA) / 2048 :
				       p->cwnd;
	/* As H-TCP: what the path holds without its queue need not be cut */
	beta = p->others ? BETA_SHARED :
	       clamp_t(u32, 1024 - 1024 * queue / p->cwnd, BETA, BETA_MAX);
	p->cwnd = max(p->cwnd * beta / 1024, 1U);
	p->ssthresh = p->cwnd;
	p->epoch = 0;
	p->cwnd_cnt = 0;
	p->cut = p->pseq;
}

/**
 * ilnp6_tcp_win_undo - nothing was lost after all since the last cut
 * @p: the path
 */
void ilnp6_tcp_win_undo(struct ilnp6_tcp_path *p)
{
	if (p->cwnd >= p->undo_cwnd)
		return;
	p->cwnd = p->undo_cwnd;
	/* Slow start goes on if it was not over */
	p->ssthresh = max(p->cwnd, p->undo_ssthresh);
	p->w_max = p->undo_w_max;
	p->epoch = 0;
}

/**
 * ilnp6_tcp_idle - what a path's window says has aged
 * @p: the path
 * @now: us
 *
 * To be called before data goes over it again. After a while without any, it
 * begins as a new one does: nothing spreads a whole window over time, and the
 * queue need not take it at once.
 */
void ilnp6_tcp_idle(struct ilnp6_tcp_path *p, u32 now)
{
	if (p->inflight || p->cwnd <= TCP_INIT_CWND ||
	    now - p->heard < max(p->srtt >> 2, 200000U))
		return;
	if (p->ssthresh != U32_MAX)
		p->ssthresh = max(p->ssthresh, p->cwnd * 3 / 4);
	p->cwnd = TCP_INIT_CWND;
	p->epoch = 0;
}
