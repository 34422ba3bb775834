// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which paths work (RFC 6741 section 13.1 leaves the means to us).
 *
 * While a session sends, each path it uses is probed once a second: an ICMPv6
 * echo request with nonce, over exactly that pair of L64s, whose data nobody
 * else can guess. A peer of our kind answers over the same pair; of another,
 * over whichever. What comes in over a pair says nothing of the way out, so
 * only answers count. A path with several probes in a row unanswered, or one
 * an ICMPv6 error reported, is suspect: left out of the rotation as long as
 * there is another, and probed, ever more slowly, until an answer comes.
 *
 * A peer that never answered a probe may not be able to: its paths are only
 * suspected for ICMPv6 errors, and for a while. Idle sessions are left alone,
 * and so are those with one path, once proven. One work item per namespace,
 * running only while something sends; nothing is timed per session.
 */
#include <linux/icmpv6.h>
#include <linux/random.h>
#include <linux/unaligned.h>

#include "ilnp6.h"

#define TICK		(HZ / 10)
#define TICKS_SCAN	2	/* between looks at the sessions */
#define USED		(3 * HZ / 2)	/* a path that sent since is in use */
#define ACTIVE		(5 * HZ)	/* a session that sent since is active */
#define INTERVAL	HZ		/* between probes of a path that works */
#define WAIT_MIN	(2 * HZ / 5)	/* for an answer */
#define WAIT_MAX	(3 * HZ)
#define LOST		3		/* probes, then suspect */
#define BACKOFF_MAX	5		/* seconds between probes of a suspect */
#define BLIND_SUSPECT	(5 * HZ)	/* peer that answers no probes */
#define GREET_AFTER	HZ
#define CHUNK		64		/* sessions under one lock */
#define PROBES_MAX	200		/* per look at the sessions */

/**
 * struct probe - an echo request of ours
 * @icmp: header; identifier: ilnp6_net.probe_id
 * @token: the path's, unpredictable
 * @time: when sent, us
 */
struct probe {
	struct icmp6hdr icmp;
	u64 token;
	u32 time;
} __packed;

/**
 * struct scan - one tick
 * @in: namespace
 * @out: probes to send
 * @left: how many more
 * @active: some session sends
 */
struct scan {
	struct ilnp6_net *in;
	struct sk_buff_head out;
	unsigned int left;
	bool active;
};

/* --- probing ------------------------------------------------------------- */

static u32 now_us(void)
{
	return ktime_to_us(ktime_get());
}

static bool __probe(struct scan *c, struct ilnp6_session *s,
		    const struct ilnp6_path *p)
{
	struct ilnp6_path_stat *st = p->stat;
	struct sk_buff *skb;
	struct probe *m;

	if (!c->left)
		return false;
	skb = ilnp6_icmp_build(s, p->local_l64, p->remote_l64, p->ifindex,
			       sizeof(*m));
	if (!skb)
		return false;
	c->left--;
	while (!st->probe_token)
		st->probe_token = get_random_u64();
	m = (struct probe *)skb_transport_header(skb);
	m->icmp.icmp6_type = ICMPV6_ECHO_REQUEST;
	m->icmp.icmp6_identifier = c->in->probe_id;
	m->icmp.icmp6_sequence = htons(st->probe_lost);
	put_unaligned(st->probe_token, &m->token);
	put_unaligned(now_us(), &m->time);
	__skb_queue_tail(&c->out, skb);
	WRITE_ONCE(st->probe_time, jiffies);
	if (st->probe_lost < U8_MAX)
		WRITE_ONCE(st->probe_lost, st->probe_lost + 1);
	return true;
}

static void __suspect(struct ilnp6_net *in, struct ilnp6_session *s,
		      struct ilnp6_path_stat *st, bool suspect)
{
	st->suspect = suspect;
	st->suspect_time = jiffies;
	if (suspect)
		st->probe_lost = max_t(u8, st->probe_lost, LOST);
	else
		st->probe_lost = 0;
	__ilnp6_paths_build(in, s);
}

static bool since(unsigned long when, unsigned long age)
{
	return time_after_eq(jiffies, when + age);
}

