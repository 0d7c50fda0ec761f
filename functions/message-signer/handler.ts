import { type MessageDependencies, signMessage, signTypedData } from '#shared/custody/messages/sign.ts';
import { type BoundRoute, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** Binds the message signer's routes. */
export function bindRoutes(deps: MessageDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('signMessage', routes.signMessage, ({ params, body: { message, encoding } }, context) =>
      signMessage(
        deps,
        params.id,
        new Uint8Array(encoding === 'hex' ? Buffer.from(message.slice(2), 'hex') : Buffer.from(message, 'utf8')),
        context,
      ),
    ),
    bindIdempotent('signTypedData', routes.signTypedData, ({ params, body }, context) =>
      signTypedData(deps, params.id, body.typed_data, 'body.typed_data', context),
    ),
  ];
}
