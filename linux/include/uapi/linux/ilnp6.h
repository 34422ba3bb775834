/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * ILNPv6 (RFC 6740-6744): generic netlink interface and wire constants.
 *
 * The netlink family is described in Documentation/netlink/specs/ilnp6.yaml;
 * this header, the spec and ip-ilnp(8) are checked against each other by a
 * test. Numbers are never reused or changed.
 */
#ifndef _UAPI_LINUX_ILNP6_H
#define _UAPI_LINUX_ILNP6_H

#include <linux/types.h>

#define ILNP6_GENL_NAME		"ilnp6"
#define ILNP6_GENL_VERSION	1
#define ILNP6_MCGRP_MONITOR	"monitor"

/* Nonce destination option, RFC 6744 section 2 */
#define ILNP6_OPT_NONCE		0x8b	/* drop if unknown, not mutable */
#define ILNP6_NONCE_SHORT	4	/* octets */
#define ILNP6_NONCE_LONG	12	/* octets */

/* ICMPv6 Locator Update, RFC 6743 section 2 */
#define ILNP6_ICMPV6_LU		156
#define ILNP6_LU_OP_ADV		1
#define ILNP6_LU_OP_ACK		2
#define ILNP6_LU_MAX		255	/* locators in one message */

/* Largest scheduler name, with its NUL */
#define ILNP6_SCHED_NAME_MAX	16

/* A preference with this value is never used for sending */
#define ILNP6_PREF_NEVER	65535

/**
 * enum ilnp6_cmd - commands of the generic netlink family
 * @ILNP6_CMD_CONFIG_GET: read the namespace's policy
 * @ILNP6_CMD_CONFIG_SET: change it; absent attributes stay as they are
 * @ILNP6_CMD_NID_NEW: add a local NID
 * @ILNP6_CMD_NID_DEL: remove a local NID; running sessions keep it
 * @ILNP6_CMD_NID_GET: dump local NIDs
 * @ILNP6_CMD_L64_NEW: add, change (NLM_F_REPLACE) or both a local L64
 * @ILNP6_CMD_L64_DEL: remove a local L64
 * @ILNP6_CMD_L64_GET: dump local L64s, optionally of one interface
 * @ILNP6_CMD_CORR_NEW: add, change (NLM_F_REPLACE) or both a correspondent
 * @ILNP6_CMD_CORR_DEL: remove a correspondent and its sessions
 * @ILNP6_CMD_CORR_GET: dump correspondents, optionally one NID
 * @ILNP6_CMD_CORR_FLUSH: remove all correspondents, or those of one NID
 * @ILNP6_CMD_SESSION_GET: dump sessions, optionally to one NID
 * @ILNP6_CMD_SESSION_FLUSH: forget sessions, optionally to one NID
 * @ILNP6_CMD_PATH_GET: dump paths, optionally to one NID
 * @ILNP6_CMD_DEV_NEW: note that the programs are attached to an interface
 * @ILNP6_CMD_DEV_DEL: note that they were detached
 * @ILNP6_CMD_DEV_GET: dump interfaces noted by @ILNP6_CMD_DEV_NEW
 * @ILNP6_CMD_STATS_GET: read the namespace's counters
 * @ILNP6_CMD_STATS_RESET: set them to zero
 * @ILNP6_CMD_EVENT: notification on multicast group "monitor"
 * @ILNP6_CMD_TCP_GET: dump TCP connections of congestion control "ilnp" that
 *	have several paths, optionally to one NID
 *
 * _NEW follows rtnetlink: NLM_F_CREATE | NLM_F_EXCL adds (EEXIST if there),
 * NLM_F_REPLACE changes (ENOENT if not there), NLM_F_CREATE | NLM_F_REPLACE
 * does either. Attributes absent from a change keep their value.
 */
