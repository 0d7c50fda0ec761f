import { describe, expect, it } from 'vitest';
import { createChannelStore } from '#shared/alerts/channels/channel-store.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

describe('channels', () => {
  it('behind more rows of deleted ones than a page takes are found', async () => {
    const deleted = (sk: string) => ({ pk: { S: 'ALERT_CHANNELS' }, sk: { S: sk }, deleted_at: { S: '2026-11-22' } });
    const unreadable = { pk: { S: 'ALERT_CHANNELS' }, sk: { S: 'chn_2' } };
    const aws = createScriptedAws([
      { body: { Items: [deleted('chn_1')], LastEvaluatedKey: { pk: { S: 'ALERT_CHANNELS' }, sk: { S: 'chn_1' } } } },
      { body: { Items: [unreadable] } },
    ]);
    const store = createChannelStore(scriptedDocumentClient(aws), 'notify');
    expect(await store.all()).toEqual({ channels: [], unreadable: ['chn_2'] });
    expect(aws.requests[1]?.body).toMatchObject({ ExclusiveStartKey: { sk: { S: 'chn_1' } } });
  });
});
