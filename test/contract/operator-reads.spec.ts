import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const LIBRARIES = fileURLToPath(new URL('../../libs/', import.meta.url));

describe('seeing what is private of everybody', () => {
  it('is nowhere decided but beside its record', async () => {
    const files = await readdir(LIBRARIES, { recursive: true });
    const sources = files.filter((path) => /\/src\/.*\.ts$/.test(path) && !path.endsWith('spec.ts'));
    const unrecorded: string[] = [];
    for (const path of sources) {
      const text = await readFile(join(LIBRARIES, path), 'utf8');
      const isDeciding = /sightOf\(|visibilityOf\(|scopes\.has\('admin'\)|\.isAdmin &&/.test(text);
      const isRecording = /this\.operatorReads\.|this\.record\(|'evidence\.exported'/.test(text);
      if (isDeciding && !isRecording) unrecorded.push(path);
    }

    expect(sources.length).toBeGreaterThan(300);
    expect(unrecorded.sort()).toEqual([
      // The log is published.
      'audit/src/reading/audit.queries.ts',
      // What records.
      'audit/src/reads/operator-reads.ts',
      // Where sight is defined.
      'kernel/src/context.ts',
      // A part of grants, whose read was recorded.
      'licensing/src/grants/acceptance.queries.ts',
      // Acts, which are leaves themselves.
      'licensing/src/grants/grant.service.ts',
      // A part of grants, as above.
      'licensing/src/seats/seats.queries.ts',
    ]);
  });
});
