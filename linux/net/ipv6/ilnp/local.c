// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our side of the ILCC (RFC 6741 sections 3.1 and 5.1): local NIDs and L64s,
 * the addresses made of them, and the interfaces our programs serve.
 *
 * Lists change in process context under ilnp6_net.mutex; packets read the
 * snapshot ilnp6_net.locals. The kernel's own address lists are the truth: a
 * sync reads them, never the text of an rtnetlink event, asks for what is
 * missing, and so comes to rest at a fixed point. What was lost between two
 * events does not matter.
 *
 * Lock order: ilnp6_net.mutex, then RTNL (rtnetlink takes it for our requests).
 * Hence nothing here takes the mutex under RTNL, the notifier least of all.
 */
#include "ilnp6.h"

#include <linux/if_addr.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/ip6_route.h>
#include <net/netlink.h>
#include <net/sock.h>

#define ILNP6_IFAPROT	200	/* IFA_PROTO of addresses we made */
#define ILNP6_PLEN	64
#define LIFETIME_INF	U32_MAX	/* seconds, as in IFA_CACHEINFO: for ever */

#define EVENT_DELAY	msecs_to_jiffies(5)	/* let a burst pass */
#define DAD_POLL	msecs_to_jiffies(100)
#define RETRY_DELAY	HZ			/* out of memory */
#define DRAIN_MAX	4096			/* events in one go */
#define SYNC_PASSES	3
#define LIFETIME_SLACK	2	/* seconds; two roundings */
#define ADDRS_START	64

enum link { LINK_GONE, LINK_DOWN, LINK_UP };

/**
 * struct local - an L64 with what only this file knows of it
 * @l: what others see
 * @rcu: frees it; the notifier walks the list under RCU
 * @link: enum link at the last look
 * @up: carrier and operational state at the last look
 * @bounced: interface went down since the last look, with its addresses; RTNL
 * @ra: this pass saw an address from a Router Advertisement
 * @valid: RA: seconds left
 * @preferred: RA: seconds left until deprecated
 * @present: this pass: NIDs whose address exists
 * @running: this pass: of these, DAD is not over
 * @failed: this pass: of these, DAD failed
 * @seen: as @present at the last pass, and what was asked for since
 * @tentative: of @seen, DAD was not over
 * @given_up: somebody removed it, or the kernel refused it: left alone
 */
struct local {
	struct ilnp6_l64 l;
	struct rcu_head rcu;
	u8 link;
	bool up;
	bool bounced;
	bool ra;
	u32 valid;
	u32 preferred;
	u16 present;
	u16 running;
	u16 failed;
	u16 seen;
	u16 tentative;
	u16 given_up;
};

/**
 * struct addr - copy of an address of the namespace
 * @a: the address
 * @ifindex: its interface
 * @flags: IFA_F_*
 * @valid: seconds left, or LIFETIME_INF
 * @preferred: seconds left until deprecated, or LIFETIME_INF
 * @plen: prefix length
 * @proto: who made it
 */
struct addr {
	struct ilnp6_addr a;
	int ifindex;
	u32 flags;
	u32 valid;
	u32 preferred;
	u8 plen;
	u8 proto;
};

/**
 * struct sync - one run of the synchronisation
 * @in: namespace
 * @req: socket for requests; events have their own
 * @a: addresses found
 * @n: how many
 * @room: how many fit
 * @asked: this pass asked for a change, so look again
 * @new_dup: slots of NIDs whose DAD has newly failed somewhere
 * @delay: jiffies until the next run is due
 */
struct sync {
	struct ilnp6_net *in;
	struct ilnp6_rtnl req;
	struct addr *a;
	unsigned int n;
	unsigned int room;
	bool asked;
	u16 new_dup;
	unsigned long delay;
};

static unsigned int l64s_count(const struct ilnp6_net *in)
{
	struct list_head *p;
	unsigned int n = 0;

	list_for_each(p, &in->l64s)
		n++;
	return n;
}

static struct local *local_of(struct ilnp6_l64 *l64)
{
	return container_of(l64, struct local, l);
}

/* --- what may be a NID, what an L64 -------------------------------------- */

/**
 * ilnp6_local_nid_valid - is it an identifier that IPv6 does not reserve?
 * @nid: network order
 *
 * The registry of RFC 5453. Peers may have U and G as they like (RFC 7136).
 *
 * Return: true if it may be a NID.
 */
bool ilnp6_local_nid_valid(__be64 nid)
{
	u64 v = be64_to_cpu(nid);

	if (!v)
		return false;
	if (v >> 24 == 0x02005efffeULL)
		return false;
	return v < 0xfdffffffffffff80ULL || v > 0xfdffffffffffffffULL;
}

/**
 * ilnp6_l64_valid - may it be used as an L64?
 * @in: namespace, whose policy on fc00::/7 counts
 * @l64: network order
 *
 * Return: true for 2000::/3, and for fc00::/7 if the policy says so.
 */
bool ilnp6_l64_valid(const struct ilnp6_net *in, __be64 l64)
{
	return be64_to_cpu(l64) >> 61 == 1 ||
	       (ilnp6_is_ula(l64) && READ_ONCE(in->cfg.ula));
}

/* U = G = 0 in modified EUI-64 form: local scope, not a group */
static __be64 nid_random(void)
{
	__be64 nid;

	do {
		get_random_bytes(&nid, sizeof(nid));
		*(u8 *)&nid &= ~0x03;
	} while (!ilnp6_local_nid_valid(nid));
	return nid;
}

/* --- snapshot ------------------------------------------------------------ */

/**
 * ilnp6_locals_nid_slot - which bit of nid_ready belongs to a NID
 * @loc: snapshot
 * @nid: network order, not 0
 *
 * Return: the slot, or -1 if the NID is not ours.
 */
int ilnp6_locals_nid_slot(const struct ilnp6_locals *loc, __be64 nid)
{
	unsigned int i;

	for (i = 0; i < loc->n_nids; i++)
		if (loc->nids[i] == nid)
			return i;
	return -1;
}

static u32 seconds_left(unsigned long expires)
{
	unsigned long now = jiffies;

	if (!expires)
		return 0;
	if (time_after_eq(now, expires))
		return 1;
	return clamp_t(unsigned long, (expires - now) / HZ, 1, U32_MAX);
}

