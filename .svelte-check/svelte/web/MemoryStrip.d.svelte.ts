export { default } from "./++MemoryStrip.svelte.ts";
export * from "./++MemoryStrip.svelte.ts";
