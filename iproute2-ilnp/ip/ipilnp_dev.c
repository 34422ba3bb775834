// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip ilnp dev: our two BPF programs on interfaces.
 *
 * They are held by their attachment alone (no pin: ip netns exec hides bpffs):
 * by tcx where the kernel has it (6.6 and later), else as filters of a clsact
 * qdisc. What the kernel has attached is the truth; programs are ours by
 * their names. The module is told of an interface before its programs come
 * and after they went.
 *
 * bpf(2) is called as it is, since libbpf of older distributions does not
 * know tcx; libbpf loads the programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/syscall.h>

#include <linux/bpf.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include "ipilnp.h"

#if defined(HAVE_LIBBPF) && defined(__has_include)
#if __has_include("ilnp6.skel.h")
#define ILNP_HAVE_SKEL
#include <bpf/libbpf.h>
#include "ilnp6.skel.h"
#endif
#endif

/* Of <linux/bpf.h> since 6.6; iproute2's copy may be older. */
#define TCX_INGRESS	46
#define TCX_EGRESS	47
#define FLAG_BEFORE	(1U << 3)
#define FLAG_AFTER	(1U << 4)

/* Most programs at one hook of an interface (the kernel's BPF_MPROG_MAX) */
#define TCX_MAX		64

/* Our filters of clsact: first on ingress, last on egress */
#define CLSACT_HANDLE		0x696c
#define CLSACT_PRIO_FIRST	1
#define CLSACT_PRIO_LAST	0xffff

enum dir {
	EGRESS,
	INGRESS,
	DIRS
};

static const struct {
	const char	*prog;
	const char	*name;
	int		tcx;
	__u32		tcx_flags;
	__u32		parent;
	__u16		prio;
} dirs[DIRS] = {
	[EGRESS] = {
		.prog = "ilnp6_egress", .name = "egress",
		.tcx = TCX_EGRESS, .tcx_flags = FLAG_AFTER,
		.parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
		.prio = CLSACT_PRIO_LAST,
	},
	[INGRESS] = {
		.prog = "ilnp6_ingress", .name = "ingress",
		.tcx = TCX_INGRESS, .tcx_flags = FLAG_BEFORE,
		.parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
		.prio = CLSACT_PRIO_FIRST,
	},
};

struct link {
	struct link	*next;
	__u32		ifindex;
	unsigned short	type;
	bool		is_port;	/* of a bridge, bond or team */
	char		name[IFNAMSIZ];
};

/* --- interfaces of this namespace --------------------------------------- */

static bool is_port(struct rtattr *linkinfo)
{
	struct rtattr *tb[IFLA_INFO_MAX + 1];
	const char *kind;

	if (!linkinfo)
		return false;
	parse_rtattr_nested(tb, IFLA_INFO_MAX, linkinfo);
	if (!tb[IFLA_INFO_SLAVE_KIND])
		return false;
	kind = rta_getattr_str(tb[IFLA_INFO_SLAVE_KIND]);
	return !strcmp(kind, "bridge") || !strcmp(kind, "bond") ||
	       !strcmp(kind, "team");
}

static int add_link(struct nlmsghdr *n, void *arg)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(n);
	struct rtattr *tb[IFLA_MAX + 1];
	struct link ***tail = arg, *link;

	if (n->nlmsg_type != RTM_NEWLINK)
		return 0;
	parse_rtattr_flags(tb, IFLA_MAX, IFLA_RTA(ifi), IFLA_PAYLOAD(n),
			   NLA_F_NESTED);
	if (!tb[IFLA_IFNAME])
		return 0;
	link = calloc(1, sizeof(*link));
	if (!link)
		return -1;
	link->ifindex = ifi->ifi_index;
	link->type = ifi->ifi_type;
	link->is_port = is_port(tb[IFLA_LINKINFO]);
	snprintf(link->name, sizeof(link->name), "%s",
		 rta_getattr_str(tb[IFLA_IFNAME]));
	**tail = link;
	*tail = &link->next;
	return 0;
}