/* Is there a live L64 with an address, to succeed those past their lifetime? */
static bool has_fresh(struct ilnp6_net *in)
{
	struct ilnp6_l64 *l64;

	list_for_each_entry(l64, &in->l64s, list)
		if (l64->usable && !l64->drain && !l64->expired &&
		    l64->nid_ready)
			return true;
	return false;
}

static void snapshot_fill(struct ilnp6_net *in, struct ilnp6_locals *loc)
{
	bool fresh = has_fresh(in);
	struct ilnp6_local_l64 *d;
	struct ilnp6_l64 *l64;
	struct ilnp6_nid *nid;
	unsigned int i = 0;

	list_for_each_entry(nid, &in->nids, list) {
		loc->nids[nid->slot] = nid->nid;
		loc->n_nids = max_t(u16, loc->n_nids, nid->slot + 1);
	}
	list_for_each_entry(l64, &in->l64s, list) {
		d = &loc->l64s[i++];
		d->l64 = l64->l64;
		d->ifindex = l64->ifindex;
		d->via = l64->via;
		d->preference = l64->preference;
		d->usable = l64->usable && !l64->drain &&
			    !(l64->expired && fresh);
		d->lifetime = seconds_left(l64->expires);
		d->nid_ready = l64->nid_ready;
	}
}

static bool snapshot_same(const struct ilnp6_locals *a,
			  const struct ilnp6_locals *b)
{
	size_t off = offsetof(struct ilnp6_locals, n_nids);

	return a->n_l64s == b->n_l64s &&
	       !memcmp((const u8 *)a + off, (const u8 *)b + off,
		       struct_size(a, l64s, a->n_l64s) - off);
}

/* Gaps between fields are zero in both, so memcmp() sees only what differs */
static int publish(struct ilnp6_net *in)
{
	unsigned int n = l64s_count(in);
	struct ilnp6_locals *loc, *old;

	lockdep_assert_held(&in->mutex);
	loc = kzalloc(struct_size(loc, l64s, n), GFP_KERNEL);
	if (!loc)
		return -ENOMEM;
	loc->n_l64s = n;
	snapshot_fill(in, loc);

	old = rcu_dereference_protected(in->locals,
					lockdep_is_held(&in->mutex));
	loc->time = jiffies;
	if (old && snapshot_same(old, loc)) {
		WRITE_ONCE(old->time, loc->time);
		kfree(loc);
		return 0;
	}
	rcu_assign_pointer(in->locals, loc);
	if (old) {
		kfree_rcu(old, rcu);
		ilnp6_path_rebuild(in);
	}
	return 0;
}

/* --- scheduling ---------------------------------------------------------- */

/*
 * Run the sync in @delay jiffies or earlier. A run that is due earlier stays:
 * a stream of events must not put it off for ever. One that is pending begins
 * after this point, so it sees whatever the caller did before.
 *
 * RCU: after ilnp6_net.exiting is set and a grace period is over, which is
 * between .pre_exit and .exit, nobody schedules any more.
 */
static void sync_in(struct ilnp6_net *in, unsigned long delay)
{
	struct delayed_work *w = &in->sync_work;

	rcu_read_lock();
	if (!READ_ONCE(in->exiting) &&
	    !(delayed_work_pending(w) &&
	      time_before_eq(READ_ONCE(w->timer.expires), jiffies + delay)))
		mod_delayed_work(system_long_wq, w, delay);
	rcu_read_unlock();
}

/**
 * ilnp6_local_sync - look at addresses and links again, soon
 * @in: namespace
 *
 * Any context.
 */
void ilnp6_local_sync(struct ilnp6_net *in)
{
	sync_in(in, EVENT_DELAY);
}

/* --- rtnetlink: requests ------------------------------------------------- */

static int addr_put(struct sk_buff *skb, const struct addr *a)
{
	struct ifa_cacheinfo ci = {
		.ifa_valid = a->valid,
		.ifa_prefered = a->preferred,
	};

	if (nla_put_in6_addr(skb, IFA_LOCAL, &a->a.in6) ||
	    nla_put_u32(skb, IFA_FLAGS, a->flags) ||
	    nla_put_u8(skb, IFA_PROTO, ILNP6_IFAPROT) ||
	    nla_put(skb, IFA_CACHEINFO, sizeof(ci), &ci))
		return -EMSGSIZE;
	return 0;
}

static int request(struct sync *s, int type, int flags, const struct addr *a)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh;
	struct sk_buff *skb;
	int err = -EMSGSIZE;

	s->asked = true;
	skb = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	nlh = nlmsg_put(skb, 0, 0, type, sizeof(*ifa), flags);
	if (!nlh)
		goto free;
	ifa = nlmsg_data(nlh);
	memset(ifa, 0, sizeof(*ifa));
	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = a->plen;
	ifa->ifa_index = a->ifindex;
	err = addr_put(skb, a);
	if (err)
		goto free;
	nlmsg_end(skb, nlh);
	return ilnp6_rtnl_request(&s->req, s->in->net, skb, NULL, 0);

free:
	nlmsg_free(skb);
	return err;
}

/*
 * The address [L64,NID] as we want it: a static one for good, with the prefix
 * route of a /64; one from a Router Advertisement for as long as that says,
 * without, because the advertisement brought its own route.
 */
static void addr_want(const struct local *e, __be64 nid, struct addr *a)
{
	memset(a, 0, sizeof(*a));
	a->a.l64 = e->l.l64;
	a->a.nid = nid;
	a->ifindex = e->l.ifindex;
	a->plen = ILNP6_PLEN;
	a->valid = LIFETIME_INF;
	a->preferred = LIFETIME_INF;
	if (e->l.origin == ILNP6_ORIGIN_RA) {
		a->flags = IFA_F_NOPREFIXROUTE;
		a->valid = max_t(u32, e->valid, 1);
		a->preferred = min(e->preferred, a->valid);
	}
}

static bool lifetime_differs(u32 a, u32 b)
{
	if (a == LIFETIME_INF || b == LIFETIME_INF)
		return a != b;
	return max(a, b) - min(a, b) > LIFETIME_SLACK;
}

