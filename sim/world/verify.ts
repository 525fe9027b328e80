/** Every invariant of every stage, and what only the whole can see: buffers posted to NICs are those that the ledger says. */
import { wireVerify } from '../../nic-model/1-wire';
import { nicVerify } from '../../nic-model/2-nic';
import { napiVerify } from '../../stack/4-napi';
import { tcpVerify } from '../../stack/5-tcp';
import { sock, sockCount, sockLive } from '../../stack/6-socket';
import { unixVerify } from '../../stack/unix';
import { groupsForget, ringVerify } from '../../uring-model/7-ring';
import { refillVerify } from '../../uring-model/9-refill';

/** Returns the number of things checked. */
export function verifyWorld(): u32 {
  let checked = wireVerify() + nicVerify() + napiVerify() + ringVerify() + refillVerify() + unixVerify();
  for (let i: u32 = 0; i < sockCount(); i++) {
    if (!sockLive(i)) continue;
    tcpVerify(i);
    checked++;
  }
  return checked;
}

/** What the checks remember from one event to the next is no state: the next check compares with nothing. */
export function forgetVerified(): void {
  groupsForget();
  for (let i: u32 = 0; i < sockCount(); i++) {
    const sk = sock(i);
    sk.verify_rcv_nxt = 0;
    sk.verify_edge = 0;
  }
}
