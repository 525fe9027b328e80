export { default } from "./++Proof.svelte.ts";
export * from "./++Proof.svelte.ts";
