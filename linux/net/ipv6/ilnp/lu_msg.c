// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locator Update messages as octets (RFC 6743 section 2): check, read, build.
 *
 * Pure: no packet, no lock, no state; compiles in user space too.
 */
#include "pure.h"

#define LU_CODE		1
#define LU_N		4
#define LU_OP		5

/**
 * ilnp6_lu_check - is this a Locator Update that may be looked at
 * @msg: the ICMPv6 message from its type octet on
 * @len: its octets
 *
 * The caller has verified nonce and checksum. The order of the checks is the
 * order in which the reasons are counted.
 *
 * Return: the number of locators, 1 to 255; -EPROTO for a code other than 0,
 * -ENODATA for no locator, -EMSGSIZE for a length other than 8 + 12 N,
 * -EOPNOTSUPP for an operation other than advertisement or acknowledgement.
 */
int ilnp6_lu_check(const u8 *msg, size_t len)
{
	if (len < ILNP6_LU_HDR_LEN)
		return -EMSGSIZE;
	if (msg[LU_CODE])
		return -EPROTO;
	if (!msg[LU_N])
		return -ENODATA;
	if (len != ILNP6_LU_HDR_LEN + (size_t)msg[LU_N] * ILNP6_LU_ENTRY_LEN)
		return -EMSGSIZE;
	if (msg[LU_OP] != ILNP6_LU_OP_ADV && msg[LU_OP] != ILNP6_LU_OP_ACK)
		return -EOPNOTSUPP;
	return msg[LU_N];
}

/**
 * ilnp6_lu_entry_read - read one locator
 * @msg: a message ilnp6_lu_check() accepted
 * @i: index, below what it returned
 * @e: filled
 */
void ilnp6_lu_entry_read(const u8 *msg, unsigned int i,
			 struct ilnp6_lu_entry *e)
{
	const u8 *p = msg + ILNP6_LU_HDR_LEN + i * ILNP6_LU_ENTRY_LEN;

	memcpy(&e->l64, p, 8);
	e->preference = get_unaligned_be16(p + 8);
	e->lifetime = get_unaligned_be16(p + 10);
}

/**
 * ilnp6_lu_entry_write - write one locator
 * @msg: a message with room for more than @i locators
 * @i: index
 * @e: the locator
 */
void ilnp6_lu_entry_write(u8 *msg, unsigned int i,
			  const struct ilnp6_lu_entry *e)
{
	u8 *p = msg + ILNP6_LU_HDR_LEN + i * ILNP6_LU_ENTRY_LEN;

	memcpy(p, &e->l64, 8);
	put_unaligned_be16(e->preference, p + 8);
	put_unaligned_be16(e->lifetime, p + 10);
}

/**
 * ilnp6_lu_head_write - write what comes before the locators
 * @msg: at least ILNP6_LU_HDR_LEN octets; the checksum field is left zero
 * @op: ILNP6_LU_OP_ADV or ILNP6_LU_OP_ACK
 * @n: how many locators follow, 1 to 255
 */
void ilnp6_lu_head_write(u8 *msg, u8 op, u8 n)
{
	memset(msg, 0, ILNP6_LU_HDR_LEN);
	msg[0] = ILNP6_ICMPV6_LU;
	msg[LU_N] = n;
	msg[LU_OP] = op;
}

/**
 * ilnp6_lu_op - what a message asks for
 * @msg: a message ilnp6_lu_check() accepted
 *
 * Return: ILNP6_LU_OP_ADV or ILNP6_LU_OP_ACK.
 */
u8 ilnp6_lu_op(const u8 *msg)
{
	return msg[LU_OP];
}

/**
 * ilnp6_lu_set_op - make a message another one
 * @msg: a message
 * @op: ILNP6_LU_OP_ADV or ILNP6_LU_OP_ACK
 */
void ilnp6_lu_set_op(u8 *msg, u8 op)
{
	msg[LU_OP] = op;
}

/**
 * ilnp6_lu_build - write a Locator Update
 * @msg: where to; the checksum field is left zero
 * @room: octets at @msg
 * @op: ILNP6_LU_OP_ADV or ILNP6_LU_OP_ACK
 * @e: locators
 * @n: how many, 1 to 255
 *
 * Return: octets written, 0 if they do not fit or @n is out of range.
 */
size_t ilnp6_lu_build(u8 *msg, size_t room, u8 op,
		      const struct ilnp6_lu_entry *e, unsigned int n)
{
	size_t len = ILNP6_LU_HDR_LEN + (size_t)n * ILNP6_LU_ENTRY_LEN;
	unsigned int i;

	if (!n || n > ILNP6_LU_MAX || len > room)
		return 0;
	ilnp6_lu_head_write(msg, op, n);
	for (i = 0; i < n; i++)
		ilnp6_lu_entry_write(msg, i, &e[i]);
	return len;
}
