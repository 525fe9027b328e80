#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What zcnic has to stand, run inside of the virtual machine: proofs.sh [PROOF...] says `ok PROOF` or `not ok PROOF: why`.
#
# It finds /zcnic.ko, agent and iou-zcrx (the kernel's own selftest; without it its proofs are skipped) in its PATH, and
# /ringlab/base.jsonl: a program of two applications, a source at the client and a zero-copy sink on queue 3 at the server.
IP=/usr/bin/ip
ETHTOOL=/usr/sbin/ethtool
PORT=9999
OUT=/tmp/out
mkdir -p /tmp

in_client() { $IP netns exec client "$@"; }
in_server() { $IP netns exec server "$@"; }
tool() { in_server $ETHTOOL "$@" >/tmp/ethtool 2>&1 || { cat /tmp/ethtool; return 1; }; }
fault() { echo "$2" >/sys/module/zcnic/parameters/"$1"; }

# A counter of the server's NIC.
count() { in_server $ETHTOOL -S eth0 | sed -n "s/^ *$1: //p"; }

set_up() {
	insmod /zcnic.ko queues=4 "$@" || return 1
	$IP netns add client && $IP netns add server
	$IP link set zc0 netns client name eth0 && $IP link set zc1 netns server name eth0
	in_client $IP addr add 10.0.0.1/24 dev eth0 && in_server $IP addr add 10.0.0.2/24 dev eth0
	in_client $IP addr add fd00::1/64 dev eth0 nodad && in_server $IP addr add fd00::2/64 dev eth0 nodad
	for host in client server; do
		$IP netns exec $host $IP link set lo up
		$IP netns exec $host $IP link set eth0 up
	done
	tool -G eth0 rx 256 tcp-data-split on
	tool -X eth0 equal 3
	steer
}

# The rules 0 and 1: the applications' port belongs to queue 3.
steer() { for version in 4 6; do tool -N eth0 flow-type tcp$version dst-port $PORT action 3; done; }

tear_down() {
	$IP netns del client
	$IP netns del server
	sleep 0.2
	rmmod zcnic
}

# agent_run BYTES [sed expressions for the server's line]: the applications, until the stream has ended.
agent_run() {
	bytes=$1
	shift
	sed -e "/\"client\"/s/\"app.bytes\":[0-9]*/\"app.bytes\":$bytes/" -e "s/\"app.gap_ns\":0/\"app.gap_ns\":${GAP:-0}/" \
		-e "s/\"ipv4\"/\"${FAMILY:-ipv4}\"/" /ringlab/base.jsonl >/tmp/program
	for expression; do
		sed -i -e "/\"server\"/$expression" /tmp/program
	done
	agent --netns client=/run/netns/client --netns server=/run/netns/server --interface client=eth0 --interface server=eth0 \
		--address client="${CLIENT:-10.0.0.1}" --address server="${SERVER:-10.0.0.2}" --queues server=4 --limit-s 120 \
		/tmp/program >$OUT 2>&1
}

# The stream came whole, every buffer was returned once, and none of it was copied (whole), or some of it was (copied).
stream_is() {
	grep -q '"e":"stream".*"complete":true.*"returned_once":true' $OUT || { grep -E '"(stream|stop|note)"' $OUT || tail -n 4 $OUT; return 1; }
	case $1 in
	whole) grep -q '"copiedBytes":0,' $OUT ;;
	copied) ! grep -q '"copiedBytes":0,' $OUT ;;
	esac || { grep stream $OUT; return 1; }
}

# The client's wire did something to frames.
wire_did() { in_client $ETHTOOL -S eth0 | grep -q "wire_$1: [1-9]" || { echo "wire_$1 is 0"; return 1; }; }

more() { [ "$(count "$1")" -gt "$2" ] || { echo "$1 is $(count "$1")"; return 1; }; }

# --- the data path -------------------------------------------------------------------------------------------------------

