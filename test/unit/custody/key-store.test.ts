import { describe, expect, it } from 'vitest';
import { createKeyReader, putKey, replaceCiphertext } from '#shared/custody/key-store.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const CONTEXT = { wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, purpose: TEST_WALLET.purpose };
const CIPHERTEXT = new Uint8Array([2, 4, 120, 0, 255]);
const DEADLINE = Deadline.in(1_000, createFakeClock().now);

function keyTable() {
  const dynamo = createMemoryDynamo({ keys: ['pk'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  const put = (ciphertext = CIPHERTEXT) => {
    const write = new WriteTransaction();
    putKey(write, 'keys', CONTEXT, ciphertext, '2026-11-21T18:30:00.000Z');
    return write.commit(client, DEADLINE);
  };
  return { dynamo, aws, put, reader: createKeyReader(client, 'keys') };
}

describe('the key table', () => {
  it('holds a ciphertext and what it is bound to, and no other thing', async () => {
    const { put, dynamo } = keyTable();
    await put();
    expect(dynamo.items('keys')).toEqual([
      {
        pk: { S: TEST_WALLET.id },
        address: { S: TEST_WALLET.address },
        purpose: { S: 'treasury' },
        ciphertext: { B: Buffer.from(CIPHERTEXT).toString('base64') },
        created_at: { S: '2026-11-21T18:30:00.000Z' },
      },
    ]);
  });

  it('never replaces a key', async () => {
    const { put, reader } = keyTable();
    await put();
    const error = await caughtLater(HavenError, () => put(new Uint8Array([9])));
    expect(error.code).toBe('WALLET_ALREADY_EXISTS');
    expect(await reader.read(TEST_WALLET.id)).toEqual(CIPHERTEXT);
  });
});

describe('replacing a ciphertext', () => {
  const AT = '2026-11-22T10:00:00.000Z';
  const replace = (client: ReturnType<typeof scriptedDocumentClient>, before: Uint8Array) => {
    const write = new WriteTransaction();
    const conflict = () => new HavenError('WRITE_CONFLICT', 'replaced by another');
    replaceCiphertext(write, 'keys', TEST_WALLET.id, before, new Uint8Array([8]), AT, conflict);
    return write.commit(client, DEADLINE);
  };

  it('changes the ciphertext and says when, and nothing else of the row', async () => {
    const { put, dynamo, aws } = keyTable();
    await put();
    const [before] = dynamo.items('keys');
    await replace(scriptedDocumentClient(aws), CIPHERTEXT);
    expect(dynamo.items('keys')).toEqual([
      { ...before, ciphertext: { B: Buffer.from([8]).toString('base64') }, reencrypted_at: { S: AT } },
    ]);
  });

  it('is refused when it is another than was read, or none', async () => {
    const { put, reader, aws } = keyTable();
    const client = scriptedDocumentClient(aws);
    await expect(replace(client, CIPHERTEXT)).rejects.toThrow('replaced by another');
    await put();
    await expect(replace(client, new Uint8Array([2]))).rejects.toThrow('replaced by another');
    expect(await reader.read(TEST_WALLET.id)).toEqual(CIPHERTEXT);
  });
});

describe('reading a ciphertext', () => {
  it('is one strongly consistent read, and none the second time', async () => {
    const { put, reader, aws } = keyTable();
    await put();
    expect(await reader.read(TEST_WALLET.id)).toEqual(CIPHERTEXT);
    expect(await reader.read(TEST_WALLET.id)).toEqual(CIPHERTEXT);
    const reads = aws.requests.filter(({ operation }) => operation === 'GetItem');
    expect(reads).toEqual([
      { operation: 'GetItem', body: { TableName: 'keys', Key: { pk: { S: TEST_WALLET.id } }, ConsistentRead: true } },
    ]);
  });

  it('that is not there is KEY_DECRYPTION_FAILED, and is looked for again the next time', async () => {
    const { put, reader } = keyTable();
    const error = await caughtLater(HavenError, () => reader.read(TEST_WALLET.id));
    expect(error.code).toBe('KEY_DECRYPTION_FAILED');
    await put();
    expect(await reader.read(TEST_WALLET.id)).toEqual(CIPHERTEXT);
  });

  it('is a read again when what is stored now is asked for, and that is what is remembered then', async () => {
    const { put, reader, dynamo, aws } = keyTable();
    await put();
    await reader.read(TEST_WALLET.id);
    dynamo.put('keys', { pk: TEST_WALLET.id, ciphertext: new Uint8Array([7]) });
    expect(await reader.read(TEST_WALLET.id)).toEqual(CIPHERTEXT);
    expect(await reader.read(TEST_WALLET.id, 'table')).toEqual(new Uint8Array([7]));
    expect(await reader.read(TEST_WALLET.id)).toEqual(new Uint8Array([7]));
    expect(aws.requests.filter(({ operation }) => operation === 'GetItem')).toHaveLength(2);
  });

  it('remembers no more than a thousand', async () => {
    const row = { ciphertext: { B: Buffer.from(CIPHERTEXT).toString('base64') } };
    const aws = createScriptedAws(({ body }) => ({ body: { Item: { ...Object(body['Key']), ...row } } }));
    const reader = createKeyReader(scriptedDocumentClient(aws), 'keys');
    for (let n = 0; n <= 1_000; n += 1) await reader.read(`wal_${n}`);
    await reader.read('wal_1000');
    expect(aws.requests).toHaveLength(1_001);
    await reader.read('wal_0');
    expect(aws.requests).toHaveLength(1_002);
  });
});
