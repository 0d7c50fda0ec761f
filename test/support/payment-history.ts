import type { DeployedCopy, Struck } from './deployed-copy.ts';
import { payAddress } from './fakes/scan-desk.ts';
import type { Sending } from './payer.ts';
import type { ScanLab } from './scan-lab.ts';

/** Something that happens to a chain, or to who reads it. */
const KINDS = ['pay', 'pay', 'pay', 'empty', 'reorg', 'again', 'pass', 'pass', 'killed', 'rivals', 'delayed'] as const;
type Kind = (typeof KINDS)[number];

const EVENTS = 9;
const MAX_DEPTH = 4;
/** Of one history in one block, and one less than that. */
const MAX_PAYMENTS = 3;
/** From when its process is there a pass takes about so long, most of it to load its code: a strike at a random moment of it meets any of it. */
const PASS_MS = 700;
const AMOUNTS = [1n, 300_000n, 500_000n, 999_000n, 1_000_000n, 1_000_000n, 2_000_000n];

/** Passes that stand still at once. */
const MAX_HELD = 2;

interface Mined {
  /** Of the chain before the block. */
  readonly snapshot: unknown;
  readonly height: number;
  /** Of the payer, before the block. */
  readonly nonce: number;
  readonly sent: readonly Sending[];
}

/** One history among those that share a chain. */
interface Own {
  /** Its orders, which no other pays. */
  readonly orders: readonly number[];
  readonly random: () => number;
}

/**
 * Random histories side by side on a chain that is otherwise at rest. Each has orders and payments of its own; blocks, reorgs and what becomes of
 * passes they share, as orders do everywhere.
 */
export class PaymentHistories {
  readonly #lab: ScanLab;
  readonly #scanner: DeployedCopy;
  readonly #each: readonly Own[];
  readonly #random: () => number;
  #blocks: Mined[] = [];
  /** What the last reorg took away. */
  #taken: readonly Sending[] = [];
  /** Of the payer, the last that was used: a reorg takes nonces back. */
  #nonce = -1;
  #height = 0;
  #highest = 0;
  /** Passes that stand still. */
  readonly #held: Struck[] = [];
  #killed = 0;
  #continued = 0;

  /** @param random decides on what they share */
  constructor(lab: ScanLab, scanner: DeployedCopy, each: readonly Own[], random: () => number) {
    this.#lab = lab;
    this.#scanner = scanner;
    this.#each = each;
    this.#random = random;
  }

  /** Passes that were killed before they were done. */
  get killed(): number {
    return this.#killed;
  }

  /** Passes that stood still while others went on, and then came to their end. */
  get continued(): number {
    return this.#continued;
  }

  /** Plays them, and says what happened. */
  async play(): Promise<readonly Kind[]> {
    const { chain, payer } = this.#lab;
    this.#height = await chain.head();
    this.#nonce = Number(await chain.ask('eth_getTransactionCount', [payer.address, 'latest'])) - 1;
    const kinds: Kind[] = [];
    for (let n = 0; n < EVENTS; n += 1) {
      const kind = this.#pick(KINDS);
      await this.#happen(kind);
      kinds.push(kind);
    }
    return kinds;
  }

  /** Lets all go on that stand still, the chain grow beyond what it ever was, and the scanner come to rest. */
  async finish(): Promise<void> {
    while (this.#held.length > 0) await this.#letGo();
    const enough = this.#highest + 3;
    while (this.#height < enough) await this.#mine([]);
    for (let n = 0; n < 3; n += 1) await this.#scanner.call();
  }

  async #happen(kind: Kind): Promise<void> {
    if (kind === 'pay') await this.#mine(this.#each.flatMap((own) => this.#payments(own)));
    else if (kind === 'empty') for (let n = 0; n <= this.#upTo(3); n += 1) await this.#mine([]);
    else if (kind === 'reorg') await this.#reorg();
    else if (kind === 'again') await this.#again();
    else if (kind === 'pass') await this.#scanner.call();
    else if (kind === 'rivals') await Promise.all([this.#scanner.call(), this.#scanner.call()]);
    else await this.#struck(kind === 'delayed');
  }

  async #letGo(): Promise<void> {
    const first = this.#held.shift();
    first?.release();
    if ((await first?.ended) === true) this.#continued += 1;
  }

  async #struck(goesOn: boolean): Promise<void> {
    if (this.#held.length === MAX_HELD) await this.#letGo();
    const struck = await this.#scanner.strike(goesOn ? 'SIGSTOP' : 'SIGKILL', this.#random() * PASS_MS);
    // One that is let go on late may find that others were faster, or that the chain has moved.
    if (goesOn) this.#held.push(struck);
    else if (!(await struck.ended)) this.#killed += 1;
  }

  async #mine(sent: readonly Sending[]): Promise<void> {
    const { chain, payer } = this.#lab;
    const snapshot = await chain.ask('evm_snapshot');
    this.#blocks.push({ snapshot, height: this.#height, nonce: this.#nonce, sent });
    for (const one of sent) {
      this.#nonce += 1;
      await payer.send({ ...one, nonce: this.#nonce });
    }
    await this.#lab.mine();
    this.#height += 1;
    this.#highest = Math.max(this.#highest, this.#height);
  }

  async #reorg(): Promise<void> {
    const back = this.#blocks.slice(-1 - this.#upTo(MAX_DEPTH));
    const [first] = back;
    if (first === undefined) return;
    await this.#lab.chain.ask('evm_revert', [first.snapshot]);
    await this.#lab.chain.ask('anvil_dropAllTransactions');
    this.#blocks = this.#blocks.slice(0, -back.length);
    this.#height = first.height;
    this.#nonce = first.nonce;
    this.#taken = back.flatMap(({ sent }) => sent);
    // Whatever is sent from here on has other nonces and so other hashes, unless it is the same again.
    await this.#mine([]);
  }

  /** Mines what the last reorg took away, in one block, and so with other places of their logs. */
  async #again(): Promise<void> {
    const sent = this.#taken;
    this.#taken = [];
    await this.#mine(sent);
  }

  #payments(own: Own): readonly Sending[] {
    return Array.from({ length: upTo(MAX_PAYMENTS, own.random) }, () => this.#payment(own));
  }

  #payment({ orders, random }: Own): Sending {
    const { payer, token, payMany } = this.#lab;
    const to = payAddress(pick(orders, random));
    const amount = pick(AMOUNTS, random);
    const other = payAddress(pick(orders, random));
    const ways: readonly (() => Sending)[] = [
      () => ({ to, valueWei: amount }),
      () => ({ to: token, data: payer.data('HavenToken', 'transfer', to, amount) }),
      () => ({ to: token, data: payer.data('HavenToken', 'transfer', to, amount) }),
      () => ({ to: token, data: payer.data('HavenToken', 'transfer', to, 0n) }),
      () => ({ to: payMany, data: payer.data('PayMany', 'payTokens', token, [to, other], [amount, amount]) }),
      // Uneven lists: it fails.
      () => ({ to: payMany, data: payer.data('PayMany', 'payTokens', token, [to, other], [amount]) }),
    ];
    return pick(ways, random)();
  }

  #upTo(below: number): number {
    return upTo(below, this.#random);
  }

  #pick<T>(from: readonly T[]): T {
    return pick(from, this.#random);
  }
}

function upTo(below: number, random: () => number): number {
  return Math.floor(random() * below);
}

function pick<T>(from: readonly T[], random: () => number): T {
  const picked = from[upTo(from.length, random)];
  if (picked === undefined) throw new Error('There is nothing to pick from');
  return picked;
}
