// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling correspondents of our L64s (RFC 6743 section 2, RFC 6741 section
 * 6.2): who has to hear what, again and again until it is acknowledged, over
 * one pair of L64s after the other, and not more per second than allowed.
 *
 * A session remembers a hash of what its peer acknowledged. Where that differs
 * from what we have, a struct ilnp6_lu hangs at it until it is equal again. It
 * waits in ilnp6_net.lu_q, one queue per number of tries: all of a queue wait
 * equally long, so each is in the order of time by itself. One work item per
 * namespace serves them.
 *
 * Everything here is under ilnp6_net.lock except sending.
 */
#include <linux/random.h>

#include "ilnp6.h"

/* Changes come in bursts; peers should not hear us all at one moment */
#define DELAY_MIN_MS	10
#define DELAY_MAX_MS	50
#define MIN_INTERVAL	(HZ / 5)	/* between contents, per session */
#define BATCH		32
#define BURST_MS	20	/* what the rate allows at once */
#define LIFETIME_MAX	65535

/* An acknowledgement of Linux 4.9 holds these, whatever it was sent */
#define PEER49_PREFERENCE	10
#define PEER49_LIFETIME		30

/* Milliseconds after each try; in all two minutes and a half */
static const unsigned int waits[ILNP6_LU_TRIES] = {
	500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000,
};

/* --- rate ---------------------------------------------------------------- */

/**
 * ilnp6_lu_bucket - may one more message be sent now
 * @tat: when all that was sent is paid for, nanoseconds
 * @rate: messages per second; 0: no limit
 *
 * Return: true, and it is accounted, or false.
 */
bool ilnp6_lu_bucket(atomic64_t *tat, unsigned int rate)
{
	s64 now = ktime_get_ns(), cost, old, t;

	if (!rate)
		return true;
	cost = div_u64(NSEC_PER_SEC, rate);
	old = atomic64_read(tat);
	do {
		t = max(old, now);
		if (t > now + max_t(s64, cost, BURST_MS * NSEC_PER_MSEC))
			return false;
	} while (!atomic64_try_cmpxchg(tat, &old, t + cost));
	return true;
}

/* --- what a session has to know ------------------------------------------ */

/**
 * struct view - our L64s as a session may use them
 * @loc: all
 * @slot: of its NID; -1: it was deleted and serves its sessions on
 * @ula: fc00::/7 may be told
 */
struct view {
	const struct ilnp6_locals *loc;
	int slot;
	bool ula;
};

/* To a peer without one of its own it would mean nothing */
static bool has_ula(const struct ilnp6_corr *corr)
{
	const struct ilnp6_l64_set *set = rcu_dereference(corr->l64s);
	unsigned int i;

	for (i = 0; set && i < set->n; i++)
		if (ilnp6_is_ula(set->e[i].l64))
			return true;
	return false;
}

static void view(struct ilnp6_net *in, const struct ilnp6_session *s,
		 struct view *v)
{
	v->loc = rcu_dereference(in->locals);
	v->slot = v->loc ? ilnp6_locals_nid_slot(v->loc, s->local_nid) : -1;
	v->ula = has_ula(s->corr);
}

static bool may_use(const struct view *v, unsigned int i)
{
	const struct ilnp6_local_l64 *l = &v->loc->l64s[i];

	return l->usable && (v->ula || !ilnp6_is_ula(l->l64)) &&
	       (v->slot < 0 || l->nid_ready & BIT(v->slot));
}

/* One L64 on two interfaces is told once */
static bool told(const struct view *v, unsigned int i)
{
	unsigned int j;

	if (!may_use(v, i))
		return false;
	for (j = 0; j < i; j++)
		if (v->loc->l64s[j].l64 == v->loc->l64s[i].l64 &&
		    may_use(v, j))
			return false;
	return true;
}

static u32 sum_add(u32 h, __be64 l64, u16 preference)
{
	return jhash_3words(be64_to_cpu(l64) >> 32, be64_to_cpu(l64),
			    preference, h);
}

/* Hash of what there is to tell, never 0; 0: nothing */
static u32 view_sum(const struct view *v, unsigned int *n, __be64 *first)
{
	const struct ilnp6_local_l64 *l;
	unsigned int i;
	u32 h = 0;

	*n = 0;
	for (i = 0; v->loc && i < v->loc->n_l64s; i++) {
		if (!told(v, i) || *n == ILNP6_LU_MAX)
			continue;
		l = &v->loc->l64s[i];
		if (!(*n)++)
			*first = l->l64;
		h = sum_add(h, l->l64, l->preference);
	}
	return *n ? h ?: 1 : 0;
}

