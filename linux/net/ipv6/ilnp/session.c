// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: a pair of NIDs with one nonce each way and the bound I-LVs that
 * sockets see (RFC 6740 section 2.3, RFC 6744 section 5.2); and the flows
 * that differ from their session, by other bound L64s or by being plain IPv6.
 *
 * Packets read under RCU; every change is made under ilnp6_net.lock. A
 * session somebody else began stays tentative until the peer has answered an
 * answer of ours; tentative ones are few, short-lived and the oldest goes
 * first, so that spoofed first packets cost their sender, not us.
 */
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/inet6_hashtables.h>

#include "ilnp6.h"

#define GC_INTERVAL		HZ
#define PLAIN_FLOW_TIMEOUT	(120 * HZ)
#define FLOW_EVICT_AGE		(60 * HZ)
#define SESSION_EVICT_AGE	(300 * HZ)
#define TENTATIVE_EVICT_AGE	HZ
#define RESTART_IDLE		(10 * HZ)
#define PROOF_ROUNDS		2

/**
 * ilnp6_session_find_tx - the session whose bound I-LVs a packet carries
 * @list: correspondents with its destination NID; RCU held
 * @ip6: header of a packet sockets made
 *
 * Return: the session or NULL.
 */
struct ilnp6_session *ilnp6_session_find_tx(struct rhlist_head *list,
					    const struct ipv6hdr *ip6)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	struct rhlist_head *pos;
	struct ilnp6_corr *corr;
	struct ilnp6_session *s;

	rhl_for_each_entry_rcu(corr, pos, list, node)
		hlist_for_each_entry_rcu(s, &corr->sessions, node)
			if (s->local_nid == src->nid &&
			    s->bound_local == src->l64 &&
			    s->bound_remote == dst->l64)
				return s;
	return NULL;
}

/**
 * ilnp6_session_find_rx - the session a received nonce belongs to
 * @in: namespace; RCU held
 * @ip6: header of the received packet
 * @nonce: octets of the nonce
 * @len: how many
 *
 * RFC 6741 section 5.4: by remote NID and nonce, whatever the source L64.
 *
 * Return: the session or NULL.
 */
struct ilnp6_session *ilnp6_session_find_rx(struct ilnp6_net *in,
					    const struct ipv6hdr *ip6,
					    const u8 *nonce, u8 len)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	struct rhlist_head *pos, *list;
	struct ilnp6_corr *corr;
	struct ilnp6_session *s;

	list = ilnp6_corr_bucket(in, src->nid);
	rhl_for_each_entry_rcu(corr, pos, list, node)
		hlist_for_each_entry_rcu(s, &corr->sessions, node)
			if (s->local_nid == dst->nid &&
			    ilnp6_nonce_equal(&s->rx, nonce, len))
				return s;
	return NULL;
}

/**
 * ilnp6_session_of - a correspondent's session with one of our NIDs
 * @corr: correspondent; RCU or ilnp6_net.lock held
 * @local_nid: network order
 *
 * Return: the session or NULL.
 */
struct ilnp6_session *ilnp6_session_of(struct ilnp6_corr *corr,
				       __be64 local_nid)
{
	struct ilnp6_session *s;

	hlist_for_each_entry_rcu(s, &corr->sessions, node, true)
		if (s->local_nid == local_nid)
			return s;
	return NULL;
}

static void set_tx_nonce(struct ilnp6_session *s,
			 const struct ilnp6_nonce *nonce)
{
	s->tx = *nonce;
	s->opt_len = ilnp6_nonce_build(s->opt, 0, nonce);
}

static void new_tx_nonce(struct ilnp6_net *in, struct ilnp6_session *s)
{
	const struct ilnp6_corr_cfg *cfg = &s->corr->cfg;
	struct ilnp6_nonce nonce;

	nonce.len = cfg->nonce_len ?: READ_ONCE(in->cfg.nonce_len);
	get_random_bytes(nonce.val, sizeof(nonce.val));
	ilnp6_nonce_fit(&nonce);
	set_tx_nonce(s, &nonce);
}

