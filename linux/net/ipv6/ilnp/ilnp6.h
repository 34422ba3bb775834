/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the module share: objects of the ILCC (RFC 6741 section
 * 5), who protects them, and which file does what.
 *
 * Locks, outermost first:
 *   ilnp6_net.mutex	configuration; process context; may sleep
 *   ilnp6_net.lock	the ILCC's structure: correspondents, their L64 sets,
 *			sessions, flows, path sets; softirq-safe
 * Packets take neither: they read under RCU.
 */
#ifndef _ILNP6_H
#define _ILNP6_H

#include <linux/hash.h>
#include <linux/in6.h>
#include <linux/jhash.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/genetlink.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/sock.h>

#include "pure.h"

/* What a nonce becomes for the kernel's parser, which skips it: RFC 4727 */
#define ILNP6_OPT_HIDDEN	0x1e

#define ILNP6_LOCAL_NIDS_MAX	16	/* local NIDs; bits of nid_ready */
#define ILNP6_LOCAL_L64S_MAX	255	/* local L64s, as many as an LU holds */
#define ILNP6_CORR_L64S_MAX	255	/* L64s of one correspondent */
#define ILNP6_PATHS_MAX		64	/* pairs of L64s one session uses */

/* Preference of an L64 nobody gave one, as in the examples of RFC 6742 */
#define ILNP6_PREF_DEFAULT	10

extern unsigned int ilnp6_net_id;

/**
 * struct ilnp6_addr - an I-LV, as it stands in an IPv6 address
 * @in6: the address
 * @l64: Locator, network order
 * @nid: Node Identifier, network order
 */
struct ilnp6_addr {
	union {
		struct in6_addr in6;
		struct {
			__be64 l64;
			__be64 nid;
		};
	};
};

static inline struct ilnp6_addr *ilnp6_addr(const struct in6_addr *a)
{
	return (struct ilnp6_addr *)a;
}

/* The identification of a fragment's datagram, never 0 */
static inline u32 ilnp6_frag_id(const struct frag_hdr *fh)
{
	return ntohl(fh->identification) ?: 1;
}

static inline bool ilnp6_is_ula(__be64 l64)
{
	return be64_to_cpu(l64) >> 57 == 0x7e;
}

/* --- local.c: our NIDs and L64s ------------------------------------------ */

/**
 * struct ilnp6_nid - a local NID
 * @list: in ilnp6_net.nids; ilnp6_net.mutex
 * @nid: network order
 * @preference: lower is preferred
 * @origin: enum ilnp6_origin, static or auto
 * @state: enum ilnp6_state: tentative, ready or duplicate
 * @slot: its bit in ilnp6_local_l64.nid_ready
 */
struct ilnp6_nid {
	struct list_head list;
	__be64 nid;
	u16 preference;
	u8 origin;
	u8 state;
	u8 slot;
};

/**
 * struct ilnp6_l64 - a local L64
 * @list: in ilnp6_net.l64s; ilnp6_net.mutex
 * @l64: network order
 * @ifindex: interface it belongs to
 * @via: its router; unspecified: as the routing table says
 * @preference: lower is preferred
 * @origin: enum ilnp6_origin, static or ra
 * @drain: no new packets over it
 * @expires: jiffies when its lifetime ends; 0: never
 * @expired: lifetime is over
 * @usable: interface up, carrier on
 * @nid_ready: one bit per local NID whose address is configured and past DAD
 * @nid_dup: one bit per local NID whose address failed DAD here
 * @nid_ours: one bit per local NID whose address we configured
 */
struct ilnp6_l64 {
	struct list_head list;
	__be64 l64;
	int ifindex;
	struct in6_addr via;
	u16 preference;
	u8 origin;
	bool drain;
	unsigned long expires;
	bool expired;
	bool usable;
	u16 nid_ready;
	u16 nid_dup;
	u16 nid_ours;
};

/**
 * struct ilnp6_local_l64 - what packets need to know of a local L64
 * @l64: network order
 * @ifindex: interface
 * @via: router, or unspecified
 * @preference: lower is preferred
 * @usable: interface up and not drained
 * @lifetime: seconds left at the time of the snapshot; 0: no limit
 * @nid_ready: bit @slot set: the NID in that slot may be used with it
 */
struct ilnp6_local_l64 {
	__be64 l64;
	int ifindex;
	struct in6_addr via;
	u16 preference;
	bool usable;
	u32 lifetime;
	u16 nid_ready;
};

/**
 * struct ilnp6_locals - snapshot of the local side, replaced as a whole
 * @rcu: frees it
 * @time: jiffies when the lifetimes were right
 * @n_nids: number of entries of @nids in use (slots, some may be 0)
 * @nids: NIDs by slot; 0: slot unused
 * @n_l64s: number of L64s
 * @l64s: the L64s
 */
struct ilnp6_locals {
	struct rcu_head rcu;
	unsigned long time;
	u16 n_nids;
	__be64 nids[ILNP6_LOCAL_NIDS_MAX];
	u16 n_l64s;
	struct ilnp6_local_l64 l64s[] __counted_by(n_l64s);
};

/**
 * struct ilnp6_dev - an interface our programs are attached to
 * @ifindex: interface
 * @input: dst that delivers locally, as if routed in from this interface
 * @rcu: frees it
 */
struct ilnp6_dev {
	int ifindex;
	struct dst_entry *input;
	struct rcu_head rcu;
};

/**
 * struct ilnp6_rtnl - a socket for requests to rtnetlink
 * @sock: opened with the first one
 * @seq: last sequence number used
 */
struct ilnp6_rtnl {
	struct socket *sock;
	u32 seq;
};

/**
 * struct ilnp6_ra - who announced a prefix
 * @l64: network order; 0: unused
 * @ifindex: on which interface
 * @router: link-local address
 * @until: jiffies when it ceases to be a router; 0: it has
 */
struct ilnp6_ra {
	__be64 l64;
	int ifindex;
	struct in6_addr router;
	unsigned long until;
};

