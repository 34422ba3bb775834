#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes an `ip` with the ilnp object and an `ss` that shows the paths of a TCP
# connection: fetches Debian's iproute2 source package, adds our files to an
# unpacked copy of it, builds both and installs them.
# Nothing of iproute2 is kept in this tree.
#
#   build.sh fetch CACHEDIR            download the source package (host)
#   build.sh build CACHEDIR OUTDIR     leaves OUTDIR/ip and ss (host or chroot)
#   build.sh install OUTDIR DESTDIR    ip, ss, man page, completion
#   build.sh uninstall DESTDIR         undoes it
#
# IPROUTE2=DIR builds from that iproute2 tree (it is copied, never changed)
# instead of the source package. Each step does nothing when there is nothing
# to do.

set -eu

VERSION=6.1.0
SUITE=bookworm

here=$(cd "$(dirname "$0")" && pwd -P)
tree=$(cd "$here/.." && pwd -P)
skel=$tree/bpf/ilnp6.skel.h
uapi=$tree/linux/include/uapi/linux/ilnp6.h
completion_dir=/etc/bash_completion.d
programs=(ip ss)

die()
{
	printf 'iproute2-ilnp/build.sh: %s\n' "$*" >&2
	exit 1
}

# --- fetch --------------------------------------------------------------

# The mirror the machine's own apt uses for Debian's main archive.
mirror()
{
	local all

	# shellcheck disable=SC2016  # apt's own $(fields)
	all=$(apt-get indextargets --format \
		'$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null) || true
	{
		sed -n 's/^Debian|Debian|main|[^|]*|//p' <<<"$all"
		# No package lists yet: origin and label are unknown.
		grep -v -e '-updates|' -e '-security|' -e '-backports|' \
			<<<"$all" | sed -n 's/^[^|]*|[^|]*|main|[^|]*|//p'
	} | head -n 1
}

# The keyring that signs it, if the machine names one in its apt sources.
keyring()
{
	local file

	for file in /usr/share/keyrings/debian-archive-keyring.gpg \
		/usr/share/keyrings/debian-archive-keyring.pgp; do
		if [ -e "$file" ]; then
			echo "[signed-by=$file]"
			return
		fi
	done
}

# An apt of its own: own source list, lists, caches. Proxies and trusted keys
# of the machine stay in force.
private_apt()
{
	local apt=$1

	shift
	apt-get -q \
		-o Dir::Etc::SourceList="$apt/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$apt/state" \
		-o Dir::State::Status="$apt/status" \
		-o Dir::Cache="$apt/cache" \
		-o APT::Sandbox::User= \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3 \
		-o Acquire::Check-Valid-Until=false \
		-o APT::Update::Post-Invoke-Success::= \
		"$@"
}

find_dsc()
{
	find "$1" -maxdepth 1 -name "iproute2_$VERSION-*.dsc" 2>/dev/null |
		sort -V | tail -n 1
}

fetch()
{
	local cache=$1 apt uri

	[ -z "${IPROUTE2:-}" ] || return 0
	[ -z "$(find_dsc "$cache")" ] || return 0
	command -v apt-get >/dev/null ||
		die "no apt-get; name an iproute2 tree with IPROUTE2=DIR"
	uri=$(mirror)
	[ -n "$uri" ] || die "apt on this machine knows no Debian mirror" \
		"(component main); name an iproute2 tree with IPROUTE2=DIR"

	mkdir -p "$cache"
	cache=$(cd "$cache" && pwd -P)
	apt=$cache/apt
	rm -rf "$apt" "$cache/part"
	mkdir -p "$apt"/state/lists/partial "$apt"/cache/archives/partial \
		"$cache/part"
	: >"$apt/status"
	echo "deb-src $(keyring) $uri $SUITE main" >"$apt/sources.list"
	private_apt "$apt" update ||
		die "cannot read the source package list of $SUITE"
	(cd "$cache/part" &&
		private_apt "$apt" source --download-only iproute2) ||
		die "cannot download iproute2's source package of $SUITE"
	[ -n "$(find_dsc "$cache/part")" ] ||
		die "$SUITE's iproute2 is not $VERSION: $(ls "$cache/part")"
	# The .dsc last: what find_dsc sees is complete.
	find "$cache/part" -type f ! -name '*.dsc' -exec mv -t "$cache" {} +
	mv "$cache"/part/*.dsc "$cache/"
	rm -rf "$apt" "$cache/part"
}

# --- build --------------------------------------------------------------

# What an unpacked copy depends on: a change means a new copy.
source_id()
{
	if [ -n "${IPROUTE2:-}" ]; then
		printf '%s\n' "$IPROUTE2"
		(cd "$IPROUTE2" && find . -path ./.git -prune -o -type f \
			\( -name '*.[chly]' -o -name Makefile \
			-o -name configure \) -printf '%p %s %T@\n' | sort)
	else
		cat "$(find_dsc "$1")"
	fi
	# The objects and config.mk are this compiler's and these libraries'.
	"${CC:-gcc}" --version
	pkg-config --modversion libbpf libelf libmnl 2>&1 || true
}

our_files()
{
	local file

	for file in "$here"/ip/ipilnp*.[ch] "$here"/misc/ssilnp.c "$uapi" \
		"$skel"; do
		if [ -e "$file" ]; then
			echo "$file"
		fi
	done
}

our_id()
{
	local file

	our_files | while read -r file; do
		sha256sum <"$file"
	done
	sha256sum <"$here/build.sh"
}

unpack()
{
	local cache=$1 src=$2

	rm -rf "$src"
	if [ -n "${IPROUTE2:-}" ]; then
		mkdir -p "$src"
		tar -C "$IPROUTE2" --exclude=./.git --exclude='*.[oa]' \
			--exclude=./config.mk --exclude=./ip/ip -cf - . |
			tar -C "$src" -xf -
	elif command -v dpkg-source >/dev/null; then
		dpkg-source --no-check -x "$(find_dsc "$cache")" "$src"
	else
		die "dpkg-source is missing: install dpkg-dev"
	fi
}

# edit FILE MARK COMMAND: runs sed and insists that MARK then stands there once.
edit()
{
	local file=$1 mark=$2

	sed -E -i "$3" "$file"
	[ "$(grep -cF -- "$mark" "$file")" -eq 1 ] || die "cannot add ilnp" \
		"to ${file##*/}: this iproute2 differs from the known ones"
}