static void addr_refresh(struct sync *s, const struct local *e,
			 const struct addr *have)
{
	struct addr want;

	addr_want(e, have->a.nid, &want);
	if ((have->flags ^ want.flags) & IFA_F_NOPREFIXROUTE ||
	    lifetime_differs(want.valid, have->valid) ||
	    lifetime_differs(want.preferred, have->preferred))
		request(s, RTM_NEWADDR, NLM_F_REPLACE, &want);
}

/* --- rtnetlink: events --------------------------------------------------- */

static void events_ready(struct sock *sk)
{
	struct ilnp6_net *in;

	read_lock_bh(&sk->sk_callback_lock);
	in = sk->sk_user_data;
	if (in)
		sync_in(in, EVENT_DELAY);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* A kernel socket does not keep the namespace */
static int events_open(struct ilnp6_net *in)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = BIT(RTNLGRP_LINK - 1) |
			     BIT(RTNLGRP_IPV6_IFADDR - 1) |
			     BIT(RTNLGRP_IPV6_ROUTE - 1),
	};
	struct socket *sock;
	struct sock *sk;
	int err;

	err = sock_create_kern(in->net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE,
			       &sock);
	if (err)
		return err;
	sk = sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = in;
	sk->sk_data_ready = events_ready;
	write_unlock_bh(&sk->sk_callback_lock);

	/* void *: the type of the address is another one in later kernels */
	err = kernel_bind(sock, (void *)&addr, sizeof(addr));
	if (err) {
		sock_release(sock);
		return err;
	}
	in->rtnl = sock;
	return 0;
}

static void events_close(struct ilnp6_net *in)
{
	struct socket *sock = in->rtnl;

	if (!sock)
		return;
	in->rtnl = NULL;
	write_lock_bh(&sock->sk->sk_callback_lock);
	sock->sk->sk_user_data = NULL;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	sock_release(sock);
}

/* Read them away; an overrun (ENOBUFS) is an event like any other */
static bool events_drain(struct ilnp6_net *in)
{
	unsigned int n;
	int err;

	for (n = 0; n < DRAIN_MAX; n++) {
		struct msghdr msg = {};
		struct kvec iov;
		u8 octet;

		iov.iov_base = &octet;
		iov.iov_len = sizeof(octet);
		err = kernel_recvmsg(in->rtnl, &msg, &iov, 1, sizeof(octet),
				     MSG_DONTWAIT);
		if (err < 0 && err != -ENOBUFS)
			return n;
	}
	sync_in(in, EVENT_DELAY);
	return true;
}

/* --- looking: links and addresses, under RTNL ---------------------------- */

static void forget_tries(struct local *e)
{
	e->seen = 0;
	e->tentative = 0;
	e->given_up = 0;
	e->l.nid_dup = 0;
}

static void link_look(struct ilnp6_net *in, struct local *e)
{
	struct net_device *dev = __dev_get_by_index(in->net, e->l.ifindex);
	struct inet6_dev *idev = dev ? __in6_dev_get(dev) : NULL;

	ASSERT_RTNL();
	e->link = dev ? LINK_DOWN : LINK_GONE;
	e->up = false;
	if (!idev || READ_ONCE(idev->cnf.disable_ipv6) || !netif_running(dev))
		return;
	e->link = LINK_UP;
	e->up = netif_carrier_ok(dev) && netif_oper_up(dev);
}

/*
 * An interface that goes down takes its addresses along, which says nothing
 * about their being wanted or duplicate: when it is back all is tried anew.
 * RTNL keeps that apart: addresses, IFF_UP and ->bounced change together.
 */
static void links_look(struct ilnp6_net *in)
{
	struct local *e;

	list_for_each_entry(e, &in->l64s, l.list) {
		link_look(in, e);
		if (e->link != LINK_UP || e->bounced)
			forget_tries(e);
		e->bounced = false;
	}
}

static u32 lifetime_left(u32 lifetime, unsigned long since)
{
	unsigned long age = (jiffies - since) / HZ;

	if (lifetime == LIFETIME_INF)
		return lifetime;
	return lifetime > age ? lifetime - age : 0;
}

static void addr_copy(struct addr *a, struct inet6_ifaddr *ifp, int ifindex)
{
	spin_lock_bh(&ifp->lock);
	a->a.in6 = ifp->addr;
	a->ifindex = ifindex;
	a->flags = ifp->flags;
	a->valid = lifetime_left(ifp->valid_lft, ifp->tstamp);
	a->preferred = lifetime_left(ifp->prefered_lft, ifp->tstamp);
	if (ifp->flags & IFA_F_DEPRECATED)
		a->preferred = 0;
	a->plen = ifp->prefix_len;
	a->proto = ifp->ifa_proto;
	spin_unlock_bh(&ifp->lock);
}

/* RTNL does not stop softirqs from adding an address, hence RCU */
static bool collect_dev(struct sync *s, struct net_device *dev)
{
	struct inet6_dev *idev = __in6_dev_get(dev);
	struct inet6_ifaddr *ifp;
	bool fits = true;

	if (!idev || dev->flags & IFF_LOOPBACK)
		return true;
	rcu_read_lock();
	list_for_each_entry_rcu(ifp, &idev->addr_list, if_list) {
		if (ipv6_addr_type(&ifp->addr) & IPV6_ADDR_LINKLOCAL)
			continue;
		fits = s->n < s->room;
		if (!fits)
			break;
		addr_copy(&s->a[s->n++], ifp, dev->ifindex);
	}
	rcu_read_unlock();
	return fits;
}

static bool collect_all(struct sync *s)
{
	struct net_device *dev;

	s->n = 0;
	for_each_netdev(s->in->net, dev)
		if (!collect_dev(s, dev))
			return false;
	return true;
}

static int collect(struct sync *s)
{
	bool fits = false;

	while (!fits) {
		if (!s->a || s->n == s->room) {
			s->room = s->room ? 2 * s->room : ADDRS_START;
			kvfree(s->a);
			s->a = kvmalloc_array(s->room, sizeof(*s->a),
					      GFP_KERNEL);
			if (!s->a)
				return -ENOMEM;
		}
		rtnl_lock();
		links_look(s->in);
		fits = collect_all(s);
		rtnl_unlock();
	}
	return 0;
}

/* --- the list of L64s ---------------------------------------------------- */