static void __set_rx_nonce(struct ilnp6_net *in, struct ilnp6_session *s,
			   const struct ilnp6_nonce *nonce)
{
	s->rx = *nonce;
	s->rx_next.len = 0;
	if (s->corr->cfg.nonce_habit == ILNP6_NONCE_ECHO)
		set_tx_nonce(s, nonce);
}

/* Linked last, so that packets find it complete */
static void __link(struct ilnp6_net *in, struct ilnp6_session *s)
{
	if (s->state == ILNP6_STATE_TENTATIVE) {
		list_add_tail(&s->list, &in->tentative);
		in->n_tentative++;
	} else {
		list_add_tail(&s->list, &in->sessions);
	}
	in->n_sessions++;
	hlist_add_head_rcu(&s->node, &s->corr->sessions);
	ilnp6_count(in, ILNP6_STAT_SESSION_NEW);
	ilnp6_notify_session(in, ILNP6_EVENT_SESSION_ADD, s);
	ilnp6_live_kick(in);
	mod_delayed_work(system_wq, &in->gc_work, GC_INTERVAL);
}

static void free_rcu(struct rcu_head *rcu)
{
	struct ilnp6_session *s = container_of(rcu, struct ilnp6_session, rcu);

	ilnp6_paths_release(rcu_dereference_protected(s->paths, true));
	kfree(s);
}

/**
 * __ilnp6_session_del - forget a session
 * @in: namespace; ilnp6_net.lock held
 * @s: unlinked here, freed after a grace period
 */
void __ilnp6_session_del(struct ilnp6_net *in, struct ilnp6_session *s)
{
	lockdep_assert_held(&in->lock);
	if (s->dead)
		return;
	s->dead = true;
	__ilnp6_paths_forget(in, s);
	__ilnp6_lu_forget(in, s);
	hlist_del_rcu(&s->node);
	list_del(&s->list);
	in->n_sessions--;
	if (s->state == ILNP6_STATE_TENTATIVE)
		in->n_tentative--;
	ilnp6_notify_session(in, ILNP6_EVENT_SESSION_DEL, s);
	call_rcu(&s->rcu, free_rcu);
}

/* The learned correspondent of a session that goes has no other reason */
static void __drop(struct ilnp6_net *in, struct ilnp6_session *s)
{
	struct ilnp6_corr *corr = s->corr;

	__ilnp6_session_del(in, s);
	if (corr->cfg.origin == ILNP6_ORIGIN_LEARNED &&
	    hlist_empty(&corr->sessions))
		__ilnp6_corr_del(in, corr);
}

static bool idle_for(const struct ilnp6_session *s, unsigned long age)
{
	return time_after(jiffies, READ_ONCE(s->last_rx) + age) &&
	       time_after(jiffies, READ_ONCE(s->last_tx) + age);
}

/* Room for one more session: drop one nobody misses, or say no */
static bool __make_room(struct ilnp6_net *in, bool tentative)
{
	struct ilnp6_session *s;
	unsigned int n = 0;

	if (in->exiting)
		return false;
	if (tentative &&
	    in->n_tentative >= READ_ONCE(in->cfg.max_tentative)) {
		s = list_first_entry_or_null(&in->tentative,
					     struct ilnp6_session, list);
		if (!s || !idle_for(s, TENTATIVE_EVICT_AGE)) {
			ilnp6_count(in, ILNP6_STAT_RX_TENTATIVE_FULL);
			return false;
		}
		__drop(in, s);
	}
	if (in->n_sessions < READ_ONCE(in->cfg.max_sessions))
		return true;
	list_for_each_entry(s, &in->sessions, list) {
		if (idle_for(s, SESSION_EVICT_AGE)) {
			__drop(in, s);
			return true;
		}
		if (++n >= 32)
			break;
	}
	list_rotate_left(&in->sessions);
	ilnp6_count(in, ILNP6_STAT_TABLE_FULL);
	return false;
}

