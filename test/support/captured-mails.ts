import * as z from 'zod';
import type { LocalHaven } from './local-haven.ts';

const mailSchema = z.object({
  Source: z.string(),
  To: z.array(z.string()),
  Subject: z.string(),
  BodyText: z.string(),
  BodyHtml: z.string(),
});

/** A mail that the local endpoint took and kept. */
export type CapturedMail = z.output<typeof mailSchema>;

/** All mails that were sent by the deployed stack, the oldest first. */
export async function capturedMails({ info }: LocalHaven): Promise<readonly CapturedMail[]> {
  const answer = await fetch(`${info.awsEndpointUrl}/_ministack/ses/messages`);
  const { messages } = z.object({ messages: z.record(z.string(), z.array(z.unknown())) }).parse(await answer.json());
  return Object.values(messages)
    .flat()
    .flatMap((message) => mailSchema.safeParse(message).data ?? []);
}