static void free_links(struct link *link)
{
	struct link *next;

	for (; link; link = next) {
		next = link->next;
		free(link);
	}
}

static int get_links(struct link **links)
{
	struct link **tail = links;

	*links = NULL;
	if (rtnl_linkdump_req(&rth, AF_UNSPEC) < 0) {
		perror("Cannot send dump request");
		return ILNP_ERR_LOCAL;
	}
	if (rtnl_dump_filter(&rth, add_link, &tail) < 0) {
		fprintf(stderr, "Dump terminated\n");
		free_links(*links);
		*links = NULL;
		return ILNP_ERR_KERNEL;
	}
	return 0;
}

static struct link *find_link(struct link *links, __u32 ifindex)
{
	for (; links; links = links->next)
		if (links->ifindex == ifindex)
			break;
	return links;
}

/* Does IPv6 run over such an interface, and is it its own? */
static bool makes_sense(const struct link *link)
{
	switch (link->type) {
	case ARPHRD_ETHER:
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		return !link->is_port;
	default:
		return false;
	}
}

/* --- tcx ---------------------------------------------------------------- */

/* The parts of union bpf_attr for BPF_PROG_ATTACH, _DETACH and _QUERY as they
 * are since 6.6
 */
struct tcx_attach {
	__u32	target_ifindex;
	__u32	prog_fd;
	__u32	attach_type;
	__u32	attach_flags;
	__u32	replace_fd;
	__u32	relative_fd;
	__u64	expected_revision;
};

struct tcx_query {
	__u32	target_ifindex;
	__u32	attach_type;
	__u32	query_flags;
	__u32	attach_flags;
	__u64	prog_ids;
	__u32	count;
	__u32	pad;
	__u64	prog_attach_flags;
	__u64	link_ids;
	__u64	link_attach_flags;
	__u64	revision;
};

static int sys_bpf(int cmd, void *attr, unsigned int size)
{
	int ret = syscall(__NR_bpf, cmd, attr, size);

	return ret < 0 ? -errno : ret;
}

/* How many programs are at the hook, their ids in @ids; -EINVAL: no tcx */
static int tcx_query(__u32 ifindex, enum dir dir, __u32 ids[TCX_MAX])
{
	struct tcx_query q = {
		.target_ifindex = ifindex,
		.attach_type = dirs[dir].tcx,
		.prog_ids = (uintptr_t)ids,
		.count = TCX_MAX,
	};
	int ret = sys_bpf(BPF_PROG_QUERY, &q, sizeof(q));

	return ret < 0 ? ret : (int)min(q.count, (__u32)TCX_MAX);
}

/* A descriptor of program @id if it is our one for @dir, else -1 */
static int open_ours(__u32 id, enum dir dir)
{
	struct bpf_prog_info info = { .type = 0 };
	union bpf_attr attr = { .prog_id = id };
	int fd, err;

	fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	err = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	if (!err && info.type == BPF_PROG_TYPE_SCHED_CLS &&
	    !strncmp(info.name, dirs[dir].prog, sizeof(info.name)))
		return fd;
	close(fd);
	return -1;
}

static int tcx_call(int cmd, __u32 ifindex, enum dir dir, int fd, __u32 flags)
{
	struct tcx_attach a = {
		.target_ifindex = ifindex,
		.prog_fd = fd,
		.attach_type = dirs[dir].tcx,
		.attach_flags = flags,
	};

	return sys_bpf(cmd, &a, sizeof(a));
}

/* How many programs of ours are there, their ids in @ids, removing them if
 * @remove
 */
static int tcx_ours(__u32 ifindex, enum dir dir, bool remove, __u32 *ids)
{
	int i, n, fd, err = 0, found = 0;

	n = tcx_query(ifindex, dir, ids);
	if (n < 0)
		return n == -EINVAL || n == -ENODEV ? 0 : n;
	for (i = 0; i < n; i++) {
		fd = open_ours(ids[i], dir);
		if (fd < 0)
			continue;
		if (remove)
			err = tcx_call(BPF_PROG_DETACH, ifindex, dir, fd, 0);
		close(fd);
		if (err)
			return err;
		ids[found++] = ids[i];
	}
	return found;
}

