import * as z from 'zod';

const valueSchema = z.looseObject({ S: z.string().optional(), M: z.unknown().optional() });
const rowSchema = z.record(z.string(), valueSchema);
const keyed = z.object({ Key: rowSchema });
const writeSchema = z.object({
  Put: z.object({ Item: rowSchema }).optional(),
  Update: keyed.optional(),
  Delete: keyed.optional(),
  ConditionCheck: keyed.optional(),
});
const inputSchema = z.object({ TransactItems: z.array(writeSchema) });

/** What a write of a row says that scenarios are about: shown beside the row's kind. */
const TELLING: readonly string[] = ['alone', 'disputed_by', 'waiting_for'];

/**
 * Names a call to AWS: a write by the kinds of rows in it, each once, with what they say of doubts and of waiting, as in
 * `TransactWriteItems LANE(alone) TX(waiting_for)`; any other by its command.
 *
 * @param input of the command, as it goes over the wire
 */
export function awsName(command: string, input: unknown): string {
  if (command !== 'TransactWriteItems') return command;
  const { TransactItems } = inputSchema.parse(input);
  const kinds = TransactItems.map(({ Put, Update, Delete, ConditionCheck }) =>
    kindOf(Put?.Item ?? Update?.Key ?? Delete?.Key ?? ConditionCheck?.Key ?? {}),
  );
  return [command, ...new Set(kinds)].join(' ');
}

/** The first part of a sort key; those of audit entries are numbers. */
function kindOf(row: z.output<typeof rowSchema>): string {
  const [kind = ''] = (row['sk']?.S ?? '').split('#');
  const said = TELLING.filter((name) => row[name]?.S !== undefined || row[name]?.M !== undefined);
  return `${/^[A-Z]/.test(kind) ? kind : 'ENTRY'}${said.length === 0 ? '' : `(${said.join(' ')})`}`;
}

/**
 * Names a JSON-RPC request by its methods, each once.
 *
 * @param endpoint its place in the list of endpoints: behind the first they are named by it, as in `endpoint 2: eth_chainId`
 */
export function rpcName(body: unknown, endpoint: number): string {
  const methods = new Set([...String(body).matchAll(/"method":"(\w+)"/g)].map(([, method]) => method));
  return `${endpoint === 0 ? '' : `endpoint ${endpoint + 1}: `}${[...methods].join(' ')}`;
}