/* --- ilcc.c: correspondents ---------------------------------------------- */

/**
 * struct ilnp6_remote_l64 - an L64 of a correspondent
 * @l64: network order
 * @expires: jiffies when its lifetime ends; 0: never
 * @preference: lower is preferred
 */
struct ilnp6_remote_l64 {
	__be64 l64;
	unsigned long expires;
	u16 preference;
};

/**
 * struct ilnp6_l64_set - the L64s of a correspondent, replaced as a whole
 * @rcu: frees it
 * @n: number of entries
 * @e: entries
 */
struct ilnp6_l64_set {
	struct rcu_head rcu;
	u16 n;
	struct ilnp6_remote_l64 e[] __counted_by(n);
};

/**
 * struct ilnp6_corr_cfg - what `ip ilnp correspondent` sets
 * @checksum: enum ilnp6_checksum
 * @nonce_len: 0 (as the namespace), 4 or 12
 * @nonce_habit: enum ilnp6_nonce_habit
 * @require: enum ilnp6_require_nonce
 * @origin: enum ilnp6_origin: static, learned or name
 */
struct ilnp6_corr_cfg {
	u8 checksum;
	u8 nonce_len;
	u8 nonce_habit;
	u8 require;
	u8 origin;
};

/**
 * struct ilnp6_corr - a correspondent: a remote node
 * @node: in ilnp6_net.corrs, by NID; several may share one (RFC 6744 5.2)
 * @rcu: frees it
 * @list: in ilnp6_net.corr_list; ilnp6_net.lock
 * @label_list: in ilnp6_net.label_corrs, if configured; ilnp6_net.lock
 * @sessions: its sessions, one or more per local NID; RCU, ilnp6_net.lock
 * @l64s: its L64s; RCU, ilnp6_net.lock
 * @nid: network order
 * @cfg: policy; written under ilnp6_net.lock, read locklessly
 * @mode: enum ilnp6_mode, read locklessly
 * @csum_learned: checksum mode it was seen to speak, or AUTO
 * @lu_seen: a Locator Update gave its set; packets add nothing any more
 * @dead: unlinked
 * @n_flows: flow entries of its sessions; 0 spares a lookup
 * @retry: jiffies when ILNP is tried again (mode ipv6)
 * @silent: times it was found silent
 */
struct ilnp6_corr {
	struct rhlist_head node;
	struct rcu_head rcu;
	struct list_head list;
	struct list_head label_list;
	struct hlist_head sessions;
	struct ilnp6_l64_set __rcu *l64s;
	__be64 nid;
	struct ilnp6_corr_cfg cfg;
	u8 mode;
	u8 csum_learned;
	bool lu_seen;
	bool dead;
	unsigned int n_flows;
	unsigned long retry;
	u8 silent;
};

/* --- path.c: pairs of L64s ----------------------------------------------- */

/**
 * struct ilnp6_path_stat - what outlives a change of the path set
 * @ref: path sets and TCP connections that point here
 * @tx_packets: as on the wire
 * @tx_bytes: IPv6 octets on the wire
 * @rx_packets: as on the wire
 * @rx_bytes: IPv6 octets on the wire
 * @last_rx: jiffies of the last packet received over it
 * @last_tx: jiffies of the last packet sent over it
 * @tx_unanswered: jiffies of the first packet sent since @last_rx; 0: none
 * @suspect: left out, nothing comes back (liveness.c)
 * @probe_token: what an answer to a probe of it has to hold
 * @probe_time: jiffies of the last probe
 * @probe_lost: probes without answer since the last one answered
 * @rtt_us: round trip time of the last probe answered; 0: none
 * @rtt_when: jiffies of that answer
 * @tcp_rtt_us: round trip time that a TCP connection measured last
 * @tcp_rtt_when: jiffies of that
 * @suspect_time: jiffies when @suspect was set
 * @delay: least (our clock - sender's TCP timestamp) over it, ms
 * @delay_epoch: ilnp6_session.tcp_epoch that @delay belongs to
 * @data_when: low bits of jiffies when TCP data came over it
 * @data: octets of it, lately
 */
struct ilnp6_path_stat {
	refcount_t ref;
	atomic64_t tx_packets;
	atomic64_t tx_bytes;
	atomic64_t rx_packets;
	atomic64_t rx_bytes;
	unsigned long last_rx;
	unsigned long last_tx;
	unsigned long tx_unanswered;
	bool suspect;
	u8 probe_lost;
	u64 probe_token;
	unsigned long probe_time;
	u32 rtt_us;
	unsigned long rtt_when;
	u32 tcp_rtt_us;
	unsigned long tcp_rtt_when;
	unsigned long suspect_time;
	u32 delay;
	u32 delay_epoch;
	u32 data_when;
	u32 data;
};

/**
 * struct ilnp6_path - a pair of L64s with its way out
 * @local_l64: network order
 * @remote_l64: network order
 * @sum: one's complement sum of both, see checksum.c
 * @preference: the worse of both ends'
 * @order: by which paths are preferred: the worse end, then the better one
 * @state: enum ilnp6_state: up, down, backup, suspect
 * @ifindex: egress interface
 * @nexthop: neighbour to send to; for an on-link peer its address
 * @dst: route that leads there whatever the L64s in the packet: by gateway,
 *	over an interface with our programs; else NULL
 * @stat: counters
 */
struct ilnp6_path {
	__be64 local_l64;
	__be64 remote_l64;
	u16 sum;
	u16 preference;
	u32 order;
	u8 state;
	int ifindex;
	struct in6_addr nexthop;
	struct dst_entry *dst;
	struct ilnp6_path_stat *stat;
};

/**
 * struct ilnp6_paths - the paths of a session, replaced as a whole
 * @rcu: frees it
 * @s: whose
 * @id: tells sets apart, for struct ilnp6_turn
 * @n: number of paths
 * @n_up: the first @n_up of @p are in the rotation, in sending order
 * @hint: where to look first for a received pair, by path.c's hint_slot()
 * @p: paths
 */
