/** Gives the browser a file to save. */
export function saveFile(name: string, mime: string, parts: readonly (string | Uint8Array<ArrayBuffer>)[]): void {
  const address = URL.createObjectURL(new Blob([...parts], { type: mime }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads it on its own time.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
