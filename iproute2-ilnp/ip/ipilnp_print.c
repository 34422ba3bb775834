// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip ilnp: one object on the screen or as JSON, and the events of `monitor`.
 *
 * A table says how each netlink attribute is called and written; an object is
 * a list of attributes. Text uses the words of the command line, so that what
 * is shown can be given back.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "ipilnp.h"

static const char * const state_names[] = {
	[ILNP6_STATE_TENTATIVE]		= "tentative",
	[ILNP6_STATE_READY]		= "ready",
	[ILNP6_STATE_DUPLICATE]		= "duplicate",
	[ILNP6_STATE_VALID]		= "valid",
	[ILNP6_STATE_ACTIVE]		= "active",
	[ILNP6_STATE_AGED]		= "aged",
	[ILNP6_STATE_EXPIRED]		= "expired",
	[ILNP6_STATE_ESTABLISHED]	= "established",
	[ILNP6_STATE_UP]		= "up",
	[ILNP6_STATE_DOWN]		= "down",
	[ILNP6_STATE_BACKUP]		= "backup",
	[ILNP6_STATE_SUSPECT]		= "suspect",
};

static const char * const origin_names[] = {
	[ILNP6_ORIGIN_STATIC]		= "static",
	[ILNP6_ORIGIN_AUTO]		= "auto",
	[ILNP6_ORIGIN_RA]		= "ra",
	[ILNP6_ORIGIN_LEARNED]		= "learned",
	[ILNP6_ORIGIN_NAME]		= "name",
};

static const char * const checksum_names[] = {
	[ILNP6_CHECKSUM_AUTO]		= "auto",
	[ILNP6_CHECKSUM_IPV6]		= "ipv6",
	[ILNP6_CHECKSUM_NID]		= "nid",
};

static const char * const habit_names[] = {
	[ILNP6_NONCE_OWN]		= "own",
	[ILNP6_NONCE_ECHO]		= "echo",
};

static const char * const require_names[] = {
	[ILNP6_REQUIRE_EVERY]		= "every",
	[ILNP6_REQUIRE_RFC]		= "rfc",
};

static const char * const mode_names[] = {
	[ILNP6_MODE_TENTATIVE]		= "tentative",
	[ILNP6_MODE_ILNP]		= "ilnp",
	[ILNP6_MODE_IPV6]		= "ipv6",
};

static const char * const event_names[] = {
	[ILNP6_EVENT_NID_ADD]		= "nid-add",
	[ILNP6_EVENT_NID_CHANGE]	= "nid-change",
	[ILNP6_EVENT_NID_DEL]		= "nid-del",
	[ILNP6_EVENT_L64_ADD]		= "l64-add",
	[ILNP6_EVENT_L64_CHANGE]	= "l64-change",
	[ILNP6_EVENT_L64_DEL]		= "l64-del",
	[ILNP6_EVENT_CORRESPONDENT_ADD]	= "correspondent-add",
	[ILNP6_EVENT_CORRESPONDENT_CHANGE] = "correspondent-change",
	[ILNP6_EVENT_CORRESPONDENT_DEL]	= "correspondent-del",
	[ILNP6_EVENT_SESSION_ADD]	= "session-add",
	[ILNP6_EVENT_SESSION_CHANGE]	= "session-change",
	[ILNP6_EVENT_SESSION_DEL]	= "session-del",
	[ILNP6_EVENT_PATH_UP]		= "path-up",
	[ILNP6_EVENT_PATH_DOWN]		= "path-down",
	[ILNP6_EVENT_LOCATOR_UPDATE_SENT] = "locator-update-sent",
	[ILNP6_EVENT_LOCATOR_UPDATE_ACKED] = "locator-update-acked",
	[ILNP6_EVENT_LOCATOR_UPDATE_FAILED] = "locator-update-failed",
	[ILNP6_EVENT_LOCATOR_UPDATE_RECEIVED] = "locator-update-received",
	[ILNP6_EVENT_NONCE_BAD]		= "nonce-bad",
	[ILNP6_EVENT_DEV_ATTACH]	= "dev-attach",
	[ILNP6_EVENT_DEV_DETACH]	= "dev-detach",
};

