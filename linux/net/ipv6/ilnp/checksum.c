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

/**
 * ilnp6_csum_add - one's complement sum
 * @a: a sum
 * @b: a sum
 *
 * Return: @a + @b.
 */
u16 ilnp6_csum_add(u16 a, u16 b)
{
	u32 s = a + b;

	return (s & 0xffff) + (s >> 16);
}

/**
 * ilnp6_csum_sub - one's complement difference
 * @a: a sum
 * @b: a sum
 *
 * Return: @a - @b.
 */
u16 ilnp6_csum_sub(u16 a, u16 b)
{
	return ilnp6_csum_add(a, (u16)~b);
}

/**
 * ilnp6_csum_apply - change a checksum field for a changed pseudo-header
 * @check: the field as it lies in the packet
 * @delta: what the pseudo-header's sum grows by
 * @partial: the field holds the pseudo-header's sum itself (the device or a
 *	later layer finishes it), not the inverted sum over everything
 *
 * Return: the new field; the caller maps 0 to 0xffff for UDP.
 */
u16 ilnp6_csum_apply(u16 check, u16 delta, bool partial)
{
	if (partial)
		return ilnp6_csum_add(check, delta);
	return (u16)~ilnp6_csum_add((u16)~check, delta);
}
