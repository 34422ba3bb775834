#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: timeout=600
#
# +------------------------------------------------------------------------+
# | Proves that gcc and clang with the kernel's W=1 warnings, and sparse,  |
# | have nothing to say about the module.                                  |
# +------------------------------------------------------------------------+

. "$(dirname "$0")/static.bash"

# One build serves all three: gcc compiles, sparse runs beside it, clang goes
# through gcc's command lines afterwards.
build_once()
{
	local kdir

	[ ! -e "$BUILT/rc" ] || return 0
	kdir=$(kernel_dir)
	[ -n "$kdir" ] || die "no kernel headers"
	mkdir -p "$BUILT/tree"
	cp -r "$TREE/Kbuild" "$TREE/linux" "$BUILT/tree/"
	find "$BUILT/tree" \( -name '*.o' -o -name '.*.cmd' \) -delete
	cat >"$BUILT/check" <<-SPARSE
		#!/bin/bash
		# In one piece: several run at once.
		said=\$(sparse "\$@" 2>&1) || :
		[ -z "\$said" ] || printf '%s\n' "\$said" >>"$BUILT/sparse.log"
	SPARSE
	chmod +x "$BUILT/check"
	make -C "$kdir" M="$BUILT/tree" W=1 C=2 CHECK="$BUILT/check" \
		-j"$(nproc)" modules >"$BUILT/make.log" 2>&1
	echo $? >"$BUILT/rc"
}

t_gcc()
{
	build_once
	equal "status of make W=1" 0 "$(cat "$BUILT/rc")" ||
		note "$(tail -n 20 "$BUILT/make.log")"
	# A headers package has no vmlinux on some releases, and says so.
	grep -E -A 6 '(warning|error):' "$BUILT/make.log" |
		grep -v -e 'compiler differs' -e 'Skipping BTF generation' \
			>"$WORK/gcc"
	clean "gcc W=1" "$WORK/gcc"
}

t_sparse()
{
	need_tool sparse
	build_once
	touch "$BUILT/sparse.log"
	# Programs find a kfunc by BTF, nobody by a declaration.
	sed "s|$BUILT/tree/||g" "$BUILT/sparse.log" | grep -E '^linux/' |
		grep -v "symbol 'bpf_ilnp6_.*' was not declared" \
			>"$WORK/sparse"
	clean "sparse" "$WORK/sparse"
}

# What only gcc knows. Warnings of the one are ignored by the other.
gcc_only='^(-mpreferred-stack-boundary=.*|-mrecord-mcount|-mindirect-branch.*'
gcc_only+='|-mfunction-return=.*|-fno-allow-store-data-races|-fconserve-stack'
gcc_only+='|-fmin-function-alignment=.*|-fstack-check=no|-fno-var-tracking.*'
gcc_only+='|-falign-jumps=.*|-falign-loops=.*|-imultiarch|--param=.*'
gcc_only+='|-fsanitize=.*|-fasan-.*|-femit-struct-debug-.*|-fplugin.*'
gcc_only+='|-fzero-call-used-regs=.*|-fno-ipa-.*|-fno-builtin-wcs.*'
gcc_only+='|-fno-reorder-blocks.*|-fno-tree-.*|-Wp,-MMD,.*|-mharden-sls=.*'
gcc_only+='|-mskip-rax-setup|-DCC_USING_FENTRY|-c|-o|[^ ]*\.o)$'

# What the kernel's W=1 asks of clang, and what it never asks.
clang_w1=(-Wall -Wextra -Wunused -Wmissing-format-attribute
	-Wmissing-declarations -Wmissing-prototypes -Wold-style-definition
	-Wunused-const-variable -Wunused-but-set-variable
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
	-Wno-gnu -Wno-unknown-warning-option -Wno-type-limits
	-Wno-shift-negative-value -Wno-address-of-packed-member
	-Wno-initializer-overrides -Wno-cast-function-type-strict
	-Wno-pointer-sign)

# clang_flags CMD-FILE: gcc's, one a line, for clang
clang_flags()
{
	sed -n 's/^\(saved\)\?cmd_[^ ]* :=  *[^ ]*gcc[^ ]* //p' "$1" |
		sed 's/ ; .*//' | xargs -n 1 | grep -Ev "$gcc_only"
}

t_clang()
{
	local kdir cmd flags=() file

	need_tool clang
	build_once
	kdir=$(kernel_dir)
	for cmd in "$BUILT"/tree/linux/net/ipv6/ilnp/.*.o.cmd; do
		mapfile -t flags < <(clang_flags "$cmd")
		file=${flags[-1]}
		[[ $file == *.c ]] || continue
		echo "$file" >>"$WORK/compiled"
		(cd "$kdir" && clang "${flags[@]:0:${#flags[@]}-1}" \
			"${clang_w1[@]}" -Qunused-arguments -fsyntax-only \
			"$file") 2>&1
	done | grep -E -A 5 '(^clang|/tree/).*(warning|error):' \
		>"$WORK/clang"
	clean "clang W=1" "$WORK/clang"
	equal "files compiled" \
		"$(find "$BUILT/tree/linux/net" -name '*.c' | wc -l)" \
		"$(wc -l <"$WORK/compiled")"
}

BUILT=$(mktemp -d "${TMPDIR:-/tmp}/ilnp-compile.XXXXXX")
subtest "gcc" t_gcc
subtest "sparse" t_sparse
subtest "clang" t_clang
(run_subtests "$@")
rc=$?
rm -rf "$BUILT"
exit $rc
