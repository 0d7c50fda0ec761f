import * as z from 'zod';
import { alertItem } from '#shared/alerts/alert-row.ts';
import { testAlert } from './alert-bench.ts';
import { plainItem } from './memory-dynamo.ts';
import { createOneApi } from './one-api.ts';

/** A request by its whole path, as clients send it. */
function requestOf(url: string) {
  const { pathname, searchParams } = new URL(url, 'https://haven.example');
  const id = /(?:alr|chn)_[^/]+/.exec(pathname)?.[0];
  return {
    path: id === undefined ? pathname : pathname.replace(id, '{id}'),
    ...(id === undefined ? {} : { params: { id } }),
    query: Object.fromEntries([...searchParams].map(([name, value]) => [name, [value]])),
  };
}

/** The alerts API before tables in memory. */
export function createAlertsApi() {
  const test = createOneApi('alerts-api');
  let keys = 0;
  return {
    ...test,
    get: (url: string) => test.ask(requestOf(url)),
    ids: (url: string) => test.idsOf(requestOf(url)),
    /** Sends with an Idempotency-Key of its own. */
    async call(method: string, path: string, body: unknown = {}, headers: Record<string, string> = {}) {
      keys += 1;
      const response = await test.send({
        ...requestOf(path),
        method,
        ...(method === 'GET' ? {} : { body }),
        scopes: '*',
        headers: method === 'POST' ? { 'Idempotency-Key': `key-${keys}`, ...headers } : headers,
      });
      return {
        status: response.statusCode,
        body: z.record(z.string(), z.unknown()).parse(JSON.parse(response.body)),
        response,
      };
    },
    record: (change: Parameters<typeof testAlert>[0]) => test.desk.dynamo.put('logs', alertItem(testAlert(change))),
    rows: (table: string) => test.desk.dynamo.items(table).map(plainItem),
  };
}
