import { setTimeout as pause } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  GetTemplateCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { lambdaProcesses, signalProcesses } from './lambda-processes.ts';
import { awsOptions, eventually, type LocalHaven } from './local-haven.ts';

/** A call whose process was struck. */
export interface Struck {
  /** Lets a process go on that was stopped. */
  release(): void;
  /** How the call ended: false, if it never came back with an answer. */
  readonly ended: Promise<boolean>;
}

/** A deployed function's own bundle under names of its own, with other settings: what is in its tables no other function sees. */
export interface DeployedCopy {
  /** Calls it as its schedule does. @throws Error when it fails */
  call(): Promise<void>;
  /**
   * Calls it in a process of its own, and kills or stops that process with a signal that nothing can catch. The endpoint has a few processes of a
   * function at most: have no more than two that are stopped.
   *
   * @param afterMs from when the process was there
   */
  strike(signal: 'SIGKILL' | 'SIGSTOP', afterMs: number): Promise<Struck>;
  /** Deletes it. */
  remove(): Promise<void>;
}

const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()) })),
});
const environmentSchema = z.object({ Variables: z.record(z.string(), z.unknown()) });

const STACK_TIMEOUT_SECONDS = 60;
const START_TIMEOUT_MS = 30_000;
/** A process is to be struck soon after it is there. */
const POLL_MS = 5;
/** An answer that a process has given before it was stopped is there by then. */
const ANSWER_MS = 100;

/**
 * Deploys a function of the local Haven once more. It gets every right: what the deployed one's role allows names the deployed tables.
 *
 * @param of the stack and the function, without the stage
 * @param name of all that is made
 * @param settings that differ from those of the deployed one
 * @param secret the text of a secret, whose ARN is set under this name
 */
export async function createDeployedCopy(
  { info }: Pick<LocalHaven, 'info'>,
  of: { readonly stack: string; readonly name: string },
  name: string,
  settings: Readonly<Record<string, string>>,
  secret: { readonly setting: string; readonly text: string },
): Promise<DeployedCopy> {
  const cloudFormation = new CloudFormationClient(awsOptions(info));
  const { TemplateBody = '' } = await cloudFormation.send(
    new GetTemplateCommand({ StackName: `Haven-local-${of.stack}` }),
  );
  const { Resources } = templateSchema.parse(JSON.parse(TemplateBody));
  const original = Object.values(Resources).find(
    ({ Properties }) => Properties['FunctionName'] === `haven-local-${of.name}`,
  );
  if (original === undefined) throw new Error(`The stack ${of.stack} has no function ${of.name}`);
  const { Code, Handler, Runtime, MemorySize, Timeout, Architectures, Environment } = original.Properties;
  const { Variables } = environmentSchema.parse(Environment);
  // One is only called; of the other each process is struck.
  const names = [`${name}-calm`, `${name}-struck`] as const;
  const functionNamed = (FunctionName: string) => ({
    Type: 'AWS::Lambda::Function',
    Properties: {
      ...{ FunctionName, Code, Handler, Runtime, MemorySize, Timeout, Architectures },
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Environment: { Variables: { ...Variables, ...settings, [secret.setting]: { Ref: 'Secret' } } },
    },
  });
  const template = {
    Resources: {
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: name, SecretString: secret.text } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: statement({
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          }),
          Policies: [{ PolicyName: 'all', PolicyDocument: statement({ Action: '*', Resource: '*' }) }],
        },
      },
      Calm: functionNamed(names[0]),
      Struck: functionNamed(names[1]),
    },
  };
  const stack = { StackName: name };
  const waiting = { client: cloudFormation, maxWaitTime: STACK_TIMEOUT_SECONDS, minDelay: 1, maxDelay: 1 };
  await cloudFormation.send(
    new CreateStackCommand({
      ...stack,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    }),
  );
  await waitUntilStackCreateComplete(waiting, stack);

  const lambda = new LambdaClient({ ...awsOptions(info), maxAttempts: 1 });
  const port = Number(new URL(info.awsEndpointUrl).port);
  const stopped = new Set<number>();
  const running = () => lambdaProcesses(names[1], port).filter((pid) => !stopped.has(pid));
  const call = async (FunctionName: string): Promise<void> => {
    const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
    if (FunctionError !== undefined) throw new Error(`${FunctionName}: ${FunctionError}`);
  };

  const begin = () => {
    const over = { is: false };
    const ended = call(names[1]).then(
      () => true,
      () => false,
    );
    return {
      over,
      ended: ended.finally(() => {
        over.is = true;
      }),
    };
  };

  return {
    call: () => call(names[0]),
    async strike(signal, afterMs) {
      // What rests from earlier calls would be taken again, and can't be told from what works.
      signalProcesses(running(), 'SIGKILL');
      await eventually(
        'no process',
        async () => (running().length === 0 ? true : undefined),
        START_TIMEOUT_MS,
        POLL_MS,
      );
      let begun = begin();
      const pids = await eventually(
        'a process',
        async () => {
          if (running().length > 0) return running();
          // The endpoint tells the first caller after a process was killed that it is gone, and starts another for the next.
          if (begun.over.is) begun = begin();
          return undefined;
        },
        START_TIMEOUT_MS,
        POLL_MS,
      );
      await pause(afterMs);
      signalProcesses(pids, signal);
      if (signal === 'SIGSTOP') {
        await pause(ANSWER_MS);
        // One that had answered before would be taken for the next call, and never answer that.
        for (const pid of pids) {
          if (begun.over.is) signalProcesses([pid], 'SIGKILL');
          else stopped.add(pid);
        }
      }
      const release = () => {
        signalProcesses(
          pids.filter((pid) => stopped.delete(pid)),
          'SIGCONT',
        );
      };
      return { release, ended: begun.ended };
    },
    async remove() {
      signalProcesses([...stopped, ...running()], 'SIGKILL');
      await cloudFormation.send(new DeleteStackCommand(stack));
      await waitUntilStackDeleteComplete(waiting, stack);
    },
  };
}

function statement(allowed: Readonly<Record<string, unknown>>) {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...allowed }] };
}