static struct local *l64_new(struct ilnp6_net *in, __be64 l64, int ifindex,
			     u8 origin)
{
	struct local *e;

	if (l64s_count(in) >= ILNP6_LOCAL_L64S_MAX) {
		ilnp6_count(in, ILNP6_STAT_TABLE_FULL);
		return ERR_PTR(-ENOSPC);
	}
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return ERR_PTR(-ENOMEM);
	e->l.l64 = l64;
	e->l.ifindex = ifindex;
	e->l.origin = origin;
	rtnl_lock();
	link_look(in, e);
	rtnl_unlock();
	e->l.usable = e->up;
	return e;
}

static void l64_link(struct ilnp6_net *in, struct local *e)
{
	list_add_tail_rcu(&e->l.list, &in->l64s);
	ilnp6_label_local(in);
	ilnp6_notify_l64(in, ILNP6_EVENT_L64_ADD, &e->l);
}

/* Its addresses are strays from now on, which the sync removes */
static void l64_unlink(struct ilnp6_net *in, struct local *e)
{
	list_del_rcu(&e->l.list);
	ilnp6_label_local(in);
	ilnp6_notify_l64(in, ILNP6_EVENT_L64_DEL, &e->l);
	kfree_rcu(e, rcu);
}

/**
 * ilnp6_local_l64_find - find a local L64
 * @in: namespace, its mutex held
 * @l64: network order
 * @ifindex: interface
 *
 * Return: the entry, which the mutex keeps, or NULL.
 */
struct ilnp6_l64 *ilnp6_local_l64_find(struct ilnp6_net *in, __be64 l64,
				       int ifindex)
{
	struct ilnp6_l64 *e;

	lockdep_assert_held(&in->mutex);
	list_for_each_entry(e, &in->l64s, list)
		if (e->l64 == l64 && e->ifindex == ifindex)
			return e;
	return NULL;
}

static struct ilnp6_nid *nid_find(struct ilnp6_net *in, __be64 nid)
{
	struct ilnp6_nid *e;

	list_for_each_entry(e, &in->nids, list)
		if (e->nid == nid)
			return e;
	return NULL;
}

static u16 nid_slots(struct ilnp6_net *in)
{
	struct ilnp6_nid *nid;
	u16 slots = 0;

	list_for_each_entry(nid, &in->nids, list)
		slots |= BIT(nid->slot);
	return slots;
}

/* --- L64s from Router Advertisements ------------------------------------- */

/*
 * Did a Router Advertisement bring this address? The kernel says so of its
 * own. Clients in user space (systemd-networkd, NetworkManager) bring the
 * prefix route themselves, with a lifetime, or leave privacy addresses to the
 * kernel; people who type an address do neither. DHCPv6 gives a /128.
 */
static bool addr_from_ra(struct ilnp6_net *in, const struct addr *a)
{
	if (a->plen != ILNP6_PLEN || a->proto == ILNP6_IFAPROT ||
	    a->flags & IFA_F_TEMPORARY || !ilnp6_l64_valid(in, a->a.l64))
		return false;
	if (a->proto == IFAPROT_KERNEL_RA || a->flags & IFA_F_MANAGETEMPADDR)
		return true;
	return a->flags & IFA_F_NOPREFIXROUTE &&
	       a->valid != LIFETIME_INF;
}

/* Return: the L64 has another router, or none */
static bool via_update(struct sync *s, struct local *e)
{
	struct in6_addr via = e->l.via;
	unsigned long left;

	left = ilnp6_ra_router(s->in, e->l.l64, e->l.ifindex, &e->l.via);
	if (left)
		s->delay = min(s->delay, ilnp6_delay(left));
	return !ipv6_addr_equal(&via, &e->l.via);
}

/* Several addresses may share a prefix: the longest lifetime counts */
static void ra_note(struct sync *s, const struct addr *a)
{
	struct ilnp6_l64 *l64;
	struct local *e;

	l64 = ilnp6_local_l64_find(s->in, a->a.l64, a->ifindex);
	if (l64 && l64->origin != ILNP6_ORIGIN_RA)
		return;
	if (l64) {
		e = local_of(l64);
	} else {
		e = l64_new(s->in, a->a.l64, a->ifindex, ILNP6_ORIGIN_RA);
		if (IS_ERR(e))
			return;
		via_update(s, e);
		l64_link(s->in, e);
	}
	if (!e->ra) {
		e->valid = 0;
		e->preferred = 0;
	}
	e->ra = true;
	e->valid = max(e->valid, a->valid);
	e->preferred = max(e->preferred, a->preferred);
}

static unsigned long expiry(u32 seconds)
{
	if (seconds == LIFETIME_INF)
		return 0;
	return jiffies + min_t(unsigned long, seconds,
			       MAX_JIFFY_OFFSET / HZ) * HZ ?: 1;
}

static void ra_update(struct sync *s)
{
	struct local *e, *tmp;
	unsigned int i;

	list_for_each_entry(e, &s->in->l64s, l.list)
		e->ra = false;
	for (i = 0; i < s->n; i++)
		if (addr_from_ra(s->in, &s->a[i]))
			ra_note(s, &s->a[i]);
	list_for_each_entry_safe(e, tmp, &s->in->l64s, l.list) {
		if (e->ra)
			e->l.expires = expiry(e->valid);
		else if (e->l.origin == ILNP6_ORIGIN_RA ||
			 e->link == LINK_GONE)
			l64_unlink(s->in, e);
	}
}

/* --- addresses we have and addresses we want ----------------------------- */

static void addr_account(struct sync *s, const struct addr *a)
{
	bool ours = a->proto == ILNP6_IFAPROT;
	struct ilnp6_l64 *l64;
	struct ilnp6_nid *nid;
	struct local *e;

	l64 = ilnp6_local_l64_find(s->in, a->a.l64, a->ifindex);
	nid = nid_find(s->in, a->a.nid);
	if (!l64 || !nid) {
		if (ours)
			request(s, RTM_DELADDR, 0, a);
		return;
	}
	e = local_of(l64);
	e->present |= BIT(nid->slot);
	if (ours)
		e->l.nid_ours |= BIT(nid->slot);
	if (a->flags & IFA_F_DADFAILED) {
		e->failed |= BIT(nid->slot);
		return;
	}
	if (a->flags & IFA_F_TENTATIVE)
		e->running |= BIT(nid->slot);
	if (ours)
		addr_refresh(s, e, a);
}

