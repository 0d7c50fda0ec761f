import { custodyMessages } from './messages/custody.ts';
import { operationsMessages } from './messages/operations.ts';
import { shopMessages } from './messages/shop.ts';
import { tellingMessages } from './messages/telling.ts';

/**
 * Everything Haven logs. A message that is not here cannot be logged, so the log has a vocabulary that can be searched and tested. No two have the same
 * name or code.
 */
export const logMessages = { ...operationsMessages, ...custodyMessages, ...shopMessages, ...tellingMessages };

/** The name of a message of the catalogue. */
export type LogMessage = keyof typeof logMessages;