static struct ilnp6_session *__new(struct ilnp6_net *in,
				   struct ilnp6_corr *corr, __be64 local_nid,
				   __be64 bound_local, __be64 bound_remote,
				   const struct ilnp6_nonce *rx)
{
	struct ilnp6_session *s;

	s = kzalloc(sizeof(*s), GFP_ATOMIC);
	if (!s)
		return NULL;
	s->corr = corr;
	s->local_nid = local_nid;
	s->bound_local = bound_local;
	s->bound_remote = bound_remote;
	s->bound_sum = ilnp6_csum_l64s(bound_local, bound_remote);
	s->csum = ilnp6_corr_checksum(in, corr);
	s->csum_rx = corr->csum_learned;
	s->state = rx ? ILNP6_STATE_TENTATIVE : ILNP6_STATE_ESTABLISHED;
	s->last_rx = jiffies;
	s->last_tx = jiffies;
	s->greet_time = jiffies;
	new_tx_nonce(in, s);
	if (rx)
		__set_rx_nonce(in, s, rx);
	__ilnp6_paths_build(in, s);
	__link(in, s);
	return s;
}

/**
 * ilnp6_session_new - begin a session
 * @in: namespace; RCU held
 * @corr: with whom
 * @local_nid: network order
 * @bound_local: L64 sockets see at our side
 * @bound_remote: L64 sockets see at the peer's side
 * @rx: the peer's nonce if it began, NULL if we do
 *
 * Return: the session, also one that another CPU began meanwhile; NULL if
 * there is no room or no memory.
 */
struct ilnp6_session *ilnp6_session_new(struct ilnp6_net *in,
					struct ilnp6_corr *corr,
					__be64 local_nid, __be64 bound_local,
					__be64 bound_remote,
					const struct ilnp6_nonce *rx)
{
	struct ilnp6_session *s = NULL;

	spin_lock_bh(&in->lock);
	if (corr->dead)
		goto out;
	s = ilnp6_session_of(corr, local_nid);
	if (s || !__make_room(in, rx))
		goto out;
	/* Making room may have dropped a learned correspondent: this one? */
	if (!corr->dead)
		s = __new(in, corr, local_nid, bound_local, bound_remote, rx);
out:
	spin_unlock_bh(&in->lock);
	return s;
}

/**
 * ilnp6_session_learn - first contact by a stranger
 * @in: namespace; RCU held
 * @ip6: header of the received packet; its destination is an I-LV of ours
 * @rx: the nonce it carries
 *
 * Return: a tentative session with a learned correspondent, or NULL.
 */
struct ilnp6_session *ilnp6_session_learn(struct ilnp6_net *in,
					  const struct ipv6hdr *ip6,
					  const struct ilnp6_nonce *rx)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	const struct ilnp6_corr_cfg cfg = { .origin = ILNP6_ORIGIN_LEARNED };
	struct ilnp6_session *s = NULL;
	struct ilnp6_l64_set *set;
	struct ilnp6_corr *corr;

	set = ilnp6_l64_set_alloc(1, GFP_ATOMIC);
	if (!set)
		return NULL;
	set->e[0].l64 = src->l64;
	set->e[0].preference = ILNP6_PREF_DEFAULT;
	spin_lock_bh(&in->lock);
	if (!__make_room(in, true))
		goto out;
	corr = __ilnp6_corr_new(in, src->nid, &cfg, set,
				ILNP6_MODE_TENTATIVE, GFP_ATOMIC);
	if (IS_ERR(corr))
		goto out;
	set = NULL;
	s = __new(in, corr, dst->nid, dst->l64, src->l64, rx);
	if (!s)
		__ilnp6_corr_del(in, corr);
out:
	spin_unlock_bh(&in->lock);
	kfree(set);
	return s;
}

/* May an unknown nonce be this session's, given where it comes from? */
static bool __may_adopt(const struct ilnp6_session *s, bool first)
{
	if (!s->rx.len || !s->rx_proven)
		return true;
	/* A restarted peer, or one that forgot us while nothing was said */
	return first || time_after(jiffies, READ_ONCE(s->last_rx) +
					    RESTART_IDLE);
}

