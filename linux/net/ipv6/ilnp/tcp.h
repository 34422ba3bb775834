/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Congestion control "ilnp": what its files share. A struct ilnp6_tcp belongs
 * to one socket and is protected by that socket's lock.
 */
#ifndef _ILNP6_TCP_H
#define _ILNP6_TCP_H

#include <net/tcp.h>

#include "ilnp6.h"

#define ILNP6_TCP_PATHS		8	/* paths one connection uses, up to 16 */
#define ILNP6_TCP_RECS_MIN	64	/* segments in flight, powers of two */
#define ILNP6_TCP_RECS_MAX	32768
#define ILNP6_TCP_MEM_MAX	(64L << 20)	/* octets, all connections */
#define ILNP6_TCP_NONE		(~0U)
#define ILNP6_TCP_CWND_MIN	2U
#define ILNP6_TCP_RUN		16U	/* segments in a row over one path */

/**
 * struct ilnp6_tcp_rec - a segment sent
 * @seq: first octet
 * @time: when it was sent last, us
 * @first: when it was sent first, if it was sent again
 * @pseq: number in its path's own sequence
 * @prev: the one sent before over the path and still in flight, or NONE
 * @next: the one sent after
 * @len: octets
 * @path: over which it was sent last
 * @was: over which it was sent first, if it was sent again
 * @state: enum ilnp6_tcp_state
 * @again: it was sent more than once
 * @overtaken: declared lost as later ones came first
 */
struct ilnp6_tcp_rec {
	u32 seq;
	u32 time;
	u32 first;
	u32 pseq;
	u32 prev;
	u32 next;
	u16 len;
	u8 path : 4;
	u8 was : 4;
	u8 state : 4;
	u8 again : 1;
	u8 overtaken : 1;
};

enum ilnp6_tcp_state {
	ILNP6_TCP_FLIGHT,
	ILNP6_TCP_LOST,
	ILNP6_TCP_DELIVERED,
};

/**
 * struct ilnp6_tcp_path - a path as one connection sees it
 * @local_l64: network order
 * @remote_l64: network order
 * @stat: what the path monitor knows; a reference
 * @idx: of the path in the session's set
 * @up: it is in the session's rotation
 * @joined: data may go over it
 * @usable: worth it at present
 * @dead: silent; not used until @retry
 * @full: its window was used up since the last growth
 * @retry: us
 * @died: when it went silent, jiffies
 * @backoff: us until the next @retry
 * @cwnd: segments
 * @ssthresh: segments
 * @inflight: segments sent, neither delivered nor lost
 * @srtt: smoothed round trip time, us << 3; 0: not known
 * @rtt_when: jiffies when it was measured last
 * @rttvar: us
 * @min_rtt: us
 * @pseq: of the next segment
 * @acked: highest @pseq delivered
 * @cut: losses of segments before this @pseq cost no more
 * @cut_time: when it was cut last, us
 * @reorder: us over the round trip time until an overtaken one is lost
 * @undo_lost: segments declared lost since the last cut that may not be
 * @undo_cwnd: window before that cut
 * @undo_ssthresh: the same
 * @undo_w_max: and the one before it
 * @head: oldest in flight, ring position
 * @tail: youngest in flight
 * @heard: when something was delivered, us
 * @low: slow start: least round trip time of the last few, us
 * @low_n: how many
 * @epoch: cubic: begin of the growth, us; 0: not begun
 * @gait: cubic: how fast time goes by, as a part of GAIT
 * @origin: cubic: plateau, segments
 * @w_max: cubic: window at the last loss
 * @k: cubic: ms from @epoch to the plateau
 * @w_reno: window that Reno would have
 * @ack_cnt: segments acknowledged since it grew
 * @cwnd_cnt: segments acknowledged since @cwnd grew
 * @others: the windows of the other paths that share its bottleneck, segments
 * @delay: sum of the round trip times of this bin, us
 * @delays: how many
 * @slow: their mean in the last bins, us
 * @delivered: segments
 * @burst: segments that its queue takes at once
 * @next: when the last ones sent have left it, us
 * @lost: segments declared lost
 * @told: @delivered when the path monitor was told last
 */
struct ilnp6_tcp_path {
	__be64 local_l64;
	__be64 remote_l64;
	struct ilnp6_path_stat *stat;
	u16 idx;
	bool up;
	bool joined;
	bool usable;
	bool dead;
	bool full;
	u32 retry;
	unsigned long died;
	u32 backoff;
	u32 cwnd;
	u32 ssthresh;
	u32 inflight;
	u32 srtt;
	u32 rtt_when;
	u32 rttvar;
	u32 min_rtt;
	u32 pseq;
	u32 acked;
	u32 cut;
	u32 cut_time;
	u32 reorder;
	u32 undo_lost;
	u32 undo_cwnd;
	u32 undo_ssthresh;
	u32 undo_w_max;
	u32 head;
	u32 tail;
	u32 heard;
	u32 low;
	u32 low_n;
	u32 epoch;
	u32 gait;
	u32 origin;
	u32 w_max;
	u32 k;
	u32 w_reno;
	u32 ack_cnt;
	u32 cwnd_cnt;
	u32 others;
	u32 delay;
	u32 delays;
	s32 slow;
	u32 delivered;
	u32 burst;
	u32 next;
	u32 lost;
	u32 told;
};