static u16 lifetime_left(const struct ilnp6_locals *loc,
			 const struct ilnp6_local_l64 *l)
{
	unsigned long age = (jiffies - READ_ONCE(loc->time)) / HZ;

	if (!l->lifetime)
		return LIFETIME_MAX;
	if (l->lifetime <= age)
		return 1;
	return min_t(unsigned long, l->lifetime - age, LIFETIME_MAX);
}

/* Write the message; returns the shortest lifetime in it */
static u16 write_msg(const struct view *v, u8 *msg, unsigned int n)
{
	u16 shortest = LIFETIME_MAX;
	struct ilnp6_lu_entry e;
	unsigned int i, k = 0;

	ilnp6_lu_head_write(msg, ILNP6_LU_OP_ADV, n);
	for (i = 0; k < n && i < v->loc->n_l64s; i++) {
		if (!told(v, i))
			continue;
		e.l64 = v->loc->l64s[i].l64;
		e.preference = v->loc->l64s[i].preference;
		e.lifetime = lifetime_left(v->loc, &v->loc->l64s[i]);
		shortest = min(shortest, e.lifetime);
		ilnp6_lu_entry_write(msg, k++, &e);
	}
	return shortest;
}

/* --- queues -------------------------------------------------------------- */

static void work_in(struct ilnp6_net *in, unsigned long delay)
{
	struct delayed_work *w = &in->lu_work;

	if (!READ_ONCE(in->exiting) &&
	    !(delayed_work_pending(w) &&
	      time_before_eq(READ_ONCE(w->timer.expires), jiffies + delay)))
		mod_delayed_work(system_wq, w, delay);
}

static void __work_at(struct ilnp6_net *in, unsigned long due)
{
	unsigned long now = jiffies;

	work_in(in, time_after(due, now) ? ilnp6_delay(due - now) : 0);
}

/* From the end: almost always that is where it belongs */
static void __enqueue(struct ilnp6_net *in, struct ilnp6_lu *lu)
{
	struct list_head *q = &in->lu_q[lu->tries], *pos;

	list_for_each_prev(pos, q)
		if (!time_after(list_entry(pos, struct ilnp6_lu, list)->due,
				lu->due))
			break;
	list_add(&lu->list, pos);
}

static struct ilnp6_lu *__earliest(struct ilnp6_net *in)
{
	struct ilnp6_lu *lu, *best = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(in->lu_q); i++) {
		lu = list_first_entry_or_null(&in->lu_q[i], struct ilnp6_lu,
					      list);
		if (lu && (!best || time_before(lu->due, best->due)))
			best = lu;
	}
	return best;
}

/**
 * __ilnp6_lu_forget - a session goes or its peer knows all
 * @in: namespace; ilnp6_net.lock held
 * @s: the session
 */
void __ilnp6_lu_forget(struct ilnp6_net *in, struct ilnp6_session *s)
{
	struct ilnp6_lu *lu = s->lu;

	lockdep_assert_held(&in->lock);
	if (!lu)
		return;
	s->lu = NULL;
	list_del(&lu->list);
	kfree(lu);
}

static void __start(struct ilnp6_net *in, struct ilnp6_session *s, u32 sum,
		    __be64 first, unsigned long delay)
{
	unsigned long due = jiffies + delay;
	struct ilnp6_lu *lu = s->lu;

	if (lu) {
		/* One change after the other must not put it off for ever */
		if (!lu->tries && time_before(lu->due, due))
			due = lu->due;
		list_del(&lu->list);
	} else {
		lu = kzalloc(sizeof(*lu), GFP_ATOMIC);
		if (!lu)
			return;
		lu->s = s;
		s->lu = lu;
	}
	if (s->lu_last && time_before(due, s->lu_last + MIN_INTERVAL))
		due = s->lu_last + MIN_INTERVAL;
	lu->sum = sum;
	lu->first = first;
	lu->tries = 0;
	lu->due = due;
	s->lu_failed = 0;
	__enqueue(in, lu);
	__work_at(in, due);
}

enum want { WANT_NEW, WANT_AGAIN, WANT_REFRESH };

