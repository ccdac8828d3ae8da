# SPDX-License-Identifier: Apache-2.0
# Flags are probed, so that an old or unusual compiler builds without them rather than not at all.

# MUSTER_CFLAG(VARIABLE, FLAG): appends FLAG to VARIABLE when the compiler takes it.
AC_DEFUN([MUSTER_CFLAG], [
	AS_VAR_PUSHDEF([cache], [AS_TR_SH([muster_cv_cflag_$2])])
	AC_CACHE_CHECK([whether $CC takes $2], [cache], [
		muster_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$muster_save_CFLAGS])
	AS_VAR_IF([cache], [yes], [$1="$$1 $2"])
	AS_VAR_POPDEF([cache])
])

AC_DEFUN([MUSTER_HARDENING], [
	WARN_CFLAGS=
	HARDEN_CFLAGS=
	HARDEN_LDFLAGS=
	m4_foreach_w([flag], [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wnull-dereference],
		[MUSTER_CFLAG([WARN_CFLAGS], m4_quote(flag))])
	m4_foreach_w([flag], [-fstack-protector-strong -fstack-clash-protection -fcf-protection
		-fno-strict-aliasing -ftrivial-auto-var-init=zero -fPIE -ffunction-sections
		-fdata-sections], [MUSTER_CFLAG([HARDEN_CFLAGS], m4_quote(flag))])
	AS_CASE([" $CFLAGS "], [*" -O0 "*], [],
		[HARDEN_CFLAGS="$HARDEN_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
	m4_foreach([flag], [[-pie], [-Wl,-z,relro], [-Wl,-z,now], [-Wl,-z,noexecstack],
		[-Wl,--as-needed], [-Wl,--gc-sections]],
		[MUSTER_CFLAG([HARDEN_LDFLAGS], [flag])])
	AC_SUBST([WARN_CFLAGS])
	AC_SUBST([HARDEN_CFLAGS])
	AC_SUBST([HARDEN_LDFLAGS])
])

# --enable-sanitizers: AddressSanitizer and UndefinedBehaviorSanitizer, every finding fatal.
AC_DEFUN([MUSTER_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers], [build with ASan and UBSan])])
	AS_IF([test "x$enable_sanitizers" = xyes], [
		HARDEN_CFLAGS="-fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
		HARDEN_LDFLAGS="-fsanitize=address,undefined"])
	AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])
])

# MUSTER_DIR(NAME, WHAT, DEFAULT): --with-NAME=DIR
AC_DEFUN([MUSTER_DIR], [
	AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=DIR], [where to install $2])],
		[$1=$withval], [$1=$3])
	AC_SUBST([$1])
])
