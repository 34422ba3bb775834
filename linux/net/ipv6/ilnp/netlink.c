// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: commands, dumps and events, as described in
 * Documentation/netlink/specs/ilnp6.yaml.
 *
 * Commands run in process context. One that changes something checks all of
 * its attributes before it touches anything, so a refused one leaves the ILCC
 * as it was. Events come from any context, also under ilnp6_net.lock.
 *
 * Each kind of object has one put_ function for its attributes, used by its
 * dump and its events. It runs under RCU and must not sleep.
 */
#include "ilnp6.h"
#include "tcp.h"

#include <linux/icmpv6.h>
#include <linux/ratelimit.h>
#include <net/addrconf.h>

#define IN_USE		(60 * HZ)	/* an L64 or path sent over so lately */
#define FLUSH_BATCH	64		/* correspondents per lock section */

/* Room for an event's attributes but for a correspondent's L64s; and for one */
#define EVENT_ROOM	512
#define LOCATOR_ROOM	nla_total_size(nla_total_size_64bit(8) +	\
				       nla_total_size(2) +		\
				       nla_total_size(4) +		\
				       nla_total_size(1))

static struct genl_family family;
static bool registered;

/* --- extack -------------------------------------------------------------- */

#define refuse(extack, attr, err, msg) ({				\
	NL_SET_ERR_MSG_ATTR(extack, attr, msg);				\
	(err);								\
})

#define missing(extack, nest, tb, type, name)				\
	(NL_REQ_ATTR_CHECK(extack, nest, tb, type) ? ({			\
		NL_SET_ERR_MSG(extack, name ": attribute is missing");	\
		-EINVAL;						\
	}) : 0)

#define genl_missing(info, type, name)					\
	missing((info)->extack, NULL, (info)->attrs, type, name)

/* What a _NEW means for an object that is there or is not */
static int new_error(const struct genl_info *info, bool exists)
{
	u16 flags = info->nlhdr->nlmsg_flags;

	if (!exists)
		return flags & NLM_F_CREATE ? 0 : -ENOENT;
	if (flags & NLM_F_EXCL || !(flags & NLM_F_REPLACE))
		return -EEXIST;
	return 0;
}

#define new_check(info, attr, name, exists) ({				\
	int __err = new_error(info, exists);				\
									\
	if (__err == -EEXIST)						\
		NL_SET_ERR_MSG_ATTR((info)->extack, attr,		\
				    name " exists already");		\
	else if (__err)							\
		NL_SET_ERR_MSG_ATTR((info)->extack, attr,		\
				    name " does not exist");		\
	__err;								\
})

/* Others give the reason, but do not know the attribute */
static int blame(const struct genl_info *info, const struct nlattr *attr,
		 int err)
{
	if (err && !info->extack->bad_attr)
		NL_SET_BAD_ATTR(info->extack, attr);
	return err;
}

/* --- objects to attributes ----------------------------------------------- */

static int put_be64(struct sk_buff *skb, int type, __be64 v)
{
	return nla_put_be64(skb, type, v, ILNP6_A_PAD);
}

static int put_u64(struct sk_buff *skb, int type, u64 v)
{
	return nla_put_u64_64bit(skb, type, v, ILNP6_A_PAD);
}

static int put_ifname(struct sk_buff *skb, struct ilnp6_net *in, int ifindex)
{
	struct net_device *dev = dev_get_by_index_rcu(in->net, ifindex);

	return dev ? nla_put_string(skb, ILNP6_A_IFNAME, dev->name) : 0;
}

static bool is_past(unsigned long expires)
{
	return expires && time_after_eq(jiffies, expires);
}

static int put_lifetime(struct sk_buff *skb, unsigned long expires)
{
	long left = expires - jiffies;

	if (!expires)
		return 0;
	return nla_put_u32(skb, ILNP6_A_LIFETIME,
			   left > 0 ? DIV_ROUND_UP(left, HZ) : 0);
}

static int put_idle(struct sk_buff *skb, const unsigned long *last_rx)
{
	unsigned long last = READ_ONCE(*last_rx);

	return nla_put_u32(skb, ILNP6_A_IDLE,
			   jiffies_to_msecs(jiffies - last));
}

static bool path_in_use(const struct ilnp6_path *p)
{
	unsigned long last = READ_ONCE(p->stat->last_tx);

	return last && time_before(jiffies, last + IN_USE);
}

/* Does the session send over this L64 of its @local or its remote side? */
static bool session_uses(const struct ilnp6_session *s, bool local, __be64 l64)
{
	const struct ilnp6_paths *ps = rcu_dereference(s->paths);
	const struct ilnp6_path *p;
	unsigned int i;

	if (!ps || !time_before(jiffies, READ_ONCE(s->last_tx) + IN_USE))
		return false;
	for (i = 0; i < ps->n; i++) {
		p = &ps->p[i];
		if ((local ? p->local_l64 : p->remote_l64) == l64 &&
		    path_in_use(p))
			return true;
	}
	return false;
}

static int put_nid(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct ilnp6_nid *nid = obj;

	if (put_be64(skb, ILNP6_A_NID, nid->nid) ||
	    nla_put_u16(skb, ILNP6_A_PREFERENCE, nid->preference) ||
	    nla_put_u8(skb, ILNP6_A_ORIGIN, nid->origin) ||
	    nla_put_u8(skb, ILNP6_A_STATE, nid->state))
		return -EMSGSIZE;
	return 0;
}

static bool local_in_use(struct ilnp6_net *in, __be64 l64)
{
	struct ilnp6_session *s;
	bool used = false;

	spin_lock_bh(&in->lock);
	list_for_each_entry(s, &in->sessions, list) {
		used = session_uses(s, true, l64);
		if (used)
			break;
	}
	spin_unlock_bh(&in->lock);
	return used;
}

static u8 local_state(struct ilnp6_net *in, const struct ilnp6_l64 *l64)
{
	bool used = local_in_use(in, l64->l64);

	if (l64->expired || is_past(l64->expires))
		return used ? ILNP6_STATE_EXPIRED : ILNP6_STATE_AGED;
	return used ? ILNP6_STATE_ACTIVE : ILNP6_STATE_VALID;
}

static int put_l64(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct ilnp6_l64 *l64 = obj;

	if (put_be64(skb, ILNP6_A_L64, l64->l64) ||
	    nla_put_u32(skb, ILNP6_A_IFINDEX, l64->ifindex) ||
	    nla_put_u16(skb, ILNP6_A_PREFERENCE, l64->preference) ||
	    nla_put_u8(skb, ILNP6_A_ORIGIN, l64->origin) ||
	    nla_put_u8(skb, ILNP6_A_DRAIN, l64->drain) ||
	    nla_put_u8(skb, ILNP6_A_STATE, local_state(in, l64)) ||
	    put_lifetime(skb, l64->expires))
		return -EMSGSIZE;
	if (ipv6_addr_any(&l64->via))
		return 0;
	return nla_put_in6_addr(skb, ILNP6_A_VIA, &l64->via);
}

static bool has_fresh(const struct ilnp6_l64_set *set)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (!is_past(set->e[i].expires))
			return true;
	return false;
}

/* RFC 6741 section 5.1: past its lifetime is expired only for want of others */
static u8 remote_state(const struct ilnp6_corr *corr,
		       const struct ilnp6_l64_set *set,
		       const struct ilnp6_remote_l64 *e)
{
	const struct ilnp6_session *s;
	bool used = false;

	hlist_for_each_entry_rcu(s, &corr->sessions, node) {
		used = session_uses(s, false, e->l64);
		if (used)
			break;
	}
	if (!is_past(e->expires))
		return used ? ILNP6_STATE_ACTIVE : ILNP6_STATE_VALID;
	return used && !has_fresh(set) ? ILNP6_STATE_EXPIRED :
					 ILNP6_STATE_AGED;
}

