/** Why the area was refused: one errno, several causes. */
import type { Symptom } from './finding.ts';
import type { Detector, HostView } from './patient.ts';

const EEXIST = 17;
const EINVAL = 22;
const ERANGE = 34;
const EOPNOTSUPP = 95;

function refused(h: HostView, errno: number): Symptom {
  const v = h.setup?.values;
  const say = (name: string, text: string): Symptom => ({ name, evidence: [{ text: `io_uring_register_ifq returned -${text}` }] });
  const split = v ? `nic.header_split is ${v['nic.header_split'] === 1 ? 'on' : 'off'}, nic.hds_thresh ${v['nic.hds_thresh']}` : '';
  if (errno === EEXIST) return say('register-bound', 'EEXIST');
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
