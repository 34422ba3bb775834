// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP connections that wait for a retransmission try at once when a path of
 * their session comes up. Who was out of reach for some seconds, because one
 * end moved or links were down, else waits about as long again, as TCP doubles
 * its time-out each time.
 *
 * Nothing is kept for this in sessions or sockets: the table of connections
 * is read through, at most every WAKE_PAUSE.
 */
#include <net/inet_hashtables.h>
#include <net/tcp.h>

#include "ilnp6.h"

#define WAKE_PAUSE	(HZ / 5)
#define BATCH		16	/* sockets of one hash bucket */

static bool waits(const struct sock *sk)
{
	u8 pending = READ_ONCE(inet_csk(sk)->icsk_pending);

	return READ_ONCE(inet_csk(sk)->icsk_backoff) &&
	       (pending == ICSK_TIME_RETRANS || pending == ICSK_TIME_PROBE0);
}

/* Has a path of its session come up since then? */
static bool may_go_on(struct ilnp6_net *in, const struct sock *sk,
		      unsigned long since)
{
	struct rhlist_head *pos, *list;
	struct ilnp6_session *s;
	struct ilnp6_corr *corr;

	list = ilnp6_corr_bucket(in, ilnp6_addr(&sk->sk_v6_daddr)->nid);
	rhl_for_each_entry_rcu(corr, pos, list, node) {
		s = ilnp6_session_of(corr,
				     ilnp6_addr(&sk->sk_v6_rcv_saddr)->nid);
		if (s && time_after_eq(READ_ONCE(s->path_up), since))
			return true;
	}
	return false;
}

static bool is_ours(struct ilnp6_net *in, const struct sock *sk)
{
	return net_eq(sock_net(sk), in->net) && sk_fullsock(sk) &&
	       sk->sk_family == AF_INET6 && ilnp6_sk_marked(sk);
}

static unsigned int collect(struct ilnp6_net *in, unsigned int slot,
			    unsigned long since, struct sock **batch)
{
	struct inet_hashinfo *h = in->net->ipv4.tcp_death_row.hashinfo;
	const struct hlist_nulls_node *node;
	unsigned int n = 0;
	struct sock *sk;

	sk_nulls_for_each_rcu(sk, node, &h->ehash[slot].chain) {
		if (n == BATCH)
			break;
		if (is_ours(in, sk) && waits(sk) && may_go_on(in, sk, since) &&
		    refcount_inc_not_zero(&sk->sk_refcnt))
			batch[n++] = sk;
	}
	return n;
}

/* Its memory may be another connection's by now; then at worst it tries */
static void retransmit(struct sock *sk)
{
	lock_sock(sk);
	if (waits(sk) && sk->sk_state != TCP_CLOSE)
		inet_csk_reset_xmit_timer(sk, inet_csk(sk)->icsk_pending, 1,
					  TCP_RTO_MAX);
	release_sock(sk);
}

static void wake_work(struct work_struct *work)
{
	struct ilnp6_net *in = container_of(to_delayed_work(work),
					    struct ilnp6_net, wake_work);
	unsigned int size = in->net->ipv4.tcp_death_row.hashinfo->ehash_mask;
	unsigned long since = in->wake_last;
	struct sock *batch[BATCH];
	unsigned int slot, n;

	in->wake_last = jiffies;
	for (slot = 0; slot <= size && !READ_ONCE(in->exiting); slot++) {
		rcu_read_lock();
		n = collect(in, slot, since, batch);
		rcu_read_unlock();
		while (n--) {
			retransmit(batch[n]);
			sock_put(batch[n]);
		}
		cond_resched();
	}
}

/**
 * __ilnp6_wake - a path came up: let connections that wait go on
 * @in: namespace; ilnp6_net.lock held
 * @s: the session it is of
 */
void __ilnp6_wake(struct ilnp6_net *in, struct ilnp6_session *s)
{
	unsigned long free = READ_ONCE(in->wake_last) + WAKE_PAUSE;

	WRITE_ONCE(s->path_up, jiffies);
	if (!in->exiting)
		schedule_delayed_work(&in->wake_work,
				      time_before(jiffies, free) ?
				      free - jiffies : 0);
}

void ilnp6_wake_net_init(struct ilnp6_net *in)
{
	in->wake_last = jiffies;
	INIT_DELAYED_WORK(&in->wake_work, wake_work);
}

void ilnp6_wake_net_exit(struct ilnp6_net *in)
{
	cancel_delayed_work_sync(&in->wake_work);
}