enum ilnp6_cmd {
	ILNP6_CMD_UNSPEC,
	ILNP6_CMD_CONFIG_GET,
	ILNP6_CMD_CONFIG_SET,
	ILNP6_CMD_NID_NEW,
	ILNP6_CMD_NID_DEL,
	ILNP6_CMD_NID_GET,
	ILNP6_CMD_L64_NEW,
	ILNP6_CMD_L64_DEL,
	ILNP6_CMD_L64_GET,
	ILNP6_CMD_CORR_NEW,
	ILNP6_CMD_CORR_DEL,
	ILNP6_CMD_CORR_GET,
	ILNP6_CMD_CORR_FLUSH,
	ILNP6_CMD_SESSION_GET,
	ILNP6_CMD_SESSION_FLUSH,
	ILNP6_CMD_PATH_GET,
	ILNP6_CMD_DEV_NEW,
	ILNP6_CMD_DEV_DEL,
	ILNP6_CMD_DEV_GET,
	ILNP6_CMD_STATS_GET,
	ILNP6_CMD_STATS_RESET,
	ILNP6_CMD_EVENT,
	ILNP6_CMD_TCP_GET,
	__ILNP6_CMD_MAX
};

#define ILNP6_CMD_MAX	(__ILNP6_CMD_MAX - 1)

/**
 * enum ilnp6_attr - attributes, one set for all commands
 * @ILNP6_A_PAD: alignment of 64-bit attributes
 * @ILNP6_A_IFINDEX: u32, interface
 * @ILNP6_A_NID: be64, Node Identifier of the object
 * @ILNP6_A_L64: be64, Locator
 * @ILNP6_A_VIA: 16 octets, next-hop router of an L64; all zero: none
 * @ILNP6_A_PREFERENCE: u16, lower is preferred, 65535 is never used
 * @ILNP6_A_LIFETIME: u32, seconds left; absent on output: no limit;
 *	0 on input: no limit
 * @ILNP6_A_STATE: u8, enum ilnp6_state
 * @ILNP6_A_ORIGIN: u8, enum ilnp6_origin
 * @ILNP6_A_LOCATOR: nest, repeated: one L64 of a correspondent with
 *	@ILNP6_A_L64, @ILNP6_A_PREFERENCE, @ILNP6_A_LIFETIME, @ILNP6_A_STATE
 * @ILNP6_A_CHECKSUM: u8, enum ilnp6_checksum
 * @ILNP6_A_NONCE_LEN: u8, octets: 4, 12 or 0 for "as the namespace"
 * @ILNP6_A_NONCE_HABIT: u8, enum ilnp6_nonce_habit
 * @ILNP6_A_REQUIRE_NONCE: u8, enum ilnp6_require_nonce
 * @ILNP6_A_MODE: u8, enum ilnp6_mode
 * @ILNP6_A_LOCAL_NID: be64
 * @ILNP6_A_REMOTE_NID: be64
 * @ILNP6_A_LOCAL_L64: be64
 * @ILNP6_A_REMOTE_L64: be64
 * @ILNP6_A_TX_PACKETS: u64, as on the wire (a GSO packet counts segments)
 * @ILNP6_A_TX_BYTES: u64, octets of IPv6 packets as on the wire
 * @ILNP6_A_RX_PACKETS: u64
 * @ILNP6_A_RX_BYTES: u64
 * @ILNP6_A_SCHEDULER: string, name of the path scheduler
 * @ILNP6_A_LEARN: u8, 0 or 1: take correspondents from first packets
 * @ILNP6_A_STATS: nest of enum ilnp6_stat, each a u64
 * @ILNP6_A_EVENT: u8, enum ilnp6_event
 * @ILNP6_A_TIME: u64, nanoseconds since the epoch
 * @ILNP6_A_PROTO: u8, transport protocol of the packet behind an event
 * @ILNP6_A_SPORT: u16, its source port, host order
 * @ILNP6_A_DPORT: u16, its destination port, host order
 * @ILNP6_A_ICMP_TYPE: u8, its ICMPv6 type
 * @ILNP6_A_REASON: string, why (a counter's name)
 * @ILNP6_A_COUNT: u32, how many alike events this one stands for
 * @ILNP6_A_ULA: u8, 0 or 1: may fc00::/7 L64s be used
 * @ILNP6_A_DRAIN: u8, 0 or 1: no new packets over this L64, sessions kept
 * @ILNP6_A_IDLE: u32, milliseconds since a session or path last received
 * @ILNP6_A_NONCE_LEN_RX: u8, octets of the nonce the peer sends
 * @ILNP6_A_IFNAME: string, interface name at the time of an event
 * @ILNP6_A_TCP: u8, 0 or 1: TCP connections to correspondents that chose no
 *	congestion control use "ilnp"
 * @ILNP6_A_PATH: nest, repeated: one path of a TCP connection with
 *	@ILNP6_A_LOCAL_L64, @ILNP6_A_REMOTE_L64, @ILNP6_A_STATE,
 *	@ILNP6_A_CWND, @ILNP6_A_INFLIGHT, @ILNP6_A_RTT, @ILNP6_A_DELIVERED,
 *	@ILNP6_A_LOST
 * @ILNP6_A_CWND: u32, window of a path, segments
 * @ILNP6_A_INFLIGHT: u32, sent over it and neither delivered nor lost, segments
 * @ILNP6_A_RTT: u32, smoothed round trip time, microseconds; absent: unknown
 * @ILNP6_A_DELIVERED: u32, segments delivered over it
 * @ILNP6_A_LOST: u32, segments declared lost over it
 */
