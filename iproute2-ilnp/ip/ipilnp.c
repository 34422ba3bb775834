// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip ilnp: Identifier-Locator Network Protocol for IPv6 (RFC 6740-6744).
 *
 * The commands and their grammar (ip-ilnp(8)), over the generic netlink
 * family "ilnp6". A command line is read to its end before anything is sent.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ipilnp.h"

void ilnp_usage(void)
{
	fprintf(stderr,
		"Usage: ip ilnp [ show ]\n"
		"       ip ilnp set [ checksum { ipv6 | nid } ] [ nonce-len { 4 | 12 } ]\n"
		"                   [ scheduler NAME ] [ learn { on | off } ] [ ula { on | off } ]\n"
		"                   [ tcp { on | off } ]\n"
		"       ip ilnp nid add NID [ preference N ]\n"
		"       ip ilnp nid del NID\n"
		"       ip ilnp nid [ show ]\n"
		"       ip ilnp l64 { add | change | replace } L64 dev DEV [ via ADDR ]\n"
		"                   [ preference N ] [ lifetime LIFETIME ] [ drain { on | off } ]\n"
		"       ip ilnp l64 del L64 dev DEV\n"
		"       ip ilnp l64 [ show [ dev DEV ] ]\n"
		"       ip ilnp correspondent { add | change | replace } NID\n"
		"                   { l64 L64 [ preference N ] [ lifetime LIFETIME ] }...\n"
		"                   [ checksum { auto | ipv6 | nid } ] [ nonce-len { auto | 4 | 12 } ]\n"
		"                   [ nonce { own | echo } ] [ require-nonce { every | rfc } ]\n"
		"       ip ilnp correspondent del NID\n"
		"       ip ilnp correspondent [ { show | flush } [ NID ] ]\n"
		"       ip ilnp session [ { show | flush } [ to NID ] ]\n"
		"       ip ilnp path [ show [ to NID ] ]\n"
		"       ip ilnp dev { attach | detach } { DEV | all }\n"
		"       ip ilnp dev [ show [ DEV ] ]\n"
		"       ip ilnp stats [ show | reset ]\n"
		"       ip ilnp monitor [ all | OBJECT... ]\n"
		"       ip ilnp help\n"
		"NID := h:h:h:h | h+h+h+h\n"
		"L64 := prefix::/64 | h:h:h:h | h-h-h-h\n"
		"N := 0..65535, lower is preferred\n"
		"LIFETIME := SECONDS | forever\n"
		"OBJECT := { nid | l64 | correspondent | session | path |\n"
		"            locator-update | nonce | dev }\n");
	exit(-1);
}

void ilnp_unknown(const char *cmd)
{
	fprintf(stderr,
		"Command \"%s\" is unknown, try \"ip ilnp help\".\n", cmd);
	exit(-1);
}

/* --- netlink ------------------------------------------------------------ */

struct rtnl_handle ilnp_rth = { .fd = -1 };
int ilnp_family = -1;

/* Finds the family. The kernel loads the module for who asks for it. */
static int resolve(void)
{
	GENL_REQUEST(req, 1024, GENL_ID_CTRL, 0, 0, CTRL_CMD_GETFAMILY,
		     NLM_F_REQUEST);
	struct rtattr *tb[CTRL_ATTR_MAX + 1];
	struct nlmsghdr *answer;
	int family = -1;

	addattrstrz(&req.n, sizeof(req), CTRL_ATTR_FAMILY_NAME,
		    ILNP6_GENL_NAME);
	if (rtnl_talk_suppress_rtnl_errmsg(&ilnp_rth, &req.n, &answer) < 0)
		return -1;
	parse_rtattr(tb, CTRL_ATTR_MAX,
		     (void *)((char *)NLMSG_DATA(answer) + GENL_HDRLEN),
		     answer->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN));
	if (tb[CTRL_ATTR_FAMILY_ID])
		family = rta_getattr_u16(tb[CTRL_ATTR_FAMILY_ID]);
	free(answer);
	return family;
}

