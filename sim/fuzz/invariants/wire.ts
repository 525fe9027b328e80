/** The wire: frames are kept, or lost and said to be. */
import { EDITS } from '../../schema/edits.ts';
import type { Invariant } from './form.ts';

/** Verdict of wire_fault: its second word is the twin's packet. */
const DUPLICATE = 2;
/** Stage of a drop: sim/schema/stages.ts. */
const WIRE = 1;

export const FRAMES_KEPT: Invariant = {
  id: 'W1', name: 'what arrives was sent',
  about: 'A frame arrives once, and only if it was sent, is the twin of one that was, or an attacker made it; when nothing is left to '
    + 'happen, each has arrived or is known to be lost.',
  source: 'Linux net/sched/sch_netem.c: netem_enqueue, netem_dequeue',
  checker({ violated }) {
    const flying = new Set<number>();
    return {
      on: {
        wire_send: (b, i) => {
          const pkt = b.pktId(i);
          if (flying.has(pkt)) violated(`packet ${pkt} was sent while it was on its way`);
          flying.add(pkt);
        },
        wire_fault: (b, i) => {
          if (b.a(i) === DUPLICATE) flying.add(b.b(i));
        },
        // An attacker's segment is on its way without having been sent.
        edit: (b, i) => {
          if (EDITS[b.a(i)]?.forged) flying.add(b.pktId(i));
        },
        drop: (b, i) => {
          if (b.b(i) === WIRE) flying.delete(b.pktId(i));
        },
        wire_arrive: (b, i) => {
          if (!flying.delete(b.pktId(i))) violated(`packet ${b.pktId(i)} arrived and was not on its way`);
        },
      },
      atEnd: (_, { played }) => {
        const [lost] = flying;
        if (played.stopped === 'idle' && lost !== undefined) violated(`packet ${lost} was sent, and neither arrived nor was lost`);
      },
    };
  },
};
