import { randomBytes } from 'node:crypto';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { localClientOptions } from '#local/endpoint-settings.ts';
import { recordAlert } from '#shared/alerts/record-alert.ts';
import { noticeItem } from '#shared/orders/notice.ts';
import { orderItem } from '#shared/orders/put-order.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { newId } from '#shared/platform/ids.ts';
import { createEndpointStore } from '#shared/webhooks/endpoint-store.ts';
import { createEndpoint, deleteEndpoint } from '#shared/webhooks/manage-endpoints.ts';
import { createStandingStore } from '#shared/webhooks/standing-store.ts';
import { capturedMails } from '../captured-mails.ts';
import { testOrder } from '../fakes/orders.ts';
import { type InProcess, inProcess } from '../in-process.ts';
import { createLabTables, type LabTables } from '../lane-lab/lab-tables.ts';
import type { LocalHaven } from '../local-haven.ts';
import { everythingIn } from '../own-tables.ts';
import { type ReceivedWebhook, startWebhookReceiver, type WebhookReceiver } from '../webhook-receiver.ts';
import type { KillPoint } from './crash-plan.ts';
import { type Outside, type Teller, type TellerPlan, tell, tellerPost } from './tellers.ts';
import type { WorkerEnd, WorkerProcesses } from './worker-process.ts';

/** Somebody who is told: everything that reached them about one thing. */
export interface Told {
  /** Webhooks, with the secret that signs them. */
  readonly webhooks: readonly { readonly secret: string; readonly calls: readonly ReceivedWebhook[] }[];
  /** Subjects of mails. */
  readonly mails: readonly string[];
}

/** What telling came to. */
export interface TellingEnd {
  /** The event's or the alert's id. */
  readonly id: string;
  readonly told: Told;
  /** Rows that say that something is still to be told, or to be planned. */
  readonly open: readonly string[];
  /** How each delivery or mail ended. */
  readonly outcomes: readonly string[];
  readonly wasKilled: { readonly first: boolean; readonly second: boolean };
}

/** Endpoints that are told of each event. */
const ENDPOINTS = 2;
/** Between two executions: longer than the longest lease, so that what was begun and never heard of counts as lost. */
const BETWEEN_EXECUTIONS_MS = 120_000;
const OUTCOMES = new Set(['WEBHOOK_DELIVERY', 'MAILS', 'ALERT']);

/** One thing to be told, and who is to hear of it. */
interface Case {
  readonly id: string;
  readonly address: string;
  readonly endpoints: readonly { readonly id: string; readonly secret: string; readonly path: string }[];
}

/** Tells one thing after the other, each with processes that are killed. Has tables and receivers of its own. */
export class TellingBench {
  readonly #haven: LocalHaven;
  readonly #tables: LabTables;
  readonly #parts: InProcess;
  readonly #workers: WorkerProcesses<TellerPlan>;
  readonly #receiver: WebhookReceiver;
  readonly #outside: Outside;
  readonly #notifyKey = randomBytes(32).toString('hex');
  readonly #alertSecret = `whsec_${randomBytes(32).toString('base64')}`;

  private constructor(
    haven: LocalHaven,
    tables: LabTables,
    parts: InProcess,
    workers: WorkerProcesses<TellerPlan>,
    receiver: WebhookReceiver,
  ) {
    this.#haven = haven;
    this.#tables = tables;
    this.#parts = parts;
    this.#workers = workers;
    this.#receiver = receiver;
    const ses = new SESv2Client(localClientOptions(haven.info.awsEndpointUrl));
    this.#outside = { client: parts.client, sqs: parts.sqs, ses, post: tellerPost() };
  }

  /** Opens a bench; whoever opens it closes it. */
  static async open(haven: LocalHaven, workers: WorkerProcesses<TellerPlan>): Promise<TellingBench> {
    const tables = await createLabTables(haven.info.awsEndpointUrl);
    const parts = await inProcess(haven, { tables: tables.names, queues: tables.queues });
    return new TellingBench(haven, tables, parts, workers, await startWebhookReceiver());
  }

  /** Ends its receiver, and deletes its tables. */
  async close(): Promise<void> {
    await this.#receiver.close();
    await this.#tables.drop();
  }

  /** Records what an execution accesses that the stream wakes, in order. */
  async record(teller: Teller): Promise<WorkerEnd> {
    const told = await this.#begin(teller);
    const end = await this.#execute(teller, told, 0, null);
    await this.#finish(teller, told);
    return end;
  }