static int put_locator(struct sk_buff *skb, const struct ilnp6_corr *corr,
		       const struct ilnp6_l64_set *set,
		       const struct ilnp6_remote_l64 *e)
{
	struct nlattr *nest = nla_nest_start(skb, ILNP6_A_LOCATOR);

	if (!nest ||
	    put_be64(skb, ILNP6_A_L64, e->l64) ||
	    nla_put_u16(skb, ILNP6_A_PREFERENCE, e->preference) ||
	    nla_put_u8(skb, ILNP6_A_STATE, remote_state(corr, set, e)) ||
	    put_lifetime(skb, e->expires))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_corr(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct ilnp6_corr *corr = obj;
	const struct ilnp6_l64_set *set = rcu_dereference(corr->l64s);
	const struct ilnp6_corr_cfg *cfg = &corr->cfg;
	unsigned int i;

	if (put_be64(skb, ILNP6_A_NID, corr->nid) ||
	    nla_put_u8(skb, ILNP6_A_MODE, READ_ONCE(corr->mode)) ||
	    nla_put_u8(skb, ILNP6_A_CHECKSUM, READ_ONCE(cfg->checksum)) ||
	    nla_put_u8(skb, ILNP6_A_NONCE_LEN, READ_ONCE(cfg->nonce_len)) ||
	    nla_put_u8(skb, ILNP6_A_NONCE_HABIT,
		       READ_ONCE(cfg->nonce_habit)) ||
	    nla_put_u8(skb, ILNP6_A_REQUIRE_NONCE, READ_ONCE(cfg->require)) ||
	    nla_put_u8(skb, ILNP6_A_ORIGIN, READ_ONCE(cfg->origin)))
		return -EMSGSIZE;
	for (i = 0; set && i < set->n; i++)
		if (put_locator(skb, corr, set, &set->e[i]))
			return -EMSGSIZE;
	return 0;
}

static size_t corr_room(unsigned int n_l64s)
{
	return EVENT_ROOM + n_l64s * LOCATOR_ROOM;
}

static int put_pair(struct sk_buff *skb, const struct ilnp6_session *s,
		    __be64 local_l64, __be64 remote_l64)
{
	if (put_be64(skb, ILNP6_A_LOCAL_NID, s->local_nid) ||
	    put_be64(skb, ILNP6_A_REMOTE_NID, s->corr->nid) ||
	    put_be64(skb, ILNP6_A_LOCAL_L64, local_l64) ||
	    put_be64(skb, ILNP6_A_REMOTE_L64, remote_l64))
		return -EMSGSIZE;
	return 0;
}

static int put_session(struct sk_buff *skb, struct ilnp6_net *in,
		       const void *obj)
{
	const struct ilnp6_session *s = obj;

	if (put_pair(skb, s, s->bound_local, s->bound_remote) ||
	    nla_put_u8(skb, ILNP6_A_STATE, s->state) ||
	    nla_put_u8(skb, ILNP6_A_CHECKSUM, READ_ONCE(s->csum)) ||
	    nla_put_u8(skb, ILNP6_A_NONCE_LEN, s->tx.len) ||
	    put_idle(skb, &s->last_rx))
		return -EMSGSIZE;
	if (!s->rx.len)
		return 0;
	return nla_put_u8(skb, ILNP6_A_NONCE_LEN_RX, s->rx.len);
}

struct path_of {
	const struct ilnp6_session *s;
	const struct ilnp6_path *p;
};

static int put_path_stat(struct sk_buff *skb, const struct ilnp6_path_stat *st)
{
	if (put_u64(skb, ILNP6_A_TX_PACKETS, atomic64_read(&st->tx_packets)) ||
	    put_u64(skb, ILNP6_A_TX_BYTES, atomic64_read(&st->tx_bytes)) ||
	    put_u64(skb, ILNP6_A_RX_PACKETS, atomic64_read(&st->rx_packets)) ||
	    put_u64(skb, ILNP6_A_RX_BYTES, atomic64_read(&st->rx_bytes)) ||
	    put_idle(skb, &st->last_rx))
		return -EMSGSIZE;
	return 0;
}

/* No next hop is known, or it is the peer itself: no router to name */
static bool path_is_direct(const struct ilnp6_session *s,
			   const struct ilnp6_path *p)
{
	struct ilnp6_addr peer = { .l64 = p->remote_l64, .nid = s->corr->nid };

	return ipv6_addr_any(&p->nexthop) ||
	       ipv6_addr_equal(&p->nexthop, &peer.in6);
}

static int put_path(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct path_of *of = obj;
	const struct ilnp6_path *p = of->p;

	if (put_pair(skb, of->s, p->local_l64, p->remote_l64) ||
	    nla_put_u32(skb, ILNP6_A_IFINDEX, p->ifindex) ||
	    nla_put_u16(skb, ILNP6_A_PREFERENCE, p->preference) ||
	    nla_put_u8(skb, ILNP6_A_STATE, p->state))
		return -EMSGSIZE;
	if (!path_is_direct(of->s, p) &&
	    nla_put_in6_addr(skb, ILNP6_A_VIA, &p->nexthop))
		return -EMSGSIZE;
	return put_path_stat(skb, p->stat);
}

static int put_dev(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const int *ifindex = obj;

	return nla_put_u32(skb, ILNP6_A_IFINDEX, *ifindex);
}

static int put_config(struct sk_buff *skb, struct ilnp6_net *in,
		      const void *obj)
{
	const struct ilnp6_config *cfg = obj;

	if (nla_put_u8(skb, ILNP6_A_CHECKSUM, cfg->checksum) ||
	    nla_put_u8(skb, ILNP6_A_NONCE_LEN, cfg->nonce_len) ||
	    nla_put_string(skb, ILNP6_A_SCHEDULER, cfg->sched->name) ||
	    nla_put_u8(skb, ILNP6_A_LEARN, cfg->learn) ||
	    nla_put_u8(skb, ILNP6_A_ULA, cfg->ula) ||
	    nla_put_u8(skb, ILNP6_A_TCP, cfg->tcp))
		return -EMSGSIZE;
	return 0;
}

/* Padding has type 0 here: what is ILNP6_A_PAD elsewhere is a counter */
static int put_stats(struct sk_buff *skb, struct ilnp6_net *in,
		     const void *obj)
{
	struct nlattr *nest = nla_nest_start(skb, ILNP6_A_STATS);
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 1; i < __ILNP6_STAT_MAX; i++)
		if (nla_put_u64_64bit(skb, i, ilnp6_mib_read(in, i),
				      ILNP6_STAT_UNSPEC))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

struct tcp_of {
	const struct sock *sk;
	const struct ilnp6_tcp *mp;
};

static int put_tcp_path(struct sk_buff *skb, const struct ilnp6_tcp_path *p)
{
	struct nlattr *nest = nla_nest_start(skb, ILNP6_A_PATH);
	u32 srtt = READ_ONCE(p->srtt) >> 3;
	u8 state = READ_ONCE(p->dead) ? ILNP6_STATE_SUSPECT :
		   READ_ONCE(p->up) ? ILNP6_STATE_UP : ILNP6_STATE_DOWN;

	if (!nest || put_be64(skb, ILNP6_A_LOCAL_L64, p->local_l64) ||
	    put_be64(skb, ILNP6_A_REMOTE_L64, p->remote_l64) ||
	    nla_put_u8(skb, ILNP6_A_STATE, state) ||
	    nla_put_u32(skb, ILNP6_A_CWND, READ_ONCE(p->cwnd)) ||
	    nla_put_u32(skb, ILNP6_A_INFLIGHT, READ_ONCE(p->inflight)) ||
	    (srtt && nla_put_u32(skb, ILNP6_A_RTT, srtt)) ||
	    nla_put_u32(skb, ILNP6_A_DELIVERED, READ_ONCE(p->delivered)) ||
	    nla_put_u32(skb, ILNP6_A_LOST, READ_ONCE(p->lost)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_tcp(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct tcp_of *of = obj;
	unsigned int i, n = READ_ONCE(of->mp->n);

	if (put_be64(skb, ILNP6_A_LOCAL_NID, of->mp->local_nid) ||
	    put_be64(skb, ILNP6_A_REMOTE_NID, of->mp->remote_nid) ||
	    nla_put_u16(skb, ILNP6_A_SPORT,
			ntohs(inet_sk(of->sk)->inet_sport)) ||
	    nla_put_u16(skb, ILNP6_A_DPORT,
			ntohs(inet_sk(of->sk)->inet_dport)))
		return -EMSGSIZE;
	for (i = 0; i < n; i++)
		if (put_tcp_path(skb, &of->mp->p[i]))
			return -EMSGSIZE;
	return 0;
}

/* The attributes of a request that name its object */
static int put_key(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct genl_info *info = obj;
	const struct nlattr *a;
	int rem, err = 0;

	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(a) == ILNP6_A_IFINDEX)
			err = nla_put_u32(skb, nla_type(a), nla_get_u32(a));
		else if (nla_type(a) == ILNP6_A_NID ||
			 nla_type(a) == ILNP6_A_L64)
			err = put_be64(skb, nla_type(a), nla_get_be64(a));
		if (err)
			return err;
	}
	return 0;
}

/* --- replies ------------------------------------------------------------- */

static struct ilnp6_net *info_in(struct genl_info *info)
{
	return ilnp6_pernet(genl_info_net(info));
}

static int reply(struct genl_info *info,
		 int (*put)(struct sk_buff *skb, struct ilnp6_net *in,
			    const void *obj),
		 const void *obj)
{
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd);
	if (!hdr || put(skb, info_in(info), obj)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/* What was made is there, even if there is no memory to say so */
static int new_done(struct genl_info *info, int err)
{
	if (!err && info->nlhdr->nlmsg_flags & NLM_F_ECHO)
		reply(info, put_key, info);
	return err;
}

/* --- events -------------------------------------------------------------- */

/*
 * Dumps that take more than one message find by these counts that the list
 * changed meanwhile. Everything that enters or leaves a list is an event, so
 * they are kept here. The paths of a session come from both sides' L64s.
 */
static const u8 lists_changed[__ILNP6_EVENT_MAX] = {
	[ILNP6_EVENT_NID_ADD]		= BIT(ILNP6_LIST_NIDS),
	[ILNP6_EVENT_NID_DEL]		= BIT(ILNP6_LIST_NIDS),
	[ILNP6_EVENT_L64_ADD]		= BIT(ILNP6_LIST_L64S) |
					  BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_L64_CHANGE]	= BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_L64_DEL]		= BIT(ILNP6_LIST_L64S) |
					  BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_CORRESPONDENT_ADD]	= BIT(ILNP6_LIST_CORRS),
	[ILNP6_EVENT_CORRESPONDENT_CHANGE] = BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_CORRESPONDENT_DEL]	= BIT(ILNP6_LIST_CORRS),
	[ILNP6_EVENT_SESSION_ADD]	= BIT(ILNP6_LIST_SESSIONS) |
					  BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_SESSION_DEL]	= BIT(ILNP6_LIST_SESSIONS) |
					  BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_PATH_UP]		= BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_PATH_DOWN]		= BIT(ILNP6_LIST_PATHS),
	[ILNP6_EVENT_DEV_ATTACH]	= BIT(ILNP6_LIST_DEVS),
	[ILNP6_EVENT_DEV_DETACH]	= BIT(ILNP6_LIST_DEVS),
};

