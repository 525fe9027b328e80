/** Machines whose parameters were fitted; written by the fit procedure. */
import type { Machine } from './machine_form.ts';

export const FITTED: readonly Machine[] = [];
