#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: timeout=900
#
# +------------------------------------------------------------------------+
# | Proves that the kernel's own checkers have nothing to say about our C: |
# | checkpatch --strict, kernel-doc, and the semantic patches that the     |
# | kernel keeps for coccinelle.                                           |
# +------------------------------------------------------------------------+

. "$(dirname "$0")/static.bash"

# Kernel versions have to be asked for out of tree, and the comparison then has
# what looks like a constant on its left. Only a change of jiffies is looked
# for, never an order. Reused macro arguments are plain pointers. English is
# British here.
ignored=LINUX_VERSION_CODE,CONSTANT_COMPARISON,JIFFIES_COMPARISON
ignored+=,MACRO_ARG_REUSE,TYPO_SPELLING

# What stands in for a newer kernel's header looks as it does there, and pure
# files make the kernel's types for user space.
ignored_compat=MACRO_ARG_UNUSED,COMPLEX_MACRO
ignored_compat+=,MULTISTATEMENT_MACRO_USE_DO_WHILE,SPACING
ignored_compat+=,PREFER_KERNEL_TYPES

# For programs of BPF and user space.
ignored_programs=PREFER_KERNEL_TYPES,NEW_TYPEDEFS,AVOID_EXTERNS,VOLATILE
ignored_programs+=,PREFER_FALLTHROUGH,PREFER_DEFINED_ATTRIBUTE_MACRO,CAMELCASE
ignored_programs+=,SPLIT_STRING,ARRAY_SIZE,EMBEDDED_FUNCTION_NAME
ignored_programs+=,ASSIGN_IN_IF,MULTIPLE_ASSIGNMENTS
ignored_programs+=,TRAILING_STATEMENTS

kernel_files()
{
	tree_files '*.[ch]' | grep -E '^linux/'
}

# checkpatch IGNORED FILE...
checkpatch()
{
	local ignore=$ignored,$1

	shift
	[ $# -gt 0 ] || die "no files"
	# It leaves a file where it runs.
	ln -sfn "$TREE" "$WORK/tree"
	(cd "$WORK" && perl "$LINUX/scripts/checkpatch.pl" --no-tree --strict \
		--terse --no-summary --show-types --ignore "$ignore" \
		-f "${@/#/tree/}") 2>&1 |
		grep -v -e 'git: not found' -e '/include.: No such' \
			-e 'uninitialized value .root' >>"$WORK/checkpatch"
}

t_checkpatch()
{
	local files compat

	need_tool perl
	linux_source
	compat='^linux/compat/|/pure\.h$'
	mapfile -t files < <(kernel_files | grep -Ev "$compat")
	# One header of the kernel's has a name in mixed case.
	checkpatch CAMELCASE "${files[@]}"
	mapfile -t files < <(kernel_files | grep -E "$compat")
	checkpatch "$ignored_compat" "${files[@]}"
	clean "checkpatch --strict" "$WORK/checkpatch"
}

t_checkpatch_programs()
{
	local files

	need_tool perl
	linux_source
	mapfile -t files < <(tree_files '*.[ch]' |
		grep -E '^(bpf|selftests)/')
	checkpatch "$ignored_programs" "${files[@]}"
	clean "checkpatch --strict" "$WORK/checkpatch"
}

t_kernel_doc()
{
	local files

	need_tool perl
	linux_source
	mapfile -t files < <(kernel_files)
	(cd "$TREE" && perl "$LINUX/scripts/kernel-doc" -none -Wall \
		"${files[@]}") 2>&1 |
		# Ends of an enum that stand for nothing.
		grep -vE "'(ILNP6_.*_UNSPEC|__ILNP6_.*_MAX)'" >"$WORK/doc"
	clean "kernel-doc" "$WORK/doc"
}

# One semantic patch over all files; many know only the report mode.
cocci_one()
{
	timeout 300 spatch --very-quiet -D report --no-includes \
		--include-headers --sp-file "$1" --dir "$2" 2>/dev/null |
		grep -v '^$' | sed "s|^|${1##*/}: |"
}

t_coccinelle()
{
	need_tool spatch
	linux_source
	mkdir "$WORK/module"
	cp "$TREE"/linux/net/ipv6/ilnp/*.[ch] "$WORK/module/"
	export -f cocci_one
	find "$LINUX/scripts/coccinelle" -name '*.cocci' -print0 |
		xargs -0 grep -lZ 'virtual report' |
		xargs -0 -P "$(nproc)" -I {} bash -c 'cocci_one "$@"' \
			cocci {} "$WORK/module" |
		sed "s|$WORK/module/||g" >"$WORK/cocci"
	clean "coccinelle" "$WORK/cocci"
}

subtest "checkpatch of the module" t_checkpatch
subtest "checkpatch of programs" t_checkpatch_programs
subtest "kernel-doc" t_kernel_doc
subtest "coccinelle" t_coccinelle
run_subtests "$@"
