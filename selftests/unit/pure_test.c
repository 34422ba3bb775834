// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the module's pure files, against the RFCs and against plain
 * re-implementations here that favour obviousness. Speaks KTAP. Every buffer
 * is allocated at its exact length, so that AddressSanitizer sees one octet
 * too many.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pure.h"

static unsigned int failures;
static const char *current;

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			printf("# %s: %s:%d: %s\n", current, __FILE__,	\
			       __LINE__, #cond);			\
			failures++;					\
		}							\
	} while (0)

/* xorshift: the same numbers in every run */
static u64 seed = 88172645463325252ULL;

static u32 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> 32;
}

static u8 *copy(const void *src, size_t len)
{
	u8 *p = malloc(len ? len : 1);

	if (!p)
		abort();
	memcpy(p, src, len);
	return p;
}

/* --- nonce.c ------------------------------------------------------------- */

static enum ilnp6_walk walk(const u8 *hdr, size_t len,
			    struct ilnp6_nonce *nonce, size_t *off)
{
	u8 *exact = copy(hdr, len);
	enum ilnp6_walk w = ilnp6_nonce_walk(exact, len, nonce, off);

	free(exact);
	return w;
}

static void expect_walk(const char *what, enum ilnp6_walk want,
			const u8 *hdr, size_t len, int off_want)
{
	struct ilnp6_nonce nonce;
	size_t off = 999;
	enum ilnp6_walk w = walk(hdr, len, &nonce, &off);

	if (w != want) {
		printf("# %s: %s: wanted %d, got %d\n", current, what, want, w);
		failures++;
	}
	if (off_want >= 0)
		CHECK(off == (size_t)off_want);
}

#define WALK(what, want, off, ...)					\
	do {								\
		static const u8 h[] = { 6, 0, __VA_ARGS__ };		\
		_Static_assert(sizeof(h) % 8 == 0, what);		\
		expect_walk(what, want, h, sizeof(h), off);		\
	} while (0)

