import { dynamoError, type ScriptedAnswer, type SentRequest } from '../fakes/scripted-aws.ts';

/** What can go wrong between a job and its tables. */
export const NETWORK_FAULTS = [
  /** The request never comes there. */
  'request_lost',
  /** It has its effect, and the answer is lost. */
  'answer_lost',
  /** The table answers that it has a fault of its own. */
  'server_error',
  /** The job is killed before a request, or after it: nothing that it does comes anywhere any more. */
  'killed_before',
  'killed_after',
] as const;

/** What can go wrong between a job and its tables. */
export type NetworkFault = (typeof NETWORK_FAULTS)[number];

/** Of a thousand requests so many meet each of the first three. */
const PER_MILLE = 8;
/** Of a hundred runs so many are killed, half of them before a request and half after it. */
const KILLED_RUNS = 20;
/** A run is killed at one of as many requests as the run before made, or of these. */
const FEWEST_REQUESTS = 4;

/** How one run of a job reaches its tables. */
export interface RunNetwork {
  readonly network: (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error;
  /** Whether the run was killed: what it still says and counts, nobody hears. */
  readonly isKilled: () => boolean;
}

/** A network in which requests of every kind go wrong now and then. */
export interface FaultyNetwork {
  /** Of a new run. */
  ofRun(): RunNetwork;
  readonly counts: Readonly<Record<NetworkFault, number>>;
}

/** Makes one. */
export function createFaultyNetwork(random: () => number): FaultyNetwork {
  const counts = { request_lost: 0, answer_lost: 0, server_error: 0, killed_before: 0, killed_after: 0 };
  let usual = FEWEST_REQUESTS;
  const fate = () => ({
    at: random() * 100 < KILLED_RUNS ? Math.floor(random() * usual) : Number.POSITIVE_INFINITY,
    how: random() < 0.5 ? ('killed_before' as const) : ('killed_after' as const),
  });
  const draw = () => NETWORK_FAULTS.slice(0, 3)[Math.floor((random() * 1_000) / PER_MILLE)];
  return {
    counts,
    ofRun() {
      const { at, how } = fate();
      let requests = 0;
      let isDead = false;
      return {
        isKilled: () => isDead,
        network(_request, answer) {
          if (isDead) return new Error('killed');
          const fault = requests === at ? how : draw();
          requests += 1;
          usual = Math.max(FEWEST_REQUESTS, requests);
          if (fault === undefined) return answer();
          counts[fault] += 1;
          if (fault === 'server_error') return dynamoError('InternalServerError', { message: 'no' }, 500);
          if (fault === 'answer_lost' || fault === 'killed_after') answer();
          isDead = fault === how;
          return new Error(fault);
        },
      };
    },
  };
}