int ilnp_open(void)
{
	if (ilnp_family >= 0)
		return 0;
	if (ilnp_rth.fd < 0 &&
	    rtnl_open_byproto(&ilnp_rth, 0, NETLINK_GENERIC) < 0) {
		fprintf(stderr, "Cannot open generic netlink socket\n");
		return ILNP_ERR_LOCAL;
	}
	ilnp_family = resolve();
	if (ilnp_family >= 0)
		return 0;
	if (errno == ENOENT)
		fprintf(stderr,
			"Error: module ilnp6 is not loaded and could not be loaded, see \"modprobe ilnp6\".\n");
	else
		perror("Error: cannot talk to ILNP in the kernel");
	return ILNP_ERR_LOCAL;
}

int ilnp_talk(struct nlmsghdr *n, struct nlmsghdr **answer)
{
	if (ilnp_open())
		return ILNP_ERR_LOCAL;
	n->nlmsg_type = ilnp_family;
	if (rtnl_talk(&ilnp_rth, n, answer) < 0)
		return ILNP_ERR_KERNEL;
	return 0;
}

int ilnp_dump(struct nlmsghdr *n, rtnl_filter_t filter, void *arg)
{
	if (ilnp_open())
		return ILNP_ERR_LOCAL;
	n->nlmsg_type = ilnp_family;
	if (rtnl_dump_request_n(&ilnp_rth, n) < 0) {
		perror("Cannot send dump request");
		return ILNP_ERR_LOCAL;
	}
	if (rtnl_dump_filter(&ilnp_rth, filter, arg) < 0) {
		fprintf(stderr, "Dump terminated\n");
		return ILNP_ERR_KERNEL;
	}
	return 0;
}

/* The attributes of a message of the family; false: it is none. */
bool ilnp_parse(const struct nlmsghdr *n, struct rtattr *tb[])
{
	int len = n->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

	if (n->nlmsg_type != ilnp_family || len < 0)
		return false;
	parse_rtattr_flags(tb, ILNP6_A_MAX,
			   (void *)((char *)NLMSG_DATA(n) + GENL_HDRLEN), len,
			   NLA_F_NESTED);
	return true;
}

static int show_dump(struct nlmsghdr *n, rtnl_filter_t print)
{
	int ret;

	ret = ilnp_open();
	if (ret)
		return ret;
	new_json_obj(json);
	ret = ilnp_dump(n, print, NULL);
	delete_json_obj();
	fflush(stdout);
	return ret;
}

static int show_answer(struct nlmsghdr *n, rtnl_filter_t print)
{
	struct nlmsghdr *answer;
	int ret;

	ret = ilnp_talk(n, &answer);
	if (ret)
		return ret;
	new_json_obj(json);
	print(answer, NULL);
	delete_json_obj();
	fflush(stdout);
	free(answer);
	return 0;
}

static int talk(struct nlmsghdr *n)
{
	return ilnp_talk(n, NULL);
}

/* --- words -------------------------------------------------------------- */

static bool is(const char *arg, const char *word)
{
	return matches(arg, word) == 0;
}

static bool is_show(const char *arg)
{
	return is(arg, "show") || is(arg, "list") || strcmp(arg, "lst") == 0;
}

static void no_more(int argc, char **argv)
{
	if (argc > 0)
		invarg("unknown keyword", *argv);
}

/* add, change, replace: the flags of the message; 0: none of them */
static __u16 new_flags(const char *verb)
{
	if (is(verb, "add"))
		return NLM_F_CREATE | NLM_F_EXCL;
	if (is(verb, "change"))
		return NLM_F_REPLACE;
	if (is(verb, "replace"))
		return NLM_F_CREATE | NLM_F_REPLACE;
	return 0;
}

static const char * const checksum_names[] = {
	[ILNP6_CHECKSUM_AUTO] = "auto",
	[ILNP6_CHECKSUM_IPV6] = "ipv6",
	[ILNP6_CHECKSUM_NID] = "nid",
};

static const char * const policy_checksum_names[] = {
	[ILNP6_CHECKSUM_IPV6] = "ipv6",
	[ILNP6_CHECKSUM_NID] = "nid",
};

static const char * const nonce_len_names[] = {
	[0] = "auto",
	[ILNP6_NONCE_SHORT] = "4",
	[ILNP6_NONCE_LONG] = "12",
};

static const char * const policy_nonce_len_names[] = {
	[ILNP6_NONCE_SHORT] = "4",
	[ILNP6_NONCE_LONG] = "12",
};

