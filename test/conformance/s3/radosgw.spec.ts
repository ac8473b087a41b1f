import { describe, expect, it } from '@jest/globals';
import { missingRadosgwPrograms, startRadosgw } from '../../support/radosgw.js';
import type { OpsLogEntry } from '../../support/radosgw.js';
import { describeS3 } from './s3-suite.js';
import type { LoggedRequest, Subject } from './subject.js';

const missing = await missingRadosgwPrograms();

if (missing.length > 0) {
  process.stdout.write(
    `Ceph radosgw is not tried: ${missing.join(', ')} not on PATH (Debian: radosgw ceph-mon ceph-osd ceph-common)\n`,
  );
  describe('Ceph radosgw', () => {
    it('is not installed here, as the line above says', () => {
      expect(missing.length).toBeGreaterThan(0);
    });
  });
} else {
  describeS3(
    'Ceph radosgw 16.2',
    {
      'checksum-trailers': 'answers 411 to a streamed body',
      'checksums-verified': 'ignores x-amz-checksum headers',
      clock: 'has the clock of the machine',
      'downloads-end-with-their-url': 'asks for the time when a request begins, as S3 does',
      'cors-without-configuration': 'wants a CORS configuration per bucket',
      'cut-connections': 'has no fault port',
      'etag-with-304': 'sends 304 without ETag',
      'exact-bytes-of-aborted-transfers': 'counts aborted transfers in steps of 4 MiB',
      'if-match-on-writes': 'refuses If-Match even when the state is the known one',
      'logs-refused-signatures': 'writes no line for a bad signature',
      'part-order': 'sorts the parts itself',
      'range-grammar': 'reads letters as 0 and serves the first of several ranges',
      'read-only-keys': 'keeps rights in bucket policies',
      restart: 'its disk is memory here',
      'standard-access-log': 'writes JSON lines of its own',
      'strict-unsigned-headers': 'accepts x-amz headers that are not signed',
    },
    async (): Promise<Subject> => {
      const gateway = await startRadosgw();
      return { ...gateway, accessLog: async () => (await gateway.opsLog()).map(toLoggedRequest) };
    },
  );
}

function toLoggedRequest(entry: OpsLogEntry): LoggedRequest {
  return {
    requestId: entry.trans_id,
    uri: entry.uri,
    status: Number(entry.http_status),
    bytesSent: entry.bytes_sent,
    line: JSON.stringify(entry),
  };
}
