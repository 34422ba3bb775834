// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a virtual clock honest while a guest waits for its 9p shares.
 *
 * With QEMU's -icount sleep=off the clock of an idle guest jumps to its next
 * timer, at once. A guest that waits for the host to answer a 9p request is
 * idle, and its next timer may be minutes away: a test's deadline then passes
 * because a file was read. So as long as a request is under way, a timer
 * ticks here, and no jump is longer than one tick.
 */

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/version.h>

#define TICK_NS		20000

static atomic_t requests = ATOMIC_INIT(0);
static struct hrtimer timer;

static enum hrtimer_restart tick(struct hrtimer *t)
{
	if (!atomic_read(&requests))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, ns_to_ktime(TICK_NS));
	return HRTIMER_RESTART;
}

static int request_begins(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	atomic_inc(&requests);
	if (!hrtimer_active(&timer))
		hrtimer_start(&timer, ns_to_ktime(TICK_NS), HRTIMER_MODE_REL);
	return 0;
}

static int request_ends(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	atomic_dec(&requests);
	return 0;
}

/* Every request but reads and writes without a copy, which have their own. */
static struct kretprobe probes[] = {
	{
		.kp.symbol_name = "p9_client_rpc",
		.entry_handler = request_begins,
		.handler = request_ends,
		.maxactive = 128,
	},
	{
		.kp.symbol_name = "p9_client_zc_rpc.constprop.0",
		.entry_handler = request_begins,
		.handler = request_ends,
		.maxactive = 128,
	},
};

static int __init p9_clock_init(void)
{
	int err;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = tick;
#else
	hrtimer_setup(&timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#endif
	err = register_kretprobe(&probes[0]);
	if (err)
		return err;
	err = register_kretprobe(&probes[1]);
	if (err == -ENOENT) {
		probes[1].kp.symbol_name = "p9_client_zc_rpc";
		probes[1].kp.addr = NULL;
		err = register_kretprobe(&probes[1]);
	}
	if (err)
		unregister_kretprobe(&probes[0]);
	return err;
}
module_init(p9_clock_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Bounds virtual-clock jumps while 9p requests are under way");
/* Part of the guest's machinery, not of what is tested: no taint line. */
MODULE_INFO(intree, "Y");