static const char * const habit_names[] = {
	[ILNP6_NONCE_OWN] = "own",
	[ILNP6_NONCE_ECHO] = "echo",
};

static const char * const require_names[] = {
	[ILNP6_REQUIRE_EVERY] = "every",
	[ILNP6_REQUIRE_RFC] = "rfc",
};

/* A keyword whose value is one of some names, or on or off */
struct choice {
	const char		*key;
	__u8			attr;
	const char * const	*names;
	size_t			n;
};

#define CHOICE(_key, _attr, _names)	\
	{ _key, _attr, _names, ARRAY_SIZE(_names) }
#define SWITCH(_key, _attr)		{ _key, _attr, NULL, 0 }

static const struct choice policy_choices[] = {
	CHOICE("checksum", ILNP6_A_CHECKSUM, policy_checksum_names),
	CHOICE("nonce-len", ILNP6_A_NONCE_LEN, policy_nonce_len_names),
	SWITCH("learn", ILNP6_A_LEARN),
	SWITCH("ula", ILNP6_A_ULA),
	SWITCH("tcp", ILNP6_A_TCP),
};

static const struct choice corr_choices[] = {
	CHOICE("checksum", ILNP6_A_CHECKSUM, checksum_names),
	/* before nonce-len, of which it is a prefix */
	CHOICE("nonce", ILNP6_A_NONCE_HABIT, habit_names),
	CHOICE("nonce-len", ILNP6_A_NONCE_LEN, nonce_len_names),
	CHOICE("require-nonce", ILNP6_A_REQUIRE_NONCE, require_names),
};

/* If *@argv is one of @c: adds its value to @n and steps onto it. */
static bool get_choice(int *pargc, char ***pargv, struct nlmsghdr *n,
		       const struct choice *c, size_t nc, unsigned int *seen)
{
	char **argv = *pargv;
	int argc = *pargc;
	unsigned int bit;
	__u8 val;

	for (bit = 1; nc; nc--, c++, bit <<= 1)
		if (is(*argv, c->key))
			break;
	if (!nc)
		return false;

	ILNP_ONCE(c->key, *seen, bit);
	if (c->names)
		val = ilnp_get_name(c->key, *argv, c->names, c->n);
	else
		val = ilnp_get_on_off(c->key, *argv);
	addattr8(n, ILNP_BUFLEN, c->attr, val);
	*pargc = argc;
	*pargv = argv;
	return true;
}

static void add_be64(struct nlmsghdr *n, int attr, __be64 val)
{
	addattr_l(n, ILNP_BUFLEN, attr, &val, sizeof(val));
}

/* [ to NID ], or [ NID ] where @word is NULL */
static void get_filter(int argc, char **argv, const char *word, int attr,
		       struct nlmsghdr *n)
{
	if (argc <= 0)
		return;
	if (word) {
		if (strcmp(*argv, word))
			invarg("unknown keyword", *argv);
		ILNP_NEXT_VALUE(word);
	}
	add_be64(n, attr, ilnp_get_nid("NID", *argv));
	no_more(argc - 1, argv + 1);
}

/* --- policy ------------------------------------------------------------- */

static int config_show(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_CONFIG_GET, 0);

	no_more(argc, argv);
	return show_answer(&req.n, ilnp_print_config);
}

static int config_set(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_CONFIG_SET, 0);
	unsigned int seen = 0, seen_scheduler = 0;

	if (argc <= 0)
		incomplete_command();
	for (; argc > 0; argc--, argv++) {
		if (get_choice(&argc, &argv, &req.n, policy_choices,
			       ARRAY_SIZE(policy_choices), &seen))
			continue;
		if (!is(*argv, "scheduler"))
			invarg("unknown keyword", *argv);
		ILNP_ONCE("scheduler", seen_scheduler, 1);
		if (!**argv || strlen(*argv) >= ILNP6_SCHED_NAME_MAX)
			invarg("scheduler: a name has 1 to 15 characters",
			       *argv);
		addattrstrz(&req.n, ILNP_BUFLEN, ILNP6_A_SCHEDULER, *argv);
	}
	return talk(&req.n);
}

/* --- nid ---------------------------------------------------------------- */