static void lists_count(struct ilnp6_net *in, enum ilnp6_event ev)
{
	unsigned int i;

	for (i = 0; i < __ILNP6_LIST_MAX; i++)
		if (lists_changed[ev] & BIT(i))
			atomic_inc(&in->list_gen[i]);
}

/* Once the family is gone its group's number may be another family's */
static bool heard(struct ilnp6_net *in)
{
	return READ_ONCE(registered) &&
	       genl_has_listeners(&family, in->net, 0);
}

static void notify(struct ilnp6_net *in, enum ilnp6_event ev, size_t room,
		   int (*put)(struct sk_buff *skb, struct ilnp6_net *in,
			      const void *obj),
		   const void *obj)
{
	struct sk_buff *skb;
	void *hdr;
	int err;

	lists_count(in, ev);
	if (!heard(in))
		return;
	skb = genlmsg_new(room, GFP_ATOMIC);
	if (!skb)
		goto lost;
	hdr = genlmsg_put(skb, 0, 0, &family, 0, ILNP6_CMD_EVENT);
	if (!hdr || nla_put_u8(skb, ILNP6_A_EVENT, ev) ||
	    put_u64(skb, ILNP6_A_TIME, ktime_get_real_ns()))
		goto full;
	rcu_read_lock();
	err = put(skb, in, obj);
	rcu_read_unlock();
	if (err)
		goto full;
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&family, in->net, skb, 0, 0, GFP_ATOMIC);
	return;
full:
	nlmsg_free(skb);
lost:
	genl_set_err(&family, in->net, 0, 0, -ENOBUFS);
}

/**
 * ilnp6_notify_nid - tell of a local NID
 * @in: namespace, its mutex held
 * @ev: what happened
 * @nid: the NID
 */
void ilnp6_notify_nid(struct ilnp6_net *in, enum ilnp6_event ev,
		      const struct ilnp6_nid *nid)
{
	notify(in, ev, EVENT_ROOM, put_nid, nid);
}

static int put_l64_event(struct sk_buff *skb, struct ilnp6_net *in,
			 const void *obj)
{
	const struct ilnp6_l64 *l64 = obj;

	return put_l64(skb, in, l64) ?: put_ifname(skb, in, l64->ifindex);
}

/**
 * ilnp6_notify_l64 - tell of a local L64
 * @in: namespace, its mutex held, its lock not: the state depends on sessions
 * @ev: what happened
 * @l64: the L64
 */
void ilnp6_notify_l64(struct ilnp6_net *in, enum ilnp6_event ev,
		      const struct ilnp6_l64 *l64)
{
	notify(in, ev, EVENT_ROOM, put_l64_event, l64);
}

/**
 * ilnp6_notify_corr - tell of a correspondent
 * @in: namespace; its lock or RCU held
 * @ev: what happened
 * @corr: the correspondent
 */
void ilnp6_notify_corr(struct ilnp6_net *in, enum ilnp6_event ev,
		       struct ilnp6_corr *corr)
{
	const struct ilnp6_l64_set *set;

	rcu_read_lock();
	set = rcu_dereference(corr->l64s);
	notify(in, ev, corr_room(set ? set->n : 0), put_corr, corr);
	rcu_read_unlock();
}

/**
 * ilnp6_notify_session - tell of a session
 * @in: namespace; its lock or RCU held
 * @ev: what happened
 * @s: the session
 */
void ilnp6_notify_session(struct ilnp6_net *in, enum ilnp6_event ev,
			  const struct ilnp6_session *s)
{
	notify(in, ev, EVENT_ROOM, put_session, s);
}

static int put_path_event(struct sk_buff *skb, struct ilnp6_net *in,
			  const void *obj)
{
	const struct path_of *of = obj;

	return put_path(skb, in, of) ?: put_ifname(skb, in, of->p->ifindex);
}

/**
 * ilnp6_notify_path - tell of a path
 * @in: namespace; its lock or RCU held
 * @ev: what happened
 * @s: session it belongs to
 * @p: the path
 */
void ilnp6_notify_path(struct ilnp6_net *in, enum ilnp6_event ev,
		       const struct ilnp6_session *s,
		       const struct ilnp6_path *p)
{
	const struct path_of of = { .s = s, .p = p };

	notify(in, ev, EVENT_ROOM, put_path_event, &of);
}

static int put_dev_event(struct sk_buff *skb, struct ilnp6_net *in,
			 const void *obj)
{
	const int *ifindex = obj;

	return put_dev(skb, in, ifindex) ?: put_ifname(skb, in, *ifindex);
}

/**
 * ilnp6_notify_dev - tell of an interface our programs serve
 * @in: namespace
 * @ev: what happened
 * @ifindex: interface
 */
void ilnp6_notify_dev(struct ilnp6_net *in, enum ilnp6_event ev, int ifindex)
{
	notify(in, ev, EVENT_ROOM, put_dev_event, &ifindex);
}

struct lu_event {
	const struct ilnp6_session *s;
	unsigned int n;
	enum ilnp6_stat why;
};

static int put_lu(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct lu_event *lu = obj;
	const struct ilnp6_session *s = lu->s;

	if ((s && put_pair(skb, s, s->bound_local, s->bound_remote)) ||
	    (lu->n && nla_put_u32(skb, ILNP6_A_COUNT, lu->n)) ||
	    (lu->why && nla_put_string(skb, ILNP6_A_REASON,
				       ilnp6_mib_name(lu->why))))
		return -EMSGSIZE;
	return 0;
}

/**
 * ilnp6_notify_lu - tell of a Locator Update
 * @in: namespace; its lock or RCU held
 * @ev: what happened
 * @s: session it belongs to; may be NULL
 * @n: locators in it, of a failure tries; goes into ILNP6_A_COUNT unless 0
 * @why: reason of a failure; 0: none
 */
void ilnp6_notify_lu(struct ilnp6_net *in, enum ilnp6_event ev,
		     const struct ilnp6_session *s, unsigned int n,
		     enum ilnp6_stat why)
{
	const struct lu_event lu = { .s = s, .n = n, .why = why };

	notify(in, ev, EVENT_ROOM, put_lu, &lu);
}

struct bad_event {
	const struct sk_buff *skb;
	enum ilnp6_stat why;
	u32 missed;
};

static int put_ports(struct sk_buff *skb, const struct sk_buff *pkt, int off,
		     u8 proto)
{
	__be16 _p[2], *p;

	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		p = skb_header_pointer(pkt, off, sizeof(_p), _p);
		if (p && (nla_put_u16(skb, ILNP6_A_SPORT, ntohs(p[0])) ||
			  nla_put_u16(skb, ILNP6_A_DPORT, ntohs(p[1]))))
			return -EMSGSIZE;
	}
	return 0;
}