static unsigned long answer_wait(const struct ilnp6_session *s)
{
	return clamp_t(unsigned long, 2 * READ_ONCE(s->rtt), WAIT_MIN,
		       WAIT_MAX);
}

/*
 * A path in use, or one that TCP asks for @now; returns true if the path set
 * was replaced
 */
static bool __watch(struct scan *c, struct ilnp6_session *s,
		    const struct ilnp6_path *p, bool now)
{
	struct ilnp6_path_stat *st = p->stat;
	u8 lost = READ_ONCE(st->probe_lost);

	if (!now && since(READ_ONCE(st->last_tx), USED))
		return false;
	if (!lost) {
		if (since(st->probe_time, now ? HZ / 4 : INTERVAL))
			__probe(c, s, p);
		return false;
	}
	if (!s->answers && lost >= LOST) {
		if (since(st->probe_time, BACKOFF_MAX * HZ))
			__probe(c, s, p);
		return false;
	}
	if (!since(st->probe_time, answer_wait(s)))
		return false;
	if (lost < LOST) {
		__probe(c, s, p);
		return false;
	}
	__suspect(c->in, s, st, true);
	return true;
}

/* A suspect, in or out of the rotation */
static bool __retry(struct scan *c, struct ilnp6_session *s,
		    const struct ilnp6_path *p, bool now)
{
	struct ilnp6_path_stat *st = p->stat;
	unsigned long wait;

	if (!s->answers && since(st->suspect_time, BLIND_SUSPECT)) {
		__suspect(c->in, s, st, false);
		return true;
	}
	if (st->probe_lost < LOST || now)
		wait = answer_wait(s);
	else
		wait = clamp_t(unsigned long, st->probe_lost - LOST + 1, 1,
			       BACKOFF_MAX) * HZ;
	if (since(st->probe_time, wait))
		__probe(c, s, p);
	return false;
}

static bool __path(struct scan *c, struct ilnp6_session *s,
		   const struct ilnp6_path *p, bool now)
{
	if (p->state == ILNP6_STATE_DOWN)
		return false;
	if (p->stat->suspect)
		return __retry(c, s, p, now);
	if (p->state == ILNP6_STATE_UP)
		return __watch(c, s, p, now);
	return false;
}

/* One path and nothing to prove: there is no choice that a probe could help */
static bool worth_it(const struct ilnp6_session *s,
		     const struct ilnp6_paths *ps)
{
	unsigned int i, n = 0;

	if (!s->rx.len || s->corr->mode == ILNP6_MODE_IPV6)
		return false;
	for (i = 0; i < ps->n; i++)
		n += ps->p[i].state != ILNP6_STATE_DOWN;
	return n > 1 || (n && !s->rx_proven);
}

static void __session(struct scan *c, struct ilnp6_session *s)
{
	struct ilnp6_paths *ps;
	unsigned int i;
	bool now;

	if (since(READ_ONCE(s->last_tx), ACTIVE))
		return;
	c->active = true;
	if (s->lu_failed && since(s->lu_last, 30 * HZ))
		__ilnp6_lu_again(c->in, s);
	ps = rcu_dereference_protected(s->paths,
				       lockdep_is_held(&c->in->lock));
	if (!ps || !worth_it(s, ps))
		return;
	now = xchg(&s->measure, false);
	/* A replaced set is not looked at again before the next tick */
	for (i = 0; i < ps->n; i++)
		if (__path(c, s, &ps->p[i], now))
			return;
}

/* --- one-way senders ----------------------------------------------------- */

/*
 * Somebody sends and hears nothing from us (RFC 6741 section 13.1): one echo
 * request gives it our nonce, so that it can believe our Locator Updates, and
 * its answer proves it. Never more octets than it has sent.
 */