/* --- clsact ------------------------------------------------------------- */

struct tc_req {
	struct nlmsghdr	n;
	struct tcmsg	t;
	char		buf[256];
};

struct tc_find {
	enum dir	dir;
	unsigned int	n;
	struct {
		__u32	handle;
		__u32	info;
		__u32	id;		/* of the program */
	} filter[TCX_MAX];
};

static int find_filter(struct nlmsghdr *n, void *arg)
{
	const struct tcmsg *t = NLMSG_DATA(n);
	struct rtattr *tb[TCA_MAX + 1], *opt[TCA_BPF_MAX + 1];
	struct tc_find *find = arg;
	const char *prog = dirs[find->dir].prog, *name;
	int len = n->nlmsg_len - NLMSG_LENGTH(sizeof(*t));

	if (n->nlmsg_type != RTM_NEWTFILTER || len < 0)
		return 0;
	parse_rtattr_flags(tb, TCA_MAX, TCA_RTA(t), len, NLA_F_NESTED);
	if (!tb[TCA_KIND] || !tb[TCA_OPTIONS] ||
	    strcmp(rta_getattr_str(tb[TCA_KIND]), "bpf"))
		return 0;
	parse_rtattr_nested(opt, TCA_BPF_MAX, tb[TCA_OPTIONS]);
	if (!opt[TCA_BPF_NAME] || !opt[TCA_BPF_ID])
		return 0;
	/* "PROGRAM", or "PROGRAM:[ID]" as libbpf names its own */
	name = rta_getattr_str(opt[TCA_BPF_NAME]);
	if (strncmp(name, prog, strlen(prog)) ||
	    (name[strlen(prog)] && name[strlen(prog)] != ':'))
		return 0;
	if (find->n < ARRAY_SIZE(find->filter)) {
		find->filter[find->n].handle = t->tcm_handle;
		find->filter[find->n].info = t->tcm_info;
		find->filter[find->n].id = rta_getattr_u32(opt[TCA_BPF_ID]);
		find->n++;
	}
	return 0;
}

static int clsact_delete(__u32 ifindex, enum dir dir, __u32 handle, __u32 info)
{
	struct tc_req req = {
		.n.nlmsg_type = RTM_DELTFILTER,
		.n.nlmsg_flags = NLM_F_REQUEST,
		.n.nlmsg_len = NLMSG_LENGTH(sizeof(req.t)),
		.t.tcm_ifindex = ifindex,
		.t.tcm_parent = dirs[dir].parent,
		.t.tcm_handle = handle,
		.t.tcm_info = info,
	};

	addattrstrz(&req.n, sizeof(req), TCA_KIND, "bpf");
	return rtnl_talk(&rth, &req.n, NULL) < 0 ? -errno : 0;
}

/* As tcx_ours(). */
static int clsact_ours(__u32 ifindex, enum dir dir, bool remove, __u32 *ids)
{
	struct tcmsg t = {
		.tcm_ifindex = ifindex,
		.tcm_parent = dirs[dir].parent,
	};
	struct tc_find find = { .dir = dir };
	unsigned int i;
	int err;

	if (rtnl_dump_request(&rth, RTM_GETTFILTER, &t, sizeof(t)) < 0)
		return -errno;
	if (rtnl_dump_filter(&rth, find_filter, &find) < 0)
		return -EIO;
	for (i = 0; i < find.n; i++) {
		err = remove ? clsact_delete(ifindex, dir,
					     find.filter[i].handle,
					     find.filter[i].info) : 0;
		if (err)
			return err;
		ids[i] = find.filter[i].id;
	}
	return find.n;
}

#ifdef ILNP_HAVE_SKEL
/* Makes the qdisc unless it is there. It stays when our filters go: it costs
 * next to nothing and may have become somebody else's.
 */