/* Where the transport begins in a packet that need not be well formed */
static int transport(const struct sk_buff *pkt, int off, u8 *proto)
{
	__be16 frag_off;

	off = ipv6_skip_exthdr(pkt, off, proto, &frag_off);
	return off >= 0 && frag_off & htons(IP6_OFFSET) ? -1 : off;
}

/* An error has no ports; those of the packet it quotes tell whose it is */
static int put_icmp(struct sk_buff *skb, const struct sk_buff *pkt, int off)
{
	u8 _type, *type = skb_header_pointer(pkt, off, sizeof(_type), &_type);
	struct ipv6hdr _h, *h;
	u8 proto;

	if (!type)
		return 0;
	if (nla_put_u8(skb, ILNP6_A_ICMP_TYPE, *type))
		return -EMSGSIZE;
	if (*type & ICMPV6_INFOMSG_MASK)
		return 0;
	off += sizeof(struct icmp6hdr);
	h = skb_header_pointer(pkt, off, sizeof(_h), &_h);
	if (!h)
		return 0;
	proto = h->nexthdr;
	off = transport(pkt, off + sizeof(*h), &proto);
	return off < 0 ? 0 : put_ports(skb, pkt, off, proto);
}

/* As much as can be read */
static int put_transport(struct sk_buff *skb, const struct sk_buff *pkt,
			 int off, u8 proto)
{
	off = transport(pkt, off, &proto);
	if (nla_put_u8(skb, ILNP6_A_PROTO, proto))
		return -EMSGSIZE;
	if (off < 0)
		return 0;
	return proto == IPPROTO_ICMPV6 ? put_icmp(skb, pkt, off) :
					 put_ports(skb, pkt, off, proto);
}

static int put_packet(struct sk_buff *skb, const struct sk_buff *pkt)
{
	int off = skb_network_offset(pkt);
	const struct ilnp6_addr *src, *dst;
	struct ipv6hdr _h, *h;

	h = skb_header_pointer(pkt, off, sizeof(_h), &_h);
	if (!h)
		return 0;
	src = ilnp6_addr(&h->saddr);
	dst = ilnp6_addr(&h->daddr);
	if (put_be64(skb, ILNP6_A_LOCAL_NID, dst->nid) ||
	    put_be64(skb, ILNP6_A_REMOTE_NID, src->nid) ||
	    put_be64(skb, ILNP6_A_LOCAL_L64, dst->l64) ||
	    put_be64(skb, ILNP6_A_REMOTE_L64, src->l64))
		return -EMSGSIZE;
	return put_transport(skb, pkt, off + sizeof(*h), h->nexthdr);
}

static int put_bad(struct sk_buff *skb, struct ilnp6_net *in, const void *obj)
{
	const struct bad_event *bad = obj;
	const struct net_device *dev = bad->skb->dev;

	if (nla_put_string(skb, ILNP6_A_REASON, ilnp6_mib_name(bad->why)) ||
	    (bad->missed &&
	     nla_put_u32(skb, ILNP6_A_COUNT, bad->missed + 1)))
		return -EMSGSIZE;
	if (dev && (nla_put_u32(skb, ILNP6_A_IFINDEX, dev->ifindex) ||
		    nla_put_string(skb, ILNP6_A_IFNAME, dev->name)))
		return -EMSGSIZE;
	return put_packet(skb, bad->skb);
}

/**
 * ilnp6_notify_bad - tell of a forged or broken packet
 * @in: namespace
 * @skb: the packet, received; network header set, the rest may be anything
 * @why: counter that counted it
 *
 * Anybody can send such packets, so only some are told of; the next event
 * says how many it stands for.
 */
void ilnp6_notify_bad(struct ilnp6_net *in, const struct sk_buff *skb,
		      enum ilnp6_stat why)
{
	struct bad_event bad = { .skb = skb, .why = why };

	if (!heard(in))
		return;
	if (!__ratelimit(&in->event_rs)) {
		ilnp6_count(in, ILNP6_STAT_EVENTS_SUPPRESSED);
		atomic_inc(&in->event_missed);
		return;
	}
	bad.missed = atomic_xchg(&in->event_missed, 0);
	notify(in, ILNP6_EVENT_NONCE_BAD, EVENT_ROOM, put_bad, &bad);
}

/* --- dumps --------------------------------------------------------------- */

/**
 * struct dump - one message of a dump being filled
 * @in: namespace
 * @skb: the message
 * @cb: the dump; args[0] is how many objects earlier messages held
 * @put: attributes of an object
 * @pos: objects seen by this walk
 */
struct dump {
	struct ilnp6_net *in;
	struct sk_buff *skb;
	struct netlink_callback *cb;
	int (*put)(struct sk_buff *skb, struct ilnp6_net *in, const void *obj);
	unsigned long pos;
};

/* What holds the list still is held: a change is before or after this walk */
static void dump_list(struct dump *d, enum ilnp6_list list)
{
	/* 0 means unknown to the core */
	d->cb->seq = 2 * (u32)atomic_read(&d->in->list_gen[list]) + 1;
}

static int dump_object(struct dump *d, const void *obj)
{
	const struct genlmsghdr *req = nlmsg_data(d->cb->nlh);
	void *hdr;

	if (d->pos < d->cb->args[0])
		goto next;
	hdr = genlmsg_put(d->skb, NETLINK_CB(d->cb->skb).portid,
			  d->cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
			  req->cmd);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(d->cb, hdr);
	if (d->put(d->skb, d->in, obj)) {
		genlmsg_cancel(d->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(d->skb, hdr);
next:
	d->pos++;
	return 0;
}

/*
 * Walks count the objects that match and put those not sent yet. The whole
 * walk is an RCU section for the put functions' sake.
 */
static int dump(struct sk_buff *skb, struct netlink_callback *cb,
		int (*walk)(struct dump *d),
		int (*put)(struct sk_buff *skb, struct ilnp6_net *in,
			   const void *obj))
{
	struct dump d = {
		.in = ilnp6_pernet(sock_net(skb->sk)),
		.skb = skb,
		.cb = cb,
		.put = put,
	};
	int err;

	err = walk(&d);
	cb->args[0] = d.pos;
	return skb->len ?: err;
}

static bool nid_matches(const struct nlattr *filter, __be64 nid)
{
	return !filter || nla_get_be64(filter) == nid;
}

static int walk_nids(struct dump *d)
{
	struct ilnp6_nid *nid;
	int err = 0;

	mutex_lock(&d->in->mutex);
	rcu_read_lock();
	dump_list(d, ILNP6_LIST_NIDS);
	list_for_each_entry(nid, &d->in->nids, list) {
		err = dump_object(d, nid);
		if (err)
			break;
	}
	rcu_read_unlock();
	mutex_unlock(&d->in->mutex);
	return err;
}

static int walk_l64s(struct dump *d)
{
	const struct nlattr *dev = compat_dump_attrs(d->cb)[ILNP6_A_IFINDEX];
	struct ilnp6_l64 *l64;
	int err = 0;

	mutex_lock(&d->in->mutex);
	rcu_read_lock();
	dump_list(d, ILNP6_LIST_L64S);
	list_for_each_entry(l64, &d->in->l64s, list) {
		if (dev && nla_get_u32(dev) != l64->ifindex)
			continue;
		err = dump_object(d, l64);
		if (err)
			break;
	}
	rcu_read_unlock();
	mutex_unlock(&d->in->mutex);
	return err;
}

static int walk_devs(struct dump *d)
{
	struct ilnp6_dev *dev;
	unsigned long i;
	int err = 0;

	rcu_read_lock();
	dump_list(d, ILNP6_LIST_DEVS);
	xa_for_each(&d->in->devs, i, dev) {
		err = dump_object(d, &dev->ifindex);
		if (err)
			break;
	}
	rcu_read_unlock();
	return err;
}

/* Calls @each for every correspondent that matches, until it fails */
static int walk_corrs(struct dump *d, enum ilnp6_list list, int filter,
		      int (*each)(struct dump *d,
				  const struct ilnp6_corr *corr))
{
	const struct nlattr *nid = compat_dump_attrs(d->cb)[filter];
	const struct ilnp6_corr *corr;
	int err = 0;

	rcu_read_lock();
	spin_lock_bh(&d->in->lock);
	dump_list(d, list);
	list_for_each_entry(corr, &d->in->corr_list, list) {
		if (!nid_matches(nid, corr->nid))
			continue;
		err = each(d, corr);
		if (err)
			break;
	}
	spin_unlock_bh(&d->in->lock);
	rcu_read_unlock();
	return err;
}

static int each_corr(struct dump *d, const struct ilnp6_corr *corr)
{
	return dump_object(d, corr);
}

static int each_session(struct dump *d, const struct ilnp6_corr *corr)
{
	const struct ilnp6_session *s;
	int err;

	hlist_for_each_entry_rcu(s, &corr->sessions, node) {
		err = dump_object(d, s);
		if (err)
			return err;
	}
	return 0;
}

static int session_paths(struct dump *d, const struct ilnp6_session *s)
{
	const struct ilnp6_paths *ps = rcu_dereference(s->paths);
	struct path_of of = { .s = s };
	unsigned int i;
	int err;

	/* all sent before: do not look at each */
	if (!ps || d->pos + ps->n <= d->cb->args[0]) {
		d->pos += ps ? ps->n : 0;
		return 0;
	}
	for (i = 0; i < ps->n; i++) {
		of.p = &ps->p[i];
		err = dump_object(d, &of);
		if (err)
			return err;
	}
	return 0;
}

static int each_path(struct dump *d, const struct ilnp6_corr *corr)
{
	const struct ilnp6_session *s;
	int err;

	hlist_for_each_entry_rcu(s, &corr->sessions, node) {
		err = session_paths(d, s);
		if (err)
			return err;
	}
	return 0;
}

static int walk_correspondents(struct dump *d)
{
	return walk_corrs(d, ILNP6_LIST_CORRS, ILNP6_A_NID, each_corr);
}

static int walk_sessions(struct dump *d)
{
	return walk_corrs(d, ILNP6_LIST_SESSIONS, ILNP6_A_REMOTE_NID,
			  each_session);
}

static int walk_paths(struct dump *d)
{
	return walk_corrs(d, ILNP6_LIST_PATHS, ILNP6_A_REMOTE_NID, each_path);
}

static int each_tcp(const struct sock *sk, const struct ilnp6_tcp *mp,
		    void *arg)
{
	const struct tcp_of of = { .sk = sk, .mp = mp };
	struct dump *d = arg;

	if (!nid_matches(compat_dump_attrs(d->cb)[ILNP6_A_REMOTE_NID],
			 mp->remote_nid))
		return 0;
	return dump_object(d, &of);
}

/* No count of changes: connections come and go all the time */
static int walk_tcp(struct dump *d)
{
	return ilnp6_tcp_sock_each(d->in->net, each_tcp, d);
}

static int nid_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, walk_nids, put_nid);
}

