import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { createHavenClient } from '#shared/client/haven-client.ts';
import { sleep } from '#shared/platform/retry.ts';
import { type Output, processOutput } from '../output.ts';
import { orderMaker, stateOf } from './haven-orders.ts';
import type { Message } from './messages.ts';
import { type CaseResult, simulate } from './simulate.ts';

const USAGE = `npm run payments:simulate -- --url URL --processor NAME --kind kryptoexpress|standard-webhooks

Sends every case that a payment processor can bring to a Haven, each to an order of its own, and says how each was answered.
For stages of which orders may be made and paid for nothing. Exits with 1 when a case was answered otherwise than it should be.

  --url URL           of the API, as far as /v1; or HAVEN_URL
  --processor NAME    as the stage names it
  --kind KIND         as the stage says of it
  --asset BTC         in which orders are paid; one of the processor's currencies
  --other LTC         another of its currencies
  --secret-file FILE  with the secret by which the processor signs; or PROCESSOR_SECRET
  --key-file FILE     with an API key (catalog:write, carts:write, orders:read, orders:write); or HAVEN_API_KEY
  --late              the case that comes too late, too: it takes five minutes`;

const ARGUMENTS = {
  url: { type: 'string' },
  processor: { type: 'string' },
  kind: { type: 'string' },
  asset: { type: 'string' },
  other: { type: 'string' },
  'secret-file': { type: 'string' },
  'key-file': { type: 'string' },
  late: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const optionsSchema = z.object({
  url: z.url(),
  processor: z.string().min(1),
  kind: z.enum(['kryptoexpress', 'standard-webhooks']),
  asset: z.string().default('BTC'),
  other: z.string().default('LTC'),
  secret: z.string().min(1),
  apiKey: z.string().min(1),
  late: z.boolean().default(false),
});

type Options = z.output<typeof optionsSchema>;

const EXIT_USAGE = 64;
/** A processor's addresses are let in ten times a minute: so often it waits for its turn. */
const MAX_TURNS = 20;
const MINUTES = 60;
const SECOND_MS = 1_000;
/** A deadline of a minute, two minutes of grace, and the schedule of a minute. */
const LATE_SECONDS = 600;
const POLL_MS = 5_000;

const receiptSchema = z.looseObject({ outcome: z.string().optional(), error: z.string().optional() });

async function readOptions(args: readonly string[]): Promise<Options | undefined> {
  const { values } = parseArgs({ args: [...args], options: ARGUMENTS, strict: true, allowPositionals: false });
  if (values.help === true) return undefined;
  const fromFile = async (file: string | undefined, otherwise: string | undefined) =>
    file === undefined ? otherwise : (await readFile(file, 'utf8')).trim();
  return optionsSchema.parse({
    ...values,
    url: values.url ?? process.env['HAVEN_URL'],
    secret: await fromFile(values['secret-file'], process.env['PROCESSOR_SECRET']),
    apiKey: await fromFile(values['key-file'], process.env['HAVEN_API_KEY']),
  });
}

/** Sends a webhook; told to wait, it waits and sends it again, as processors do. */
async function send({ url, processor }: Options, { headers, body }: Message): Promise<string> {
  for (let turn = 1; ; turn += 1) {
    const response = await fetch(`${url}/webhooks/payments/${processor}`, { method: 'POST', headers, body });
    const { outcome, error } = receiptSchema.parse(await response.json());
    if (response.status !== 429 || turn === MAX_TURNS) return `${response.status} ${outcome ?? error ?? ''}`;
    await sleep(Number(response.headers.get('Retry-After') ?? 1) * SECOND_MS);
  }
}

function line({ name, outcome, answers, state, expected }: CaseResult): string {
  const said = `${answers.join(', ')} -> ${state}`;
  if (outcome === 'left out') return `- ${name}: left out`;
  if (outcome === 'as expected') return `✔ ${name}: ${said}`;
  return `✖ ${name}: ${said}; should be ${expected.answers.join(', ')} -> ${expected.leaves}`;
}

async function run(options: Options, output: Output): Promise<number> {
  const client = createHavenClient({ baseUrl: options.url, apiKey: options.apiKey });
  const newOrder = orderMaker(client, options);
  const age = async (id: string) => {
    for (let waited = 0; waited < LATE_SECONDS * SECOND_MS; waited += POLL_MS) {
      if ((await stateOf(client, id)) === 'expired') return;
      await sleep(POLL_MS);
    }
  };
  const results = await simulate(
    {
      newOrder: (isLate) => newOrder(isLate ? 1 : MINUTES),
      stateOf: (id) => stateOf(client, id),
      send: (message) => send(options, message),
      ...(options.late ? { age } : {}),
    },
    { kind: options.kind, secret: options.secret, otherCurrency: options.other },
    (result) => output.print(line(result)),
  );
  return results.some(({ outcome }) => outcome === 'otherwise') ? 1 : 0;
}

const output = processOutput();
try {
  const options = await readOptions(process.argv.slice(2));
  if (options === undefined) output.print(USAGE);
  process.exitCode = options === undefined ? 0 : await run(options, output);
} catch (error) {
  const isUsage = error instanceof z.ZodError || (error instanceof TypeError && 'code' in error);
  // Never what was given: it may be the secret.
  const what = error instanceof z.ZodError ? error.issues.map(({ path }) => path.join('.')).join(', ') : undefined;
  output.say(
    `✖ ${what === undefined ? (error instanceof Error ? error.message : 'An unknown failure') : `Missing or not valid: ${what}`}`,
  );
  if (isUsage) output.say(`\n${USAGE}`);
  process.exitCode = isUsage ? EXIT_USAGE : 2;
}
