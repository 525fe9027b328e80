/** Why the area was refused: one errno, several causes. */
import { IORING_SETUP_CQE32, IORING_SETUP_DEFER_TASKRUN } from '../../../uring-model/8-app/uapi.gen.ts';
import { evidence, isMultishot, number, receives, stepsOf } from './asking.ts';
import { resText } from './cqe_text.ts';
import type { Evidence, Symptom } from './finding.ts';
import type { Life } from './life.ts';
import type { Detector, HostView } from './patient.ts';
import { refusalOf } from './refusal.ts';
import type { Story } from './story.ts';

const PAGE = 4096;
/** Programs run on this host. */
const SERVER = 1;

/** The built-in sink's registration is described by knobs. */
function refused(h: HostView, errno: number): Symptom[] {
  const v = h.setup?.values;
  if (!v) return [];
  const long = v['refill.rx_buf_len'];
  const { name, why, remedy } = refusalOf(h, {
    ring_flags: IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQE32, if_idx: 2, queue: v['refill.queue'], nodev: v['refill.nodev'] === 1,
    rq: v['refill.rq_entries'] || 1, rx_buf_len: long > PAGE ? long : 0, area_bytes: v['refill.area_bytes'], reg_flags: 0, events: false,
  }, errno);
  return [symptom(name, { text: `io_uring_register_ifq returned ${resText(-errno)}: ${why}` }, remedy)];
}

const symptom = (name: string, e: Evidence, remedy: string | undefined): Symptom =>
  ({ name, evidence: [e], ...(remedy === undefined ? {} : { remedy }) });

export const registerRefused: Detector = (p) =>
  p.hosts.flatMap((h) => {
    const errno = h.result?.app.errno ?? 0;
    return errno !== 0 && h.result?.zcrx.length === 0 ? refused(h, errno) : [];
  });

type Done = ReturnType<typeof stepsOf>[number];

/** Who has the queue that a registration asks for, as the program tells it. */
function holder(s: Story, m: Done): string | undefined {
  const same = (x: Done) => x.step.nodev !== true && x.step.rxq === m.step.rxq && x.step.if_idx === m.step.if_idx;
  const reg = stepsOf(s, 'zcrx.reg').filter((x) => x.i < m.i && x.ret === 0 && same(x)).at(-1);
  if (!reg) return undefined;
  const between = (name: string) => stepsOf(s, name).filter((x) => x.i > reg.i && x.i < m.i);
  const whose = `instance '${reg.step.name}' of step ${reg.i}`;
  const exit = between('ring.exit').find((x) => x.step.ring === reg.step.ring);
  if (!exit) return `${whose} has it, and its ring lives`;
  const file = between('zcrx.export').filter((x) => x.ret === 0 && x.step.zcrx === reg.step.name)
    .find((x) => !between('peer.close').some((c) => c.i > x.i && c.step.fd === x.step.name));
  if (file) return `${whose} has it: its ring went in step ${exit.i}, and the descriptor '${file.step.name}' that step ${file.i} exported`
    + ' is open';
  return `${whose} has it: its ring went in step ${exit.i}, and the kernel has not released it yet`;
}

/** A setting of the NIC that an area forbids as long as one of its queues is bound (net/ethtool/rings.c: ethnl_set_rings). */
export const nicBound: Detector = (p) => {
  const { story } = p;
  return (story ? stepsOf(story, 'nic.split', 'nic.threshold') : []).flatMap((m): Symptom[] => {
    const reg = story && stepsOf(story, 'zcrx.reg').findLast((x) => x.i < m.i && x.ret === 0 && x.step.nodev !== true);
    if (m.ret !== -22 || !reg) return [];
    const what = m.step.step === 'nic.split' ? 'tcp-data-split off' : `hds-thresh ${number(m.step, 'bytes')}`;
    const text = `${what} returned -EINVAL: instance '${reg.step.name}' of step ${reg.i} has queue ${number(reg.step, 'rxq')}`;
    return [symptom('nic-bound', { step: m.i, text }, undefined)];
  });
};

/** The same of a program's registration, which says more of itself. */
export const registerStep: Detector = (p) => {
  const { story } = p;
  return (story ? stepsOf(story, 'zcrx.reg') : []).filter((m) => (m.ret ?? 0) < 0).map((m): Symptom => {
    const errno = -(m.ret ?? 0);
    const len = number(m.step, 'rx_buf_len');
    const nodev = m.step.nodev === true;
    const init = story && stepsOf(story, 'ring.init').findLast((x) => x.i < m.i && x.step.ring === m.step.ring);
    const { name, why, remedy } = refusalOf(p.hosts[SERVER], {
      ring_flags: number(init?.step, 'flags'), if_idx: number(m.step, 'if_idx'), queue: number(m.step, 'rxq'), nodev,
      rq: number(m.step, 'rq'), rx_buf_len: len, area_bytes: number(m.step, 'pages') * PAGE, reg_flags: number(m.step, 'reg_flags'),
      events: m.step.events !== undefined && m.step.events !== null,
    }, errno);
    const queue = `queue ${number(m.step, 'rxq')} of interface ${number(m.step, 'if_idx')}`;
    const what = `zcrx.reg of ${nodev ? 'no device' : queue}${len > 0 ? ` with rx_buf_len ${len}` : ''}`;
    const who = name === 'register-bound' && story ? holder(story, m) : undefined;
    return symptom(name, { step: m.i, text: `${what} returned ${resText(-errno)}: ${who ?? why}` }, remedy);
  });
};

const ends = (name: string, res: number, what: (l: Life, s: Story) => boolean, text: string): Detector => (p) => {
  const { story } = p;
  if (!story) return [];
  return story.lives.filter((l) => l.ended?.res === res && what(l, story)).map((l): Symptom => ({
    name, evidence: [evidence(l.ended ?? l.begun, `${l.op} ${l.user_data} on ${l.sock} ended with ${resText(res)}${text}`)],
  }));
};
/** io_uring/net.c: io_recvzc_prep */
export const recvZcOneshot = ends('recv-zc-oneshot', -22, (l, s) => l.op === 'RECV_ZC' && s.entry.has(l) && !isMultishot(s, l),
  ', submitted without IORING_RECV_MULTISHOT');
const onDevice = (s: Story) => stepsOf(s, 'zcrx.reg').some((m) => m.step.nodev !== true && m.ret === 0);

export const recvNotTcp = ends('recv-not-tcp', -93, (l) => l.op === 'RECV_ZC', ': the socket is no plain TCP');
export const recvUnreadable = ends('recv-unreadable', -14, (l, s) => receives(l) && l.op !== 'RECV_ZC' && onDevice(s),
  ', and a queue is bound to an area');
export const recvForeign = ends('recv-foreign-area', -14, (l) => l.op === 'RECV_ZC', ': the bytes lie in the area of another instance');
