/** What a run can be saved as. */
export interface ExportKind {
  readonly id: ExportId;
  readonly title: string;
  /** What it is for, in a sentence. */
  readonly about: string;
  /** The end of its file's name. */
  readonly ending: string;
  readonly mime: string;
}
export type ExportId = 'run' | 'scenario' | 'result' | 'pcapng' | 'perfetto' | 'csv' | 'trace' | 'report';

export const EXPORT_KINDS: readonly ExportKind[] = [
  { id: 'run', title: 'Run file', ending: 'run.json', mime: 'application/json',
    about: 'Scenario, changes, seed, edits and the step that is shown: dropped here, it opens this very run.' },
  { id: 'scenario', title: 'Scenario', ending: 'yaml', mime: 'application/yaml',
    about: 'The scenario with its changes written in, for ringlab run.' },
  { id: 'result', title: 'Result', ending: 'json', mime: 'application/json',
    about: 'Every number of the run, as ringlab run --json has it.' },
  { id: 'pcapng', title: 'Packets', ending: 'pcapng', mime: 'application/vnd.tcpdump.pcap',
    about: 'What was on the wire, with nanoseconds, for Wireshark.' },
  { id: 'perfetto', title: 'Timeline', ending: 'pftrace', mime: 'application/octet-stream',
    about: 'The trace as tracks, slices and flows, for ui.perfetto.dev.' },
  { id: 'csv', title: 'Trace as a table', ending: 'csv', mime: 'text/csv', about: 'A line for each record of the trace, with its words.' },
  { id: 'trace', title: 'Trace', ending: 'trace', mime: 'application/octet-stream',
    about: 'The records as they are, 32 bytes each, for ringlab doctor.' },
  { id: 'report', title: 'Report', ending: 'html', mime: 'text/html',
    about: 'A page of the run in one file: rates, latencies, cycles, levels, findings.' },
];
