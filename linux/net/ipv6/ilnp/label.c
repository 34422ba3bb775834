// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which address a socket gets that asked for none: source address selection
 * by policy (RFC 6724), as `ip addrlabel` shows it.
 *
 * Our addresses are the youngest of their interface, and would win every draw.
 * So they and the I-LVs of configured correspondents get a label of their own.
 * A correspondent's label matches only ours, by rule 6; all other destinations
 * have a label that the host's other addresses match and ours do not. A host
 * with no other address has no choice and uses ours.
 *
 * Rule 5 (address of the outgoing interface) and rule 3 (not a deprecated one)
 * come before, rule 7 (privacy addresses) comes after.
 *
 * Correspondents we learned began the session, they need no label.
 *
 * What is wanted is computed afresh and compared with what we installed. An
 * entry that was there before is somebody else's, and stays.
 */
#include "ilnp6.h"

#include <linux/if_addrlabel.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/netlink.h>

#define LABEL		0x494c4e50	/* "ILNP"; 1229737552 */
#define LABELS_MAX	1024		/* the kernel searches a linear list */
#define LABELS_START	16
#define KICK_DELAY	msecs_to_jiffies(5)
#define RETRY_DELAY	HZ		/* out of memory */

/**
 * struct labels - addresses that have our label, in order and without doubles
 * @n: number of addresses
 * @room: how many fit
 * @a: addresses
 */
struct labels {
	unsigned int n;
	unsigned int room;
	struct ilnp6_addr a[] __counted_by(room);
};

/* --- rtnetlink ----------------------------------------------------------- */

static struct sk_buff *message(int type, int flags, const struct in6_addr *a)
{
	struct ifaddrlblmsg *ifal;
	struct nlmsghdr *nlh;
	struct sk_buff *skb;

	skb = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NULL;
	nlh = nlmsg_put(skb, 0, 0, type, sizeof(*ifal), flags);
	if (!nlh)
		goto free;
	ifal = nlmsg_data(nlh);
	memset(ifal, 0, sizeof(*ifal));
	ifal->ifal_family = AF_INET6;
	ifal->ifal_prefixlen = 128;
	if (nla_put_in6_addr(skb, IFAL_ADDRESS, a) ||
	    nla_put_u32(skb, IFAL_LABEL, LABEL))
		goto free;
	nlmsg_end(skb, nlh);
	return skb;

free:
	nlmsg_free(skb);
	return NULL;
}

static int label_add(struct ilnp6_net *in, struct ilnp6_rtnl *r,
		     const struct ilnp6_addr *a)
{
	struct sk_buff *skb;

	skb = message(RTM_NEWADDRLABEL, NLM_F_CREATE | NLM_F_EXCL, &a->in6);
	if (!skb)
		return -ENOMEM;
	return ilnp6_rtnl_request(r, in->net, skb, NULL, 0);
}

/* Somebody may have put an entry of his own in the place of ours */
static bool label_is_ours(struct ilnp6_net *in, struct ilnp6_rtnl *r,
			  const struct ilnp6_addr *a)
{
	struct {
		struct nlmsghdr nlh;
		struct ifaddrlblmsg ifal;
		struct nlattr address;
		struct in6_addr prefix;
		struct nlattr attr;
		u32 label;
	} answer = {};
	struct sk_buff *skb = message(RTM_GETADDRLABEL, 0, &a->in6);

	BUILD_BUG_ON(sizeof(answer) != 56);
	return skb &&
	       !ilnp6_rtnl_request(r, in->net, skb, &answer, sizeof(answer)) &&
	       answer.ifal.ifal_prefixlen == 128 && !answer.ifal.ifal_index &&
	       answer.attr.nla_type == IFAL_LABEL && answer.label == LABEL;
}

static void label_del(struct ilnp6_net *in, struct ilnp6_rtnl *r,
		      const struct ilnp6_addr *a)
{
	struct sk_buff *skb;

	if (!label_is_ours(in, r, a))
		return;
	skb = message(RTM_DELADDRLABEL, 0, &a->in6);
	if (skb)
		ilnp6_rtnl_request(r, in->net, skb, NULL, 0);
}

