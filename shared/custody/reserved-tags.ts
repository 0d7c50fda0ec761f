import { fieldError } from '#shared/platform/http/validation.ts';

/** The tag by which a user's wallet is found among all wallets. Rotating follows it to the user who moves on to the successor. */
export const USER_TAG = 'user_id';

/** Tags that Haven gives to wallets it makes and relies on later: nobody else sets, changes or removes them. */
const RESERVED_TAGS: readonly string[] = [USER_TAG];

const GIVEN_BY_HAVEN = 'is a tag that only Haven gives';
/** For schemas: why a reserved tag is refused. */
export const RESERVED_TAG_ERROR = `INVALID_PARAMETER: ${GIVEN_BY_HAVEN}`;

type Tags = Readonly<Record<string, string>>;

/** The first reserved tag among those that people give; undefined: there is none. */
export function reservedTagIn(tags: Tags): string | undefined {
  return RESERVED_TAGS.find((key) => Object.hasOwn(tags, key));
}

/** Without those that Haven keeps. */
export function withoutReserved(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !RESERVED_TAGS.includes(key)));
}

/**
 * The tags of a wallet once people have replaced them: reserved ones stay, named or not.
 *
 * @param before the wallet's tags
 * @param wanted all that people want it to have; a reserved tag may be among them as it is, so that what was read can be sent back
 * @throws INVALID_PARAMETER naming a reserved tag that would get another value
 */
export function replacedTags(before: Tags, wanted: Tags): Tags {
  const kept = RESERVED_TAGS.filter((key) => Object.hasOwn(before, key)).map((key) => [key, before[key] ?? '']);
  const changed = RESERVED_TAGS.find((key) => Object.hasOwn(wanted, key) && wanted[key] !== before[key]);
  if (changed !== undefined) throw fieldError('INVALID_PARAMETER', `body.tags.${changed}`, GIVEN_BY_HAVEN);
  return { ...wanted, ...Object.fromEntries(kept) };
}