static void __greet(struct scan *c, struct ilnp6_session *s)
{
	struct ilnp6_paths *ps;
	unsigned int i;

	if (s->greeted)
		return;
	c->active = true;
	if (!since(s->greet_time, GREET_AFTER))
		return;
	s->greeted = true;
	if (time_after(READ_ONCE(s->last_tx), s->greet_time))
		return;
	ps = rcu_dereference_protected(s->paths,
				       lockdep_is_held(&c->in->lock));
	for (i = 0; ps && i < ps->n_up; i++) {
		if (atomic64_read(&ps->p[i].stat->rx_bytes) <
		    sizeof(struct ipv6hdr) + s->opt_len + sizeof(struct probe))
			continue;
		__probe(c, s, &ps->p[i]);
		/* Its answer is an answer to us */
		WRITE_ONCE(s->answered, true);
		return;
	}
}

/* --- the tick ------------------------------------------------------------ */

static void send_all(struct scan *c)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&c->out)))
		ilnp6_icmp_send(c->in, skb);
}

static void tentative(struct scan *c)
{
	struct ilnp6_session *s;

	spin_lock_bh(&c->in->lock);
	list_for_each_entry(s, &c->in->tentative, list)
		__greet(c, s);
	spin_unlock_bh(&c->in->lock);
	send_all(c);
}

/* The list turns once; its order means nothing */
static void established(struct scan *c)
{
	struct ilnp6_net *in = c->in;
	struct ilnp6_session *s;
	unsigned int n, i;

	spin_lock_bh(&in->lock);
	n = in->n_sessions - in->n_tentative;
	spin_unlock_bh(&in->lock);
	while (n) {
		spin_lock_bh(&in->lock);
		for (i = 0; n && i < CHUNK; i++, n--) {
			s = list_first_entry_or_null(&in->sessions,
						     struct ilnp6_session,
						     list);
			if (!s) {
				n = 1;
				continue;
			}
			list_move_tail(&s->list, &in->sessions);
			__session(c, s);
		}
		spin_unlock_bh(&in->lock);
		send_all(c);
		cond_resched();
	}
}

/*
 * The kernel tells of a lost carrier at most once a second. Who sends cannot
 * wait for that.
 */
static void carriers(struct ilnp6_net *in)
{
	const struct ilnp6_locals *loc;
	struct net_device *dev;
	bool lost = false;
	unsigned int i;

	rcu_read_lock();
	loc = rcu_dereference(in->locals);
	for (i = 0; loc && i < loc->n_l64s; i++) {
		if (!loc->l64s[i].usable)
			continue;
		dev = dev_get_by_index_rcu(in->net, loc->l64s[i].ifindex);
		lost |= !dev || !netif_carrier_ok(dev);
	}
	rcu_read_unlock();
	if (lost)
		ilnp6_local_sync(in);
}

static void live_work(struct work_struct *work)
{
	struct ilnp6_net *in = container_of(to_delayed_work(work),
					    struct ilnp6_net, live_work);
	struct scan c = { .in = in, .left = PROBES_MAX };

	if (READ_ONCE(in->exiting))
		return;
	carriers(in);
	if (++in->live_tick % TICKS_SCAN && !xchg(&in->live_now, false)) {
		schedule_delayed_work(&in->live_work, TICK);
		return;
	}
	__skb_queue_head_init(&c.out);
	WRITE_ONCE(in->live_on, false);
	/* Who sends from here on sees it off or is seen below */
	smp_mb();
	tentative(&c);
	established(&c);
	if (!c.active)
		return;
	WRITE_ONCE(in->live_on, true);
	schedule_delayed_work(&in->live_work, TICK);
}

/**
 * __ilnp6_live_kick - something sends again
 * @in: namespace; any context
 */
void __ilnp6_live_kick(struct ilnp6_net *in)
{
	if (READ_ONCE(in->exiting))
		return;
	WRITE_ONCE(in->live_on, true);
	schedule_delayed_work(&in->live_work, TICK);
}

/* --- answers ------------------------------------------------------------- */