/* Does the peer know all? If not begin to tell it */
static void __want(struct ilnp6_net *in, struct ilnp6_session *s,
		   enum want how, unsigned long delay)
{
	__be64 first = 0;
	struct view v;
	unsigned int n;
	u32 sum;

	lockdep_assert_held(&in->lock);
	if (s->dead || !s->rx_proven || s->corr->mode == ILNP6_MODE_IPV6)
		return;
	rcu_read_lock();
	view(in, s, &v);
	sum = view_sum(&v, &n, &first);
	rcu_read_unlock();
	/* The one L64 a session was begun with needs no telling */
	if (!s->lu_sum && !s->lu && n == 1 && first == s->bound_local)
		s->lu_sum = sum;
	if (!n || (sum == s->lu_sum && how != WANT_REFRESH)) {
		__ilnp6_lu_forget(in, s);
		return;
	}
	if (how == WANT_NEW && (sum == s->lu_failed ||
				(s->lu && s->lu->sum == sum)))
		return;
	__start(in, s, sum, first, delay);
}

/**
 * ilnp6_lu_delay - how long to wait before peers are told of a change
 *
 * Return: jiffies, random.
 */
unsigned long ilnp6_lu_delay(void)
{
	return msecs_to_jiffies(DELAY_MIN_MS +
				get_random_u32() %
				(DELAY_MAX_MS - DELAY_MIN_MS + 1));
}

/**
 * __ilnp6_lu_session - a session is proven, or its peer has forgotten us
 * @in: namespace; ilnp6_net.lock held
 * @s: the session
 */
void __ilnp6_lu_session(struct ilnp6_net *in, struct ilnp6_session *s)
{
	s->lu_sum = 0;
	__want(in, s, WANT_NEW, ilnp6_lu_delay());
}

/**
 * __ilnp6_lu_again - something suggests that the peer may now be reached
 * @in: namespace; ilnp6_net.lock held
 * @s: a session with an update that failed
 */
void __ilnp6_lu_again(struct ilnp6_net *in, struct ilnp6_session *s)
{
	__want(in, s, WANT_AGAIN, 0);
}

static void __note(unsigned long *earliest, unsigned long when)
{
	if (when && (!*earliest || time_before(when, *earliest)))
		*earliest = when;
}

/**
 * __ilnp6_lu_remote_changed - a correspondent has other L64s
 * @in: namespace; ilnp6_net.lock held
 * @corr: which; its set and paths are the new ones
 *
 * What it has not acknowledged may reach it there. Lifetimes are watched.
 */
void __ilnp6_lu_remote_changed(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	const struct ilnp6_l64_set *set;
	struct ilnp6_session *s;
	unsigned int i;

	lockdep_assert_held(&in->lock);
	set = rcu_dereference_protected(corr->l64s,
					lockdep_is_held(&in->lock));
	for (i = 0; set && i < set->n; i++)
		if (set->e[i].expires &&
		    time_after(set->e[i].expires, jiffies))
			__note(&in->remote_expiry, set->e[i].expires);
	if (in->remote_expiry)
		__work_at(in, in->remote_expiry);
	hlist_for_each_entry(s, &corr->sessions, node)
		if (s->lu || s->lu_failed)
			__want(in, s, WANT_AGAIN, 0);
}

/**
 * __ilnp6_lu_local_changed - our L64s, or the ways from them, changed
 * @in: namespace; ilnp6_net.lock held
 * @s: session; its paths are built anew
 * @delay: jiffies, see ilnp6_lu_delay()
 */
void __ilnp6_lu_local_changed(struct ilnp6_net *in, struct ilnp6_session *s,
			      unsigned long delay)
{
	__want(in, s, WANT_NEW, delay);
}

/* --- acknowledgements ---------------------------------------------------- */

static bool matches(const struct ilnp6_lu *lu, const u8 *msg, unsigned int n)
{
	struct ilnp6_lu_entry e;
	unsigned int i;
	u32 h = 0;

	for (i = 0; i < n; i++) {
		ilnp6_lu_entry_read(msg, i, &e);
		h = sum_add(h, e.l64, e.preference);
	}
	if ((h ?: 1) == lu->sum)
		return true;
	return n == 1 && e.l64 == lu->first &&
	       e.preference == PEER49_PREFERENCE &&
	       e.lifetime == PEER49_LIFETIME;
}

