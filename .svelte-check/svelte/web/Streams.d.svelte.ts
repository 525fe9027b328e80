export { default } from "./++Streams.svelte.ts";
export * from "./++Streams.svelte.ts";
