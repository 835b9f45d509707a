// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for computations, set aside at load, so that no message allocates any.
 *
 * Two messages never share memory: a cipher may read back what it has written,
 * so another message's bytes there would end up in the signature. The lock of a
 * scratch says who owns it.
 *
 * Nobody waits for ever: the owner of a scratch waits for nothing but the owner
 * of the reserve (sg.c), and that one for nothing at all. So a task must not own
 * the scratches of two messages.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"

/* More would help only if more CPUs than that signed at the same time. */
#define SCRATCH_MAX 32u

static struct smbsign_scratch *scratches;
static unsigned int n_scratches;

static int scratch_fill(struct smbsign_scratch *scratch)
{
	mutex_init(&scratch->lock);
	scratch->data = kmalloc(SMBSIGN_SCRATCH_BYTES, GFP_KERNEL);
	scratch->list = kvcalloc(SMBSIGN_SCRATCH_ENTRIES,
				 sizeof(*scratch->list), GFP_KERNEL);
	return scratch->data && scratch->list ? 0 : -ENOMEM;
}

/**
 * smbsign_scratch_exit() - give the memory back; nobody computes any more
 */
void smbsign_scratch_exit(void)
{
	unsigned int i;

	for (i = 0; i < n_scratches; i++) {
		mutex_destroy(&scratches[i].lock);
		kfree_sensitive(scratches[i].data);
		kvfree(scratches[i].list);
	}
	kfree(scratches);
	n_scratches = 0;
}

/**
 * smbsign_scratch_init() - set memory aside
 *
 * Return: 0 or -ENOMEM
 */
int smbsign_scratch_init(void)
{
	unsigned int n = clamp(num_possible_cpus(), 2u, SCRATCH_MAX);
	int err = 0;

	scratches = kcalloc(n, sizeof(*scratches), GFP_KERNEL);
	if (!scratches)
		return -ENOMEM;
	while (!err && n_scratches < n)
		err = scratch_fill(&scratches[n_scratches++]);
	if (err)
		smbsign_scratch_exit();
	return err;
}

/* We start with this CPU's, which is in its cache and most likely free. */
static struct smbsign_scratch *scratch_get(void)
{
	unsigned int first = raw_smp_processor_id() % n_scratches;
	unsigned int at = first;

	do {
		if (mutex_trylock(&scratches[at].lock))
			return &scratches[at];
		at = (at + 1) % n_scratches;
	} while (at != first);
	mutex_lock(&scratches[at].lock);
	return &scratches[at];
}

/**
 * smbsign_sg_scratch() - let a message own memory
 * @sg: the message; it owns the memory until smbsign_sg_free()
 *
 * Process context; may sleep, for as long as others compute.
 *
 * Return: the memory; the same for each call
 */
struct smbsign_scratch *smbsign_sg_scratch(struct smbsign_sg *sg)
{
	if (!sg->scratch)
		sg->scratch = scratch_get();
	lockdep_assert_held(&sg->scratch->lock);
	return sg->scratch;
}
