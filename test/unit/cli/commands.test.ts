import { describe, expect, it } from 'vitest';
import { allRoutes } from '#functions/catalogue.ts';
import { COMMON_OPTIONS, fieldsOf, optionOf } from '../../../bin/cli/arguments.ts';
import { commandsOf, findCommand } from '../../../bin/cli/commands.ts';
import { helpOf, overview } from '../../../bin/cli/help.ts';

const commands = commandsOf(allRoutes);

describe('the commands', () => {
  it('are one for each operation of the API, each with words of its own', () => {
    const words = commands.map(({ noun, verb }) => `${noun} ${verb}`);
    expect(commands.map(({ operation }) => operation)).toEqual(Object.keys(allRoutes));
    expect(new Set(words).size).toBe(words.length);
  });

  it.each(commands.map((command) => [`${command.noun} ${command.verb}`.trim(), command] as const))(
    '%s is found by its words, and tells how it is used',
    (_, command) => {
      expect(findCommand(commands, [command.noun, command.verb])).toBe(command);
      expect(helpOf(command)).toContain(command.route.summary);
    },
  );

  it.each([
    [['wallets', 'list'], 'listWallets'],
    [['wallet', 'get'], 'getWallet'],
    [['tx', 'get'], 'getTransaction'],
    [['breakers', 'reset'], 'resetCircuitBreaker'],
    [['audit', 'verify'], 'verifyAudit'],
    [['carts', 'check-out'], 'checkOut'],
    [['queues', 'list'], 'listQueues'],
    [['queue', 'get'], 'getQueue'],
    [['queues', 'redrive'], 'redriveQueue'],
    [['ready'], 'ready'],
  ])('%j is %s', (words, operation) => {
    expect(findCommand(commands, words)?.operation).toBe(operation);
  });

  it.each([[[]], [['wallets']], [['wallets', 'eat']], [['constructor', 'get']]])('%j is none', (words) => {
    expect(findCommand(commands, words)).toBeUndefined();
  });

  it('have no field with the name of an option that all commands have', () => {
    const taken = new Set<string>(Object.keys(COMMON_OPTIONS));
    const clashes = commands.flatMap(({ operation, route }) =>
      [...fieldsOf(route.query).keys(), ...fieldsOf(route.body).keys()]
        .filter((field) => taken.has(optionOf(field)))
        .map((field) => `${operation}.${field}`),
    );
    expect(clashes).toEqual([]);
  });

  it('are all named by the overview', () => {
    const text = overview(commands);
    for (const { noun, verb } of commands) expect(text).toMatch(new RegExp(`^  ${noun}\\b.*${verb}`, 'm'));
  });
});
