// SPDX-License-Identifier: GPL-2.0
/*
 * A path smaller than its size says: the verifier must reject it; ../bpf.sh
 * says with which words.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <linux/ilnp6_bpf.h>

extern int bpf_ilnp6_egress(struct __sk_buff *skb, struct ilnp6_bpf_path *path,
			    __u32 path__sz) __ksym;

SEC("tc")
int reject(struct __sk_buff *skb)
{
	__u64 small = 0;

	return bpf_ilnp6_egress(skb, (struct ilnp6_bpf_path *)&small, 64);
}

char _license[] SEC("license") = "GPL";
