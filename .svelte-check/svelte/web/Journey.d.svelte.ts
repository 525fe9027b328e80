export { default } from "./++Journey.svelte.ts";
export * from "./++Journey.svelte.ts";
