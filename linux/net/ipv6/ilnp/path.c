// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths: the pairs of a local and a remote L64 a session may use, with
 * interface, next hop, state and counters; and the one function that chooses
 * a path for a packet.
 *
 * A session's set is replaced as a whole under ilnp6_net.lock and read under
 * RCU. Its first n_up entries are in the rotation: usable, of the best
 * preference at both ends, local L64s varying fastest so that packets in a
 * row leave by different interfaces and every pair gets its turn.
 */
#include <net/addrconf.h>
#include <net/ip6_route.h>

#include "ilnp6.h"

static struct ilnp6_path_stat *stat_new(void)
{
	struct ilnp6_path_stat *st = kzalloc(sizeof(*st), GFP_ATOMIC);

	if (st) {
		refcount_set(&st->ref, 1);
		st->last_rx = jiffies;
		st->probe_time = jiffies;
	}
	return st;
}

/**
 * ilnp6_path_stat_put - let go of what outlives path sets
 * @st: or NULL
 */
void ilnp6_path_stat_put(struct ilnp6_path_stat *st)
{
	if (st && refcount_dec_and_test(&st->ref))
		kfree(st);
}

/**
 * ilnp6_paths_release - free a path set nobody reads any more
 * @ps: the set or NULL
 */
void ilnp6_paths_release(struct ilnp6_paths *ps)
{
	unsigned int i;

	if (!ps)
		return;
	for (i = 0; i < ps->n; i++) {
		dst_release(ps->p[i].dst);
		ilnp6_path_stat_put(ps->p[i].stat);
	}
	kfree(ps);
}

static void release_rcu(struct rcu_head *rcu)
{
	ilnp6_paths_release(container_of(rcu, struct ilnp6_paths, rcu));
}

static atomic_t next_id;

/* Where the hint of a pair of L64s is: their low words differ most */
static unsigned int hint_slot(__be64 local_l64, __be64 remote_l64)
{
	u64 h = (__force u64)local_l64 + 3 * (__force u64)remote_l64;

	return h * GOLDEN_RATIO_64 >> 60;
}

/**
 * ilnp6_path_find - the path of a pair of L64s
 * @ps: the set; may be NULL
 * @local_l64: network order
 * @remote_l64: network order
 *
 * Return: the path or NULL.
 */
struct ilnp6_path *ilnp6_path_find(const struct ilnp6_paths *ps,
				   __be64 local_l64, __be64 remote_l64)
{
	const struct ilnp6_path *p;
	unsigned int i;

	if (!ps || !ps->n)
		return NULL;
	p = &ps->p[ps->hint[hint_slot(local_l64, remote_l64)]];
	if (likely(p->local_l64 == local_l64 && p->remote_l64 == remote_l64))
		return (struct ilnp6_path *)p;
	for (i = 0; i < ps->n; i++) {
		p = &ps->p[i];
		if (p->local_l64 == local_l64 && p->remote_l64 == remote_l64)
			return (struct ilnp6_path *)p;
	}
	return NULL;
}

/**
 * ilnp6_route - the route to a correspondent, whatever MTU was learned
 * @net: namespace
 * @fl6: what to look for; the destination is changed
 *
 * The kernel keeps a path's MTU with a clone of the route for one address.
 * What it tells sockets there leaves room for our option; packets that have
 * the option must not be measured by it again. Hence the route of an address
 * beside it, if that is the same route.
 *
 * Context: RCU held.
 * Return: a reference; dst->error says whether there is a route.
 */
struct dst_entry *ilnp6_route(struct net *net, struct flowi6 *fl6)
{
	struct dst_entry *d, *beside;
	struct rt6_info *rt;

	d = ip6_route_output_flags(net, NULL, fl6, RT6_LOOKUP_F_IFACE);
	rt = dst_rt6_info(d);
	if (likely(!(rt->rt6i_flags & RTF_CACHE)))
		return d;
	fl6->daddr.s6_addr[15] ^= 1;
	beside = ip6_route_output_flags(net, NULL, fl6, RT6_LOOKUP_F_IFACE);
	if (rcu_access_pointer(dst_rt6_info(beside)->from) !=
	    rcu_access_pointer(rt->from))
		swap(beside, d);
	dst_release(d);
	return beside;
}

/*
 * The way out: what the routing table says for this interface, but the
 * router that goes with the L64 for all that is not on the link, as other
 * providers drop its source (RFC 8028).
 */
