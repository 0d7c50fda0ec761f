import { createWallet } from '#shared/custody/create-wallet.ts';
import { revokeWallet } from '#shared/custody/lifecycle/revoke-wallet.ts';
import { setPaused } from '#shared/custody/pause-wallet.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { type ChainConfig, chainSchema } from '#shared/platform/chain/chain-config.ts';
import { NO_WAKER } from '#shared/platform/outbox/outbox-waker.ts';
import { acceptTransaction } from '#shared/transactions/accept.ts';
import type { ChangeRequest } from '#shared/transactions/change-request.ts';
import { changeTransaction } from '#shared/transactions/change-transaction.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';
import type { Speed, Transaction } from '#shared/transactions/transaction.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { type Anvil, type AnvilOptions, startAnvil } from '../anvil.ts';
import { createRecordingLog, type RecordingLog } from '../fakes/recording-log.ts';
import { type InProcess, inProcess, stageEncryptor } from '../in-process.ts';
import type { LocalHaven } from '../local-haven.ts';
import { LabChain } from './lab-chain.ts';
import type { LabTables } from './lab-tables.ts';
import { LabTime, type TimeEvents } from './lab-time.ts';

/** Where lab lanes send to: an account that has no code. */
export const LAB_RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

/** The chain of a lab: blocks come each second of its time, and final is what is three deep. */
const LAB_CHAIN: ChainConfig = chainSchema.parse({
  chain_id: 31_337,
  name: 'Lab',
  native_asset: 'ETH',
  block_time_ms: 1_000,
  required_confirmations: 3,
  max_fee_per_gas_wei: '500000000000',
});

/** Blocks before the first lane, so that a reorganisation does not take its money away. */
const FIRST_BLOCKS = 6;

/** What a test wants sent. */
export interface LabIntent {
  readonly valueWei: bigint;
  readonly to?: string;
  readonly data?: string;
  readonly validUntil?: string;
  readonly speed?: Speed;
}

/** A wallet and its lane. */
export interface LabLane {
  readonly wallet: Wallet;
  readonly key: LaneKey;
}

/**
 * Haven's lane worker on real DynamoDB tables, a real KMS key and a real chain, none of which anybody else uses: on tables of
 * its own, a chain that mines when the lab says so, and a time that passes only while the worker sleeps.
 */
export class LaneLab {
  readonly config: ChainConfig;
  readonly chain: LabChain;
  readonly time: LabTime;
  readonly parts: InProcess;
  readonly log: RecordingLog;
  readonly #anvil: Anvil;
  readonly #wire: (otherRpcUrls: readonly string[]) => Promise<InProcess>;

  private constructor(
    config: ChainConfig,
    anvil: Anvil,
    chain: LabChain,
    time: LabTime,
    parts: InProcess,
    log: RecordingLog,
    wire: (otherRpcUrls: readonly string[]) => Promise<InProcess>,
  ) {
    this.config = config;
    this.#anvil = anvil;
    this.chain = chain;
    this.time = time;
    this.parts = parts;
    this.log = log;
    this.#wire = wire;
  }

  /**
   * Opens a lab; whoever opens it closes it.
   *
   * @param chainConfig what is not as in LAB_CHAIN
   * @param events what a test does as the lab's time passes
   * @param rules of the chain
   */
  static async open(
    { info }: Pick<LocalHaven, 'info'>,
    tables: LabTables,
    chainConfig: Partial<ChainConfig> = {},
    events: TimeEvents = {},
    rules: Pick<AnvilOptions, 'hardfork'> = {},
  ): Promise<LaneLab> {
    const config = { ...LAB_CHAIN, ...chainConfig };
    const anvil = await startAnvil({ minesOnDemand: true, ...rules });
    const chain = new LabChain(anvil.rpcUrl);
    for (let block = 0; block < FIRST_BLOCKS; block += 1) await chain.ask('evm_mine');
    const time = new LabTime(chain, config.block_time_ms, await chain.headTimeMs(), events);
    const log = createRecordingLog();
    const { clock, sleep } = time;
    const places = { tables: tables.names, queues: tables.queues };
    const options = { ...places, chains: [config], rpcUrl: anvil.rpcUrl, clock, sleep, log: log.log };
    const wire = (otherRpcUrls: readonly string[]) => inProcess({ info }, { ...options, otherRpcUrls });
    return new LaneLab(config, anvil, chain, time, await wire([]), log, wire);
  }

  /** The lab's parts with more endpoints of its chain behind the first. */
  partsWith(otherRpcUrls: readonly string[]): Promise<InProcess> {
    return this.#wire(otherRpcUrls);
  }

  /** Ends the chain. */
  close(): Promise<void> {
    return this.#anvil.stop();
  }

  /** Makes a wallet with ether of its own. */
  async newLane(eth = '10'): Promise<LabLane> {
    const input = { purpose: 'user', custody: 'envelope', label: null, tags: {} } as const;
    const deps = { ...this.parts.accept, tables: this.parts.tables, encryptor: stageEncryptor(this.parts) };
    const wallet = await createWallet(deps, input, this.parts.context());
    await this.chain.fund(wallet.address, eth);
    return { wallet, key: { chain_id: this.config.chain_id, address: wallet.address } };
  }

  /** Accepts transactions in order, and wakes nobody. */
  async accept({ wallet }: LabLane, intents: readonly LabIntent[]): Promise<readonly Transaction[]> {
    const accepted: Transaction[] = [];
    for (const { valueWei, to = LAB_RECIPIENT, data = '0x', validUntil = null, speed = 'standard' } of intents) {
      const intent = {
        walletId: wallet.id,
        chainId: this.config.chain_id,
        to,
        value: valueWei.toString(),
        data,
        speed,
        reference: null,
        validUntil,
      };
      const deps = { ...this.parts.accept, kicker: this.parts.silent };
      accepted.push(await acceptTransaction(deps, intent, this.parts.context()));
    }
    return accepted;
  }

  /** Changes a transaction as the API does on request, and wakes nobody. */
  change(id: string, request: ChangeRequest): Promise<Transaction> {
    const transactions = createTransactionStore(this.parts.client, this.parts.tables.ledger);
    const deps = { ...this.parts.accept, transactions, kicker: this.parts.silent, waker: NO_WAKER };
    return changeTransaction(deps, id, request, this.parts.context());
  }

  /** Pauses a lane's wallet as the API does on request. */
  pause({ wallet }: LabLane): Promise<Wallet> {
    return setPaused(this.#custodyParts(), wallet.id, true, 'paused by a test', this.parts.context());
  }

  /** Revokes a lane's wallet as the API does on request. */
  revoke({ wallet }: LabLane): Promise<Wallet> {
    return revokeWallet(this.#custodyParts(), wallet.id, 'revoked by a test', this.parts.context());
  }

  #custodyParts() {
    const { client, tables } = this.parts;
    return { ...this.parts.accept, tables, wallets: createWalletStore(client, tables.ledger) };
  }

  /** Everything that a wallet was asked for, in order. */
  async transactions({ wallet }: LabLane): Promise<readonly Transaction[]> {
    const store = createTransactionStore(this.parts.client, this.parts.tables.ledger);
    const { rows } = await store.list({ walletId: wallet.id }, undefined, 1_000);
    return rows.toReversed();
  }
}