struct ilnp6_paths {
	struct rcu_head rcu;
	struct ilnp6_session *s;
	u32 id;
	u16 n;
	u16 n_up;
	u8 hint[16];
	struct ilnp6_path p[] __counted_by(n);
};

/* --- session.c ----------------------------------------------------------- */

/**
 * struct ilnp6_session - a pair of NIDs with its nonces and bound I-LVs
 * @node: in ilnp6_corr.sessions
 * @list: in ilnp6_net.sessions or .tentative, by state; ilnp6_net.lock
 * @rcu: frees it
 * @corr: its correspondent, which outlives it
 * @local_nid: network order
 * @bound_local: L64 that sockets see at our side (DESIGN: bound I-LVs)
 * @bound_remote: L64 that sockets see at the peer's side
 * @bound_sum: one's complement sum of both
 * @state: enum ilnp6_state: tentative or established
 * @csum: enum ilnp6_checksum we send: ipv6 or nid
 * @csum_rx: mode the peer was seen to send, or AUTO
 * @rx_proven: the peer has answered us with @rx
 * @rounds: times the peer answered after we sent, until proven
 * @gso_slack: a router miscounts GSO segments, see icmp_error.c
 * @misread: routers may drop GSO segments, see output.c
 * @plain_tried: a SYN was repeated without nonce
 * @answered: we sent since the peer's last unproven packet
 * @dead: unlinked
 * @opt_len: octets of @opt: 8 or 16
 * @opt: the header we insert, next-header octet 0
 * @tx: our nonce
 * @rx: the peer's; length 0: not heard yet
 * @rx_next: a newer one the peer may have taken (restart), unproven
 * @last_rx: jiffies
 * @last_tx: jiffies
 * @path_up: jiffies when a path came up last, see wake.c
 * @paths: RCU; ilnp6_net.lock
 * @cursor: round robin position
 * @answers: the peer has answered a probe
 * @greeted: it was sent an echo request, as it sends and hears nothing
 * @greet_time: jiffies when it was made
 * @rtt: round trip time, jiffies; 0: not known
 * @lu: Locator Update on its way; ilnp6_net.lock
 * @lu_sum: what the peer knows of our L64s, see lu_send.c; 0: nothing
 * @lu_failed: what it was told in vain
 * @lu_last: jiffies of the last Locator Update sent
 * @lu_refresh: jiffies when lifetimes have to be told again; 0: never
 * @lu_frag: identification of a Locator Update in fragments
 * @lu_ack_tat: jiffies until when acknowledgements are paid for
 * @lu_wire_local: where the last fragmented Locator Update was sent to
 * @lu_wire_remote: and from
 * @tcp_key: TCP connection by whose clock delays are measured, see tcp_rcv.c
 * @tcp_when: low bits of jiffies when its data came last
 * @tcp_begun: low bits of jiffies when the measurement began
 * @tcp_epoch: tells measurements apart
 * @tcp_data: octets of its data lately, over all paths
 * @measure: a connection wants the round trip times of all paths
 * @measured: jiffies when one wanted them last; 0: never
 * @ack_from: of the path the peer's came over last; only to be compared
 * @ack_flips: how often that changed
 * @ack_stat: of the path for TCP's acknowledgements; only to be compared
 * @hints: (ports) of datagram flows known to belong to the bound pair
 * @frags: datagrams of flows with a pair of their own whose fragments arrive
 */
struct ilnp6_session {
	struct hlist_node node;
	struct list_head list;
	struct rcu_head rcu;
	struct ilnp6_corr *corr;
	__be64 local_nid;
	__be64 bound_local;
	__be64 bound_remote;
	u16 bound_sum;
	u8 state;
	u8 csum;
	u8 csum_rx;
	bool rx_proven;
	bool gso_slack;
	bool misread;
	bool plain_tried;
	bool answered;
	u8 rounds;
	bool dead;
	u8 opt_len;
	u8 opt[ILNP6_OPT_HDR_MAX] __aligned(8);
	struct ilnp6_nonce tx;
	struct ilnp6_nonce rx;
	struct ilnp6_nonce rx_next;
	unsigned long last_rx;
	unsigned long last_tx;
	unsigned long path_up;
	struct ilnp6_paths __rcu *paths;
	atomic_t cursor;
	bool answers;
	bool greeted;
	unsigned long greet_time;
	u32 rtt;
	struct ilnp6_lu *lu;
	u32 lu_sum;
	u32 lu_failed;
	unsigned long lu_last;
	unsigned long lu_refresh;
	u32 lu_frag;
	unsigned long lu_ack_tat;
	__be64 lu_wire_local;
	__be64 lu_wire_remote;
	u32 tcp_key;
	u32 tcp_when;
	u32 tcp_begun;
	u32 tcp_epoch;
	u32 tcp_data;
	bool measure;
	unsigned long measured;
	const struct ilnp6_path_stat *ack_from;
	u32 ack_flips;
	const struct ilnp6_path_stat *ack_stat;
	struct {
		u32 ports;
		u32 until;
	} hints[8];
	struct {
		u32 id;
		__be64 local_l64;
		__be64 remote_l64;
	} frags[8];
};

#define ILNP6_LU_TRIES		10

/**
 * struct ilnp6_lu - a Locator Update until it is acknowledged
 * @list: in ilnp6_net.lu_q[@tries] or .lu_parked; ilnp6_net.lock
 * @s: session
 * @due: jiffies when to send (again)
 * @sent: jiffies when last sent
 * @refresh: jiffies when lifetimes sent are half over
 * @first: first L64 of it, network order
 * @sum: hash of its L64s and preferences
 * @tries: how often it was sent
 */
struct ilnp6_lu {
	struct list_head list;
	struct ilnp6_session *s;
	unsigned long due;
	unsigned long sent;
	unsigned long refresh;
	__be64 first;
	u32 sum;
	u8 tries;
};

