/** Packets as a script would write them. */
import {
  aceOf, FASTOPEN_MAGIC, OPT_ACCECN0, OPT_ACCECN1, OPT_EOL, OPT_EXP, OPT_FASTOPEN, OPT_MD5, OPT_MSS, OPT_NOP, OPT_SACK, OPT_SACK_OK, OPT_TS,
  OPT_WSCALE, type Packet, type Tcp, type TcpOption, word16, word32,
} from './packet.ts';

const hex = (data: Uint8Array) => [...data].map((b) => b.toString(16).padStart(2, '0')).join('');

function accecn(option: TcpOption): string {
  const names = option.kind === OPT_ACCECN0 ? ['e0b', 'ceb', 'e1b'] : ['e1b', 'ceb', 'e0b'];
  const fields = names.slice(0, Math.floor(option.data.length / 3));
  return ['ECN', ...fields.map((name, i) => `${name} ${word32(Uint8Array.of(0, ...option.data.subarray(i * 3, i * 3 + 3)), 0)}`)].join(' ');
}

export function optionText(option: TcpOption): string {
  const { kind, data } = option;
  switch (kind) {
    case OPT_EOL: return 'eol';
    case OPT_NOP: return 'nop';
    case OPT_MSS: return `mss ${word16(data, 0)}`;
    case OPT_WSCALE: return `wscale ${data[0] ?? 0}`;
    case OPT_SACK_OK: return 'sackOK';
    case OPT_SACK: {
      const blocks = Array.from({ length: data.length >> 3 }, (_, i) => `${word32(data, i * 8)}:${word32(data, i * 8 + 4)}`);
      return `sack ${blocks.join(' ')}`;
    }
    case OPT_TS: return `TS val ${word32(data, 0)} ecr ${word32(data, 4)}`;
    case OPT_MD5: return `md5 ${hex(data)}`;
    case OPT_FASTOPEN: return `FO ${hex(data)}`.trim();
    case OPT_ACCECN0:
    case OPT_ACCECN1: return accecn(option);
    case OPT_EXP: return word16(data, 0) === FASTOPEN_MAGIC ? `FOEXP ${hex(data.subarray(2))}`.trim() : `exp ${hex(data)}`;
    default: return `option ${kind} ${hex(data)}`.trim();
  }
}

function flagsText(tcp: Tcp, ace: boolean): string {
  const ecn = ace && aceOf(tcp) !== 0 ? String(aceOf(tcp)) : `${tcp.ece ? 'E' : ''}${tcp.cwr ? 'W' : ''}${tcp.ae ? 'A' : ''}`;
  const text = `${tcp.fin ? 'F' : ''}${tcp.syn ? 'S' : ''}${tcp.rst ? 'R' : ''}${tcp.psh ? 'P' : ''}${tcp.urg ? 'U' : ''}`;
  const all = ace ? `${text}${tcp.ack ? '.' : ''}${ecn}` : `${text}${ecn}${tcp.ack ? '.' : ''}`;
  return all === '' ? '-' : all;
}

const ECN_NAMES = ['noecn', 'ect1', 'ect0', 'ce'];

function ipText(p: Packet): string {
  if (p.tos_check === 'ect01') return '[ect01] ';
  if (p.tos_check === 'tos') return `[tos 0x${p.tos.toString(16)}] `;
  if (p.tos_check === 'ecn' || (p.tos & 3) !== 0) return `[${ECN_NAMES[p.tos & 3]}] `;
  return p.ttl !== 0 && p.ttl !== 64 ? `[ttl ${p.ttl}] ` : '';
}

/** One line, without a time. */
export function packetText(p: Packet, ace = p.ace): string {
  const sign = p.direction === 'in' ? '<' : '>';
  const { tcp } = p;
  if (!tcp) return `${sign} icmp type ${p.icmp?.type ?? '?'} code ${p.icmp?.code ?? '?'}`;
  const end = (tcp.seq + p.payload_len) >>> 0;
  const ack = tcp.ack ? ` ack ${tcp.ack_seq}` : '';
  const window = p.any_window ? '' : ` win ${tcp.window}`;
  const urgent = tcp.urg_ptr !== 0 ? ` urg ${tcp.urg_ptr}` : '';
  const options = p.any_options ? ' <...>' : tcp.options.length > 0 ? ` <${tcp.options.map(optionText).join(',')}>` : '';
  return `${sign} ${ipText(p)}${flagsText(tcp, ace)} ${tcp.seq}:${end}(${p.payload_len})${ack}${window}${urgent}${options}`;
}