static int l64_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, walk_l64s, put_l64);
}

static int dev_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, walk_devs, put_dev);
}

static int corr_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, walk_correspondents, put_corr);
}

static int session_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, walk_sessions, put_session);
}

static int path_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, walk_paths, put_path);
}

static int tcp_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, walk_tcp, put_tcp);
}

/* A correspondent is never split: ask for room for the largest */
static int corr_dump_start(struct netlink_callback *cb)
{
	struct ilnp6_net *in = ilnp6_pernet(sock_net(cb->skb->sk));
	const struct ilnp6_l64_set *set;
	const struct ilnp6_corr *corr;
	unsigned int n = 0;

	spin_lock_bh(&in->lock);
	list_for_each_entry(corr, &in->corr_list, list) {
		set = rcu_dereference_protected(corr->l64s,
						lockdep_is_held(&in->lock));
		if (set)
			n = max_t(unsigned int, n, set->n);
	}
	spin_unlock_bh(&in->lock);
	cb->min_dump_alloc = corr_room(n);
	return 0;
}

/* --- commands: policy ---------------------------------------------------- */

static int config_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ilnp6_net *in = info_in(info);
	struct ilnp6_config cfg;

	mutex_lock(&in->mutex);
	cfg = in->cfg;
	mutex_unlock(&in->mutex);
	return reply(info, put_config, &cfg);
}

static int config_parse(struct genl_info *info, struct ilnp6_config *cfg)
{
	struct nlattr **a = info->attrs;

	if (!a[ILNP6_A_CHECKSUM] && !a[ILNP6_A_NONCE_LEN] &&
	    !a[ILNP6_A_SCHEDULER] && !a[ILNP6_A_LEARN] &&
	    !a[ILNP6_A_ULA] && !a[ILNP6_A_TCP]) {
		GENL_SET_ERR_MSG(info, "nothing to set");
		return -EINVAL;
	}
	if (a[ILNP6_A_CHECKSUM])
		cfg->checksum = nla_get_u8(a[ILNP6_A_CHECKSUM]);
	if (a[ILNP6_A_NONCE_LEN])
		cfg->nonce_len = nla_get_u8(a[ILNP6_A_NONCE_LEN]);
	if (cfg->nonce_len != ILNP6_NONCE_SHORT &&
	    cfg->nonce_len != ILNP6_NONCE_LONG)
		return refuse(info->extack, a[ILNP6_A_NONCE_LEN], -EINVAL,
			      "nonce-len: neither 4 nor 12 octets");
	if (a[ILNP6_A_SCHEDULER])
		cfg->sched = ilnp6_sched_find(nla_data(a[ILNP6_A_SCHEDULER]));
	if (!cfg->sched)
		return refuse(info->extack, a[ILNP6_A_SCHEDULER], -ENOENT,
			      "scheduler: there is none of this name");
	if (a[ILNP6_A_LEARN])
		cfg->learn = nla_get_u8(a[ILNP6_A_LEARN]);
	if (a[ILNP6_A_ULA])
		cfg->ula = nla_get_u8(a[ILNP6_A_ULA]);
	if (a[ILNP6_A_TCP])
		cfg->tcp = nla_get_u8(a[ILNP6_A_TCP]);
	return 0;
}

static void sessions_set_checksum(struct ilnp6_net *in)
{
	struct ilnp6_session *s;

	spin_lock_bh(&in->lock);
	list_for_each_entry(s, &in->sessions, list)
		WRITE_ONCE(s->csum, ilnp6_corr_checksum(in, s->corr));
	list_for_each_entry(s, &in->tentative, list)
		WRITE_ONCE(s->csum, ilnp6_corr_checksum(in, s->corr));
	spin_unlock_bh(&in->lock);
}

/* Sysctls share the structure, so only what is ours is written */
static void config_apply(struct ilnp6_net *in, const struct ilnp6_config *cfg)
{
	bool checksum = in->cfg.checksum != cfg->checksum;
	bool ula = in->cfg.ula != cfg->ula;

	WRITE_ONCE(in->cfg.checksum, cfg->checksum);
	WRITE_ONCE(in->cfg.nonce_len, cfg->nonce_len);
	WRITE_ONCE(in->cfg.sched, cfg->sched);
	WRITE_ONCE(in->cfg.learn, cfg->learn);
	WRITE_ONCE(in->cfg.ula, cfg->ula);
	WRITE_ONCE(in->cfg.tcp, cfg->tcp);
	if (checksum)
		sessions_set_checksum(in);
	if (ula)
		ilnp6_local_sync(in);
}

static int config_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ilnp6_net *in = info_in(info);
	struct ilnp6_config cfg;
	int err;

	mutex_lock(&in->mutex);
	cfg = in->cfg;
	err = config_parse(info, &cfg);
	if (!err)
		err = ilnp6_local_enable(in);
	if (!err)
		config_apply(in, &cfg);
	mutex_unlock(&in->mutex);
	return err;
}

/* --- commands: local NIDs ------------------------------------------------ */

static int nid_check(struct genl_info *info, __be64 *nid)
{
	struct nlattr *a = info->attrs[ILNP6_A_NID];

	if (genl_missing(info, ILNP6_A_NID, "nid"))
		return -EINVAL;
	*nid = nla_get_be64(a);
	if (!ilnp6_local_nid_valid(*nid))
		return refuse(info->extack, a, -EINVAL,
			      "nid: reserved interface identifier");
	return 0;
}

static int nid_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *pref = info->attrs[ILNP6_A_PREFERENCE];
	struct ilnp6_net *in = info_in(info);
	__be64 nid;
	int err;

	err = nid_check(info, &nid);
	if (err)
		return err;
	if (info->nlhdr->nlmsg_flags & NLM_F_REPLACE)
		return refuse(info->extack, info->attrs[ILNP6_A_NID],
			      -EOPNOTSUPP, "nid: cannot be changed");

	mutex_lock(&in->mutex);
	if (ilnp6_corr_find(in, nid))
		err = refuse(info->extack, info->attrs[ILNP6_A_NID], -EINVAL,
			     "nid: is that of a correspondent");
	if (!err)
		err = ilnp6_local_enable(in);
	if (!err)
		err = ilnp6_local_nid_add(in, nid, pref ? nla_get_u16(pref) :
					  ILNP6_PREF_DEFAULT, info->extack);
	mutex_unlock(&in->mutex);
	return new_done(info, blame(info, info->attrs[ILNP6_A_NID], err));
}