/**
 * struct ilnp6_echo - the pair of L64s an echo request came over
 * @key: hash of NIDs, identifier and sequence number
 * @local_l64: network order
 * @remote_l64: network order
 */
struct ilnp6_echo {
	u32 key;
	__be64 local_l64;
	__be64 remote_l64;
};

#define ILNP6_ECHOES		64

/**
 * struct ilnp6_flow_key - what names a flow, RFC 6741 section 4.1
 * @remote_nid: network order
 * @local_nid: network order
 * @remote_port: network order; ICMPv6 echo: identifier if the peer asked
 * @local_port: network order; ICMPv6 echo: identifier if we asked
 * @proto: upper protocol
 */
struct ilnp6_flow_key {
	__be64 remote_nid;
	__be64 local_nid;
	__be16 remote_port;
	__be16 local_port;
	u32 proto;
};

/**
 * struct ilnp6_flow - a flow that differs from its session
 * @node: in ilnp6_net.flows
 * @list: in ilnp6_net.flow_list, least recently used first
 * @rcu: frees it
 * @key: names it
 * @corr: whose flow counter to lower
 * @plain: it is plain IPv6, no nonce; else @local_l64, @remote_l64 hold
 * @local_l64: bound L64 at our side, network order
 * @remote_l64: bound L64 at the peer's side, network order
 * @used: jiffies of last use
 */
struct ilnp6_flow {
	struct hlist_node node;
	struct list_head list;
	struct rcu_head rcu;
	struct ilnp6_flow_key key;
	struct ilnp6_corr *corr;
	bool plain;
	__be64 local_l64;
	__be64 remote_l64;
	unsigned long used;
};

#define ILNP6_FLOW_BITS		10

#define ILNP6_TCP_TOLD		8	/* a power of two */

/**
 * struct ilnp6_tcp_ts - what we know of a TCP connection that sends to us
 * @key: hash of ports and NIDs
 * @ts: highest TSval
 * @turn: end of the run of segments that we told it last, in turn
 * @una: what it has acknowledged, if @acks
 * @ack_sent: when we acknowledged last, ns
 * @told: blocks that the last ACKs had
 * @n_told: of how many
 * @wnd: the window it gave with that, as in a header
 * @acks: it is one of congestion control "ilnp"
 * @waits: the stack's timer will send another ACK
 * @late: the segment that came last had a lower TSval than one before
 * @when: jiffies
 * @syn: of the path its SYN came over; only to be compared
 */
struct ilnp6_tcp_ts {
	u32 key;
	u32 ts;
	u32 turn;
	u32 una;
	u64 ack_sent;
	struct tcp_sack_block told[ILNP6_TCP_TOLD];
	u32 n_told;
	__be16 wnd;
	bool acks;
	bool late;
	bool waits;
	unsigned long when;
	const struct ilnp6_path_stat *syn;
};

#define ILNP6_TCP_TS		1024

/* --- per namespace ------------------------------------------------------- */

/**
 * struct ilnp6_config - policy of a namespace; scalars, read locklessly
 * @checksum: ipv6 or nid
 * @nonce_len: 4 or 12
 * @learn: take correspondents from first packets
 * @ula: fc00::/7 L64s may be used
 * @tcp: TCP connections that chose no congestion control use "ilnp"
 * @sched: path scheduler
 * @max_correspondents: sysctl
 * @max_sessions: sysctl
 * @max_tentative: sysctl, unproven sessions at a time
 * @max_flows: sysctl
 * @tentative_timeout: sysctl, seconds
 * @session_idle_timeout: sysctl, seconds; 0: only when space is needed
 * @fallback_timeout: sysctl, seconds until ILNP is tried again
 * @lu_rate: sysctl, Locator Updates per second; 0: no limit
 */
struct ilnp6_config {
	u8 checksum;
	u8 nonce_len;
	bool learn;
	bool ula;
	bool tcp;
	const struct ilnp6_sched *sched;
	unsigned int max_correspondents;
	unsigned int max_sessions;
	unsigned int max_tentative;
	unsigned int max_flows;
	unsigned int tentative_timeout;
	unsigned int session_idle_timeout;
	unsigned int fallback_timeout;
	unsigned int lu_rate;
};

/**
 * struct ilnp6_mib - counters, one per enum ilnp6_stat
 * @c: values
 */
struct ilnp6_mib {
	u64 c[__ILNP6_STAT_MAX];
};

/* Lists that can be dumped; each counts its changes, see netlink.c */
enum ilnp6_list {
	ILNP6_LIST_NIDS,
	ILNP6_LIST_L64S,
	ILNP6_LIST_CORRS,
	ILNP6_LIST_SESSIONS,
	ILNP6_LIST_PATHS,
	ILNP6_LIST_DEVS,
	__ILNP6_LIST_MAX
};

/* The ILCC of one network namespace; members explain themselves */
struct ilnp6_net {
	struct net *net;
	struct ilnp6_config cfg;
	struct ilnp6_mib __percpu *mib;
	u64 mib_base[__ILNP6_STAT_MAX];		/* @mutex: values at reset */

	struct mutex mutex;	/* configuration and the lists up to @devs */
	bool enabled;		/* something was configured; @mutex */
	bool exiting;		/* namespace goes; @mutex, read locklessly */
	struct list_head nids;			/* struct ilnp6_nid */
	struct list_head l64s;			/* struct ilnp6_l64 */
	struct xarray devs;			/* struct ilnp6_dev; RCU */
	struct ilnp6_dev __rcu *dev_tab[16];	/* some of @devs, by ifindex */
	struct ilnp6_locals __rcu *locals;	/* @mutex */
	struct socket *rtnl;			/* local.c */
	struct delayed_work sync_work;		/* local.c */