static void addrs_account(struct sync *s)
{
	struct local *e;
	unsigned int i;

	list_for_each_entry(e, &s->in->l64s, l.list) {
		e->present = 0;
		e->running = 0;
		e->failed = 0;
		e->l.nid_ours = 0;
	}
	for (i = 0; i < s->n; i++)
		addr_account(s, &s->a[i]);
}

/*
 * A NID that comes back to a network, by another interface perhaps, has the
 * address it had there: tell routers that remember it (RFC 9131 section 6.1).
 */
static void announce(struct sync *s, const struct local *e, u16 nids)
{
	struct ilnp6_addr a = { .l64 = e->l.l64 };
	const struct ilnp6_nid *nid;
	struct net_device *dev;

	dev = nids ? dev_get_by_index(s->in->net, e->l.ifindex) : NULL;
	if (!dev)
		return;
	list_for_each_entry(nid, &s->in->nids, list) {
		a.nid = nid->nid;
		if (nids & BIT(nid->slot))
			compat_ndisc_send_na(dev, &a.in6);
	}
	dev_put(dev);
}

/*
 * What became of the NIDs on this L64. An address that was there and is not:
 * the kernel removes one with a lifetime when its DAD fails; any other was
 * removed by somebody who had a reason. Neither is made again.
 */
static void l64_judge(struct sync *s, struct local *e)
{
	u16 good = e->present & ~e->failed;
	u16 ready = e->l.nid_ready;
	u16 lost = e->seen & ~e->present;
	u16 dup = e->l.nid_dup;

	dup |= e->failed | (lost & e->tentative);
	dup &= ~good;
	s->new_dup |= dup & ~e->l.nid_dup;
	e->l.nid_dup = dup;
	e->given_up |= lost & ~e->tentative;
	e->given_up &= ~e->present;
	e->seen = e->present;
	e->tentative = e->running;
	e->l.nid_ready = good & ~e->running;
	announce(s, e, e->l.nid_ready & ~ready);
}

static void addrs_add(struct sync *s, struct local *e)
{
	u16 not = e->present | e->given_up | e->l.nid_dup;
	struct ilnp6_nid *nid;
	struct addr a;
	int err;

	if (e->link != LINK_UP)
		return;
	list_for_each_entry(nid, &s->in->nids, list) {
		if (not & BIT(nid->slot))
			continue;
		addr_want(e, nid->nid, &a);
		err = request(s, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a);
		if (!err) {
			e->seen |= BIT(nid->slot);
			e->tentative |= BIT(nid->slot);
		} else if (err != -EEXIST) {
			net_dbg_ratelimited("ilnp6: %pI6c: error %d\n",
					    &a.a.in6, err);
			e->given_up |= BIT(nid->slot);
		}
	}
}

/*
 * A lifetime that is over. Of an advertised prefix it is the preferred one:
 * such an L64 is for use only as long as there is no better (RFC 6741 section
 * 5.1, RFC 4862 section 5.5.4); at the end of the valid one it is removed.
 */
static bool l64_expired(struct sync *s, const struct local *e)
{
	unsigned long now = jiffies;

	if (e->l.origin == ILNP6_ORIGIN_RA)
		return !e->preferred;
	if (!e->l.expires)
		return false;
	if (time_after_eq(now, e->l.expires))
		return true;
	s->delay = min(s->delay, ilnp6_delay(e->l.expires - now));
	return false;
}

static void l64_update(struct sync *s, struct local *e)
{
	bool usable = e->l.usable;
	bool expired = e->l.expired;
	bool via = e->ra && via_update(s, e);

	e->l.usable = e->up;
	e->l.expired = l64_expired(s, e);
	if (e->l.usable && e->tentative)
		s->delay = min(s->delay, DAD_POLL);
	if (e->l.usable != usable || e->l.expired != expired || via)
		ilnp6_notify_l64(s->in, ILNP6_EVENT_L64_CHANGE, &e->l);
}

/* --- states of NIDs ------------------------------------------------------ */

static u8 nid_state(struct ilnp6_net *in, const struct ilnp6_nid *nid)
{
	u16 ready = 0, tentative = 0, dup = 0;
	struct local *e;

	list_for_each_entry(e, &in->l64s, l.list) {
		ready |= e->l.nid_ready;
		tentative |= e->tentative;
		dup |= e->l.nid_dup;
	}
	if (ready & BIT(nid->slot))
		return ILNP6_STATE_READY;
	if (tentative & BIT(nid->slot))
		return ILNP6_STATE_TENTATIVE;
	return dup & BIT(nid->slot) ? ILNP6_STATE_DUPLICATE :
				      ILNP6_STATE_READY;
}

/* A NID that is duplicate on one L64 and fine on another is told of, too */
static void nids_update(struct sync *s)
{
	struct ilnp6_nid *nid, event;
	u8 state;

	list_for_each_entry(nid, &s->in->nids, list) {
		state = nid_state(s->in, nid);
		event = *nid;
		event.state = s->new_dup & BIT(nid->slot) ?
			      ILNP6_STATE_DUPLICATE : state;
		if (event.state != nid->state)
			ilnp6_notify_nid(s->in, ILNP6_EVENT_NID_CHANGE,
					 &event);
		nid->state = state;
	}
}

/* --- sync ---------------------------------------------------------------- */

static int sync_pass(struct sync *s)
{
	struct local *e;
	int err;

	s->asked = false;
	s->delay = MAX_SCHEDULE_TIMEOUT;
	err = collect(s);
	if (err)
		return err;
	ra_update(s);
	addrs_account(s);
	/* while those that go are gone and those that come are not there yet */
	ilnp6_label_sync(s->in);
	list_for_each_entry(e, &s->in->l64s, l.list) {
		l64_judge(s, e);
		addrs_add(s, e);
		l64_update(s, e);
	}
	return 0;
}

static void sync_end(struct sync *s)
{
	ilnp6_rtnl_close(&s->req);
	kvfree(s->a);
}

/*
 * A pass leaves nothing to ask for that the next would ask for again, except
 * when others change things meanwhile: then an event is on its way.
 */