static int nid_modify(int argc, char **argv, __u8 cmd, __u16 flags)
{
	ILNP_REQUEST(req, cmd, flags);
	unsigned int seen = 0;

	if (argc <= 0)
		missarg("NID");
	add_be64(&req.n, ILNP6_A_NID, ilnp_get_nid("NID", *argv));
	for (argc--, argv++; argc > 0; argc--, argv++) {
		if (cmd != ILNP6_CMD_NID_NEW || !is(*argv, "preference"))
			invarg("unknown keyword", *argv);
		ILNP_ONCE("preference", seen, 1);
		addattr16(&req.n, ILNP_BUFLEN, ILNP6_A_PREFERENCE,
			  ilnp_get_preference(*argv));
	}
	return talk(&req.n);
}

static int nid_show(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_NID_GET, 0);

	no_more(argc, argv);
	return show_dump(&req.n, ilnp_print_nid);
}

static int do_nid(int argc, char **argv)
{
	if (argc <= 0 || is_show(*argv))
		return nid_show(argc - 1, argv + 1);
	if (is(*argv, "add"))
		return nid_modify(argc - 1, argv + 1, ILNP6_CMD_NID_NEW,
				  NLM_F_CREATE | NLM_F_EXCL);
	if (is(*argv, "delete"))
		return nid_modify(argc - 1, argv + 1, ILNP6_CMD_NID_DEL, 0);
	if (is(*argv, "help"))
		ilnp_usage();
	ilnp_unknown(*argv);
}

/* --- l64 ---------------------------------------------------------------- */

#define SEEN_DEV	0x01
#define SEEN_VIA	0x02
#define SEEN_PREFERENCE	0x04
#define SEEN_LIFETIME	0x08
#define SEEN_DRAIN	0x10

/* What only a new or changed L64 has */
static void l64_option(int *pargc, char ***pargv, struct nlmsghdr *n,
		       unsigned int *seen)
{
	char **argv = *pargv;
	int argc = *pargc;
	char via[16];

	if (strcmp(*argv, "via") == 0) {
		ILNP_ONCE("via", *seen, SEEN_VIA);
		ilnp_get_addr6("via", *argv, via);
		addattr_l(n, ILNP_BUFLEN, ILNP6_A_VIA, via, sizeof(via));
	} else if (is(*argv, "preference")) {
		ILNP_ONCE("preference", *seen, SEEN_PREFERENCE);
		addattr16(n, ILNP_BUFLEN, ILNP6_A_PREFERENCE,
			  ilnp_get_preference(*argv));
	} else if (is(*argv, "lifetime")) {
		ILNP_ONCE("lifetime", *seen, SEEN_LIFETIME);
		addattr32(n, ILNP_BUFLEN, ILNP6_A_LIFETIME,
			  ilnp_get_lifetime(*argv));
	} else if (is(*argv, "drain")) {
		ILNP_ONCE("drain", *seen, SEEN_DRAIN);
		addattr8(n, ILNP_BUFLEN, ILNP6_A_DRAIN,
			 ilnp_get_on_off("drain", *argv));
	} else {
		invarg("unknown keyword", *argv);
	}
	*pargc = argc;
	*pargv = argv;
}

static int l64_modify(int argc, char **argv, __u8 cmd, __u16 flags)
{
	ILNP_REQUEST(req, cmd, flags);
	const char *dev = NULL;
	unsigned int seen = 0;

	if (argc <= 0)
		missarg("L64");
	add_be64(&req.n, ILNP6_A_L64, ilnp_get_l64("L64", *argv));
	for (argc--, argv++; argc > 0; argc--, argv++) {
		if (strcmp(*argv, "dev") == 0) {
			ILNP_ONCE("dev", seen, SEEN_DEV);
			dev = *argv;
		} else if (cmd == ILNP6_CMD_L64_NEW) {
			l64_option(&argc, &argv, &req.n, &seen);
		} else {
			invarg("unknown keyword", *argv);
		}
	}
	if (!dev)
		missarg("dev");
	addattr32(&req.n, ILNP_BUFLEN, ILNP6_A_IFINDEX, ilnp_get_dev(dev));
	return talk(&req.n);
}

static int l64_show(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_L64_GET, 0);

	if (argc > 0) {
		if (strcmp(*argv, "dev"))
			invarg("unknown keyword", *argv);
		ILNP_NEXT_VALUE("dev");
		no_more(argc - 1, argv + 1);
		addattr32(&req.n, ILNP_BUFLEN, ILNP6_A_IFINDEX,
			  ilnp_get_dev(*argv));
	}
	return show_dump(&req.n, ilnp_print_l64);
}