/* The names of the netlink spec; a test compares them. */
static const char * const stat_names[] = {
	[ILNP6_STAT_TX_PACKETS]		= "tx-packets",
	[ILNP6_STAT_TX_REWRITTEN]	= "tx-rewritten",
	[ILNP6_STAT_TX_NO_PATH]		= "tx-no-path",
	[ILNP6_STAT_TX_NO_MEM]		= "tx-no-mem",
	[ILNP6_STAT_TX_FLOW_PLAIN]	= "tx-flow-plain",
	[ILNP6_STAT_RX_PACKETS]		= "rx-packets",
	[ILNP6_STAT_RX_NO_NONCE]	= "rx-no-nonce",
	[ILNP6_STAT_RX_NONCE_WRONG]	= "rx-nonce-wrong",
	[ILNP6_STAT_RX_NONCE_MISSING]	= "rx-nonce-missing",
	[ILNP6_STAT_RX_NONCE_DOUBLE]	= "rx-nonce-double",
	[ILNP6_STAT_RX_NONCE_LENGTH]	= "rx-nonce-length",
	[ILNP6_STAT_RX_NONCE_MISPLACED]	= "rx-nonce-misplaced",
	[ILNP6_STAT_RX_TRUNCATED]	= "rx-truncated",
	[ILNP6_STAT_RX_MULTICAST]	= "rx-multicast",
	[ILNP6_STAT_RX_NOT_FIRST]	= "rx-not-first",
	[ILNP6_STAT_RX_TENTATIVE_FULL]	= "rx-tentative-full",
	[ILNP6_STAT_RX_L64_INVALID]	= "rx-l64-invalid",
	[ILNP6_STAT_RX_CSUM]		= "rx-csum",
	[ILNP6_STAT_SESSION_NEW]	= "session-new",
	[ILNP6_STAT_SESSION_PROVEN]	= "session-proven",
	[ILNP6_STAT_SESSION_EXPIRED]	= "session-expired",
	[ILNP6_STAT_FALLBACK]		= "fallback",
	[ILNP6_STAT_ICMP_TRANSLATED]	= "icmp-translated",
	[ILNP6_STAT_ICMP_FORGED]	= "icmp-forged",
	[ILNP6_STAT_LU_TX_ADV]		= "lu-tx-adv",
	[ILNP6_STAT_LU_TX_ACK]		= "lu-tx-ack",
	[ILNP6_STAT_LU_RX_ADV]		= "lu-rx-adv",
	[ILNP6_STAT_LU_RX_ACK]		= "lu-rx-ack",
	[ILNP6_STAT_LU_GIVEN_UP]	= "lu-given-up",
	[ILNP6_STAT_LU_NONCE]		= "lu-nonce",
	[ILNP6_STAT_LU_CSUM]		= "lu-csum",
	[ILNP6_STAT_LU_CODE]		= "lu-code",
	[ILNP6_STAT_LU_ZERO]		= "lu-zero",
	[ILNP6_STAT_LU_LENGTH]		= "lu-length",
	[ILNP6_STAT_LU_OPERATION]	= "lu-operation",
	[ILNP6_STAT_LU_UNUSABLE]	= "lu-unusable",
	[ILNP6_STAT_LU_ACK_STRAY]	= "lu-ack-stray",
	[ILNP6_STAT_LU_RATE]		= "lu-rate",
	[ILNP6_STAT_TABLE_FULL]		= "table-full",
	[ILNP6_STAT_EVENTS_SUPPRESSED]	= "events-suppressed",
	[ILNP6_STAT_TX_FLOW_REFUSED]	= "tx-flow-refused",
};

enum kind {
	KIND_NONE,
	KIND_NID,
	KIND_L64,
	KIND_ADDR,
	KIND_NAME,
	KIND_ONOFF,
	KIND_U8,
	KIND_U16,
	KIND_U32,
	KIND_U64,
	KIND_IDLE,
	KIND_RTT,
	KIND_LIFETIME,
	KIND_NONCE_LEN,
	KIND_IFINDEX,
	KIND_STRING,
};

struct how {
	const char		*key;	/* in JSON */
	const char		*word;	/* before the value in text */
	enum kind		kind;
	const char * const	*names;
	unsigned int		n_names;
};

#define NAMES(_t)	.kind = KIND_NAME, .names = _t, .n_names = ARRAY_SIZE(_t)

