import { type CreateDocumentOptions, createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { allRoutes, type Routes } from '#functions/catalogue.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { sharedComponents } from './components.ts';
import { errorsByStatus } from './error-codes.ts';
import { toOperation } from './operation.ts';
import { TAG_DESCRIPTIONS } from './tags.ts';

/** Below the host; the same in every stage. */
const BASE_PATH = '/api/v1';

const DESCRIPTION = `Haven keeps Ethereum keys under KMS and sends transactions with them.

Bodies are JSON with snake_case fields. Amounts are decimal strings of an asset's base units, such as wei. Times are
ISO 8601 in UTC. Unknown fields and parameters are refused in requests; expect new fields in answers.`;

/**
 * The OpenAPI document of the API, made from its routes. The same routes always give the same document.
 *
 * @param routes by operation name
 */
export function buildOpenApi(routes: Routes = allRoutes) {
  const errors = Object.values(routes).flatMap(errorsByStatus);
  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Haven API',
        version: packageJson.version,
        description: DESCRIPTION,
        license: { name: packageJson.license },
      },
      servers: [{ url: BASE_PATH }],
      tags: toTags(routes),
      paths: toPaths(routes),
      components: sharedComponents(
        new Set(errors.flatMap(({ codes }) => codes)),
        new Set(errors.flatMap(({ codes }) => (codes.length === 1 ? codes : []))),
      ),
    },
    { override },
  );
}

/** The tags in use: those of the table in its order, then any that it lacks. */
function toTags(routes: Routes) {
  const used = new Set(Object.values(routes).map((route) => route.tag));
  const known = Object.keys(TAG_DESCRIPTIONS).filter((name) => used.has(name));
  return [...new Set([...known, ...used])].map((name) => {
    const description = TAG_DESCRIPTIONS[name];
    return description === undefined ? { name } : { name, description };
  });
}

function toPaths(routes: Routes): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const [id, route] of Object.entries(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: toOperation(id, route) };
  }
  return paths;
}

/** Corrects what zod says of a schema where it would mislead a client or only make noise. */
const override: NonNullable<CreateDocumentOptions['override']> = ({ zodSchema, jsonSchema, io }) => {
  const { def } = zodSchema._zod;
  // Zod's own pattern spells out the calendar; the format says that already, but not that it must be UTC.
  if (jsonSchema.format === 'date-time') jsonSchema.pattern = 'Z$';
  if (isPlainString(jsonSchema.propertyNames)) delete jsonSchema.propertyNames;
  if (io === 'input') return;
  // Fields may be added to answers, so a client must not take their objects as closed.
  if (def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties;
  // The bounds of a double, which nobody chose.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};

/** Whether a schema says no more than that something is a string, as every name of a JSON member is. */
function isPlainString(schema: unknown): boolean {
  return JSON.stringify(schema) === '{"type":"string"}';
}