static void test_walk(void)
{
	WALK("short form", ILNP6_WALK_NONCE, 2, 0x8b, 4, 1, 2, 3, 4);
	WALK("long form", ILNP6_WALK_NONCE, 2, 0x8b, 12,
	     1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
	WALK("only padding", ILNP6_WALK_NONE, -1, 1, 4, 0, 0, 0, 0);
	WALK("only Pad1", ILNP6_WALK_NONE, -1, 0, 0, 0, 0, 0, 0);
	WALK("unknown option", ILNP6_WALK_NONE, -1, 0x1e, 4, 0x8b, 4, 0, 0);
	WALK("PadN before", ILNP6_WALK_NONCE, 10, 1, 6, 0, 0, 0, 0, 0, 0,
	     0x8b, 4, 1, 2, 3, 4);
	WALK("Pad1 before", ILNP6_WALK_NONCE, 4, 0, 0, 0x8b, 4, 1, 2, 3, 4,
	     1, 4, 0, 0, 0, 0);
	WALK("unknown before", ILNP6_WALK_MIXED, 10, 0x1e, 6, 0, 0, 0, 0, 0, 0,
	     0x8b, 4, 1, 2, 3, 4);
	WALK("unknown after", ILNP6_WALK_MIXED, 2, 0x8b, 4, 1, 2, 3, 4,
	     0x9e, 6, 0, 0, 0, 0, 0, 0);
	WALK("CALIPSO before", ILNP6_WALK_MIXED, 12, 7, 8, 0, 0, 0, 1, 0, 0,
	     0, 0, 0x8b, 4, 1, 2, 3, 4, 1, 4, 0, 0, 0, 0);
	WALK("two", ILNP6_WALK_DOUBLE, -1, 0x8b, 4, 1, 2, 3, 4,
	     0x8b, 4, 1, 2, 3, 4, 0, 0);
	WALK("two, first of odd length", ILNP6_WALK_DOUBLE, -1,
	     0x8b, 2, 1, 2, 0x8b, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	WALK("length 0", ILNP6_WALK_LENGTH, -1, 0x8b, 0, 0, 0, 0, 0);
	WALK("length 3", ILNP6_WALK_LENGTH, -1, 0x8b, 3, 1, 2, 3, 0);
	WALK("length 8", ILNP6_WALK_LENGTH, -1, 0x8b, 8, 1, 2, 3, 4, 5, 6, 7,
	     8, 1, 2, 0, 0);
	WALK("beyond by one", ILNP6_WALK_TRUNCATED, -1, 0x8b, 5, 1, 2, 3, 4);
	WALK("beyond by far", ILNP6_WALK_TRUNCATED, -1, 0x8b, 255, 1, 2, 3, 4);
	WALK("no length octet", ILNP6_WALK_TRUNCATED, -1, 1, 3, 0, 0, 0, 0x8b);
	WALK("padding beyond", ILNP6_WALK_TRUNCATED, -1, 0x8b, 2, 1, 2, 1, 9);
}

/* What a header holds, told once more in the simplest way. */
static enum ilnp6_walk model(const u8 *h, size_t len, u8 *nonce_len)
{
	int nonces = 0, others = 0;
	size_t i = 2;

	*nonce_len = 0;
	for (;;) {
		if (i == len)
			break;
		if (h[i] == 0) {
			i++;
			continue;
		}
		if (i + 2 > len || i + 2 + h[i + 1] > len)
			return ILNP6_WALK_TRUNCATED;
		if (h[i] == 0x8b) {
			if (nonces++)
				return ILNP6_WALK_DOUBLE;
			*nonce_len = h[i + 1];
		} else if (h[i] != 1) {
			others++;
		}
		i += 2 + h[i + 1];
	}
	if (!nonces)
		return ILNP6_WALK_NONE;
	if (*nonce_len != 4 && *nonce_len != 12)
		return ILNP6_WALK_LENGTH;
	return others ? ILNP6_WALK_MIXED : ILNP6_WALK_NONCE;
}

static void test_walk_random(void)
{
	static const u8 likely[] = { 0, 1, 4, 12, 0x8b, 0x8b, 2, 6, 0x1e, 5 };
	unsigned int seen[6] = { 0 }, i, k, n;
	struct ilnp6_nonce nonce;
	u8 h[64], want_len;
	size_t off;

	for (n = 0; n < 300000; n++) {
		size_t len = 8 * (1 + rnd() % 6);
		enum ilnp6_walk w, want;

		for (i = 0; i < len; i++)
			h[i] = rnd() % 4 ? likely[rnd() % sizeof(likely)] :
					   rnd();
		want = model(h, len, &want_len);
		w = walk(h, len, &nonce, &off);
		CHECK(w == want);
		if (w == ILNP6_WALK_NONCE || w == ILNP6_WALK_MIXED) {
			CHECK(nonce.len == want_len);
			CHECK(h[off] == 0x8b && h[off + 1] == nonce.len);
			CHECK(!memcmp(nonce.val, h + off + 2, nonce.len));
		}
		seen[w]++;
		if (failures > 10)
			return;
	}
	for (k = 0; k < 6; k++)
		CHECK(seen[k] > 50);
}

static void test_build(void)
{
	static const u8 want4[] = { 17, 0, 0x8b, 4, 0xa1, 0xa2, 0xa3, 0xa4 };
	static const u8 want12[] = { 6, 1, 0x8b, 12, 0xa1, 0xa2, 0xa3, 0xa4,
				     0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
				     0xac };
	struct ilnp6_nonce nonce = { .len = 4 }, back;
	unsigned int i;
	size_t off;
	u8 *hdr;

	for (i = 0; i < 12; i++)
		nonce.val[i] = 0xa1 + i;
	CHECK(ilnp6_nonce_hdrlen(0) == 0);
	CHECK(ilnp6_nonce_hdrlen(4) == 8);
	CHECK(ilnp6_nonce_hdrlen(12) == 16);

	hdr = malloc(8);
	CHECK(ilnp6_nonce_build(hdr, 17, &nonce) == 8);
	CHECK(!memcmp(hdr, want4, 8));
	CHECK(walk(hdr, 8, &back, &off) == ILNP6_WALK_NONCE && off == 2);
	CHECK(back.len == 4 && !memcmp(back.val, nonce.val, 4));
	free(hdr);

	nonce.len = 12;
	hdr = malloc(ILNP6_OPT_HDR_MAX);
	CHECK(ilnp6_nonce_build(hdr, 6, &nonce) == 16);
	CHECK(!memcmp(hdr, want12, 16));
	CHECK(walk(hdr, 16, &back, &off) == ILNP6_WALK_NONCE && off == 2);
	CHECK(back.len == 12 && !memcmp(back.val, nonce.val, 12));
	ilnp6_nonce_fit(&nonce);
	ilnp6_nonce_build(hdr, 6, &nonce);
	CHECK(hdr[ILNP6_MISREAD_OFF] == 0x59);
	hdr[ILNP6_MISREAD_OFF] = want12[ILNP6_MISREAD_OFF];
	CHECK(!memcmp(hdr, want12, 16));
	nonce.len = 4;
	memset(nonce.val, 0xff, sizeof(nonce.val));
	ilnp6_nonce_fit(&nonce);
	CHECK(nonce.val[8] == 0xff);
	free(hdr);
}

static void test_equal(void)
{
	struct ilnp6_nonce a = { .len = 12, .val = "abcdefghijkl" };
	unsigned int i, bit;
	u8 *val = copy("abcdefghijkl", 12);

	CHECK(ilnp6_nonce_equal(&a, val, 12));
	CHECK(!ilnp6_nonce_equal(&a, val, 4));
	for (i = 0; i < 12; i++)
		for (bit = 0; bit < 8; bit++) {
			val[i] ^= 1 << bit;
			CHECK(!ilnp6_nonce_equal(&a, val, 12));
			val[i] ^= 1 << bit;
		}
	a.len = 4;
	CHECK(ilnp6_nonce_equal(&a, val, 4));
	CHECK(!ilnp6_nonce_equal(&a, val, 12));
	a.len = 0;	/* not heard yet: equals nothing, not even nothing */
	CHECK(!ilnp6_nonce_equal(&a, val, 0));
	CHECK(!ilnp6_nonce_equal(&a, val, 4));
	free(val);
}

/* --- checksum.c ---------------------------------------------------------- */

/* The internet checksum of octets, as they lie in memory, not inverted */
static u16 sum_octets(const u8 *p, size_t len)
{
	u32 sum = 0;
	size_t i;
	u16 w;

	for (i = 0; i + 1 < len; i += 2) {
		memcpy(&w, p + i, 2);
		sum += w;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* Zero has two faces */
static bool same(u16 a, u16 b)
{
	return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
}

static __be64 l64(void)
{
	u64 v = (u64)rnd() << 32 | rnd();

	switch (rnd() % 8) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:		/* carries at every step */
		return 0xffffffff00000001ULL;
	}
	return v;
}

static void test_sums(void)
{
	unsigned int n;

	CHECK(ilnp6_csum_l64s(0, 0) == 0);
	for (n = 0; n < 200000; n++) {
		__be64 v[2] = { l64(), l64() };
		u16 a = rnd(), b = rnd(), s = sum_octets((u8 *)v, 16);

		CHECK(same(ilnp6_csum_l64s(v[0], v[1]), s));
		CHECK(same(ilnp6_csum_l64s(v[1], v[0]), s));
		CHECK(same(ilnp6_csum_add(a, b), ilnp6_csum_add(b, a)));
		CHECK(same(ilnp6_csum_sub(ilnp6_csum_add(a, b), b), a));
		CHECK(same(ilnp6_csum_sub(a, a), 0));
		if (failures > 10)
			return;
	}
	CHECK(ilnp6_csum_add(0xffff, 1) == 1);
	CHECK(ilnp6_csum_add(0x8000, 0x8000) == 1);
}

/*
 * A whole packet: rewrite both L64s, apply the difference, compare with a
 * checksum made anew; then back again.
 */
static void test_rewrite(void)
{
	unsigned int n, i;

	for (n = 0; n < 50000; n++) {
		u8 pkt[64];	/* two addresses, then a segment */
		__be64 from[2], to[2] = { l64(), l64() };
		u16 check, want, got, old, new;

		for (i = 0; i < sizeof(pkt); i++)
			pkt[i] = rnd();
		memcpy(&from[0], pkt, 8);
		memcpy(&from[1], pkt + 16, 8);
		memset(pkt + 48, 0, 2);
		check = ~sum_octets(pkt, sizeof(pkt));
		old = ilnp6_csum_l64s(from[0], from[1]);
		new = ilnp6_csum_l64s(to[0], to[1]);

		memcpy(pkt, &to[0], 8);
		memcpy(pkt + 16, &to[1], 8);
		want = ~sum_octets(pkt, sizeof(pkt));
		got = ilnp6_csum_apply(check, ilnp6_csum_sub(new, old), false);
		CHECK(same(got, want));
		memcpy(pkt + 48, &got, 2);
		CHECK(sum_octets(pkt, sizeof(pkt)) == 0xffff);
		CHECK(same(ilnp6_csum_apply(got, ilnp6_csum_sub(old, new),
					    false), check));

		/* unfinished: the field is the pseudo-header's own sum */
		got = ilnp6_csum_apply(old, ilnp6_csum_sub(new, old), true);
		CHECK(same(got, new));

		/* nid mode: the L64s leave the sum */
		memset(pkt, 0, 8);
		memset(pkt + 16, 0, 8);
		memset(pkt + 48, 0, 2);
		want = ~sum_octets(pkt, sizeof(pkt));
		got = ilnp6_csum_apply(check, ilnp6_csum_sub(0, old), false);
		CHECK(same(got, want));
		if (failures > 10)
			return;
	}
}

/* --- lu_msg.c ------------------------------------------------------------ */

static int lu_check(const u8 *msg, size_t len)
{
	u8 *exact = copy(msg, len);
	int ret = ilnp6_lu_check(exact, len);

	free(exact);
	return ret;
}

static void test_lu_octets(void)
{
	/* RFC 6743 section 2, field by field */
	static const u8 want[] = {
		156, 0, 0, 0, 2, 1, 0, 0,
		0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0x12, 0x34, 0x01, 0x02,
		0x20, 0x01, 0x0d, 0xb8, 0, 3, 0, 4, 0, 0, 0xff, 0xff,
	};
	struct ilnp6_lu_entry e[2], back;
	u8 *msg = malloc(sizeof(want));

	memcpy(&e[0].l64, want + 8, 8);
	e[0].preference = 0x1234;
	e[0].lifetime = 0x0102;
	memcpy(&e[1].l64, want + 20, 8);
	e[1].preference = 0;
	e[1].lifetime = 0xffff;
	memset(msg, 0xee, sizeof(want));
	CHECK(ilnp6_lu_build(msg, sizeof(want), ILNP6_LU_OP_ADV, e, 2) ==
	      sizeof(want));
	CHECK(!memcmp(msg, want, sizeof(want)));
	CHECK(lu_check(msg, sizeof(want)) == 2);
	ilnp6_lu_entry_read(msg, 1, &back);
	CHECK(back.l64 == e[1].l64 && back.preference == 0 &&
	      back.lifetime == 0xffff);
	CHECK(!ilnp6_lu_build(msg, sizeof(want) - 1, 1, e, 2));
	CHECK(!ilnp6_lu_build(msg, sizeof(want), 1, e, 0));
	CHECK(!ilnp6_lu_build(msg, sizeof(want), 1, e, 256));
	free(msg);
}

static void test_lu_check(void)
{
	u8 msg[8 + 256 * 12 + 1] = { 156 };
	unsigned int n, len, v;

	for (n = 0; n < 256; n++) {
		msg[4] = n;
		msg[5] = n % 2 ? ILNP6_LU_OP_ADV : ILNP6_LU_OP_ACK;
		len = 8 + n * 12;
		CHECK(lu_check(msg, len) == (n ? (int)n : -ENODATA));
		if (n) {
			CHECK(lu_check(msg, len - 1) == -EMSGSIZE);
			CHECK(lu_check(msg, len + 1) == -EMSGSIZE);
			CHECK(lu_check(msg, len + 12) == -EMSGSIZE);
			CHECK(lu_check(msg, 8) == -EMSGSIZE);
		}
	}
	msg[4] = 1;
	for (v = 0; v < 256; v++) {
		msg[5] = v;
		CHECK(lu_check(msg, 20) ==
		      (v == 1 || v == 2 ? 1 : -EOPNOTSUPP));
	}
	msg[5] = 1;
	for (v = 1; v < 256; v++) {
		msg[1] = v;
		CHECK(lu_check(msg, 20) == -EPROTO);
	}
	msg[1] = 0;
	msg[6] = msg[7] = 0xff;		/* RESERVED is ignored */
	CHECK(lu_check(msg, 20) == 1);
	for (len = 0; len < 8; len++)
		CHECK(lu_check(msg, len) < 0);
}

static void test_lu_random(void)
{
	struct ilnp6_lu_entry e[ILNP6_LU_MAX], back;
	u8 buf[8 + 12 * ILNP6_LU_MAX];
	unsigned int i, n, round;

	for (round = 0; round < 3000; round++) {
		size_t len;
		u8 *msg;

		n = 1 + rnd() % ILNP6_LU_MAX;
		for (i = 0; i < n; i++) {
			e[i].l64 = l64();
			e[i].preference = rnd();
			e[i].lifetime = rnd();
		}
		len = ilnp6_lu_build(buf, sizeof(buf), 1 + rnd() % 2, e, n);
		CHECK(len == 8 + 12 * n);
		msg = copy(buf, len);
		CHECK(ilnp6_lu_check(msg, len) == (int)n);
		for (i = 0; i < n; i++) {
			ilnp6_lu_entry_read(msg, i, &back);
			CHECK(back.l64 == e[i].l64 &&
			      back.preference == e[i].preference &&
			      back.lifetime == e[i].lifetime);
		}
		free(msg);
	}
	/* Whatever is accepted can be read to its end. */
	for (round = 0; round < 300000; round++) {
		size_t len = rnd() % 64;
		u8 *msg;
		int ret;

		for (i = 0; i < len; i++)
			buf[i] = rnd() % 3 ? rnd() % 5 : rnd();
		msg = copy(buf, len);
		ret = ilnp6_lu_check(msg, len);
		for (i = 0; ret > 0 && i < (unsigned int)ret; i++)
			ilnp6_lu_entry_read(msg, i, &back);
		free(msg);
	}
}

/* ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*func)(void);
} tests[] = {
	{ "nonce: what a header holds", test_walk },
	{ "nonce: random headers", test_walk_random },
	{ "nonce: octets built", test_build },
	{ "nonce: comparison", test_equal },
	{ "checksum: sums", test_sums },
	{ "checksum: rewriting a packet", test_rewrite },
	{ "locator update: octets", test_lu_octets },
	{ "locator update: each reason to refuse", test_lu_check },
	{ "locator update: random messages", test_lu_random },
};

int main(void)
{
	unsigned int i, before, n = sizeof(tests) / sizeof(*tests);

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	for (i = 0; i < n; i++) {
		current = tests[i].name;
		before = failures;
		tests[i].func();
		printf("%sok %u %s\n", failures == before ? "" : "not ", i + 1,
		       current);
	}
	return failures ? 1 : 0;
}