static int nid_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a = info->attrs[ILNP6_A_NID];
	struct ilnp6_net *in = info_in(info);
	int err;

	if (genl_missing(info, ILNP6_A_NID, "nid"))
		return -EINVAL;
	mutex_lock(&in->mutex);
	err = ilnp6_local_nid_del(in, nla_get_be64(a), info->extack);
	mutex_unlock(&in->mutex);
	return blame(info, a, err);
}

/* --- commands: local L64s ------------------------------------------------ */

static unsigned long expiry(u32 seconds)
{
	u64 ahead = min_t(u64, (u64)seconds * HZ, MAX_JIFFY_OFFSET);

	/* 0 would be: never */
	return seconds ? (jiffies + (unsigned long)ahead) ?: 1 : 0;
}

static int l64_check(struct ilnp6_net *in, const struct nlattr *a,
		     struct netlink_ext_ack *extack)
{
	__be64 l64 = nla_get_be64(a);

	if (ilnp6_l64_valid(in, l64))
		return 0;
	if (be64_to_cpu(l64) >> 57 == 0x7e)
		return refuse(extack, a, -EINVAL,
			      "l64: unique local locators are off (ula)");
	return refuse(extack, a, -EINVAL,
		      "l64: not a unicast global locator");
}

static int l64_key(struct genl_info *info, __be64 *l64, int *ifindex)
{
	if (genl_missing(info, ILNP6_A_L64, "l64") ||
	    genl_missing(info, ILNP6_A_IFINDEX, "ifindex"))
		return -EINVAL;
	*l64 = nla_get_be64(info->attrs[ILNP6_A_L64]);
	*ifindex = nla_get_u32(info->attrs[ILNP6_A_IFINDEX]);
	return 0;
}

static int via_parse(struct genl_info *info, struct in6_addr *via)
{
	struct nlattr *a = info->attrs[ILNP6_A_VIA];
	int type;

	if (!a)
		return 0;
	*via = nla_get_in6_addr(a);
	type = ipv6_addr_type(via);
	if (type == IPV6_ADDR_ANY)
		return 0;
	if (!(type & IPV6_ADDR_UNICAST) ||
	    type & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_MAPPED |
		    IPV6_ADDR_COMPATv4))
		return refuse(info->extack, a, -EINVAL,
			      "via: not the unicast address of a router");
	return 0;
}

static int l64_parse(struct genl_info *info, struct ilnp6_l64 *l64)
{
	struct nlattr **a = info->attrs;

	if (a[ILNP6_A_LIFETIME] && l64->origin == ILNP6_ORIGIN_RA)
		return refuse(info->extack, a[ILNP6_A_LIFETIME], -EINVAL,
			      "lifetime: Router Advertisements set it");
	if (a[ILNP6_A_LIFETIME])
		l64->expires = expiry(nla_get_u32(a[ILNP6_A_LIFETIME]));
	if (a[ILNP6_A_PREFERENCE])
		l64->preference = nla_get_u16(a[ILNP6_A_PREFERENCE]);
	if (a[ILNP6_A_DRAIN])
		l64->drain = nla_get_u8(a[ILNP6_A_DRAIN]);
	return via_parse(info, &l64->via);
}

static void l64_change(struct ilnp6_net *in, struct ilnp6_l64 *l64,
		       const struct ilnp6_l64 *new)
{
	l64->via = new->via;
	l64->preference = new->preference;
	l64->drain = new->drain;
	l64->expires = new->expires;
	ilnp6_local_l64_changed(in, l64);
}

static int l64_apply(struct ilnp6_net *in, struct genl_info *info,
		     struct ilnp6_l64 *new)
{
	struct ilnp6_l64 *old;
	int err;

	old = ilnp6_local_l64_find(in, new->l64, new->ifindex);
	err = new_check(info, info->attrs[ILNP6_A_L64], "l64", old);
	if (!err && !old)
		err = l64_check(in, info->attrs[ILNP6_A_L64], info->extack);
	if (err)
		return err;
	if (old)
		*new = *old;
	err = l64_parse(info, new);
	if (!err)
		err = ilnp6_local_enable(in);
	if (err)
		return err;
	if (!old)
		return ilnp6_local_l64_add(in, new, info->extack);
	l64_change(in, old, new);
	return 0;
}

static int l64_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ilnp6_net *in = info_in(info);
	struct ilnp6_l64 new = {
		.preference = ILNP6_PREF_DEFAULT,
		.origin = ILNP6_ORIGIN_STATIC,
	};
	int err;

	err = l64_key(info, &new.l64, &new.ifindex);
	if (err)
		return err;
	mutex_lock(&in->mutex);
	err = l64_apply(in, info, &new);
	mutex_unlock(&in->mutex);
	/* what l64_apply() leaves to others to find out is about the interface */
	return new_done(info, blame(info, info->attrs[ILNP6_A_IFINDEX], err));
}

static int l64_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a = info->attrs[ILNP6_A_L64];
	struct ilnp6_net *in = info_in(info);
	struct ilnp6_l64 *old;
	int err, ifindex;
	__be64 l64;

	err = l64_key(info, &l64, &ifindex);
	if (err)
		return err;
	mutex_lock(&in->mutex);
	old = ilnp6_local_l64_find(in, l64, ifindex);
	if (old && old->origin == ILNP6_ORIGIN_RA)
		err = refuse(info->extack, a, -EBUSY,
			     "l64: learned from Router Advertisements; drain it instead");
	else
		err = ilnp6_local_l64_del(in, l64, ifindex, info->extack);
	mutex_unlock(&in->mutex);
	return blame(info, a, err);
}

/* --- commands: correspondents -------------------------------------------- */

static const struct nla_policy locator_policy[ILNP6_A_LIFETIME + 1] = {
	[ILNP6_A_L64]		= { .type = NLA_U64 },
	[ILNP6_A_PREFERENCE]	= { .type = NLA_U16 },
	[ILNP6_A_LIFETIME]	= { .type = NLA_U32 },
};

static int locator_parse(struct ilnp6_net *in, const struct nlattr *nest,
			 struct ilnp6_l64_set *set, unsigned int i,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ILNP6_A_LIFETIME + 1];
	struct ilnp6_remote_l64 *e = &set->e[i];
	__be64 l64;
	int err;

	err = nla_parse_nested(tb, ILNP6_A_LIFETIME, nest, locator_policy,
			       extack);
	if (!err)
		err = missing(extack, nest, tb, ILNP6_A_L64, "locator: l64");
	if (!err)
		err = l64_check(in, tb[ILNP6_A_L64], extack);
	if (err)
		return err;
	l64 = nla_get_be64(tb[ILNP6_A_L64]);
	/* entries not filled yet are 0, which is no L64 */
	if (ilnp6_l64_set_find(set, l64))
		return refuse(extack, tb[ILNP6_A_L64], -EINVAL,
			      "locator: the same l64 twice (duplicate)");
	e->l64 = l64;
	e->preference = tb[ILNP6_A_PREFERENCE] ?
			nla_get_u16(tb[ILNP6_A_PREFERENCE]) :
			ILNP6_PREF_DEFAULT;
	e->expires = tb[ILNP6_A_LIFETIME] ?
		     expiry(nla_get_u32(tb[ILNP6_A_LIFETIME])) : 0;
	return 0;
}

static unsigned int locators_count(const struct genl_info *info)
{
	const struct nlattr *a;
	unsigned int n = 0;
	int rem;

	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem)
		n += nla_type(a) == ILNP6_A_LOCATOR;
	return n;
}

/* The L64s of a request; NULL if it has none */
static struct ilnp6_l64_set *locators_parse(struct ilnp6_net *in,
					    struct genl_info *info)
{
	unsigned int i = 0, n = locators_count(info);
	struct ilnp6_l64_set *set;
	const struct nlattr *a;
	int rem, err;

	if (!n)
		return NULL;
	if (n > ILNP6_CORR_L64S_MAX)
		return ERR_PTR(refuse(info->extack,
				      info->attrs[ILNP6_A_LOCATOR], -EINVAL,
				      "locator: more than 255"));
	set = ilnp6_l64_set_alloc(n, GFP_KERNEL);
	if (!set)
		return ERR_PTR(-ENOMEM);
	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(a) != ILNP6_A_LOCATOR)
			continue;
		err = locator_parse(in, a, set, i++, info->extack);
		if (err) {
			kfree(set);
			return ERR_PTR(err);
		}
	}
	return set;
}