static void sync_run(struct ilnp6_net *in)
{
	struct sync s = { .in = in, .delay = MAX_SCHEDULE_TIMEOUT };
	int err = 0, n = 0;

	lockdep_assert_held(&in->mutex);
	if (in->exiting)
		return;
	if (in->enabled) {
		do {
			err = sync_pass(&s);
		} while (!err && s.asked && ++n < SYNC_PASSES);
	}
	nids_update(&s);
	if (publish(in) || err)
		s.delay = min_t(unsigned long, s.delay, RETRY_DELAY);
	if (s.delay != MAX_SCHEDULE_TIMEOUT)
		sync_in(in, s.delay);
	sync_end(&s);
}

/* Events are read away first: one that comes later brings another run */
static void sync_work(struct work_struct *work)
{
	struct ilnp6_net *in = container_of(to_delayed_work(work),
					    struct ilnp6_net, sync_work);
	bool event;

	mutex_lock(&in->mutex);
	if (in->enabled && !in->exiting) {
		event = events_drain(in);
		sync_run(in);
		/* next hops may have changed, whatever our L64s did */
		if (event)
			ilnp6_path_rebuild(in);
	}
	mutex_unlock(&in->mutex);
}

/**
 * ilnp6_local_enable - begin to watch the namespace and to keep addresses
 * @in: namespace, its mutex held
 *
 * Until something is configured the module leaves a namespace alone.
 *
 * Return: 0, also if it was enabled already, or a negative error.
 */
int ilnp6_local_enable(struct ilnp6_net *in)
{
	int err;

	lockdep_assert_held(&in->mutex);
	if (in->exiting)
		return -ESHUTDOWN;
	if (in->enabled)
		return 0;
	err = ilnp6_tcp_net_enable(in);
	if (err)
		return err;
	err = events_open(in);
	if (err)
		return err;
	in->enabled = true;
	sync_in(in, 0);
	return 0;
}

/* --- NIDs ---------------------------------------------------------------- */

static struct ilnp6_nid *nid_new(struct ilnp6_net *in, __be64 nid,
				 u16 preference, u8 origin)
{
	unsigned int slot = ffz(nid_slots(in));
	struct ilnp6_nid *e;

	if (slot >= ILNP6_LOCAL_NIDS_MAX) {
		ilnp6_count(in, ILNP6_STAT_TABLE_FULL);
		return ERR_PTR(-ENOSPC);
	}
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return ERR_PTR(-ENOMEM);
	e->nid = nid;
	e->preference = preference;
	e->origin = origin;
	e->state = list_empty(&in->l64s) ? ILNP6_STATE_READY :
					   ILNP6_STATE_TENTATIVE;
	e->slot = slot;
	return e;
}

/* The slot may be given to another NID: nothing of this one may stay there */
static void nid_unlink(struct ilnp6_net *in, struct ilnp6_nid *nid)
{
	u16 keep = ~BIT(nid->slot);
	struct local *e;

	list_for_each_entry(e, &in->l64s, l.list) {
		e->seen &= keep;
		e->tentative &= keep;
		e->given_up &= keep;
		e->l.nid_ready &= keep;
		e->l.nid_dup &= keep;
		e->l.nid_ours &= keep;
	}
	list_del(&nid->list);
	ilnp6_label_local(in);
	ilnp6_notify_nid(in, ILNP6_EVENT_NID_DEL, nid);
	kfree(nid);
}

static int nid_check(struct ilnp6_net *in, __be64 nid,
		     struct netlink_ext_ack *extack)
{
	if (!ilnp6_local_nid_valid(nid)) {
		NL_SET_ERR_MSG_MOD(extack, "reserved interface identifier");
		return -EINVAL;
	}
	if (*(const u8 *)&nid & 0x01) {
		NL_SET_ERR_MSG_MOD(extack, "group bit is set in the NID");
		return -EINVAL;
	}
	if (nid_find(in, nid)) {
		NL_SET_ERR_MSG_MOD(extack, "NID exists");
		return -EEXIST;
	}
	return 0;
}

/**
 * ilnp6_local_nid_add - add a static NID
 * @in: namespace, its mutex held
 * @nid: network order
 * @preference: lower is preferred
 * @extack: why not
 *
 * The automatic NID makes way for the first static one; sessions keep theirs.
 *
 * Return: 0, -EINVAL, -EEXIST, -ENOSPC or -ENOMEM.
 */
int ilnp6_local_nid_add(struct ilnp6_net *in, __be64 nid, u16 preference,
			struct netlink_ext_ack *extack)
{
	struct ilnp6_nid *e, *old, *tmp;
	int err;

	lockdep_assert_held(&in->mutex);
	err = nid_check(in, nid, extack);
	if (err)
		return err;
	e = nid_new(in, nid, preference, ILNP6_ORIGIN_STATIC);
	if (IS_ERR(e)) {
		if (PTR_ERR(e) == -ENOSPC)
			NL_SET_ERR_MSG_MOD(extack, "too many local NIDs");
		return PTR_ERR(e);
	}
	list_for_each_entry_safe(old, tmp, &in->nids, list)
		if (old->origin == ILNP6_ORIGIN_AUTO)
			nid_unlink(in, old);
	list_add_tail(&e->list, &in->nids);
	ilnp6_label_local(in);
	ilnp6_notify_nid(in, ILNP6_EVENT_NID_ADD, e);
	sync_run(in);
	return 0;
}

/**
 * ilnp6_local_nid_del - remove a NID
 * @in: namespace, its mutex held
 * @nid: network order
 * @extack: why not
 *
 * Return: 0 or -ENOENT.
 */
int ilnp6_local_nid_del(struct ilnp6_net *in, __be64 nid,
			struct netlink_ext_ack *extack)
{
	struct ilnp6_nid *e;

	lockdep_assert_held(&in->mutex);
	e = nid_find(in, nid);
	if (!e) {
		NL_SET_ERR_MSG_MOD(extack, "no such local NID");
		return -ENOENT;
	}
	nid_unlink(in, e);
	sync_run(in);
	return 0;
}

/* --- L64s ---------------------------------------------------------------- */

static int dev_check(const struct net_device *dev,
		     struct netlink_ext_ack *extack)
{
	struct inet6_dev *idev;

	if (!dev) {
		NL_SET_ERR_MSG_MOD(extack, "no such interface");
		return -ENODEV;
	}
	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG_MOD(extack, "not on a loopback interface");
		return -EINVAL;
	}
	idev = __in6_dev_get(dev);
	if (!idev || READ_ONCE(idev->cnf.disable_ipv6)) {
		NL_SET_ERR_MSG_MOD(extack, "interface has no IPv6");
		return -EINVAL;
	}
	return 0;
}