# One row, one name, one declaration, one call, our objects. All else is
# untouched.
add_object()
{
	local src=$1 objects

	objects=$(cd "$here/ip" && echo ipilnp*.c)
	objects=${objects//.c/.o}
	edit "$src/ip/ip.c" '"ilnp",' \
		's/^(\t\{ ")mptcp(",[ \t]+do_)mptcp( \},)$/&\n\1ilnp\2ilnp\3/'
	edit "$src/ip/ip.c" '| ilnp |' 's/(OBJECT := .*\| ila \|)/\1 ilnp |/'
	edit "$src/ip/ip_common.h" 'do_ilnp(' \
		's/^(int do_)mptcp(\(int argc, char \*\*argv\);)$/&\n\1ilnp\2/'
	edit "$src/ip/Makefile" "IPOBJ += $objects" \
		"s/^RTMONOBJ=/IPOBJ += $objects\n&/"
	edit "$src/misc/ss.c" 'ss_ilnp_paths(const' \
		's/^static void tcp_show_info\(/const char *ss_ilnp_paths(const struct inet_diag_sockid *id);\n\n&/'
	edit "$src/misc/ss.c" 'ss_ilnp_paths(&' \
		's/^\t\tfree\(s\.dctcp\);$/\t\tif (!strcmp(s.cong_alg, "ilnp"))\n\t\t\tout("%s", ss_ilnp_paths(\&r->id));\n&/'
	edit "$src/misc/Makefile" 'ssilnp.o' 's/^SSOBJ=ss\.o/& ssilnp.o/'
	echo "$objects: CFLAGS += -Wextra -Wno-unused-parameter" \
		"-Wno-sign-compare" >>"$src/ip/Makefile"
	echo "ssilnp.o: CFLAGS += -Wextra -Wno-unused-parameter" \
		"-Wno-sign-compare" >>"$src/misc/Makefile"
}

configure()
{
	local src=$1 what

	(cd "$src" && sh ./configure)
	for what in 'LIBBPF:libbpf-dev' 'ELF:libelf-dev' 'MNL:libmnl-dev'; do
		grep -q "^HAVE_${what%%:*}:\?=y" "$src/config.mk" ||
			die "iproute2 found no library for" \
				"${what%%:*}: install ${what#*:} and pkg-config"
	done
}

# Copies what changed and drops the objects of ours that depend on it: this
# Makefile knows no headers.
copy_ours()
{
	local src=$1 file to

	mkdir -p "$src/include/uapi/linux"
	rm -f "$src"/ip/ipilnp*.o "$src/misc/ssilnp.o"
	# a file that is gone from here
	rm -f "$src"/ip/ipilnp*.[ch] "$src/ip/ilnp6.skel.h"
	our_files | while read -r file; do
		case $file in
		"$uapi") to=$src/include/uapi/linux ;;
		*/misc/*) to=$src/misc ;;
		*) to=$src/ip ;;
		esac
		cp "$file" "$to/"
	done
	[ -e "$skel" ] || echo "NOTE: bpf/ilnp6.skel.h is missing:" \
		"ip ilnp dev attach will not work" >&2
}

build()
{
	local cache=$1 out=$2 src source_id our_id

	if [ -n "${IPROUTE2:-}" ]; then
		[ -e "$IPROUTE2/ip/ip.c" ] ||
			die "IPROUTE2=$IPROUTE2: not an iproute2 tree"
	else
		[ -n "$(find_dsc "$cache")" ] ||
			die "no source package in $cache: fetch first"
	fi
	[ -e "$uapi" ] || die "$uapi is missing"
	mkdir -p "$out"
	src=$out/src
	source_id=$({ source_id "$cache"; cat "$here/build.sh"; } | sha256sum)
	our_id=$(our_id)

	if [ "$(cat "$out/.source" 2>/dev/null)" != "$source_id" ]; then
		rm -f "$out/.source" "$out/.ours" "$out/ip" "$out/ss"
		unpack "$cache" "$src"
		configure "$src"
		add_object "$src"
		echo "$source_id" >"$out/.source"
	fi
	if [ "$(cat "$out/.ours" 2>/dev/null)" = "$our_id" ] &&
		[ -x "$out/ip" ] && [ -x "$out/ss" ]; then
		return 0
	fi
	rm -f "$out/.ours" "$out/ip" "$out/ss"
	copy_ours "$src"
	make -C "$src" SUBDIRS="lib ip" TARGETS=ip SCRIPTS= \
		CC="${CC:-gcc}" KERNEL_INCLUDE=/usr/include
	make -C "$src" SUBDIRS=misc TARGETS=ss CC="${CC:-gcc}" \
		KERNEL_INCLUDE=/usr/include
	cp "$src/ip/ip" "$src/misc/ss" "$out/"
	echo "$our_id" >"$out/.ours"
}

# --- install ------------------------------------------------------------

# divert NAME OPTION...: the distribution's own steps aside and comes back with
# `uninstall`; upgrades of its package then leave ours alone. In a DESTDIR there
# is none.
divert()
{
	local name=$1 owned

	shift
	command -v dpkg-divert >/dev/null || return 0
	for owned in "/bin/$name" "/usr/bin/$name"; do
		if dpkg-query -S "$owned" >/dev/null 2>&1; then
			dpkg-divert --package iproute2-ilnp "$@" \
				--divert "$owned.distrib" "$owned"
			return
		fi
	done
}

install_all()
{
	local out=$1 dest=$2 name

	for name in "${programs[@]}"; do
		[ -x "$out/$name" ] ||
			die "$out/$name is missing: build first"
	done
	# /bin is a link to usr/bin since Debian 12, and sbin/ip one to ip.
	install -d "$dest/usr/bin" "$dest/usr/share/man/man8" \
		"$dest$completion_dir"
	for name in "${programs[@]}"; do
		[ -n "$dest" ] || divert "$name" --add --rename
		install -m 755 "$out/$name" "$dest/usr/bin/$name"
	done
	install -m 644 "$here/ip-ilnp.8" "$dest/usr/share/man/man8/"
	install -m 644 "$here/bash-completion/ip-ilnp" "$dest$completion_dir/"
}

uninstall_all()
{
	local dest=$1 name

	rm -f "$dest/usr/share/man/man8/ip-ilnp.8" \
		"$dest$completion_dir/ip-ilnp"
	for name in "${programs[@]}"; do
		if [ -n "$dest" ]; then
			rm -f "$dest/usr/bin/$name"
		elif [ -e "/usr/bin/$name.distrib" ]; then
			rm -f "/usr/bin/$name"
			divert "$name" --remove --rename
		fi
	done
}

case ${1:-}:$# in
fetch:2)
	fetch "$2"
	;;
build:3)
	build "$2" "$3"
	;;
install:3)
	install_all "$2" "$3"
	;;
uninstall:2)
	uninstall_all "$2"
	;;
*)
	die "usage: fetch CACHEDIR | build CACHEDIR OUTDIR |" \
		"install OUTDIR DESTDIR | uninstall DESTDIR"
	;;
esac
