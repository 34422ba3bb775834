# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the static checks share: the tree's files by kind, and the kernel's own
# checkers. Those come from Debian's linux-source package and are kept in the
# harness's cache, not in this tree.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

TREE=$(cd "$SELFTESTS/.." && pwd)
STATIC_CACHE=${ILNP_STATIC_CACHE:-/ilnp-cache}
[ -d "$STATIC_CACHE" ] || STATIC_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ilnp6

# In the harness's root file system a missing tool is a failure.
need_tool()
{
	command -v "$1" >/dev/null && return
	[ ! -d /ilnp-cache ] || die "$1 is not installed"
	skip "$1 is not installed"
}

# tree_files NAME-PATTERN...: ours, not what a build makes
tree_files()
{
	local pattern names=()

	for pattern in "$@"; do
		names+=(-o -name "$pattern")
	done
	(cd "$TREE" && find . \( -path ./build -o -path ./out -o -path ./.git \
		-o -name __pycache__ \) -prune -o -type f \
		! -name '*.mod.c' ! -name '*.skel.h' ! -name vmlinux.h \
		\( "${names[@]:1}" \) -print) | sed 's|^\./||' | sort
}

# Scripts in LANGUAGE by their first line, whatever they are called.
tree_scripts()
{
	tree_files '*' | while IFS= read -r file; do
		# No file of ours has a zero byte at its head.
		IFS= read -r head <"$TREE/$file" 2>/dev/null || continue
		case $head in
		'#!'*"$1"*) echo "$file" ;;
		esac
	done
}

# clean WHAT LOG: a checker's log has nothing in it
clean()
{
	checks=$((checks + 1))
	[ -s "$2" ] || return 0
	fail "$1: $(grep -c . "$2") lines"
	head -n 60 "$2" | sed 's/^/#   /'
	return 1
}

kernel_dir()
{
	local dir

	if [ -n "${KDIR:-}" ]; then
		echo "$KDIR"
		return
	fi
	for dir in "/lib/modules/$(uname -r)/build" /lib/modules/*/build; do
		[ -e "$dir/Makefile" ] || continue
		echo "$dir"
		return
	done
}

source_package()
{
	find "$STATIC_CACHE" "$STATIC_CACHE/debug" -maxdepth 1 \
		-name 'linux-source-*_all.deb' 2>/dev/null | sort -V |
		tail -n 1
}

# This system's apt sources, but lists and cache of its own.
source_fetch()
{
	local apt=$STATIC_CACHE/static-apt options name

	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	options=(-q -o "Dir::State::lists=$apt/lists"
		-o "Dir::Cache=$apt/cache" -o Acquire::Languages=none
		-o APT::Sandbox::User=root -o Acquire::Retries=3
		-o Acquire::Check-Valid-Until=false
		-o APT::Update::Post-Invoke-Success::=)
	apt-get "${options[@]}" update || return
	name=$(apt-cache "${options[@]}" depends linux-source |
		sed -n 's/.*Depends: //p' | head -n 1)
	(cd "$STATIC_CACHE" && apt-get "${options[@]}" download "$name")
	rm -rf "$apt"
}

source_unpack()
{
	local to=$2 what words=()

	for what in checkpatch.pl spelling.txt const_structs.checkpatch \
		kernel-doc coccinelle lib; do
		words+=("*/scripts/$what")
	done
	words+=('*/Documentation/netlink' '*/tools/net/ynl')
	rm -rf "$to.part"
	mkdir -p "$to.part"
	dpkg-deb --fsys-tarfile "$1" |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		xz -dc |
		tar -x -C "$to.part" --strip-components=1 --wildcards \
			"${words[@]}" 2>/dev/null
	[ -e "$to.part/scripts/checkpatch.pl" ] || return
	rm -rf "$to"
	mv "$to.part" "$to"
}

# linux_source: sets LINUX to a folder with the kernel's checkers.
linux_source()
{
	local deb lock

	mkdir -p "$STATIC_CACHE"
	exec {lock}>"$STATIC_CACHE/linux-checkers.lock"
	flock "$lock"
	deb=$(source_package)
	if [ -z "$deb" ]; then
		source_fetch >"$WORK/fetch.log" 2>&1 ||
			note "$(tail -n 5 "$WORK/fetch.log")"
		deb=$(source_package)
		[ -n "$deb" ] || die "cannot fetch Debian's linux-source"
	fi
	LINUX=$STATIC_CACHE/$(basename "$deb" _all.deb)-checkers
	[ -e "$LINUX/scripts/checkpatch.pl" ] ||
		source_unpack "$deb" "$LINUX" || die "cannot unpack $deb"
	exec {lock}>&-
}
