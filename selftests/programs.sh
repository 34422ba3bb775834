#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=900 mem=1536
#
# +------------------------------------------------------------------------+
# | Proves that unmodified programs work between two ILNP hosts while each |
# | packet takes another path: ssh with a forwarded port, curl from nginx  |
# | by HTTP/1.1 and 2, rsync, iperf3, nc, MPTCP, WireGuard, PostgreSQL,    |
# | DNS over UDP and TCP, NFS, chrony; and, of each, that all paths were   |
# | used and nothing went without nonce.                                   |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

# host_up: A with two paths to B, whose address is $there
host_up()
{
	topo_up direct 2 1
	ilnp_up 2 1
	there=$(topo_address b 0)
	head -c 300000 /dev/urandom >"$WORK/data"
	mkdir -p "$WORK/out"
}

# used WHAT: A's packets went over both paths, all with nonce
used()
{
	local counts

	counts=$(ilnp_json A path 'map(.tx_packets) | sort | .[0]')
	within "$1: packets of the path used less" 3 1000000 "$counts"
	equal "$1: without nonce" 0 "$(stat_of A tx-flow-plain)"
}

# same WHAT FILE: it is what was sent
same()
{
	check "$1: same data" cmp "$WORK/data" "$2"
}

# transfer ADDRESS COMMAND...: nc, run by COMMAND, sends the data to ADDRESS
transfer()
{
	bg B "${@:2}" nc -l -N "$1" 5000
	eventually "nc listens" 5 listening B tcp 5000
	check "nc sends" on A "${@:2}" nc -N "$1" 5000 <"$WORK/data"
	eventually "all of it" 10 cmp "$WORK/data" "$WORK/bg.$bg_pid"
}

t_nc()
{
	host_up
	transfer "$there"
	used nc
}

t_curl()
{
	host_up
	mkdir -p "$WORK/www"
	cp "$WORK/data" "$WORK/www/data"
	cat >"$WORK/nginx.conf" <<-EOT
		daemon off;
		user root;
		pid $WORK/nginx.pid;
		error_log $WORK/nginx.log;
		events { }
		http {
			access_log off;
			server {
				listen [$there]:80;
				listen [$there]:81;
				http2 on;
				root $WORK/www;
			}
		}
	EOT
	# Before 1.25 HTTP/2 belongs to "listen".
	nginx -t -c "$WORK/nginx.conf" 2>&1 | grep -q '"http2"' &&
		sed -i '/http2 on/d; s/:81;/:81 http2;/' "$WORK/nginx.conf"
	bg B nginx -c "$WORK/nginx.conf"
	eventually "nginx listens" 10 listening B tcp 81
	check "HTTP/1.1" on A curl -gsS --max-time 20 -o "$WORK/out/1" \
		"http://[$there]/data"
	same HTTP/1.1 "$WORK/out/1"
	equal "HTTP/2" 2 "$(on A curl -gsS --max-time 20 -o "$WORK/out/2" \
		--http2-prior-knowledge -w '%{http_version}' \
		"http://[$there]:81/data")"
	same HTTP/2 "$WORK/out/2"
	used curl
}

ssh_up()
{
	host_up
	rm -f "$WORK"/{host,user}
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/host"
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/user"
	cp "$WORK/user.pub" "$WORK/authorized"
	chmod 600 "$WORK/authorized"
	mkdir -p /run/sshd
	cat >"$WORK/sshd_config" <<-EOT
		ListenAddress [$there]:22
		HostKey $WORK/host
		AuthorizedKeysFile $WORK/authorized
		PidFile none
		PermitRootLogin yes
		StrictModes no
		UsePAM no
	EOT
	bg B /usr/sbin/sshd -D -e -f "$WORK/sshd_config"
	eventually "sshd listens" 10 listening B tcp 22
	ssh=(ssh -F none -i "$WORK/user" -o StrictHostKeyChecking=no
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
		-o BatchMode=yes)
}

t_ssh()
{
	ssh_up
	# What the server's side makes of the connection: bound addresses
	# shellcheck disable=SC2016  # the other side expands it
	matches "a session" "^$(topo_address a 0) [0-9]+ $there 22$" \
		"$(on A "${ssh[@]}" "root@$there" 'echo $SSH_CONNECTION')"
	bg B nc -6 -l ::1 6000
	echo=$bg_pid
	bg A "${ssh[@]}" -N -L "127.0.0.1:7000:[::1]:6000" "root@$there"
	eventually "the port is forwarded" 20 listening A tcp 7000
	check "through it" on A nc -N 127.0.0.1 7000 <"$WORK/data"
	eventually "all of it" 10 cmp "$WORK/data" "$WORK/bg.$echo"
	used ssh
}