proof_ipv4() { agent_run 4194304 && stream_is whole && more rx3_niov_frags 2500; }
proof_ipv6() { FAMILY=ipv6 CLIENT=fd00::1 SERVER=fd00::2 agent_run 2097152 && stream_is whole; }
proof_rss() {
	tool -K eth0 ntuple off && tool -X eth0 start 3 equal 1 && agent_run 2097152 && stream_is whole
	tool -X eth0 equal 3 && tool -K eth0 ntuple on
}
# A SYN from a port goes to a queue; the headers are all there is of it.
syn() {
	to=$1 from=$2 port=$3 counter=$4
	before=$(count "$counter")
	in_client /bin/busybox sysctl -q -w net.ipv4.ip_local_port_range="$from $from"
	in_client /bin/busybox nc -w 1 "$to" "$port" </dev/null >/dev/null 2>&1
	in_client /bin/busybox sysctl -q -w net.ipv4.ip_local_port_range='32768 60999'
	[ "$(count "$counter")" -gt "$before" ] || { echo "$from to $port of $to: not in $counter"; return 1; }
}
# What the Toeplitz hash with the first key, modulo 128, modulo 4 comes to.
proof_toeplitz() {
	tool -X eth0 equal 4
	syn 10.0.0.2 4009 80 rx0_linear && syn 10.0.0.2 4008 80 rx1_linear && syn 10.0.0.2 4001 80 rx2_linear &&
		syn 10.0.0.2 4000 80 rx3_linear && syn fd00::2 4002 80 rx0_linear && syn fd00::2 4001 80 rx1_linear &&
		syn fd00::2 4003 80 rx2_linear && syn fd00::2 4007 80 rx3_linear
}
after_toeplitz() { tool -X eth0 equal 3; }
# The first of two rules wins; a rule may drop.
proof_rules() {
	tool -N eth0 flow-type tcp4 dst-port 82 action 1 && tool -N eth0 flow-type tcp4 dst-port 82 action 2 &&
		tool -N eth0 flow-type tcp6 dst-ip fd00::2 src-port 4002 action -1 && syn 10.0.0.2 4000 82 rx1_linear &&
		syn fd00::2 4002 80 ntuple_drop
}
after_rules() { for rule in 2 3 4; do tool -N eth0 delete $rule; done; }

proof_packed() { tool --set-priv-flags eth0 pack-buffers on && agent_run 2097152 && stream_is whole; }
after_packed() { tool --set-priv-flags eth0 pack-buffers off; }

mtu() {
	in_client $IP link set eth0 mtu "$1"
	in_server $IP link set eth0 mtu "$1"
}
proof_jumbo_4k() { mtu 9000 && agent_run 2097152 && stream_is whole; }
after_jumbo_4k() { mtu 1500; }
proof_jumbo_16k() {
	echo 4 >/proc/sys/vm/nr_hugepages
	mtu 9000 && agent_run 2097152 's/"refill.rx_buf_len":4096/"refill.rx_buf_len":16384/' && stream_is whole
}
after_jumbo_16k() { mtu 1500; }
proof_jumbo_packed() {
	echo 4 >/proc/sys/vm/nr_hugepages
	tool --set-priv-flags eth0 pack-buffers on && mtu 9000 &&
		agent_run 2097152 's/"refill.rx_buf_len":4096/"refill.rx_buf_len":16384/' && stream_is whole
}
after_jumbo_packed() { after_packed; mtu 1500; }

# Segments so small that rx-copybreak takes them. The kernel copies what is linear and does not count it.
proof_linear() {
	niovs=$(count rx3_niov_frags)
	tool --set-priv-flags eth0 copybreak-first on && tool --set-tunable eth0 rx-copybreak 256 &&
		in_client $IP route change 10.0.0.0/24 dev eth0 mtu lock 240 && agent_run 524288 && stream_is any &&
		more rx3_copybreak 2000 && [ "$(count rx3_niov_frags)" -eq "$niovs" ]
}
after_linear() {
	tool --set-priv-flags eth0 copybreak-first off && tool --set-tunable eth0 rx-copybreak 0
	in_client $IP route change 10.0.0.0/24 dev eth0
}
proof_wrong_queue() { tool -K eth0 ntuple off && agent_run 2097152 && stream_is copied; }
after_wrong_queue() { tool -K eth0 ntuple on; }