enum ilnp6_attr {
	ILNP6_A_UNSPEC,
	ILNP6_A_PAD,
	ILNP6_A_IFINDEX,
	ILNP6_A_NID,
	ILNP6_A_L64,
	ILNP6_A_VIA,
	ILNP6_A_PREFERENCE,
	ILNP6_A_LIFETIME,
	ILNP6_A_STATE,
	ILNP6_A_ORIGIN,
	ILNP6_A_LOCATOR,
	ILNP6_A_CHECKSUM,
	ILNP6_A_NONCE_LEN,
	ILNP6_A_NONCE_HABIT,
	ILNP6_A_REQUIRE_NONCE,
	ILNP6_A_MODE,
	ILNP6_A_LOCAL_NID,
	ILNP6_A_REMOTE_NID,
	ILNP6_A_LOCAL_L64,
	ILNP6_A_REMOTE_L64,
	ILNP6_A_TX_PACKETS,
	ILNP6_A_TX_BYTES,
	ILNP6_A_RX_PACKETS,
	ILNP6_A_RX_BYTES,
	ILNP6_A_SCHEDULER,
	ILNP6_A_LEARN,
	ILNP6_A_STATS,
	ILNP6_A_EVENT,
	ILNP6_A_TIME,
	ILNP6_A_PROTO,
	ILNP6_A_SPORT,
	ILNP6_A_DPORT,
	ILNP6_A_ICMP_TYPE,
	ILNP6_A_REASON,
	ILNP6_A_COUNT,
	ILNP6_A_ULA,
	ILNP6_A_DRAIN,
	ILNP6_A_IDLE,
	ILNP6_A_NONCE_LEN_RX,
	ILNP6_A_IFNAME,
	ILNP6_A_TCP,
	ILNP6_A_PATH,
	ILNP6_A_CWND,
	ILNP6_A_INFLIGHT,
	ILNP6_A_RTT,
	ILNP6_A_DELIVERED,
	ILNP6_A_LOST,
	__ILNP6_A_MAX
};

#define ILNP6_A_MAX	(__ILNP6_A_MAX - 1)

/**
 * enum ilnp6_state - state of a NID, an L64, a session or a path
 * @ILNP6_STATE_TENTATIVE: NID: DAD is running; session: unproven first contact
 * @ILNP6_STATE_READY: NID: usable
 * @ILNP6_STATE_DUPLICATE: NID: DAD failed, not used
 * @ILNP6_STATE_VALID: L64: usable and not expired (RFC 6741 section 5.1)
 * @ILNP6_STATE_ACTIVE: L64: valid and in use
 * @ILNP6_STATE_AGED: L64: past its lifetime and not in use
 * @ILNP6_STATE_EXPIRED: L64: past its lifetime, in use, no replacement
 * @ILNP6_STATE_ESTABLISHED: session: both nonces known
 * @ILNP6_STATE_UP: path: in the rotation
 * @ILNP6_STATE_DOWN: path: left out, interface or next hop unusable
 * @ILNP6_STATE_BACKUP: path: worse preference than the ones in use
 * @ILNP6_STATE_SUSPECT: path: no answers, left out and probed
 */
