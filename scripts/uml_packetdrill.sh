#!/bin/bash
# Runs packetdrill scripts against real Linux: a User-Mode Linux kernel in virtual time, so that neither load nor the speed of
# the machine matters. About half a second a script; nothing of the host is touched, and no privileges are needed beside root
# inside of the guest.
#
#   scripts/uml_packetdrill.sh [-m ipv4|ipv4-mapped-ipv6|ipv6] [-d FOLDER] KERNEL PACKETDRILL SCRIPT...
#
# KERNEL       a UML kernel: `make ARCH=um` with CONFIG_UML_TIME_TRAVEL_SUPPORT, HOSTFS, TUN, IPV6, NET_NS, NET_SCH_FIFO,
#              NET_SCH_FQ, TCP_CONG_CUBIC, TCP_CONG_BBR, TCP_MD5SIG, SYN_COOKIES, DEVTMPFS and TMPFS. arch/um/Kconfig fixes
#              HZ at 100; Linux's own scripts are written for 1000.
# PACKETDRILL  the interpreter.
# -d FOLDER    where defaults.sh and set_sysctls.py are: tools/testing/selftests/net/packetdrill of the kernel's source.
#              Without it the folder of the first script.
#
# Exit code: 0 all scripts passed, 1 one did not, 2 bad arguments, 3 the kernel did not come to its end.
set -u
usage() { sed -n '2,19s/^# \{0,1\}//p' "$0" >&2; exit 2; }

guest() {
  export PATH=$UML_WORK/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin HOME=/
  mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t tmpfs tmp /tmp && mount -t tmpfs run /run
  mount -t devtmpfs dev /dev 2>/dev/null
  cd "$UML_FOLDER" || exit 1
  local v4='--local_ip=192.168.0.1 --gateway_ip=192.168.0.1 --netmask_ip=255.255.0.0 --remote_ip=192.0.2.1
    -D TFO_COOKIE=3021b9d889017eeb -D TFO_COOKIE_ZERO=b7c12350a90dc8f5'
  local v6='--mtu=1520 --local_ip=fd3d:0a0b:17d6::1 --gateway_ip=fd3d:0a0b:17d6:8888::1 --remote_ip=fd3d:fa7b:d17d::1
    -D TFO_COOKIE=c1d1e9742a47a9bc -D TFO_COOKIE_ZERO=82af1a8f9a205c34'
  local args=$v4 level=SOL_IPV6 type=IPV6_RECVERR
  [ "$UML_MODE" = ipv6 ] && args=$v6
  [ "$UML_MODE" = ipv4 ] && level=SOL_IP type=IP_RECVERR
  while read -r script; do
    # shellcheck disable=SC2086
    if LD_PRELOAD=$UML_WORK/times.so unshare -n "$UML_PACKETDRILL" --ip_version="$UML_MODE" $args \
      -D CMSG_LEVEL_IP=$level -D CMSG_TYPE_RECVERR=$type "$script" > /tmp/out 2>&1
    then echo "pass  $script"
    else echo "fail  $script"; sed 's/^/      /' /tmp/out
    fi
  done < "$UML_WORK/list"
  echo 'all scripts were run'
  python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)'
}
if [ "$$" = 1 ]; then guest; fi

mode=ipv4 folder=
while getopts m:d: option; do
  case $option in m) mode=$OPTARG ;; d) folder=$OPTARG ;; *) usage ;; esac
done
shift $((OPTIND - 1))
[ $# -ge 3 ] || usage
kernel=$(realpath "$1") packetdrill=$(realpath "$2")
shift 2
folder=$(realpath "${folder:-$(dirname "$1")}")
# The guest has folders of its own for temporary files, which hide the host's.
work=$(mktemp -d "${XDG_CACHE_HOME:-$HOME/.cache}/uml_packetdrill.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" && ln -s "$(command -v python3)" "$work/bin/python"
for script in "$@"; do realpath "$script"; done > "$work/list"

# packetdrill waits for times(2) to move without sleeping, which in virtual time is for ever.
cc -shared -fPIC -o "$work/times.so" -x c - <<'C' || exit 2
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
clock_t times(struct tms *unused)
{
	struct timespec now;
	(void)unused;
	usleep(1000);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 100 + now.tv_nsec / 10000000;
}
C

"$kernel" mem=384M rootfstype=hostfs ro init="$(realpath "$0")" time-travel=inf-cpu con=null con0=null,fd:1 quiet loglevel=0 \
  UML_WORK="$work" UML_FOLDER="$folder" UML_PACKETDRILL="$packetdrill" UML_MODE="$mode" < /dev/null 2>&1 |
  tr -d '\r' | grep -E '^(pass|fail|all|      )' > "$work/result"
grep -v '^all scripts were run$' "$work/result"
grep -q '^all scripts were run$' "$work/result" || { echo 'the kernel did not come to its end' >&2; exit 3; }
! grep -q '^fail' "$work/result"
