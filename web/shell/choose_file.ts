/** The browser's own dialog for files, for whoever does not drag. */
import { openedFile } from './opened_file.svelte.ts';

export const FILES = '.yaml,.yml,.json,.jsonl,.trace,.txt,.log,.pcap,.pcapng,.gz';

export function chooseFile(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = FILES;
  input.onchange = () => {
    const [file] = input.files ?? [];
    if (file) void openedFile.open(file);
  };
  input.click();
}