static const struct how hows[ILNP6_A_MAX + 1] = {
	[ILNP6_A_IFINDEX]	= { "dev", "dev", KIND_IFINDEX, NULL, 0 },
	[ILNP6_A_NID]		= { "nid", "nid", KIND_NID, NULL, 0 },
	[ILNP6_A_L64]		= { "l64", "l64", KIND_L64, NULL, 0 },
	[ILNP6_A_VIA]		= { "via", "via", KIND_ADDR, NULL, 0 },
	[ILNP6_A_PREFERENCE]	= { "preference", "preference", KIND_U16,
				    NULL, 0 },
	[ILNP6_A_LIFETIME]	= { "lifetime", "lifetime", KIND_LIFETIME,
				    NULL, 0 },
	[ILNP6_A_STATE]		= { "state", "state", NAMES(state_names) },
	[ILNP6_A_ORIGIN]	= { "origin", "origin", NAMES(origin_names) },
	[ILNP6_A_CHECKSUM]	= { "checksum", "checksum",
				    NAMES(checksum_names) },
	[ILNP6_A_NONCE_LEN]	= { "nonce_len", "nonce-len", KIND_NONCE_LEN,
				    NULL, 0 },
	[ILNP6_A_NONCE_HABIT]	= { "nonce", "nonce", NAMES(habit_names) },
	[ILNP6_A_REQUIRE_NONCE]	= { "require_nonce", "require-nonce",
				    NAMES(require_names) },
	[ILNP6_A_MODE]		= { "mode", "mode", NAMES(mode_names) },
	[ILNP6_A_LOCAL_NID]	= { "local_nid", "from", KIND_NID, NULL, 0 },
	[ILNP6_A_REMOTE_NID]	= { "remote_nid", "to", KIND_NID, NULL, 0 },
	[ILNP6_A_LOCAL_L64]	= { "local_l64", "l64", KIND_L64, NULL, 0 },
	[ILNP6_A_REMOTE_L64]	= { "remote_l64", "l64", KIND_L64, NULL, 0 },
	[ILNP6_A_TX_PACKETS]	= { "tx_packets", "packets", KIND_U64,
				    NULL, 0 },
	[ILNP6_A_TX_BYTES]	= { "tx_bytes", "TX: bytes", KIND_U64,
				    NULL, 0 },
	[ILNP6_A_RX_PACKETS]	= { "rx_packets", "packets", KIND_U64,
				    NULL, 0 },
	[ILNP6_A_RX_BYTES]	= { "rx_bytes", "RX: bytes", KIND_U64,
				    NULL, 0 },
	[ILNP6_A_SCHEDULER]	= { "scheduler", "scheduler", KIND_STRING,
				    NULL, 0 },
	[ILNP6_A_LEARN]		= { "learn", "learn", KIND_ONOFF, NULL, 0 },
	[ILNP6_A_PROTO]		= { "proto", "proto", KIND_U8, NULL, 0 },
	[ILNP6_A_SPORT]		= { "sport", "sport", KIND_U16, NULL, 0 },
	[ILNP6_A_DPORT]		= { "dport", "dport", KIND_U16, NULL, 0 },
	[ILNP6_A_ICMP_TYPE]	= { "icmp_type", "icmp-type", KIND_U8,
				    NULL, 0 },
	[ILNP6_A_REASON]	= { "reason", "reason", KIND_STRING, NULL, 0 },
	[ILNP6_A_COUNT]		= { "count", "count", KIND_U32, NULL, 0 },
	[ILNP6_A_ULA]		= { "ula", "ula", KIND_ONOFF, NULL, 0 },
	[ILNP6_A_DRAIN]		= { "drain", "drain", KIND_ONOFF, NULL, 0 },
	[ILNP6_A_IDLE]		= { "idle", "idle", KIND_IDLE, NULL, 0 },
	[ILNP6_A_NONCE_LEN_RX]	= { "nonce_len_rx", "nonce-len-rx",
				    KIND_NONCE_LEN, NULL, 0 },
	[ILNP6_A_IFNAME]	= { "dev", "dev", KIND_STRING, NULL, 0 },
	[ILNP6_A_TCP]		= { "tcp", "tcp", KIND_ONOFF, NULL, 0 },
	[ILNP6_A_CWND]		= { "cwnd", "cwnd", KIND_U32, NULL, 0 },
	[ILNP6_A_INFLIGHT]	= { "inflight", "inflight", KIND_U32, NULL, 0 },
	[ILNP6_A_RTT]		= { "rtt", "rtt", KIND_RTT, NULL, 0 },
	[ILNP6_A_DELIVERED]	= { "delivered", "delivered", KIND_U32,
				    NULL, 0 },
	[ILNP6_A_LOST]		= { "lost", "lost", KIND_U32, NULL, 0 },
};

/* The attributes of an object, in the order of the line */
struct field {
	__u8	attr;
	__u8	flags;
};

#define F_BARE		0x01	/* text: the value alone */
#define F_DETAIL	0x02	/* text: with -d only */
#define F_STATS		0x04	/* text: with -s only */
#define F_LINE		0x08	/* text: begins a line */
#define F_FOREVER	0x10	/* text: absent means forever */
#define F_SET		0x20	/* text: only if it is not off */