static int clsact_qdisc(__u32 ifindex)
{
	struct tc_req req = {
		.n.nlmsg_type = RTM_NEWQDISC,
		.n.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL,
		.n.nlmsg_len = NLMSG_LENGTH(sizeof(req.t)),
		.t.tcm_ifindex = ifindex,
		.t.tcm_parent = TC_H_CLSACT,
		.t.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
	};

	addattrstrz(&req.n, sizeof(req), TCA_KIND, "clsact");
	if (!rtnl_talk_suppress_rtnl_errmsg(&rth, &req.n, NULL) ||
	    errno == EEXIST)
		return 0;
	return -errno;
}

static int clsact_attach(__u32 ifindex, enum dir dir, int fd)
{
	struct tc_req req = {
		.n.nlmsg_type = RTM_NEWTFILTER,
		.n.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL,
		.n.nlmsg_len = NLMSG_LENGTH(sizeof(req.t)),
		.t.tcm_ifindex = ifindex,
		.t.tcm_parent = dirs[dir].parent,
		.t.tcm_handle = CLSACT_HANDLE,
		.t.tcm_info = TC_H_MAKE((__u32)dirs[dir].prio << 16,
					htons(ETH_P_ALL)),
	};
	struct rtattr *opt;
	int err;

	err = clsact_qdisc(ifindex);
	if (err)
		return err;
	addattrstrz(&req.n, sizeof(req), TCA_KIND, "bpf");
	opt = addattr_nest(&req.n, sizeof(req), TCA_OPTIONS | NLA_F_NESTED);
	addattr32(&req.n, sizeof(req), TCA_BPF_FD, fd);
	addattrstrz(&req.n, sizeof(req), TCA_BPF_NAME, dirs[dir].prog);
	addattr32(&req.n, sizeof(req), TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	addattr_nest_end(&req.n, opt);
	return rtnl_talk(&rth, &req.n, NULL) < 0 ? -errno : 0;
}
#endif

/* --- either ------------------------------------------------------------- */

/* As tcx_ours(), at both kinds of hook. */
static int ours_ids(__u32 ifindex, enum dir dir, bool remove,
		    __u32 ids[2 * TCX_MAX])
{
	int tcx, clsact;

	tcx = tcx_ours(ifindex, dir, remove, ids);
	clsact = clsact_ours(ifindex, dir, remove, ids + (tcx > 0 ? tcx : 0));
	if (tcx < 0)
		return tcx;
	return clsact < 0 ? clsact : tcx + clsact;
}

static int ours(__u32 ifindex, enum dir dir, bool remove)
{
	__u32 ids[2 * TCX_MAX];

	return ours_ids(ifindex, dir, remove, ids);
}

static void complain(const char *what, const struct link *link, int err)
{
	fprintf(stderr, "Error: cannot %s \"%s\": %s%s.\n", what, link->name,
		strerror(-err), err == -EPERM ?
		" (needs CAP_NET_ADMIN and CAP_SYS_ADMIN)" : "");
}

/* Removes every program of ours; how many there were */
static int remove_ours(const struct link *link)
{
	int dir, n, err = 0, removed = 0;

	for (dir = 0; dir < DIRS; dir++) {
		n = ours(link->ifindex, dir, true);
		if (n > 0)
			removed += n;
		else if (n < 0)
			err = n;
	}
	if (!err)
		return removed;
	complain("detach from", link, err);
	return err;
}

/* --- the module's side -------------------------------------------------- */

struct noted {
	__u32	*ifindex;
	size_t	n;
};

static int add_noted(struct nlmsghdr *n, void *arg)
{
	struct rtattr *tb[ILNP6_A_MAX + 1];
	struct noted *noted = arg;
	__u32 *more;

	if (!ilnp_parse(n, tb) || !tb[ILNP6_A_IFINDEX])
		return 0;
	more = realloc(noted->ifindex, (noted->n + 1) * sizeof(*more));
	if (!more)
		return -1;
	noted->ifindex = more;
	noted->ifindex[noted->n++] = rta_getattr_u32(tb[ILNP6_A_IFINDEX]);
	return 0;
}

/* The interfaces that the module thinks have the programs */
static int get_noted(struct noted *noted)
{
	ILNP_REQUEST(req, ILNP6_CMD_DEV_GET, 0);

	noted->ifindex = NULL;
	noted->n = 0;
	return ilnp_dump(&req.n, add_noted, noted);
}

static bool is_noted(const struct noted *noted, __u32 ifindex)
{
	size_t i;

	for (i = 0; i < noted->n; i++)
		if (noted->ifindex[i] == ifindex)
			return true;
	return false;
}

static int tell_module(__u8 cmd, __u32 ifindex)
{
	ILNP_REQUEST(req, cmd, 0);

	if (cmd == ILNP6_CMD_DEV_NEW)
		req.n.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	addattr32(&req.n, ILNP_BUFLEN, ILNP6_A_IFINDEX, ifindex);
	return ilnp_talk(&req.n, NULL);
}

/* Detaching must not load the module. */
static bool module_is_loaded(void)
{
	return ilnp_family >= 0 || access("/sys/module/ilnp6", F_OK) == 0;
}

/* How often the module is in use, -1: not known */
static int module_users(void)
{
	FILE *f = fopen("/sys/module/ilnp6/refcnt", "r");
	int n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

static int compare_ids(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* How many programs of ours the interfaces have: they share them. */
static int count_programs(const struct link *links)
{
	__u32 *all = NULL, *more;
	size_t n = 0, i;
	int count = 0;

	for (; links; links = links->next) {
		int dir, got;

		for (dir = 0; dir < DIRS; dir++) {
			more = realloc(all, (n + 2 * TCX_MAX) * sizeof(*all));
			if (!more)
				break;
			all = more;
			got = ours_ids(links->ifindex, dir, false, all + n);
			n += got > 0 ? got : 0;
		}
	}
	qsort(all, n, sizeof(*all), compare_ids);
	for (i = 0; i < n; i++)
		count += !i || all[i] != all[i - 1];
	free(all);
	return count;
}

/* A program that went holds the module until the kernel has freed it, some
 * milliseconds later. Waits for it so that rmmod may come next.
 */
static void wait_freed(int users_before, int freed)
{
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (module_users() <= users_before - freed)
			return;
		usleep(5000);
	}
}

/* --- attach ------------------------------------------------------------- */

#ifdef ILNP_HAVE_SKEL
/* What libbpf said that tells why loading failed */
static struct {
	bool	no_kfunc;
	bool	no_btf;
} hints;

static int from_libbpf(enum libbpf_print_level level, const char *fmt,
		       va_list ap)
	__attribute__((format(printf, 2, 0)));

static int from_libbpf(enum libbpf_print_level level, const char *fmt,
		       va_list ap)
{
	static char buf[1 << 16];
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	len = vsnprintf(buf, sizeof(buf), fmt, ap);
	if (strstr(buf, "not found in kernel or module BTFs"))
		hints.no_kfunc = true;
	if (strstr(buf, "failed to find valid kernel BTF"))
		hints.no_btf = true;
	if (show_details)
		fputs(buf, stderr);
	return len;
}

static void explain_load(const struct link *link, int err)
{
	if (hints.no_btf)
		fprintf(stderr,
			"Error: this kernel has no BTF (/sys/kernel/btf/vmlinux), which the programs need.\n");
	else if (hints.no_kfunc)
		fprintf(stderr,
			"Error: module ilnp6 has no BTF or is not loaded.\n");
	else if (err == -EPERM)
		fprintf(stderr,
			"Error: loading BPF programs is not permitted (needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN).\n");
	else
		fprintf(stderr,
			"Error: cannot load the programs for \"%s\": %s%s.\n",
			link->name, strerror(-err), show_details ? "" :
			" (\"ip -d ilnp dev attach\" says more)");
}

/* The programs for interfaces without and with an Ethernet header. All that one
 * command attaches to share them: loading is slow, as libbpf reads the kernel's
 * types.
 */
static struct ilnp6_bpf *loaded[2];

static struct ilnp6_bpf *load_programs(const struct link *link)
{
	bool eth = link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
	struct ilnp6_bpf *skel;
	int err;

	if (loaded[eth])
		return loaded[eth];
	memset(&hints, 0, sizeof(hints));
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(from_libbpf);
	skel = ilnp6_bpf__open();
	if (!skel) {
		explain_load(link, -errno);
		return NULL;
	}
	skel->rodata->l2_len = eth ? ETH_HLEN : 0;
	err = ilnp6_bpf__load(skel);
	if (err) {
		explain_load(link, err);
		ilnp6_bpf__destroy(skel);
		return NULL;
	}
	loaded[eth] = skel;
	return skel;
}

static void free_programs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(loaded); i++) {
		ilnp6_bpf__destroy(loaded[i]);
		loaded[i] = NULL;
	}
}