static bool __answered(struct ilnp6_net *in, struct ilnp6_session *s,
		       u64 token, u32 rtt_us)
{
	u32 rtt = usecs_to_jiffies(rtt_us);
	struct ilnp6_path_stat *st;
	struct ilnp6_paths *ps;
	unsigned int i;

	ps = rcu_dereference_protected(s->paths,
				       lockdep_is_held(&in->lock));
	for (i = 0; ps && i < ps->n; i++) {
		st = ps->p[i].stat;
		if (!st || st->probe_token != token)
			continue;
		s->answers = true;
		WRITE_ONCE(st->rtt_us, max(rtt_us, 1U));
		WRITE_ONCE(st->rtt_when, jiffies);
		s->rtt = s->rtt ? (7 * s->rtt + rtt) / 8 : rtt;
		s->rtt = max_t(u32, s->rtt, 1);
		WRITE_ONCE(st->probe_lost, 0);
		if (st->suspect)
			__suspect(in, s, st, false);
		return true;
	}
	return false;
}

/**
 * ilnp6_live_reply - an echo reply came; is it to a probe?
 * @in: namespace; softirq, RCU held
 * @skb: skb->data is the ICMPv6 header, 8 octets are linear
 *
 * Return: 1 if it is somebody else's, else -1: taken.
 */
int ilnp6_live_reply(struct ilnp6_net *in, struct sk_buff *skb)
{
	const struct ilnp6_addr *src, *dst;
	struct ilnp6_session *s, *found = NULL;
	struct rhlist_head *pos, *list;
	struct ilnp6_corr *corr;
	const struct probe *m;
	u64 token;
	u32 rtt;

	if (icmp6_hdr(skb)->icmp6_identifier != in->probe_id ||
	    skb->len != sizeof(*m) || !pskb_may_pull(skb, sizeof(*m)))
		return 1;
	m = (const struct probe *)skb->data;
	token = get_unaligned(&m->token);
	rtt = now_us() - get_unaligned(&m->time);
	if (!token || rtt > 60 * USEC_PER_SEC)
		return 1;
	src = ilnp6_addr(&ipv6_hdr(skb)->saddr);
	dst = ilnp6_addr(&ipv6_hdr(skb)->daddr);
	spin_lock_bh(&in->lock);
	list = ilnp6_corr_bucket(in, src->nid);
	rhl_for_each_entry_rcu(corr, pos, list, node)
		hlist_for_each_entry(s, &corr->sessions, node)
			if (!found && s->local_nid == dst->nid &&
			    __answered(in, s, token, rtt))
				found = s;
	spin_unlock_bh(&in->lock);
	if (!found)
		return 1;
	if (!READ_ONCE(found->rx_proven))
		ilnp6_session_prove(in, found, true);
	consume_skb(skb);
	return -1;
}

/* Not at the next tick; @delay: jiffies */
static void look_now(struct ilnp6_net *in, unsigned long delay)
{
	WRITE_ONCE(in->live_on, true);
	WRITE_ONCE(in->live_now, true);
	mod_delayed_work(system_wq, &in->live_work, delay);
}

/**
 * ilnp6_live_validate - a path of a session comes up, is it to be probed first
 * @in: namespace; ilnp6_net.lock held
 * @s: session
 * @st: of the path
 *
 * Only for a session that sends, to a peer known to answer.
 *
 * Return: true if it is suspect until it answers.
 */
bool ilnp6_live_validate(struct ilnp6_net *in, const struct ilnp6_session *s,
			 struct ilnp6_path_stat *st)
{
	if (!s->answers || since(READ_ONCE(s->last_tx), ACTIVE) ||
	    READ_ONCE(in->exiting))
		return false;
	st->suspect = true;
	st->suspect_time = jiffies;
	st->probe_lost = 0;
	st->probe_time = jiffies - HZ;
	look_now(in, 1);
	return true;
}

/**
 * ilnp6_live_measure - probe all paths of a session now
 * @in: namespace; any context
 * @s: session, which is about to send
 *
 * Gives each path its &ilnp6_path_stat.rtt_us, if the peer answers. Four times
 * a second is enough.
 */
void ilnp6_live_measure(struct ilnp6_net *in, struct ilnp6_session *s)
{
	unsigned long last = READ_ONCE(s->measured);

	if (READ_ONCE(in->exiting) || (last && !since(last, HZ / 4)))
		return;
	WRITE_ONCE(s->measured, jiffies ?: 1);
	WRITE_ONCE(s->last_tx, jiffies);
	WRITE_ONCE(s->measure, true);
	look_now(in, 0);
}

