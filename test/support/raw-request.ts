import * as z from 'zod';
import type { LocalInfo } from '#local/instance.ts';

/** What any answer of the API may hold, as far as tests look at it. */
const answerSchema = z.looseObject({
  id: z.string().optional(),
  request_id: z.string().optional(),
  error_id: z.string().optional(),
  error: z.string().optional(),
  message: z.string().optional(),
  details: z
    .looseObject({
      fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
      transaction_id: z.string().optional(),
    })
    .optional(),
});

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body where it is a JSON object; empty otherwise. */
  readonly body: z.output<typeof answerSchema>;
  /** The first field at fault. */
  readonly field: string | undefined;
}

/** What to send. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is a text, else as JSON. */
  readonly body?: unknown;
  /** Absent: the admin key. Null: none. */
  readonly apiKey?: string | null;
}

/** Sends a request as any program would, without the typed client's checks. */
export async function sendRaw(info: LocalInfo, request: RawRequest): Promise<RawAnswer> {
  const apiKey = request.apiKey === undefined ? info.adminApiKey : request.apiKey;
  const hasBody = request.body !== undefined;
  const response = await fetch(`${info.apiUrl}${request.path}`, {
    method: request.method,
    headers: {
      ...(apiKey === null ? {} : { Authorization: `Bearer ${apiKey}` }),
      ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
      ...request.headers,
    },
    ...(hasBody ? { body: typeof request.body === 'string' ? request.body : JSON.stringify(request.body) } : {}),
  });
  const text = await response.text();
  const body = parse(text);
  return { status: response.status, headers: response.headers, text, body, field: body.details?.fields?.[0]?.field };
}

/** The id of a request that a function answered; undefined: the gateway did by itself, which gives an error no id of its own. */
export function servedRequestId({ headers, body }: RawAnswer): string | undefined {
  const requestId = headers.get('x-request-id') ?? undefined;
  return requestId === body.error_id ? undefined : requestId;
}

function parse(text: string): z.output<typeof answerSchema> {
  try {
    const parsed = answerSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}
