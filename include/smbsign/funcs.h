/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a half redirects and calls in its target: one row for each function, from
 * which all else is derived.
 */
#ifndef SMBSIGN_FUNCS_H
#define SMBSIGN_FUNCS_H

#include <smbsign/hook.h>
#include <smbsign/layout.h>

/*
 * A half names each function of its target once, in rows that SMBSIGN_LAYOUT_*
 * of layout.h take too:
 *
 *	#define SERVER_FUNCS(F)						\
 *		F(HOOK, 0, int, smb2_ioctl, (struct ksmbd_work *))	\
 *		F(CALL, 0, void, ksmbd_conn_lock, (struct ksmbd_conn *))
 *
 * The first word says what for. The order of rows is that in which hooks are
 * placed; they are removed in the opposite one.
 *
 *	HOOK		hook_smb2_ioctl() runs in its place
 *	GATE		the same; see struct smbsign_target
 *	NETFS		the same as HOOK, of a function in netfs.ko
 *	KEEPER		the same; keeps what we know of the target true, so it is
 *			placed before and removed after all others
 *	SOME		the same as KEEPER, in calls for which hook_wanted() says so
 *	CALL		our functions call it, by smbsign_call()
 *	RESULT		its result is corrected; SMBSIGN_DEFINE_RESULT()
 *
 * The prototype is that of the replacement and of smbsign_original(), which the
 * compiler checks, and, written as BTF has it, what the kernel's function has to
 * be, which layout.c checks.
 */
#define SMBSIGN_FUNCS_DECLARE(FUNCS)	FUNCS(__SMBSIGN_FUNC_DECLARE)	\
	struct smbsign_hook

#define __SMBSIGN_FUNC_DECLARE(_kind, _flags, _ret, _func, _args, ...)	\
	typedef _ret smbsign_fn_##_func _args;				\
	__SMBSIGN_DECLARE_##_kind(_func)

#define __SMBSIGN_DECLARE_HOOK(_func)					\
	smbsign_fn_##_func hook_##_func;				\
	DECLARE_STATIC_CALL(smbsign_original_##_func, hook_##_func);
#define __SMBSIGN_DECLARE_GATE(_func)	__SMBSIGN_DECLARE_HOOK(_func)
#define __SMBSIGN_DECLARE_NETFS(_func)	__SMBSIGN_DECLARE_HOOK(_func)
#define __SMBSIGN_DECLARE_KEEPER(_func)	__SMBSIGN_DECLARE_HOOK(_func)
#define __SMBSIGN_DECLARE_SOME(_func)	__SMBSIGN_DECLARE_HOOK(_func)
#define __SMBSIGN_DECLARE_CALL(_func)					\
	DECLARE_STATIC_CALL(smbsign_call_##_func,			\
			    *(smbsign_fn_##_func *)NULL);
#define __SMBSIGN_DECLARE_RESULT(_func)					\
	extern struct smbsign_result smbsign_result_##_func;

/* Define what the rows need, and the tables of a target, in one file of a half. */
#define SMBSIGN_FUNCS_DEFINE(_half, FUNCS)				\
	FUNCS(__SMBSIGN_FUNC_DEFINE)					\
	static struct smbsign_hook *const _half##_keepers[] = {		\
		FUNCS(__SMBSIGN_FUNC_IN_KEEPERS) NULL			\
	};								\
	static struct smbsign_hook *const _half##_hooks[] = {		\
		FUNCS(__SMBSIGN_FUNC_IN_HOOKS) NULL			\
	};								\
	static struct smbsign_hook *const _half##_gate[] = {		\
		FUNCS(__SMBSIGN_FUNC_IN_GATE) NULL			\
	};								\
	static struct smbsign_callee *const _half##_callees[] = {	\
		FUNCS(__SMBSIGN_FUNC_IN_CALLEES) NULL			\
	};								\
	static struct smbsign_result *const _half##_results[] = {	\
		FUNCS(__SMBSIGN_FUNC_IN_RESULTS) NULL			\
	}

#define __SMBSIGN_CALLEE_INIT(_func, _module, _name, _flags) {		\
	.func = #_func,							\
	.module = _module,						\
	.key = &STATIC_CALL_KEY(_name),					\
	.tramp = STATIC_CALL_TRAMP_ADDR(_name),				\
	.optional = (_flags) & SMBSIGN_OPTIONAL,			\
}

#define __SMBSIGN_FUNC_DEFINE(_kind, _flags, _ret, _func, _args, ...)	\
	__SMBSIGN_DEFINE_##_kind(_func, _flags)

