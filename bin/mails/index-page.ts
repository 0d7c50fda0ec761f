import { escapedHtml } from '#shared/platform/plain-text.ts';

/** A mail that was written to files. */
export interface ShownMail {
  /** Of its files, without what stands behind the point. */
  readonly name: string;
  readonly subject: string;
}

/**
 * A page that shows all mails.
 *
 * @param appearances of which there are pictures; none: the mails themselves are shown
 */
export function indexPage(mails: readonly ShownMail[], appearances: readonly string[]): string {
  const shown = ({ name }: ShownMail) =>
    appearances.length === 0
      ? `<iframe src="${name}.html" title="${name}" loading="lazy"></iframe>`
      : appearances.map((one) => `<img src="${name}.${one}.png" alt="${name}, ${one}" loading="lazy">`).join('');
  const section = (mail: ShownMail) =>
    `<section><h2 id="${mail.name}">${escapedHtml(mail.subject)}</h2>` +
    `<p>${mail.name}: <a href="${mail.name}.html">HTML</a>, <a href="${mail.name}.txt">text</a></p>${shown(mail)}</section>`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mails</title>',
    '<style>body{font-family:system-ui,sans-serif;margin:24px}img,iframe{width:680px;max-width:48%;border:1px solid #999;margin:0 8px 8px 0;vertical-align:top}',
    'iframe{height:900px;max-width:100%}</style></head><body><h1>Mails</h1>',
    `<ul>${mails.map(({ name }) => `<li><a href="#${name}">${name}</a></li>`).join('')}</ul>`,
    ...mails.map(section),
    '</body></html>',
  ].join('\n');
}