static int corr_attrs_check(struct genl_info *info)
{
	struct nlattr *origin = info->attrs[ILNP6_A_ORIGIN];
	struct nlattr *len = info->attrs[ILNP6_A_NONCE_LEN];

	if (len && nla_get_u8(len) && nla_get_u8(len) != ILNP6_NONCE_SHORT &&
	    nla_get_u8(len) != ILNP6_NONCE_LONG)
		return refuse(info->extack, len, -EINVAL,
			      "nonce-len: neither 0 (auto), 4 nor 12 octets");
	if (origin && nla_get_u8(origin) != ILNP6_ORIGIN_STATIC &&
	    nla_get_u8(origin) != ILNP6_ORIGIN_NAME)
		return refuse(info->extack, origin, -EINVAL,
			      "origin: neither static nor name");
	return 0;
}

static void cfg_set(u8 *field, const struct nlattr *a)
{
	if (a)
		WRITE_ONCE(*field, nla_get_u8(a));
}

static void corr_cfg_set(struct ilnp6_corr_cfg *cfg, struct nlattr **a)
{
	cfg_set(&cfg->checksum, a[ILNP6_A_CHECKSUM]);
	cfg_set(&cfg->nonce_len, a[ILNP6_A_NONCE_LEN]);
	cfg_set(&cfg->nonce_habit, a[ILNP6_A_NONCE_HABIT]);
	cfg_set(&cfg->require, a[ILNP6_A_REQUIRE_NONCE]);
	cfg_set(&cfg->origin, a[ILNP6_A_ORIGIN]);
}

static int corr_create(struct ilnp6_net *in, struct genl_info *info,
		       __be64 nid, struct ilnp6_l64_set *set)
{
	struct ilnp6_corr_cfg cfg = {
		.checksum = ILNP6_CHECKSUM_AUTO,
		.nonce_habit = ILNP6_NONCE_OWN,
		.require = ILNP6_REQUIRE_EVERY,
		.origin = ILNP6_ORIGIN_STATIC,
	};
	struct ilnp6_corr *corr;

	corr_cfg_set(&cfg, info->attrs);
	corr = __ilnp6_corr_new(in, nid, &cfg, set, ILNP6_MODE_ILNP,
				GFP_ATOMIC);
	if (corr == ERR_PTR(-ENOSPC))
		GENL_SET_ERR_MSG(info, "too many correspondents (sysctl max_correspondents)");
	return PTR_ERR_OR_ZERO(corr);
}

/*
 * One that was learned is now configured and no longer ages. And whoever
 * configures a correspondent wants ILNP tried, whatever happened before.
 */
static void corr_change(struct ilnp6_net *in, struct genl_info *info,
			struct ilnp6_corr *corr, struct ilnp6_l64_set *set)
{
	struct ilnp6_session *s;

	if (corr->cfg.origin == ILNP6_ORIGIN_LEARNED)
		WRITE_ONCE(corr->cfg.origin, ILNP6_ORIGIN_STATIC);
	corr_cfg_set(&corr->cfg, info->attrs);
	__ilnp6_label_corr(in, corr);
	WRITE_ONCE(corr->mode, ILNP6_MODE_ILNP);
	if (set)
		__ilnp6_corr_set_l64s(in, corr, set);
	hlist_for_each_entry(s, &corr->sessions, node)
		__ilnp6_session_reconfig(in, s);
	ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE, corr);
}

/* Adding one that was only learned is not adding it twice */
static int corr_new_check(struct genl_info *info,
			  const struct ilnp6_corr *corr,
			  const struct ilnp6_l64_set *set)
{
	bool exists = corr &&
		      (READ_ONCE(corr->cfg.origin) != ILNP6_ORIGIN_LEARNED ||
		       info->nlhdr->nlmsg_flags & NLM_F_REPLACE);
	int err;

	err = new_check(info, info->attrs[ILNP6_A_NID], "nid: correspondent",
			exists);
	if (!err && !exists && !set)
		err = genl_missing(info, ILNP6_A_LOCATOR, "locator");
	return err;
}

/* Takes @set over if it succeeds */
static int corr_apply(struct ilnp6_net *in, struct genl_info *info, __be64 nid,
		      struct ilnp6_l64_set *set)
{
	struct ilnp6_corr *corr;
	int err;

	spin_lock_bh(&in->lock);
	corr = ilnp6_corr_find(in, nid);
	err = corr_new_check(info, corr, set);
	if (err)
		goto out;
	if (corr)
		corr_change(in, info, corr, set);
	else
		err = corr_create(in, info, nid, set);
out:
	spin_unlock_bh(&in->lock);
	return err;
}

static bool nid_is_ours(const struct ilnp6_net *in, __be64 nid)
{
	const struct ilnp6_nid *e;

	list_for_each_entry(e, &in->nids, list)
		if (e->nid == nid)
			return true;
	return false;
}

static int corr_set(struct ilnp6_net *in, struct genl_info *info, __be64 nid)
{
	struct ilnp6_l64_set *set;
	int err;

	lockdep_assert_held(&in->mutex);
	if (nid_is_ours(in, nid))
		return refuse(info->extack, info->attrs[ILNP6_A_NID], -EINVAL,
			      "nid: is one of this node");
	err = corr_attrs_check(info);
	if (err)
		return err;
	set = locators_parse(in, info);
	if (IS_ERR(set))
		return PTR_ERR(set);
	err = ilnp6_local_enable(in);
	if (!err)
		err = corr_apply(in, info, nid, set);
	if (err)
		kfree(set);
	return err;
}

static int corr_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ilnp6_net *in = info_in(info);
	__be64 nid;
	int err;

	err = nid_check(info, &nid);
	if (err)
		return err;
	mutex_lock(&in->mutex);
	err = corr_set(in, info, nid);
	if (!err)
		ilnp6_label_sync(in);
	mutex_unlock(&in->mutex);
	if (!err)
		ilnp6_output_kick(in);
	return new_done(info, err);
}

/* --- commands: forgetting ------------------------------------------------ */

static bool __corr_forget(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	__ilnp6_corr_del(in, corr);
	return true;
}

/* A correspondent that was learned has no other reason than its sessions */
static bool __sessions_forget(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	struct ilnp6_session *s;
	struct hlist_node *tmp;

	if (hlist_empty(&corr->sessions))
		return false;
	if (corr->cfg.origin == ILNP6_ORIGIN_LEARNED)
		return __corr_forget(in, corr);
	hlist_for_each_entry_safe(s, tmp, &corr->sessions, node)
		__ilnp6_session_del(in, s);
	return true;
}

/* Lets others have the lock now and then. Returns how many there were */
static unsigned int forget(struct ilnp6_net *in, const struct nlattr *nid,
			   bool (*__forget)(struct ilnp6_net *in,
					    struct ilnp6_corr *corr))
{
	struct ilnp6_corr *corr, *tmp;
	unsigned int n, sum = 0;

	do {
		n = 0;
		spin_lock_bh(&in->lock);
		list_for_each_entry_safe(corr, tmp, &in->corr_list, list) {
			if (nid_matches(nid, corr->nid))
				n += __forget(in, corr);
			if (n == FLUSH_BATCH)
				break;
		}
		spin_unlock_bh(&in->lock);
		sum += n;
		cond_resched();
	} while (n == FLUSH_BATCH);
	ilnp6_output_kick(in);
	return sum;
}

static unsigned int corrs_forget(struct ilnp6_net *in,
				 const struct nlattr *nid)
{
	unsigned int n = forget(in, nid, __corr_forget);

	mutex_lock(&in->mutex);
	ilnp6_label_sync(in);
	mutex_unlock(&in->mutex);
	return n;
}

static int corr_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a = info->attrs[ILNP6_A_NID];

	if (genl_missing(info, ILNP6_A_NID, "nid"))
		return -EINVAL;
	if (!corrs_forget(info_in(info), a))
		return refuse(info->extack, a, -ENOENT,
			      "nid: no correspondent has it");
	return 0;
}

static int corr_flush(struct sk_buff *skb, struct genl_info *info)
{
	corrs_forget(info_in(info), info->attrs[ILNP6_A_NID]);
	return 0;
}

static int session_flush(struct sk_buff *skb, struct genl_info *info)
{
	forget(info_in(info), info->attrs[ILNP6_A_REMOTE_NID],
	       __sessions_forget);
	return 0;
}

/* --- commands: interfaces and counters ----------------------------------- */

static int dev_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a = info->attrs[ILNP6_A_IFINDEX];
	struct ilnp6_net *in = info_in(info);
	int err;

	if (genl_missing(info, ILNP6_A_IFINDEX, "ifindex"))
		return -EINVAL;
	mutex_lock(&in->mutex);
	err = ilnp6_local_enable(in);
	if (!err)
		err = ilnp6_local_dev_add(in, nla_get_u32(a), info->extack);
	mutex_unlock(&in->mutex);
	return new_done(info, blame(info, a, err));
}

