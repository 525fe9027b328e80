import { getContext, setContext } from 'svelte';
import type { LabStore } from './store.svelte.ts';

const KEY = Symbol('lab');
export const provideLab = (lab: LabStore): LabStore => setContext(KEY, lab);
export const useLab = (): LabStore => getContext<LabStore>(KEY);
