// SPDX-License-Identifier: GPL-2.0
/* Not under the GPL: the verifier must reject it; ../bpf.sh says with which words. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <linux/ilnp6_bpf.h>

extern int bpf_ilnp6_plain(struct __sk_buff *skb) __ksym;

SEC("tc")
int reject(struct __sk_buff *skb)
{
	return bpf_ilnp6_plain(skb);
}

char _license[] SEC("license") = "Proprietary";
