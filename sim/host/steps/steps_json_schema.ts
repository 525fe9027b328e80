/** The JSON Schema of steps, for editors: a definition for each, from the vocabulary. */
import { COMPARING } from '../../schema/comparing.ts';
import { COMMON_FIELDS, STEP_ROWS } from '../../schema/steps.ts';
import type { StepField, StepRow } from '../../schema/steps_form.ts';
import type { BLOCKS } from './expand.ts';

type Json = { readonly [key: string]: unknown };

/** What stands for a value that is bound where the step stands. */
const BOUND: Json = { type: 'string', pattern: '\\$' };
const NUMBER: Json = { type: ['integer', 'string'] };

function fieldSchema(f: StepField): Json {
  const names = [...(f.set?.keys() ?? [])];
  switch (f.kind) {
    case 'int':
    case 'file':
    case 'memory':
    case 'ns': return NUMBER;
    case 'flags': {
      const word: Json = { anyOf: [{ enum: names }, { type: 'integer' }, { type: 'string', pattern: '[|$]|^IORING_|^0x' }] };
      return { anyOf: [word, { type: 'array', items: word }] };
    }
    case 'word':
    case 'one': return { anyOf: [{ enum: names }, BOUND] };
    case 'bool': return { anyOf: [{ enum: [true, false, 'on', 'off'] }, BOUND] };
    case 'files':
    case 'memories':
    case 'ints': return { anyOf: [{ type: 'array', items: NUMBER }, NUMBER] };
    case 'news': return { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] };
    case 'pokes':
    case 'pieces': return { type: 'array', items: { type: 'array', items: NUMBER, minItems: 2, maxItems: 2 } };
    case 'new':
    case 'text': return { type: ['string', 'integer'] };
  }
}

function stepSchema(row: StepRow): Json {
  const fields = [...row.fields, ...COMMON_FIELDS];
  const map: Json = {
    type: 'object', additionalProperties: false,
    properties: Object.fromEntries(fields.map((f) => [f.name, { description: `${f.about}.`, ...fieldSchema(f) }])),
  };
  return { description: `${row.about}.`, anyOf: [map, { type: ['string', 'integer', 'null'] }] };
}

const list: Json = { type: 'array', items: { $ref: '#/definitions/step' } };
const values: Json = { type: 'object', additionalProperties: { anyOf: [{ type: 'array' }, BOUND] } };

const BLOCK_SCHEMAS: Readonly<Record<(typeof BLOCKS)[number], Json>> = {
  repeat: {
    description: 'Steps again and again: so many times, or for each of a list of values.', type: 'object', additionalProperties: false,
    properties: { times: NUMBER, as: { type: 'string' }, for: values, steps: list }, required: ['steps'],
  },
  when: {
    description: 'Steps only where names have these values.', type: 'object', additionalProperties: false,
    properties: { is: { type: 'object' }, steps: list, else: list }, required: ['is', 'steps'],
  },
  use: {
    description: 'The steps of a definition; further keys are bound for them.',
    anyOf: [{ type: 'string' }, { type: 'object', required: ['name'] }],
  },
};

/** Properties of a scenario that have to do with steps, and the definition of one. */
export function stepsJsonSchema(): { readonly properties: Json; readonly definitions: Json } {
  const steps = Object.fromEntries(STEP_ROWS.map((row) => [row.name, stepSchema(row)]));
  const bare = STEP_ROWS.filter((row) => row.fields.every((f) => !f.required)).map((row) => row.name);
  return {
    properties: {
      steps: { description: 'The program of the server\'s application, step by step (docs/steps.md).', ...list },
      matrix: { description: 'Values that the steps are done with, in every combination.', ...values },
      define: { description: 'Lists of steps by name, for use.', type: 'object', additionalProperties: list },
      compare: { description: 'How the trace is compared with that of a real kernel.', enum: [...COMPARING] },
    },
    definitions: {
      step: {
        anyOf: [
          { enum: bare },
          { type: 'object', additionalProperties: false, minProperties: 1, maxProperties: 1, properties: { ...steps, ...BLOCK_SCHEMAS } },
        ],
      },
    },
  };
}