static bool resolve(struct ilnp6_net *in, const struct ilnp6_session *s,
		    const struct ilnp6_local_l64 *l, struct ilnp6_path *p)
{
	struct ilnp6_addr src = { .l64 = p->local_l64, .nid = s->local_nid };
	struct ilnp6_addr dst = { .l64 = p->remote_l64, .nid = s->corr->nid };
	struct flowi6 fl6 = {
		.saddr = src.in6,
		.daddr = dst.in6,
		.flowi6_oif = l->ifindex,
	};
	struct dst_entry *d;
	struct rt6_info *rt;
	bool ok = false;

	d = ilnp6_route(in->net, &fl6);
	rt = dst_rt6_info(d);
	if (!d->error && d->dev->ifindex == l->ifindex &&
	    !(rt->rt6i_flags & RTF_GATEWAY) && rt->rt6i_dst.plen) {
		p->nexthop = dst.in6;
		ok = true;
	} else if (!ipv6_addr_any(&l->via)) {
		p->nexthop = l->via;
		ok = true;
	} else if (!d->error && d->dev->ifindex == l->ifindex) {
		p->nexthop = *rt6_nexthop(rt, &dst.in6);
		ok = true;
	}
	if (ok && !d->error && d->dev->ifindex == l->ifindex &&
	    rt->rt6i_flags & RTF_GATEWAY &&
	    ipv6_addr_equal(&rt->rt6i_gateway, &p->nexthop) &&
	    xa_load(&in->devs, l->ifindex))
		p->dst = d;
	else
		dst_release(d);
	return ok;
}

static u8 pair_state(struct ilnp6_net *in, const struct ilnp6_session *s,
		     const struct ilnp6_local_l64 *l,
		     const struct ilnp6_remote_l64 *r, int slot,
		     struct ilnp6_path *p)
{
	/* A deleted NID serves its sessions for as long as they live */
	if (!l->usable || (slot >= 0 && !(l->nid_ready & BIT(slot))))
		return ILNP6_STATE_DOWN;
	if (p->preference == ILNP6_PREF_NEVER)
		return ILNP6_STATE_DOWN;
	if (!resolve(in, s, l, p))
		return ILNP6_STATE_DOWN;
	if (p->stat->suspect)
		return ILNP6_STATE_SUSPECT;
	/*
	 * Past its lifetime, or to be routed only if somebody translates L64s
	 * (RFC 6748 section 3): for use only if nothing else is left
	 */
	if ((r->expires && time_after_eq(jiffies, r->expires)) ||
	    ilnp6_is_ula(p->local_l64) != ilnp6_is_ula(p->remote_l64))
		return ILNP6_STATE_BACKUP;
	return ILNP6_STATE_UP;
}

/* Rotation first, then backups by preference, then the rest */
static int rank(const struct ilnp6_path *p)
{
	switch (p->state) {
	case ILNP6_STATE_UP:
		return 0;
	case ILNP6_STATE_BACKUP:
		return 1;
	case ILNP6_STATE_SUSPECT:
		return 2;
	default:
		return 3;
	}
}

/* Stable, so that local L64s go on varying fastest; sets are small */
static void order(struct ilnp6_paths *ps)
{
	unsigned int i, j;

	for (i = 1; i < ps->n; i++) {
		struct ilnp6_path p = ps->p[i];

		for (j = i; j && rank(&ps->p[j - 1]) > rank(&p); j--)
			ps->p[j] = ps->p[j - 1];
		ps->p[j] = p;
	}
}

#define NO_ORDER	U32_MAX	/* ILNP6_PREF_NEVER at both ends: never up */

static u32 best_of(const struct ilnp6_paths *ps, u8 state)
{
	u32 best = NO_ORDER;
	unsigned int i;

	for (i = 0; i < ps->n; i++)
		if (ps->p[i].state == state)
			best = min(best, ps->p[i].order);
	return best;
}

/* Nothing better is left; returns the order of what is used now */
static u32 promote(struct ilnp6_paths *ps, u8 state)
{
	u32 best = best_of(ps, state);
	unsigned int i;

	if (best == NO_ORDER)
		return best;
	for (i = 0; i < ps->n; i++)
		if (ps->p[i].state == state && ps->p[i].order == best)
			ps->p[i].state = ILNP6_STATE_UP;
	return best;
}

