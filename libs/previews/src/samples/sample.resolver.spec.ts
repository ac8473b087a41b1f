import 'reflect-metadata';
import { expect, it } from '@jest/globals';
import type { VersionType } from '@app/catalog';
import { systemContext } from '@app/kernel';
import { VersionSamplesResolver } from './sample.resolver.js';
import type { SampleService } from './sample.service.js';

it('asks once for the samples and charts of all versions of an operation', async () => {
  const asked: (readonly string[])[] = [];
  const answer = async (_: unknown, ids: readonly string[]): Promise<never[]> => {
    asked.push(ids);
    return ids.map((id) => [id] as never);
  };
  const service: Pick<SampleService, 'samplesOf' | 'chartsOf'> = { samplesOf: answer, chartsOf: answer };
  const resolver = new VersionSamplesResolver(service as SampleService);
  const ctx = systemContext('test');
  const loaders = new Map<string, unknown>();
  const versions = ['dv_1', 'dv_2', 'dv_3'].map((id) => ({ id }) as VersionType);

  const samples = await Promise.all(versions.map((version) => resolver.samplesOf(ctx, loaders, version)));
  const charts = await Promise.all(versions.map((version) => resolver.chartsOf(ctx, loaders, version)));

  expect(asked).toEqual([
    ['dv_1', 'dv_2', 'dv_3'],
    ['dv_1', 'dv_2', 'dv_3'],
  ]);
  expect([samples, charts]).toEqual([
    [['dv_1'], ['dv_2'], ['dv_3']],
    [['dv_1'], ['dv_2'], ['dv_3']],
  ]);
});
