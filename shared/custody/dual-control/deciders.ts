import { areKin, lineOf, shareMaker } from '#shared/platform/auth/kinship.ts';
import { isOperator, type Principal } from '#shared/platform/auth/principal.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { ControlledRequest } from './request.ts';

/**
 * Who may ask for what two people decide, and approve it. `operators`: people with tokens of the OIDC issuer only, so that two
 * principals are two people as far as the issuer can tell. `principals`: API keys too.
 */
export type Deciders = 'operators' | 'principals';

/**
 * Refuses who may not ask.
 *
 * @throws FORBIDDEN
 */
export function refuseAsking(deciders: Deciders, principal: Principal): void {
  if (deciders === 'operators' && !isOperator(principal)) throw operatorsOnly('ask for it');
}

/** What is kept of who asks. */
export function kinOf(principal: Principal): Pick<ControlledRequest, 'requester_kin'> {
  if (isOperator(principal)) return {};
  return { requester_kin: { line: lineOf(principal), makers: principal.makers ?? [] } };
}

/**
 * Refuses who may not approve a request: API keys where operators decide, and any principal that may be the person who asked: kin,
 * and what came of one hand (`kinship.ts`).
 * That it is another principal at all is a rule of its own (request.ts), held in the database too.
 *
 * @throws FORBIDDEN
 */
export function refuseApproving(deciders: Deciders, request: ControlledRequest, principal: Principal): void {
  const requester = { id: request.requested_by, ...request.requester_kin };
  if (deciders === 'operators' && !(isOperator(principal) && isOperator(requester))) {
    throw operatorsOnly('ask for it and approve it', { request_id: request.id, wallet_id: request.wallet_id });
  }
  if (principal.id === requester.id || !(areKin(requester, principal) || shareMaker(requester, principal))) return;
  throw new HavenError(
    'FORBIDDEN',
    'Whoever requests may not approve it, nor a key that made theirs, that they made, or that one key or person made as it made theirs',
    {
      details: { request_id: request.id, wallet_id: request.wallet_id, rule: 'another_person' },
    },
  );
}

function operatorsOnly(what: string, of: Readonly<Record<string, string>> = {}): HavenError {
  return new HavenError('FORBIDDEN', `On this stage only operators with tokens of the identity provider may ${what}`, {
    details: { ...of, rule: 'operators_only' },
  });
}
