import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOCALES } from '#shared/mails/templates/locale.ts';
import { orderMail } from '#shared/mails/templates/order-mail.ts';
import { processOutput } from '../output.ts';
import { findBrowser, startBrowser } from './browser.ts';
import { indexPage } from './index-page.ts';
import { samplesIn } from './samples.ts';

/** Writes every mail in every language as text and HTML, and as pictures where there is a browser, with a page that shows all. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const output = processOutput();
const FOLDER = join(ROOT, 'dist/mails');
const APPEARANCES = ['light', 'dark'] as const;

const mails = LOCALES.flatMap((locale) => samplesIn(locale).map(({ name, facts }) => ({ name, ...orderMail(facts) })));
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const { name, html, text } of mails) {
  writeFileSync(join(FOLDER, `${name}.html`), html);
  writeFileSync(join(FOLDER, `${name}.txt`), text);
}
const path = findBrowser(process.env);
if (path !== undefined) {
  const browser = await startBrowser(path);
  try {
    for (const { name, html } of mails) {
      for (const appearance of APPEARANCES)
        writeFileSync(join(FOLDER, `${name}.${appearance}.png`), await browser.picture(html, appearance));
    }
  } finally {
    await browser.close();
  }
}
writeFileSync(join(FOLDER, 'index.html'), indexPage(mails, path === undefined ? [] : APPEARANCES));
const pictures = path === undefined ? 0 : mails.length * APPEARANCES.length;
output.print(`${mails.length} mails and ${pictures} pictures: ${relative(process.cwd(), join(FOLDER, 'index.html'))}`);
if (path === undefined)
  output.say(
    'There is no Chromium, Chrome or Edge here, so there are no pictures. Install one (Debian: apt-get install chromium), or say where it is by CHROME_PATH.',
  );
