import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { alertMail } from '#shared/alerts/delivery/alert-mail.ts';
import { LOCALES } from '#shared/mails/templates/locale.ts';
import { orderMail } from '#shared/mails/templates/order-mail.ts';
import type { Output } from '../output.ts';
import { alertSamples } from './alert-samples.ts';
import { startBrowser } from './browser.ts';
import { indexPage } from './index-page.ts';
import { samplesIn } from './samples.ts';

/** A mail with what names its files. */
export interface PreviewMail {
  readonly name: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What is to be made of mails. */
export interface Preview {
  /** Emptied first. */
  readonly folder: string;
  readonly mails: readonly PreviewMail[];
  /** Of Chromium, Chrome or Edge; undefined: there is none. */
  readonly browserPath: string | undefined;
  /** Whether pictures are not wanted. */
  readonly htmlOnly: boolean;
  readonly output: Pick<Output, 'print' | 'say'>;
}

const APPEARANCES = ['light', 'dark'] as const;
const NO_BROWSER =
  'There is no Chromium, Chrome or Edge here. Install one (Debian: apt-get install chromium), or say where it is by CHROME_PATH.';

/** Every mail to customers in every language, and one to operators of each severity. */
export function allMails(): readonly PreviewMail[] {
  return [
    ...LOCALES.flatMap((locale) => samplesIn(locale).map(({ name, facts }) => ({ name, ...orderMail(facts) }))),
    ...alertSamples().map(({ name, notice }) => ({ name, ...alertMail(notice) })),
  ];
}

/**
 * Writes mails as text and HTML, and as pictures, with a page that shows all. The page is there without pictures as well.
 *
 * @returns what the command ends with: 1 when there are no pictures that were wanted
 */
export async function previewMails({ folder, mails, browserPath, htmlOnly, output }: Preview): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, html, text } of mails) {
    writeFileSync(join(folder, `${name}.html`), html);
    writeFileSync(join(folder, `${name}.txt`), text);
  }
  const failure = htmlOnly ? undefined : await takePictures(folder, mails, browserPath);
  const shown = htmlOnly || failure !== undefined ? [] : APPEARANCES;
  const page = join(folder, 'index.html');
  writeFileSync(page, indexPage(mails, shown));
  output.print(`${mails.length} mails and ${mails.length * shown.length} pictures: ${relative(process.cwd(), page)}`);
  if (failure === undefined) return 0;
  output.say(`✖ There are no pictures. ${failure}\n  Who wants none says --html-only.`);
  return 1;
}

/** @returns why there are no pictures; undefined: there are */
async function takePictures(
  folder: string,
  mails: readonly PreviewMail[],
  browserPath: string | undefined,
): Promise<string | undefined> {
  if (browserPath === undefined) return NO_BROWSER;
  try {
    const browser = await startBrowser(browserPath);
    try {
      for (const { name, html } of mails) {
        for (const appearance of APPEARANCES)
          writeFileSync(join(folder, `${name}.${appearance}.png`), await browser.picture(html, appearance));
      }
    } finally {
      await browser.close();
    }
    return undefined;
  } catch (error) {
    return `${browserPath}: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