	spinlock_t lock;	/* the ILCC's structure, below */
	struct rhltable corrs;
	struct list_head corr_list;
	struct list_head sessions;	/* proven ones */
	struct list_head tentative;	/* oldest first */
	struct hlist_head flows[1 << ILNP6_FLOW_BITS];
	struct list_head flow_list;
	unsigned int n_corrs;
	u32 sieve[256];				/* correspondents by hash of NID */
	unsigned int n_sessions;
	unsigned int n_tentative;
	unsigned int n_flows;
	u32 flow_seed;

	struct labels *labels;			/* label.c; @mutex */
	struct delayed_work label_work;		/* label.c */
	struct list_head label_corrs;		/* @lock */
	atomic_t label_stale;
	bool label_full;			/* @mutex, read locklessly */

	struct ilnp6_ra ra[32];			/* ra.c */
	unsigned int ra_next;

	struct delayed_work gc_work;		/* session.c: ageing */
	struct ilnp6_paths __rcu *sets[256];	/* path.c: by id; @lock */
	struct delayed_work path_work;		/* path.c: rebuild sets */
	struct ilnp6_corr *path_next;		/* whose are next; @lock */

	struct delayed_work lu_work;		/* lu_send.c */
	struct list_head lu_q[ILNP6_LU_TRIES + 1];	/* by tries; @lock */
	struct list_head lu_parked;		/* no path yet; @lock */
	unsigned long lu_refresh;		/* earliest; 0: none; @lock */
	unsigned long remote_expiry;		/* earliest; 0: none; @lock */
	atomic64_t lu_tat;			/* ns, pays for updates */
	atomic64_t ack_tat;			/* ns, pays for answers */

	struct delayed_work wake_work;		/* wake.c */
	unsigned long wake_last;

	struct delayed_work live_work;		/* liveness.c */
	bool live_on;
	bool live_now;				/* look at sessions at once */
	u8 live_tick;
	__be16 probe_id;
	struct ilnp6_echo echoes[ILNP6_ECHOES];

	struct ilnp6_tcp_ts *tcp_ts;		/* tcp_rcv.c; set once */

	struct mutex hook_mutex;		/* output.c: @hooked */
	bool hooked;
	struct nf_hook_ops hook_ops;
	struct work_struct hook_work;
	struct sk_buff_head parked;		/* input.c: wait for the hook */

	struct ctl_table_header *sysctl;
	struct ctl_table *sysctl_table;
	struct ratelimit_state event_rs;	/* netlink.c */
	atomic_t event_missed;			/* netlink.c */
	atomic_t list_gen[__ILNP6_LIST_MAX];	/* netlink.c */
};

/*
 * Timers come late by up to an eighth of their delay (of hours: minutes). So
 * come early, look and set another.
 */
static inline unsigned long ilnp6_delay(unsigned long left)
{
	return left > HZ / 4 ? left - left / 8 : left;
}

static inline struct ilnp6_net *ilnp6_pernet(const struct net *net)
{
	return net_generic(net, ilnp6_net_id);
}

/* --- mib.c --- */
static inline void ilnp6_count(struct ilnp6_net *in, enum ilnp6_stat s)
{
	this_cpu_inc(in->mib->c[s]);
}

u64 ilnp6_mib_read(struct ilnp6_net *in, enum ilnp6_stat s);
void ilnp6_mib_reset(struct ilnp6_net *in);
const char *ilnp6_mib_name(enum ilnp6_stat s);

/* --- local.c --- */
int ilnp6_local_init(void);
void ilnp6_local_exit(void);
int ilnp6_local_net_init(struct ilnp6_net *in);
void ilnp6_local_net_pre_exit(struct ilnp6_net *in);
void ilnp6_local_net_exit(struct ilnp6_net *in);
int ilnp6_local_enable(struct ilnp6_net *in);
int ilnp6_local_nid_add(struct ilnp6_net *in, __be64 nid, u16 preference,
			struct netlink_ext_ack *extack);
int ilnp6_local_nid_del(struct ilnp6_net *in, __be64 nid,
			struct netlink_ext_ack *extack);
int ilnp6_local_l64_add(struct ilnp6_net *in, const struct ilnp6_l64 *l64,
			struct netlink_ext_ack *extack);
void ilnp6_local_l64_changed(struct ilnp6_net *in, struct ilnp6_l64 *l64);
int ilnp6_local_l64_del(struct ilnp6_net *in, __be64 l64, int ifindex,
			struct netlink_ext_ack *extack);
struct ilnp6_l64 *ilnp6_local_l64_find(struct ilnp6_net *in, __be64 l64,
				       int ifindex);
int ilnp6_local_dev_add(struct ilnp6_net *in, int ifindex,
			struct netlink_ext_ack *extack);
int ilnp6_local_dev_del(struct ilnp6_net *in, int ifindex,
			struct netlink_ext_ack *extack);
bool ilnp6_local_nid_valid(__be64 nid);
bool ilnp6_l64_valid(const struct ilnp6_net *in, __be64 l64);
int ilnp6_locals_nid_slot(const struct ilnp6_locals *loc, __be64 nid);
void ilnp6_local_sync(struct ilnp6_net *in);

/* --- rtnl.c --- */
int ilnp6_rtnl_request(struct ilnp6_rtnl *r, struct net *net,
		       struct sk_buff *skb, void *answer, size_t room);
void ilnp6_rtnl_close(struct ilnp6_rtnl *r);

/* --- label.c --- */
void ilnp6_label_net_init(struct ilnp6_net *in);
void ilnp6_label_net_pre_exit(struct ilnp6_net *in);
void ilnp6_label_net_exit(struct ilnp6_net *in);
void ilnp6_label_sync(struct ilnp6_net *in);
void ilnp6_label_local(struct ilnp6_net *in);
void __ilnp6_label_corr(struct ilnp6_net *in, struct ilnp6_corr *corr);
void __ilnp6_label_forget(struct ilnp6_net *in, struct ilnp6_corr *corr);

/* --- ra.c --- */
unsigned long ilnp6_ra_router(struct ilnp6_net *in, __be64 l64, int ifindex,
			      struct in6_addr *router);