enum ilnp6_state {
	ILNP6_STATE_UNSPEC,
	ILNP6_STATE_TENTATIVE,
	ILNP6_STATE_READY,
	ILNP6_STATE_DUPLICATE,
	ILNP6_STATE_VALID,
	ILNP6_STATE_ACTIVE,
	ILNP6_STATE_AGED,
	ILNP6_STATE_EXPIRED,
	ILNP6_STATE_ESTABLISHED,
	ILNP6_STATE_UP,
	ILNP6_STATE_DOWN,
	ILNP6_STATE_BACKUP,
	ILNP6_STATE_SUSPECT,
	__ILNP6_STATE_MAX
};

/**
 * enum ilnp6_origin - where an object comes from
 * @ILNP6_ORIGIN_STATIC: configured
 * @ILNP6_ORIGIN_AUTO: made by the kernel (the default NID)
 * @ILNP6_ORIGIN_RA: from a Router Advertisement
 * @ILNP6_ORIGIN_LEARNED: from a peer's packets
 * @ILNP6_ORIGIN_NAME: from DNS or a hosts file
 */
enum ilnp6_origin {
	ILNP6_ORIGIN_UNSPEC,
	ILNP6_ORIGIN_STATIC,
	ILNP6_ORIGIN_AUTO,
	ILNP6_ORIGIN_RA,
	ILNP6_ORIGIN_LEARNED,
	ILNP6_ORIGIN_NAME,
	__ILNP6_ORIGIN_MAX
};

/**
 * enum ilnp6_checksum - transport checksum mode
 * @ILNP6_CHECKSUM_AUTO: correspondent: the namespace's, then what it speaks
 * @ILNP6_CHECKSUM_IPV6: over the addresses on the wire, as plain IPv6
 * @ILNP6_CHECKSUM_NID: pseudo-header L64s zero (RFC 6744 section 3)
 */
enum ilnp6_checksum {
	ILNP6_CHECKSUM_AUTO,
	ILNP6_CHECKSUM_IPV6,
	ILNP6_CHECKSUM_NID,
	__ILNP6_CHECKSUM_MAX
};

/**
 * enum ilnp6_nonce_habit - which nonce we send
 * @ILNP6_NONCE_OWN: our own random one
 * @ILNP6_NONCE_ECHO: the peer's, once known (Linux 4.9, FreeBSD 14)
 */
enum ilnp6_nonce_habit {
	ILNP6_NONCE_OWN,
	ILNP6_NONCE_ECHO,
	__ILNP6_NONCE_HABIT_MAX
};

/**
 * enum ilnp6_require_nonce - which received packets must carry the nonce
 * @ILNP6_REQUIRE_EVERY: every packet; one without is plain IPv6
 * @ILNP6_REQUIRE_RFC: a packet from a known I-LV may come without
 *	(RFC 6741 section 5.4)
 */
enum ilnp6_require_nonce {
	ILNP6_REQUIRE_EVERY,
	ILNP6_REQUIRE_RFC,
	__ILNP6_REQUIRE_MAX
};

/**
 * enum ilnp6_mode - how we speak to a correspondent
 * @ILNP6_MODE_TENTATIVE: first contact, nothing proven yet
 * @ILNP6_MODE_ILNP: ILNP
 * @ILNP6_MODE_IPV6: plain IPv6, it does not answer to ILNP
 */
enum ilnp6_mode {
	ILNP6_MODE_TENTATIVE,
	ILNP6_MODE_ILNP,
	ILNP6_MODE_IPV6,
	__ILNP6_MODE_MAX
};

