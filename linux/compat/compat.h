/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels we build for. Included before every file
 * of the module (Kbuild); nothing else asks for kernel versions.
 */
#ifndef _ILNP6_COMPAT_H
#define _ILNP6_COMPAT_H

#include <linux/version.h>

#ifndef __counted_by	/* before 6.6 */
#define __counted_by(member)
#endif

#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/sysctl.h>
#include <net/genetlink.h>
#include <net/inet6_hashtables.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ndisc.h>
#include <net/udp.h>

#ifndef dst_rt6_info	/* before 6.10 */
#define dst_rt6_info(d) container_of(d, struct rt6_info, dst)
#endif

#ifndef __bpf_kfunc	/* before 6.3 */
#define __bpf_kfunc __used noinline
#endif

#ifndef __bpf_kfunc_start_defs	/* before 6.7 */
#define __bpf_kfunc_start_defs()					\
	__diag_push();							\
	__diag_ignore_all("-Wmissing-prototypes", "kfuncs have none");	\
	__diag_ignore_all("-Wmissing-declarations", "kfuncs have none")
#define __bpf_kfunc_end_defs() __diag_pop()
#endif

#ifndef BTF_KFUNCS_START	/* before 6.9 */
#define BTF_KFUNCS_START(name) BTF_SET8_START(name)
#define BTF_KFUNCS_END(name) BTF_SET8_END(name)
#endif

/* 6.11 wants the size, and no empty entry at the end */
static inline struct ctl_table_header *
compat_register_net_sysctl(struct net *net, const char *path,
			   struct ctl_table *table, size_t n)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return register_net_sysctl_sz(net, path, table, n);
#else
	return register_net_sysctl(net, path, table);
#endif
}

/* 6.10 tells it the number and the flags of the ACK */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define compat_cong_control(name)					\
	name(struct sock *sk, u32 ack, int flag,			\
	     const struct rate_sample *rs)
#else
#define compat_cong_control(name)					\
	name(struct sock *sk, const struct rate_sample *rs)
#endif

static inline bool compat_inet6_dontfrag(const struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return inet6_test_bit(DONTFRAG, sk);
#else
	return inet6_sk(sk)->dontfrag;
#endif
}

/* Unsolicited, to all nodes, with override; 7.0 exports it and has no stub */
static inline void compat_ndisc_send_na(struct net_device *dev,
					const struct in6_addr *addr)
{
	struct inet6_dev *idev = in6_dev_get(dev);

	if (!idev)
		return;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	ndisc_send_na(dev, &in6addr_linklocal_allnodes, addr,
		      !!idev->cnf.forwarding, false, true, true);
#else
	ipv6_stub->ndisc_send_na(dev, &in6addr_linklocal_allnodes, addr,
				 !!idev->cnf.forwarding, false, true, true);
#endif
	in6_dev_put(idev);
}

/* 7.0 has one table of connections per namespace and does not ask for it */
static inline struct sock *
compat_inet6_lookup_established(struct net *net, const struct in6_addr *saddr,
				__be16 sport, const struct in6_addr *daddr,
				u16 hnum, int dif, int sdif)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return __inet6_lookup_established(net, saddr, sport, daddr, hnum, dif,
					  sdif);
#else
	return __inet6_lookup_established(net,
					  net->ipv4.tcp_death_row.hashinfo,
					  saddr, sport, daddr, hnum, dif,
					  sdif);
#endif
}

/* Under RCU; no reference is taken */
static inline bool
compat_inet6_lookup_listener(struct net *net, struct sk_buff *skb, int doff,
			     const struct in6_addr *saddr, __be16 sport,
			     const struct in6_addr *daddr, u16 hnum, int dif)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return inet6_lookup_listener(net, skb, doff, saddr, sport, daddr,
				     hnum, dif, 0);
#else
	return inet6_lookup_listener(net, net->ipv4.tcp_death_row.hashinfo,
				     skb, doff, saddr, sport, daddr, hnum, dif,
				     0);
#endif
}

static inline struct sock *
__compat_udp6_lookup(struct net *net, const struct in6_addr *saddr,
		     __be16 sport, const struct in6_addr *daddr, __be16 dport,
		     int dif)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	return __udp6_lib_lookup(net, saddr, sport, daddr, dport, dif, 0,
				 NULL);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return __udp6_lib_lookup(net, saddr, sport, daddr, dport, dif, 0,
				 net->ipv4.udp_table, NULL);
#else
	return __udp6_lib_lookup(net, saddr, sport, daddr, dport, dif, 0,
				 &udp_table, NULL);
#endif
}

/* Under RCU; no reference is taken */
static inline bool
compat_udp6_lookup(struct net *net, const struct in6_addr *saddr,
		   __be16 sport, const struct in6_addr *daddr, __be16 dport,
		   int dif)
{
	return __compat_udp6_lookup(net, saddr, sport, daddr, dport, dif);
}

/* Is there a connected socket for this flow? */
static inline bool
compat_udp6_connected(struct net *net, const struct in6_addr *saddr,
		      __be16 sport, const struct in6_addr *daddr, __be16 dport,
		      int dif)
{
	struct sock *sk = __compat_udp6_lookup(net, saddr, sport, daddr, dport,
					       dif);

	return sk && sk->sk_state == TCP_ESTABLISHED;
}

/* Attributes of a dump request */
static inline struct nlattr **compat_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return genl_dumpit_info(cb)->info.attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* _ILNP6_COMPAT_H */