static bool have_tcx(__u32 ifindex)
{
	__u32 ids[TCX_MAX];

	return tcx_query(ifindex, EGRESS, ids) >= 0;
}

static int attach_programs(const struct link *link)
{
	bool tcx = have_tcx(link->ifindex);
	struct ilnp6_bpf *skel;
	int fds[DIRS], dir, err = 0;

	skel = load_programs(link);
	if (!skel)
		return ILNP_ERR_KERNEL;
	fds[EGRESS] = bpf_program__fd(skel->progs.ilnp6_egress);
	fds[INGRESS] = bpf_program__fd(skel->progs.ilnp6_ingress);

	/* Ingress first: what we send may be answered at once. */
	for (dir = DIRS - 1; !err && dir >= 0; dir--) {
		if (tcx)
			err = tcx_call(BPF_PROG_ATTACH, link->ifindex, dir,
				       fds[dir], dirs[dir].tcx_flags);
		else
			err = clsact_attach(link->ifindex, dir, fds[dir]);
		if (err)
			fprintf(stderr,
				"Error: cannot attach to %s of \"%s\": %s.\n",
				dirs[dir].name, link->name, strerror(-err));
	}
	if (!err)
		return 0;
	remove_ours(link);
	return ILNP_ERR_KERNEL;
}
#else
static int attach_programs(const struct link *link)
{
	fprintf(stderr,
		"Error: this ip was built without ILNP's BPF programs.\n");
	return ILNP_ERR_LOCAL;
}