/**
 * struct ilnp6_tcp_pair - how two paths' queueing delays vary together
 * @alike: how much more often they move the same way than not, of 65536
 * @n: how often both were seen, up to what is enough
 * @coupled: they share a bottleneck
 */
struct ilnp6_tcp_pair {
	s32 alike;
	u16 n;
	bool coupled;
};

#define ILNP6_TCP_PAIRS (ILNP6_TCP_PATHS * (ILNP6_TCP_PATHS - 1) / 2)

/**
 * struct ilnp6_tcp - a connection over several paths
 * @local_nid: of its session, network order
 * @remote_nid: network order
 * @ring: its segments from snd_una on, in order of sequence
 * @size: of @ring, a power of two
 * @first: position of the oldest
 * @last: position behind the youngest
 * @nxt: sequence number behind the youngest
 * @set: id of the session's path set that @p follows
 * @started: when the first data was sent, us
 * @born: the same, jiffies
 * @turn: segments sent in a row over one path
 * @gso_segs: the socket's limit before it was ours
 * @cur: the path of the last new data
 * @left: segments that may follow over it
 * @primary: the path to begin with
 * @sacks: blocks of the last ACK
 * @flips: ilnp6_session.ack_flips, when base round trip times were right
 * @dsacks: segments the peer had twice, as far as accounted for
 * @told: what was acknowledged last
 * @answers: the peer answers probes, so they tell which paths work
 * @ask: have the path monitor look at all paths
 * @brief: all there is to send fits a first window: that no queue has to take
 *	it all matters more than order
 * @no_mem: @ring could not grow
 * @bin: when delays began to be averaged, us
 * @delivered: tcp_sock.delivered then
 * @received: tcp_sock.data_segs_in then
 * @n: paths
 * @p: paths
 * @pair: of paths
 */
struct ilnp6_tcp {
	__be64 local_nid;
	__be64 remote_nid;
	struct ilnp6_tcp_rec *ring;
	u32 size;
	u32 first;
	u32 last;
	u32 nxt;
	u32 set;
	u32 started;
	unsigned long born;
	u32 turn;
	u32 gso_segs;
	struct ilnp6_tcp_path *cur;
	u32 left;
	struct ilnp6_tcp_path *primary;
	struct tcp_sack_block sacks[4];
	u32 flips;
	u32 dsacks;
	u32 told;
	bool answers;
	bool ask;
	bool brief;
	bool no_mem;
	u32 bin;
	u32 delivered;
	u32 received;
	u8 n;
	struct ilnp6_tcp_path p[ILNP6_TCP_PATHS];
	struct ilnp6_tcp_pair pair[ILNP6_TCP_PAIRS];
};

/* --- tcp.c --- */
bool ilnp6_tcp_alive(const struct ilnp6_tcp *mp,
		     const struct ilnp6_tcp_path *p);

/* --- tcp_sock.c: the sockets that use it --- */
bool ilnp6_tcp_sock_set(struct sock *sk, struct ilnp6_tcp *mp);
bool ilnp6_tcp_sock_del(const struct sock *sk);
int ilnp6_tcp_sock_each(const struct net *net,
			int (*each)(const struct sock *sk,
				    const struct ilnp6_tcp *mp, void *arg),
			void *arg);
void ilnp6_tcp_sock_drain(void (*leave)(struct sock *sk));

/* --- tcp_rec.c: what was sent where, and what became of it --- */
void ilnp6_tcp_rec_free(struct ilnp6_tcp *mp);
void ilnp6_tcp_rec_sent(struct ilnp6_tcp *mp, struct ilnp6_tcp_path *p,
			u32 seq, u32 len, u32 mss, u32 now);
struct ilnp6_tcp_path *ilnp6_tcp_rec_path(struct ilnp6_tcp *mp, u32 seq);
void ilnp6_tcp_rec_ack(struct sock *sk, struct ilnp6_tcp *mp, bool old);
u32 ilnp6_tcp_rec_rto(const struct tcp_sock *tp, const struct ilnp6_tcp *mp);
void ilnp6_tcp_rec_timeout(struct sock *sk, struct ilnp6_tcp *mp);

/* --- tcp_win.c: a path's window --- */
void ilnp6_tcp_path_set(struct ilnp6_tcp_path *p,
			const struct ilnp6_path *path);
void ilnp6_tcp_win_acked(struct ilnp6_tcp_path *p, u32 n, u32 rtt, u32 now);
void ilnp6_tcp_win_cut(struct ilnp6_tcp_path *p);
void ilnp6_tcp_win_undo(struct ilnp6_tcp_path *p);
void ilnp6_tcp_idle(struct ilnp6_tcp_path *p, u32 now);

/* --- tcp_couple.c: paths that share a bottleneck --- */
void ilnp6_tcp_couple(const struct tcp_sock *tp, struct ilnp6_tcp *mp,
		      const u32 *rtt, u32 now);
void ilnp6_tcp_couple_new(struct ilnp6_tcp *mp, const struct ilnp6_tcp_path *p);

#endif /* _ILNP6_TCP_H */
