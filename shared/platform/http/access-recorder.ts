import type { Principal } from '../auth/principal.ts';
import type { Deadline } from '../deadline.ts';
import type { ErrorCode } from '../errors/catalogue.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Route } from './route.ts';

/** One attempt to reach something whose accesses are on record. */
export interface Access {
  /** The operation's name in the catalogue. */
  readonly operation: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly sourceAddress: string;
  /** What was to be reached, as far as the request named it well: the id in its path, or that of the wallet that a list is narrowed to or that it was refused for. */
  readonly subject: string | null;
  /** What the request named, where the subject is the wallet that it was refused for. */
  readonly named?: string;
  /** `granted`, or the code of the refusal. */
  readonly outcome: 'granted' | ErrorCode;
  readonly deadline: Deadline;
}

/** Puts accesses on record. */
export interface AccessRecorder {
  /** @throws WRITE_CONFLICT, DATABASE_ERROR when it is not on record */
  record(access: Access): Promise<void>;
}

/** What recording needs besides the access. */
export interface AccessRecording {
  readonly recorder: AccessRecorder;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Ids of all kinds; whatever else stands in a path stays out of the record. */
const ID = /^[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}$/;

/** Refused: not allowed, or not there for the one who asks. A request that could not be read has reached for nothing. */
const REFUSED: ReadonlySet<number> = new Set([403, 404]);

/**
 * Runs a request and puts on record that it was granted or refused, as its route declares. An answer leaves only after
 * its record is written: nobody looks unrecorded. A refusal stands whether or not it could be recorded.
 *
 * @param access the attempt, but for its outcome
 * @throws what the request throws; WRITE_CONFLICT, DATABASE_ERROR when an access could not be recorded
 */
export async function recorded<T>(
  { recorder, log, metrics }: AccessRecording,
  audited: NonNullable<Route['audited']>,
  access: Omit<Access, 'outcome'>,
  run: () => Promise<T>,
): Promise<T> {
  let answer: T;
  try {
    answer = await run();
  } catch (error) {
    if (!(error instanceof HavenError) || !REFUSED.has(error.status)) throw error;
    await recorder
      .record({ ...access, ...subjectOf(access.subject, error.details), outcome: error.code })
      .catch((cause: unknown) => {
        log.write('REFUSAL_NOT_RECORDED', { request_id: access.requestId, operation: access.operation, error: cause });
        metrics.count('RefusalNotRecorded');
      });
    throw error;
  }
  if (audited === 'access') await recorder.record({ ...access, outcome: 'granted' });
  return answer;
}

/**
 * Whom a refusal is about: the wallet that the error names, so that what is refused of a request for its key (`exp_…`) is found by
 * the wallet; and what the request itself named.
 */
function subjectOf(
  named: string | null,
  { wallet_id }: Readonly<Record<string, unknown>>,
): Pick<Access, 'subject' | 'named'> {
  const wallet = idOf(wallet_id);
  if (wallet === null || named === null || named.startsWith('wal_')) return { subject: named ?? wallet };
  return { subject: wallet, named };
}

/** A well-formed id, or null. */
export function idOf(value: unknown): string | null {
  return typeof value === 'string' && ID.test(value) ? value : null;
}
