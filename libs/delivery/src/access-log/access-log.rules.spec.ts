import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAccessLogLine, queryParameterOf } from './access-log.rules.js';

const OWNER = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';

interface LineParts {
  time?: string;
  requester?: string;
  requestId?: string;
  operation?: string;
  key?: string;
  target?: string;
  status?: string;
  sent?: string;
  size?: string;
  referrer?: string;
  userAgent?: string;
}

function lineOf(parts: LineParts): string {
  const p = {
    time: '06/Feb/2019:00:00:38 +0000',
    requester: 'AKIA',
    requestId: '3E57427F3EXAMPLE',
    operation: 'REST.GET.OBJECT',
    key: 'datasets/ds_1/dv_1/data.parquet',
    target: '/bodega/datasets/ds_1/dv_1/data.parquet?x-bodega-lease=lse_1',
    status: '200',
    sent: '113',
    size: '113',
    referrer: '-',
    userAgent: 'curl/8',
    ...parts,
  };
  return (
    `${OWNER} bodega [${p.time}] 192.0.2.3 ${p.requester} ${p.requestId} ${p.operation} ${p.key} "GET ${p.target} HTTP/1.1" ` +
    `${p.status} - ${p.sent} ${p.size} 7 5 "${p.referrer}" "${p.userAgent}" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 QueryString s3.example TLSV1.2 - - us-east-1`
  );
}

describe('parseAccessLogLine', () => {
  it('reads a line in the form that the S3 guide prints', () => {
    const entry = parseAccessLogLine(
      lineOf({ key: 'datasets/ds_1/dv_1/%E6%8A%93%E5%8F%96+1.mp4', sent: '-', size: '3462992', status: '304' }),
    );

    expect(entry).toEqual({
      bucket: 'bodega',
      at: new Date('2019-02-06T00:00:38Z'),
      requester: 'AKIA',
      requestId: '3E57427F3EXAMPLE',
      operation: 'REST.GET.OBJECT',
      key: 'datasets/ds_1/dv_1/抓取+1.mp4',
      target: '/bodega/datasets/ds_1/dv_1/data.parquet?x-bodega-lease=lse_1',
      status: 304,
      bytesSent: 0,
      objectSize: 3462992,
    });
  });

  it('reads a time with an offset as the instant it is', () => {
    expect(parseAccessLogLine(lineOf({ time: '01/Mar/2026:07:30:00 +0800' }))?.at).toEqual(
      new Date('2026-02-28T23:30:00Z'),
    );
  });

  it.each([
    '31/Feb/2026:00:00:00 +0000',
    '01/Foo/2026:00:00:00 +0000',
    '01/Jan/2026:25:00:00 +0000',
    'yesterday, about noon',
  ])('refuses the time %p', (time) => {
    expect(parseAccessLogLine(lineOf({ time }))).toBeNull();
  });

  it('says what was sent whatever the client writes into its headers', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.nat(),
        fc.nat(),
        (userAgent, referrer, sent, size) => {
          const forged = `" 200 - 999999 999999 1 1 "-" "`;
          const line = lineOf({
            sent: String(sent),
            size: String(size),
            referrer: referrer + forged,
            userAgent: userAgent + forged,
          });

          const entry = parseAccessLogLine(line);

          expect(entry).toMatchObject({ bytesSent: sent, objectSize: size, status: 200 });
        },
      ),
    );
  });

  it('cannot be talked into other figures by quotes in the request line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.nat(), (text, sent) => {
        const noise = text.replaceAll(/\s/g, '"');
        const target = `/bodega/k?a=${noise}"200&x-bodega-lease=lse_1"-"999`;

        const entry = parseAccessLogLine(lineOf({ target, sent: String(sent) }));

        expect(entry).toMatchObject({ bytesSent: sent, target });
      }),
    );
  });

  it('answers any text at all, in time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 300 }), (text, at) => {
        const line = lineOf({});

        parseAccessLogLine(text);
        const spliced = parseAccessLogLine(line.slice(0, at) + text + line.slice(at));

        expect(spliced === null || Number.isSafeInteger(spliced.bytesSent)).toBe(true);
      }),
    );
    for (const hostile of [' '.repeat(65_000), '"'.repeat(65_000), 'a '.repeat(32_000), `a b [${'x'.repeat(60_000)}`]) {
      expect(parseAccessLogLine(hostile)).toBeNull();
    }
  });

  it('is not confused by fields that a later format adds', () => {
    expect(parseAccessLogLine(`${lineOf({})} new "newer field"`)).toEqual(parseAccessLogLine(lineOf({})));
  });
});

describe('queryParameterOf', () => {
  it('takes the first of a query that Ceph wrote twice', () => {
    const target = '/b/k?X-Amz-Expires=300&x-bodega-lease=lse_1?X-Amz-Expires=300&x-bodega-lease=lse_2';

    expect(queryParameterOf(target, 'x-bodega-lease')).toBe('lse_1');
  });

  it('knows a parameter whose name the client escaped', () => {
    expect(queryParameterOf('/b/k?x%2Dbodega%2dlease=lse%5F1', 'x-bodega-lease')).toBe('lse_1');
  });

  it.each(['/b/k', '/b/k?', '/b/k?y=x-bodega-lease', '/b/x-bodega-lease=1', '/b/k?%'])('finds none in %p', (target) => {
    expect(queryParameterOf(target, 'x-bodega-lease')).toBeNull();
  });
});
