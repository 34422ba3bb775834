// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip ilnp: one argument, from text to what goes into the message. Only the
 * form is judged here; whether a well-formed NID or L64 may be used is the
 * kernel's to say. Every function ends the command with a message that names
 * the argument and what is wrong with it.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "ipilnp.h"

static void bad(const char *arg, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

static void bad(const char *arg, const char *fmt, ...)
{
	char msg[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	invarg(msg, arg);
}

static unsigned int hex_value(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* One group of 1 to 4 hex digits at *@pos, which is moved behind it. */
static unsigned int get_group(const char *what, const char *arg,
			      const char **pos, int nr, char sep)
{
	const char *p = *pos;
	unsigned int val = 0;
	int digits;

	for (digits = 0; isxdigit((unsigned char)p[digits]); digits++) {
		if (digits == 4)
			bad(arg, "%s: group %d has more than 4 hex digits, the largest is ffff",
			    what, nr);
		val = val << 4 | hex_value(p[digits]);
	}
	if (!digits && *p && *p != sep)
		bad(arg, "%s: \"%c\" in group %d is not a hex digit",
		    what, *p, nr);
	if (!digits)
		bad(arg, "%s: group %d is empty", what, nr);

	*pos = p + digits;
	return val;
}

/* h:h:h:h with the separator @sep */
static __be64 get_groups(const char *what, const char *arg, char sep)
{
	const char *pos = arg;
	__u64 val = 0;
	int nr;

	for (nr = 1; nr <= 4; nr++) {
		val = val << 16 | get_group(what, arg, &pos, nr, sep);
		if (nr == 4)
			break;
		if (!*pos)
			bad(arg, "%s: %d of 4 groups, write h%ch%ch%ch",
			    what, nr, sep, sep, sep);
		if (*pos != sep)
			bad(arg, "%s: \"%c\" after group %d is neither a hex digit nor \"%c\"",
			    what, *pos, nr, sep);
		pos++;
	}
	if (*pos == sep)
		bad(arg, "%s: more than 4 groups", what);
	if (*pos)
		bad(arg, "%s: \"%s\" follows the last group", what, pos);

	return htonll(val);
}

__be64 ilnp_get_nid(const char *what, const char *arg)
{
	if (!*arg)
		bad(arg, "%s: empty", what);
	if (strstr(arg, "::"))
		bad(arg, "%s: \"::\" is not allowed, write all 4 groups as h:h:h:h",
		    what);

	return get_groups(what, arg, strchr(arg, '+') ? '+' : ':');
}

/* prefix::/64, or a whole address whose lower half is zero */
static __be64 get_prefix64(const char *what, const char *arg)
{
	char text[INET6_ADDRSTRLEN] = "";
	size_t len = strcspn(arg, "/");
	__be64 half[2];

	if (arg[len] && strcmp(arg + len, "/64"))
		bad(arg, "%s: the prefix length is \"%s\", an L64 has \"/64\"",
		    what, arg + len);
	if (len < sizeof(text))
		memcpy(text, arg, len);
	if (inet_pton(AF_INET6, text, half) != 1)
		bad(arg, "%s: not an IPv6 prefix, write prefix::/64, h:h:h:h or h-h-h-h",
		    what);
	if (half[1])
		bad(arg, "%s: the lower 64 bits are not zero", what);

	return half[0];
}

static unsigned int count(const char *s, char c)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += *s == c;
	return n;
}

__be64 ilnp_get_l64(const char *what, const char *arg)
{
	if (!*arg)
		bad(arg, "%s: empty", what);
	if (strchr(arg, '/') || strstr(arg, "::") || count(arg, ':') == 7)
		return get_prefix64(what, arg);

	return get_groups(what, arg, strchr(arg, '-') ? '-' : ':');
}

void ilnp_get_addr6(const char *what, const char *arg, void *addr)
{
	if (inet_pton(AF_INET6, arg, addr) != 1)
		bad(arg, "%s: not an IPv6 address", what);
}

/* Decimal digits and nothing else: strtoul() takes signs and blanks. */
static bool get_decimal(const char *arg, __u64 max, __u64 *val)
{
	*val = 0;
	if (!*arg)
		return false;
	for (; *arg; arg++) {
		if (!isdigit((unsigned char)*arg))
			return false;
		*val = *val * 10 + (*arg - '0');
		if (*val > max)
			return false;
	}
	return true;
}

__u16 ilnp_get_preference(const char *arg)
{
	__u64 val;

	if (!get_decimal(arg, ILNP6_PREF_NEVER, &val))
		bad(arg, "preference: not a number from 0 to %u",
		    ILNP6_PREF_NEVER);
	return val;
}

/* Seconds; 0 stands for "forever" in the message. */
__u32 ilnp_get_lifetime(const char *arg)
{
	__u64 val;

	if (strcmp(arg, "forever") == 0)
		return 0;
	if (!get_decimal(arg, UINT32_MAX, &val) || !val)
		bad(arg, "lifetime: neither \"forever\" nor a number of seconds from 1 to %u",
		    UINT32_MAX);
	return val;
}

__u8 ilnp_get_name(const char *what, const char *arg,
		   const char * const *names, size_t n)
{
	char list[128] = "";
	size_t i;

	for (i = 0; i < n; i++)
		if (names[i] && strcmp(arg, names[i]) == 0)
			return i;

	for (i = 0; i < n; i++) {
		size_t len = strlen(list);

		if (names[i])
			snprintf(list + len, sizeof(list) - len, "%s\"%s\"",
				 len ? ", " : "", names[i]);
	}
	bad(arg, "%s: must be one of %s", what, list);
}

__u8 ilnp_get_on_off(const char *what, const char *arg)
{
	static const char * const names[] = { "off", "on" };

	return ilnp_get_name(what, arg, names, ARRAY_SIZE(names));
}

__u32 ilnp_get_dev(const char *arg)
{
	unsigned int ifindex;

	if (check_ifname(arg) && check_altifname(arg))
		bad(arg, "dev: not an interface name");
	ifindex = ll_name_to_index(arg);
	if (!ifindex)
		exit(-nodev(arg));
	return ifindex;
}