void ilnp6_ra_rcv(struct ilnp6_net *in, struct sk_buff *skb);

/* --- ilcc.c --- */
int ilnp6_corr_net_init(struct ilnp6_net *in);
void ilnp6_corr_net_exit(struct ilnp6_net *in);
struct ilnp6_corr *ilnp6_corr_find(struct ilnp6_net *in, __be64 nid);
struct ilnp6_corr *ilnp6_corr_lookup(struct ilnp6_net *in, __be64 nid,
				     __be64 l64);
struct ilnp6_corr *__ilnp6_corr_new(struct ilnp6_net *in, __be64 nid,
				    const struct ilnp6_corr_cfg *cfg,
				    struct ilnp6_l64_set *set, u8 mode,
				    gfp_t gfp);
void __ilnp6_corr_del(struct ilnp6_net *in, struct ilnp6_corr *corr);
void __ilnp6_corr_set_l64s(struct ilnp6_net *in, struct ilnp6_corr *corr,
			   struct ilnp6_l64_set *set);
struct ilnp6_l64_set *ilnp6_l64_set_alloc(unsigned int n, gfp_t gfp);
const struct ilnp6_remote_l64 *
ilnp6_l64_set_find(const struct ilnp6_l64_set *set, __be64 l64);
void ilnp6_corr_learn_l64(struct ilnp6_net *in, struct ilnp6_corr *corr,
			  __be64 l64);
void ilnp6_corr_fallback(struct ilnp6_net *in, struct ilnp6_corr *corr,
			 bool sure);
u8 ilnp6_corr_checksum(const struct ilnp6_net *in,
		       const struct ilnp6_corr *corr);

/*
 * Packets look correspondents up by NID; constants in a header let the
 * compiler inline hash and comparison. Two rounds: after one, NIDs that differ
 * in their upper half only would share a bucket. jhash has 35 instructions
 * more, twice per packet.
 */
static inline u32 ilnp6_corr_hashfn(const void *data, u32 len, u32 seed)
{
	u64 h = *(const u64 *)data ^ ((u64)seed << 32 | seed);

	h *= GOLDEN_RATIO_64;
	h = (h ^ h >> 32) * GOLDEN_RATIO_64;
	return h >> 32;
}

static inline int ilnp6_corr_cmpfn(struct rhashtable_compare_arg *arg,
				   const void *obj)
{
	return ((const struct ilnp6_corr *)obj)->nid !=
	       *(const __be64 *)arg->key;
}

static const struct rhashtable_params ilnp6_corr_params = {
	.head_offset		= offsetof(struct ilnp6_corr, node),
	.key_offset		= offsetof(struct ilnp6_corr, nid),
	.key_len		= sizeof(__be64),
	.hashfn			= ilnp6_corr_hashfn,
	.obj_cmpfn		= ilnp6_corr_cmpfn,
	.automatic_shrinking	= true,
};

static inline u32 *ilnp6_corr_sieve(struct ilnp6_net *in, __be64 nid)
{
	return &in->sieve[(__force u64)nid * GOLDEN_RATIO_64 >> 56];
}

/* Far cheaper than to look it up; most packets go to and come from others */
static inline bool ilnp6_corr_unlikely(struct ilnp6_net *in, __be64 nid)
{
	return !READ_ONCE(*ilnp6_corr_sieve(in, nid));
}

static inline struct rhlist_head *ilnp6_corr_bucket(struct ilnp6_net *in,
						    __be64 nid)
{
	return rhltable_lookup(&in->corrs, &nid, ilnp6_corr_params);
}

/* --- session.c --- */
void ilnp6_session_net_init(struct ilnp6_net *in);
void ilnp6_session_net_exit(struct ilnp6_net *in);
struct ilnp6_session *ilnp6_session_find_tx(struct rhlist_head *list,
					    const struct ipv6hdr *ip6);
struct ilnp6_session *ilnp6_session_find_rx(struct ilnp6_net *in,
					    const struct ipv6hdr *ip6,
					    const u8 *nonce, u8 len);
struct ilnp6_session *ilnp6_session_of(struct ilnp6_corr *corr,
				       __be64 local_nid);
struct ilnp6_session *ilnp6_session_adopt(struct ilnp6_net *in,
					  const struct ipv6hdr *ip6,
					  const struct ilnp6_nonce *nonce,
					  bool first);
struct ilnp6_session *ilnp6_session_new(struct ilnp6_net *in,
					struct ilnp6_corr *corr,
					__be64 local_nid, __be64 bound_local,
					__be64 bound_remote,
					const struct ilnp6_nonce *rx);
struct ilnp6_session *ilnp6_session_learn(struct ilnp6_net *in,
					  const struct ipv6hdr *ip6,
					  const struct ilnp6_nonce *rx);
void __ilnp6_session_del(struct ilnp6_net *in, struct ilnp6_session *s);
void __ilnp6_session_reconfig(struct ilnp6_net *in, struct ilnp6_session *s);
void ilnp6_session_prove(struct ilnp6_net *in, struct ilnp6_session *s,
			 bool transport);
void ilnp6_session_set_csum_rx(struct ilnp6_net *in, struct ilnp6_session *s,
			       u8 mode);
bool ilnp6_flow_key(const struct sk_buff *skb, int thoff, u8 proto, bool out,
		    __be64 local_nid, __be64 remote_nid,
		    struct ilnp6_flow_key *key);
struct ilnp6_flow *ilnp6_flow_find(struct ilnp6_net *in,
				   const struct ilnp6_flow_key *key);
bool ilnp6_flow_add(struct ilnp6_net *in, struct ilnp6_corr *corr,
		    const struct ilnp6_flow_key *key, bool plain,
		    __be64 local_l64, __be64 remote_l64);
void __ilnp6_flow_flush(struct ilnp6_net *in, struct ilnp6_corr *corr);

