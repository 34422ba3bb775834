/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure files (nonce.c, checksum.c, lu_msg.c) need of the kernel, so
 * that they also compile in user space, where selftests/unit tests them. Pure
 * files take buffers with lengths, never packets, and keep no state.
 */
#ifndef _ILNP6_PURE_H
#define _ILNP6_PURE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#else
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline void put_unaligned_be16(u16 v, void *p)
{
	u8 *b = p;

	b[0] = v >> 8;
	b[1] = v & 0xff;
}
#endif

#include <linux/ilnp6.h>

/* nonce.c */

/* Largest destination options header with only a nonce in it, octets */
#define ILNP6_OPT_HDR_MAX	16

/**
 * struct ilnp6_nonce - a session nonce, RFC 6744
 * @len: octets: 0 (none), 4 or 12
 * @val: the octets, in wire order
 */
struct ilnp6_nonce {
	u8 len;
	u8 val[ILNP6_NONCE_LONG];
};

/**
 * enum ilnp6_walk - what a destination options header holds
 * @ILNP6_WALK_NONE: well formed, no nonce
 * @ILNP6_WALK_NONCE: exactly one nonce, nothing else but padding
 * @ILNP6_WALK_MIXED: exactly one nonce, other options beside it
 * @ILNP6_WALK_DOUBLE: more than one nonce
 * @ILNP6_WALK_LENGTH: a nonce of neither 4 nor 12 octets
 * @ILNP6_WALK_TRUNCATED: an option runs over the end of the header
 */
enum ilnp6_walk {
	ILNP6_WALK_NONE,
	ILNP6_WALK_NONCE,
	ILNP6_WALK_MIXED,
	ILNP6_WALK_DOUBLE,
	ILNP6_WALK_LENGTH,
	ILNP6_WALK_TRUNCATED,
};

enum ilnp6_walk ilnp6_nonce_walk(const u8 *hdr, size_t len,
				 struct ilnp6_nonce *nonce, size_t *off);
unsigned int ilnp6_nonce_build(u8 *hdr, u8 nexthdr,
			       const struct ilnp6_nonce *nonce);
bool ilnp6_nonce_equal(const struct ilnp6_nonce *a, const u8 *val, u8 len);
void ilnp6_nonce_fit(struct ilnp6_nonce *nonce);

/**
 * ILNP6_MISREAD_OFF - octet of our header that Linux routers misread
 *
 * A Linux router that forwards TCP segments in one piece (GRO, a hypervisor,
 * a namespace) takes what follows the IPv6 header for TCP's: the upper half of
 * this octet for its length in words. If that is less than MISREAD_MIN it
 * drops the packet (SKB_BAD_GSO), if it is more than there is, it may
 * answer Packet Too Big. The octet is the nonce's ninth or, behind a nonce of
 * four octets, the first of TCP's sequence number.
 */
#define ILNP6_MISREAD_OFF	12
#define ILNP6_MISREAD_MIN	5	/* words: a TCP header without options */

/* Octets of the destination options header that carries a nonce of @len */
static inline unsigned int ilnp6_nonce_hdrlen(u8 len)
{
	return len ? len + 4 : 0;
}

/* checksum.c: 16-bit one's complement arithmetic on network-order words */
u16 ilnp6_csum_l64s(__be64 a, __be64 b);

/**
 * ilnp6_csum_add - one's complement sum
 * @a: a sum
 * @b: a sum
 *
 * Return: @a + @b.
 */
static inline u16 ilnp6_csum_add(u16 a, u16 b)
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
static inline u16 ilnp6_csum_sub(u16 a, u16 b)
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
static inline u16 ilnp6_csum_apply(u16 check, u16 delta, bool partial)
{
	if (partial)
		return ilnp6_csum_add(check, delta);
	return (u16)~ilnp6_csum_add((u16)~check, delta);
}

/* lu_msg.c: Locator Update messages, RFC 6743 section 2 */

/**
 * struct ilnp6_lu_entry - one locator of a Locator Update
 * @l64: locator, network order
 * @preference: lower is preferred
 * @lifetime: seconds
 */
struct ilnp6_lu_entry {
	__be64 l64;
	u16 preference;
	u16 lifetime;
};

#define ILNP6_LU_HDR_LEN	8
#define ILNP6_LU_ENTRY_LEN	12

int ilnp6_lu_check(const u8 *msg, size_t len);
void ilnp6_lu_entry_read(const u8 *msg, unsigned int i,
			 struct ilnp6_lu_entry *e);
u8 ilnp6_lu_op(const u8 *msg);
void ilnp6_lu_set_op(u8 *msg, u8 op);
void ilnp6_lu_head_write(u8 *msg, u8 op, u8 n);
void ilnp6_lu_entry_write(u8 *msg, unsigned int i,
			  const struct ilnp6_lu_entry *e);
size_t ilnp6_lu_build(u8 *msg, size_t room, u8 op,
		      const struct ilnp6_lu_entry *e, unsigned int n);

#endif /* _ILNP6_PURE_H */
