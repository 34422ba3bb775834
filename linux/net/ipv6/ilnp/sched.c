// SPDX-License-Identifier: GPL-2.0-only
/*
 * Path schedulers: who goes next. A turn is a packet as the stack sends it:
 * a GSO packet stays whole, which keeps GRO at the receiver useful.
 *
 * Choosing runs per packet, under RCU, on any CPU at once.
 */
#include "ilnp6.h"

/* Round robin over all pairs of the best preference, per session */
static u16 rr_choose(struct ilnp6_session *s, const struct ilnp6_paths *ps,
		     const struct sk_buff *skb)
{
	return (u32)atomic_inc_return(&s->cursor) % ps->n_up;
}

/* The first pair until it fails: for comparison, and for paths too unequal */
static u16 first_choose(struct ilnp6_session *s, const struct ilnp6_paths *ps,
			const struct sk_buff *skb)
{
	return 0;
}

static const struct ilnp6_sched scheds[] = {
	{ .name = "rr", .choose = rr_choose },
	{ .name = "first", .choose = first_choose },
};

/**
 * ilnp6_sched_find - a scheduler by its name
 * @name: as `ip ilnp set scheduler` gives it; NULL: the default
 *
 * Return: the scheduler or NULL.
 */
const struct ilnp6_sched *ilnp6_sched_find(const char *name)
{
	unsigned int i;

	if (!name)
		return &scheds[0];
	for (i = 0; i < ARRAY_SIZE(scheds); i++)
		if (!strcmp(scheds[i].name, name))
			return &scheds[i];
	return NULL;
}
