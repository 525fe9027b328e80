// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of the two wires, as module parameters: zc0_ ones are for the frames that zc0 sends, zc1_ ones for those of zc1.
 *
 *   zc0_drop_every=40         every 40th frame is lost; 0: none
 *   zc0_drop_frames=3,7,9     and these; empty: none
 *   …_reorder_…               the next frame overtakes it
 *   …_duplicate_…             it arrives twice
 *
 * Only TCP frames are numbered, from 1, so that a number means the same whatever ARP and neighbour discovery do. Writing
 * any parameter of a wire (/sys/module/zcnic/parameters) restarts its numbers.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "zcnic.h"

/* Parameters are set before anything else of the module runs. */
struct zc_wire zc_wires[ZC_NICS] = {
	{ .lock = __SPIN_LOCK_UNLOCKED(zc_wires[0].lock) },
	{ .lock = __SPIN_LOCK_UNLOCKED(zc_wires[1].lock) },
};

void zc_wires_init(void)
{
	u32 i;

	for (i = 0; i < ZC_NICS; i++)
		hrtimer_setup(&zc_wires[i].release, zc_wire_release, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
}

static bool zc_fault_hits(const struct zc_fault *fault, u64 number)
{
	u32 i;

	if (fault->every && number % fault->every == 0)
		return true;
	for (i = 0; i < fault->listed; i++) {
		if (fault->frames[i] == number)
			return true;
	}
	return false;
}

/* Bits by enum zc_fault_kind. The caller holds the wire's lock. */
u32 zc_faults_of(const struct zc_wire *wire, u64 number)
{
	u32 kind, bits = 0;

	for (kind = 0; kind < ZC_FAULTS; kind++) {
		if (zc_fault_hits(&wire->faults[kind], number))
			bits |= BIT(kind);
	}
	return bits;
}

struct zc_fault_param {
	u32 wire;
	enum zc_fault_kind kind;
};

static void zc_fault_set(const struct zc_fault_param *p, const struct zc_fault *fault)
{
	struct zc_wire *wire = &zc_wires[p->wire];

	spin_lock_bh(&wire->lock);
	wire->faults[p->kind] = *fault;
	wire->number = 0;
	spin_unlock_bh(&wire->lock);
}

static struct zc_fault zc_fault_get(const struct zc_fault_param *p)
{
	struct zc_fault fault;

	spin_lock_bh(&zc_wires[p->wire].lock);
	fault = zc_wires[p->wire].faults[p->kind];
	spin_unlock_bh(&zc_wires[p->wire].lock);
	return fault;
}

static int zc_every_set(const char *value, const struct kernel_param *kp)
{
	struct zc_fault fault = zc_fault_get(kp->arg);
	int err = kstrtou32(value, 0, &fault.every);

	if (!err)
		zc_fault_set(kp->arg, &fault);
	return err;
}

static int zc_every_get(char *buffer, const struct kernel_param *kp)
{
	struct zc_fault fault = zc_fault_get(kp->arg);

	return sysfs_emit(buffer, "%u\n", fault.every);
}

static int zc_frames_set(const char *value, const struct kernel_param *kp)
{
	struct zc_fault fault = zc_fault_get(kp->arg);
	int numbers[ARRAY_SIZE(fault.frames) + 1];
	const char *end;
	u32 i;

	value = skip_spaces(value);
	fault.listed = 0;
	if (*value) {
		end = get_options(value, ARRAY_SIZE(numbers), numbers);
		if (*skip_spaces(end))
			return -EINVAL;
		for (i = 0; i < numbers[0]; i++) {
			if (numbers[i + 1] <= 0)
				return -EINVAL;
			fault.frames[fault.listed++] = numbers[i + 1];
		}
	}
	zc_fault_set(kp->arg, &fault);
	return 0;
}

static int zc_frames_get(char *buffer, const struct kernel_param *kp)
{
	struct zc_fault fault = zc_fault_get(kp->arg);
	int len = 0;
	u32 i;

	for (i = 0; i < fault.listed; i++)
		len += sysfs_emit_at(buffer, len, "%s%u", i ? "," : "", fault.frames[i]);
	return len + sysfs_emit_at(buffer, len, "\n");
}

static const struct kernel_param_ops zc_every_ops = { .set = zc_every_set, .get = zc_every_get };
static const struct kernel_param_ops zc_frames_ops = { .set = zc_frames_set, .get = zc_frames_get };

#define ZC_FAULT_PARAMS(id, verb, which, text)									\
	static struct zc_fault_param zc##id##_##verb = { .wire = id, .kind = which };				\
	module_param_cb(zc##id##_##verb##_every, &zc_every_ops, &zc##id##_##verb, 0644);			\
	MODULE_PARM_DESC(zc##id##_##verb##_every, "every Nth TCP frame that zc" #id " sends " text "; 0: none");	\
	module_param_cb(zc##id##_##verb##_frames, &zc_frames_ops, &zc##id##_##verb, 0644);			\
	MODULE_PARM_DESC(zc##id##_##verb##_frames, "TCP frames that zc" #id " sends, by number from 1, that " text)

ZC_FAULT_PARAMS(0, drop, ZC_DROP, "are lost");
ZC_FAULT_PARAMS(0, reorder, ZC_REORDER, "the next one overtakes");
ZC_FAULT_PARAMS(0, duplicate, ZC_DUPLICATE, "arrive twice");
ZC_FAULT_PARAMS(1, drop, ZC_DROP, "are lost");
ZC_FAULT_PARAMS(1, reorder, ZC_REORDER, "the next one overtakes");
ZC_FAULT_PARAMS(1, duplicate, ZC_DUPLICATE, "arrive twice");