static void free_programs(void)
{
}
#endif

static int attach(const struct link *link, const struct noted *noted, bool all)
{
	int dir, n, found[DIRS], ret;
	bool fresh;

	for (dir = 0; dir < DIRS; dir++) {
		n = ours(link->ifindex, dir, false);
		if (n < 0) {
			complain("see programs of", link, n);
			return ILNP_ERR_KERNEL;
		}
		found[dir] = n;
	}
	fresh = !is_noted(noted, link->ifindex);
	if (found[EGRESS] == 1 && found[INGRESS] == 1 && !fresh) {
		if (all)
			return 0;
		fprintf(stderr, "Error: already attached to \"%s\".\n",
			link->name);
		return ILNP_ERR_KERNEL;
	}
	/* Half of it, or more than once: start afresh. */
	if (found[EGRESS] + found[INGRESS] > 0 && remove_ours(link) < 0)
		return ILNP_ERR_KERNEL;

	if (fresh) {
		ret = tell_module(ILNP6_CMD_DEV_NEW, link->ifindex);
		if (ret)
			return ret;
	}
	ret = attach_programs(link);
	if (ret)
		tell_module(ILNP6_CMD_DEV_DEL, link->ifindex);
	return ret;
}

static int detach(const struct link *link, const struct noted *noted, bool all)
{
	int removed, ret = 0;
	bool known = is_noted(noted, link->ifindex);

	removed = remove_ours(link);
	if (!removed && !known && !all) {
		fprintf(stderr, "Error: not attached to \"%s\".\n", link->name);
		return ILNP_ERR_KERNEL;
	}
	if (known)
		ret = tell_module(ILNP6_CMD_DEV_DEL, link->ifindex);
	if (removed < 0)
		return ILNP_ERR_KERNEL;
	return ret ? ret : removed;
}