static const struct field config_fields[] = {
	{ ILNP6_A_CHECKSUM, 0 },
	{ ILNP6_A_NONCE_LEN, 0 },
	{ ILNP6_A_SCHEDULER, 0 },
	{ ILNP6_A_LEARN, 0 },
	{ ILNP6_A_ULA, 0 },
	{ ILNP6_A_TCP, 0 },
};

static const struct field nid_fields[] = {
	{ ILNP6_A_NID, F_BARE },
	{ ILNP6_A_PREFERENCE, 0 },
	{ ILNP6_A_STATE, 0 },
	{ ILNP6_A_ORIGIN, 0 },
};

static const struct field l64_fields[] = {
	{ ILNP6_A_L64, F_BARE },
	{ ILNP6_A_IFINDEX, 0 },
	{ ILNP6_A_VIA, 0 },
	{ ILNP6_A_PREFERENCE, 0 },
	{ ILNP6_A_LIFETIME, F_FOREVER },
	{ ILNP6_A_DRAIN, F_SET },
	{ ILNP6_A_STATE, 0 },
	{ ILNP6_A_ORIGIN, 0 },
};

static const struct field corr_fields[] = {
	{ ILNP6_A_NID, F_BARE },
	{ ILNP6_A_MODE, 0 },
	{ ILNP6_A_CHECKSUM, 0 },
	{ ILNP6_A_NONCE_LEN, F_DETAIL },
	{ ILNP6_A_NONCE_HABIT, F_DETAIL },
	{ ILNP6_A_REQUIRE_NONCE, F_DETAIL },
	{ ILNP6_A_ORIGIN, 0 },
};

static const struct field locator_fields[] = {
	{ ILNP6_A_L64, 0 },
	{ ILNP6_A_PREFERENCE, 0 },
	{ ILNP6_A_LIFETIME, F_FOREVER },
	{ ILNP6_A_STATE, 0 },
};

static const struct field session_fields[] = {
	{ ILNP6_A_REMOTE_NID, 0 },
	{ ILNP6_A_REMOTE_L64, 0 },
	{ ILNP6_A_LOCAL_NID, 0 },
	{ ILNP6_A_LOCAL_L64, 0 },
	{ ILNP6_A_STATE, 0 },
	{ ILNP6_A_CHECKSUM, F_DETAIL },
	{ ILNP6_A_NONCE_LEN, F_DETAIL },
	{ ILNP6_A_NONCE_LEN_RX, F_DETAIL },
	{ ILNP6_A_IDLE, F_DETAIL },
};

static const struct field path_fields[] = {
	{ ILNP6_A_REMOTE_NID, 0 },
	{ ILNP6_A_REMOTE_L64, 0 },
	{ ILNP6_A_LOCAL_NID, 0 },
	{ ILNP6_A_LOCAL_L64, 0 },
	{ ILNP6_A_IFINDEX, 0 },
	{ ILNP6_A_VIA, 0 },
	{ ILNP6_A_PREFERENCE, 0 },
	{ ILNP6_A_STATE, 0 },
	{ ILNP6_A_IDLE, F_DETAIL },
	{ ILNP6_A_RX_BYTES, F_STATS | F_LINE },
	{ ILNP6_A_RX_PACKETS, F_STATS },
	{ ILNP6_A_TX_BYTES, F_STATS | F_LINE },
	{ ILNP6_A_TX_PACKETS, F_STATS },
};

static const struct field tcp_fields[] = {
	{ ILNP6_A_SPORT, 0 },
	{ ILNP6_A_DPORT, 0 },
};

static const struct field tcp_path_fields[] = {
	{ ILNP6_A_STATE, 0 },
	{ ILNP6_A_CWND, 0 },
	{ ILNP6_A_INFLIGHT, 0 },
	{ ILNP6_A_RTT, 0 },
	{ ILNP6_A_DELIVERED, 0 },
	{ ILNP6_A_LOST, 0 },
};

