import { S3Client } from '@aws-sdk/client-s3';
import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPresigner, MAX_PRESIGN_EXPIRY_S } from './presigner.js';

const documented = createPresigner({
  region: 'us-east-1',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
});
const documentedRequest = {
  method: 'GET',
  endpoint: new URL('https://s3.amazonaws.com'),
  bucket: 'examplebucket',
  pathStyle: false,
  key: 'test.txt',
  expiresS: 86_400,
  now: new Date('2013-05-24T00:00:00Z'),
} as const;
const signatureOf = (url: string): string | null => new URL(url).searchParams.get('X-Amz-Signature');

/** Keys as people and programs make them: paths with every awkward character, in several scripts. */
const anyKey = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'Z',
        '0',
        '/',
        '//',
        '.',
        '..',
        ' ',
        '+',
        '#',
        '?',
        '%',
        '%20',
        '&',
        '=',
        '~',
        '*',
        "'",
        '(',
        ')',
        '!',
        '@',
        ':',
        '抓取',
        '分拣/轨迹',
        'é',
        '🤖',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const anyText = fc.string({ unit: 'grapheme', maxLength: 20 });
const anyCredentials = fc.record({
  region: fc.constantFrom('us-east-1', 'cn-north-1', 'eu-central-1'),
  accessKeyId: fc.stringMatching(/^[A-Z0-9]{8,20}$/),
  secretAccessKey: fc.string({ minLength: 8, maxLength: 80 }),
});

describe('presigner', () => {
  it('makes the signature of the AWS documentation', () => {
    expect(signatureOf(documented.presign(documentedRequest))).toBe(
      'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    );
  });

  it('signs a lease parameter and a pinned range as published vectors have it', () => {
    const leased = documented.presign({ ...documentedRequest, query: { 'x-bodega-lease': 'L1' } });
    const pinned = documented.presign({ ...documentedRequest, headers: { Range: 'bytes=0-9' } });

    expect(signatureOf(leased)).toBe('a3fa96cc10c697f926d1640e6cf0fb15c33b0ab5a5ce984514007d255bf6c825');
    expect(signatureOf(pinned)).toBe('bfbae1a88a5d47aeeb52eb11b3ffdefbfe24ec5aa49a266b4b15fa323501d9cc');
    expect(new URL(pinned).searchParams.get('X-Amz-SignedHeaders')).toBe('host;range');
  });

  it('equals the AWS SDK for any method, key, query, header, lifetime, date and credential', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          credentials: anyCredentials,
          method: fc.constantFrom('GET' as const, 'HEAD' as const, 'PUT' as const, 'DELETE' as const),
          endpoint: fc.constantFrom(
            'http://127.0.0.1:9000',
            'https://s3.example.com',
            'http://[::1]:8080',
            'https://s3.example.com:443',
          ),
          key: anyKey,
          query: fc.dictionary(
            fc.constantFrom('x-bodega-lease', 'response-content-disposition', 'partNumber', 'uploadId', 'A b', '课'),
            anyText,
          ),
          range: fc.option(fc.tuple(fc.nat(), fc.nat()).map(([from, length]) => `bytes=${from}-${from + length}`)),
          expiresS: fc.integer({ min: 1, max: MAX_PRESIGN_EXPIRY_S }),
          now: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
        }),
        async ({ credentials, method, endpoint, key, query, range, expiresS, now }) => {
          const url = new URL(endpoint);
          const headers: Record<string, string> = range === null ? {} : { range };

          // The SDK always adds this parameter; ours needs it only to be the same request.
          const withTheirs = { ...query, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' };

          const ours = createPresigner(credentials).presign({
            method,
            endpoint: url,
            bucket: 'bodega',
            key,
            query: withTheirs,
            headers,
            expiresS,
            now,
          });

          const theirs = await presignWithSdk({ credentials, method, url, key, query, headers, expiresS, now });
          expect(parametersOf(ours)).toEqual(theirs);
          expect(decodeURIComponent(ours.slice(url.origin.length, ours.indexOf('?')))).toBe(`/bodega/${key}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('makes the same URL from a prepared batch as one by one', () => {
    fc.assert(
      fc.property(anyKey, anyText, anyText, (key, lease, disposition) => {
        const template = { ...documentedRequest, query: { 'response-content-type': 'video/mp4' } };
        const names = ['x-bodega-lease', 'response-content-disposition', 'A'];

        const batched = documented.prepare(template, names).sign(key, lease, disposition, '1');

        expect(batched).toBe(
          documented.presign({
            ...template,
            key,
            query: { ...template.query, 'x-bodega-lease': lease, 'response-content-disposition': disposition, A: '1' },
          }),
        );
      }),
    );
  });

  it('signs with the key of the right day when days alternate', () => {
    const nextDay = { ...documentedRequest, now: new Date('2013-05-25T00:00:00Z') };

    const first = documented.presign(documentedRequest);
    const other = documented.presign(nextDay);

    expect(documented.presign(documentedRequest)).toBe(first);
    expect(signatureOf(other)).not.toBe(signatureOf(first));
  });

  it.each([0, -1, 1.5, MAX_PRESIGN_EXPIRY_S + 1, Number.NaN])('refuses a lifetime of %p seconds', (expiresS) => {
    expect(() => documented.presign({ ...documentedRequest, expiresS })).toThrow(RangeError);
  });

  it('refuses a parameter that would stand twice in the query', () => {
    expect(() => documented.presign({ ...documentedRequest, query: { 'X-Amz-Expires': '9' } })).toThrow(
      /belongs to the signature/,
    );
    expect(() => documented.prepare({ ...documentedRequest, query: { a: '1' } }, ['a'])).toThrow(/twice/);
    expect(() => documented.presign({ ...documentedRequest, headers: { Host: 'elsewhere' } })).toThrow(/twice/);
  });
});

function parametersOf(url: string): Record<string, string> {
  const pairs = url
    .slice(url.indexOf('?') + 1)
    .split('&')
    .map((pair) => pair.split('=').map(decodeURIComponent));
  return Object.fromEntries(pairs.map(([name, value]) => [name ?? '', value ?? '']));
}

/** The SDK's own SigV4 code on the same bare request, without the parameters that its S3 commands add. */
async function presignWithSdk(request: {
  credentials: { region: string; accessKeyId: string; secretAccessKey: string };
  method: string;
  url: URL;
  key: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  expiresS: number;
  now: Date;
}): Promise<Record<string, string>> {
  const { credentials, method, url, key, query, headers, expiresS, now } = request;
  const client = new S3Client({ region: credentials.region, credentials });
  const presigner = new S3RequestPresigner({ ...client.config, credentials });
  const path = `/bodega/${key}`
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/');
  const signed = await presigner.presign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path,
      query,
      headers: { host: url.host, ...headers },
    } as Parameters<S3RequestPresigner['presign']>[0],
    {
      expiresIn: expiresS,
      signingDate: now,
      signableHeaders: new Set(['host', 'range']),
      unhoistableHeaders: new Set(['range']),
    },
  );
  return Object.fromEntries(Object.entries(signed.query ?? {}).map(([name, value]) => [name, String(value)]));
}
