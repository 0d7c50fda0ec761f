import { JsonRpcProvider } from 'ethers';
import { deploySettableFeed, type FeedBeginning } from '#contracts/deploy-feed.ts';
import { devAccount } from './anvil.ts';
import { LocalFailure } from './failure.ts';

/**
 * Who deploys the local price feed. It does nothing before that, so the feed's address is always that of its first contract: the
 * stage file can name it, whatever else happened on the chain.
 */
export const FEED_DEPLOYER = devAccount(9);

/** Where the local price feed is: the first contract of its deployer (a test holds the stage file against it). */
export const FEED_ADDRESS = '0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35';

/** What one ether costs locally. */
export const FEED_BEGINNING: FeedBeginning = { decimals: 8, description: 'ETH / USD', answer: 2_500_00000000n };

/**
 * Sees to it that the local chain has the price feed that the local stage names. One that is there is left as it is.
 *
 * @throws LocalFailure when it would have another address
 */
export async function ensurePriceFeed(rpcUrl: string): Promise<void> {
  if (await hasCode(rpcUrl, FEED_ADDRESS)) return;
  const address = await deploySettableFeed({ rpcUrl, privateKey: FEED_DEPLOYER.privateKey }, FEED_BEGINNING);
  if (address === FEED_ADDRESS) return;
  throw new LocalFailure(`The price feed is at ${address}, not at ${FEED_ADDRESS}`, 'npm run reset, then npm start');
}

async function hasCode(rpcUrl: string, address: string): Promise<boolean> {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { cacheTimeout: -1 });
  try {
    return (await provider.getCode(address)) !== '0x';
  } finally {
    provider.destroy();
  }
}
