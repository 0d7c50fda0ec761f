import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { RequestContext } from '#shared/platform/http/bound-route.ts';
import type { RawBody } from '#shared/platform/http/raw-body.ts';
import { type ApplyDependencies, applyTold } from './apply-told.ts';
import type { ProcessorConfig, ProcessorRegistry } from './processor-config.ts';
import { readKryptoExpress } from './read-kryptoexpress.ts';
import { readStandard } from './read-standard.ts';
import type { Told } from './told.ts';
import { BadSignature, type ProcessorSecrets, requireSigned, type SignedBody } from './verify.ts';

/** What receiving a processor's webhooks needs. */
export interface ReceiveDependencies extends ApplyDependencies {
  readonly processors: ProcessorRegistry;
  readonly readSecrets: () => Promise<ProcessorSecrets>;
}

/**
 * Takes a webhook of a processor. Its size and how many came from its address were checked before; then, in this order: whether there is such a
 * processor, the signature, the body, and what it means. Whatever is refused changes nothing.
 *
 * @throws PROCESSOR_NOT_FOUND, INVALID_SIGNATURE, INVALID_PARAMETER, INVALID_AMOUNT; what `applyTold` throws; CONFIGURATION
 */
export async function receiveWebhook(
  deps: ReceiveDependencies,
  name: string,
  raw: RawBody,
  context: RequestContext,
): Promise<{ readonly outcome: 'applied' | 'already_known' }> {
  const processor = deps.processors.find(name);
  if (processor === undefined) throw new HavenError('PROCESSOR_NOT_FOUND', 'There is no such payment processor');
  const signed = await signedBody(deps, processor, raw, context);
  const told = read(processor, signed, deps.clock());
  return { outcome: await applyTold(deps, processor.name, told, signed.digest, context) };
}

/** Counted by itself: somebody who tries signatures is no client with a mistake in its body. */
async function signedBody(
  { readSecrets, clock, metrics }: ReceiveDependencies,
  processor: ProcessorConfig,
  raw: RawBody,
  { log, sourceAddress }: RequestContext,
): Promise<SignedBody> {
  try {
    return requireSigned(processor, raw, await readSecrets(), clock());
  } catch (error) {
    if (error instanceof BadSignature) {
      metrics.count('PaymentWebhookUnsigned');
      const fields = { processor: processor.name, reason: error.fault, source_address: sourceAddress };
      log.write('PAYMENT_WEBHOOK_UNSIGNED', fields);
    }
    throw error;
  }
}

function read(processor: ProcessorConfig, { bytes }: SignedBody, nowMs: number): Told {
  return processor.kind === 'kryptoexpress'
    ? readKryptoExpress(processor, bytes)
    : readStandard(processor, bytes, nowMs);
}