static void classify(struct ilnp6_paths *ps)
{
	u32 best = best_of(ps, ILNP6_STATE_UP);
	unsigned int i;

	/* One past its lifetime, or that looks dead, beats none */
	if (best == NO_ORDER)
		best = promote(ps, ILNP6_STATE_BACKUP);
	if (best == NO_ORDER)
		best = promote(ps, ILNP6_STATE_SUSPECT);
	for (i = 0; i < ps->n; i++)
		if (ps->p[i].state == ILNP6_STATE_UP &&
		    ps->p[i].order != best)
			ps->p[i].state = ILNP6_STATE_BACKUP;
	order(ps);
	ps->n_up = 0;
	for (i = 0; i < ps->n; i++) {
		if (ps->p[i].state == ILNP6_STATE_UP)
			ps->n_up++;
		ps->hint[hint_slot(ps->p[i].local_l64,
				   ps->p[i].remote_l64)] = i;
	}
}

static void tell(struct ilnp6_net *in, struct ilnp6_session *s,
		 const struct ilnp6_paths *old, const struct ilnp6_paths *ps)
{
	unsigned int i;

	for (i = 0; i < ps->n; i++) {
		const struct ilnp6_path *p = &ps->p[i], *o;
		bool up = p->state == ILNP6_STATE_UP, was;

		o = ilnp6_path_find(old, p->local_l64, p->remote_l64);
		was = o && o->state == ILNP6_STATE_UP;
		if (up != was)
			ilnp6_notify_path(in, up ? ILNP6_EVENT_PATH_UP :
						   ILNP6_EVENT_PATH_DOWN, s, p);
		if (up && !was && old)
			__ilnp6_wake(in, s);
	}
	for (i = 0; old && i < old->n; i++) {
		const struct ilnp6_path *o = &old->p[i];

		if (o->state == ILNP6_STATE_UP &&
		    !ilnp6_path_find(ps, o->local_l64, o->remote_l64))
			ilnp6_notify_path(in, ILNP6_EVENT_PATH_DOWN, s, o);
	}
}

static struct ilnp6_paths __rcu **set_slot(struct ilnp6_net *in, u32 id)
{
	return &in->sets[id % ARRAY_SIZE(in->sets)];
}

/**
 * __ilnp6_paths_forget - a session's set is not to be found by its number
 * @in: namespace; ilnp6_net.lock held
 * @s: the session
 */
void __ilnp6_paths_forget(struct ilnp6_net *in, struct ilnp6_session *s)
{
	struct ilnp6_paths __rcu **slot;
	struct ilnp6_paths *ps;

	ps = rcu_dereference_protected(s->paths, lockdep_is_held(&in->lock));
	if (!ps)
		return;
	slot = set_slot(in, ps->id);
	if (rcu_access_pointer(*slot) == ps)
		RCU_INIT_POINTER(*slot, NULL);
}

/**
 * ilnp6_paths_of_turn - the set that LOCAL_OUT chose a path of
 * @in: namespace; RCU held
 * @skb: the packet
 * @ip6: its header, with bound addresses
 *
 * Spares the second look for its session, unless that has other paths by now
 * or more sessions than there are slots.
 *
 * Return: the set, of which @skb's turn has the index, or NULL.
 */
struct ilnp6_paths *ilnp6_paths_of_turn(struct ilnp6_net *in,
					struct sk_buff *skb,
					const struct ipv6hdr *ip6)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	const struct ilnp6_turn *turn = ilnp6_turn(skb);
	const struct ilnp6_session *s;
	struct ilnp6_paths *ps;

	ps = rcu_dereference(*set_slot(in, turn->set));
	if (!ilnp6_turn_of(turn, ps))
		return NULL;
	s = ps->s;
	if (s->local_nid != src->nid || s->bound_local != src->l64 ||
	    s->corr->nid != dst->nid || s->bound_remote != dst->l64)
		return NULL;
	return ps;
}

/* The pair of index @i, local L64s fastest; false: no memory */
static bool fill(struct ilnp6_net *in, const struct ilnp6_session *s,
		 const struct ilnp6_locals *loc,
		 const struct ilnp6_l64_set *set,
		 const struct ilnp6_paths *old, unsigned int i, int slot,
		 struct ilnp6_path *p)
{
	const struct ilnp6_local_l64 *l = &loc->l64s[i % loc->n_l64s];
	const struct ilnp6_remote_l64 *r = &set->e[i / loc->n_l64s];
	const struct ilnp6_path *o;