/**
 * ilnp6_lu_acked - an acknowledgement came
 * @in: namespace; softirq, RCU held
 * @s: session whose nonce it has
 * @msg: the message, checked
 * @n: number of locators
 *
 * Return: false if it acknowledges nothing of what is on its way.
 */
bool ilnp6_lu_acked(struct ilnp6_net *in, struct ilnp6_session *s,
		    const u8 *msg, unsigned int n)
{
	struct ilnp6_lu *lu;
	bool ok;

	spin_lock_bh(&in->lock);
	lu = s->lu;
	ok = lu && lu->tries && matches(lu, msg, n);
	if (ok) {
		if (lu->tries == 1)
			s->rtt = max_t(u32, jiffies - lu->sent, 1);
		s->lu_sum = lu->sum;
		s->lu_failed = 0;
		s->lu_refresh = lu->refresh;
		__note(&in->lu_refresh, lu->refresh);
		__ilnp6_lu_forget(in, s);
		__work_at(in, in->lu_refresh);
	}
	spin_unlock_bh(&in->lock);
	return ok;
}

/* --- sending ------------------------------------------------------------- */

/* One after the other, soon from another of our L64s to another of theirs */
static const struct ilnp6_path *pick(struct ilnp6_net *in,
				     const struct ilnp6_session *s,
				     unsigned int tries)
{
	const struct ilnp6_paths *ps;
	unsigned int n = 0;

	ps = rcu_dereference_protected(s->paths, lockdep_is_held(&in->lock));
	while (ps && n < ps->n && ps->p[n].state != ILNP6_STATE_DOWN)
		n++;
	if (!n)
		return NULL;
	return &ps->p[tries * (n % 5 ? 5 : 7) % n];
}

static void __give_up(struct ilnp6_net *in, struct ilnp6_lu *lu)
{
	struct ilnp6_session *s = lu->s;

	s->lu_failed = lu->sum;
	ilnp6_count(in, ILNP6_STAT_LU_GIVEN_UP);
	ilnp6_notify_lu(in, ILNP6_EVENT_LOCATOR_UPDATE_FAILED, s, lu->tries,
			ILNP6_STAT_LU_GIVEN_UP);
	__ilnp6_lu_forget(in, s);
}

static void __requeue(struct ilnp6_net *in, struct ilnp6_lu *lu,
		      unsigned long wait)
{
	lu->due = jiffies + wait;
	list_del(&lu->list);
	__enqueue(in, lu);
}

/* The next try of one that is due */
static void __try(struct ilnp6_net *in, struct ilnp6_lu *lu,
		  struct sk_buff_head *out)
{
	const struct ilnp6_path *p = pick(in, lu->s, lu->tries);
	struct ilnp6_session *s = lu->s;
	struct sk_buff *skb;
	struct view v;
	unsigned int n;
	u16 lifetime;

	view(in, s, &v);
	lu->sum = view_sum(&v, &n, &lu->first);
	if (!n) {
		__ilnp6_lu_forget(in, s);
		return;
	}
	if (!p) {
		list_move_tail(&lu->list, &in->lu_parked);
		return;
	}
	skb = ilnp6_icmp_build(s, p->local_l64, p->remote_l64, p->ifindex,
			       ILNP6_LU_HDR_LEN + n * ILNP6_LU_ENTRY_LEN);
	if (!skb) {
		__requeue(in, lu, HZ / 10);
		return;
	}
	lifetime = write_msg(&v, skb_transport_header(skb), n);
	__skb_queue_tail(out, skb);
	s->lu_last = jiffies ?: 1;
	lu->sent = jiffies;
	lu->refresh = jiffies + max_t(unsigned long, lifetime * HZ / 2, HZ);
	lu->tries++;
	__requeue(in, lu, msecs_to_jiffies(waits[lu->tries - 1]));
	if (lu->tries == 1)
		ilnp6_notify_lu(in, ILNP6_EVENT_LOCATOR_UPDATE_SENT, s, n, 0);
}

/* What is due, a few at a time; returns false when nothing more may go now */
static bool batch(struct ilnp6_net *in, struct sk_buff_head *out)
{
	unsigned int i;
	bool more = true;

	spin_lock_bh(&in->lock);
	rcu_read_lock();
	for (i = 0; more && i < BATCH; i++) {
		struct ilnp6_lu *lu = __earliest(in);

		more = lu && !time_after(lu->due, jiffies);
		if (!more)
			break;
		if (lu->tries == ILNP6_LU_TRIES) {
			__give_up(in, lu);
			continue;
		}
		more = ilnp6_lu_bucket(&in->lu_tat,
				       READ_ONCE(in->cfg.lu_rate));
		if (more)
			__try(in, lu, out);
		else
			ilnp6_count(in, ILNP6_STAT_LU_RATE);
	}
	rcu_read_unlock();
	spin_unlock_bh(&in->lock);
	return more;
}

