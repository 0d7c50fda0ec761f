import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose';
import type { Clock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { IssuerUnavailable, type KeySet } from './issuer-documents.ts';

/** Keys are asked for again after this time, so that one that the issuer has withdrawn stops counting. */
export const KEYS_FRESH_MS = 10 * 60_000;
/** As long as the issuer can't be reached, its last known keys count for this time: an outage of it is none of Haven's. */
export const KEYS_STALE_MS = 60 * 60_000;
/** Tokens with unknown keys make for no more requests to the issuer than one in this time. */
export const REFETCH_COOLDOWN_MS = 30_000;
/** After a failure the issuer is left alone for this time. */
export const FAILURE_COOLDOWN_MS = 5_000;
/** Both documents together; the authorizer itself has five seconds. */
export const ISSUER_TIMEOUT_MS = 3_000;

/** What keeping an issuer's keys needs. */
export interface IssuerKeysDependencies {
  /** @throws IssuerUnavailable */
  readonly fetchKeySet: (deadline: Deadline) => Promise<KeySet>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Known {
  readonly find: JWTVerifyGetKey;
  readonly fetchedAtMs: number;
}

/**
 * The issuer's keys, kept in memory: one set, replaced as a whole. Jose's own remote key set drops its keys as soon as
 * they are old, even if there are no newer ones to be had; this one bridges an outage, and reads no endless answers.
 *
 * @returns finds the key of a token; throws jose's errors when there is none, and IssuerUnavailable when that can't be told
 */
export function createIssuerKeys(deps: IssuerKeysDependencies): JWTVerifyGetKey {
  let known: Known | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let loading: Promise<Known> | undefined;

  async function load(): Promise<Known> {
    try {
      const keys = await deps.fetchKeySet(Deadline.in(ISSUER_TIMEOUT_MS, deps.clock));
      known = { find: createLocalJWKSet(keys), fetchedAtMs: deps.clock() };
      return known;
    } catch (error) {
      failedAtMs = deps.clock();
      deps.log.write('ISSUER_KEYS_NOT_READ', { error });
      throw error instanceof IssuerUnavailable ? error : new IssuerUnavailable('The key set is not valid', error);
    }
  }

  /** Requests at the same time share one load; one that failed a moment ago isn't repeated. */
  function refresh(): Promise<Known> {
    if (deps.clock() - failedAtMs < FAILURE_COOLDOWN_MS) {
      return Promise.reject(new IssuerUnavailable('The issuer failed a moment ago'));
    }
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function current(): Promise<Known> {
    const before = known;
    if (before === undefined) return refresh();
    const ageMs = deps.clock() - before.fetchedAtMs;
    if (ageMs < KEYS_FRESH_MS) return before;
    return refresh().catch((error: unknown) => {
      if (ageMs < KEYS_STALE_MS) return before;
      throw error;
    });
  }

  return async (header: JWTHeaderParameters, token: FlattenedJWSInput) => {
    const keys = await current();
    try {
      return await keys.find(header, token);
    } catch (error) {
      const settled = deps.clock() - keys.fetchedAtMs < REFETCH_COOLDOWN_MS;
      if (!(error instanceof errors.JWKSNoMatchingKey) || settled) throw error;
      // The issuer may have a new key. If it can't be asked, the token's key is as unknown as before.
      const newer = await refresh().catch(() => undefined);
      if (newer === undefined) throw error;
      return newer.find(header, token);
    }
  };
}
