// SPDX-License-Identifier: GPL-2.0
/* Something else than the packet: the verifier must reject it; ../bpf.sh says with which words. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <linux/ilnp6_bpf.h>

extern int bpf_ilnp6_ingress(struct __sk_buff *skb) __ksym;

SEC("tc")
int reject(struct __sk_buff *skb)
{
	__u64 other = skb->len;

	return bpf_ilnp6_ingress((struct __sk_buff *)&other);
}

char _license[] SEC("license") = "GPL";