/* Notifications; each carries the attributes of the object it is about */
enum ilnp6_event {
	ILNP6_EVENT_UNSPEC,
	ILNP6_EVENT_NID_ADD,
	ILNP6_EVENT_NID_CHANGE,
	ILNP6_EVENT_NID_DEL,
	ILNP6_EVENT_L64_ADD,
	ILNP6_EVENT_L64_CHANGE,
	ILNP6_EVENT_L64_DEL,
	ILNP6_EVENT_CORRESPONDENT_ADD,
	ILNP6_EVENT_CORRESPONDENT_CHANGE,
	ILNP6_EVENT_CORRESPONDENT_DEL,
	ILNP6_EVENT_SESSION_ADD,
	ILNP6_EVENT_SESSION_CHANGE,
	ILNP6_EVENT_SESSION_DEL,
	ILNP6_EVENT_PATH_UP,
	ILNP6_EVENT_PATH_DOWN,
	ILNP6_EVENT_LOCATOR_UPDATE_SENT,
	ILNP6_EVENT_LOCATOR_UPDATE_ACKED,
	ILNP6_EVENT_LOCATOR_UPDATE_FAILED,
	ILNP6_EVENT_LOCATOR_UPDATE_RECEIVED,
	ILNP6_EVENT_NONCE_BAD,
	ILNP6_EVENT_DEV_ATTACH,
	ILNP6_EVENT_DEV_DETACH,
	__ILNP6_EVENT_MAX
};

/**
 * enum ilnp6_stat - counters of a namespace
 * @ILNP6_STAT_TX_PACKETS: packets given a nonce (a GSO packet counts once)
 * @ILNP6_STAT_TX_REWRITTEN: of these, sent over a chosen path
 * @ILNP6_STAT_TX_NO_PATH: no usable path: dropped, or as routed with an
 *	address of that interface
 * @ILNP6_STAT_TX_NO_MEM: dropped, no memory or no room for the option
 * @ILNP6_STAT_TX_FLOW_PLAIN: left plain although the NID is known
 * @ILNP6_STAT_RX_PACKETS: packets of a session with the right nonce
 * @ILNP6_STAT_RX_NO_NONCE: accepted without nonce (require-nonce rfc)
 * @ILNP6_STAT_RX_NONCE_WRONG: dropped, nonce of no session with that NID
 * @ILNP6_STAT_RX_NONCE_MISSING: dropped, no nonce but for a session's flow
 * @ILNP6_STAT_RX_NONCE_DOUBLE: dropped, more than one nonce option
 * @ILNP6_STAT_RX_NONCE_LENGTH: dropped, neither 4 nor 12 octets
 * @ILNP6_STAT_RX_NONCE_MISPLACED: dropped, before a routing header
 * @ILNP6_STAT_RX_TRUNCATED: dropped, header or option beyond the packet
 * @ILNP6_STAT_RX_MULTICAST: dropped, nonce to a multicast destination
 * @ILNP6_STAT_RX_NOT_FIRST: dropped, unknown nonce in a packet that may not
 *	begin a session
 * @ILNP6_STAT_RX_TENTATIVE_FULL: dropped, too many unproven sessions
 * @ILNP6_STAT_RX_L64_INVALID: dropped, source L64 may not be one
 * @ILNP6_STAT_RX_CSUM: dropped, checksum right in neither mode
 * @ILNP6_STAT_SESSION_NEW: sessions made
 * @ILNP6_STAT_SESSION_PROVEN: tentative sessions that became established
 * @ILNP6_STAT_SESSION_EXPIRED: sessions removed after idle time
 * @ILNP6_STAT_FALLBACK: correspondents that fell back to plain IPv6
 * @ILNP6_STAT_ICMP_TRANSLATED: ICMPv6 errors mapped to bound I-LVs
 * @ILNP6_STAT_ICMP_FORGED: ICMPv6 errors dropped, nonce absent or wrong
 * @ILNP6_STAT_LU_TX_ADV: Locator Updates sent, repeats included
 * @ILNP6_STAT_LU_TX_ACK: acknowledgements sent
 * @ILNP6_STAT_LU_RX_ADV: Locator Updates applied
 * @ILNP6_STAT_LU_RX_ACK: acknowledgements that matched
 * @ILNP6_STAT_LU_GIVEN_UP: Locator Updates never acknowledged
 * @ILNP6_STAT_LU_NONCE: dropped, nonce absent or wrong
 * @ILNP6_STAT_LU_CSUM: dropped, checksum
 * @ILNP6_STAT_LU_CODE: dropped, code not 0
 * @ILNP6_STAT_LU_ZERO: dropped, no locator
 * @ILNP6_STAT_LU_LENGTH: dropped, length not 8 + 12 N
 * @ILNP6_STAT_LU_OPERATION: dropped, operation neither 1 nor 2
 * @ILNP6_STAT_LU_UNUSABLE: dropped, no usable locator in it
 * @ILNP6_STAT_LU_ACK_STRAY: dropped, acknowledges nothing of ours
 * @ILNP6_STAT_LU_RATE: Locator Updates put off or not answered, rate limit
 * @ILNP6_STAT_TABLE_FULL: objects refused because a table is full
 * @ILNP6_STAT_EVENTS_SUPPRESSED: events not sent, rate limit
 * @ILNP6_STAT_TX_FLOW_REFUSED: dropped, its ports belong to a flow that
 *	differs in nothing but L64s
 */
