import type { RuleResult, VersionAnswer } from '@app/client';
import { counted, formatBytes, formatCount, formatDuration } from '../terminal/units.js';

/** The measured facts of a version, as `bodega publish --json` promises them. */
export function factsOf(version: VersionAnswer): Record<string, unknown> {
  const measured = version.facts?.measured ?? {};
  const robot = version.facts?.declared?.robot;
  const declared = [robot?.maker, robot?.model].filter((part) => part !== undefined && part !== '').join(' ');
  const name = declared === '' ? (measured.robotType ?? '') : declared;
  return {
    format: measured.format === undefined ? null : `${measured.format}_${measured.formatVersion ?? ''}`,
    episodes: measured.episodes ?? null,
    frames: measured.frames ?? null,
    durationS: measured.durationS ?? null,
    fps: measured.fps ? measured.fps.num / measured.fps.den : null,
    bytes: measured.bytes ?? version.sizeBytes,
    robots: name === '' ? [] : [name],
    cameras: (measured.cameras ?? []).map((camera) => camera.name),
  };
}

function placeOf(where: { readonly path?: string; readonly episode?: number; readonly row?: number }): string {
  return [
    where.path,
    where.episode === undefined ? '' : `episode ${where.episode}`,
    where.row === undefined ? '' : `row ${where.row}`,
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(', ');
}

function formatRule(rule: RuleResult): string {
  const [first] = rule.where;
  const place = first ? placeOf(first) : '';
  return `  fails ${rule.rule}: ${rule.message ?? `${String(rule.value)} where ${String(rule.threshold)} is asked`}${place === '' ? '' : ` (${place})`}`;
}

/** Findings shown one by one; more are counted. */
const SHOWN = 20;

/** The report for people: what was measured, and each thing that is wrong with file, row and reason. */
export function formatReport(slug: string, version: VersionAnswer): string {
  const measured = version.facts?.measured;
  const rules = version.report?.rules ?? [];
  const defects = version.report?.findings ?? [];
  const count = (result: RuleResult['result']): number => rules.filter((rule) => rule.result === result).length;
  const head = `${slug} ${version.label}: ${version.status.toLowerCase()}, grade ${version.grade}${version.commitId === null ? '' : `, commit ${version.commitId}`}`;
  const facts = measured
    ? `${counted(measured.episodes ?? 0, 'episode')}, ${formatCount(measured.frames ?? 0)} frames, ${formatDuration(measured.durationS ?? 0)}, ${formatBytes(measured.bytes ?? 0)}`
    : '';
  const tally =
    rules.length === 0
      ? ''
      : `${count('pass')} rules pass, ${count('fail')} fail, ${count('not_checked')} not checked, ${count('not_applicable')} not applicable`;
  const wrong = defects.map(
    (defect) =>
      `  ${defect.severity === 'error' ? 'error' : 'note'} ${defect.code}: ${defect.message}${placeOf(defect) === '' ? '' : ` (${placeOf(defect)})`}`,
  );
  const more = wrong.length > SHOWN ? [`  and ${wrong.length - SHOWN} more; see them all with --json`] : [];
  return [
    head,
    facts,
    tally,
    ...rules.filter((rule) => rule.result === 'fail').map(formatRule),
    ...wrong.slice(0, SHOWN),
    ...more,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
