import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SQSClient } from '@aws-sdk/client-sqs';
import { localClientOptions } from '#local/endpoint-settings.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { type Around, standAroundClients } from '#test/support/crash/access-points.ts';
import { ACCESS_LINE, ANSWER_LINE } from '#test/support/crash/crash-plan.ts';
import { dyingAt } from '#test/support/crash/dying-at.ts';
import { tell, tellerPlanSchema, tellerPost } from '#test/support/crash/tellers.ts';

/**
 * What tells integrators, customers or operators, in a process of its own, which kills itself where its plan says, with a signal that nothing
 * can catch. It waits for its plan on standard input.
 */
const plan = tellerPlanSchema.parse(JSON.parse(await text(process.stdin)));
const options = localClientOptions(plan.info.awsEndpointUrl);
const client = createDocumentClient(new DynamoDBClient(options));
const sqs = new SQSClient(options);
const ses = new SESv2Client({ ...options, maxAttempts: 1 });
const post = tellerPost();

const access = dyingAt(plan.kill);
const around: Around = async (name, effect) => {
  say(ACCESS_LINE + name);
  try {
    return await access(name, effect);
  } finally {
    say(ANSWER_LINE);
  }
};
standAroundClients([client, sqs, ses], around);
await tell(plan, { client, sqs, ses, post: (...call) => around('POST', () => post(...call)) });
// What is kept open for the next call would keep it alive.
process.exit(0);

/** Written at once, past every buffer: the process may not live to write it later. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
