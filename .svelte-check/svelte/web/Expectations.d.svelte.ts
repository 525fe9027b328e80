export { default } from "./++Expectations.svelte.ts";
export * from "./++Expectations.svelte.ts";
