import { blankMeasure } from '@app/formats';
import type { DatasetMeasure } from '@app/formats';
import { EMBODIED_V2, evaluateProfile, gradeOf, isListable, profileName } from '@app/standards';
import type { TextFile } from '@app/standards';
import type { DeclaredFacts } from '../datasets/declared.rules.js';
import type { FileRow } from '../versions/file.queries.js';
import type { ReportFinding, VersionReport } from '../versions/report.js';

/** What the check found besides the format's own findings. */
export interface Verification {
  /** SHA-256 of the stored bytes by path; null when they could not be read. */
  readonly hashes: Readonly<Record<string, string>> | null;
  /** README, cards and LICENSE files, as far as they were read. */
  readonly texts: readonly TextFile[];
  /** Whether the title that the provider claims is on record and stands; null where nobody recorded it. */
  readonly isTitleConfirmed: boolean | null;
  /** Why the reader gave up, or null. */
  readonly unreadable: string | null;
  /** What keeps it off the shelf for the sake of the persons in it. */
  readonly people: readonly ReportFinding[];
}

/** The report of a version: profile results, grade, findings. The same bytes and declaration always give the same report. */
export function reportOf(
  measure: DatasetMeasure,
  declared: DeclaredFacts,
  files: readonly FileRow[],
  { hashes, texts, isTitleConfirmed, unreadable, people }: Verification,
): VersionReport {
  const rules = evaluateProfile(EMBODIED_V2, {
    measure,
    declared,
    files: files.map(({ path, sizeBytes, sha256, mediaType }) => ({
      path,
      sizeBytes,
      sha256,
      mediaType,
      verified: hashes ? hashes[path] === sha256 : null,
    })),
    texts,
    release: { isTitleConfirmed },
  });
  const findings: ReportFinding[] = [
    ...(unreadable === null ? [] : [unreadableFinding(unreadable)]),
    ...(hashes ? hashFindings(files, hashes) : []),
    ...people,
    ...measure.findings,
  ];
  const { grade, explanation } = gradeOf(rules);
  return {
    profile: profileName(EMBODIED_V2),
    grade,
    explanation,
    isListable: unreadable === null && people.length === 0 && isListable(rules),
    rules,
    findings,
    counts: countByCode(findings),
  };
}

/** Stands in for the facts of a set that no reader got through. */
export function unreadableMeasure(files: readonly FileRow[]): DatasetMeasure {
  return blankMeasure({ root: '', bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0), count: files.length });
}

function unreadableFinding(reason: string): ReportFinding {
  return {
    code: 'READER_GAVE_UP',
    severity: 'error',
    message: `The dataset could not be read to its end: the reader ${reason}. Check the files for damage, or split them, and submit again.`,
  };
}

function hashFindings(files: readonly FileRow[], hashes: Readonly<Record<string, string>>): ReportFinding[] {
  return files
    .filter((file) => hashes[file.path] !== file.sha256)
    .map((file) => ({
      code: 'HASH_MISMATCH',
      severity: 'error',
      path: file.path,
      message: `The stored bytes of "${file.path}" are not those that were announced; upload the file again.`,
      expected: file.sha256 ?? 'nothing',
      actual: hashes[file.path] ?? 'nothing',
    }));
}

function countByCode(findings: readonly { code: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of findings) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