	p->local_l64 = l->l64;
	p->remote_l64 = r->l64;
	p->sum = ilnp6_csum_l64s(l->l64, r->l64);
	p->preference = max(l->preference, r->preference);
	p->order = (u32)p->preference << 16 |
		   min(l->preference, r->preference);
	p->ifindex = l->ifindex;
	o = ilnp6_path_find(old, l->l64, r->l64);
	if (o && o->ifindex == l->ifindex) {
		p->stat = o->stat;
		refcount_inc(&p->stat->ref);
	} else {
		p->stat = stat_new();
	}
	if (!p->stat)
		return false;
	p->state = pair_state(in, s, l, r, slot, p);
	/* New or back: routers may not be ready. In use only once it answers */
	if (p->state == ILNP6_STATE_UP && old && old->n_up &&
	    (!o || o->state == ILNP6_STATE_DOWN) &&
	    ilnp6_live_validate(in, s, p->stat))
		p->state = ILNP6_STATE_SUSPECT;
	return true;
}

static void rebuild_in(struct ilnp6_net *in, unsigned long delay)
{
	if (!READ_ONCE(in->exiting))
		mod_delayed_work(system_long_wq, &in->path_work, delay);
}

/**
 * __ilnp6_paths_build - make a session's path set anew
 * @in: namespace; ilnp6_net.lock held
 * @s: the session
 *
 * Without memory the old set stays, and it is tried again soon.
 */
void __ilnp6_paths_build(struct ilnp6_net *in, struct ilnp6_session *s)
{
	const struct ilnp6_locals *loc;
	const struct ilnp6_l64_set *set;
	struct ilnp6_paths *ps, *old;
	unsigned int i, n;
	int slot;

	lockdep_assert_held(&in->lock);
	rcu_read_lock();
	loc = rcu_dereference(in->locals);
	set = rcu_dereference(s->corr->l64s);
	old = rcu_dereference_protected(s->paths, lockdep_is_held(&in->lock));
	n = loc && set ? min_t(unsigned int, loc->n_l64s * set->n,
			       ILNP6_PATHS_MAX) : 0;
	ps = kzalloc(struct_size(ps, p, n), GFP_ATOMIC);
	if (!ps)
		goto retry;
	ps->s = s;
	ps->n = n;
	ps->id = atomic_inc_return(&next_id);
	slot = loc ? ilnp6_locals_nid_slot(loc, s->local_nid) : -1;
	for (i = 0; i < n; i++)
		if (!fill(in, s, loc, set, old, i, slot, &ps->p[i]))
			goto free;
	classify(ps);
	__ilnp6_paths_forget(in, s);
	rcu_assign_pointer(s->paths, ps);
	if (!s->dead)
		rcu_assign_pointer(*set_slot(in, ps->id), ps);
	tell(in, s, old, ps);
	if (old)
		call_rcu(&old->rcu, release_rcu);
	rcu_read_unlock();
	return;

free:
	ilnp6_paths_release(ps);
retry:
	rebuild_in(in, HZ);
	rcu_read_unlock();
}

static bool __in_reach(struct ilnp6_net *in, const struct ilnp6_session *s)
{
	const struct ilnp6_paths *ps;

	ps = rcu_dereference_protected(s->paths, lockdep_is_held(&in->lock));
	return ps && ps->n_up;
}

static void __rebuild(struct ilnp6_net *in, struct ilnp6_session *s,
		      unsigned long delay)
{
	bool was = __in_reach(in, s);

	__ilnp6_paths_build(in, s);
	/* In reach again, and its peer does not know where: no delay */
	__ilnp6_lu_local_changed(in, s,
				 !was && __in_reach(in, s) ? 0 : delay);
}

/* Correspondents under one lock */
#define CHUNK	16

static bool rebuild_some(struct ilnp6_net *in, unsigned long delay)
{
	struct ilnp6_session *s;
	unsigned int i;
	bool more;

	spin_lock_bh(&in->lock);
	for (i = 0; i < CHUNK && in->path_next; i++) {
		struct ilnp6_corr *corr = in->path_next;

		hlist_for_each_entry(s, &corr->sessions, node)
			__rebuild(in, s, delay);
		__ilnp6_path_skip(in, corr);
	}
	more = in->path_next;
	if (!more)
		__ilnp6_lu_unpark(in);
	spin_unlock_bh(&in->lock);
	return more;
}

static void path_work(struct work_struct *work)
{
	struct ilnp6_net *in = container_of(to_delayed_work(work),
					    struct ilnp6_net, path_work);
	unsigned long delay = ilnp6_lu_delay();

	spin_lock_bh(&in->lock);
	in->path_next = list_first_entry_or_null(&in->corr_list,
						 struct ilnp6_corr, list);
	spin_unlock_bh(&in->lock);
	while (rebuild_some(in, delay) && !READ_ONCE(in->exiting))
		cond_resched();
}

/**
 * __ilnp6_path_skip - no more paths to build for a correspondent
 * @in: namespace; ilnp6_net.lock held
 * @corr: which is done, or goes
 */
