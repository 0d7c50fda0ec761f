import { rmSync } from 'node:fs';
import { foreignEndpoint } from './aws-environment.ts';
import { runMainJob } from './demo.ts';
import { type Instance, type LocalInfo, ROOT } from './instance.ts';
import { isRunning } from './process-control.ts';
import { stopServices } from './services.ts';
import { clientOf, startHaven } from './start.ts';

/** `npm start`: brings everything up, runs the main job, says what keeps running. */
export async function startCommand(instance: Instance): Promise<number> {
  const began = performance.now();
  const info = await startHaven(instance);
  console.log(
    `\nHaven is up after ${seconds(performance.now() - began)}. Its main job, through the API and on the local chain:\n`,
  );
  await runMainJob(clientOf(info), info, (elapsedMs, text) => {
    console.log(`  ${seconds(elapsedMs).padStart(7)}  ${text}`);
  });
  console.log(`\nDone after ${seconds(performance.now() - began)} in all.\n`);
  printUrls(info);
  printRunning(instance);
  return 0;
}

/** `npm stop`: ends what start left running, and nothing else. */
export async function stopCommand(instance: Instance): Promise<number> {
  const stopped = await stopServices(instance);
  console.log(stopped.length === 0 ? 'Nothing of this Haven was running.' : `Stopped: ${stopped.join(', ')}.`);
  if (foreignEndpoint() !== undefined) console.log('AWS_ENDPOINT_URL is yours: it was left as it is.');
  return 0;
}

/** `npm run status`: what runs, and whether it is well. Exit code 1 when it isn't. */
export async function statusCommand(instance: Instance): Promise<number> {
  const info = instance.info();
  const running = printRunning(instance);
  if (info === undefined || !running) {
    console.log('Haven is not up. npm start brings it up.');
    return 1;
  }
  printUrls(info);
  const readiness = await clientOf(info).ready({});
  for (const { name, state, latency_ms } of readiness.dependencies)
    console.log(`  ${name}: ${state} (${latency_ms} ms)`);
  console.log(`Haven is ${readiness.status}.`);
  return readiness.status === 'ready' ? 0 : 1;
}

/** `npm run reset`: stops and forgets everything. */
export async function resetCommand(instance: Instance): Promise<number> {
  await stopCommand(instance);
  rmSync(instance.directory, { recursive: true, force: true });
  console.log(`Removed ${relative(instance.directory)}. npm start begins afresh.`);
  return 0;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

function relative(path: string): string {
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

function printUrls(info: LocalInfo): void {
  console.log(`  API            ${info.apiUrl}`);
  console.log(`  API reference  ${info.apiUrl}/docs`);
  console.log(`  Chain          ${info.rpcUrl} (chain id ${info.chainId})`);
  console.log(`  AWS endpoint   ${info.awsEndpointUrl}`);
  if (foreignEndpoint() === undefined) console.log(`  Mails          ${info.awsEndpointUrl}/_ministack/ses/messages`);
}

/** Says what keeps running. Returns whether all of it does. */
function printRunning(instance: Instance): boolean {
  const { endpoint, chain } = instance.processes();
  const rows = [
    ...(foreignEndpoint() === undefined ? [{ name: 'local AWS endpoint', known: endpoint }] : []),
    { name: 'local chain', known: chain },
  ];
  for (const { name, known } of rows) {
    const state =
      known !== undefined && isRunning(known) ? `process ${known.pid} on port ${known.port}` : 'not running';
    console.log(`  ${name.padEnd(18)} ${state}`);
  }
  console.log(`  keys and addresses ${relative(instance.path('local.json'))}`);
  const up = rows.every(({ known }) => known !== undefined && isRunning(known));
  if (up) console.log('Both keep running until npm stop. npm run status, npm run logs [function], npm run reset.');
  return up;
}
