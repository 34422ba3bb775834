#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=180 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that the examples of ip-ilnp(8) work as a reader would paste    |
# | them, one after the other, and do what the text around them says.      |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

page=$SELFTESTS/../iproute2-ilnp/ip-ilnp.8

# The commands of one example, as man shows them.
example()
{
	awk -v name="$1" '
		$0 == ".\\\" BEGIN EXAMPLE " name { on = 1; next }
		/^\.\\" END EXAMPLE/ { on = 0 }
		on && !/^\./ { gsub(/\\-/, "-"); print }' "$page"
}

names()
{
	awk '/^\.\\" BEGIN EXAMPLE / { print $4 }' "$page"
}

# Pasted into a shell line by line; each line must succeed.
paste_example()
{
	local line out

	while IFS= read -r line; do
		checks=$((checks + 1))
		if ! out=$(bash -c "$line" 2>&1); then
			fail "$1: $line"
			note "$out"
		fi
		last=$out
	done < <(example "$1")
}

t_examples()
{
	local name

	need_module
	trap 'ip netns del ilnp-a; ip netns del ilnp-b' RETURN
	for name in $(names); do
		last=
		paste_example "$name"
		case $name in
		talk) equal "all four pairs of L64s" 4 \
			"$(grep -c 2001:db8:a <<<"$last")" ;;
		prefer) matches "a spare" backup "$last" ;;
		json) check "JSON" jq -e . <<<"$last" ;;
		esac
	done 2>/dev/null
	refute "the last one cleans up" ip netns exec ilnp-a true
	check "the module can be unloaded" modprobe -r ilnp6
}

t_page()
{
	local out

	check "the page names its examples" [ "$(names | wc -l)" -ge 5 ]
	out=$(man -l "$page" 2>&1)
	matches "man shows it" 'ip-ilnp' "$out"
	if command -v mandoc >/dev/null; then
		check "mandoc -Tlint" mandoc -Tlint -Wwarning "$page"
	fi
}

subtest "examples, pasted" t_examples
subtest "the page" t_page
run_subtests "$@"