void __ilnp6_path_skip(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	if (in->path_next != corr)
		return;
	in->path_next = list_is_last(&corr->list, &in->corr_list) ? NULL :
			list_next_entry(corr, list);
}

/**
 * ilnp6_path_rebuild - the local side or its routes changed
 * @in: namespace; any context
 */
void ilnp6_path_rebuild(struct ilnp6_net *in)
{
	rebuild_in(in, 0);
}

void ilnp6_path_net_init(struct ilnp6_net *in)
{
	INIT_DELAYED_WORK(&in->path_work, path_work);
}

void ilnp6_path_net_exit(struct ilnp6_net *in)
{
	cancel_delayed_work_sync(&in->path_work);
}

static bool has_carrier(const struct ilnp6_path *p)
{
	return !p->dst || netif_carrier_ok(p->dst->dev);
}

/*
 * A packet for a link that was just lost would wait for its router to be
 * found again, and TCP does not repeat what has not left the host.
 */
static unsigned int instead(const struct ilnp6_paths *ps, unsigned int i)
{
	unsigned int n;

	for (n = 1; n < ps->n_up; n++)
		if (has_carrier(&ps->p[(i + n) % ps->n_up]))
			return (i + n) % ps->n_up;
	return i;
}

/**
 * ilnp6_path_choose - the path for a packet; the only place that chooses
 * @in: namespace; RCU held
 * @s: its session
 * @skb: the packet
 * @frag_id: identification of the datagram it is a fragment of, or 0: all
 *	fragments of one datagram take one path
 *
 * Return: a path that is up, or NULL.
 */
struct ilnp6_path *ilnp6_path_choose(struct ilnp6_net *in,
				     struct ilnp6_session *s,
				     const struct sk_buff *skb, u32 frag_id)
{
	struct ilnp6_paths *ps = rcu_dereference(s->paths);
	unsigned int i;

	if (unlikely(!ps || !ps->n_up))
		return NULL;
	if (ps->n_up == 1)
		return &ps->p[0];
	if (unlikely(frag_id))
		i = jhash_1word(frag_id, in->flow_seed) % ps->n_up;
	else
		i = READ_ONCE(in->cfg.sched)->choose(s, ps, skb);
	if (unlikely(!has_carrier(&ps->p[i])))
		i = instead(ps, i);
	return &ps->p[i];
}

static void count(atomic64_t *packets, atomic64_t *bytes,
		  const struct sk_buff *skb, unsigned int hdrlen,
		  unsigned int len)
{
	unsigned int n = 1;

	if (skb_is_gso(skb)) {
		unsigned int size = skb_shinfo(skb)->gso_size;

		n = skb_shinfo(skb)->gso_segs;
		if (!n && size)
			n = DIV_ROUND_UP(len - min(len, hdrlen), size);
		n = max(n, 1U);
		len += (n - 1) * hdrlen;
	}
	atomic64_add(n, packets);
	atomic64_add(len, bytes);
}

/**
 * ilnp6_path_count_tx - a packet leaves over a path
 * @p: the path
 * @skb: the packet
 * @hdrlen: octets of IPv6 to transport header, which each GSO segment repeats
 * @len: octets from the IPv6 header on
 */
void ilnp6_path_count_tx(struct ilnp6_path *p, const struct sk_buff *skb,
			 unsigned int hdrlen, unsigned int len)
{
	count(&p->stat->tx_packets, &p->stat->tx_bytes, skb, hdrlen, len);
	if (p->stat->last_tx != jiffies)
		WRITE_ONCE(p->stat->last_tx, jiffies);
}

/**
 * ilnp6_path_count_own - a message of the module's own leaves over a path
 * @p: the path
 * @len: octets from the IPv6 header on
 *
 * It does not make the path one in use.
 */
void ilnp6_path_count_own(struct ilnp6_path *p, unsigned int len)
{
	atomic64_inc(&p->stat->tx_packets);
	atomic64_add(len, &p->stat->tx_bytes);
}

/**
 * ilnp6_path_count_rx - a packet came in over a path
 * @p: the path
 * @skb: the packet
 * @hdrlen: octets of IPv6 to transport header
 * @len: octets from the IPv6 header on
 */
void ilnp6_path_count_rx(struct ilnp6_path *p, const struct sk_buff *skb,
			 unsigned int hdrlen, unsigned int len)
{
	count(&p->stat->rx_packets, &p->stat->rx_bytes, skb, hdrlen, len);
	if (p->stat->last_rx != jiffies)
		WRITE_ONCE(p->stat->last_rx, jiffies);
}