  /**
   * Has one thing told by a process that the stream wakes and that is killed, by one that the schedule calls and that is killed too if it gets
   * as far, and by a last one that lives.
   */
  async run(teller: Teller, first: KillPoint, second: KillPoint): Promise<TellingEnd> {
    const told = await this.#begin(teller);
    const { wasKilled: isFirst } = await this.#execute(teller, told, 0, first);
    const { wasKilled: isSecond } = await this.#execute(teller, told, 1, second);
    return { ...(await this.#finish(teller, told)), wasKilled: { first: isFirst, second: isSecond } };
  }

  async #begin(teller: Teller): Promise<Case> {
    const id = teller === 'alerts' ? newId('alr') : newId('evt');
    const address = `${id.toLowerCase()}@haven.example`;
    if (teller === 'alerts') {
      await this.#recordAlert(id);
      return { id, address, endpoints: [] };
    }
    const now = isoTime(systemClock());
    const order = testOrder({ id: newId('ord'), email: address, created_at: now });
    const notice = { id, order_id: order.id, event: 'order.created', order_version: order.version } as const;
    const audience = teller === 'mails' ? 'customer' : 'merchant';
    const endpoints = teller === 'mails' ? [] : await this.#createEndpoints();
    for (const Item of [orderItem(order), noticeItem({ ...notice, audience, created_at: now })]) {
      await this.#parts.client.send(new PutCommand({ TableName: this.#tables.names.shop, Item }));
    }
    return { id, address, endpoints };
  }

  async #recordAlert(id: string): Promise<void> {
    const write = new WriteTransaction();
    recordAlert(write, this.#tables.names, {
      id,
      severity: 'CRITICAL',
      category: 'key_access',
      summary: 'The export of a key was requested',
      details: {},
      dedupe_key: id,
      occurred_at: isoTime(systemClock()),
    });
    await write.commit(this.#parts.client, Deadline.in(10_000, systemClock));
  }

  get #endpointParts() {
    const { client, accept, lanes } = this.#parts;
    const table = this.#tables.names.notify;
    return {
      client,
      tables: this.#tables.names,
      endpoints: createEndpointStore(client, table),
      standings: createStandingStore(client, table),
      idempotency: accept.idempotency,
      readNotifyKey: async () => this.#notifyKey,
      exemptHosts: ['127.0.0.1'],
      clock: systemClock,
      newId,
      metrics: lanes.metrics,
    };
  }

  async #createEndpoints(): Promise<Case['endpoints']> {
    return Promise.all(
      Array.from({ length: ENDPOINTS }, async () => {
        const path = `/${newId('whe')}`;
        const url = `http://127.0.0.1:${this.#receiver.port}${path}`;
        const wish = { url, events: ['*'], description: null, metadata: {}, enabled: true };
        const made = await createEndpoint(this.#endpointParts, wish, this.#parts.context());
        return { id: made.id, secret: made.secret ?? '', path };
      }),
    );
  }

  #plan(teller: Teller, { id, address }: Case, execution: number, kill: KillPoint | null): TellerPlan {
    return {
      info: this.#haven.info,
      teller,
      tables: this.#tables.names,
      queueUrl: this.#tables.queues.wakeQueueUrl,
      notifyKey: this.#notifyKey,
      alerts: { url: `http://127.0.0.1:${this.#receiver.port}/${id}`, secret: this.#alertSecret, address },
      ...(execution === 0 ? { woken: [id] } : {}),
      aheadMs: execution * BETWEEN_EXECUTIONS_MS,
      kill,
    };
  }

  #execute(teller: Teller, told: Case, execution: number, kill: KillPoint | null): Promise<WorkerEnd> {
    return this.#workers.run(this.#plan(teller, told, execution, kill));
  }

  /** Has the rest told, and says what all came to. */
  async #finish(teller: Teller, told: Case): Promise<Omit<TellingEnd, 'wasKilled'>> {
    await tell(this.#plan(teller, told, 2, null), this.#outside);
    for (const { id } of told.endpoints) await deleteEndpoint(this.#endpointParts, id, this.#parts.context());
    const { shop, notify, logs } = this.#tables.names;
    const rows = (
      await Promise.all([shop, notify, logs].map((table) => everythingIn(this.#parts.client, table)))
    ).flat();
    const mails = (await capturedMails(this.#haven)).filter(({ To }) => To.includes(told.address));
    const callsAt = (path: string) => this.#receiver.calls.filter((call) => call.path === path);
    const alerts = teller === 'alerts' ? [{ secret: this.#alertSecret, path: `/${told.id}` }] : [];
    return {
      id: told.id,
      told: {
        webhooks: [...told.endpoints, ...alerts].map(({ secret, path }) => ({ secret, calls: callsAt(path) })),
        mails: mails.map(({ Subject }) => Subject),
      },
      open: rows.filter(isOpen).map(({ pk, sk }) => `${String(pk)} ${String(sk)}`),
      outcomes: rows.filter((row) => isAbout(row, told.id)).flatMap(outcomesOf),
    };
  }
}

/** Whether a row says that something is to be told: a notice, or what is in an index of what is due. */
function isOpen({ sk, status, mails, told_status }: Record<string, unknown>): boolean {
  if (sk === 'NOTICE') return true;
  if (told_status === 'open') return true;
  const all = [status, ...(Array.isArray(mails) ? mails.map((mail) => mail.status) : [])];
  return all.includes('waiting') || all.includes('sending');
}

function isAbout({ pk, event_id, mails }: Record<string, unknown>, id: string): boolean {
  const [kind = ''] = String(pk).split('#');
  if (!OUTCOMES.has(kind)) return false;
  return pk === `ALERT#${id}` || event_id === id || (Array.isArray(mails) && mails.some((mail) => mail.id === id));
}

function outcomesOf({ status, mails, sk }: Record<string, unknown>): string[] {
  if (Array.isArray(mails)) return mails.map((mail) => String(mail.status));
  return sk === 'ALERT' ? [] : [String(status)];
}
