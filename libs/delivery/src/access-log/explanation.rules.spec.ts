import { describe, expect, it } from '@jest/globals';
import { newId } from '@app/kernel';
import type { AccessLogEntry } from './access-log.rules.js';
import { explain, leaseIdOf } from './explanation.rules.js';
import type { LeasedRight } from './explanation.rules.js';

const leaseId = newId('Lease');
const lease: LeasedRight = {
  id: leaseId,
  grantId: 'grt_1',
  datasetId: 'ds_1',
  versionId: 'dv_1',
  organizationId: 'org_buyer',
  providerOrganizationId: 'org_provider',
};
const leases = new Map([[lease.id, lease]]);

const entry: AccessLogEntry = {
  bucket: 'bodega',
  at: new Date('2026-11-20T00:00:00Z'),
  requester: 'AKIA',
  requestId: 'R1',
  operation: 'REST.GET.OBJECT',
  key: 'datasets/ds_1/dv_1/a.parquet',
  target: `/bodega/datasets/ds_1/dv_1/a.parquet?X-Amz-Signature=XXX&x-bodega-lease=${leaseId}`,
  status: 200,
  bytesSent: 10,
  objectSize: 10,
};
const unsigned = '/bodega/datasets/ds_1/dv_1/a.parquet';

describe('explain', () => {
  it('lays a request to the lease that it names', () => {
    expect(explain(entry, 'bodega', leases)).toEqual({ kind: 'metered', method: 'GET', lease });
    expect(explain({ ...entry, operation: 'REST.HEAD.OBJECT' }, 'bodega', leases)).toMatchObject({
      kind: 'metered',
      method: 'HEAD',
    });
  });

  it('keeps a refused request under its lease', () => {
    expect(explain({ ...entry, status: 403 }, 'bodega', leases).kind).toBe('metered');
  });

  it.each([
    ['a lease that nobody made', { target: entry.target?.replace(leaseId, newId('Lease')) ?? null }, 'UNKNOWN_LEASE'],
    ['a lease that cannot be one', { target: entry.target?.replace(leaseId, '%00') ?? null }, 'UNKNOWN_LEASE'],
    ['a lease of another dataset', { key: 'datasets/ds_2/dv_1/a.parquet' }, 'WRONG_OBJECT'],
    ['a lease of another version', { key: 'datasets/ds_1/dv_2/a.parquet' }, 'WRONG_OBJECT'],
    ['a signed URL without a lease', { target: `${unsigned}?X-Amz-Signature=XXX` }, 'NO_LEASE'],
    ['an anonymous read', { target: unsigned, requester: null }, 'NO_LEASE'],
  ] as const)('cannot explain %s', (_, change, reason) => {
    expect(explain({ ...entry, ...change }, 'bodega', leases)).toMatchObject({ kind: 'unexplained', reason });
  });

  it('hands on no lease id that a database could choke on', () => {
    const target = `${unsigned}?x-bodega-lease=%00&X-Amz-Signature=XXX`;

    expect(leaseIdOf({ ...entry, target })).toBeNull();
    expect(explain({ ...entry, target }, 'bodega', leases)).toMatchObject({ reason: 'UNKNOWN_LEASE', leaseId: null });
  });

  it('tells the market reading its own goods, which takes the secret, from a URL', () => {
    expect(explain({ ...entry, target: unsigned }, 'bodega', leases).kind).toBe('own');
    expect(explain({ ...entry, target: null }, 'bodega', leases).kind).toBe('unexplained');
  });

  it('does not dwell on refused requests under no right', () => {
    expect(explain({ ...entry, target: unsigned, requester: null, status: 403 }, 'bodega', leases).kind).toBe(
      'refused',
    );
  });

  it.each([
    { operation: 'REST.PUT.OBJECT' },
    { operation: 'REST.GET.OBJECT_TAGGING' },
    { key: 'previews/ds_1/dv_1/a.webp' },
    { key: null },
    { bucket: 'elsewhere' },
  ])('leaves alone what is no read of a product: %p', (change) => {
    expect(explain({ ...entry, ...change }, 'bodega', leases).kind).toBe('other');
  });

  it('knows the market reading its own goods by a URL that it marked', () => {
    const target = '/bodega/datasets/ds_1/dv_1/a.parquet?X-Amz-Signature=XXX&x-bodega-internal=ingest%2Fdv_1';

    expect(explain({ ...entry, target }, 'bodega', leases).kind).toBe('own');
    expect(explain({ ...entry, target, status: 403 }, 'bodega', leases).kind).toBe('refused');
  });
});