static const struct field event_fields[] = {
	{ ILNP6_A_NID, 0 },
	{ ILNP6_A_L64, 0 },
	{ ILNP6_A_REMOTE_NID, 0 },
	{ ILNP6_A_REMOTE_L64, 0 },
	{ ILNP6_A_LOCAL_NID, 0 },
	{ ILNP6_A_LOCAL_L64, 0 },
	{ ILNP6_A_IFNAME, 0 },
	{ ILNP6_A_IFINDEX, 0 },
	{ ILNP6_A_VIA, 0 },
	{ ILNP6_A_PREFERENCE, 0 },
	{ ILNP6_A_LIFETIME, 0 },
	{ ILNP6_A_DRAIN, F_SET },
	{ ILNP6_A_MODE, 0 },
	{ ILNP6_A_STATE, 0 },
	{ ILNP6_A_CHECKSUM, 0 },
	{ ILNP6_A_NONCE_LEN, F_DETAIL },
	{ ILNP6_A_NONCE_LEN_RX, F_DETAIL },
	{ ILNP6_A_NONCE_HABIT, F_DETAIL },
	{ ILNP6_A_REQUIRE_NONCE, F_DETAIL },
	{ ILNP6_A_ORIGIN, 0 },
	{ ILNP6_A_REASON, 0 },
	{ ILNP6_A_PROTO, 0 },
	{ ILNP6_A_SPORT, 0 },
	{ ILNP6_A_DPORT, 0 },
	{ ILNP6_A_ICMP_TYPE, 0 },
	{ ILNP6_A_COUNT, 0 },
};

/* Text: is something on the line that the next word must stand off from? */
static bool in_line;

static void print_word(const char *word)
{
	if (is_json_context())
		return;
	if (in_line)
		printf(" ");
	if (word)
		printf("%s ", word);
	in_line = true;
}

static void print_text_nl(void)
{
	if (!is_json_context())
		printf("\n");
	in_line = false;
}

/* @arg of the attribute's own size, zero where the attribute is shorter */
static void copy(void *val, size_t len, const struct rtattr *rta)
{
	size_t have = RTA_PAYLOAD(rta);

	memset(val, 0, len);
	memcpy(val, RTA_DATA(rta), have < len ? have : len);
}

static unsigned int get_uint(const struct rtattr *rta)
{
	__u32 u32;
	__u16 u16;
	__u8 u8;

	switch (RTA_PAYLOAD(rta)) {
	case sizeof(u8):
		copy(&u8, sizeof(u8), rta);
		return u8;
	case sizeof(u16):
		copy(&u16, sizeof(u16), rta);
		return u16;
	default:
		copy(&u32, sizeof(u32), rta);
		return u32;
	}
}

static const char *name_of(const struct how *how, unsigned int val,
			   char *buf, size_t len)
{
	if (val < how->n_names && how->names[val])
		return how->names[val];
	/* A kernel newer than this tool */
	snprintf(buf, len, "unknown-%u", val);
	return buf;
}

static void print_nid(const struct how *how, const struct rtattr *rta)
{
	char buf[sizeof("xxxx:xxxx:xxxx:xxxx")];
	__u16 group[4];

	copy(group, sizeof(group), rta);
	snprintf(buf, sizeof(buf), "%04x:%04x:%04x:%04x", ntohs(group[0]),
		 ntohs(group[1]), ntohs(group[2]), ntohs(group[3]));
	print_color_string(PRINT_ANY, COLOR_INET6, how->key, "%s", buf);
}

static void print_l64(const struct how *how, const struct rtattr *rta)
{
	char text[INET6_ADDRSTRLEN], buf[INET6_ADDRSTRLEN + 4];
	__be64 half[2] = { 0 };

	copy(&half[0], sizeof(half[0]), rta);
	inet_ntop(AF_INET6, half, text, sizeof(text));
	snprintf(buf, sizeof(buf), "%s/64", text);
	print_color_string(PRINT_ANY, COLOR_INET6, how->key, "%s", buf);
}

static void print_addr(const struct how *how, const struct rtattr *rta)
{
	char buf[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	copy(&addr, sizeof(addr), rta);
	inet_ntop(AF_INET6, &addr, buf, sizeof(buf));
	print_color_string(PRINT_ANY, COLOR_INET6, how->key, "%s", buf);
}

/* json_print's own float has six digits in all: too few for a time of day. */
static void print_seconds(const char *key, __u64 ns)
{
	unsigned long long sec = ns / NSEC_PER_SEC;
	unsigned int usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;

	if (is_json_context()) {
		jsonw_name(get_json_writer(), key);
		jsonw_printf(get_json_writer(), "%llu.%06u", sec, usec);
	} else {
		printf("%llu.%03u", sec, usec / 1000);
	}
}

static void print_text(const struct how *how, enum color_attr color,
		       const char *text)
{
	print_color_string(PRINT_ANY, color, how->key, "%s", text);
}

static void print_string_attr(const struct how *how, const struct rtattr *rta)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%.*s", (int)RTA_PAYLOAD(rta),
		 (const char *)RTA_DATA(rta));
	print_text(how, strcmp(how->key, "dev") ? COLOR_NONE : COLOR_IFNAME,
		   buf);
}