/* --- commands ----------------------------------------------------------- */

static int dev_attach(struct link *links, __u32 ifindex)
{
	struct noted noted;
	struct link *link;
	int ret, err;

	ret = get_noted(&noted);
	if (ret)
		goto out;
	for (link = links; link; link = link->next) {
		if (ifindex ? link->ifindex != ifindex : !makes_sense(link))
			continue;
		err = attach(link, &noted, !ifindex);
		if (err)
			ret = err;
	}
	free_programs();
out:
	free(noted.ifindex);
	return ret;
}

/* Whatever the module says, no program of ours stays on what was named. */
static int dev_detach(struct link *links, __u32 ifindex)
{
	int users = module_users(), programs = 0, removed = 0, ret = 0, n;
	struct noted noted = { .n = 0 };
	struct link *link;

	if (module_is_loaded())
		get_noted(&noted);
	if (users >= 0)
		programs = count_programs(links);
	for (link = links; link; link = link->next) {
		if (ifindex && link->ifindex != ifindex)
			continue;
		n = detach(link, &noted, !ifindex);
		if (n < 0)
			ret = n;
		else
			removed += n;
	}
	free(noted.ifindex);
	if (removed && users >= 0)
		wait_freed(users, programs - count_programs(links));
	return ret;
}

static int show_link(const struct link *link)
{
	int egress, ingress;
	bool attached;

	egress = ours(link->ifindex, EGRESS, false);
	ingress = ours(link->ifindex, INGRESS, false);
	if (egress < 0 || ingress < 0) {
		complain("see programs of", link, egress < 0 ? egress : ingress);
		return ILNP_ERR_KERNEL;
	}
	attached = egress && ingress;
	open_json_object(NULL);
	print_color_string(PRINT_ANY, COLOR_IFNAME, "dev", "%s ", link->name);
	print_bool(PRINT_JSON, "attached", NULL, attached);
	print_string(PRINT_FP, NULL, "%s\n",
		     attached ? "attached" : "not attached");
	close_json_object();
	return 0;
}

static int dev_show(struct link *links, __u32 ifindex)
{
	int ret = 0;

	new_json_obj(json);
	for (; !ret && links; links = links->next)
		if (!ifindex || links->ifindex == ifindex)
			ret = show_link(links);
	delete_json_obj();
	fflush(stdout);
	return ret;
}

static int with_links(int argc, char **argv, bool need_dev,
		      int (*func)(struct link *links, __u32 ifindex))
{
	struct link *links;
	__u32 ifindex = 0;
	int ret;

	if (argc <= 0 && need_dev)
		missarg("DEV\" or \"all");
	if (argc > 1)
		invarg("unknown keyword", argv[1]);
	if (argc > 0 && strcmp(*argv, "all"))
		ifindex = ilnp_get_dev(*argv);

	ret = get_links(&links);
	if (ret)
		return ret;
	if (ifindex && !find_link(links, ifindex))
		ret = nodev(*argv);
	else
		ret = func(links, ifindex);
	free_links(links);
	return ret;
}

int do_ilnp_dev(int argc, char **argv)
{
	if (argc <= 0)
		return with_links(0, NULL, false, dev_show);
	if (matches(*argv, "show") == 0 || matches(*argv, "list") == 0 ||
	    strcmp(*argv, "lst") == 0)
		return with_links(argc - 1, argv + 1, false, dev_show);
	if (matches(*argv, "attach") == 0)
		return with_links(argc - 1, argv + 1, true, dev_attach);
	if (matches(*argv, "detach") == 0)
		return with_links(argc - 1, argv + 1, true, dev_detach);
	if (matches(*argv, "help") == 0)
		ilnp_usage();
	ilnp_unknown(*argv);
}