/**
 * ilnp6_session_adopt - take an unknown nonce from a known I-LV
 * @in: namespace; RCU held
 * @ip6: header of the received packet
 * @nonce: what it carries
 * @first: the packet may begin a session
 *
 * A session we began takes the first nonce that comes back. One that has a
 * nonce remembers a new one beside it: it becomes the session's when the
 * peer uses it again after we sent something, so a single forged packet
 * changes nothing.
 *
 * Return: the session that takes the packet or NULL.
 */
struct ilnp6_session *ilnp6_session_adopt(struct ilnp6_net *in,
					  const struct ipv6hdr *ip6,
					  const struct ilnp6_nonce *nonce,
					  bool first)
{
	const struct ilnp6_addr *src = ilnp6_addr(&ip6->saddr);
	const struct ilnp6_addr *dst = ilnp6_addr(&ip6->daddr);
	struct ilnp6_session *s = NULL;
	struct ilnp6_corr *corr;

	spin_lock_bh(&in->lock);
	corr = ilnp6_corr_lookup(in, src->nid, src->l64);
	if (corr)
		s = ilnp6_session_of(corr, dst->nid);
	if (!s)
		goto out;
	if (ilnp6_nonce_equal(&s->rx_next, nonce->val, nonce->len)) {
		if (READ_ONCE(s->answered)) {
			__set_rx_nonce(in, s, nonce);
			s->rx_proven = true;
			__ilnp6_lu_session(in, s);
		}
	} else if (!__may_adopt(s, first)) {
		s = NULL;
	} else if (!s->rx.len || !s->rx_proven) {
		__set_rx_nonce(in, s, nonce);
	} else {
		s->rx_next = *nonce;
		WRITE_ONCE(s->answered, false);
	}
out:
	spin_unlock_bh(&in->lock);
	return s;
}

/**
 * ilnp6_session_prove - the peer has used its nonce again
 * @in: namespace; RCU held
 * @s: the session; not proven yet
 * @transport: its transport has shown that it received what we sent
 *
 * Where the transport cannot tell (UDP, ICMPv6), answers to what we sent
 * count. Only called until the session is proven.
 */
void ilnp6_session_prove(struct ilnp6_net *in, struct ilnp6_session *s,
			 bool transport)
{
	bool answered;

	spin_lock_bh(&in->lock);
	if (s->dead || s->rx_proven)
		goto out;
	answered = xchg(&s->answered, false);
	if (!transport && !(answered && ++s->rounds >= PROOF_ROUNDS))
		goto out;
	s->rx_proven = true;
	if (s->state == ILNP6_STATE_TENTATIVE) {
		s->state = ILNP6_STATE_ESTABLISHED;
		list_move_tail(&s->list, &in->sessions);
		in->n_tentative--;
		ilnp6_count(in, ILNP6_STAT_SESSION_PROVEN);
	}
	ilnp6_notify_session(in, ILNP6_EVENT_SESSION_CHANGE, s);
	if (s->corr->mode != ILNP6_MODE_ILNP) {
		WRITE_ONCE(s->corr->mode, ILNP6_MODE_ILNP);
		ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE,
				  s->corr);
	}
	__ilnp6_lu_session(in, s);
out:
	spin_unlock_bh(&in->lock);
}

/**
 * ilnp6_session_set_csum_rx - the peer was seen to use a checksum mode
 * @in: namespace; RCU held
 * @s: the session
 * @mode: ipv6 or nid
 */
void ilnp6_session_set_csum_rx(struct ilnp6_net *in, struct ilnp6_session *s,
			       u8 mode)
{
	struct ilnp6_corr *corr = s->corr;

	spin_lock_bh(&in->lock);
	s->csum_rx = mode;
	if (!corr->dead && corr->csum_learned != mode) {
		corr->csum_learned = mode;
		s->csum = ilnp6_corr_checksum(in, corr);
		ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE, corr);
	}
	spin_unlock_bh(&in->lock);
}

/**
 * __ilnp6_session_reconfig - the correspondent's policy was changed
 * @in: namespace; ilnp6_net.lock held
 * @s: one of its sessions
 *
 * The nonce stays: a peer would take a new one for a forgery.
 */