static void print_value(const struct how *how, const struct rtattr *rta)
{
	char buf[32];
	__u64 u64;

	switch (how->kind) {
	case KIND_NID:
		print_nid(how, rta);
		break;
	case KIND_L64:
		print_l64(how, rta);
		break;
	case KIND_ADDR:
		print_addr(how, rta);
		break;
	case KIND_NAME:
		print_text(how, COLOR_NONE, name_of(how, get_uint(rta), buf,
						    sizeof(buf)));
		break;
	case KIND_ONOFF:
		print_on_off(PRINT_ANY, how->key, "%s", get_uint(rta));
		break;
	case KIND_IDLE:
		print_seconds(how->key, (__u64)get_uint(rta) * NSEC_PER_MSEC);
		break;
	case KIND_RTT:
		/* ss has milliseconds in text */
		if (is_json_context())
			print_seconds(how->key,
				      (__u64)get_uint(rta) * NSEC_PER_USEC);
		else
			printf("%.3fms", get_uint(rta) / 1000.0);
		break;
	case KIND_IFINDEX:
		print_text(how, COLOR_IFNAME, ll_index_to_name(get_uint(rta)));
		break;
	case KIND_STRING:
		print_string_attr(how, rta);
		break;
	case KIND_U64:
		copy(&u64, sizeof(u64), rta);
		print_u64(PRINT_ANY, how->key, "%"PRIu64, u64);
		break;
	case KIND_NONCE_LEN:
		if (!get_uint(rta)) {
			print_string(PRINT_FP, NULL, "%s", "auto");
			break;
		}
		/* fall through */
	default:
		print_uint(PRINT_ANY, how->key, "%u", get_uint(rta));
		break;
	}
}

/* A value that says "there is none" */
static bool is_none(const struct how *how, const struct rtattr *rta)
{
	static const struct in6_addr zero;

	if (how->kind == KIND_IFINDEX)
		return !get_uint(rta);
	return how->kind == KIND_ADDR && RTA_PAYLOAD(rta) >= sizeof(zero) &&
	       !memcmp(RTA_DATA(rta), &zero, sizeof(zero));
}

static void print_field(struct rtattr *tb[], const struct field *f)
{
	const struct how *how = &hows[f->attr];
	const struct rtattr *rta = tb[f->attr];

	if (!is_json_context() && ((f->flags & F_DETAIL && !show_details) ||
				   (f->flags & F_STATS && !show_stats) ||
				   (f->flags & F_SET && rta && !get_uint(rta))))
		return;
	if (!rta || is_none(how, rta)) {
		if (f->flags & F_FOREVER && !is_json_context()) {
			print_word(how->word);
			printf("forever");
		}
		return;
	}
	if (f->flags & F_LINE) {
		print_nl();
		print_string(PRINT_FP, NULL, "%s", "   ");
	}
	print_word(f->flags & F_BARE ? NULL : how->word);
	print_value(how, rta);
}

static void print_fields(struct rtattr *tb[], const struct field *f, size_t n)
{
	for (; n; n--, f++)
		print_field(tb, f);
}

#define PRINT_FIELDS(_tb, _f)	print_fields(_tb, _f, ARRAY_SIZE(_f))

static int print_object(struct nlmsghdr *n, const struct field *f, size_t nf)
{
	struct rtattr *tb[ILNP6_A_MAX + 1];

	if (!ilnp_parse(n, tb))
		return 0;
	open_json_object(NULL);
	print_fields(tb, f, nf);
	close_json_object();
	print_text_nl();
	fflush(stdout);
	return 0;
}

int ilnp_print_config(struct nlmsghdr *n, void *arg)
{
	return print_object(n, config_fields, ARRAY_SIZE(config_fields));
}

int ilnp_print_nid(struct nlmsghdr *n, void *arg)
{
	return print_object(n, nid_fields, ARRAY_SIZE(nid_fields));
}

int ilnp_print_l64(struct nlmsghdr *n, void *arg)
{
	return print_object(n, l64_fields, ARRAY_SIZE(l64_fields));
}

/* --- TCP connections of a session --- */

struct connection {
	struct connection	*next;
	struct nlmsghdr		n;	/* and what follows */
};

static struct connection *connections, **last_connection = &connections;

/* To be shown with their sessions */
int ilnp_keep_tcp(struct nlmsghdr *n, void *arg)
{
	struct connection *c = malloc(sizeof(*c) + n->nlmsg_len);

	if (!c)
		return -1;
	memcpy(&c->n, n, n->nlmsg_len);
	c->next = NULL;
	*last_connection = c;
	last_connection = &c->next;
	return 0;
}

