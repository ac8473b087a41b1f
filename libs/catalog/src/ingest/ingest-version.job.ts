import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { CageFailed, CageLimitExceeded } from '@app/cages';
import { Database } from '@app/database';
import type { DatasetMeasure } from '@app/formats';
import { JobHandler, Jobs } from '@app/jobs';
import type { JobFailed, JobFailure, JobHelp, JobRun } from '@app/jobs';
import { Clock, commitIdOf, merkleRootOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { COMPARE_VERSIONS_JOB } from '../changes/compare-versions.job.js';
import type { DeclaredFacts } from '../datasets/declared.rules.js';
import { ContributorRegister } from '../consent/contributor-register.service.js';
import { EpisodeQueries } from '../episodes/episode.queries.js';
import { FileQueries } from '../versions/file.queries.js';
import type { FileRow } from '../versions/file.queries.js';
import { TitleQueries } from '../titles/title.queries.js';
import { INGEST_JOB } from './ingest.types.js';
import { VersionReader } from './version-reader.service.js';
import { reportOf, unreadableMeasure } from './ingest.rules.js';
import type { Verification } from './ingest.rules.js';

const payloadSchema = z.object({ versionId: z.string() });
const FILE_PAGE = 5_000;

interface VersionUnderCheck {
  id: string;
  datasetId: string;
  organizationId: string;
  slug: string;
  label: string;
  declared: DeclaredFacts;
}

/**
 * Walks an uploaded version, measures it, and writes its report. Everything visible is written in one last transaction, and
 * what came before is cleared at the start, so a run that died leaves no trace and the next one gives the same report.
 */
@Injectable()
@JobHandler(INGEST_JOB)
export class IngestVersionJob implements JobRun, JobFailed {
  constructor(
    private readonly database: Database,
    private readonly files: FileQueries,
    private readonly episodes: EpisodeQueries,
    private readonly reader: VersionReader,
    private readonly contributors: ContributorRegister,
    private readonly jobs: Jobs,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly titles: TitleQueries,
  ) {}

  async run(payload: unknown, help: JobHelp): Promise<void> {
    const { versionId } = payloadSchema.parse(payload);
    const version = await this.versionUnderCheck(help.ctx, versionId);
    if (!version) return;
    const files = await this.allFiles(help.ctx, versionId);
    await this.episodes.clear(help.ctx, versionId);
    try {
      const { measure, hashes, texts } = await this.reader.read(
        help.ctx,
        { id: versionId, files },
        (batch) => this.episodes.add(help.ctx, versionId, batch),
        { signal: help.signal, isLastTry: help.attempt >= help.maxAttempts },
      );
      await this.finish(help.ctx, version, files, measure, {
        hashes,
        texts,
        isTitleConfirmed: await this.isTitleConfirmed(help.ctx, version),
        unreadable: null,
      });
    } catch (error) {
      const isHopeless =
        error instanceof CageLimitExceeded || (error instanceof CageFailed && help.attempt >= help.maxAttempts);
      if (!isHopeless) throw error;
      await this.refuse(help.ctx, version, files, error.message);
    }
  }

  /** A check that nobody will try again must not leave its version under check for ever. */
  async onJobFailed(payload: unknown, { ctx }: JobFailure): Promise<void> {
    const { versionId } = payloadSchema.parse(payload);
    const version = await this.versionUnderCheck(ctx, versionId);
    if (version) await this.refuse(ctx, version, await this.allFiles(ctx, versionId), 'was cut short at every try');
  }

  private async refuse(
    ctx: RequestContext,
    version: VersionUnderCheck,
    files: FileRow[],
    unreadable: string,
  ): Promise<void> {
    await this.episodes.clear(ctx, version.id);
    await this.finish(ctx, version, files, unreadableMeasure(files), {
      hashes: null,
      texts: [],
      isTitleConfirmed: null,
      unreadable,
    });
  }

  private async finish(
    ctx: RequestContext,
    version: VersionUnderCheck,
    files: FileRow[],
    measure: DatasetMeasure,
    verification: Omit<Verification, 'people'>,
  ): Promise<void> {
    const { hashes, unreadable } = verification;
    const hashed = files.map(({ path, sizeBytes }) => ({ path, sizeBytes, sha256: hashes?.[path] ?? '' }));
    const merkleRoot = hashes ? merkleRootOf(hashed) : null;
    const { findings: _, ...measured } = measure;
    await this.database.transaction(ctx, async (ctx) => {
      await this.contributors.holdStill(ctx, version.organizationId);
      // Of what could not be read nothing is known, least of all who is in it.
      const episodes = unreadable === null ? measure.episodes : 0;
      const { declared, findings, links } = await this.contributors.judge(ctx, {
        organizationId: version.organizationId,
        versionId: version.id,
        declared: version.declared,
        operatorsInData: measure.coverage.operators.map(({ name }) => name),
        episodes,
      });
      const people = unreadable === null ? findings : [];
      const report = reportOf(measure, declared, files, { ...verification, people });
      const changed = await this.database.execute(
        ctx,
        `update dataset_versions set status = $2, format = $3, format_version = $4, facts = $5, report = $6, grade = $7,
                merkle_root = $8, commit_id = $9, episodes = $10, frames = $11, duration_s = $12, validated_at = $13
          where id = $1 and status = 'validating'`,
        [
          version.id,
          report.isListable ? 'ready' : 'rejected',
          measure.format,
          measure.formatVersion,
          JSON.stringify({ measured, declared }),
          JSON.stringify(report),
          report.grade,
          merkleRoot,
          merkleRoot && commitIdOf(merkleRoot),
          measure.episodes,
          measure.frames,
          measure.durationS,
          this.clock.now(),
        ],
      );
      if (changed === 0) return;
      if (report.isListable) await this.contributors.keep(ctx, version.organizationId, version.id, links);
      if (report.isListable) await this.jobs.enqueue(ctx, COMPARE_VERSIONS_JOB, { versionId: version.id });
      await this.audit.record(ctx, {
        action: 'version.validated',
        subject: { kind: 'version', id: version.id },
        about: { datasetId: version.datasetId, organizationIds: [version.organizationId] },
        facts: {
          slug: version.slug,
          label: version.label,
          isListable: report.isListable,
          grade: report.grade,
          merkleRoot,
        },
      });
    });
    await this.episodes.settle(ctx, version.id);
  }

  /** What the operator recorded of the certificate that the provider names. */
  private async isTitleConfirmed(ctx: RequestContext, version: VersionUnderCheck): Promise<boolean | null> {
    const { titleCertificate } = version.declared;
    if (!titleCertificate) return null;
    return this.titles.isConfirmed(ctx, version.datasetId, titleCertificate.number, titleCertificate.issuer);
  }

  private async versionUnderCheck(ctx: RequestContext, versionId: string): Promise<VersionUnderCheck | undefined> {
    const [version] = await this.database.query<VersionUnderCheck>(
      ctx,
      `select v.id, v.dataset_id as "datasetId", d.organization_id as "organizationId", d.slug, v.label, d.declared
         from dataset_versions v join datasets d on d.id = v.dataset_id where v.id = $1 and v.status = 'validating'`,
      [versionId],
    );
    return version;
  }

  private async allFiles(ctx: RequestContext, versionId: string): Promise<FileRow[]> {
    const files: FileRow[] = [];
    for (;;) {
      const page = await this.files.page(ctx, versionId, { after: files.at(-1)?.path ?? null, limit: FILE_PAGE });
      files.push(...page);
      if (page.length < FILE_PAGE) return files;
    }
  }
}