enum ilnp6_stat {
	ILNP6_STAT_UNSPEC,
	ILNP6_STAT_TX_PACKETS,
	ILNP6_STAT_TX_REWRITTEN,
	ILNP6_STAT_TX_NO_PATH,
	ILNP6_STAT_TX_NO_MEM,
	ILNP6_STAT_TX_FLOW_PLAIN,
	ILNP6_STAT_RX_PACKETS,
	ILNP6_STAT_RX_NO_NONCE,
	ILNP6_STAT_RX_NONCE_WRONG,
	ILNP6_STAT_RX_NONCE_MISSING,
	ILNP6_STAT_RX_NONCE_DOUBLE,
	ILNP6_STAT_RX_NONCE_LENGTH,
	ILNP6_STAT_RX_NONCE_MISPLACED,
	ILNP6_STAT_RX_TRUNCATED,
	ILNP6_STAT_RX_MULTICAST,
	ILNP6_STAT_RX_NOT_FIRST,
	ILNP6_STAT_RX_TENTATIVE_FULL,
	ILNP6_STAT_RX_L64_INVALID,
	ILNP6_STAT_RX_CSUM,
	ILNP6_STAT_SESSION_NEW,
	ILNP6_STAT_SESSION_PROVEN,
	ILNP6_STAT_SESSION_EXPIRED,
	ILNP6_STAT_FALLBACK,
	ILNP6_STAT_ICMP_TRANSLATED,
	ILNP6_STAT_ICMP_FORGED,
	ILNP6_STAT_LU_TX_ADV,
	ILNP6_STAT_LU_TX_ACK,
	ILNP6_STAT_LU_RX_ADV,
	ILNP6_STAT_LU_RX_ACK,
	ILNP6_STAT_LU_GIVEN_UP,
	ILNP6_STAT_LU_NONCE,
	ILNP6_STAT_LU_CSUM,
	ILNP6_STAT_LU_CODE,
	ILNP6_STAT_LU_ZERO,
	ILNP6_STAT_LU_LENGTH,
	ILNP6_STAT_LU_OPERATION,
	ILNP6_STAT_LU_UNUSABLE,
	ILNP6_STAT_LU_ACK_STRAY,
	ILNP6_STAT_LU_RATE,
	ILNP6_STAT_TABLE_FULL,
	ILNP6_STAT_EVENTS_SUPPRESSED,
	ILNP6_STAT_TX_FLOW_REFUSED,
	__ILNP6_STAT_MAX
};

#define ILNP6_STAT_MAX	(__ILNP6_STAT_MAX - 1)

#endif /* _UAPI_LINUX_ILNP6_H */