/**
 * ilnp6_live_unreachable - an ICMPv6 error says that a path does not work
 * @in: namespace; softirq, RCU held
 * @s: session; the error quotes its nonce
 * @local_l64: of the quoted packet, network order
 * @remote_l64: of the quoted packet, network order
 *
 * Return: true if other paths carry on, so that no socket need hear of it.
 */
bool ilnp6_live_unreachable(struct ilnp6_net *in, struct ilnp6_session *s,
			    __be64 local_l64, __be64 remote_l64)
{
	struct ilnp6_paths *ps;
	struct ilnp6_path *p;
	bool others = false;

	spin_lock_bh(&in->lock);
	ps = rcu_dereference_protected(s->paths,
				       lockdep_is_held(&in->lock));
	p = ilnp6_path_find(ps, local_l64, remote_l64);
	if (p && !s->dead && p->state != ILNP6_STATE_DOWN) {
		others = ps->n_up > 1 || p->state != ILNP6_STATE_UP;
		if (!p->stat->suspect)
			__suspect(in, s, p->stat, true);
	}
	spin_unlock_bh(&in->lock);
	return others;
}

/* --- answering over the pair we were asked over -------------------------- */

static u32 echo_key(const struct ilnp6_net *in, const struct ilnp6_session *s,
		    const struct icmp6hdr *icmp)
{
	u32 h = jhash_2words((__force u32)icmp->icmp6_dataun.un_data32[0],
			     (u32)be64_to_cpu(s->local_nid), in->flow_seed);

	return jhash_2words(be64_to_cpu(s->corr->nid) >> 32,
			    (u32)be64_to_cpu(s->corr->nid), h);
}

/**
 * ilnp6_live_echo_in - remember where an echo request came over
 * @in: namespace; softirq, RCU held
 * @s: session
 * @skb: the request
 * @thoff: offset of the ICMPv6 header from skb->data
 * @local_l64: of the packet on the wire, network order
 * @remote_l64: of the packet on the wire, network order
 *
 * The kernel answers at once, so few entries do; a lost one costs nothing but
 * that its answer takes the path whose turn it is.
 */
void ilnp6_live_echo_in(struct ilnp6_net *in, const struct ilnp6_session *s,
			const struct sk_buff *skb, unsigned int thoff,
			__be64 local_l64, __be64 remote_l64)
{
	struct icmp6hdr _icmp, *icmp;
	struct ilnp6_echo *e;
	u32 key;

	icmp = skb_header_pointer(skb, thoff, sizeof(_icmp), &_icmp);
	if (!icmp || icmp->icmp6_type != ICMPV6_ECHO_REQUEST)
		return;
	key = echo_key(in, s, icmp);
	e = &in->echoes[key % ILNP6_ECHOES];
	WRITE_ONCE(e->key, key);
	WRITE_ONCE(e->local_l64, local_l64);
	WRITE_ONCE(e->remote_l64, remote_l64);
}

/**
 * ilnp6_live_echo_out - the path an echo reply should take
 * @in: namespace; RCU held
 * @s: session
 * @icmp: the reply, 8 octets
 *
 * Return: the path the request came over, or NULL.
 */
struct ilnp6_path *ilnp6_live_echo_out(struct ilnp6_net *in,
				       const struct ilnp6_session *s,
				       const struct icmp6hdr *icmp)
{
	u32 key = echo_key(in, s, icmp);
	const struct ilnp6_echo *e = &in->echoes[key % ILNP6_ECHOES];
	struct ilnp6_path *p;

	if (READ_ONCE(e->key) != key)
		return NULL;
	p = ilnp6_path_find(rcu_dereference(s->paths),
			    READ_ONCE(e->local_l64), READ_ONCE(e->remote_l64));
	return p && p->state != ILNP6_STATE_DOWN ? p : NULL;
}

void ilnp6_live_net_init(struct ilnp6_net *in)
{
	get_random_bytes(&in->probe_id, sizeof(in->probe_id));
	INIT_DELAYED_WORK(&in->live_work, live_work);
}

void ilnp6_live_net_exit(struct ilnp6_net *in)
{
	cancel_delayed_work_sync(&in->live_work);
}
