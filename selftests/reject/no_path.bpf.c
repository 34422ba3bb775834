// SPDX-License-Identifier: GPL-2.0
/* No path at all: the verifier must reject it; ../bpf.sh says with which words. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <linux/ilnp6_bpf.h>

extern int bpf_ilnp6_egress(struct __sk_buff *skb, struct ilnp6_bpf_path *path,
			    __u32 path__sz) __ksym;

SEC("tc")
int reject(struct __sk_buff *skb)
{
	return bpf_ilnp6_egress(skb, (struct ilnp6_bpf_path *)8,
				sizeof(struct ilnp6_bpf_path));
}

char _license[] SEC("license") = "GPL";