/* --- what is wanted ------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ilnp6_addr));
}

static struct labels *labels_alloc(unsigned int room)
{
	struct labels *w = kvzalloc(struct_size(w, a, room), GFP_KERNEL);

	if (w)
		w->room = room;
	return w;
}

static bool labels_put(struct labels *w, __be64 l64, __be64 nid)
{
	if (w->n == w->room)
		return false;
	w->a[w->n].l64 = l64;
	w->a[w->n++].nid = nid;
	return true;
}

static bool want_locals(struct ilnp6_net *in, struct labels *w)
{
	struct ilnp6_nid *nid;
	struct ilnp6_l64 *l64;

	list_for_each_entry(l64, &in->l64s, list)
		list_for_each_entry(nid, &in->nids, list)
			if (!labels_put(w, l64->l64, nid->nid))
				return false;
	return true;
}

static bool want_corr(struct ilnp6_net *in, struct labels *w,
		      const struct ilnp6_corr *corr)
{
	const struct ilnp6_l64_set *set;
	unsigned int i;

	set = rcu_dereference_protected(corr->l64s,
					lockdep_is_held(&in->lock));
	for (i = 0; set && i < set->n; i++)
		if (!labels_put(w, set->e[i].l64, corr->nid))
			return false;
	return true;
}

static bool want_corrs(struct ilnp6_net *in, struct labels *w)
{
	struct ilnp6_corr *corr;
	bool fits = true;

	spin_lock_bh(&in->lock);
	list_for_each_entry(corr, &in->label_corrs, label_list) {
		fits = want_corr(in, w, corr);
		if (!fits)
			break;
	}
	spin_unlock_bh(&in->lock);
	return fits;
}

static void labels_sort(struct labels *w)
{
	unsigned int i, n = 0;

	sort(w->a, w->n, sizeof(w->a[0]), compare, NULL);
	for (i = 0; i < w->n; i++)
		if (!n || compare(&w->a[n - 1], &w->a[i]))
			w->a[n++] = w->a[i];
	w->n = n;
}

/* As many as there are, but no more than may be; NULL if out of memory */
static struct labels *labels_want(struct ilnp6_net *in)
{
	unsigned int room = LABELS_START;
	bool full = in->label_full;
	struct labels *w;
	bool fits;

	if (in->labels)
		room = max(room, in->labels->room);
	/* one that comes after the list was read has to kick */
	WRITE_ONCE(in->label_full, false);
	for (;;) {
		w = labels_alloc(room);
		if (!w)
			return NULL;
		fits = want_locals(in, w) && want_corrs(in, w);
		if (fits || room == LABELS_MAX)
			break;
		kvfree(w);
		room = min(room * 4, LABELS_MAX);
	}
	WRITE_ONCE(in->label_full, !fits);
	if (!fits && !full)
		ilnp6_count(in, ILNP6_STAT_TABLE_FULL);
	labels_sort(w);
	return w;
}

/* --- from what is there to what is wanted -------------------------------- */

/* *@i moves on; both lists are in order */
static bool has(const struct labels *l, unsigned int *i,
		const struct ilnp6_addr *a)
{
	while (l && *i < l->n && compare(&l->a[*i], a) < 0)
		++*i;
	return l && *i < l->n && !compare(&l->a[*i], a);
}

static void labels_del(struct ilnp6_net *in, struct ilnp6_rtnl *r,
		       const struct labels *want)
{
	const struct labels *have = in->labels;
	unsigned int i, j = 0;

	for (i = 0; have && i < have->n; i++)
		if (!has(want, &j, &have->a[i]))
			label_del(in, r, &have->a[i]);
}

/* Leaves in @want what is ours in the end */
static int labels_add(struct ilnp6_net *in, struct ilnp6_rtnl *r,
		      struct labels *want)
{
	unsigned int i, j = 0, n = 0;
	int err, res = 0;

	for (i = 0; i < want->n; i++) {
		err = 0;
		if (!has(in->labels, &j, &want->a[i]))
			err = label_add(in, r, &want->a[i]);
		if (!err)
			want->a[n++] = want->a[i];
		else if (err != -EEXIST)
			res = err;
	}
	want->n = n;
	return res;
}