static void drain(struct ilnp6_net *in)
{
	struct sk_buff_head out;
	struct sk_buff *skb;
	bool more;

	__skb_queue_head_init(&out);
	do {
		more = batch(in, &out);
		while ((skb = __skb_dequeue(&out)))
			if (!ilnp6_icmp_send(in, skb))
				ilnp6_count(in, ILNP6_STAT_LU_TX_ADV);
		cond_resched();
	} while (more);
}

/* --- the work item ------------------------------------------------------- */

/**
 * __ilnp6_lu_unpark - there may be paths for what had none
 * @in: namespace; ilnp6_net.lock held
 */
void __ilnp6_lu_unpark(struct ilnp6_net *in)
{
	struct ilnp6_lu *lu, *tmp;

	if (!list_empty(&in->lu_parked))
		work_in(in, 0);
	list_for_each_entry_safe(lu, tmp, &in->lu_parked, list) {
		lu->tries = 0;
		__requeue(in, lu, 0);
	}
}

/* Tell lifetimes again before they end */
static void __refresh(struct ilnp6_net *in)
{
	struct ilnp6_session *s;

	if (!in->lu_refresh || time_before(jiffies, in->lu_refresh))
		return;
	in->lu_refresh = 0;
	list_for_each_entry(s, &in->sessions, list) {
		if (s->lu_refresh && !time_before(jiffies, s->lu_refresh)) {
			s->lu_refresh = 0;
			__want(in, s, WANT_REFRESH, 0);
		}
		__note(&in->lu_refresh, s->lu_refresh);
	}
}

static bool __expires(struct ilnp6_net *in, struct ilnp6_corr *corr,
		      unsigned long since, unsigned long *next)
{
	const struct ilnp6_l64_set *set;
	bool any = false;
	unsigned int i;

	set = rcu_dereference_protected(corr->l64s,
					lockdep_is_held(&in->lock));
	for (i = 0; set && i < set->n; i++) {
		unsigned long e = set->e[i].expires;

		if (e && time_after(e, jiffies))
			__note(next, e);
		else if (e && !time_before(e, since))
			any = true;
	}
	return any;
}

/* L64s of correspondents whose lifetime is over are left when there are others */
static void __expire(struct ilnp6_net *in)
{
	unsigned long since = in->remote_expiry, next = 0;
	struct ilnp6_corr *corr;
	struct ilnp6_session *s;

	if (!since || time_before(jiffies, since))
		return;
	list_for_each_entry(corr, &in->corr_list, list) {
		if (!__expires(in, corr, since, &next))
			continue;
		ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE, corr);
		hlist_for_each_entry(s, &corr->sessions, node)
			__ilnp6_paths_build(in, s);
	}
	in->remote_expiry = next;
}

static void lu_work(struct work_struct *work)
{
	struct ilnp6_net *in = container_of(to_delayed_work(work),
					    struct ilnp6_net, lu_work);
	unsigned long next = 0;
	struct ilnp6_lu *lu;

	if (READ_ONCE(in->exiting))
		return;
	spin_lock_bh(&in->lock);
	__refresh(in);
	__expire(in);
	spin_unlock_bh(&in->lock);
	drain(in);
	spin_lock_bh(&in->lock);
	lu = __earliest(in);
	if (lu)
		next = max(lu->due, jiffies + 1);
	__note(&next, in->lu_refresh);
	__note(&next, in->remote_expiry);
	if (next)
		__work_at(in, next);
	spin_unlock_bh(&in->lock);
}

void ilnp6_lu_net_init(struct ilnp6_net *in)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(in->lu_q); i++)
		INIT_LIST_HEAD(&in->lu_q[i]);
	INIT_LIST_HEAD(&in->lu_parked);
	INIT_DELAYED_WORK(&in->lu_work, lu_work);
}

void ilnp6_lu_net_exit(struct ilnp6_net *in)
{
	cancel_delayed_work_sync(&in->lu_work);
}