static int dev_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a = info->attrs[ILNP6_A_IFINDEX];
	struct ilnp6_net *in = info_in(info);
	int err;

	if (genl_missing(info, ILNP6_A_IFINDEX, "ifindex"))
		return -EINVAL;
	mutex_lock(&in->mutex);
	err = ilnp6_local_dev_del(in, nla_get_u32(a), info->extack);
	mutex_unlock(&in->mutex);
	return blame(info, a, err);
}

static int stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ilnp6_net *in = info_in(info);
	int err;

	mutex_lock(&in->mutex);
	err = reply(info, put_stats, NULL);
	mutex_unlock(&in->mutex);
	return err;
}

static int stats_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct ilnp6_net *in = info_in(info);

	mutex_lock(&in->mutex);
	ilnp6_mib_reset(in);
	mutex_unlock(&in->mutex);
	return 0;
}

/* --- the family ---------------------------------------------------------- */

/* Interfaces are signed in the kernel, and none is 0 */
#define IFINDEX_POLICY	NLA_POLICY_MIN(NLA_S32, 1)

static const struct nla_policy config_policy[ILNP6_A_TCP + 1] = {
	[ILNP6_A_CHECKSUM]	= NLA_POLICY_RANGE(NLA_U8,
						   ILNP6_CHECKSUM_IPV6,
						   ILNP6_CHECKSUM_NID),
	[ILNP6_A_NONCE_LEN]	= { .type = NLA_U8 },
	[ILNP6_A_SCHEDULER]	= { .type = NLA_NUL_STRING,
				    .len = ILNP6_SCHED_NAME_MAX - 1 },
	[ILNP6_A_LEARN]		= NLA_POLICY_MAX(NLA_U8, 1),
	[ILNP6_A_ULA]		= NLA_POLICY_MAX(NLA_U8, 1),
	[ILNP6_A_TCP]		= NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy nid_policy[ILNP6_A_PREFERENCE + 1] = {
	[ILNP6_A_NID]		= { .type = NLA_U64 },
	[ILNP6_A_PREFERENCE]	= { .type = NLA_U16 },
};

static const struct nla_policy nid_key_policy[ILNP6_A_NID + 1] = {
	[ILNP6_A_NID]		= { .type = NLA_U64 },
};

static const struct nla_policy l64_policy[ILNP6_A_DRAIN + 1] = {
	[ILNP6_A_IFINDEX]	= IFINDEX_POLICY,
	[ILNP6_A_L64]		= { .type = NLA_U64 },
	[ILNP6_A_VIA]		= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[ILNP6_A_PREFERENCE]	= { .type = NLA_U16 },
	[ILNP6_A_LIFETIME]	= { .type = NLA_U32 },
	[ILNP6_A_DRAIN]		= NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy l64_key_policy[ILNP6_A_L64 + 1] = {
	[ILNP6_A_IFINDEX]	= IFINDEX_POLICY,
	[ILNP6_A_L64]		= { .type = NLA_U64 },
};

static const struct nla_policy ifindex_policy[ILNP6_A_IFINDEX + 1] = {
	[ILNP6_A_IFINDEX]	= IFINDEX_POLICY,
};

static const struct nla_policy corr_policy[ILNP6_A_REQUIRE_NONCE + 1] = {
	[ILNP6_A_NID]		= { .type = NLA_U64 },
	[ILNP6_A_LOCATOR]	= NLA_POLICY_NESTED(locator_policy),
	[ILNP6_A_CHECKSUM]	= NLA_POLICY_MAX(NLA_U8, ILNP6_CHECKSUM_NID),
	[ILNP6_A_NONCE_LEN]	= { .type = NLA_U8 },
	[ILNP6_A_NONCE_HABIT]	= NLA_POLICY_MAX(NLA_U8, ILNP6_NONCE_ECHO),
	[ILNP6_A_REQUIRE_NONCE]	= NLA_POLICY_MAX(NLA_U8, ILNP6_REQUIRE_RFC),
	[ILNP6_A_ORIGIN]	= { .type = NLA_U8 },
};

static const struct nla_policy remote_policy[ILNP6_A_REMOTE_NID + 1] = {
	[ILNP6_A_REMOTE_NID]	= { .type = NLA_U64 },
};

#define POLICY(p)	.policy = (p), .maxattr = ARRAY_SIZE(p) - 1

/* For commands without attributes; larger types are refused as unknown */
static const struct nla_policy none_policy[ILNP6_A_PAD + 1] = {
	[ILNP6_A_PAD]		= { .type = NLA_REJECT },
};

static const struct genl_ops ops[] = {
	{
		.cmd = ILNP6_CMD_CONFIG_GET,
		.doit = config_get,
		POLICY(none_policy),
	}, {
		.cmd = ILNP6_CMD_CONFIG_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = config_set,
		POLICY(config_policy),
	}, {
		.cmd = ILNP6_CMD_NID_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = nid_new,
		POLICY(nid_policy),
	}, {
		.cmd = ILNP6_CMD_NID_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = nid_del,
		POLICY(nid_key_policy),
	}, {
		.cmd = ILNP6_CMD_NID_GET,
		.dumpit = nid_dump,
		POLICY(none_policy),
	}, {
		.cmd = ILNP6_CMD_L64_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = l64_new,
		POLICY(l64_policy),
	}, {
		.cmd = ILNP6_CMD_L64_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = l64_del,
		POLICY(l64_key_policy),
	}, {
		.cmd = ILNP6_CMD_L64_GET,
		.dumpit = l64_dump,
		POLICY(ifindex_policy),
	}, {
		.cmd = ILNP6_CMD_CORR_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = corr_new,
		POLICY(corr_policy),
	}, {
		.cmd = ILNP6_CMD_CORR_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = corr_del,
		POLICY(nid_key_policy),
	}, {
		.cmd = ILNP6_CMD_CORR_GET,
		.start = corr_dump_start,
		.dumpit = corr_dump,
		POLICY(nid_key_policy),
	}, {
		.cmd = ILNP6_CMD_CORR_FLUSH,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = corr_flush,
		POLICY(nid_key_policy),
	}, {
		.cmd = ILNP6_CMD_SESSION_GET,
		.dumpit = session_dump,
		POLICY(remote_policy),
	}, {
		.cmd = ILNP6_CMD_SESSION_FLUSH,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = session_flush,
		POLICY(remote_policy),
	}, {
		.cmd = ILNP6_CMD_PATH_GET,
		.dumpit = path_dump,
		POLICY(remote_policy),
	}, {
		.cmd = ILNP6_CMD_TCP_GET,
		.dumpit = tcp_dump,
		POLICY(remote_policy),
	}, {
		.cmd = ILNP6_CMD_DEV_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = dev_new,
		POLICY(ifindex_policy),
	}, {
		.cmd = ILNP6_CMD_DEV_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = dev_del,
		POLICY(ifindex_policy),
	}, {
		.cmd = ILNP6_CMD_DEV_GET,
		.dumpit = dev_dump,
		POLICY(none_policy),
	}, {
		.cmd = ILNP6_CMD_STATS_GET,
		.doit = stats_get,
		POLICY(none_policy),
	}, {
		.cmd = ILNP6_CMD_STATS_RESET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = stats_reset,
		POLICY(none_policy),
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = ILNP6_MCGRP_MONITOR },
};

/*
 * From resv_start_op on the core takes no NLM_F_CREATE, _EXCL and _REPLACE,
 * which our _NEW commands have as rtnetlink's do.
 */
static struct genl_family family __ro_after_init = {
	.name		= ILNP6_GENL_NAME,
	.version	= ILNP6_GENL_VERSION,
	.resv_start_op	= __ILNP6_CMD_MAX,
	.netnsok	= true,
	.module		= THIS_MODULE,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};

/**
 * ilnp6_netlink_init - take commands
 *
 * After the pernet operations are registered: commands use their data.
 *
 * Return: 0 or a negative error.
 */
int ilnp6_netlink_init(void)
{
	int err;

	err = genl_register_family(&family);
	if (!err)
		WRITE_ONCE(registered, true);
	return err;
}

/**
 * ilnp6_netlink_exit - take no more commands, send no more events
 *
 * Before the pernet operations are unregistered.
 */
void ilnp6_netlink_exit(void)
{
	WRITE_ONCE(registered, false);
	genl_unregister_family(&family);
}

MODULE_ALIAS_GENL_FAMILY(ILNP6_GENL_NAME);
