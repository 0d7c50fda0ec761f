import type { RpcAnswer } from './rpc-server.ts';

const result = (id: number, value: unknown) => ({ jsonrpc: '2.0', id, result: value });

/** Answers to a batch of three calls that cannot be used, by what an endpoint that gives them does. */
export const UNUSABLE_ANSWERS: readonly (readonly [string, RpcAnswer])[] = [
  ['leaves a call unanswered', { json: [result(0, '0x1'), result(2, null)] }],
  ['answers other ids', { json: [result(7, '0x1'), result(8, '0x2'), result(9, null)] }],
  ['answers with HTTP 500', { status: 500, text: JSON.stringify([0, 1, 2].map((id) => result(id, '0x0'))) }],
  ['answers with HTTP 429', { status: 429, text: 'slow down' }],
  ['answers with HTTP 404', { status: 404, text: '' }],
  ['answers with a page', { status: 200, text: '<html>welcome</html>' }],
  ['answers with nothing', { status: 200, text: '' }],
  ['answers with JSON that is cut', { status: 200, text: '[{"id":0' }],
  [
    'answers with one error for the whole batch',
    { json: { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no' } } },
  ],
  ['answers with null', { json: null }],
  ['answers with texts', { json: ['0x1', '0x2', null] }],
];