static int do_l64(int argc, char **argv)
{
	if (argc <= 0 || is_show(*argv))
		return l64_show(argc - 1, argv + 1);
	if (new_flags(*argv))
		return l64_modify(argc - 1, argv + 1, ILNP6_CMD_L64_NEW,
				  new_flags(*argv));
	if (is(*argv, "delete"))
		return l64_modify(argc - 1, argv + 1, ILNP6_CMD_L64_DEL, 0);
	if (is(*argv, "help"))
		ilnp_usage();
	ilnp_unknown(*argv);
}

/* --- correspondent ------------------------------------------------------ */

/* l64 L64 [ preference N ] [ lifetime SECONDS ], as often as it comes */
struct locators {
	__be64		l64[ILNP6_LU_MAX];
	unsigned int	n;
	unsigned int	seen;
	struct rtattr	*nest;
};

static void locator_begin(struct locators *ls, struct nlmsghdr *n,
			  const char *arg)
{
	__be64 l64 = ilnp_get_l64("l64", arg);
	unsigned int i;

	for (i = 0; i < ls->n; i++)
		if (ls->l64[i] == l64)
			duparg("l64", arg);
	if (ls->n == ILNP6_LU_MAX)
		invarg("l64: a correspondent has at most "
		       textify(ILNP6_LU_MAX) " L64s", arg);
	ls->l64[ls->n++] = l64;
	ls->seen = 0;
	ls->nest = addattr_nest(n, ILNP_BUFLEN, ILNP6_A_LOCATOR | NLA_F_NESTED);
	add_be64(n, ILNP6_A_L64, l64);
}

static void locator_end(struct locators *ls, struct nlmsghdr *n)
{
	if (ls->nest)
		addattr_nest_end(n, ls->nest);
	ls->nest = NULL;
}

/* What belongs to the l64 before it */
static bool locator_option(struct locators *ls, int *pargc, char ***pargv,
			   struct nlmsghdr *n)
{
	char **argv = *pargv;
	int argc = *pargc;

	if (!is(*argv, "preference") && !is(*argv, "lifetime"))
		return false;
	if (!ls->nest)
		invarg("it belongs directly behind an l64", *argv);
	if (is(*argv, "preference")) {
		ILNP_ONCE("preference", ls->seen, SEEN_PREFERENCE);
		addattr16(n, ILNP_BUFLEN, ILNP6_A_PREFERENCE,
			  ilnp_get_preference(*argv));
	} else {
		ILNP_ONCE("lifetime", ls->seen, SEEN_LIFETIME);
		addattr32(n, ILNP_BUFLEN, ILNP6_A_LIFETIME,
			  ilnp_get_lifetime(*argv));
	}
	*pargc = argc;
	*pargv = argv;
	return true;
}

static int corr_new(int argc, char **argv, __u16 flags)
{
	ILNP_REQUEST(req, ILNP6_CMD_CORR_NEW, flags);
	struct locators ls = { .n = 0 };
	unsigned int seen = 0;

	if (argc <= 0)
		missarg("NID");
	add_be64(&req.n, ILNP6_A_NID, ilnp_get_nid("NID", *argv));
	for (argc--, argv++; argc > 0; argc--, argv++) {
		if (strcmp(*argv, "l64") == 0) {
			ILNP_NEXT_VALUE("l64");
			locator_end(&ls, &req.n);
			locator_begin(&ls, &req.n, *argv);
			continue;
		}
		if (locator_option(&ls, &argc, &argv, &req.n))
			continue;
		locator_end(&ls, &req.n);
		if (!get_choice(&argc, &argv, &req.n, corr_choices,
				ARRAY_SIZE(corr_choices), &seen))
			invarg("unknown keyword", *argv);
	}
	locator_end(&ls, &req.n);
	if (!ls.n && flags & NLM_F_CREATE)
		missarg("l64");
	return talk(&req.n);
}

static int corr_del(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_CORR_DEL, 0);

	if (argc <= 0)
		missarg("NID");
	get_filter(argc, argv, NULL, ILNP6_A_NID, &req.n);
	return talk(&req.n);
}

