import { createHash, createHmac } from 'node:crypto';
import { send } from './subject.js';
import type { RawAnswer, Stage } from './subject.js';

/** Signs a request in its header by hand, for bodies that no SDK would send. Keys must need no escaping. */
export class HeaderSigner {
  private readonly timestamp = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  private readonly scope: string;
  private readonly key: Buffer;
  private seed = '';

  constructor(private readonly stage: Stage) {
    const { region, secretAccessKey } = stage.subject();
    const day = this.timestamp.slice(0, 8);
    this.scope = `${day}/${region}/s3/aws4_request`;
    this.key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
      (key, part) => createHmac('sha256', key).update(part).digest(),
      Buffer.from(`AWS4${secretAccessKey}`),
    );
  }

  /** Headers of a PUT, with its `Authorization`. */
  headersFor(objectKey: string, headers: Readonly<Record<string, string>>): Record<string, string> {
    const { endpoint, accessKeyId } = this.stage.subject();
    const all: Record<string, string> = { ...headers, host: new URL(endpoint).host, 'x-amz-date': this.timestamp };
    const names = Object.keys(all).sort();
    const canonical = [
      'PUT',
      `/${this.stage.bucket}/${objectKey}`,
      '',
      ...names.map((name) => `${name}:${all[name] ?? ''}`),
      '',
      names.join(';'),
      all['x-amz-content-sha256'] ?? '',
    ].join('\n');
    this.seed = this.sign('AWS4-HMAC-SHA256', [sha256(canonical)]);
    all['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${this.scope}, SignedHeaders=${names.join(';')}, Signature=${this.seed}`;
    return all;
  }

  /** An `aws-chunked` body with a signature on every chunk. Call it after {@link headersFor}. */
  signedChunks(chunks: readonly string[]): string {
    let previous = this.seed;
    return [...chunks, '']
      .map((chunk) => {
        previous = this.sign('AWS4-HMAC-SHA256-PAYLOAD', [previous, sha256(''), sha256(chunk)]);
        return `${chunk.length.toString(16)};chunk-signature=${previous}\r\n${chunk}\r\n`;
      })
      .join('');
  }

  private sign(algorithm: string, parts: readonly string[]): string {
    return createHmac('sha256', this.key)
      .update([algorithm, this.timestamp, this.scope, ...parts].join('\n'))
      .digest('hex');
  }
}

/** Sends a PUT with a body exactly as given. */
export async function putSigned(
  stage: Stage,
  key: string,
  headers: Readonly<Record<string, string>>,
  body: (signer: HeaderSigner) => string,
): Promise<RawAnswer> {
  const signer = new HeaderSigner(stage);
  const signed = signer.headersFor(key, headers);
  const text = body(signer);
  const url = `${stage.subject().endpoint}/${stage.bucket}/${key}`;
  return send(url, {
    method: 'PUT',
    headers: { ...signed, 'content-length': String(Buffer.byteLength(text)) },
    body: text,
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
