// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ILNP Communication Cache (RFC 6741 section 5), remote half:
 * correspondents and their L64s, with limits.
 *
 * Structure changes under ilnp6_net.lock (prefix __: caller holds it);
 * packets read under RCU. Several correspondents may have one NID; nonce and
 * L64 tell them apart (RFC 6744 section 5.2).
 */
#include "ilnp6.h"

/* L64s a peer may teach us by sending from them, before a Locator Update */
#define LEARNED_L64S_MAX	16

/* Seconds until a silent one is asked again, doubled each time */
#define SILENT_RETRY		15U
#define SILENT_SHIFT_MAX	6

int ilnp6_corr_net_init(struct ilnp6_net *in)
{
	spin_lock_init(&in->lock);
	INIT_LIST_HEAD(&in->corr_list);
	return rhltable_init(&in->corrs, &ilnp6_corr_params);
}

void ilnp6_corr_net_exit(struct ilnp6_net *in)
{
	struct ilnp6_corr *corr, *tmp;

	spin_lock_bh(&in->lock);
	list_for_each_entry_safe(corr, tmp, &in->corr_list, list)
		__ilnp6_corr_del(in, corr);
	spin_unlock_bh(&in->lock);
	rhltable_destroy(&in->corrs);
}

struct ilnp6_l64_set *ilnp6_l64_set_alloc(unsigned int n, gfp_t gfp)
{
	struct ilnp6_l64_set *set = kzalloc(struct_size(set, e, n), gfp);

	if (set)
		set->n = n;
	return set;
}

const struct ilnp6_remote_l64 *
ilnp6_l64_set_find(const struct ilnp6_l64_set *set, __be64 l64)
{
	unsigned int i;

	for (i = 0; set && i < set->n; i++)
		if (set->e[i].l64 == l64)
			return &set->e[i];
	return NULL;
}

/**
 * ilnp6_corr_find - the correspondent an administrator means by a NID
 * @in: namespace; ilnp6_net.lock or RCU held
 * @nid: network order
 *
 * Return: one that was configured before one that was learned; NULL if none.
 */
struct ilnp6_corr *ilnp6_corr_find(struct ilnp6_net *in, __be64 nid)
{
	struct ilnp6_corr *corr, *learned = NULL;
	struct rhlist_head *pos, *list;

	rcu_read_lock();
	list = ilnp6_corr_bucket(in, nid);
	rhl_for_each_entry_rcu(corr, pos, list, node) {
		if (corr->cfg.origin != ILNP6_ORIGIN_LEARNED)
			goto out;
		learned = corr;
	}
	corr = learned;
out:
	rcu_read_unlock();
	return corr;
}

/**
 * ilnp6_corr_lookup - the correspondent at an I-LV
 * @in: namespace; RCU held
 * @nid: network order
 * @l64: network order
 *
 * Return: the correspondent that has @l64 in its set, expired or not; NULL.
 */
struct ilnp6_corr *ilnp6_corr_lookup(struct ilnp6_net *in, __be64 nid,
				     __be64 l64)
{
	struct rhlist_head *pos, *list = ilnp6_corr_bucket(in, nid);
	struct ilnp6_corr *corr;

	rhl_for_each_entry_rcu(corr, pos, list, node)
		if (ilnp6_l64_set_find(rcu_dereference(corr->l64s), l64))
			return corr;
	return NULL;
}

/**
 * __ilnp6_corr_new - add a correspondent
 * @in: namespace; ilnp6_net.lock held
 * @nid: network order
 * @cfg: policy
 * @set: its L64s; owned by the correspondent on success, by the caller else
 * @mode: enum ilnp6_mode to begin with
 * @gfp: must not sleep
 *
 * Return: the correspondent, ERR_PTR(-ENOSPC) when the table is full or
 * ERR_PTR(-ENOMEM).
 */
struct ilnp6_corr *__ilnp6_corr_new(struct ilnp6_net *in, __be64 nid,
				    const struct ilnp6_corr_cfg *cfg,
				    struct ilnp6_l64_set *set, u8 mode,
				    gfp_t gfp)
{
	struct ilnp6_corr *corr;
	int err;

	lockdep_assert_held(&in->lock);
	if (in->exiting)
		return ERR_PTR(-ENODEV);
	if (in->n_corrs >= READ_ONCE(in->cfg.max_correspondents)) {
		ilnp6_count(in, ILNP6_STAT_TABLE_FULL);
		return ERR_PTR(-ENOSPC);
	}
	corr = kzalloc(sizeof(*corr), gfp);
	if (!corr)
		return ERR_PTR(-ENOMEM);
	corr->nid = nid;
	corr->cfg = *cfg;
	corr->mode = mode;
	RCU_INIT_POINTER(corr->l64s, set);
	err = rhltable_insert(&in->corrs, &corr->node, ilnp6_corr_params);
	if (err) {
		kfree(corr);
		return ERR_PTR(err);
	}
	list_add_tail(&corr->list, &in->corr_list);
	INIT_LIST_HEAD(&corr->label_list);
	__ilnp6_label_corr(in, corr);
	in->n_corrs++;
	(*ilnp6_corr_sieve(in, nid))++;
	ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_ADD, corr);
	return corr;
}

