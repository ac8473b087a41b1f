import type { DatasetMeasure } from '@app/formats';
import type { DeclaredOutcome, DeclaredSubtasks } from '../declared.js';
import type { Check, Verdict } from '../verdict.js';
import { fail, isNamed, notApplicable, notChecked, pass, percent, placesOfEpisodes, verdictOf } from '../verdict.js';
import { isCoverageMeasured } from './subject.js';

/** What is done, where, and in words. */
const isInstructed: Check = ({ measure, declared }) => {
  if (measure.episodes === 0) return notChecked('no episode could be read');
  const { withTask } = measure.coverage;
  const isDeclared = (declared.instructions?.length ?? 0) > 0;
  const wrong: string[] = [];
  const missing: string[] = [];
  if (measure.tasks.some((text) => text.trim() === '')) wrong.push('give every episode its instruction text');
  else if (measure.tasks.length === 0 && !isDeclared) missing.push('instruction text (instructions)');
  else if (measure.tasks.length > 0 && isCoverageMeasured(measure) && withTask < measure.episodes)
    wrong.push(`${measure.episodes - withTask} of ${measure.episodes} episodes have no instruction text`);
  if ((declared.taskFamilies?.length ?? 0) === 0) missing.push('task family');
  if ((declared.scenes?.length ?? 0) === 0) missing.push('scene');
  const count = measure.tasks.length > 0 ? measure.tasks.length : (declared.instructions?.length ?? 0);
  return verdictOf(wrong, missing, pass(`${count} instructions`, 'task family, scene and instructions are given'));
};

/** How each episode ended; and where it failed, why, and whether it could be saved. */
const hasOutcomes: Check = ({ measure, declared }) => {
  if (measure.episodes === 0) return notChecked('no episode could be read');
  return declared.outcomes ? judgeDeclared(declared.outcomes, measure) : judgeMeasured(measure);
};

function judgeMeasured(measure: DatasetMeasure): Verdict {
  const { success, failure } = measure.coverage.outcomes;
  if (!isCoverageMeasured(measure) || success + failure < measure.episodes)
    return notChecked(`not declared: outcome of ${measure.episodes - success - failure} episodes (outcomes)`);
  return failure === 0
    ? pass(`${success} of ${measure.episodes} succeed`, 'the data says how each episode ended')
    : notChecked(`not declared: failure mode of the ${failure} episodes that failed (outcomes)`);
}

function judgeDeclared(outcomes: readonly DeclaredOutcome[], measure: DatasetMeasure): Verdict {
  const byEpisode = new Map(outcomes.map((one) => [one.episode, one]));
  if (byEpisode.size < outcomes.length) return fail('an episode twice', 'an episode has two declared outcomes');
  const strange = [...byEpisode.keys()].filter((episode) => episode >= measure.episodes);
  if (strange.length > 0)
    return fail(
      `${strange.length} unknown episodes`,
      'an outcome is declared for an episode that is not there',
      placesOfEpisodes(strange),
    );
  const successes = outcomes.filter(({ outcome }) => outcome === 'success').length;
  const { success, failure } = measure.coverage.outcomes;
  const isWhole = byEpisode.size === measure.episodes;
  if (isCoverageMeasured(measure) && (successes < success || outcomes.length - successes < failure) && isWhole)
    return fail(
      `${successes} declared, ${success} measured successes`,
      'the declared outcomes contradict the flags in the data: correct the one or the other',
    );
  const open = Array.from({ length: Math.min(measure.episodes, 1e6) }, (_, episode) => episode).filter(
    (episode) => !byEpisode.has(episode),
  );
  if (open.length > 0)
    return { ...notChecked(`not declared: outcome of ${open.length} episodes`), where: placesOfEpisodes(open) };
  const unexplained = outcomes.filter(
    ({ outcome, failureMode, recoverable }) =>
      outcome !== 'success' && (!isNamed(failureMode) || recoverable === undefined || recoverable === null),
  );
  if (unexplained.length > 0)
    return {
      ...notChecked(`not declared: failure mode and recoverable flag of ${unexplained.length} episodes`),
      where: placesOfEpisodes(unexplained.map(({ episode }) => episode)),
    };
  return pass(
    `${successes} of ${measure.episodes} succeed (${percent(successes / measure.episodes)})`,
    'every outcome is known',
  );
}

/** The parts of an episode cover it without overlap. */
const hasSubtasks: Check = ({ measure, declared }) => {
  if (measure.episodes === 0) return notChecked('no episode could be read');
  const { withSubtasks, subtaskFaults } = measure.coverage;
  if (subtaskFaults[0])
    return fail(
      `${subtaskFaults.length} faults`,
      subtaskFaults[0].message,
      placesOfEpisodes(subtaskFaults.map(({ episode }) => episode)),
    );
  if (declared.subtasks === 'atomic') return notApplicable('every episode is one step, as declared');
  if (declared.subtasks) return judgeSubtasks(declared.subtasks, measure);
  return withSubtasks === measure.episodes
    ? pass(`${withSubtasks} episodes`, 'the segments cover every episode')
    : notChecked(`not declared: segments of ${measure.episodes - withSubtasks} episodes (subtasks, or "atomic")`);
};

function judgeSubtasks(subtasks: readonly DeclaredSubtasks[], measure: DatasetMeasure): Verdict {
  const seen = new Set<number>();
  const wrong: { episode: number; message: string }[] = [];
  for (const { episode, segments } of subtasks) {
    const message = seen.has(episode)
      ? 'stands twice'
      : episode >= measure.episodes
        ? 'is not there'
        : faultOf(segments);
    seen.add(episode);
    if (message) wrong.push({ episode, message });
  }
  if (wrong[0])
    return fail(
      `${wrong.length} faults`,
      `episode ${wrong[0].episode} ${wrong[0].message}`,
      placesOfEpisodes(wrong.map(({ episode }) => episode)),
    );
  if (seen.size < measure.episodes)
    return notChecked(`not declared: segments of ${measure.episodes - seen.size} episodes`);
  return pass(`${seen.size} episodes`, 'the declared segments cover every episode');
}

/** Segments are half-open, follow each other without a gap, and the last one runs to the end. */
function faultOf(segments: DeclaredSubtasks['segments']): string | null {
  let next: number | null = 0;
  for (const { from, to } of segments) {
    if (next === null) return 'has a segment after the one that runs to the end';
    if (from > next) return `has no segment for frames ${next} to ${from}`;
    if (from < next) return `has two segments for frame ${from}`;
    if (to !== null && to <= from) return `has a segment that ends at frame ${to}, before it begins`;
    next = to;
  }
  return next === null ? null : 'is not covered to its end: leave "to" of the last segment empty';
}

export const TASK_RULES = { 'TK-1': isInstructed, 'TK-2': hasOutcomes, 'TK-3': hasSubtasks } as const;
