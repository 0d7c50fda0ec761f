import { type ContractArtifact, contractArtifactSchema } from './artifact-schema.ts';
import committed from './artifacts/HavenToken.json' with { type: 'json' };

/** The committed HavenToken, parsed: what is deployed. `contracts/compile.ts` makes it. */
export const havenTokenArtifact: ContractArtifact = contractArtifactSchema.parse(committed);