t_rsync()
{
	ssh_up
	mkdir -p "$WORK/tree/deep"
	for i in 1 2 3 4 5; do
		head -c $((i * 20000)) /dev/urandom >"$WORK/tree/deep/$i"
	done
	check "rsync" on A rsync -a -e "${ssh[*]}" "$WORK/tree/" \
		"root@[$there]:$WORK/copy/"
	check "the same tree" diff -r "$WORK/tree" "$WORK/copy"
	echo more >>"$WORK/tree/deep/3"
	check "rsync again" on A rsync -a -e "${ssh[*]}" "$WORK/tree/" \
		"root@[$there]:$WORK/copy/"
	check "the same again" diff -r "$WORK/tree" "$WORK/copy"
	used rsync
}

t_iperf3()
{
	host_up
	bg B iperf3 -6 -s -p 5201
	eventually "iperf3 listens" 5 listening B tcp 5201
	check "TCP" on A iperf3 -6 -c "$there" -n 3M
	check "TCP, the other way" on A iperf3 -6 -c "$there" -n 3M -R
	check "TCP, four at once" on A iperf3 -6 -c "$there" -n 3M -P 4
	equal "UDP lost" 0 "$(on A iperf3 -6 -c "$there" -u -b 2M -t 2 -J |
		jq '.end.sum.lost_packets')"
	used iperf3
}

# dns_zone: big enough an answer for TCP
dns_zone()
{
	echo "\$ORIGIN example."
	echo "\$TTL 60"
	echo "@ SOA ns admin 1 60 60 60 60"
	echo "@ NS ns"
	echo "ns AAAA $there"
	for i in 1 2 3 4 5 6 7 8; do
		echo "name$i TXT answer$i"
		for n in 1 2 3 4 5 6 7 8; do
			echo "big TXT $(head -c 180 /dev/zero | tr '\0' "$n")$i"
		done
	done
}

t_dns()
{
	local dig

	host_up
	dig=(on A dig +time=5 +tries=2 "@$there")
	dns_zone >"$WORK/example.zone"
	cat >"$WORK/nsd.conf" <<-EOT
		server:
			ip-address: $there
			username: ""
			zonesdir: "$WORK"
			xfrdfile: "$WORK/xfrd.state"
			zonelistfile: "$WORK/zone.list"
			pidfile: "$WORK/nsd.pid"
			server-count: 1
		remote-control:
			control-enable: no
		zone:
			name: example
			zonefile: example.zone
	EOT
	bg B nsd -d -c "$WORK/nsd.conf"
	eventually "nsd listens" 20 listening B udp 53
	for i in 1 2 3 4 5 6 7 8; do
		equal "UDP question $i" "\"answer$i\"" \
			"$("${dig[@]}" +short "name$i.example" TXT)"
		equal "TCP question $i" "\"answer$i\"" \
			"$("${dig[@]}" +tcp +short "name$i.example" TXT)"
	done
	"${dig[@]}" big.example TXT >"$WORK/out/big"
	equal "answers in a big one" 64 "$(grep -c '^big' "$WORK/out/big")"
	matches "by TCP" 'SERVER:.*\(TCP\)' "$(cat "$WORK/out/big")"
	used DNS
}