static void print_end(struct rtattr *tb[], const char *end, __u8 l64)
{
	static const char indent[] = "       ";

	if (is_json_context()) {
		print_value(&hows[l64], tb[l64]);
		return;
	}
	if (l64 == ILNP6_A_REMOTE_L64) {
		print_nl();
		printf("%s", indent);
	}
	printf(" %s ", end);
	print_value(&hows[l64], tb[l64]);
	in_line = true;
}

static void print_tcp_paths(const struct nlmsghdr *n)
{
	struct rtattr *tb[ILNP6_A_MAX + 1], *rta;
	int len = n->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

	rta = (struct rtattr *)((char *)NLMSG_DATA(n) + GENL_HDRLEN);
	for (; RTA_OK(rta, len); rta = RTA_NEXT(rta, len)) {
		if ((rta->rta_type & NLA_TYPE_MASK) != ILNP6_A_PATH)
			continue;
		parse_rtattr_nested(tb, ILNP6_A_MAX, rta);
		if (!tb[ILNP6_A_REMOTE_L64] || !tb[ILNP6_A_LOCAL_L64])
			continue;
		open_json_object(NULL);
		print_end(tb, "to", ILNP6_A_REMOTE_L64);
		print_end(tb, "from", ILNP6_A_LOCAL_L64);
		PRINT_FIELDS(tb, tcp_path_fields);
		close_json_object();
	}
}

static bool same(const struct rtattr *a, const struct rtattr *b)
{
	return a && b && RTA_PAYLOAD(a) == RTA_PAYLOAD(b) &&
	       !memcmp(RTA_DATA(a), RTA_DATA(b), RTA_PAYLOAD(a));
}

static void print_connections(struct rtattr *of[])
{
	struct rtattr *tb[ILNP6_A_MAX + 1];
	struct connection *c;

	for (c = connections; c; c = c->next) {
		if (!ilnp_parse(&c->n, tb) ||
		    !same(tb[ILNP6_A_LOCAL_NID], of[ILNP6_A_LOCAL_NID]) ||
		    !same(tb[ILNP6_A_REMOTE_NID], of[ILNP6_A_REMOTE_NID]))
			continue;
		open_json_object(NULL);
		print_nl();
		print_string(PRINT_FP, NULL, "%s", "    tcp");
		PRINT_FIELDS(tb, tcp_fields);
		open_json_array(PRINT_JSON, "paths");
		print_tcp_paths(&c->n);
		close_json_array(PRINT_JSON, NULL);
		close_json_object();
	}
}

int ilnp_print_session(struct nlmsghdr *n, void *arg)
{
	struct rtattr *tb[ILNP6_A_MAX + 1];

	if (!ilnp_parse(n, tb))
		return 0;
	open_json_object(NULL);
	PRINT_FIELDS(tb, session_fields);
	open_json_array(PRINT_JSON, "tcp");
	print_connections(tb);
	close_json_array(PRINT_JSON, NULL);
	close_json_object();
	print_text_nl();
	fflush(stdout);
	return 0;
}

int ilnp_print_path(struct nlmsghdr *n, void *arg)
{
	return print_object(n, path_fields, ARRAY_SIZE(path_fields));
}

/* The attributes ILNP6_A_LOCATOR of a message, each on a line of its own
 * unless @one_line
 */
static void print_locators(const struct nlmsghdr *n, bool one_line)
{
	struct rtattr *tb[ILNP6_A_MAX + 1], *rta;
	int len = n->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

	rta = (struct rtattr *)((char *)NLMSG_DATA(n) + GENL_HDRLEN);
	for (; RTA_OK(rta, len); rta = RTA_NEXT(rta, len)) {
		if ((rta->rta_type & NLA_TYPE_MASK) != ILNP6_A_LOCATOR)
			continue;
		parse_rtattr_nested(tb, ILNP6_A_MAX, rta);
		open_json_object(NULL);
		if (!one_line) {
			print_nl();
			print_string(PRINT_FP, NULL, "%s", "   ");
		}
		PRINT_FIELDS(tb, locator_fields);
		close_json_object();
	}
}

int ilnp_print_corr(struct nlmsghdr *n, void *arg)
{
	struct rtattr *tb[ILNP6_A_MAX + 1];

	if (!ilnp_parse(n, tb))
		return 0;
	open_json_object(NULL);
	PRINT_FIELDS(tb, corr_fields);
	open_json_array(PRINT_JSON, "l64s");
	print_locators(n, false);
	close_json_array(PRINT_JSON, NULL);
	close_json_object();
	print_text_nl();
	fflush(stdout);
	return 0;
}

