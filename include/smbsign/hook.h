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
 * struct smbsign_callee - a function of the target that glue calls directly
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
 * @ops: the redirection; its address never changes while registered
 * @site: address of the ftrace call in the function, 0 while not placed
 *
 * All but @original and @replacement is owned by hook.c and protected by the
 * target's attach lock.
 */
struct smbsign_hook {
	struct smbsign_callee original;
	void *replacement;
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

#define SMBSIGN_CALLEE_INIT(_func, _module, _name, _optional) {		\
	.func = #_func,							\
	.module = _module,						\
	.key = &STATIC_CALL_KEY(_name),					\
	.tramp = STATIC_CALL_TRAMP_ADDR(_name),				\
	.optional = _optional,						\
}

#define __SMBSIGN_DEFINE_HOOK(_func, _module, _optional)			\
	DEFINE_STATIC_CALL_NULL(smbsign_original_##_func, hook_##_func);	\
	struct smbsign_hook smbsign_hook_##_func = {			\
		.original = SMBSIGN_CALLEE_INIT(_func, _module,		\
						smbsign_original_##_func, \
						_optional),		\
		.replacement = hook_##_func,				\
	}

/*
 * Declare, before hook_@_func(), the static call by which that replacement
 * reaches the original; both have the replacement's prototype.
 */
#define SMBSIGN_DECLARE_ORIGINAL(_func)					\
	DECLARE_STATIC_CALL(smbsign_original_##_func, hook_##_func)

/* Define, after hook_@_func(), the hook that goes into the target's table. */
#define SMBSIGN_DEFINE_HOOK(_func) __SMBSIGN_DEFINE_HOOK(_func, NULL, false)

/* The same for a function that not every kernel has. */
#define SMBSIGN_DEFINE_OPTIONAL_HOOK(_func)				\
	__SMBSIGN_DEFINE_HOOK(_func, NULL, true)

/* The same for a function of the module @_module, a string. */
#define SMBSIGN_DEFINE_OPTIONAL_HOOK_IN(_module, _func)			\
	__SMBSIGN_DEFINE_HOOK(_func, _module, true)

/*
 * Define a call to the target's function @_func, whose type is @_proto or that
 * of the function @_proto; and declare it for other files.
 */
#define SMBSIGN_DEFINE_CALLEE(_func, _proto)				\
	DEFINE_STATIC_CALL_NULL(smbsign_call_##_func, *(typeof(_proto) *)NULL);	\
	struct smbsign_callee smbsign_callee_##_func =			\
		SMBSIGN_CALLEE_INIT(_func, NULL, smbsign_call_##_func, false)

#define SMBSIGN_DECLARE_CALLEE(_func, _proto)				\
	DECLARE_STATIC_CALL(smbsign_call_##_func, *(typeof(_proto) *)NULL);	\
	extern struct smbsign_callee smbsign_callee_##_func

/* Call the original of a hooked function from its replacement. */
#define smbsign_original(_func) static_call(smbsign_original_##_func)

/* Call a function of the target. */
#define smbsign_call(_func) static_call(smbsign_call_##_func)

int smbsign_hook_resolve(const char *module, struct smbsign_hook *const *hooks,
			 char *why, size_t why_len);
int smbsign_hook_resolve_callees(const char *module,
				 struct smbsign_callee *const *callees,
				 char *why, size_t why_len);
int smbsign_hook_place(struct smbsign_hook *const *hooks, char *why,
		       size_t why_len);
void smbsign_hook_remove(struct smbsign_hook *const *hooks);
int smbsign_result_place(const char *module,
			 struct smbsign_result *const *results, char *why,
			 size_t why_len);
void smbsign_result_remove(struct smbsign_result *const *results);
int smbsign_hook_init(void);

#endif /* SMBSIGN_HOOK_H */