static int l64_check(struct ilnp6_net *in, const struct ilnp6_l64 *l64,
		     struct netlink_ext_ack *extack)
{
	int err;

	if (!ilnp6_l64_valid(in, l64->l64)) {
		NL_SET_ERR_MSG_MOD(extack, "prefix may not be used as an L64");
		return -EINVAL;
	}
	if (ilnp6_local_l64_find(in, l64->l64, l64->ifindex)) {
		NL_SET_ERR_MSG_MOD(extack, "L64 exists on the interface");
		return -EEXIST;
	}
	rcu_read_lock();
	err = dev_check(dev_get_by_index_rcu(in->net, l64->ifindex), extack);
	rcu_read_unlock();
	return err;
}

/**
 * ilnp6_local_l64_add - add a static L64
 * @in: namespace, its mutex held
 * @l64: what to add: l64, ifindex, via, preference, drain, expires
 * @extack: why not
 *
 * On return the addresses exist, DAD running, if the interface is up.
 *
 * Return: 0, -EINVAL, -EEXIST, -ENODEV, -ENOSPC or -ENOMEM.
 */
int ilnp6_local_l64_add(struct ilnp6_net *in, const struct ilnp6_l64 *l64,
			struct netlink_ext_ack *extack)
{
	struct local *e;
	int err;

	lockdep_assert_held(&in->mutex);
	err = l64_check(in, l64, extack);
	if (err)
		return err;
	e = l64_new(in, l64->l64, l64->ifindex, ILNP6_ORIGIN_STATIC);
	if (IS_ERR(e)) {
		if (PTR_ERR(e) == -ENOSPC)
			NL_SET_ERR_MSG_MOD(extack, "too many local L64s");
		return PTR_ERR(e);
	}
	e->l.via = l64->via;
	e->l.preference = l64->preference;
	e->l.drain = l64->drain;
	e->l.expires = l64->expires;
	l64_link(in, e);
	sync_run(in);
	return 0;
}

/**
 * ilnp6_local_l64_changed - an entry was changed in place
 * @in: namespace, its mutex held
 * @l64: entry from ilnp6_local_l64_find() with another preference, via,
 *	lifetime or drain
 */
void ilnp6_local_l64_changed(struct ilnp6_net *in, struct ilnp6_l64 *l64)
{
	lockdep_assert_held(&in->mutex);
	if (l64->origin != ILNP6_ORIGIN_RA)
		l64->expired = l64->expires &&
			       time_after_eq(jiffies, l64->expires);
	ilnp6_notify_l64(in, ILNP6_EVENT_L64_CHANGE, l64);
	sync_run(in);
}

/**
 * ilnp6_local_l64_del - remove a static L64
 * @in: namespace, its mutex held
 * @l64: network order
 * @ifindex: interface
 * @extack: why not
 *
 * One that a router advertises would be back with the next sync: refused.
 *
 * Return: 0, -ENOENT or -EINVAL.
 */
int ilnp6_local_l64_del(struct ilnp6_net *in, __be64 l64, int ifindex,
			struct netlink_ext_ack *extack)
{
	struct ilnp6_l64 *e;

	lockdep_assert_held(&in->mutex);
	e = ilnp6_local_l64_find(in, l64, ifindex);
	if (!e) {
		NL_SET_ERR_MSG_MOD(extack, "no such L64 on the interface");
		return -ENOENT;
	}
	if (e->origin == ILNP6_ORIGIN_RA) {
		NL_SET_ERR_MSG_MOD(extack,
				   "L64 is from a Router Advertisement; drain it instead");
		return -EINVAL;
	}
	l64_unlink(in, local_of(e));
	sync_run(in);
	return 0;
}

/* --- interfaces our programs are attached to ----------------------------- */

/* Like the route to an address of our own, but from no table (cf. VRF) */
static struct dst_entry *input_alloc(struct net *net, struct net_device *dev)
{
	struct inet6_dev *idev = in6_dev_get(dev);
	struct rt6_info *rt;

	if (!idev)
		return NULL;
	rt = ip6_dst_alloc(net, dev, DST_NOCOUNT);
	if (!rt) {
		in6_dev_put(idev);
		return NULL;
	}
	rt->dst.input = ip6_input;
	rt->rt6i_idev = idev;
	rt->rt6i_flags = RTF_UP | RTF_LOCAL | RTF_NONEXTHOP;
	rt->rt6i_dst.addr = in6addr_loopback;
	rt->rt6i_dst.plen = 128;
	rt->sernum = rt_genid_ipv6(net);
	return &rt->dst;
}

/*
 * dst_dev_put() lets go of the interface at once, though sockets may hold the
 * dst for long (sk_rx_dst). It passes dst_check() by its generation until then;
 * else each TCP packet would make its socket take a new one.
 */
static void dev_free(struct ilnp6_dev *d)
{
	dst_dev_put(d->input);
	dst_release(d->input);
	kfree_rcu(d, rcu);
}

static struct ilnp6_dev __rcu **dev_slot(struct ilnp6_net *in, int ifindex)
{
	return &in->dev_tab[ifindex % ARRAY_SIZE(in->dev_tab)];
}

static void dev_untab(struct ilnp6_net *in, struct ilnp6_dev *d)
{
	struct ilnp6_dev __rcu **slot = dev_slot(in, d->ifindex);

	if (rcu_access_pointer(*slot) == d)
		RCU_INIT_POINTER(*slot, NULL);
}

static bool dev_drop(struct ilnp6_net *in, int ifindex)
{
	struct ilnp6_dev *d = xa_erase(&in->devs, ifindex);

	if (!d)
		return false;
	dev_untab(in, d);
	dev_free(d);
	ilnp6_notify_dev(in, ILNP6_EVENT_DEV_DETACH, ifindex);
	return true;
}

/* RTNL: the interface cannot leave between being found and being noted */
static int dev_store(struct ilnp6_net *in, int ifindex,
		     struct netlink_ext_ack *extack)
{
	struct net_device *dev = __dev_get_by_index(in->net, ifindex);
	struct ilnp6_dev *d;
	int err;