static int labels_change(struct ilnp6_net *in)
{
	struct labels *want = labels_want(in);
	struct ilnp6_rtnl r = {};
	int err;

	if (!want)
		return -ENOMEM;
	labels_del(in, &r, want);
	err = labels_add(in, &r, want);
	ilnp6_rtnl_close(&r);
	kvfree(in->labels);
	in->labels = want;
	return err;
}

/* RCU: as in local.c, nobody schedules any more when .exit begins */
static void kick(struct ilnp6_net *in, unsigned long delay)
{
	atomic_set(&in->label_stale, 1);
	rcu_read_lock();
	if (!READ_ONCE(in->exiting))
		queue_delayed_work(system_long_wq, &in->label_work, delay);
	rcu_read_unlock();
}

/**
 * ilnp6_label_sync - bring the policy table up to date, now
 * @in: namespace, its mutex held, RTNL not
 */
void ilnp6_label_sync(struct ilnp6_net *in)
{
	lockdep_assert_held(&in->mutex);
	if (!in->enabled || in->exiting || !atomic_xchg(&in->label_stale, 0))
		return;
	if (labels_change(in))
		kick(in, RETRY_DELAY);
}

static void label_work(struct work_struct *work)
{
	struct ilnp6_net *in = container_of(to_delayed_work(work),
					    struct ilnp6_net, label_work);

	mutex_lock(&in->mutex);
	ilnp6_label_sync(in);
	mutex_unlock(&in->mutex);
}

/**
 * ilnp6_label_local - our NIDs or L64s change
 * @in: namespace; any context
 */
void ilnp6_label_local(struct ilnp6_net *in)
{
	kick(in, KICK_DELAY);
}

/**
 * __ilnp6_label_corr - a correspondent is new, or its origin or L64s change
 * @in: namespace; ilnp6_net.lock held
 * @corr: which
 *
 * Another one changes nothing when the table is full.
 */
void __ilnp6_label_corr(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	lockdep_assert_held(&in->lock);
	if (!list_empty(&corr->label_list)) {
		kick(in, KICK_DELAY);
	} else if (corr->cfg.origin != ILNP6_ORIGIN_LEARNED) {
		list_add_tail(&corr->label_list, &in->label_corrs);
		if (!READ_ONCE(in->label_full))
			kick(in, KICK_DELAY);
	}
}

/**
 * __ilnp6_label_forget - a correspondent goes
 * @in: namespace; ilnp6_net.lock held
 * @corr: which
 */
void __ilnp6_label_forget(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	lockdep_assert_held(&in->lock);
	if (list_empty(&corr->label_list))
		return;
	list_del_init(&corr->label_list);
	kick(in, KICK_DELAY);
}

/**
 * ilnp6_label_net_init - start with no label
 * @in: namespace
 */
void ilnp6_label_net_init(struct ilnp6_net *in)
{
	INIT_LIST_HEAD(&in->label_corrs);
	INIT_DELAYED_WORK(&in->label_work, label_work);
	atomic_set(&in->label_stale, 1);
}

/**
 * ilnp6_label_net_pre_exit - leave the policy table as we found it
 * @in: namespace, which goes itself or, with the module's end, stays
 */
void ilnp6_label_net_pre_exit(struct ilnp6_net *in)
{
	struct ilnp6_rtnl r = {};

	cancel_delayed_work_sync(&in->label_work);
	if (!check_net(in->net))
		return;
	mutex_lock(&in->mutex);
	labels_del(in, &r, NULL);
	ilnp6_rtnl_close(&r);
	kvfree(in->labels);
	in->labels = NULL;
	mutex_unlock(&in->mutex);
}

/**
 * ilnp6_label_net_exit - free what is left
 * @in: namespace, a grace period after ilnp6_label_net_pre_exit()
 */
void ilnp6_label_net_exit(struct ilnp6_net *in)
{
	/* one that was scheduled while .pre_exit ran */
	cancel_delayed_work_sync(&in->label_work);
	kvfree(in->labels);
}