/* --- path.c --- */
void ilnp6_path_net_init(struct ilnp6_net *in);
void ilnp6_path_net_exit(struct ilnp6_net *in);
void __ilnp6_paths_build(struct ilnp6_net *in, struct ilnp6_session *s);
void ilnp6_paths_release(struct ilnp6_paths *ps);
void __ilnp6_paths_forget(struct ilnp6_net *in, struct ilnp6_session *s);
void ilnp6_path_rebuild(struct ilnp6_net *in);
void __ilnp6_path_skip(struct ilnp6_net *in, struct ilnp6_corr *corr);
struct dst_entry *ilnp6_route(struct net *net, struct flowi6 *fl6);
struct ilnp6_path *ilnp6_path_choose(struct ilnp6_net *in,
				     struct ilnp6_session *s,
				     const struct sk_buff *skb, u32 frag_id);

/**
 * struct ilnp6_turn - a path chosen at LOCAL_OUT, for tc egress
 * @magic: ILNP6_TURN_MAGIC
 * @set: ilnp6_paths.id
 * @index: of the path in the set
 *
 * Lies in the part of skb->cb that IPv6 output leaves alone (the offsets of
 * received extension headers in struct inet6_skb_parm).
 */
struct ilnp6_turn {
	u16 magic;
	u16 index;
	u32 set;
};

#define ILNP6_TURN_MAGIC	0x494c		/* "IL" */

static inline struct ilnp6_turn *ilnp6_turn(struct sk_buff *skb)
{
	return (struct ilnp6_turn *)(skb->cb +
				     offsetof(struct inet6_skb_parm, srcrt));
}

/* Is it a turn, and of this set? */
static inline bool ilnp6_turn_of(const struct ilnp6_turn *turn,
				 const struct ilnp6_paths *ps)
{
	return turn->magic == ILNP6_TURN_MAGIC && ps && turn->set == ps->id &&
	       turn->index < ps->n_up;
}

struct ilnp6_paths *ilnp6_paths_of_turn(struct ilnp6_net *in,
					struct sk_buff *skb,
					const struct ipv6hdr *ip6);
struct ilnp6_path *ilnp6_path_find(const struct ilnp6_paths *ps,
				   __be64 local_l64, __be64 remote_l64);
void ilnp6_path_stat_put(struct ilnp6_path_stat *st);
void ilnp6_path_count_tx(struct ilnp6_path *p, const struct sk_buff *skb,
			 unsigned int hdrlen, unsigned int len);
void ilnp6_path_count_own(struct ilnp6_path *p, unsigned int len);
void ilnp6_path_count_rx(struct ilnp6_path *p, const struct sk_buff *skb,
			 unsigned int hdrlen, unsigned int len);

/* --- sched.c --- */

/**
 * struct ilnp6_sched - a way to take turns over paths
 * @name: as `ip ilnp set scheduler` gives it
 * @choose: pick one of the first @ps->n_up paths, which is not 0, for the
 *	packet; under RCU, softirq; may remember
 */
struct ilnp6_sched {
	char name[ILNP6_SCHED_NAME_MAX];
	u16 (*choose)(struct ilnp6_session *s, const struct ilnp6_paths *ps,
		      const struct sk_buff *skb);
};

const struct ilnp6_sched *ilnp6_sched_find(const char *name);

/* --- output.c --- */

/**
 * ilnp6_check_off - where a transport keeps its checksum
 * @proto: protocol number
 *
 * Return: offset from the transport header, negative if its checksum does
 * not cover addresses.
 */
static inline int ilnp6_check_off(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return 6;
	case IPPROTO_ICMPV6:
		return 2;
	}
	return -1;
}

void ilnp6_output_net_init(struct ilnp6_net *in);
void ilnp6_output_net_pre_exit(struct ilnp6_net *in);
void ilnp6_output_kick(struct ilnp6_net *in);
bool ilnp6_sk_marked(const struct sock *sk);

/* --- tcp.c: congestion control "ilnp" --- */
int ilnp6_tcp_init(void);
void ilnp6_tcp_exit(void);
struct ilnp6_path *ilnp6_tcp_choose(struct ilnp6_net *in,
				    struct ilnp6_session *s,
				    struct ilnp6_paths *ps,
				    struct sk_buff *skb);

/* --- tcp_rcv.c --- */
int ilnp6_tcp_net_enable(struct ilnp6_net *in);
void ilnp6_tcp_ack_beside(struct ilnp6_net *in, struct ilnp6_session *s,
			  struct ilnp6_paths *ps, const struct ilnp6_path *p,
			  struct sk_buff *skb, u32 *told);
void ilnp6_tcp_rcv(struct ilnp6_net *in, struct ilnp6_session *s,
		   struct sk_buff *skb, unsigned int thoff,
		   const struct ilnp6_path *p);
bool ilnp6_tcp_acked(const struct sock *sk, __be64 local_nid,
		     __be64 remote_nid);
struct ilnp6_path *ilnp6_tcp_synack_path(const struct ilnp6_net *in,
					 const struct ilnp6_session *s,
					 struct ilnp6_paths *ps,
					 const struct tcphdr *th);
struct ilnp6_path *ilnp6_tcp_ack_path(struct ilnp6_net *in,
				      struct ilnp6_session *s,
				      struct ilnp6_paths *ps, struct sock *sk,
				      struct sk_buff *skb);

/* --- input.c --- */
int ilnp6_input_init(void);
void ilnp6_input_exit(void);

/**
 * struct ilnp6_in - what ilnp6_input_map() found
 * @s: the session
 * @path: path it came over, NULL if the pair is not one of ours
 * @local_l64: what our address's L64 becomes
 * @remote_l64: what the peer's L64 becomes
 * @delta: what the transport checksum's pseudo-header sum changes by
 * @check_off: offset of the checksum field from @thoff; negative: none
 * @frag_id: set by the caller: identification, never 0, if it is a fragment,
 *	whose sum cannot be verified; else 0
 */
