import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accessLogLine, redactSignature } from './access-log-line.js';
import type { AccessFacts } from './access-log-line.js';

const FACTS: AccessFacts = {
  bucket: 'bodega',
  receivedAt: new Date('2026-11-06T03:04:05.678Z'),
  remoteIp: '127.0.0.1',
  requester: 'AKIA',
  requestId: '0123456789ABCDEF',
  operation: 'REST.GET.OBJECT',
  key: '抓取/a b.bin',
  method: 'GET',
  url: '/bodega/x?X-Amz-Date=1&X-Amz-Signature=abc123&x-bodega-lease=L1',
  httpVersion: '1.1',
  status: 206,
  errorCode: null,
  bytesSent: 100,
  objectSize: 2000,
  totalMs: 12,
  turnaroundMs: 3,
  referer: undefined,
  userAgent: 'curl/8',
  hostId: 'aG9zdA==',
  authType: 'QueryString',
  hostHeader: '127.0.0.1:9000',
};
const FIELDS =
  /^\S+ \S+ \[[^\]]+\] \S+ \S+ \S+ \S+ \S+ "[^"]*" \d{3} \S+ \S+ \S+ \d+ \d+ "[^"]*" "[^"]*" \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+$/;

describe('access log line', () => {
  it('has the fields of the S3 server access log in their order', () => {
    expect(accessLogLine(FACTS)).toBe(
      'bodega-embedded bodega [06/Nov/2026:03:04:05 +0000] 127.0.0.1 AKIA 0123456789ABCDEF REST.GET.OBJECT %E6%8A%93%E5%8F%96/a%20b.bin ' +
        '"GET /bodega/x?X-Amz-Date=1&X-Amz-Signature=REDACTED&x-bodega-lease=L1 HTTP/1.1" 206 - 100 2000 12 3 "-" "curl/8" - aG9zdA== ' +
        'SigV4 - QueryString 127.0.0.1:9000 - - -',
    );
  });

  it('says - for what is zero or unknown', () => {
    const line = accessLogLine({
      ...FACTS,
      requester: null,
      authType: null,
      bytesSent: 0,
      objectSize: null,
      status: 403,
      errorCode: 'AccessDenied',
    });

    expect(line).toContain(' 127.0.0.1 - 0123456789ABCDEF ');
    expect(line).toContain('" 403 AccessDenied - - 12 3 "');
  });

  it('keeps its shape whatever a client puts into its fields', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme' }),
        (referer, userAgent, key) => {
          const line = accessLogLine({
            ...FACTS,
            referer,
            userAgent,
            key: key === '' ? 'k' : key,
            url: `/${referer}`,
            hostHeader: userAgent || 'h',
          });

          expect(line).toMatch(FIELDS);
          expect(line).not.toContain('\n');
        },
      ),
    );
  });

  it('redacts a signature wherever it stands and however its name is written', () => {
    expect(redactSignature('/b/k?x-amz-signature=ab&a=1')).toBe('/b/k?x-amz-signature=REDACTED&a=1');
    expect(redactSignature('/b/k?a=1&X-Amz-Signature=ab')).toBe('/b/k?a=1&X-Amz-Signature=REDACTED');
    expect(redactSignature('/b/k?X-Amz-SignedHeaders=host')).toBe('/b/k?X-Amz-SignedHeaders=host');
  });
});