	ASSERT_RTNL();
	err = dev_check(dev, extack);
	if (err)
		return err;
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	d->ifindex = ifindex;
	d->input = input_alloc(in->net, dev);
	if (!d->input) {
		kfree(d);
		return -ENOMEM;
	}
	err = xa_insert(&in->devs, ifindex, d, GFP_KERNEL);
	if (err)
		dev_free(d);
	if (err == -EBUSY) {
		NL_SET_ERR_MSG_MOD(extack, "interface is attached already");
		return -EEXIST;
	}
	/* Under RTNL, as dev_drop() for an interface that goes */
	if (!err)
		rcu_assign_pointer(*dev_slot(in, ifindex), d);
	return err;
}

/**
 * ilnp6_local_dev_add - note that our programs are attached to an interface
 * @in: namespace, its mutex held
 * @ifindex: interface
 * @extack: why not
 *
 * Return: 0, -ENODEV, -EINVAL, -EEXIST or -ENOMEM.
 */
int ilnp6_local_dev_add(struct ilnp6_net *in, int ifindex,
			struct netlink_ext_ack *extack)
{
	int err;

	err = ilnp6_local_enable(in);
	if (err)
		return err;
	rtnl_lock();
	err = dev_store(in, ifindex, extack);
	rtnl_unlock();
	if (err)
		return err;
	ilnp6_notify_dev(in, ILNP6_EVENT_DEV_ATTACH, ifindex);
	ilnp6_path_rebuild(in);
	return 0;
}

/**
 * ilnp6_local_dev_del - note that our programs were detached
 * @in: namespace, its mutex held
 * @ifindex: interface
 * @extack: why not
 *
 * Return: 0 or -ENOENT.
 */
int ilnp6_local_dev_del(struct ilnp6_net *in, int ifindex,
			struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&in->mutex);
	if (!dev_drop(in, ifindex)) {
		NL_SET_ERR_MSG_MOD(extack, "interface is not attached");
		return -ENOENT;
	}
	ilnp6_path_rebuild(in);
	return 0;
}

static void link_bounced(struct ilnp6_net *in, int ifindex)
{
	struct local *e;

	rcu_read_lock();
	list_for_each_entry_rcu(e, &in->l64s, l.list)
		if (e->l.ifindex == ifindex)
			e->bounced = true;
	rcu_read_unlock();
}

/* Under RTNL. In a move to another namespace dev_net() is still the old one */
static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct ilnp6_net *in = ilnp6_pernet(dev_net(dev));

	switch (event) {
	case NETDEV_DOWN:
		link_bounced(in, dev->ifindex);
		break;
	case NETDEV_UNREGISTER:
		dev_drop(in, dev->ifindex);
		if (READ_ONCE(in->enabled))
			ilnp6_local_sync(in);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

/**
 * ilnp6_local_init - begin to hear of interfaces that go
 *
 * After the pernet operations are registered: the notifier uses their data.
 *
 * Return: 0 or a negative error.
 */
int ilnp6_local_init(void)
{
	return register_netdevice_notifier(&netdev_notifier);
}

/**
 * ilnp6_local_exit - hear no more of interfaces
 *
 * Before the pernet operations are unregistered. Takes every interface for
 * gone, so it also drops all struct ilnp6_dev.
 */
void ilnp6_local_exit(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
}

/* --- namespaces ---------------------------------------------------------- */

/**
 * ilnp6_local_net_init - start with an automatic NID and nothing else
 * @in: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int ilnp6_local_net_init(struct ilnp6_net *in)
{
	struct ilnp6_nid *nid;
	int err;

	mutex_init(&in->mutex);
	INIT_LIST_HEAD(&in->nids);
	INIT_LIST_HEAD(&in->l64s);
	xa_init(&in->devs);
	INIT_DELAYED_WORK(&in->sync_work, sync_work);

	nid = nid_new(in, nid_random(), 0, ILNP6_ORIGIN_AUTO);
	if (IS_ERR(nid))
		return PTR_ERR(nid);
	list_add_tail(&nid->list, &in->nids);
	mutex_lock(&in->mutex);
	err = publish(in);
	mutex_unlock(&in->mutex);
	if (err) {
		list_del(&nid->list);
		kfree(nid);
	}
	return err;
}

/* The module goes and the namespace stays: leave it as we found it */
static void addrs_remove(struct ilnp6_net *in)
{
	struct sync s = { .in = in };
	unsigned int i;

	if (!collect(&s))
		for (i = 0; i < s.n; i++)
			if (s.a[i].proto == ILNP6_IFAPROT)
				request(&s, RTM_DELADDR, 0, &s.a[i]);
	sync_end(&s);
}

/**
 * ilnp6_local_net_pre_exit - let go of all that would hold the namespace up
 * @in: namespace
 */
void ilnp6_local_net_pre_exit(struct ilnp6_net *in)
{
	struct ilnp6_dev *d;
	unsigned long i;

	mutex_lock(&in->mutex);
	WRITE_ONCE(in->exiting, true);
	events_close(in);
	mutex_unlock(&in->mutex);
	cancel_delayed_work_sync(&in->sync_work);

	mutex_lock(&in->mutex);
	xa_for_each(&in->devs, i, d)
		if (xa_erase(&in->devs, i) == d) {
			dev_untab(in, d);
			dev_free(d);
		}
	if (in->enabled && check_net(in->net))
		addrs_remove(in);
	mutex_unlock(&in->mutex);
}

/**
 * ilnp6_local_net_exit - free what is left, nobody looks any more
 * @in: namespace, a grace period after ilnp6_local_net_pre_exit()
 */
void ilnp6_local_net_exit(struct ilnp6_net *in)
{
	struct ilnp6_nid *nid, *tmp_nid;
	struct local *e, *tmp;

	/* one that was scheduled while .pre_exit ran */
	cancel_delayed_work_sync(&in->sync_work);
	list_for_each_entry_safe(nid, tmp_nid, &in->nids, list) {
		list_del(&nid->list);
		kfree(nid);
	}
	/* interfaces go after us, and the notifier looks at the list */
	list_for_each_entry_safe(e, tmp, &in->l64s, l.list) {
		list_del_rcu(&e->l.list);
		kfree_rcu(e, rcu);
	}
	kfree_rcu(rcu_dereference_protected(in->locals, 1), rcu);
	xa_destroy(&in->devs);
	mutex_destroy(&in->mutex);
}
