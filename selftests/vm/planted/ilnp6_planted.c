// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with one fault of each kind that the harness has to notice:
 * insmod ilnp6_planted.ko fault=KIND. Part of no build but harness.sh's.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static char *fault = "none";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "none, warn, oops, panic, leak, inversion or uaf");

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(other);

/* Never deadlocks: only lockdep sees that both orders exist. */
static void invert(void)
{
	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);

	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
}

static noinline void use_after_free(void)
{
	u8 *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[8], READ_ONCE(p[8]) + 1);
}

/* More than one: a stale pointer in a register may hide the last. */
static noinline void leak(void)
{
	void *p;
	int i;

	for (i = 0; i < 16; i++) {
		p = kmalloc(96, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
}

static int __init planted_init(void)
{
	if (!strcmp(fault, "warn"))
		WARN_ON(1);
	else if (!strcmp(fault, "oops"))
		*(volatile int *)8 = 1;
	else if (!strcmp(fault, "panic"))
		panic("planted");
	else if (!strcmp(fault, "leak"))
		leak();
	else if (!strcmp(fault, "inversion"))
		invert();
	else if (!strcmp(fault, "uaf"))
		use_after_free();
	return 0;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("Faults for the test harness to notice");
MODULE_LICENSE("GPL");