void __ilnp6_session_reconfig(struct ilnp6_net *in, struct ilnp6_session *s)
{
	lockdep_assert_held(&in->lock);
	WRITE_ONCE(s->csum, ilnp6_corr_checksum(in, s->corr));
	if (s->corr->cfg.nonce_habit == ILNP6_NONCE_ECHO && s->rx.len)
		set_tx_nonce(s, &s->rx);
	__ilnp6_paths_build(in, s);
}

/* --- flows --------------------------------------------------------------- */

/**
 * ilnp6_flow_key - name the flow a packet belongs to
 * @skb: packet; its linear part may be short
 * @thoff: offset of the transport header from skb->data
 * @proto: transport protocol
 * @out: we send it
 * @local_nid: network order
 * @remote_nid: network order
 * @key: filled
 *
 * Return: false if the transport header is cut short.
 */
bool ilnp6_flow_key(const struct sk_buff *skb, int thoff, u8 proto, bool out,
		    __be64 local_nid, __be64 remote_nid,
		    struct ilnp6_flow_key *key)
{
	__be16 _p[4], *p;

	key->remote_nid = remote_nid;
	key->local_nid = local_nid;
	key->remote_port = 0;
	key->local_port = 0;
	key->proto = proto;
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		p = skb_header_pointer(skb, thoff, 4, _p);
		if (!p)
			return false;
		key->local_port = out ? p[0] : p[1];
		key->remote_port = out ? p[1] : p[0];
		return true;
	case IPPROTO_ICMPV6:
		p = skb_header_pointer(skb, thoff, 8, _p);
		if (!p)
			return false;
		/* Who asked owns the identifier; a request out, a reply in */
		switch (*(u8 *)p) {
		case ICMPV6_ECHO_REQUEST:
			*(out ? &key->local_port : &key->remote_port) = p[2];
			break;
		case ICMPV6_ECHO_REPLY:
			*(out ? &key->remote_port : &key->local_port) = p[2];
			break;
		}
		return true;
	}
	return true;
}

static struct hlist_head *flow_bucket(struct ilnp6_net *in,
				      const struct ilnp6_flow_key *key)
{
	u32 h = jhash2((const u32 *)key, sizeof(*key) / 4, in->flow_seed);

	return &in->flows[h >> (32 - ILNP6_FLOW_BITS)];
}

/**
 * ilnp6_flow_find - is there something special about a flow
 * @in: namespace; RCU held
 * @key: which flow
 *
 * Return: its entry or NULL.
 */
struct ilnp6_flow *ilnp6_flow_find(struct ilnp6_net *in,
				   const struct ilnp6_flow_key *key)
{
	struct ilnp6_flow *f;

	hlist_for_each_entry_rcu(f, flow_bucket(in, key), node)
		if (!memcmp(&f->key, key, sizeof(*key))) {
			if (READ_ONCE(f->used) != jiffies)
				WRITE_ONCE(f->used, jiffies);
			return f;
		}
	return NULL;
}

static void __flow_del(struct ilnp6_net *in, struct ilnp6_flow *f)
{
	hlist_del_rcu(&f->node);
	list_del(&f->list);
	in->n_flows--;
	WRITE_ONCE(f->corr->n_flows, f->corr->n_flows - 1);
	kfree_rcu(f, rcu);
}

static bool __flow_room(struct ilnp6_net *in)
{
	struct ilnp6_flow *f;

	if (in->n_flows < READ_ONCE(in->cfg.max_flows))
		return true;
	f = list_first_entry_or_null(&in->flow_list, struct ilnp6_flow, list);
	if (f && time_after(jiffies, READ_ONCE(f->used) + FLOW_EVICT_AGE)) {
		__flow_del(in, f);
		return true;
	}
	if (f)
		list_move_tail(&f->list, &in->flow_list);
	ilnp6_count(in, ILNP6_STAT_TABLE_FULL);
	return false;
}

/**
 * ilnp6_flow_add - remember that a flow differs from its session
 * @in: namespace; RCU held
 * @corr: its correspondent
 * @key: which flow; an entry it has already is replaced
 * @plain: it is plain IPv6
 * @local_l64: bound L64 at our side
 * @remote_l64: bound L64 at the peer's side
 *
 * Return: false if there is no room or no memory.
 */
