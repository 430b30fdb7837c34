import type { Setting } from './setting.ts';
import { settings } from './settings-table.ts';

/** JSON Schema, as much of it as is used here. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The schema of `holdfast.yaml` for editors (draft 7, which they all know), from the table of settings. */
export function buildConfigSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'holdfast.yaml',
    description: 'Settings of holdfast. Flags and the environment come before them.',
    ...sectionSchema(''),
  };
}

function sectionSchema(section: string): JsonSchema {
  const prefix = section === '' ? '' : `${section}.`;
  const properties: Record<string, JsonSchema> = {};
  for (const setting of settings.filter(({ path }) => path.startsWith(prefix))) {
    const [name = '', ...below] = setting.path.slice(prefix.length).split('.');
    properties[name] ??= below.length > 0 ? sectionSchema(`${prefix}${name}`) : settingSchema(setting);
  }
  // A section in which everything is commented out is null.
  return { type: section === '' ? 'object' : ['object', 'null'], additionalProperties: false, properties };
}

function settingSchema({ kind, summary, choices, form }: Setting): JsonSchema {
  const text = { type: 'string', minLength: 1 } as const;
  switch (kind) {
    case 'boolean':
      return { description: summary, type: 'boolean' };
    case 'integer':
      return { description: summary, type: 'integer', minimum: 0 };
    case 'duration':
      return {
        description: summary,
        type: ['string', 'integer'],
        pattern: '^(0|([0-9.]+(ns|us|µs|ms|s|m|h))+)$',
      };
    case 'path':
      return { description: summary, type: 'string', pattern: '^/' };
    case 'list':
      return { description: summary, anyOf: [text, { type: 'array', minItems: 1, items: text }] };
    case 'text':
      return {
        description: summary,
        ...text,
        ...(choices !== undefined && { enum: choices }),
        ...(form !== undefined && { pattern: form.pattern }),
      };
  }
}
