import type { Locale } from './locale.ts';
import type { MailStrings } from './mail-strings.ts';
import { DE } from './strings-de.ts';
import { EN } from './strings-en.ts';

const STRINGS: Readonly<Record<Locale, MailStrings>> = { en: EN, de: DE };

/** The texts of a language. */
export function stringsOf(locale: Locale): MailStrings {
  return STRINGS[locale];
}
