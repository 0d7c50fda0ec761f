import * as z from 'zod';
import { problemSchema } from '#shared/platform/errors/problem.ts';

/** The part of a JSON schema that the page shows. */
export const schemaNode = z.object({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  examples: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), schemaNode).optional();
  },
  get items() {
    return schemaNode.optional();
  },
  get anyOf() {
    return z.array(schemaNode).optional();
  },
  get propertyNames() {
    return schemaNode.optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), schemaNode]).optional();
  },
});

/** The part of a JSON schema that the page shows. */
export type SchemaNode = z.output<typeof schemaNode>;

const reference = z.object({ $ref: z.string() });

const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  description: z.string().optional(),
  schema: schemaNode,
});

/** A parameter of an operation. */
export type Parameter = z.output<typeof parameter>;

const content = z.record(z.string(), z.object({ schema: schemaNode }));

const response = z.object({ description: z.string(), content });

const problemContent = z.record(z.string(), z.object({ examples: z.record(z.string(), z.unknown()) }));

const operation = z.object({
  operationId: z.string(),
  tags: z.tuple([z.string()]),
  summary: z.string(),
  description: z.string(),
  'x-haven-scope': z.string().optional(),
  'x-haven-rate-class': z.string(),
  parameters: z.array(z.union([reference, parameter])).default([]),
  requestBody: z.object({ required: z.boolean(), content }).optional(),
  responses: z.record(
    z.string(),
    z.union([reference, z.object({ description: z.string(), content: z.unknown().optional() })]),
  ),
});

/** One operation. */
export type Operation = z.output<typeof operation>;

/** The answer that an operation gives when it succeeds. */
export interface Success {
  readonly status: string;
  readonly description: string;
  readonly contentType: string;
  readonly schema: SchemaNode;
}

/** The codes that an operation can answer with one HTTP status. */
export interface Failure {
  readonly status: string;
  readonly codes: readonly string[];
}

/** The part of the OpenAPI document that the page shows. */
export const documentSchema = z.object({
  openapi: z.string(),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.tuple([z.object({ url: z.string() })]),
  tags: z.array(z.object({ name: z.string(), description: z.string().default('') })),
  paths: z.record(z.string(), z.record(z.enum(['get', 'post', 'put', 'patch', 'delete']).or(z.string()), operation)),
  components: z.object({
    schemas: z.record(z.string(), schemaNode),
    parameters: z.record(z.string(), parameter),
    responses: z.record(z.string(), z.unknown()),
    examples: z.record(z.string(), z.object({ value: problemSchema })),
  }),
});

/** The part of the OpenAPI document that the page shows. */
export type ApiDocument = z.output<typeof documentSchema>;

/** The last part of a reference: what the component is called. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

/** The schema itself, or the component that it refers to. */
export function resolve(document: ApiDocument, node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node;
  return found(document.components.schemas, node.$ref);
}

/** An operation's parameters, references followed. */
export function parametersOf(document: ApiDocument, { parameters }: Operation): readonly Parameter[] {
  return parameters.map((item) => ('$ref' in item ? found(document.components.parameters, item.$ref) : item));
}

/** What an operation answers when it succeeds. */
export function successOf({ responses }: Operation): Success {
  const [status, declared] = Object.entries(responses).find(([key]) => key.startsWith('2')) ?? [];
  const { description, content: byType } = response.parse(declared);
  const [contentType, media] = Object.entries(byType)[0] ?? [];
  if (status === undefined || contentType === undefined || media === undefined) throw new Error('No success response');
  return { status, description, contentType, schema: media.schema };
}

/** What an operation answers when it fails. */
export function failuresOf(document: ApiDocument, { responses }: Operation): readonly Failure[] {
  return Object.entries(responses)
    .filter(([status]) => status >= '4')
    .map(([status, declared]) => {
      const answer = '$ref' in declared ? found(document.components.responses, declared.$ref) : declared;
      const { content: byType } = z.object({ content: problemContent }).parse(answer);
      return { status, codes: Object.values(byType).flatMap(({ examples }) => Object.keys(examples)) };
    });
}

function found<T>(components: Readonly<Record<string, T>>, ref: string): T {
  const component = components[refName(ref)];
  if (component === undefined) throw new Error(`${ref} is not in the document`);
  return component;
}
