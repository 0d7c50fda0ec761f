import type { RowPage } from '#shared/platform/dynamo/id-source.ts';
import type { ChannelStore } from './channel-store.ts';
import { type ChannelView, toChannelView } from './channel-view.ts';

/** A page of channels, newest first. There are few: all are read for each. */
export async function listChannels(
  store: Pick<ChannelStore, 'all'>,
  before: string | undefined,
  limit: number,
): Promise<RowPage<ChannelView>> {
  const { channels } = await store.all();
  const older = channels.filter(({ id }) => before === undefined || id < before).reverse();
  const rows = older.slice(0, limit).map(toChannelView);
  return { rows, lastId: older.length > limit ? rows.at(-1)?.id : undefined };
}
