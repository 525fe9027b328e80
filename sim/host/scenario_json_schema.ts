/** The JSON Schema of scenarios, for editors: names, ranges, units and a sentence for each key. */
import { FAULT_KNOBS, HOST_KNOBS, HOSTS, type Knob, RULE_KNOBS, RUN_KNOBS } from '../schema/scenario.ts';
import { STAGES } from '../schema/stages.ts';
import { FINDING_NAMES } from '../schema/finding_names.ts';
import { stepsJsonSchema } from './steps/steps_json_schema.ts';
import { LIMITS } from '../schema/limits.ts';
import { formatValue, quantityPattern } from './scenario_units.ts';

type Json = { readonly [key: string]: unknown };
const limit = (name: string) => LIMITS.find((l) => l.name === name)?.value ?? 0;

const SECTION_ABOUT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(STAGES.map((s) => [s.name, s.about])),
  cpu: 'cores: how many, how fast, who runs where',
  mem: 'caches and DRAM',
  cost: 'cycles that each step takes',
  run: 'the run as a whole',
  limits: 'capacities of the world; auto: what the scenario needs',
};

function valueSchema(knob: Knob): Json {
  if (knob.options) return { enum: [...knob.options] };
  if (knob.unit === 'bool') return { enum: [true, false, 'on', 'off'] };
  const forms: Json[] = [
    { type: 'integer', minimum: knob.min, maximum: knob.max }, { type: 'string', pattern: quantityPattern(knob.unit) },
  ];
  if (knob.auto) forms.push({ const: 'auto' });
  return { anyOf: forms };
}

const knobSchema = (knob: Knob): Json => ({
  description: knob.linux === undefined ? `${knob.about}.` : `${knob.about}. Linux: ${knob.linux}`,
  default: knob.unit === 'bool' ? knob.value !== 0 : formatValue(knob, knob.value),
  ...valueSchema(knob),
});

const knobsSchema = (knobs: readonly Knob[], extra: Json = {}): Json => ({
  type: 'object',
  additionalProperties: false,
  properties: { ...Object.fromEntries(knobs.map((k) => [k.name, knobSchema(k)])), ...extra },
});

const rules: Json = {
  type: 'array', maxItems: limit('NTUPLE_MAX'), description: 'n-tuple rules; the first that matches holds. Linux: ethtool -N',
  items: knobsSchema(RULE_KNOBS),
};
const port = HOST_KNOBS.find((k) => k.section === 'app' && k.name === 'port') as Knob;
const ports: Json = {
  type: 'array', maxItems: limit('PORTS_MAX'), description: 'ports that the application listens on', items: valueSchema(port),
};

function sections(knobs: readonly Knob[]): Json {
  const names = [...new Set(knobs.map((k) => k.section))];
  return Object.fromEntries(names.map((name) => {
    const extra = name === 'nic' ? { rules } : name === 'app' ? { ports } : {};
    return [name, { description: SECTION_ABOUT[name] ?? '', ...knobsSchema(knobs.filter((k) => k.section === name), extra) }];
  }));
}

export function scenarioJsonSchema(): Json {
  const steps = stepsJsonSchema();
  const of_hosts = sections(HOST_KNOBS);
  const references = Object.fromEntries(Object.keys(of_hosts).map((name) => [name, { $ref: `#/definitions/${name}` }]));
  const host: Json = { type: 'object', additionalProperties: false, properties: references };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Ringlab scenario',
    type: 'object',
    additionalProperties: false,
    properties: {
      about: { type: 'string', description: 'One sentence: what the scenario shows.' },
      source: { type: 'string', description: 'Where its story was told in public.' },
      ...references,
      ...sections(RUN_KNOBS),
      hosts: {
        description: 'What holds for one host only.', type: 'object', additionalProperties: false,
        properties: Object.fromEntries(HOSTS.map((name) => [name, host])),
      },
      faults: {
        description: 'What happens to single frames.', type: 'array', maxItems: limit('FAULTS_MAX'), items: knobsSchema(FAULT_KNOBS),
      },
      ...steps.properties,
      expect: {
        description: 'Lines that the result must fulfil, such as drops.SIM_WIRE_LOSS > 0.',
        type: 'array',
        items: {
          anyOf: [
            { type: 'string', minLength: 1 },
            {
              type: 'object', additionalProperties: false, minProperties: 1,
              properties: { doctor: { type: 'array', description: 'Findings that the doctor must'
                + ' have.', items: { enum: [...FINDING_NAMES] } } },
            },
          ],
        },
      },
    },
    definitions: { ...of_hosts, ...steps.definitions },
  };
}
