import * as z from 'zod';
import type { Routes } from '#functions/catalogue.ts';
import { buildOpenApi } from '../../../../docs/generate/openapi.ts';

const parameter = z.union([
  z.strictObject({ $ref: z.string() }),
  z.object({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: z.unknown() }),
]);

const media = z.object({
  schema: z.record(z.string(), z.unknown()),
  examples: z.record(z.string(), z.unknown()).optional(),
});

const response = z.object({
  description: z.string(),
  headers: z.record(z.string(), z.unknown()),
  // A 304 has none.
  content: z.record(z.string(), media).default({}),
});

/** The parts of the document that tests look at. */
const documentSchema = z.object({
  openapi: z.string(),
  servers: z.array(z.object({ url: z.string() })),
  tags: z.array(z.object({ name: z.string(), description: z.string().optional() })),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        tags: z.array(z.string()),
        summary: z.string(),
        description: z.string(),
        security: z.array(z.record(z.string(), z.array(z.string()))),
        'x-haven-scope': z.string().optional(),
        parameters: z.array(parameter).default([]),
        requestBody: z.object({ required: z.boolean(), content: z.record(z.string(), media) }).optional(),
        responses: z.record(z.string(), z.union([z.strictObject({ $ref: z.string() }), response])),
      }),
    ),
  ),
  components: z.object({
    parameters: z.record(z.string(), z.object({ name: z.string(), in: z.string(), required: z.boolean() })),
    responses: z.record(z.string(), response),
    schemas: z.record(z.string(), z.record(z.string(), z.unknown())),
    examples: z.record(z.string(), z.object({ value: z.unknown() })),
  }),
});

/** The OpenAPI document as a client reads it. */
export type Document = z.output<typeof documentSchema>;

/** One operation of the document. */
export type DocumentedOperation = Document['paths'][string][string];

/** Builds the document and reads it back from its JSON. */
export function readDocument(routes?: Routes): Document {
  return documentSchema.parse(JSON.parse(JSON.stringify(buildOpenApi(routes))));
}

/** The operation with a name, wherever it is. */
export function operationOf(document: Document, id: string): DocumentedOperation {
  const found = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .find((operation) => operation.operationId === id);
  if (found === undefined) throw new Error(`${id} is not in the document`);
  return found;
}

/** The answer of an operation with one status, references followed. */
export function responseOf(document: Document, operation: DocumentedOperation, status: number | string) {
  const answer = operation.responses[status];
  if (answer === undefined) throw new Error(`${operation.operationId} has no ${status}`);
  const resolved = '$ref' in answer ? document.components.responses[nameOf(answer.$ref)] : answer;
  if (resolved === undefined) throw new Error(`${operation.operationId} refers to nothing for ${status}`);
  return resolved;
}

/** The names of the header parameters of an operation. */
export function headerParametersOf(document: Document, operation: DocumentedOperation): readonly string[] {
  return operation.parameters
    .map((item) => ('$ref' in item ? document.components.parameters[nameOf(item.$ref)] : item))
    .flatMap((item) => (item?.in === 'header' ? [item.name] : []));
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}
