// SPDX-License-Identifier: GPL-2.0
/*
 * The data plane: one program for each direction, attached with tc to every
 * interface by `ip ilnp dev attach`. They recognise packets, ask the module
 * (kfuncs) what becomes of them, and carry it out. All state is the module's.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/ilnp6_bpf.h>

#include "parse.h"
#include "verdict.h"

extern int bpf_ilnp6_egress(struct __sk_buff *skb, struct ilnp6_bpf_path *path,
			    __u32 path__sz) __ksym;
extern int bpf_ilnp6_ingress(struct __sk_buff *skb) __ksym;
extern int bpf_ilnp6_plain(struct __sk_buff *skb) __ksym;

/*
 * A packet we redirect meets the program of its new interface. The mark is
 * in the part of the control block that is the classifiers' own; skb->mark
 * belongs to the user.
 */
#define DONE0	0x494c4e50	/* "ILNP" */
#define DONE1	0x76364434

static __always_inline bool done(const struct __sk_buff *skb)
{
	return skb->cb[0] == DONE0 && skb->cb[1] == DONE1;
}

SEC("tc")
int ilnp6_egress(struct __sk_buff *skb)
{
	struct ilnp6_bpf_path path = {};
	int v;

	if (parse(skb) != PKT_NONCE || done(skb))
		return NEXT;
	v = bpf_ilnp6_egress(skb, &path, sizeof(path));
	if (v == -EAGAIN) {
		if (bpf_skb_pull_data(skb, PULL_LEN(skb)))
			return NEXT;
		v = bpf_ilnp6_egress(skb, &path, sizeof(path));
	}
	if (v == ILNP6_V_DROP)
		return DROP;
	if (v != ILNP6_V_SEND && v != ILNP6_V_REDIRECT)
		return NEXT;
	skb->cb[0] = DONE0;
	skb->cb[1] = DONE1;
	if (v == ILNP6_V_SEND)
		return NEXT;
	return bpf_redirect_neigh(path.ifindex,
				  (struct bpf_redir_neigh *)&path.nh_family,
				  sizeof(struct bpf_redir_neigh), 0);
}

static __always_inline int ask(struct __sk_buff *skb, enum pkt kind)
{
	return kind == PKT_NONCE ? bpf_ilnp6_ingress(skb) :
				   bpf_ilnp6_plain(skb);
}

SEC("tc")
int ilnp6_ingress(struct __sk_buff *skb)
{
	enum pkt kind;
	int v;

	kind = parse(skb);
	if (kind == PKT_OTHER)
		return NEXT;
	v = ask(skb, kind);
	if (v == -EAGAIN) {
		if (bpf_skb_pull_data(skb, PULL_LEN(skb)))
			return NEXT;
		v = ask(skb, kind);
	}
	return v == ILNP6_V_DROP ? DROP : NEXT;
}

char _license[] SEC("license") = "GPL";
