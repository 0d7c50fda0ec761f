import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';

/** Reads anchors. */
export interface AnchorReader {
  /**
   * The keys that begin with a prefix, in order.
   *
   * @param after leaves out this key and those before it
   */
  keys(prefix: string, after?: string): Promise<readonly string[]>;
  /** The text of an object; undefined when it isn't there. */
  get(key: string): Promise<string | undefined>;
}

/** Reads anchors and adds to them. There is nothing else that can be done to them. */
export interface AnchorBucket extends AnchorReader {
  /**
   * Adds an object.
   *
   * @returns false when there was one of that name, which stays
   */
  putIfAbsent(key: string, text: string): Promise<boolean>;
}

/** S3's answer when another request is just adding an object of that name, and when one is there. */
const RIVAL_STATUSES: readonly (number | undefined)[] = [409, 412];

/** Anchors in a bucket whose objects are locked. */
export function createAnchorReader(bucket: string, s3 = new S3Client(awsClientOptions())): AnchorReader {
  return {
    async keys(prefix, after) {
      const found: string[] = [];
      let next: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, ContinuationToken: next }),
        );
        found.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
        next = page.NextContinuationToken;
      } while (next !== undefined);
      return found;
    },
    async get(key) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return await Body?.transformToString('utf8');
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
  };
}

/** The same, with the right to add. */
export function createAnchorBucket(bucket: string, s3 = new S3Client(awsClientOptions())): AnchorBucket {
  return {
    ...createAnchorReader(bucket, s3),
    async putIfAbsent(key, text) {
      try {
        // The bucket's default retention locks it; its policy refuses a put without this condition.
        await s3.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: Buffer.from(text, 'utf8'),
            ContentType: 'application/json',
            IfNoneMatch: '*',
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof S3ServiceException && RIVAL_STATUSES.includes(error.$metadata.httpStatusCode))
          return false;
        throw error;
      }
    },
  };
}
