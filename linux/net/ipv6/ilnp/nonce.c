// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nonce option (RFC 6744 section 2): find it in a destination options
 * header, build the header that carries it, compare.
 *
 * Pure: no packet, no lock, no state; compiles in user space too.
 */
#include "pure.h"

#define OPT_PAD1	0
#define OPT_PADN	1

/**
 * ilnp6_nonce_walk - look for a nonce in a destination options header
 * @hdr: the header, from its next-header octet on
 * @len: octets of @hdr, as its length field says: a multiple of 8
 * @nonce: filled when one is found
 * @off: set to the offset of its option type when one is found, also one
 *	that runs over the end
 *
 * Options of any kind may stand before and behind it; they are skipped by
 * their length and left to the kernel's own parser.
 *
 * Return: what the header holds.
 */
enum ilnp6_walk ilnp6_nonce_walk(const u8 *hdr, size_t len,
				 struct ilnp6_nonce *nonce, size_t *off)
{
	bool found = false, other = false;
	size_t i = 2;

	nonce->len = 0;
	while (i < len) {
		size_t olen;

		if (hdr[i] == OPT_PAD1) {
			i++;
			continue;
		}
		if (len - i < 2)
			return ILNP6_WALK_TRUNCATED;
		olen = hdr[i + 1];
		if (hdr[i] == ILNP6_OPT_NONCE && !found)
			*off = i;
		if (len - i - 2 < olen)
			return ILNP6_WALK_TRUNCATED;
		if (hdr[i] == ILNP6_OPT_NONCE) {
			if (found)
				return ILNP6_WALK_DOUBLE;
			found = true;
			if (olen == ILNP6_NONCE_SHORT ||
			    olen == ILNP6_NONCE_LONG) {
				nonce->len = olen;
				memcpy(nonce->val, hdr + i + 2, olen);
			}
		} else if (hdr[i] != OPT_PADN) {
			other = true;
		}
		i += 2 + olen;
	}
	if (!found)
		return ILNP6_WALK_NONE;
	if (!nonce->len)
		return ILNP6_WALK_LENGTH;
	return other ? ILNP6_WALK_MIXED : ILNP6_WALK_NONCE;
}

/**
 * ilnp6_nonce_build - write a destination options header with one nonce
 * @hdr: at least ILNP6_OPT_HDR_MAX octets
 * @nexthdr: protocol that follows
 * @nonce: of 4 or 12 octets
 *
 * Return: octets written, 8 or 16.
 */
unsigned int ilnp6_nonce_build(u8 *hdr, u8 nexthdr,
			       const struct ilnp6_nonce *nonce)
{
	unsigned int len = ilnp6_nonce_hdrlen(nonce->len);

	hdr[0] = nexthdr;
	hdr[1] = len / 8 - 1;
	hdr[2] = ILNP6_OPT_NONCE;
	hdr[3] = nonce->len;
	memcpy(hdr + 4, nonce->val, nonce->len);
	return len;
}

/**
 * ilnp6_nonce_fit - make a random nonce one that Linux routers forward
 * @nonce: of 4 or 12 octets
 *
 * Of a long one, four of its 96 bits become what routers take for the length
 * of the shortest TCP header, see ILNP6_MISREAD_OFF. Short ones do not reach
 * so far.
 */
void ilnp6_nonce_fit(struct ilnp6_nonce *nonce)
{
	u8 *octet = nonce->val + ILNP6_MISREAD_OFF - 4;

	if (nonce->len == ILNP6_NONCE_LONG)
		*octet = ILNP6_MISREAD_MIN << 4 | (*octet & 0x0f);
}

static u32 word(const u8 *p)
{
	u32 w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/**
 * ilnp6_nonce_equal - compare in constant time
 * @a: the nonce we know; one of length 0 equals nothing
 * @val: octets received
 * @len: how many: 4 or 12
 *
 * The time depends on the length alone.
 *
 * Return: true if both are the same.
 */
bool ilnp6_nonce_equal(const struct ilnp6_nonce *a, const u8 *val, u8 len)
{
	u32 diff;

	if (!len || a->len != len)
		return false;
	diff = word(a->val) ^ word(val);
	if (len == ILNP6_NONCE_LONG) {
		diff |= word(a->val + 4) ^ word(val + 4);
		diff |= word(a->val + 8) ^ word(val + 8);
	}
	return !diff;
}
