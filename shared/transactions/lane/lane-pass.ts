import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { LaneDependencies } from './lane-dependencies.ts';

/** One look at a lane and what is done about it. */
export interface LanePass extends LaneDependencies {
  readonly chain: ChainConfig;
  readonly client: ChainClient;
  /** Who does it and in which run, as audit entries name it. */
  readonly by: { readonly actor: string; readonly request_id: string };
  readonly deadline: Deadline;
}