# A cluster of its own, made outside of what is timed.
t_postgresql()
{
	local bin as=(runuser -u postgres --) sql=(on A psql -qAt -h)

	host_up
	bin=$(echo /usr/lib/postgresql/*/bin)
	[ -x "$bin/initdb" ] || skip "no PostgreSQL"
	chmod 755 "$WORK"
	install -d -o postgres "$WORK/db"
	check "initdb" "${as[@]}" "$bin/initdb" -D "$WORK/db" -A trust -N \
		--no-locale
	echo "host all all ::/0 trust" >>"$WORK/db/pg_hba.conf"
	bg B "${as[@]}" "$bin/postgres" -D "$WORK/db" -h "$there" -F \
		-k "$WORK/db"
	sql+=("$there" -U postgres)
	eventually "it accepts" 60 "${sql[@]}" -c 'select 1'
	"${sql[@]}" -c 'create table t (n int, d text)'
	for i in 1 2 3; do
		check "rows in" "${sql[@]}" -c "insert into t select n,
			repeat(md5(n::text), 8) from generate_series(1, 500) n"
	done
	equal "rows" 1500 "$("${sql[@]}" -c 'select count(*) from t')"
	equal "the last of them" "$(printf 500 | md5sum | cut -c 1-32)" \
		"$("${sql[@]}" -c 'copy t to stdout' | tail -n 1 |
			cut -f 2 | cut -c 1-32)"
	used PostgreSQL
}

# NFS version 4 needs no portmapper. Mounts go with their namespace.
t_nfs()
{
	host_up
	modprobe -q nfsd || skip "no NFS server in this kernel"
	mkdir -p "$WORK/export" "$WORK/etab" "$WORK/mnt"
	mount -t tmpfs none "$WORK/etab"
	cat >"$WORK/serve" <<-EOT
		set -e
		mount --bind "$WORK/etab" /var/lib/nfs
		mkdir -p /var/lib/nfs/v4recovery /run/rpc_pipefs
		touch /var/lib/nfs/etab /var/lib/nfs/rmtab
		mount -t tmpfs none "$WORK/export"
		cp "$WORK/data" "$WORK/export/data"
		mount -t nfsd nfsd /proc/fs/nfsd
		exportfs -o rw,insecure,no_root_squash,fsid=0,sync \
			"*:$WORK/export"
		rpc.mountd -N 3 -V 4
		rpc.nfsd -N 3 -V 4 -G 5 -L 5 -H "$there" 2
		exec sleep 1000
	EOT
	bg B bash "$WORK/serve"
	eventually "nfsd listens" 30 listening B tcp 2049
	cat >"$WORK/use" <<-EOT
		set -e
		mount -t nfs4 -o proto=tcp6,soft,timeo=100 "[$there]:/" \
			"$WORK/mnt"
		cmp "$WORK/data" "$WORK/mnt/data"
		cp "$WORK/data" "$WORK/mnt/copy"
		sync -f "$WORK/mnt/copy"
		echo 3 >/proc/sys/vm/drop_caches
		cmp "$WORK/data" "$WORK/mnt/copy"
		umount "$WORK/mnt"
	EOT
	check "mounted, read, written" on A bash "$WORK/use"
	used NFS
	on B rpc.nfsd 0
	umount "$WORK/etab"
}

t_chrony()
{
	host_up
	cat >"$WORK/chrony.conf" <<-EOT
		local stratum 5
		allow all
		bindaddress $there
		cmdport 0
		user root
		pidfile $WORK/chrony.pid
	EOT
	bg B chronyd -d -x -f "$WORK/chrony.conf"
	eventually "chronyd listens" 10 listening B udp 123
	for i in 1 2 3 4; do
		matches "the server's clock" 'System clock wrong by -?0\.0' \
			"$(on A chronyd -d -Q -t 60 "user root" "cmdport 0" \
				"pidfile $WORK/client.pid" \
				"server $there iburst" 2>&1)"
	done
	used chrony
}

t_mptcp()
{
	host_up
	[ -e /proc/sys/net/mptcp/enabled ] || skip "no MPTCP in this kernel"
	on A sysctl -qw net.mptcp.enabled=1
	on B sysctl -qw net.mptcp.enabled=1
	transfer "$there" mptcpize run
	used MPTCP
}

t_wireguard()
{
	local host

	host_up
	for host in A B; do
		wg genkey >"$WORK/$host.key"
		wg pubkey <"$WORK/$host.key" >"$WORK/$host.pub"
		ip -n "$TAG$host" link add wg0 type wireguard ||
			skip "no WireGuard in this kernel"
		on "$host" wg set wg0 listen-port 51820 \
			private-key "$WORK/$host.key"
		ip -n "$TAG$host" link set wg0 up
	done
	ip -n "$A" addr add 10.9.0.1/24 dev wg0
	ip -n "$B" addr add 10.9.0.2/24 dev wg0
	on A wg set wg0 peer "$(cat "$WORK/B.pub")" allowed-ips 10.9.0.2/32 \
		endpoint "[$there]:51820"
	on B wg set wg0 peer "$(cat "$WORK/A.pub")" allowed-ips 10.9.0.1/32
	check "IPv4 inside" on A ping -q -c 10 -i 0.1 -W 3 10.9.0.2
	transfer 10.9.0.2
	used WireGuard
}

subtest nc t_nc
subtest "curl from nginx" t_curl
subtest "ssh, a forwarded port" t_ssh
subtest rsync t_rsync
subtest iperf3 t_iperf3
subtest PostgreSQL t_postgresql
subtest "DNS over UDP and TCP" t_dns
subtest "NFS over TCP" t_nfs
subtest chrony t_chrony
subtest MPTCP t_mptcp
subtest WireGuard t_wireguard
run_subtests "$@"