int ilnp_print_stats(struct nlmsghdr *n, void *arg)
{
	static const struct how how = { NULL, NULL, NAMES(stat_names) };
	struct rtattr *tb[ILNP6_A_MAX + 1];
	const struct rtattr *rta;
	char buf[32];
	__u64 val;

	if (!ilnp_parse(n, tb) || !tb[ILNP6_A_STATS])
		return 0;
	open_json_object(NULL);
	rtattr_for_each_nested(rta, tb[ILNP6_A_STATS]) {
		const char *name = name_of(&how, rta->rta_type & NLA_TYPE_MASK,
					   buf, sizeof(buf));

		/* type 0: alignment */
		if (!(rta->rta_type & NLA_TYPE_MASK))
			continue;
		copy(&val, sizeof(val), rta);
		print_string(PRINT_FP, NULL, "%-24s", name);
		print_u64(PRINT_ANY, name, "%"PRIu64"\n", val);
	}
	close_json_object();
	fflush(stdout);
	return 0;
}

/* --- monitor ------------------------------------------------------------ */

static const char * const watchable[] = {
	"all", "nid", "l64", "correspondent", "session", "path",
	"locator-update", "nonce", "dev",
};

/* Bits of @watchable that were asked for */
static unsigned int watched;

static bool is_watched(const char *event)
{
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(watchable); i++) {
		size_t len = strlen(watchable[i]);

		if (!strncmp(event, watchable[i], len) && event[len] == '-')
			return watched & (1U << i);
	}
	/* of a kernel newer than this tool */
	return watched == ~0U;
}

/* As print_timestamp(), with the time at which it happened. */
static void print_event_time(__u64 ns)
{
	time_t sec = ns / NSEC_PER_SEC;
	long usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
	struct tm *tm = localtime(&sec);
	char buf[64] = "";

	if (!timestamp || !tm)
		return;
	strftime(buf, sizeof(buf), timestamp_short ? "%Y-%m-%dT%H:%M:%S" :
		 "%a %b %e %H:%M:%S %Y", tm);
	if (timestamp_short)
		printf("[%s.%06ld] ", buf, usec);
	else
		printf("Timestamp: %s %ld usec%s", buf, usec,
		       oneline ? " " : "\n");
}

static int print_event(struct rtnl_ctrl_data *ctrl, struct nlmsghdr *n,
		       void *arg)
{
	static const struct how how = { NULL, NULL, NAMES(event_names) };
	const struct genlmsghdr *ghdr = NLMSG_DATA(n);
	struct rtattr *tb[ILNP6_A_MAX + 1];
	const char *event;
	char buf[32];
	__u64 ns = 0;

	if (!ilnp_parse(n, tb) || ghdr->cmd != ILNP6_CMD_EVENT ||
	    !tb[ILNP6_A_EVENT])
		return 0;
	event = name_of(&how, get_uint(tb[ILNP6_A_EVENT]), buf, sizeof(buf));
	if (!is_watched(event))
		return 0;
	if (tb[ILNP6_A_TIME])
		copy(&ns, sizeof(ns), tb[ILNP6_A_TIME]);
	if (tb[ILNP6_A_IFNAME])
		tb[ILNP6_A_IFINDEX] = NULL;

	new_json_obj_plain(json);
	open_json_object(NULL);
	if (!is_json_context())
		print_event_time(ns);
	print_word(NULL);
	print_string(PRINT_ANY, "event", "%s", event);
	if (is_json_context())
		print_seconds("time", ns);
	PRINT_FIELDS(tb, event_fields);
	if (tb[ILNP6_A_LOCATOR]) {
		open_json_array(PRINT_JSON, "l64s");
		print_locators(n, true);
		close_json_array(PRINT_JSON, NULL);
	}
	close_json_object();
	print_text_nl();
	delete_json_obj_plain();
	fflush(stdout);
	return 0;
}

int ilnp_monitor(int argc, char **argv)
{
	unsigned int i;

	watched = argc ? 0 : ~0U;
	for (; argc > 0; argc--, argv++) {
		i = ilnp_get_name("object", *argv, watchable,
				  ARRAY_SIZE(watchable));
		watched |= i ? 1U << i : ~0U;
	}

	if (ilnp_open())
		return ILNP_ERR_LOCAL;
	/* A reader of JSON takes a line at a time. */
	pretty = 0;
	if (genl_add_mcast_grp(&ilnp_rth, ilnp_family,
			       ILNP6_MCGRP_MONITOR) < 0) {
		perror("Cannot subscribe to ILNP's events");
		return ILNP_ERR_LOCAL;
	}
	if (rtnl_listen(&ilnp_rth, print_event, NULL) < 0)
		return ILNP_ERR_KERNEL;
	return 0;
}