static int corr_flush(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_CORR_FLUSH, 0);

	get_filter(argc, argv, NULL, ILNP6_A_NID, &req.n);
	return talk(&req.n);
}

static int corr_show(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_CORR_GET, 0);

	get_filter(argc, argv, NULL, ILNP6_A_NID, &req.n);
	return show_dump(&req.n, ilnp_print_corr);
}

static int do_corr(int argc, char **argv)
{
	if (argc <= 0 || is_show(*argv))
		return corr_show(argc - 1, argv + 1);
	if (new_flags(*argv))
		return corr_new(argc - 1, argv + 1, new_flags(*argv));
	if (is(*argv, "delete"))
		return corr_del(argc - 1, argv + 1);
	if (is(*argv, "flush"))
		return corr_flush(argc - 1, argv + 1);
	if (is(*argv, "help"))
		ilnp_usage();
	ilnp_unknown(*argv);
}

/* --- session, path, stats ----------------------------------------------- */

static int session_show(int argc, char **argv)
{
	ILNP_REQUEST(tcp, ILNP6_CMD_TCP_GET, 0);
	ILNP_REQUEST(req, ILNP6_CMD_SESSION_GET, 0);
	int ret = 0;

	/* Before the object as everywhere, or here */
	for (; argc > 0 && !strncmp(*argv, "-s", 2); argc--, argv++)
		++show_stats;
	get_filter(argc, argv, "to", ILNP6_A_REMOTE_NID, &req.n);
	get_filter(argc, argv, "to", ILNP6_A_REMOTE_NID, &tcp.n);
	if (json || show_stats)
		ret = ilnp_dump(&tcp.n, ilnp_keep_tcp, NULL);
	if (ret)
		return ret;
	return show_dump(&req.n, ilnp_print_session);
}

static int session_flush(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_SESSION_FLUSH, 0);

	get_filter(argc, argv, "to", ILNP6_A_REMOTE_NID, &req.n);
	return talk(&req.n);
}

static int do_session(int argc, char **argv)
{
	if (argc <= 0 || is_show(*argv))
		return session_show(argc - 1, argv + 1);
	if (is(*argv, "flush"))
		return session_flush(argc - 1, argv + 1);
	if (is(*argv, "help"))
		ilnp_usage();
	ilnp_unknown(*argv);
}

static int path_show(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_PATH_GET, 0);

	get_filter(argc, argv, "to", ILNP6_A_REMOTE_NID, &req.n);
	return show_dump(&req.n, ilnp_print_path);
}

static int do_path(int argc, char **argv)
{
	if (argc <= 0 || is_show(*argv))
		return path_show(argc - 1, argv + 1);
	if (is(*argv, "help"))
		ilnp_usage();
	ilnp_unknown(*argv);
}

static int stats_show(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_STATS_GET, 0);

	no_more(argc, argv);
	return show_answer(&req.n, ilnp_print_stats);
}

static int stats_reset(int argc, char **argv)
{
	ILNP_REQUEST(req, ILNP6_CMD_STATS_RESET, 0);

	no_more(argc, argv);
	return talk(&req.n);
}

static int do_stats(int argc, char **argv)
{
	if (argc <= 0 || is_show(*argv))
		return stats_show(argc - 1, argv + 1);
	if (is(*argv, "reset"))
		return stats_reset(argc - 1, argv + 1);
	if (is(*argv, "help"))
		ilnp_usage();
	ilnp_unknown(*argv);
}

/* ------------------------------------------------------------------------ */

int do_ilnp(int argc, char **argv)
{
	/* An abbreviation means the first that it fits. */
	static const struct {
		const char *word;
		int (*func)(int argc, char **argv);
	} cmds[] = {
		{ "show",		config_show },
		{ "set",		config_set },
		{ "nid",		do_nid },
		{ "l64",		do_l64 },
		{ "correspondent",	do_corr },
		{ "session",		do_session },
		{ "path",		do_path },
		{ "dev",		do_ilnp_dev },
		{ "stats",		do_stats },
		{ "monitor",		ilnp_monitor },
	};
	size_t i;

	if (argc <= 0)
		return config_show(0, NULL);
	if (is(*argv, "help"))
		ilnp_usage();
	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		if (is(*argv, cmds[i].word))
			return cmds[i].func(argc - 1, argv + 1);
	ilnp_unknown(*argv);
}
