#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: where=root kernels=6.12,7.2,6.1 timeout=900
#
# +------------------------------------------------------------------------+
# | Proves, in a clean copy of a release's root file system, that dkms     |
# | adds, builds and installs the module with its BTF, rebuilds it when a  |
# | kernel comes, that the Debian packages do the same, set the            |
# | distribution's ip aside, and leave nothing when they go.               |
# +------------------------------------------------------------------------+

. "$(dirname "$0")/lib.sh"

# A layer over the whole root, so that nothing done here stays.
layer_up()
{
	local upper=$WORK/upper

	LAYER=$WORK/layer
	mkdir -p "$LAYER" "$upper"
	mount -t tmpfs -o size=3g layer "$upper" || die "tmpfs"
	mkdir "$upper"/{up,work}
	mount -t overlay -o \
		"lowerdir=/,upperdir=$upper/up,workdir=$upper/work" \
		layer "$LAYER" || die "overlay"
	mount -t proc proc "$LAYER/proc"
	mount --rbind /dev "$LAYER/dev"
	mount -t tmpfs tmpfs "$LAYER/tmp"
}

layer_down()
{
	umount -R "$LAYER" "$WORK/upper" 2>/dev/null
}

in_layer()
{
	chroot "$LAYER" env DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

kernel()
{
	find /lib/modules -mindepth 1 -maxdepth 1 -exec test -e {}/build \; \
		-printf '%f\n' | sort -V | tail -n 1
}

# The module of kernel $1 in the layer: there, of that kernel, with BTF.
module_good()
{
	local file

	file=$(find "$LAYER/lib/modules/$1/" -name 'ilnp6.ko*' | head -n 1)
	[ -n "$file" ] || { echo "no ilnp6.ko for $1"; return 1; }
	case $file in
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -dcq "$file" ;;
	*) cat "$file" ;;
	esac >"$WORK/ilnp6.ko"
	readelf -S "$WORK/ilnp6.ko" | grep -q ' \.BTF ' || {
		echo "no BTF in $file"
		return 1
	}
	modinfo -F alias "$WORK/ilnp6.ko" |
		grep -qx net-pf-16-proto-16-family-ilnp6
}

build_log()
{
	note "$(find "$LAYER/var/lib/dkms/ilnp6" -name make.log \
		-exec tail -n 25 {} + 2>&1)"
}

# Another kernel to be upgraded to: the same headers by another name.
kernel_comes()
{
	local version=$1 new=$2

	mkdir -p "$LAYER/lib/modules/$new"
	cp -a "$LAYER/lib/modules/$version/build" "$LAYER/lib/modules/$new/"
	cp "$LAYER/lib/modules/$version"/modules.* "$LAYER/lib/modules/$new/"
	cp -a "$LAYER/boot/vmlinuz-$version" "$LAYER/boot/vmlinuz-$new"
	cp -a "$LAYER/boot/config-$version" "$LAYER/boot/config-$new"
	in_layer /etc/kernel/postinst.d/dkms "$new"
}

t_dkms()
{
	local version source new

	layer_up
	trap layer_down EXIT
	version=$(kernel)
	source=$LAYER/usr/src/ilnp6-$(dkms_version)
	mkdir "$source"
	(cd "$SELFTESTS/.." && cp -r Kbuild Makefile dkms.conf linux \
		packaging selftests "$source/")
	find "$source" \( -name '*.o' -o -name '.*.cmd' -o -name '*.ko' \) \
		-delete
	check "add" in_layer dkms add "ilnp6/$(dkms_version)"
	check "build" in_layer dkms build "ilnp6/$(dkms_version)" \
		-k "$version" || build_log
	check "install" in_layer dkms install "ilnp6/$(dkms_version)" \
		-k "$version"
	check "module" module_good "$version"

	new=$version-next
	check "kernel upgrade" kernel_comes "$version" "$new" || build_log
	check "module after the upgrade" module_good "$new"
	check "remove" in_layer dkms remove "ilnp6/$(dkms_version)" --all
	refute "module after removal" module_good "$version"
	layer_down
	trap - EXIT
}

dkms_version()
{
	sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$SELFTESTS/../dkms.conf"
}

# The folder of a built ip and ss
programs()
{
	local dir

	for dir in "$SELFTESTS/../build/native/iproute2" /ilnp/iproute2; do
		[ -x "$dir/ip" ] && echo "$dir" && return
	done
}

# As the distribution has them
sums()
{
	sha256sum <"$LAYER/usr/bin/ip$1"
	sha256sum <"$LAYER/usr/bin/ss$1"
}

t_deb()
{
	local version built before

	built=$(programs)
	[ -n "$built" ] || die "ip is not built"
	version=$(kernel)
	check "packages" bash "$SELFTESTS/../packaging/deb" "$built" \
		"$WORK/deb" || return
	layer_up
	trap layer_down EXIT
	cp "$WORK"/deb/*.deb "$LAYER/tmp/"
	before=$(sums "")
	check "install" in_layer bash -c 'dpkg -i /tmp/*.deb' || build_log
	check "module" module_good "$version"
	matches "ip" correspondent "$(in_layer ip ilnp help 2>&1)"
	equal "the distribution's ip and ss" "$before" "$(sums .distrib)"
	check "ss" in_layer ss --version
	check "man page" in_layer test -e /usr/share/man/man8/ip-ilnp.8.gz
	check "unit" in_layer systemd-analyze verify ilnp.service
	check "again" in_layer bash -c 'dpkg -i /tmp/ilnp6_*.deb'
	equal "they after a second time" "$before" "$(sums .distrib)"
	check "purge" in_layer dpkg --purge ilnp6 ilnp6-dkms
	equal "ip and ss afterwards" "$before" "$(sums "")"
	refute "module afterwards" module_good "$version"
	equal "what is left" "" "$(cd "$WORK/upper/up" &&
		find usr lib etc var/lib/ilnp -name '*ilnp*' 2>/dev/null |
		grep -v /dpkg/)"
	layer_down
	trap - EXIT
}

[ -d /ilnp-cache ] || { echo "1..0 # SKIP not in the harness's root"; exit 4; }
subtest "dkms" t_dkms
subtest "Debian packages" t_deb
run_subtests "$@"
