import * as z from 'zod';
import type { ApiKeyFacts } from '#shared/access/api-key.ts';
import type { Log } from '#shared/platform/log/logger.ts';

/** The secret that holds the first admin key. */
export interface AdminKeySecret {
  /** The key put there before, if any. */
  read(): Promise<string | undefined>;
  write(token: string): Promise<void>;
}

/** What making the first admin key needs. */
export interface BootstrapDependencies {
  readonly secret: AdminKeySecret;
  /** Makes a new token with its key, not stored yet. */
  readonly draft: () => Promise<{ readonly key: ApiKeyFacts; readonly token: string }>;
  /** The key that a token belongs to, as it would be stored. */
  readonly keyOf: (token: string) => Promise<ApiKeyFacts>;
  /** Stores a key unless it is stored already. */
  readonly storeIfAbsent: (key: ApiKeyFacts, requestId: string) => Promise<void>;
  /** Answers CloudFormation. */
  readonly respond: (responseUrl: string, answer: CustomResourceAnswer) => Promise<void>;
  readonly log: Log;
}

const generationSchema = z.object({ Generation: z.coerce.number().optional() }).optional();

const eventSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: generationSchema,
  OldResourceProperties: generationSchema,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html */
export interface CustomResourceAnswer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

const PHYSICAL_ID = 'haven-first-admin-key';

/**
 * Makes the custom resource that puts the first admin key in place. The token goes into the secret first and its hash
 * into the table second; run again after a crash in between it completes what is missing and changes nothing else. A
 * new generation gets a new key, whatever became of the one before: that one stays valid until it is revoked. The
 * token is in no template, answer or log.
 */
export function createHandler(deps: BootstrapDependencies) {
  return async (rawEvent: unknown): Promise<void> => {
    const event = eventSchema.parse(rawEvent);
    const base = {
      PhysicalResourceId: event.PhysicalResourceId ?? PHYSICAL_ID,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    };
    let failure: { readonly Reason: string } | undefined;
    try {
      const wanted = event.ResourceProperties?.Generation ?? 1;
      const isNewGeneration = event.RequestType === 'Update' && wanted > (event.OldResourceProperties?.Generation ?? 1);
      if (isNewGeneration) await issueKey(deps, event.RequestId);
      else if (event.RequestType !== 'Delete') await ensureKey(deps, event.RequestId);
    } catch (error) {
      deps.log.write('ADMIN_KEY_FAILED', { error });
      failure = { Reason: 'See the log of access-bootstrap' };
    }
    // Outside: an answer that could not be given is no failure of the key, and FAILED would roll the deploy back.
    await deps.respond(event.ResponseURL, {
      ...base,
      Status: failure === undefined ? 'SUCCESS' : 'FAILED',
      ...failure,
    });
  };
}

async function ensureKey(deps: BootstrapDependencies, requestId: string): Promise<void> {
  const existing = await deps.secret.read();
  if (existing === undefined) {
    await issueKey(deps, requestId);
    return;
  }
  await deps.storeIfAbsent(await deps.keyOf(existing), requestId);
  deps.log.write('ADMIN_KEY_READY');
}

async function issueKey(deps: BootstrapDependencies, requestId: string): Promise<void> {
  const { key, token } = await deps.draft();
  await deps.secret.write(token);
  await deps.storeIfAbsent(key, requestId);
  deps.log.write('ADMIN_KEY_READY');
}
