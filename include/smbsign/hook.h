/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Redirection of functions of another module by ftrace, and direct calls to
 * functions of another module.
 */
#ifndef SMBSIGN_HOOK_H
#define SMBSIGN_HOOK_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/static_call.h>

/**
 * struct smbsign_callee - a function of the target that a half calls directly
 * @func: its name
 * @module: the module that has it, which the target needs, so that it cannot go
 *	before the target does; NULL: the target itself
 * @key: the static call that is patched to it
 * @tramp: the static call's trampoline
 * @optional: kernels without the function are all right
 *
 * A static call is a direct call: it needs no ENDBR at the callee, so it may
 * land on a function that IBT has sealed.
 */
struct smbsign_callee {
	const char *func;
	const char *module;
	struct static_call_key *key;
	void *tramp;
	bool optional;
};

/**
 * struct smbsign_hook - one function of the target that runs our code instead
 * @original: the function, as a static call that lands past its ftrace site
 * @replacement: what runs in its place; same prototype
 * @wanted: NULL; or asked at each call, in the caller's task, whether to redirect
 *	this one. May not sleep. Nothing that is enforced may rest on such a hook:
 *	copies that gcc has made of the function are not redirected
 * @ops: the redirection; its address never changes while registered
 * @site: address of the ftrace call in the function, 0 while not placed
 *
 * All but @original, @replacement and @wanted is owned by hook.c and protected by
 * the target's attach lock.
 */
struct smbsign_hook {
	struct smbsign_callee original;
	void *replacement;
	bool (*wanted)(void);
	struct ftrace_ops ops;
	unsigned long site;
};

/**
 * struct smbsign_result - a function of the target whose result is corrected
 * @func: its name in the target; it returns int
 * @arg: which of its arguments @correct wants, from 0
 * @correct: gets that argument and the result, and returns what the caller is
 *	to have; may not sleep
 * @probe: owned by hook.c and protected by the target's attach lock
 *
 * Nothing of ours is on the stack while the function runs, so that this is for
 * those that wait without end, where a hook would keep the module from being
 * unloaded. Calls may be missed: nothing that is enforced may rest on it.
 */
struct smbsign_result {
	const char *func;
	unsigned int arg;
	int (*correct)(void *arg, int result);
	struct kretprobe probe;
};

/* hook.c */
int smbsign_hook_init(void);
int smbsign_hook_resolve(const char *module, struct smbsign_hook *const *hooks,
			 char *why, size_t why_len);
int smbsign_hook_resolve_callees(const char *module,
				 struct smbsign_callee *const *callees,
				 char *why, size_t why_len);
int smbsign_hook_place(struct smbsign_hook *const *hooks, char *why,
		       size_t why_len);
int smbsign_hook_remove(struct smbsign_hook *const *hooks);
bool smbsign_hook_can_remove(void);

/* result.c */
int smbsign_result_place(const char *module,
			 struct smbsign_result *const *results, char *why,
			 size_t why_len);
void smbsign_result_remove(struct smbsign_result *const *results);

#endif /* SMBSIGN_HOOK_H */
