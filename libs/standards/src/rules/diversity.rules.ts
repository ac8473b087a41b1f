import type { Check } from '../verdict.js';
import { fail, isNamed, notChecked, pass, percent, placesOfEpisodes, verdictOf } from '../verdict.js';
import { isCoverageMeasured } from './subject.js';

/** What the set covers is told, and nothing stands in it twice. */
const isCovered: Check = ({ measure, declared }) => {
  if (measure.episodes === 0) return notChecked('no episode could be read');
  const { duplicates, durationS } = measure.quality;
  if (duplicates.count > 0)
    return fail(
      `${duplicates.count} duplicates`,
      'episodes have the same content as earlier ones: leave them out',
      placesOfEpisodes(duplicates.pairs.map(([later]) => later)),
    );
  if (!durationS) return notChecked('episodes could not be compared with each other');
  const { coverage } = measure;
  const { operators, sessions } = declared;
  const hasOperators =
    coverage.operators.length > 0 ||
    (typeof operators === 'string' ? isNamed(operators) : (operators?.length ?? 0) > 0) ||
    (sessions ?? []).some(({ operator }) => isNamed(operator));
  const scenes = coverage.scenes.length > 0 ? coverage.scenes.length : (declared.scenes?.length ?? 0);
  const missing: string[] = [];
  if (!declared.objects) missing.push('objects');
  if (scenes === 0) missing.push('scenes');
  if (!hasOperators) missing.push('operators');
  const success = shareOf(measure.coverage.outcomes, declared.outcomes, measure.episodes);
  if (success === null) missing.push('share of successes (outcomes)');
  const value = [
    `${measure.coverage.tasks.length || measure.tasks.length} tasks`,
    `${scenes} scenes`,
    `${declared.objects?.length ?? '?'} objects`,
    `${success === null ? '?' : percent(success)} succeed`,
    '0 duplicates',
  ].join(', ');
  return verdictOf([], missing, pass(value, 'coverage is reported, and no episode stands twice'));

  function shareOf(measured: { success: number }, outcomes: typeof declared.outcomes, episodes: number): number | null {
    if (outcomes && outcomes.length === episodes)
      return outcomes.filter(({ outcome }) => outcome === 'success').length / episodes;
    const isKnown = isCoverageMeasured(measure) && coverage.outcomes.unknown === 0;
    return isKnown ? measured.success / episodes : null;
  }
};

export const DIVERSITY_RULES = { 'DI-1': isCovered } as const;
