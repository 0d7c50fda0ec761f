import * as z from 'zod';

const urlSchema = z.url({ protocol: /^https?$/ });

/** In place of zod's own words, which would name a field that an operator may have mistaken for a value. */
const WHAT_IT_MUST_BE = { error: 'must be an http(s) URL, or an object of url, name and weight' };

/** One endpoint of a chain: a URL, or a URL with what it is called and how much of the work it gets. */
const endpointSchema = z.union(
  [
    urlSchema,
    z.strictObject(
      {
        url: urlSchema,
        /** Names its circuit, and it in logs. Never a part of the URL, which may hold a credential. */
        name: z
          .string()
          .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
          .optional(),
        weight: z.number().int().min(1).max(100).optional(),
      },
      WHAT_IT_MUST_BE,
    ),
  ],
  WHAT_IT_MUST_BE,
);

/** The RPC secret: endpoints by chain id. */
export const rpcSecretSchema = z.record(
  z.string().regex(/^[1-9]\d*$/, { error: 'must be a chain id' }),
  z
    .array(endpointSchema)
    .min(1)
    .refine((endpoints) => new Set(namesOf(endpoints)).size === endpoints.length, {
      error: 'has two endpoints of the same name',
    }),
);

/** Endpoints by chain id. */
export type RpcEndpoints = z.output<typeof rpcSecretSchema>;

/** The endpoints of a chain, with what the secret leaves out. */
export interface NamedEndpoints {
  readonly endpoints: readonly { readonly url: string; readonly name: string; readonly weight: number }[];
  /** Whether any has a weight: then they share the work by weight, else they are tried in their order. */
  readonly weighted: boolean;
}

/** Fills in what the secret leaves out: a name by place, and the weight of one that has none. */
export function namedEndpoints(endpoints: RpcEndpoints[string]): NamedEndpoints {
  const names = namesOf(endpoints);
  return {
    endpoints: endpoints.map((endpoint, index) => ({
      url: typeof endpoint === 'string' ? endpoint : endpoint.url,
      name: names[index] ?? '',
      weight: typeof endpoint === 'string' ? 1 : (endpoint.weight ?? 1),
    })),
    weighted: endpoints.some((endpoint) => typeof endpoint !== 'string' && endpoint.weight !== undefined),
  };
}

function namesOf(endpoints: readonly z.output<typeof endpointSchema>[]): string[] {
  return endpoints.map((endpoint, index) =>
    typeof endpoint === 'string' ? `endpoint-${index + 1}` : (endpoint.name ?? `endpoint-${index + 1}`),
  );
}
