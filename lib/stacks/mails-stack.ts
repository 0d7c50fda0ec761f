import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { noticesTo } from '#shared/orders/order-keys.ts';
import { breakerSettings } from '../breaker-settings.ts';
import { allowMail } from '../constructs/allow-mail.ts';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import { wakeByStream } from '../constructs/wake-by-stream.ts';
import type { Stage } from '../stage.ts';
import type { StageContext } from '../stage-context.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that mailing customers builds on. */
export interface MailsStackProps extends StackProps {
  readonly data: DataStack;
}

/** Several calls of ten seconds, one after the other, as far as SES is left alone once it does not answer. */
const TIMEOUT = Duration.seconds(60);
/** Within five minutes: the schedule tries each minute, so one order that fails every time. */
const FAILED_RUNS = 3;
/** Within five minutes: a mail that fails once is no matter for people, and one that is refused is tried ever less often. */
const FAILED_CALLS = 5;
/** Notices of a shard of the stream that are worked at the same time, so that one call that hangs holds up few customers. */
const SHARDS_AT_ONCE = 4;

/** What mails customers of their orders. It has no key, no ledger and no secret. */
export class MailsStack extends Stack {
  readonly mailer: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: MailsStackProps) {
    super(scope, id, props);
    const { data } = props;
    const { mail } = stage.config.shop;
    const impact = 'Customers do not hear what becomes of their orders, or hear late.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'mails-schedule',
      subject: 'The schedule that mails customers',
      owner: 'the customer mailer',
      errorImpact: impact,
    });
    this.mailer = new HavenFunction(this, 'CustomerMailer', {
      stage,
      name: 'customer-mailer',
      description: 'Mails customers what becomes of their orders, and tries again what failed. No keys, no ledger.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        data.shop.allowRows([`${noticesTo('customer')}*`], 'DeleteItem', 'GetItem'),
        data.shop.allowRows(['ORDER#*'], 'Query'),
        data.shop.allowIndexRows('gsi3', ['WAITING_NOTICES#customer#*']),
        data.shop.allowStream(),
        data.notify.allowRows(['MAILS#*'], 'GetItem', 'PutItem'),
        data.notify.allowIndexRows('gsi1', ['MAILS_DUE#*']),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        data.ephemeral.allowRows(['BREAKER#*'], 'GetItem', 'PutItem'),
        ...(mail === undefined ? [] : [allowMail(this, mail, undefined)]),
      ],
      environment: {
        SHOP_TABLE: data.shop.tableName,
        NOTIFY_TABLE: data.notify.tableName,
        LOGS_TABLE: data.logs.tableName,
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        ...mailSettings(stage.config),
        ...breakerSettings(stage.config),
      },
      errorImpact: impact,
    });
    wakeByStream('NoticeWritten', {
      target: this.mailer,
      table: data.shop,
      sortKey: 'NOTICE',
      partitions: noticesTo('customer'),
      atOnce: SHARDS_AT_ONCE,
      workStays: 'a notice stays in the index of those that wait until it is taken up',
    });
    scheduleEachMinute(this, 'MailCustomers', {
      stage,
      name: 'mail-customers',
      description: 'Mails customers of everything about which something is due',
      target: this.mailer,
      targetInWords: 'the customer mailer',
      missedRuns,
    });
    const alarm = (
      alarmId: string,
      facts: Pick<Parameters<typeof createCountAlarm>[2], 'name' | 'description' | 'metric' | 'threshold'>,
    ) => createCountAlarm(this, alarmId, { stage, countedBy: 'customer-mailer', ...facts });
    alarm('GivenUp', {
      name: 'order-mails-given-up',
      description:
        'A customer could not be mailed of an order for a day and is not tried again. The customer did not hear of it.',
      metric: 'OrderMailGivenUp',
      threshold: 1,
    });
    alarm('NotSent', {
      name: 'order-mails-not-sent',
      description: 'Mails to customers keep failing. They are tried for a day, and customers hear late or not at all.',
      metric: 'OrderMailNotSent',
      threshold: FAILED_CALLS,
    });
    alarm('NotWorked', {
      name: 'order-mails-not-worked',
      description: `The mails of an order cannot be worked. ${impact}`,
      metric: 'OrderMailNotWorked',
      threshold: FAILED_RUNS,
    });
  }
}

/** How customers are mailed, as the function reads it. */
function mailSettings({ shop, chains }: Stage): Readonly<Record<string, string>> {
  const { mail, locale, time_zone, order_url } = shop;
  const names = Object.fromEntries(chains.map(({ chain_id, name }) => [String(chain_id), name]));
  if (mail === undefined) return { CHAIN_NAMES: JSON.stringify(names) };
  const { identity: _, ...sender } = mail;
  return {
    CHAIN_NAMES: JSON.stringify(names),
    SHOP_MAIL: JSON.stringify({ ...sender, locale, time_zone, order_url }),
  };
}
