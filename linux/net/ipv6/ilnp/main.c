// SPDX-License-Identifier: GPL-2.0-only
/*
 * ILNPv6 (RFC 6740-6744): life of the module and of each network namespace's
 * ILCC, and its sysctls. Everything else is in the file named after it.
 */
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sysctl.h>

#include "ilnp6.h"

unsigned int ilnp6_net_id __read_mostly;

static const struct {
	const char *name;
	size_t off;
	unsigned int def;
} knobs[] = {
#define KNOB(name, def) { #name, offsetof(struct ilnp6_config, name), def }
	KNOB(max_correspondents, 65536),
	KNOB(max_sessions, 65536),
	KNOB(max_tentative, 1024),
	KNOB(max_flows, 8192),
	KNOB(tentative_timeout, 10),
	KNOB(session_idle_timeout, 0),
	KNOB(fallback_timeout, 600),
	KNOB(lu_rate, 1000),
#undef KNOB
};

static unsigned int *knob(struct ilnp6_net *in, unsigned int i)
{
	return (unsigned int *)((u8 *)&in->cfg + knobs[i].off);
}

static int sysctl_net_init(struct ilnp6_net *in)
{
	struct ctl_table *t;
	unsigned int i;

	/* One more, empty: older kernels look for the end */
	t = kcalloc(ARRAY_SIZE(knobs) + 1, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		*knob(in, i) = knobs[i].def;
		t[i].procname = knobs[i].name;
		t[i].data = knob(in, i);
		t[i].maxlen = sizeof(unsigned int);
		t[i].mode = 0644;
		t[i].proc_handler = proc_douintvec;
	}
	in->sysctl = compat_register_net_sysctl(in->net, "net/ipv6/ilnp", t,
						ARRAY_SIZE(knobs));
	if (!in->sysctl) {
		kfree(t);
		return -ENOMEM;
	}
	in->sysctl_table = t;
	return 0;
}

static void sysctl_net_exit(struct ilnp6_net *in)
{
	unregister_net_sysctl_table(in->sysctl);
	kfree(in->sysctl_table);
}

static int __net_init ilnp6_net_init(struct net *net)
{
	struct ilnp6_net *in = ilnp6_pernet(net);
	int err;

	in->net = net;
	mutex_init(&in->mutex);
	in->cfg.checksum = ILNP6_CHECKSUM_IPV6;
	in->cfg.nonce_len = ILNP6_NONCE_LONG;
	in->cfg.learn = true;
	in->cfg.sched = ilnp6_sched_find(NULL);
	ratelimit_state_init(&in->event_rs, HZ, 10);
	ratelimit_set_flags(&in->event_rs, RATELIMIT_MSG_ON_RELEASE);
	in->mib = alloc_percpu(struct ilnp6_mib);
	if (!in->mib)
		return -ENOMEM;
	ilnp6_session_net_init(in);
	ilnp6_path_net_init(in);
	ilnp6_lu_net_init(in);
	ilnp6_live_net_init(in);
	ilnp6_wake_net_init(in);
	ilnp6_output_net_init(in);
	ilnp6_label_net_init(in);
	err = ilnp6_corr_net_init(in);
	if (err)
		goto err_mib;
	err = sysctl_net_init(in);
	if (err)
		goto err_corr;
	err = ilnp6_local_net_init(in);
	if (err)
		goto err_sysctl;
	return 0;

err_sysctl:
	sysctl_net_exit(in);
err_corr:
	ilnp6_corr_net_exit(in);
err_mib:
	free_percpu(in->mib);
	return err;
}

/* Nothing finds us through hooks, sockets or work after this */
static void __net_exit ilnp6_net_pre_exit(struct net *net)
{
	struct ilnp6_net *in = ilnp6_pernet(net);

	WRITE_ONCE(in->exiting, true);
	ilnp6_local_net_pre_exit(in);
	ilnp6_label_net_pre_exit(in);
	ilnp6_output_net_pre_exit(in);
}

static void __net_exit ilnp6_net_exit(struct net *net)
{
	struct ilnp6_net *in = ilnp6_pernet(net);

	ilnp6_session_net_exit(in);
	ilnp6_path_net_exit(in);
	ilnp6_live_net_exit(in);
	ilnp6_lu_net_exit(in);
	ilnp6_wake_net_exit(in);
	ilnp6_corr_net_exit(in);
	ilnp6_local_net_exit(in);
	ilnp6_label_net_exit(in);
	sysctl_net_exit(in);
	/* Sessions go by call_rcu() and may look at the counters */
	rcu_barrier();
	kvfree(in->tcp_ts);
	free_percpu(in->mib);
}

static struct pernet_operations ilnp6_net_ops = {
	.init		= ilnp6_net_init,
	.pre_exit	= ilnp6_net_pre_exit,
	.exit		= ilnp6_net_exit,
	.id		= &ilnp6_net_id,
	.size		= sizeof(struct ilnp6_net),
};

static int __init ilnp6_init(void)
{
	int err;

	/* NIDs and nonces are no good before the generator is seeded */
	err = wait_for_random_bytes();
	if (err)
		return err;
	err = ilnp6_tcp_init();
	if (err)
		return err;
	err = register_pernet_subsys(&ilnp6_net_ops);
	if (err)
		goto err_tcp;
	err = ilnp6_local_init();
	if (err)
		goto err_net;
	err = ilnp6_netlink_init();
	if (err)
		goto err_local;
	err = ilnp6_kfunc_init();
	if (err)
		goto err_netlink;
	err = ilnp6_gro_init();
	if (err)
		goto err_netlink;
	err = ilnp6_input_init();
	if (err)
		goto err_gro;
	return 0;

err_gro:
	ilnp6_gro_exit();
err_netlink:
	ilnp6_netlink_exit();
err_local:
	ilnp6_local_exit();
err_net:
	unregister_pernet_subsys(&ilnp6_net_ops);
err_tcp:
	ilnp6_tcp_exit();
	rcu_barrier();
	return err;
}

static void __exit ilnp6_exit(void)
{
	ilnp6_input_exit();
	ilnp6_gro_exit();
	ilnp6_netlink_exit();
	ilnp6_local_exit();
	unregister_pernet_subsys(&ilnp6_net_ops);
	ilnp6_tcp_exit();
	/* Callbacks of call_rcu() are in our text */
	rcu_barrier();
}

module_init(ilnp6_init);
module_exit(ilnp6_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Identifier-Locator Network Protocol for IPv6 (RFC 6740-6744)");
