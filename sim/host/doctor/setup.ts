/** Why the area was refused: one errno, several causes. */
import { evidence, number, receives, stepsOf } from './asking.ts';
import { resText } from './errno.ts';
import type { Symptom } from './finding.ts';
import type { Life } from './life.ts';
import type { Detector, HostView } from './patient.ts';
import type { Story } from './story.ts';

const EBUSY = 16;
const EEXIST = 17;
const EINVAL = 22;
const ERANGE = 34;
const EOPNOTSUPP = 95;

/** What the device has that nobody else may have beside an area. */
const inTheWay = (h: HostView | undefined, errno: number): string | undefined =>
  errno === EBUSY ? 'register-af-xdp' : errno === EEXIST && h?.setup?.values['nic.xdp'] === 1 ? 'register-xdp'
    : errno === EEXIST ? 'register-bound' : undefined;

function refused(h: HostView, errno: number): Symptom {
  const v = h.setup?.values;
  const say = (name: string, text: string): Symptom => ({ name, evidence: [{ text: `io_uring_register_ifq returned -${text}` }] });
  const split = v ? `nic.header_split is ${v['nic.header_split'] === 1 ? 'on' : 'off'}, nic.hds_thresh ${v['nic.hds_thresh']}` : '';
  const taken = inTheWay(h, errno);
  if (taken !== undefined) return say(taken, errno === EBUSY ? 'EBUSY' : 'EEXIST');
  if (errno === EOPNOTSUPP) return say('register-unsupported', 'EOPNOTSUPP');
  if (errno === ERANGE && v && v['refill.rx_buf_len'] <= 4096) return say('register-queue', `ERANGE: queue ${v['refill.queue']}`);
  const unsplit = v?.['nic.header_split'] === 0 || (v?.['nic.hds_thresh'] ?? 0) > 0;
  if (errno === EINVAL && unsplit) return say('register-no-split', `EINVAL:`
    + ` ${split}`);
  return say('register-buf-len', `${errno === ERANGE ? 'ERANGE' : 'EINVAL'}: refill.rx_buf_len is ${v?.['refill.rx_buf_len']}`);
}

export const registerRefused: Detector = (p) =>
  p.hosts.flatMap((h) => {
    const errno = h.result?.app.errno ?? 0;
    return errno !== 0 && h.result?.zcrx.length === 0 && h.setup ? [refused(h, errno)] : [];
  });

/** The same of a program's registration, which says more of itself. */
export const registerStep: Detector = (p) =>
  (p.story ? stepsOf(p.story, 'zcrx.reg') : []).filter((m) => (m.ret ?? 0) < 0).map((m): Symptom => {
    const errno = -(m.ret ?? 0);
    const len = number(m.step, 'rx_buf_len');
    const name = inTheWay(p.hosts.find((h) => h.name === 'server'), errno)
      ?? (len > 0 ? 'register-buf-len'
        : errno === EOPNOTSUPP ? 'register-unsupported' : errno === ERANGE ? 'register-queue' : 'register-no-split');
    const queue = `queue ${number(m.step, 'rxq')} of interface ${number(m.step, 'if_idx')}`;
    const text = `zcrx.reg of ${m.step.nodev === true ? 'no device' : queue}`
      + `${len > 0 ? ` with rx_buf_len ${len}` : ''} returned ${resText(-errno)}`;
    return { name, evidence: [{ step: m.i, text }] };
  });

const ends = (name: string, res: number, what: (l: Life, s: Story) => boolean, text: string): Detector => (p) => {
  const { story } = p;
  if (!story) return [];
  return story.lives.filter((l) => l.ended?.res === res && what(l, story)).map((l): Symptom => ({
    name, evidence: [evidence(l.ended ?? l.begun, `${l.op} ${l.user_data} on ${l.sock} ended with ${resText(res)}${text}`)],
  }));
};
const onDevice = (s: Story) => stepsOf(s, 'zcrx.reg').some((m) => m.step.nodev !== true && m.ret === 0);

export const recvNotTcp = ends('recv-not-tcp', -93, (l) => l.op === 'RECV_ZC', ': the socket is no plain TCP');
export const recvUnreadable = ends('recv-unreadable', -14, (l, s) => receives(l) && l.op !== 'RECV_ZC' && onDevice(s),
  ', and a queue is bound to an area');
export const recvForeign = ends('recv-foreign-area', -14, (l) => l.op === 'RECV_ZC', ': the bytes lie in the area of another instance');
