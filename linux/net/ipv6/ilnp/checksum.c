// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a change of L64s does to a transport checksum.
 *
 * A checksum is a one's complement sum of 16-bit words, so the octet order of
 * the words does not matter as long as it is the same everywhere (RFC 1071);
 * all values here are sums of words as they lie in memory. Two modes:
 *
 * "ipv6": the pseudo-header holds the addresses on the wire; rewriting L64s
 *	adds (new - old).
 * "nid": the pseudo-header's L64 halves count as zero (RFC 6744 section 3);
 *	rewriting changes nothing, and between what sockets compute and the
 *	wire lies the sum of the bound L64s.
 *
 * Pure: compiles in user space too.
 */
#include "pure.h"

static u16 fold(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/**
 * ilnp6_csum_l64s - sum of two L64s
 * @a: network order
 * @b: network order
 *
 * Return: the 16-bit one's complement sum, not inverted.
 */
u16 ilnp6_csum_l64s(__be64 a, __be64 b)
{
	u64 x = (__force u64)a, y = (__force u64)b;

	return fold((x & 0xffffffff) + (x >> 32) + (y & 0xffffffff) +
		    (y >> 32));
}