proof_exhausted() {
	before=$(count drop_nobuf)
	tool -G eth0 rx 64
	agent_run 2097152 's/"refill.area_bytes":[0-9]*/"refill.area_bytes":524288/' 's/"refill.delay_ns":0/"refill.delay_ns":300000000/' &&
		stream_is whole && more drop_nobuf "$before"
}
after_exhausted() { tool -G eth0 rx 256; }
proof_small_ring() { tool -G eth0 rx 8 && agent_run 2097152 && stream_is whole; }
after_small_ring() { tool -G eth0 rx 256; }

proof_loss() { fault zc0_drop_every 40 && agent_run 2097152 && stream_is whole && wire_did lost; }
after_loss() { fault zc0_drop_every 0; }
proof_lost_frames() { fault zc0_drop_frames 5,9,10,40 && agent_run 2097152 && stream_is whole; }
after_lost_frames() { fault zc0_drop_frames ''; }
proof_reordered() { fault zc0_reorder_every 7 && agent_run 2097152 && stream_is whole && wire_did reordered; }
after_reordered() { fault zc0_reorder_every 0; }
proof_duplicated() { fault zc0_duplicate_every 9 && agent_run 2097152 && stream_is whole; }
after_duplicated() { fault zc0_duplicate_every 0; }
proof_no_offloads() { in_client $ETHTOOL -K eth0 tx off tso off >/dev/null && agent_run 2097152 && stream_is whole; }
after_no_offloads() { in_client $ETHTOOL -K eth0 tx on tso on >/dev/null; }
proof_no_rx_checksum() {
	tool -K eth0 rx off && agent_run 2097152 's/"app.receive":"zc"/"app.receive":"recv"/' && grep -q '"complete":true' $OUT
}
after_no_rx_checksum() { tool -K eth0 rx on; }

# --- changes while a queue is bound ---------------------------------------------------------------------------------------

# Waits until more than a part of a stream has come in the bound queue's buffers.
flows() {
	frames=$(($(count rx3_niov_frags) + 200)) tries=0
	until [ "$(count rx3_niov_frags)" -gt $frames ]; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { echo 'nothing flows'; return 1; }
		sleep 0.05
	done
}
# during whole|any COMMAND: changes something while a stream flows.
during() {
	parts=$1
	shift
	GAP=20000000 agent_run 4194304 &
	stream=$!
	flows || return 1
	"$@"
	said=$?
	wait $stream && stream_is $parts && [ $said -eq 0 ]
}
resize() { for size in 512 128 1024 64 256; do tool -G eth0 rx $size || return 1; sleep 0.1; done; }
proof_resized_mid_stream() { during whole resize; }
# A link that goes down takes its IPv6 addresses with it.
flap() {
	in_server $IP link set eth0 down
	sleep 0.2
	in_server $IP link set eth0 up &&
		in_server $IP addr add fd00::2/64 dev eth0 nodad
}
proof_link_down_up() { during whole flap; }
# The bound queue cannot be taken away, also when no rule names it. Without its rule the flow goes elsewhere, and is copied.
channels() {
	tool -X eth0 equal 2
	for rule in 0 1; do tool -N eth0 delete $rule; done
	! tool -L eth0 combined 3 >/dev/null || { echo 'the bound queue was taken away'; return 1; }
}
proof_channels() { during any channels; }
after_channels() {
	tool -L eth0 combined 4
	tool -X eth0 equal 3
	steer
}
refused() { ! tool -G eth0 tcp-data-split off >/dev/null; }
proof_split_stays() { during whole refused; }