struct ilnp6_in {
	struct ilnp6_session *s;
	struct ilnp6_path *path;
	__be64 local_l64;
	__be64 remote_l64;
	u16 delta;
	int check_off;
	u32 frag_id;
};

int ilnp6_input_map(struct ilnp6_net *in, struct sk_buff *skb,
		    const struct ipv6hdr *ip6, struct ilnp6_session *s,
		    unsigned int thoff, u8 proto, struct ilnp6_in *res);
bool ilnp6_input_plain(struct ilnp6_net *in, struct sk_buff *skb,
		       const struct ipv6hdr *ip6, struct ilnp6_session **rfc);

/* --- icmp_error.c --- */
int ilnp6_gro_init(void);
void ilnp6_gro_exit(void);

/* ICMPv6 header, quoted IPv6 header with our option, eight octets more */
#define ILNP6_ICMP_ERROR_LEN	(8 + 40 + ILNP6_OPT_HDR_MAX + 8)

int ilnp6_icmp_error(struct ilnp6_net *in, struct sk_buff *skb,
		     unsigned int outer);

/* --- icmp_send.c --- */

/* The TCP socket that sends it; a raw one's protocol may be TCP as well */
static inline struct sock *ilnp6_tcp_sk(const struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk_is_tcp(sk) ? sk : NULL;
}

/*
 * Conntrack calls a Locator Update invalid, as a type it does not know, and
 * many filters drop what is. As with Neighbour Discovery: untracked.
 */
static inline void ilnp6_untracked(struct sk_buff *skb)
{
	skb_set_nfct(skb, IP_CT_UNTRACKED);
}

struct sk_buff *ilnp6_icmp_build(const struct ilnp6_session *s,
				 __be64 local_l64, __be64 remote_l64,
				 int ifindex, unsigned int len);
int ilnp6_icmp_send(struct ilnp6_net *in, struct sk_buff *skb);

/* --- locator_update.c --- */
int ilnp6_lu_rcv(struct ilnp6_net *in, struct sk_buff *skb);

/* --- lu_send.c --- */
void ilnp6_lu_net_init(struct ilnp6_net *in);
void ilnp6_lu_net_exit(struct ilnp6_net *in);
void __ilnp6_lu_local_changed(struct ilnp6_net *in, struct ilnp6_session *s,
			      unsigned long delay);
unsigned long ilnp6_lu_delay(void);
void __ilnp6_lu_unpark(struct ilnp6_net *in);
void __ilnp6_lu_session(struct ilnp6_net *in, struct ilnp6_session *s);
void __ilnp6_lu_forget(struct ilnp6_net *in, struct ilnp6_session *s);
void __ilnp6_lu_remote_changed(struct ilnp6_net *in, struct ilnp6_corr *corr);
void __ilnp6_lu_again(struct ilnp6_net *in, struct ilnp6_session *s);
bool ilnp6_lu_acked(struct ilnp6_net *in, struct ilnp6_session *s,
		    const u8 *msg, unsigned int n);
bool ilnp6_lu_bucket(atomic64_t *tat, unsigned int rate);

/* --- liveness.c --- */
void ilnp6_live_net_init(struct ilnp6_net *in);
void ilnp6_live_net_exit(struct ilnp6_net *in);

/* --- wake.c --- */
void __ilnp6_wake(struct ilnp6_net *in, struct ilnp6_session *s);
void ilnp6_wake_net_init(struct ilnp6_net *in);
void ilnp6_wake_net_exit(struct ilnp6_net *in);
void __ilnp6_live_kick(struct ilnp6_net *in);
int ilnp6_live_reply(struct ilnp6_net *in, struct sk_buff *skb);
void ilnp6_live_measure(struct ilnp6_net *in, struct ilnp6_session *s);
bool ilnp6_live_validate(struct ilnp6_net *in, const struct ilnp6_session *s,
			 struct ilnp6_path_stat *st);
bool ilnp6_live_unreachable(struct ilnp6_net *in, struct ilnp6_session *s,
			    __be64 local_l64, __be64 remote_l64);
void ilnp6_live_echo_in(struct ilnp6_net *in, const struct ilnp6_session *s,
			const struct sk_buff *skb, unsigned int thoff,
			__be64 local_l64, __be64 remote_l64);
struct ilnp6_path *ilnp6_live_echo_out(struct ilnp6_net *in,
				       const struct ilnp6_session *s,
				       const struct icmp6hdr *icmp);

/* A session sends: watch its paths for as long as it does */
static inline void ilnp6_live_kick(struct ilnp6_net *in)
{
	if (unlikely(!READ_ONCE(in->live_on)))
		__ilnp6_live_kick(in);
}

/* --- kfunc.c --- */
int ilnp6_kfunc_init(void);

/* --- netlink.c --- */
int ilnp6_netlink_init(void);
void ilnp6_netlink_exit(void);
void ilnp6_notify_nid(struct ilnp6_net *in, enum ilnp6_event ev,
		      const struct ilnp6_nid *nid);
void ilnp6_notify_l64(struct ilnp6_net *in, enum ilnp6_event ev,
		      const struct ilnp6_l64 *l64);
void ilnp6_notify_corr(struct ilnp6_net *in, enum ilnp6_event ev,
		       struct ilnp6_corr *corr);
void ilnp6_notify_session(struct ilnp6_net *in, enum ilnp6_event ev,
			  const struct ilnp6_session *s);
void ilnp6_notify_path(struct ilnp6_net *in, enum ilnp6_event ev,
		       const struct ilnp6_session *s,
		       const struct ilnp6_path *p);
void ilnp6_notify_dev(struct ilnp6_net *in, enum ilnp6_event ev, int ifindex);
void ilnp6_notify_bad(struct ilnp6_net *in, const struct sk_buff *skb,
		      enum ilnp6_stat why);
void ilnp6_notify_lu(struct ilnp6_net *in, enum ilnp6_event ev,
		     const struct ilnp6_session *s, unsigned int n,
		     enum ilnp6_stat why);

#endif /* _ILNP6_H */
