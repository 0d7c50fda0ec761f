import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createQueueCounter } from '#shared/platform/aws/queue-counts.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createLetterBox, type Letter, type LetterBox } from '#shared/queues/letters.ts';
import { backTo } from '#shared/queues/passes.ts';
import { type Redriven, redrive } from '#shared/queues/redrive.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { awsOptions, localHaven } from '#test/support/local-haven.ts';

/** Deliveries after which a message is dead. */
const MAX_RECEIVES = 2;
/** A run of the deployed mover. */
const RUN_MS = 8_000;

/** A queue of this test alone, with its dead-letter queue. */
interface OwnQueue {
  readonly url: string;
  readonly dlqUrl: string;
  readonly box: LetterBox;
}

let sqs: SQSClient;
let made: string[];
beforeEach(() => {
  sqs = new SQSClient(awsOptions(localHaven().info));
  made = [];
});
afterEach(async () => {
  for (const QueueUrl of made) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
});

async function ownQueue(fifo: boolean): Promise<OwnQueue> {
  const name = `redrive-${randomUUID().slice(0, 8)}`;
  const ending = fifo ? '.fifo' : '';
  const kind = fifo ? { FifoQueue: 'true' } : {};
  const create = async (QueueName: string, Attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName, Attributes: { ...kind, ...Attributes } }),
    );
    made.push(QueueUrl);
    return QueueUrl;
  };
  const dlqUrl = await create(`${name}-dlq${ending}`, {});
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ['QueueArn'] }),
  );
  const policy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: MAX_RECEIVES });
  const url = await create(`${name}${ending}`, { VisibilityTimeout: '0', RedrivePolicy: policy });
  return { url, dlqUrl, box: createLetterBox(sqs, dlqUrl) };
}

/** Takes what is there; gives it up at once, as a consumer that fails. */
async function receive(QueueUrl: string, VisibilityTimeout = 0): Promise<readonly Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      VisibilityTimeout,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}

/** A consumer that fails until its messages are dead. */
async function failAll(url: string): Promise<void> {
  while ((await receive(url)).length > 0);
}

/** A consumer that works all that is there: the bodies in their order, with their groups. */
async function workAll(QueueUrl: string): Promise<{ readonly body: string; readonly group: string }[]> {
  const worked: { readonly body: string; readonly group: string }[] = [];
  for (;;) {
    const messages = await receive(QueueUrl, 30);
    if (messages.length === 0) return worked;
    for (const { Body = '', Attributes, ReceiptHandle } of messages) {
      worked.push({ body: Body, group: Attributes?.MessageGroupId ?? '' });
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

function run({ url, box }: Pick<OwnQueue, 'url' | 'box'>): Promise<Redriven> {
  const parts = { clock: systemClock, log: createRecordingLog().log };
  return redrive({ ...parts, box, pass: backTo(sqs, url) }, Deadline.in(RUN_MS, systemClock));
}

/** Runs as an operator does: again while there is more. */
async function runAll(queue: Pick<OwnQueue, 'url' | 'box'>): Promise<number> {
  for (let moved = 0; ; ) {
    const answer = await run(queue);
    moved += answer.moved;
    if (!answer.more) return moved;
  }
}

const dead = ({ dlqUrl }: OwnQueue) =>
  createQueueCounter(sqs)
    .count(dlqUrl.split('/').at(-1) ?? '')
    .then(({ visible, inFlight }) => visible + inFlight);

it('a message that failed too often goes back as it was, and is dead again when it fails again', async () => {
  const queue = await ownQueue(false);
  const MessageAttributes = {
    text: { DataType: 'String', StringValue: 'ü' },
    number: { DataType: 'Number', StringValue: '7' },
    bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
  };
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: '{"a":1}', MessageAttributes }));
  for (let times = 0; times < 2; times += 1) {
    await failAll(queue.url);
    expect(await dead(queue)).toBe(1);
    expect(await run(queue)).toEqual({ moved: 1, refused: 0, unreadable: 0, more: false });
    expect(await dead(queue)).toBe(0);
  }
  const [message] = await receive(queue.url);
  expect(message?.Body).toBe('{"a":1}');
  expect(message?.MessageAttributes).toMatchObject(MessageAttributes);
  expect(await run(queue)).toEqual({ moved: 0, refused: 0, unreadable: 0, more: false });
});

/** A box whose user is killed before the first letter is removed, and the letters that it held then. */
function killedBeforeRemoval(box: LetterBox) {
  const held: Letter[] = [];
  const killed: LetterBox = {
    ...box,
    remove: (letters) => {
      held.push(...letters);
      return Promise.reject(new Error('killed'));
    },
  };
  // What it held comes back by itself a minute later; nobody waits for that here.
  return { killed, letGo: () => box.release(held) };
}

it.each([
  ['twice', false, 2],
  ['once by a queue that knows them again', true, 1],
])(
  'letters of a run that is killed between passing them on and removing them arrive %s, and none is lost',
  async (_, fifo, times) => {
    const queue = await ownQueue(fifo);
    const ids = ['a', 'b', 'c'];
    for (const id of ids) {
      const group = fifo ? { MessageGroupId: id, MessageDeduplicationId: id } : {};
      await sqs.send(new SendMessageCommand({ QueueUrl: queue.dlqUrl, MessageBody: id, ...group }));
    }
    const { killed, letGo } = killedBeforeRemoval(queue.box);
    await expect(run({ url: queue.url, box: killed })).rejects.toThrow('killed');
    expect(await dead(queue)).toBe(3);
    await letGo();
    expect(await run(queue)).toMatchObject({ moved: 3, more: false });
    expect(await dead(queue)).toBe(0);
    const arrived = (await workAll(queue.url)).map(({ body }) => body);
    expect(arrived.toSorted()).toEqual(ids.flatMap((id) => Array.from({ length: times }, () => id)));
  },
);

it('letters keep their group, and their order in it, and are not taken for those that were sent minutes ago', async () => {
  const queue = await ownQueue(true);
  const sent = Array.from({ length: 45 }, (_, index) => ({ group: `lane-${index % 3}`, body: String(index) }));
  for (const { group, body } of sent) {
    const ids = { MessageGroupId: group, MessageDeduplicationId: body };
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body, ...ids }));
  }
  await failAll(queue.url);
  expect(await dead(queue)).toBe(45);
  expect(await runAll(queue)).toBe(45);
  const byGroup = (letters: readonly { readonly group: string; readonly body: string }[]) =>
    Object.groupBy(letters, ({ group }) => group);
  expect(byGroup(await workAll(queue.url))).toEqual(byGroup(sent));
});

it('two movers at once move thousands of letters, none lost and each told once', { timeout: 240_000 }, async () => {
  const queue = await ownQueue(false);
  const bodies = Array.from({ length: 2_000 }, (_, index) => `letter ${index}`);
  for (let at = 0; at < bodies.length; at += 10) {
    const Entries = bodies.slice(at, at + 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.dlqUrl, Entries }));
  }
  const moved = await Promise.all([runAll(queue), runAll(queue)]);
  expect(moved[0] + moved[1]).toBe(bodies.length);
  expect(await dead(queue)).toBe(0);
  const arrived = (await workAll(queue.url)).map(({ body }) => body);
  expect(arrived.toSorted()).toEqual(bodies.toSorted());
});