proof_exit_mid_stream() {
	agent_run 268435456 &
	flows || return 1
	kill -KILL $(pidof agent) 2>/dev/null
	wait
	sleep 0.5
	agent_run 2097152 's/"app.receive":"zc"/"app.receive":"recv"/' && grep -q '"complete":true' $OUT && agent_run 2097152 && stream_is whole
}

# --- the kernel's own test ------------------------------------------------------------------------------------------------

selftest() {
	type iou-zcrx >/dev/null || { echo 'skipped: iou-zcrx is not there'; return 0; }
	to=$1 send=$2
	shift 2
	in_server iou-zcrx -s -p $PORT -i eth0 -q 3 "$@" &
	server=$!
	until in_server /bin/busybox grep -q ':270F .* 0A ' /proc/net/tcp6; do
		kill -0 $server || return 1
		sleep 0.1
	done
	in_client iou-zcrx -c -h "$to" -p $PORT -l 12840 -z "$send" || {
		kill $server
		return 1
	}
	wait $server
}
proof_selftest_ipv4() { selftest 10.0.0.2 2097152; }
proof_selftest_ipv6() { selftest fd00::2 2097152; }
proof_selftest_oneshot() { selftest fd00::2 16384 -o 4; }
proof_selftest_large_chunks() {
	echo 20 >/proc/sys/vm/nr_hugepages
	mtu 9000
	selftest 10.0.0.2 2097152 -x 4
}
after_selftest_large_chunks() { echo 0 >/proc/sys/vm/nr_hugepages; mtu 1500; }
proof_rings_60() {
	type iou-zcrx >/dev/null || { echo 'skipped: iou-zcrx is not there'; return 0; }
	before=$(count restarts) ring=0
	while [ $ring -lt 60 ]; do
		in_server iou-zcrx -s -p $PORT -i eth0 -q 3 -d || return 1
		ring=$((ring + 1))
	done
	sleep 0.5
	[ "$(($(count restarts) - before))" -eq 120 ] || { echo "restarts: $before, then $(count restarts)"; return 1; }
}

# --- last: the module goes while a queue is bound ---------------------------------------------------------------------------

proof_removed_while_bound() {
	agent_run 268435456 &
	flows || return 1
	rmmod zcnic || return 1
	sleep 0.2
	kill -TERM $(pidof agent) 2>/dev/null
	wait
	$IP netns del client
	$IP netns del server
	set_up && agent_run 2097152 && stream_is whole
}
proof_quiet_kernel() {
	dmesg | grep -E 'WARNING:|BUG:|INFO:|Oops|Call Trace|UBSAN|KASAN|DMA-API|page_pool_release_retry' >/tmp/trouble
	[ ! -s /tmp/trouble ] || { head -n 5 /tmp/trouble; return 1; }
}

ALL="ipv4 ipv6 rss toeplitz rules packed jumbo_4k jumbo_16k jumbo_packed linear wrong_queue exhausted small_ring loss lost_frames
reordered duplicated no_offloads no_rx_checksum resized_mid_stream link_down_up channels split_stays exit_mid_stream
selftest_ipv4 selftest_ipv6 selftest_oneshot selftest_large_chunks rings_60 removed_while_bound quiet_kernel"

set_up || { echo 'not ok set_up'; exit 1; }
for proof in ${*:-$ALL}; do
	: >$OUT
	began=$(cut -d' ' -f1 /proc/uptime)
	if proof_"$proof" >/tmp/said 2>&1; then
		echo "ok $proof from $began to $(cut -d' ' -f1 /proc/uptime) s $(grep -h skipped /tmp/said)"
	else
		echo "not ok $proof: $(cat /tmp/said | tr '\n' ' ' | cut -c1-600)"
	fi
	type after_"$proof" >/dev/null 2>&1 && after_"$proof"
done
tear_down
