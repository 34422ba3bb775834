/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `ip ilnp` share: the netlink socket, how arguments are
 * read, how objects are printed, the device verbs.
 *
 *	ipilnp.c	commands and their grammar
 *	ipilnp_arg.c	one argument: NID, L64, number, name
 *	ipilnp_print.c	one object: text and JSON; monitor
 *	ipilnp_dev.c	programs on interfaces
 */
#ifndef __IPILNP_H__
#define __IPILNP_H__ 1

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <linux/genetlink.h>
#include <linux/ilnp6.h>

#include "utils.h"
#include "ip_common.h"
#include "libgenl.h"

/* Room for a correspondent with as many L64s as a Locator Update can name */
#define ILNP_BUFLEN	16384

/* The family's number is filled in when the request is sent, so that a
 * command line is judged before the module is asked for.
 */
#define ILNP_REQUEST(_req, _cmd, _flags)				\
	GENL_REQUEST(_req, ILNP_BUFLEN, 0, 0, ILNP6_GENL_VERSION, _cmd,	\
		     NLM_F_REQUEST | (_flags))

/* ipilnp.c: exit codes as `ip` has them, negated by its main() */
#define ILNP_ERR_LOCAL	(-1)
#define ILNP_ERR_KERNEL	(-2)

extern struct rtnl_handle ilnp_rth;
extern int ilnp_family;

void ilnp_usage(void) __attribute__((noreturn));
void ilnp_unknown(const char *cmd) __attribute__((noreturn));

int ilnp_open(void);
int ilnp_talk(struct nlmsghdr *n, struct nlmsghdr **answer);
int ilnp_dump(struct nlmsghdr *n, rtnl_filter_t filter, void *arg);
bool ilnp_parse(const struct nlmsghdr *n, struct rtattr *tb[]);

/* ipilnp_arg.c: each exits with a message naming @what when @arg is wrong */
__be64 ilnp_get_nid(const char *what, const char *arg);
__be64 ilnp_get_l64(const char *what, const char *arg);
void ilnp_get_addr6(const char *what, const char *arg, void *addr);
__u16 ilnp_get_preference(const char *arg);
__u32 ilnp_get_lifetime(const char *arg);
__u8 ilnp_get_name(const char *what, const char *arg,
		   const char * const *names, size_t n);
__u8 ilnp_get_on_off(const char *what, const char *arg);
__u32 ilnp_get_dev(const char *arg);

/* Steps to the value of the keyword @_key, which must be there. */
#define ILNP_NEXT_VALUE(_key)						\
	do {								\
		argv++;							\
		if (--argc <= 0)					\
			invarg("its value is missing", _key);		\
	} while (0)

/* As above for a keyword that may be given once. */
#define ILNP_ONCE(_key, _seen, _bit)					\
	do {								\
		ILNP_NEXT_VALUE(_key);					\
		if ((_seen) & (_bit))					\
			duparg(_key, *argv);				\
		(_seen) |= (_bit);					\
	} while (0)

/* ipilnp_print.c */
int ilnp_print_config(struct nlmsghdr *n, void *arg);
int ilnp_print_nid(struct nlmsghdr *n, void *arg);
int ilnp_print_l64(struct nlmsghdr *n, void *arg);
int ilnp_print_corr(struct nlmsghdr *n, void *arg);
int ilnp_keep_tcp(struct nlmsghdr *n, void *arg);
int ilnp_print_session(struct nlmsghdr *n, void *arg);
int ilnp_print_path(struct nlmsghdr *n, void *arg);
int ilnp_print_stats(struct nlmsghdr *n, void *arg);
int ilnp_monitor(int argc, char **argv);

/* ipilnp_dev.c */
int do_ilnp_dev(int argc, char **argv);

#endif /* __IPILNP_H__ */
