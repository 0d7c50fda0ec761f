import { HavenError } from '../errors/haven-error.ts';
import type { RequestContext } from '../http/bound-route.ts';
import { type Condition, NOT_EXISTS } from './write-transaction.ts';

/**
 * The condition that nobody changed an item since it was read.
 *
 * @param before as it was read; undefined: there was none
 */
export function unchangedSince(before: { readonly version: number } | undefined): Condition {
  if (before === undefined) return NOT_EXISTS;
  return { expression: '#version = :before', names: { '#version': 'version' }, values: { ':before': before.version } };
}

/**
 * Refuses a change of another version than the one that If-Match names, if it names one.
 *
 * @param what is to be changed, for the message: `User usr_…`
 * @throws VERSION_MISMATCH
 */
export function requireVersion(
  { ifMatchVersion }: Pick<RequestContext, 'ifMatchVersion'>,
  version: number,
  what: string,
): void {
  if (ifMatchVersion === undefined || ifMatchVersion === version) return;
  throw new HavenError('VERSION_MISMATCH', `${what} is at version ${version}`, { details: { version } });
}