#define __SMBSIGN_DEFINE_HOOK_IN(_func, _flags, _module, _wanted)		\
	DEFINE_STATIC_CALL_NULL(smbsign_original_##_func, hook_##_func); \
	static struct smbsign_hook smbsign_hook_##_func = {		\
		.original = __SMBSIGN_CALLEE_INIT(_func, _module,	\
			smbsign_original_##_func, _flags),		\
		.replacement = hook_##_func,				\
		.wanted = _wanted,					\
	};
#define __SMBSIGN_DEFINE_HOOK(_func, _flags)				\
	__SMBSIGN_DEFINE_HOOK_IN(_func, _flags, NULL, NULL)
#define __SMBSIGN_DEFINE_GATE(_func, _flags)				\
	__SMBSIGN_DEFINE_HOOK_IN(_func, _flags, NULL, NULL)
#define __SMBSIGN_DEFINE_KEEPER(_func, _flags)				\
	__SMBSIGN_DEFINE_HOOK_IN(_func, _flags, NULL, NULL)
#define __SMBSIGN_DEFINE_NETFS(_func, _flags)				\
	__SMBSIGN_DEFINE_HOOK_IN(_func, _flags, "netfs", NULL)
#define __SMBSIGN_DEFINE_SOME(_func, _flags)				\
	__SMBSIGN_DEFINE_HOOK_IN(_func, _flags, NULL, hook_wanted)
#define __SMBSIGN_DEFINE_CALL(_func, _flags)				\
	DEFINE_STATIC_CALL_NULL(smbsign_call_##_func,			\
				*(smbsign_fn_##_func *)NULL);		\
	static struct smbsign_callee smbsign_callee_##_func =		\
		__SMBSIGN_CALLEE_INIT(_func, NULL, smbsign_call_##_func, _flags);
#define __SMBSIGN_DEFINE_RESULT(_func, _flags)

#define __SMBSIGN_FUNC_IN_KEEPERS(_kind, _flags, _ret, _func, ...)	\
	__SMBSIGN_KEEPERS_##_kind(_func)
#define __SMBSIGN_KEEPERS_HOOK(_func)
#define __SMBSIGN_KEEPERS_NETFS(_func)
#define __SMBSIGN_KEEPERS_KEEPER(_func)	&smbsign_hook_##_func,
#define __SMBSIGN_KEEPERS_SOME(_func)	&smbsign_hook_##_func,
#define __SMBSIGN_KEEPERS_GATE(_func)
#define __SMBSIGN_KEEPERS_CALL(_func)
#define __SMBSIGN_KEEPERS_RESULT(_func)

#define __SMBSIGN_FUNC_IN_HOOKS(_kind, _flags, _ret, _func, ...)		\
	__SMBSIGN_HOOKS_##_kind(_func)
#define __SMBSIGN_HOOKS_HOOK(_func)	&smbsign_hook_##_func,
#define __SMBSIGN_HOOKS_NETFS(_func)	&smbsign_hook_##_func,
#define __SMBSIGN_HOOKS_KEEPER(_func)
#define __SMBSIGN_HOOKS_SOME(_func)
#define __SMBSIGN_HOOKS_GATE(_func)
#define __SMBSIGN_HOOKS_CALL(_func)
#define __SMBSIGN_HOOKS_RESULT(_func)

#define __SMBSIGN_FUNC_IN_GATE(_kind, _flags, _ret, _func, ...)		\
	__SMBSIGN_GATE_##_kind(_func)
#define __SMBSIGN_GATE_HOOK(_func)
#define __SMBSIGN_GATE_NETFS(_func)
#define __SMBSIGN_GATE_KEEPER(_func)
#define __SMBSIGN_GATE_SOME(_func)
#define __SMBSIGN_GATE_GATE(_func)	&smbsign_hook_##_func,
#define __SMBSIGN_GATE_CALL(_func)
#define __SMBSIGN_GATE_RESULT(_func)

#define __SMBSIGN_FUNC_IN_CALLEES(_kind, _flags, _ret, _func, ...)	\
	__SMBSIGN_CALLEES_##_kind(_func)
#define __SMBSIGN_CALLEES_HOOK(_func)
#define __SMBSIGN_CALLEES_NETFS(_func)
#define __SMBSIGN_CALLEES_KEEPER(_func)
#define __SMBSIGN_CALLEES_SOME(_func)
#define __SMBSIGN_CALLEES_GATE(_func)
#define __SMBSIGN_CALLEES_CALL(_func)	&smbsign_callee_##_func,
#define __SMBSIGN_CALLEES_RESULT(_func)

#define __SMBSIGN_FUNC_IN_RESULTS(_kind, _flags, _ret, _func, ...)	\
	__SMBSIGN_RESULTS_##_kind(_func)
#define __SMBSIGN_RESULTS_HOOK(_func)
#define __SMBSIGN_RESULTS_NETFS(_func)
#define __SMBSIGN_RESULTS_KEEPER(_func)
#define __SMBSIGN_RESULTS_SOME(_func)
#define __SMBSIGN_RESULTS_GATE(_func)
#define __SMBSIGN_RESULTS_CALL(_func)
#define __SMBSIGN_RESULTS_RESULT(_func)	&smbsign_result_##_func,

/* Define how the result of a function with a row RESULT is corrected. */
#define SMBSIGN_DEFINE_RESULT(_func, _arg, _correct)			\
	struct smbsign_result smbsign_result_##_func = {		\
		.func = #_func,						\
		.arg = _arg,						\
		.correct = _correct,					\
	}

/* Is this call, by the current task, one that a hook SOME wants? In the half. */
bool hook_wanted(void);

/* Call the original of a hooked function from its replacement. */
#define smbsign_original(_func) static_call(smbsign_original_##_func)

/* Call a function of the target. */
#define smbsign_call(_func) static_call(smbsign_call_##_func)

#endif /* SMBSIGN_FUNCS_H */
