import { type ContractArtifact, contractArtifactSchema } from './artifact-schema.ts';
import committed from './artifacts/SettableFeed.json' with { type: 'json' };

/** The committed SettableFeed, parsed: what stands for price feeds on local chains. `contracts/compile.ts` makes it. */
export const settableFeedArtifact: ContractArtifact = contractArtifactSchema.parse(committed);
