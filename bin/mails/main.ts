import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processOutput } from '../output.ts';
import { findBrowser } from './browser.ts';
import { allMails, previewMails } from './preview.ts';

/** Writes every mail as text, HTML and pictures into dist/mails; with `--html-only` without pictures. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HTML_ONLY = '--html-only';

const output = processOutput();
const args = process.argv.slice(2);
const unknown = args.filter((arg) => arg !== HTML_ONLY);
if (unknown.length > 0) {
  output.say(`✖ ${unknown.join(' ')}: there is ${HTML_ONLY}, and nothing else`);
  process.exitCode = 1;
} else {
  process.exitCode = await previewMails({
    folder: join(ROOT, 'dist/mails'),
    mails: allMails(),
    browserPath: findBrowser(process.env),
    htmlOnly: args.includes(HTML_ONLY),
    output,
  });
}
