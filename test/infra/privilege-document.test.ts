import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import { MAIL_IDENTITY, PRIVILEGES } from './support/privilege-table.ts';
import type { Privileges } from './support/privilege-terms.ts';

const WORDS: Readonly<Record<string, string>> = {
  'kms:GenerateDataKey': 'GenerateDataKey, with context',
  'kms:Decrypt': 'Decrypt, with context',
  'kms:CreateKey': 'CreateKey, to sign for Ethereum',
  'kms:Sign': 'sign',
  'kms:GetPublicKey': 'public half',
  'dynamodb:GetItem': 'get',
  'dynamodb:BatchGetItem': 'get many',
  'dynamodb:Query': 'query',
  'dynamodb:PutItem': 'put',
  'dynamodb:UpdateItem': 'update',
  'dynamodb:DeleteItem': 'delete',
  'dynamodb:ConditionCheckItem': 'check',
  's3:ListBucket': 'list',
  's3:GetObject': 'get',
  's3:PutObject': 'put',
  'secretsmanager:GetSecretValue': 'read',
  'secretsmanager:PutSecretValue': 'write',
  'dynamodb:GetRecords': 'follow',
  'ses:SendEmail': 'send',
  'sqs:SendMessage': 'send',
  'sqs:ReceiveMessage': 'take',
  'sqs:GetQueueUrl': 'count',
  'lambda:InvokeFunction': 'call',
};
/** What taking messages, and following a stream, takes besides. */
const IMPLIED = [
  'dynamodb:DescribeStream',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
];

/** The actions on one resource, in the words of the document, in the order of WORDS. */
function inWords(actions: readonly string[]): string {
  const known = Object.entries(WORDS).filter(([action]) => actions.includes(action));
  const unknown = actions.filter((action) => !Object.hasOwn(WORDS, action) && !IMPLIED.includes(action));
  return [...known.map(([, word]) => word), ...unknown].join(', ');
}

/** A cell of the document: all that a function may do with one kind of resource. */
function cell(privileges: Privileges, kind: RegExp, name: (resource: string) => string = () => ''): string {
  return Object.entries(privileges)
    .filter(([resource]) => kind.test(resource))
    .map(([resource, actions]) => {
      const what = name(resource.replace(kind, '').trim());
      return `${what === '' ? '' : `${what}: `}${inWords(actions)}`;
    })
    .toSorted()
    .join('; ');
}

/** A part of a table: some rows, some attributes or an index, as code. */
function part(rest: string): string {
  const [, but = '', names = ''] = /^(?:rows|attributes|\/index\/|\/(?=stream)) ?(but )?(.*)$/.exec(rest) ?? [];
  return but + names.replace(/[^ ,][^,]*/g, '`$&`').replace(/(?<=`gsi\d) rows /, '` of `');
}

const table = (name: string) => (privileges: Privileges) =>
  cell(privileges, new RegExp(`^table ${name}(?= |/|$)`), part);

const isOfKms = (action: string) => action.startsWith('kms:');

/** The bucket itself, its folders as code, or the key. */
function anchorPart(resource: string): string {
  if (resource === 'anchor key') return 'key';
  const folder = resource.replace(/^bucket anchors\/?/, '');
  return folder === '' ? '' : `\`${folder}\``;
}

/** The columns of the document's table. */
const COLUMNS: Readonly<Record<string, (privileges: Privileges) => string>> = {
  'KMS wallet key': (privileges) => cell(privileges, /^wallet key$/),
  'KMS new keys': (privileges) => cell({ '*': (privileges['*'] ?? []).filter(isOfKms) }, /^\*$/),
  keys: table('keys'),
  approvals: table('approvals'),
  ledger: table('ledger'),
  shop: table('shop'),
  audit: table('audit'),
  access: table('access'),
  logs: table('logs'),
  notify: table('notify'),
  ephemeral: table('ephemeral'),
  Anchors: (privileges) => cell(privileges, /^(?=bucket anchors|anchor key)/, anchorPart),
  Secrets: (privileges) => cell(privileges, /^secret /, (name) => name),
  Mail: (privileges) => cell(privileges, new RegExp(`^${MAIL_IDENTITY}$`)),
  // And the functions that it may call: two functions may call any.
  Queues: (privileges) => cell(privileges, /^queue |^(?=function )/, (name) => name.replace(/\.fifo$/, '')),
};

const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const rows = document
  .slice(document.indexOf('\n| Function ') + 1)
  .replace(/\n\n[\s\S]*$/, '')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((text) => text.trim()),
  );
const [head = [], , ...body] = rows;

describe('the privilege table of docs/security.md', () => {
  it('has a row for every function, and a column for every kind of resource', () => {
    expect(head).toEqual(['Function', ...Object.keys(COLUMNS)]);
    expect(body.map(([name]) => name).toSorted()).toEqual([...FUNCTION_NAMES].toSorted());
  });

  it.each(FUNCTION_NAMES)('says of %s what its template allows it', (name) => {
    const documented = body.find(([first]) => first === name);
    expect(documented).toEqual([name, ...Object.values(COLUMNS).map((of) => of(PRIVILEGES[name]))]);
  });

  it('leaves no resource out', () => {
    const kinds =
      /^(log |\*$|wallet key$|anchor key$|bucket anchors(?=\/|$)|table (approvals|keys|ledger|shop|logs|notify|audit|access|ephemeral)(?= |\/|$)|secret |mail identity$|queue |function )/;
    const others = Object.values(PRIVILEGES).flatMap((privileges) =>
      Object.keys(privileges).filter((resource) => !kinds.test(resource)),
    );
    expect(others).toEqual([]);
  });
});
