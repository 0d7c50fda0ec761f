import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import {
  IdempotentReplay,
  type IdempotentRequest,
  type StoredAnswer,
} from '#shared/platform/idempotency/idempotent-request.ts';

/** Idempotency records in memory. */
export interface FakeIdempotency extends IdempotencyStore {
  /** Keeps an answer, as the commit of a transaction would. */
  keep(request: IdempotentRequest, answer: StoredAnswer): void;
  /** The answers that were added to transactions, by record key. */
  readonly recorded: ReadonlyMap<string, StoredAnswer>;
}

/** Makes a store that has no records; `record` only notes what it was given, as nothing is committed here. */
export function createFakeIdempotency(): FakeIdempotency {
  const kept = new Map<string, { readonly fingerprint: string; readonly answer: StoredAnswer }>();
  const recorded = new Map<string, StoredAnswer>();
  return {
    recorded,
    keep(request, answer) {
      kept.set(request.recordKey, { fingerprint: request.fingerprint, answer });
    },
    record(_transaction, request, answer) {
      recorded.set(request.recordKey, answer);
    },
    async replayIfAnswered(request) {
      const found = kept.get(request.recordKey);
      if (found === undefined) return;
      if (found.fingerprint !== request.fingerprint) {
        throw new HavenError('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used with another request');
      }
      throw new IdempotentReplay(found.answer);
    },
  };
}
