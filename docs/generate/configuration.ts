import * as z from 'zod';
import { code, GENERATED_NOTE, table } from './markdown.ts';

/** One table of docs/configuration.md. */
export interface ConfigurationSection {
  readonly title: string;
  /** What the table is about, as Markdown. */
  readonly introduction: string;
  /** What the names are, as the head of their column. */
  readonly nameColumn: string;
  readonly schema: z.ZodObject;
}

/**
 * docs/configuration.md: what each setting means, its default and what it may be.
 *
 * @param sections in the order of the document
 */
export function buildConfiguration(sections: readonly ConfigurationSection[]): string {
  return [GENERATED_NOTE, '', INTRODUCTION, ...sections.map(toSection)].join('\n');
}

const INTRODUCTION = `# Configuration

Every function reads its settings from its environment once, at start, and doesn't start when one is missing or not
valid. The deployment sets them; secrets are read from Secrets Manager by their ARN and never stand in the environment.
`;

function toSection({ title, introduction, nameColumn, schema }: ConfigurationSection): string {
  const rows = toRows('', settingSchema.parse(z.toJSONSchema(schema, { io: 'input' })));
  return `## ${title}\n\n${introduction}\n\n${table([nameColumn, 'Meaning', 'Default', 'Format'], rows)}\n`;
}

/** The part of a JSON schema that a setting's row tells. */
const settingSchema = z.object({
  type: z.string().optional(),
  format: z.string().optional(),
  description: z.string().default(''),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minItems: z.number().optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), settingSchema).default({});
  },
});

type Setting = z.output<typeof settingSchema>;

/** A row for each setting; those inside of another follow it, with its name before theirs. */
function toRows(prefix: string, parent: Setting): string[][] {
  return Object.entries(parent.properties).flatMap(([key, setting]) => {
    const name = `${prefix}${key}`;
    const fallback = setting.default === undefined ? undefined : code(toText(setting.default));
    const absent = fallback ?? (parent.required.includes(key) ? 'required' : 'none');
    return [[code(name), setting.description, absent, toFormat(setting)], ...toRows(`${name}.`, setting)];
  });
}

function toFormat(setting: Setting): string {
  if (setting.enum !== undefined) return setting.enum.map((value) => code(toText(value))).join(', ');
  const kind = KINDS[setting.format ?? ''] ?? KINDS[setting.type ?? ''] ?? 'any';
  const bounds = BOUNDS[setting.type ?? '']?.(setting) ?? '';
  const pattern = setting.pattern === undefined ? '' : `, matching ${code(setting.pattern)}`;
  return `${kind}${bounds}${pattern}`;
}

const KINDS: Readonly<Record<string, string>> = {
  uri: 'URL',
  integer: 'whole number',
  number: 'number',
  string: 'text',
  boolean: 'true or false',
  array: 'list',
  object: 'object',
};

const BOUNDS: Readonly<Record<string, (setting: Setting) => string>> = {
  string: lengths,
  integer: range,
  number: range,
  array: ({ minItems }) => (minItems === undefined ? '' : `, at least ${minItems} long`),
};

function lengths({ minLength = 0, maxLength }: Setting): string {
  if (maxLength !== undefined) return `, ${minLength} to ${maxLength} characters`;
  if (minLength === 1) return ', not empty';
  return minLength === 0 ? '' : `, at least ${minLength} characters`;
}

/** Bounds that a number has only because JavaScript can't hold more are not told. */
function range({ minimum, exclusiveMinimum, maximum }: Setting): string {
  const low = minimum ?? (exclusiveMinimum === undefined ? undefined : `more than ${exclusiveMinimum}`);
  const from = low === Number.MIN_SAFE_INTEGER ? undefined : low;
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (to !== undefined) return `, at most ${to}`;
  if (from === undefined) return '';
  return typeof from === 'string' ? `, ${from}` : `, at least ${from}`;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
