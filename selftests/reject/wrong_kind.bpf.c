// SPDX-License-Identifier: GPL-2.0
/* A program of another kind: the verifier must reject it; ../bpf.sh says with which words. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <linux/ilnp6_bpf.h>

extern int bpf_ilnp6_plain(struct __sk_buff *skb) __ksym;

SEC("xdp")
int reject(struct xdp_md *xdp)
{
	return bpf_ilnp6_plain((struct __sk_buff *)xdp);
}

char _license[] SEC("license") = "GPL";
