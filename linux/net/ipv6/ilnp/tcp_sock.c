// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion control "ilnp": the sockets that use it. A connection does not
 * hold the module; it is listed here instead, and goes on with the single
 * path's algorithm when the module leaves.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "tcp.h"

/**
 * struct entry - a connection
 * @node: in @socks
 * @sk: its socket, which takes it off before it goes
 * @mp: its paths; NULL: it is a single path's so far
 */
struct entry {
	struct hlist_node node;
	struct sock *sk;
	struct ilnp6_tcp *mp;
};

static DEFINE_HASHTABLE(socks, 10);
static DEFINE_SPINLOCK(lock);

static struct entry *find(const struct sock *sk)
{
	struct entry *e;

	hash_for_each_possible(socks, e, node, (unsigned long)sk)
		if (e->sk == sk)
			return e;
	return NULL;
}

/**
 * ilnp6_tcp_sock_set - a socket uses the congestion control from here on
 * @sk: the socket, locked
 * @mp: its paths, or NULL
 *
 * Return: false if there is no memory; then nothing has changed.
 */
bool ilnp6_tcp_sock_set(struct sock *sk, struct ilnp6_tcp *mp)
{
	struct entry *e;

	spin_lock_bh(&lock);
	e = find(sk);
	if (!e) {
		e = kmalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);
		if (!e)
			goto out;
		e->sk = sk;
		hash_add(socks, &e->node, (unsigned long)sk);
	}
	e->mp = mp;
out:
	spin_unlock_bh(&lock);
	return e;
}

/**
 * ilnp6_tcp_sock_del - a socket uses it no longer
 * @sk: the socket, locked or about to go
 *
 * Return: false if it did not.
 */
bool ilnp6_tcp_sock_del(const struct sock *sk)
{
	struct entry *e;

	spin_lock_bh(&lock);
	e = find(sk);
	if (e)
		hash_del(&e->node);
	spin_unlock_bh(&lock);
	if (!e)
		return false;
	kfree(e);
	return true;
}

/**
 * ilnp6_tcp_sock_each - look at the connections that have several paths
 * @net: of this namespace
 * @each: called for each until it fails; bottom halves are off
 * @arg: for @each
 *
 * What @each reads may change meanwhile, but for the socket's ports.
 *
 * Return: 0, or what @each failed with.
 */
int ilnp6_tcp_sock_each(const struct net *net,
			int (*each)(const struct sock *sk,
				    const struct ilnp6_tcp *mp, void *arg),
			void *arg)
{
	struct entry *e;
	unsigned int i;
	int err = 0;

	spin_lock_bh(&lock);
	hash_for_each(socks, i, e, node) {
		if (!e->mp || sock_net(e->sk) != net)
			continue;
		err = each(e->sk, e->mp, arg);
		if (err)
			break;
	}
	spin_unlock_bh(&lock);
	return err;
}

static struct sock *any(void)
{
	struct sock *sk = NULL;
	struct entry *e;
	unsigned int i;

	spin_lock_bh(&lock);
	hash_for_each(socks, i, e, node) {
		sk = e->sk;
		sock_hold(sk);
		break;
	}
	spin_unlock_bh(&lock);
	return sk;
}

/**
 * ilnp6_tcp_sock_drain - take the congestion control from all sockets
 * @leave: called for each, the socket is locked; begins with
 *	ilnp6_tcp_sock_del(), as the socket may have left by itself
 *
 * None may be added any more.
 */
void ilnp6_tcp_sock_drain(void (*leave)(struct sock *sk))
{
	struct sock *sk;

	while ((sk = any())) {
		lock_sock(sk);
		leave(sk);
		release_sock(sk);
		sock_put(sk);
	}
}