/**
 * __ilnp6_corr_del - forget a correspondent with its sessions and flows
 * @in: namespace; ilnp6_net.lock held
 * @corr: unlinked here, freed after a grace period
 */
void __ilnp6_corr_del(struct ilnp6_net *in, struct ilnp6_corr *corr)
{
	struct ilnp6_session *s;
	struct hlist_node *tmp;

	lockdep_assert_held(&in->lock);
	hlist_for_each_entry_safe(s, tmp, &corr->sessions, node)
		__ilnp6_session_del(in, s);
	__ilnp6_flow_flush(in, corr);
	ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_DEL, corr);
	corr->dead = true;
	rhltable_remove(&in->corrs, &corr->node, ilnp6_corr_params);
	__ilnp6_path_skip(in, corr);
	list_del(&corr->list);
	__ilnp6_label_forget(in, corr);
	in->n_corrs--;
	(*ilnp6_corr_sieve(in, corr->nid))--;
	__ilnp6_corr_set_l64s(in, corr, NULL);
	kfree_rcu(corr, rcu);
}

/**
 * __ilnp6_corr_set_l64s - replace a correspondent's L64s
 * @in: namespace; ilnp6_net.lock held
 * @corr: whose
 * @set: the new ones, owned by @corr from here on
 */
void __ilnp6_corr_set_l64s(struct ilnp6_net *in, struct ilnp6_corr *corr,
			   struct ilnp6_l64_set *set)
{
	struct ilnp6_l64_set *old;
	struct ilnp6_session *s;

	old = rcu_replace_pointer(corr->l64s, set,
				  lockdep_is_held(&in->lock));
	if (old)
		kfree_rcu(old, rcu);
	if (!corr->dead)
		__ilnp6_label_corr(in, corr);
	hlist_for_each_entry(s, &corr->sessions, node)
		__ilnp6_paths_build(in, s);
	__ilnp6_lu_remote_changed(in, corr);
}

/**
 * ilnp6_corr_learn_l64 - a packet with the right nonce came from a new L64
 * @in: namespace; softirq, RCU held
 * @corr: whose
 * @l64: network order
 *
 * Only somebody who knows the nonce gets here. A configured set and one that
 * a Locator Update gave are complete, so nothing is added to them.
 */
void ilnp6_corr_learn_l64(struct ilnp6_net *in, struct ilnp6_corr *corr,
			  __be64 l64)
{
	struct ilnp6_l64_set *old, *set;
	unsigned int n;

	if (corr->cfg.origin != ILNP6_ORIGIN_LEARNED ||
	    READ_ONCE(corr->lu_seen) || !ilnp6_l64_valid(in, l64))
		return;
	spin_lock_bh(&in->lock);
	old = rcu_dereference_protected(corr->l64s,
					lockdep_is_held(&in->lock));
	n = old ? old->n : 0;
	if (corr->dead || n >= LEARNED_L64S_MAX || ilnp6_l64_set_find(old, l64))
		goto out;
	set = ilnp6_l64_set_alloc(n + 1, GFP_ATOMIC);
	if (!set)
		goto out;
	if (old)
		memcpy(set->e, old->e, n * sizeof(set->e[0]));
	set->e[n].l64 = l64;
	set->e[n].preference = old ? old->e[0].preference :
				       ILNP6_PREF_DEFAULT;
	__ilnp6_corr_set_l64s(in, corr, set);
	ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE, corr);
out:
	spin_unlock_bh(&in->lock);
}

/**
 * ilnp6_corr_fallback - it does not speak ILNP: plain IPv6 for a while
 * @in: namespace; any context
 * @corr: which
 * @sure: it said so itself; silence is tried again sooner, as it may be loss
 */
void ilnp6_corr_fallback(struct ilnp6_net *in, struct ilnp6_corr *corr,
			 bool sure)
{
	unsigned int timeout = READ_ONCE(in->cfg.fallback_timeout);
	struct ilnp6_session *s;
	struct hlist_node *tmp;

	spin_lock_bh(&in->lock);
	if (!sure)
		timeout = min(timeout, SILENT_RETRY <<
				       min(corr->silent++, SILENT_SHIFT_MAX));
	if (!corr->dead && corr->mode != ILNP6_MODE_IPV6) {
		hlist_for_each_entry_safe(s, tmp, &corr->sessions, node)
			__ilnp6_session_del(in, s);
		corr->retry = jiffies + timeout * HZ;
		WRITE_ONCE(corr->mode, ILNP6_MODE_IPV6);
		ilnp6_count(in, ILNP6_STAT_FALLBACK);
		ilnp6_notify_corr(in, ILNP6_EVENT_CORRESPONDENT_CHANGE, corr);
	}
	spin_unlock_bh(&in->lock);
}

/**
 * ilnp6_corr_checksum - checksum mode to send to a correspondent
 * @in: namespace
 * @corr: which
 *
 * Return: the configured mode, else the one it was seen to speak, else the
 * namespace's.
 */
u8 ilnp6_corr_checksum(const struct ilnp6_net *in,
		       const struct ilnp6_corr *corr)
{
	if (corr->cfg.checksum != ILNP6_CHECKSUM_AUTO)
		return corr->cfg.checksum;
	if (corr->csum_learned != ILNP6_CHECKSUM_AUTO)
		return corr->csum_learned;
	return READ_ONCE(in->cfg.checksum);
}
