/** Languages that there are mails in. Each has a file of strings, which the compiler holds to be complete. */
export const LOCALES = ['en', 'de'] as const;

/** A language that there are mails in. */
export type Locale = (typeof LOCALES)[number];

/**
 * The language of a mail.
 *
 * @param wanted as in BCP 47: `de-AT` is answered in `de`; null, or a language that there are no mails in: the fallback
 */
export function localeOf(wanted: string | null | undefined, fallback: Locale): Locale {
  const language = wanted?.split('-')[0]?.toLowerCase();
  return LOCALES.find((locale) => locale === language) ?? fallback;
}
