/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * What the tc programs and the module's kfuncs exchange. The includer
 * provides __u32 and friends: <linux/types.h> or a vmlinux.h.
 */
#ifndef _UAPI_LINUX_ILNP6_BPF_H
#define _UAPI_LINUX_ILNP6_BPF_H

/**
 * enum ilnp6_verdict - what a kfunc says to do with a packet
 * @ILNP6_V_PASS: not ILNP's or left to the stack: go on unchanged
 * @ILNP6_V_SEND: rewritten; leaves by the interface and next hop it has
 * @ILNP6_V_REDIRECT: rewritten; leaves as struct ilnp6_bpf_path says
 * @ILNP6_V_DROP: counted; drop it
 *
 * A negative number is an errno: -EAGAIN means that the headers are not
 * linear or not writable: call bpf_skb_pull_data() and ask again.
 */
enum ilnp6_verdict {
	ILNP6_V_PASS,
	ILNP6_V_SEND,
	ILNP6_V_REDIRECT,
	ILNP6_V_DROP,
};

/**
 * struct ilnp6_bpf_path - a path that was chosen
 * @ifindex: egress interface
 * @nh_family: AF_INET6; with @nexthop laid out as struct bpf_redir_neigh
 * @nexthop: neighbour to send to, network order
 */
struct ilnp6_bpf_path {
	__u32 ifindex;
	__u32 nh_family;
	__u32 nexthop[4];
};

#endif /* _UAPI_LINUX_ILNP6_BPF_H */
