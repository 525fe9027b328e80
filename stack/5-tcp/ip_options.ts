/**
 * Options of a socket that are IP's (net/ipv4/ip_sockglue.c: do_ip_setsockopt, do_ip_getsockopt; net/ipv6/ipv6_sockglue.c:
 * do_ipv6_setsockopt, do_ipv6_getsockopt).
 */
import { purgeErrorQueue, Sock, SOCK_RECVERR, SOCK_RECVERR6, TCP_CLOSE } from '../6-socket';
import { EINVAL, ENOPROTOOPT, ENOTCONN } from './errno';
import { NOT_MODELLED } from './options';
import { IP_PMTUDISC_OMIT, pathMtu } from './pmtu';

const IP_TOS: u32 = 1;
const IP_MTU_DISCOVER: u32 = 10;
const IP_RECVERR: u32 = 11;
const IP_MTU: u32 = 14;
const IP_FREEBIND: u32 = 15;
const IPV6_MTU_DISCOVER: u32 = 23;
const IPV6_MTU: u32 = 24;
const IPV6_RECVERR: u32 = 25;
const IPV6_FREEBIND: u32 = 78;

/** What ICMP has to say is queued from now on; or not any more, and what is queued goes. */
function setRecverr(sk: Sock, flag: u32, on: bool): i32 {
  if (on) sk.flags |= flag;
  else {
    sk.flags &= ~flag;
    purgeErrorQueue(sk);
  }
  return 0;
}

function setMtuDiscover(sk: Sock, val: i32): i32 {
  if (val < 0 || val > <i32>IP_PMTUDISC_OMIT) return -<i32>EINVAL;
  sk.pmtudisc = <u8>val;
  return 0;
}
function setFreebind(sk: Sock, val: i32): i32 {
  sk.freebind = val != 0 ? 1 : 0;
  return 0;
}

/** Values of one byte are as good as words. */
export function setIpOption(sk: Sock, name: u32, at: usize, len: u32): i32 {
  const val = len >= 4 ? load<i32>(at) : len >= 1 ? <i32>load<u8>(at) : 0;
  switch (name) {
    case IP_TOS: {
      // The ECN bits are TCP's own.
      sk.tos = <u8>((val & ~3) | (<i32>sk.tos & 3));
      return 0;
    }
    case IP_MTU_DISCOVER: return setMtuDiscover(sk, val);
    case IP_RECVERR: return setRecverr(sk, SOCK_RECVERR, val != 0);
    case IP_FREEBIND: return setFreebind(sk, val);
    default: return NOT_MODELLED;
  }
}

export function setIpv6Option(sk: Sock, name: u32, val: i32): i32 {
  if (sk.family != 6 && sk.ipv6_api == 0) return -<i32>ENOPROTOOPT;
  switch (name) {
    case IPV6_MTU_DISCOVER: return setMtuDiscover(sk, val);
    case IPV6_RECVERR: return setRecverr(sk, SOCK_RECVERR6, val != 0);
    case IPV6_FREEBIND: return setFreebind(sk, val);
    default: return NOT_MODELLED;
  }
}

/** The path MTU of a connection. */
function getMtu(sk: Sock): i32 {
  return sk.state == <u8>TCP_CLOSE ? -<i32>ENOTCONN : <i32>pathMtu(sk);
}

export function getIpOption(sk: Sock, name: u32): i32 {
  switch (name) {
    case IP_TOS: return <i32>sk.tos;
    case IP_MTU_DISCOVER: return <i32>sk.pmtudisc;
    case IP_RECVERR: return sk.hasFlag(SOCK_RECVERR) ? 1 : 0;
    case IP_MTU: return getMtu(sk);
    case IP_FREEBIND: return <i32>sk.freebind;
    default: return NOT_MODELLED;
  }
}

export function getIpv6Option(sk: Sock, name: u32): i32 {
  switch (name) {
    case IPV6_MTU_DISCOVER: return <i32>sk.pmtudisc;
    case IPV6_MTU: return getMtu(sk);
    case IPV6_RECVERR: return sk.hasFlag(SOCK_RECVERR6) ? 1 : 0;
    case IPV6_FREEBIND: return <i32>sk.freebind;
    default: return NOT_MODELLED;
  }
}