bool ilnp6_flow_add(struct ilnp6_net *in, struct ilnp6_corr *corr,
		    const struct ilnp6_flow_key *key, bool plain,
		    __be64 local_l64, __be64 remote_l64)
{
	struct ilnp6_flow *f, *old;

	f = kmalloc(sizeof(*f), GFP_ATOMIC);
	if (!f)
		return false;
	f->key = *key;
	f->corr = corr;
	f->plain = plain;
	f->local_l64 = local_l64;
	f->remote_l64 = remote_l64;
	f->used = jiffies;
	spin_lock_bh(&in->lock);
	old = ilnp6_flow_find(in, key);
	if (old)
		__flow_del(in, old);
	if (corr->dead || !__flow_room(in)) {
		spin_unlock_bh(&in->lock);
		kfree(f);
		return false;
	}
	hlist_add_head_rcu(&f->node, flow_bucket(in, key));
	list_add_tail(&f->list, &in->flow_list);
	in->n_flows++;
	WRITE_ONCE(corr->n_flows, corr->n_flows + 1);
	spin_unlock_bh(&in->lock);
	return true;
}

void __ilnp6_flow_flush(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	struct ilnp6_flow *f, *tmp;

	lockdep_assert_held(&in->lock);
	if (!corr->n_flows)
		return;
	list_for_each_entry_safe(f, tmp, &in->flow_list, list)
		if (f->corr == corr)
			__flow_del(in, f);
}

/* --- ageing -------------------------------------------------------------- */

static void __gc_tentative(struct ilnp6_net *in)
{
	unsigned long age = READ_ONCE(in->cfg.tentative_timeout) * HZ;
	struct ilnp6_session *s, *tmp;

	list_for_each_entry_safe(s, tmp, &in->tentative, list)
		if (idle_for(s, age)) {
			ilnp6_count(in, ILNP6_STAT_SESSION_EXPIRED);
			__drop(in, s);
		}
}

static void __gc_sessions(struct ilnp6_net *in)
{
	unsigned long age = READ_ONCE(in->cfg.session_idle_timeout) * HZ;
	struct ilnp6_session *s, *tmp;

	if (!age)
		return;
	list_for_each_entry_safe(s, tmp, &in->sessions, list)
		if (idle_for(s, age)) {
			ilnp6_count(in, ILNP6_STAT_SESSION_EXPIRED);
			__drop(in, s);
		}
}

static void __gc_flows(struct ilnp6_net *in)
{
	struct ilnp6_flow *f, *tmp;

	list_for_each_entry_safe(f, tmp, &in->flow_list, list)
		if (f->plain && time_after(jiffies, READ_ONCE(f->used) +
						    PLAIN_FLOW_TIMEOUT))
			__flow_del(in, f);
}

static void gc_work(struct work_struct *work)
{
	struct ilnp6_net *in = container_of(to_delayed_work(work),
					    struct ilnp6_net, gc_work);
	bool again;

	spin_lock_bh(&in->lock);
	__gc_tentative(in);
	__gc_sessions(in);
	__gc_flows(in);
	again = in->n_tentative || in->n_flows ||
		(in->n_sessions && READ_ONCE(in->cfg.session_idle_timeout));
	spin_unlock_bh(&in->lock);
	ilnp6_output_kick(in);
	if (again && !READ_ONCE(in->exiting))
		mod_delayed_work(system_wq, &in->gc_work, GC_INTERVAL);
}

void ilnp6_session_net_init(struct ilnp6_net *in)
{
	unsigned int i;

	INIT_LIST_HEAD(&in->sessions);
	INIT_LIST_HEAD(&in->tentative);
	INIT_LIST_HEAD(&in->flow_list);
	for (i = 0; i < ARRAY_SIZE(in->flows); i++)
		INIT_HLIST_HEAD(&in->flows[i]);
	get_random_bytes(&in->flow_seed, sizeof(in->flow_seed));
	INIT_DELAYED_WORK(&in->gc_work, gc_work);
}

void ilnp6_session_net_exit(struct ilnp6_net *in)
{
	cancel_delayed_work_sync(&in->gc_work);
}
