// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of a namespace: per CPU and only ever rising; a reset moves the
 * point from which they are shown.
 */
#include "ilnp6.h"

static const char * const names[__ILNP6_STAT_MAX] = {
	[ILNP6_STAT_TX_PACKETS]		= "tx-packets",
	[ILNP6_STAT_TX_REWRITTEN]	= "tx-rewritten",
	[ILNP6_STAT_TX_NO_PATH]		= "tx-no-path",
	[ILNP6_STAT_TX_NO_MEM]		= "tx-no-mem",
	[ILNP6_STAT_TX_FLOW_PLAIN]	= "tx-flow-plain",
	[ILNP6_STAT_RX_PACKETS]		= "rx-packets",
	[ILNP6_STAT_RX_NO_NONCE]	= "rx-no-nonce",
	[ILNP6_STAT_RX_NONCE_WRONG]	= "rx-nonce-wrong",
	[ILNP6_STAT_RX_NONCE_MISSING]	= "rx-nonce-missing",
	[ILNP6_STAT_RX_NONCE_DOUBLE]	= "rx-nonce-double",
	[ILNP6_STAT_RX_NONCE_LENGTH]	= "rx-nonce-length",
	[ILNP6_STAT_RX_NONCE_MISPLACED]	= "rx-nonce-misplaced",
	[ILNP6_STAT_RX_TRUNCATED]	= "rx-truncated",
	[ILNP6_STAT_RX_MULTICAST]	= "rx-multicast",
	[ILNP6_STAT_RX_NOT_FIRST]	= "rx-not-first",
	[ILNP6_STAT_RX_TENTATIVE_FULL]	= "rx-tentative-full",
	[ILNP6_STAT_RX_L64_INVALID]	= "rx-l64-invalid",
	[ILNP6_STAT_RX_CSUM]		= "rx-csum",
	[ILNP6_STAT_SESSION_NEW]	= "session-new",
	[ILNP6_STAT_SESSION_PROVEN]	= "session-proven",
	[ILNP6_STAT_SESSION_EXPIRED]	= "session-expired",
	[ILNP6_STAT_FALLBACK]		= "fallback",
	[ILNP6_STAT_ICMP_TRANSLATED]	= "icmp-translated",
	[ILNP6_STAT_ICMP_FORGED]	= "icmp-forged",
	[ILNP6_STAT_LU_TX_ADV]		= "lu-tx-adv",
	[ILNP6_STAT_LU_TX_ACK]		= "lu-tx-ack",
	[ILNP6_STAT_LU_RX_ADV]		= "lu-rx-adv",
	[ILNP6_STAT_LU_RX_ACK]		= "lu-rx-ack",
	[ILNP6_STAT_LU_GIVEN_UP]	= "lu-given-up",
	[ILNP6_STAT_LU_NONCE]		= "lu-nonce",
	[ILNP6_STAT_LU_CSUM]		= "lu-csum",
	[ILNP6_STAT_LU_CODE]		= "lu-code",
	[ILNP6_STAT_LU_ZERO]		= "lu-zero",
	[ILNP6_STAT_LU_LENGTH]		= "lu-length",
	[ILNP6_STAT_LU_OPERATION]	= "lu-operation",
	[ILNP6_STAT_LU_UNUSABLE]	= "lu-unusable",
	[ILNP6_STAT_LU_ACK_STRAY]	= "lu-ack-stray",
	[ILNP6_STAT_LU_RATE]		= "lu-rate",
	[ILNP6_STAT_TABLE_FULL]		= "table-full",
	[ILNP6_STAT_EVENTS_SUPPRESSED]	= "events-suppressed",
	[ILNP6_STAT_TX_FLOW_REFUSED]	= "tx-flow-refused",
};

/**
 * ilnp6_mib_name - name of a counter
 * @s: which
 *
 * Return: its name in the netlink specification.
 */
const char *ilnp6_mib_name(enum ilnp6_stat s)
{
	return names[s];
}

static u64 sum(const struct ilnp6_net *in, enum ilnp6_stat s)
{
	u64 n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += READ_ONCE(per_cpu_ptr(in->mib, cpu)->c[s]);
	return n;
}

/**
 * ilnp6_mib_read - read a counter
 * @in: namespace; ilnp6_net.mutex held
 * @s: which
 *
 * Return: events since the namespace was made or the last reset.
 */
u64 ilnp6_mib_read(struct ilnp6_net *in, enum ilnp6_stat s)
{
	lockdep_assert_held(&in->mutex);
	return sum(in, s) - in->mib_base[s];
}

/**
 * ilnp6_mib_reset - let all counters begin at zero
 * @in: namespace; ilnp6_net.mutex held
 *
 * Packets are counted meanwhile, so nothing is written but the base.
 */
void ilnp6_mib_reset(struct ilnp6_net *in)
{
	unsigned int s;

	lockdep_assert_held(&in->mutex);
	for (s = 0; s < __ILNP6_STAT_MAX; s++)
		in->mib_base[s] = sum(in, s);
}
