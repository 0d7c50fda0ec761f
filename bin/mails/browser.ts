import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';

/** What Chromium and its relatives are called on a PATH. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
/** Where they are on a Mac and on Windows, which put no programs on the PATH. */
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];
/** As wide as a mailbox on a desk shows a mail; what is longer than high is in the picture all the same. */
const VIEWPORT = { width: 680, height: 800, deviceScaleFactor: 1, mobile: false };

/** A browser on this machine; undefined: none was found. */
export function findBrowser(env: NodeJS.ProcessEnv): string | undefined {
  const onPath = (env['PATH'] ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [env['CHROME_PATH'], ...onPath, ...PLACES].find((path) => path !== undefined && isProgram(path));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A page of a browser without a window. */
export interface Browser {
  /** A picture of a whole page as PNG. */
  picture(html: string, appearance: 'light' | 'dark'): Promise<Buffer>;
  close(): Promise<void>;
}

const answerSchema = z.object({
  id: z.number().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
});

/**
 * Starts a browser, and speaks to it by its own protocol over a pipe (https://chromedevtools.github.io/devtools-protocol). It has no network: pages are
 * handed to it.
 *
 * @param path of Chromium, Chrome or Edge
 */
export async function startBrowser(path: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'haven-mails-'));
  const flags = ['--headless=new', '--remote-debugging-pipe', '--no-first-run', '--disable-gpu', '--hide-scrollbars'];
  // In a container, where everything is root's, Chromium has no sandbox; it is shown nothing but our own pages.
  const unboxed = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = [...flags, ...unboxed, '--host-resolver-rules=MAP * ~NOTFOUND', `--user-data-dir=${profile}`];
  const child = spawn(path, [...args, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ask = protocolOf(child);
  async function close(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await ask('Browser.close', {}).catch(() => child.kill('SIGKILL'));
      await ended;
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
  try {
    return { picture: await pageOf(ask), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens a page, and takes pictures of what is put on it. */
async function pageOf(ask: Ask): Promise<Browser['picture']> {
  const { targetId } = z
    .object({ targetId: z.string() })
    .parse(await ask('Target.createTarget', { url: 'about:blank' }));
  const { sessionId } = z
    .object({ sessionId: z.string() })
    .parse(await ask('Target.attachToTarget', { targetId, flatten: true }));
  const onPage = (method: string, params: object = {}) => ask(method, params, sessionId);
  await onPage('Emulation.setDeviceMetricsOverride', VIEWPORT);
  const { frameTree } = z
    .object({ frameTree: z.object({ frame: z.object({ id: z.string() }) }) })
    .parse(await onPage('Page.getFrameTree'));
  return async (html, appearance) => {
    await onPage('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: appearance }] });
    await onPage('Page.setDocumentContent', { frameId: frameTree.frame.id, html });
    const { cssContentSize } = z
      .object({ cssContentSize: z.object({ height: z.number() }) })
      .parse(await onPage('Page.getLayoutMetrics'));
    const clip = { x: 0, y: 0, width: VIEWPORT.width, height: Math.ceil(cssContentSize.height), scale: 1 };
    const { data } = z
      .object({ data: z.string() })
      .parse(await onPage('Page.captureScreenshot', { format: 'png', clip, captureBeyondViewport: true }));
    return Buffer.from(data, 'base64');
  };
}

const ENDED = 'the browser ended';

type Ask = (method: string, params: object, sessionId?: string) => Promise<Readonly<Record<string, unknown>>>;

/** Messages are JSON with a zero byte behind each, over the fourth and fifth stream. */
function protocolOf(child: ChildProcess): Ask {
  const [, , , input, output] = child.stdio;
  if (!isWritable(input) || !isReadable(output)) throw new Error('The browser could not be started');
  const waiting = new Map<number, { resolve(value: object): void; reject(error: Error): void }>();
  let buffered = '';
  let ids = 0;
  let hasEnded = false;
  output.setEncoding('utf8');
  output.on('data', (chunk: string) => {
    const parts = (buffered + chunk).split('\0');
    buffered = parts.pop() ?? '';
    for (const part of parts) {
      const { id, result = {}, error } = answerSchema.parse(JSON.parse(part));
      const asked = waiting.get(id ?? -1);
      if (id === undefined || asked === undefined) continue;
      waiting.delete(id);
      if (error === undefined) asked.resolve(result);
      else asked.reject(new Error(`The browser refused: ${error.message}`));
    }
  });
  const fail = () => {
    hasEnded = true;
    for (const { reject } of waiting.values()) reject(new Error(ENDED));
  };
  child.once('exit', fail);
  child.once('error', fail);
  // A program that ends before it has read all that it was asked.
  input.on('error', fail);
  return (method, params, sessionId) =>
    new Promise((resolve, reject) => {
      if (hasEnded) {
        reject(new Error(ENDED));
        return;
      }
      ids += 1;
      waiting.set(ids, { resolve: (value) => resolve({ ...value }), reject });
      input.write(
        `${JSON.stringify({ id: ids, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`,
      );
    });
}

const isWritable = (stream: unknown): stream is Writable => stream instanceof Object && 'write' in stream;
const isReadable = (stream: unknown): stream is Readable => stream instanceof Object && 'setEncoding' in stream;
