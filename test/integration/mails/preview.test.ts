import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { alertSeveritySchema } from '#shared/alerts/alert.ts';
import { LOCALES } from '#shared/mails/templates/locale.ts';
import { alertSamples } from '../../../bin/mails/alert-samples.ts';
import { findBrowser, startBrowser } from '../../../bin/mails/browser.ts';
import { allMails, type Preview, previewMails } from '../../../bin/mails/preview.ts';
import { samplesIn } from '../../../bin/mails/samples.ts';

const path = findBrowser(process.env);
if (path === undefined) console.warn('No Chromium, Chrome or Edge on this machine: pictures of mails are not tested');

const root = mkdtempSync(join(tmpdir(), 'haven-preview-'));
afterAll(() => rmSync(root, { recursive: true }));
/** What a PNG begins with (https://www.w3.org/TR/png/#5PNG-file-signature); its width and height stand behind the name of its first chunk. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const WIDTH_AT = 16;
const HEIGHT_AT = 20;

/** What a picture is, and how large. */
function looked(picture: Buffer) {
  return {
    isPng: picture.subarray(0, PNG.length).equals(PNG),
    width: picture.readUInt32BE(WIDTH_AT),
    height: picture.readUInt32BE(HEIGHT_AT),
  };
}

async function preview(change: Partial<Preview>) {
  const folder = join(root, 'mails');
  const printed: string[] = [];
  const said: string[] = [];
  const output = { print: (line: string) => printed.push(line), say: (line: string) => said.push(line) };
  const code = await previewMails({
    ...{ folder, mails: allMails(), browserPath: path, htmlOnly: false, output },
    ...change,
  });
  const files = readdirSync(folder);
  const ofKind = (ending: string) =>
    files.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
  return { code, said, printed, folder, ofKind, page: readFileSync(join(folder, 'index.html'), 'utf8') };
}

describe('the mails of the preview', () => {
  it('are all to customers in every language, and one to operators of each severity', () => {
    const customers = LOCALES.flatMap((locale) => samplesIn(locale).map(({ name }) => name));
    const operators = alertSeveritySchema.options.map((severity) => `alert-${severity.toLowerCase()}`);
    expect(
      allMails()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([...customers, ...operators].toSorted());
    expect(new Set(alertSamples().map(({ notice }) => notice.alert.severity))).toEqual(
      new Set(alertSeveritySchema.options),
    );
    for (const { subject, text, html } of allMails())
      expect([subject, text, html].join('')).not.toMatch(/undefined|NaN|\[object/);
  });
});

describe.skipIf(path === undefined)('pictures', () => {
  it('are PNGs of the whole page, as wide as a mailbox, light and dark', async () => {
    const browser = await startBrowser(path ?? '');
    try {
      const style = 'body{margin:0;background:#fff}@media (prefers-color-scheme:dark){body{background:#000}}';
      const html = `<!doctype html><style>${style}</style><body><div style="height:2345px">A mail</div></body>`;
      const light = await browser.picture(html, 'light');
      const dark = await browser.picture(html, 'dark');
      for (const picture of [light, dark]) expect(looked(picture)).toEqual({ isPng: true, width: 680, height: 2_345 });
      expect(dark.equals(light)).toBe(false);
      expect((await browser.picture(html, 'light')).equals(light)).toBe(true);
    } finally {
      await browser.close();
    }
  });

  it('are there of every mail, and the page shows them', async () => {
    const { code, said, folder, ofKind, page } = await preview({});
    expect([code, said]).toEqual([0, []]);
    const names = allMails().map(({ name }) => name);
    expect(ofKind('.png').toSorted()).toEqual(names.flatMap((name) => [`${name}.dark`, `${name}.light`]).toSorted());
    for (const name of ofKind('.png')) {
      expect(looked(readFileSync(join(folder, `${name}.png`)))).toMatchObject({ isPng: true, width: 680 });
      expect(page).toContain(`<img src="${name}.png"`);
    }
  });
});

describe('a preview without pictures', () => {
  it.each([
    ['without a browser', undefined, /^✖ There are no pictures\. There is no Chromium, Chrome or Edge here/],
    ['whose browser ends at once', process.execPath, /^✖ There are no pictures\. .+: the browser ended\./],
    ['whose browser is none', join(root, 'none'), /^✖ There are no pictures\. .+: the browser ended\./],
  ])('%s fails, says why in a line, and has the mails all the same', async (_case, browserPath, why) => {
    const { code, said, ofKind, page } = await preview({ browserPath });
    expect(code).toBe(1);
    expect(said).toEqual([expect.stringMatching(why)]);
    expect(said[0]).toContain('--html-only');
    expect(ofKind('.png')).toEqual([]);
    expect(ofKind('.html').toSorted()).toEqual(['index', ...allMails().map(({ name }) => name)].toSorted());
    expect(page).toContain('<iframe src="alert-critical.html"');
  });

  it('that wants none is no failure, and starts no browser', async () => {
    const { code, said, ofKind } = await preview({ htmlOnly: true, browserPath: join(root, 'none') });
    expect([code, said, ofKind('.png')]).toEqual([0, [], []]);
    expect(existsSync(join(root, 'mails/index.html'))).toBe(true);
  });
});
