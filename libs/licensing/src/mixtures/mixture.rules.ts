import { byOpenness, canI } from '../terms/can-i.rules.js';
import type { ClauseText, Resolution, UseAnswer } from '../terms/can-i.rules.js';
import type { ComplianceFacts } from '../terms/compliance.rules.js';
import { DUTIES } from '../terms/duties.js';
import type { Duty } from '../terms/duties.js';
import type { Bilingual, Terms } from '../terms/terms.js';
import type { UseContext } from '../terms/use-context.js';
import { isPermitted } from '../terms/uses.js';
import type { Verdict } from '../terms/uses.js';
import { smallestConflict, tolerancesOf } from './merge.rules.js';
import type { Tolerances } from './merge.rules.js';
import { MERGE_TARGETS } from './merge-targets.js';
import { weightsConflict } from './weights.rules.js';

/** One dataset of a mixture. */
export interface Member {
  readonly slug: string;
  readonly terms: Terms | null;
  readonly facts?: ComplianceFacts;
}

/** How a mixture that is not permitted becomes so: what to leave out, and what to say of the use besides. */
export interface WayOut {
  readonly drop: readonly string[];
  readonly say: Pick<UseContext, 'weightsLicence' | 'mixForm'>;
}

/** The answer for a mixture as a whole. */
export interface MixtureAnswer {
  readonly verdict: Verdict;
  /** Everything that any permitted part obliges to. */
  readonly duties: readonly Duty[];
  readonly members: readonly { readonly slug: string; readonly answer: UseAnswer }[];
  /** The fewest datasets, with their clauses, that decide; all of them where all must permit. */
  readonly proof: readonly { readonly slug: string; readonly clauses: readonly ClauseText[] }[];
  /** Licences that the merged set can carry; empty where nothing is merged. */
  readonly targets: readonly string[];
  readonly resolve: Resolution | null;
  /** The fewest to leave out so that it is permitted as asked: none where it is, null where nothing would remain. */
  readonly drop: readonly string[] | null;
  readonly ways: readonly WayOut[];
  readonly reason: Bilingual;
}

interface Judged {
  readonly verdict: Verdict;
  readonly members: readonly { readonly slug: string; readonly answer: UseAnswer }[];
  readonly proof: readonly string[];
  readonly targets: readonly string[];
  readonly resolve: Resolution | null;
  readonly isConflict: boolean;
}

/**
 * "May I use these together?" The verdict of the worst part, and where data derived from all of them is given away as one
 * set, also whether any licence can be put on that set. Pure; the order of the members does not matter.
 */
export function canITogether(asked: readonly Member[], use: string, context: UseContext = {}): MixtureAnswer {
  const members = distinct(asked);
  const judged = judge(members, use, context);
  const given = new Set(judged.members.flatMap(({ answer }) => answer.duties));
  const drop = isPermitted(judged.verdict) ? [] : dropFor(members, use, context);
  return {
    verdict: judged.verdict,
    duties: DUTIES.filter((duty) => given.has(duty)),
    members: judged.members,
    proof: judged.members
      .filter(({ slug }) => judged.proof.includes(slug))
      .map(({ slug, answer }) => ({ slug, clauses: answer.clauses })),
    targets: judged.targets,
    resolve: judged.resolve,
    drop,
    ways: isPermitted(judged.verdict) ? [] : waysOut(members, use, context),
    reason: reasonOf(judged),
  };
}

function distinct(members: readonly Member[]): Member[] {
  const bySlug = new Map(members.map((member) => [member.slug, member]));
  return [...bySlug.values()].sort((a, b) => (a.slug < b.slug ? -1 : 1));
}

const MERGING = 'redistribute_derivative_data';

function judge(members: readonly Member[], use: string, context: UseContext): Judged {
  const isCollection = use === MERGING && context.mixForm === 'collection';
  const answers = members.map((member) => ({
    slug: member.slug,
    answer: canI(member.terms, isCollection ? 'redistribute_data' : use, context, member.facts),
  }));
  const [worst] = [...answers].sort((a, b) => byOpenness(b.answer, a.answer));
  if (!worst) {
    return { verdict: 'UNDECIDED', members: [], proof: [], targets: [], resolve: null, isConflict: false };
  }
  const all = answers.map(({ slug }) => slug);
  const isMerged = use === MERGING && !isCollection && members.length > 1;
  const whole = isPermitted(worst.answer.verdict)
    ? isMerged
      ? merge(members, answers)
      : collideInWeights(members, answers, use, context)
    : null;
  const verdict = whole?.verdict ?? worst.answer.verdict;
  const deciding = whole?.conflict ?? (isPermitted(verdict) ? all : [worst.slug]);
  const partly: Judged = {
    verdict: isPermitted(verdict) ? worstPermitted(answers) : verdict,
    members: answers,
    proof: deciding,
    targets: whole?.targets ?? [],
    resolve: verdict === 'UNDECIDED' && !whole ? worst.answer.resolve : null,
    isConflict: whole !== null && !isPermitted(verdict),
  };
  const isOpenAsCollection =
    isMerged &&
    context.mixForm === undefined &&
    !isPermitted(verdict) &&
    isPermitted(judge(members, use, { ...context, mixForm: 'collection' }).verdict);
  if (!isOpenAsCollection) return partly;
  return { ...partly, verdict: 'UNDECIDED', resolve: { by: 'buyer', what: ['mixForm'] } };
}

function worstPermitted(answers: readonly { answer: UseAnswer }[]): Verdict {
  return answers.some(({ answer }) => answer.verdict === 'ALLOWED_WITH_DUTIES') ? 'ALLOWED_WITH_DUTIES' : 'ALLOWED';
}

interface Whole {
  readonly verdict: Verdict;
  readonly targets: readonly string[];
  readonly conflict: readonly string[] | null;
}

function collideInWeights(
  members: readonly Member[],
  answers: readonly { slug: string; answer: UseAnswer }[],
  use: string,
  context: UseContext,
): Whole | null {
  const conflict = weightsConflict(partsOf(members, answers), use, context);
  const pair = conflict && [...conflict.demanding.slice(0, 1), ...conflict.unfit.slice(0, 1)];
  return pair && { verdict: 'UNDECIDED', targets: [], conflict: pair };
}

function partsOf(
  members: readonly Member[],
  answers: readonly { slug: string; answer: UseAnswer }[],
): { slug: string; terms: Terms | null; answer: UseAnswer }[] {
  return answers.map((judged, i) => ({ ...judged, terms: members[i]?.terms ?? null }));
}

/** Whether one licence can be put on the merged set, and if not, the fewest parts that cannot be together. */
function merge(members: readonly Member[], answers: readonly { slug: string; answer: UseAnswer }[]): Whole {
  const parts = members.map((member, i) => tolerancesOf(member, answers[i]?.answer.duties ?? []));
  const best = MERGE_TARGETS.map((_, t) => Math.min(...parts.map(({ byTarget }) => byTarget[t] ?? 0)));
  const targets = MERGE_TARGETS.filter((_, t) => best[t] === 2).map(({ id }) => id);
  if (targets.length > 0) return { verdict: 'ALLOWED', targets, conflict: null };
  const isOpen = best.includes(1);
  const conflict = smallestConflict(parts, isOpen ? 2 : 1);
  // A part that no licence of a whole fits is in nobody's way as long as it is alone.
  const other = members.find(({ slug }) => !conflict.includes(slug));
  return {
    verdict: isOpen ? 'UNDECIDED' : 'FORBIDDEN',
    targets,
    conflict: conflict.length === 1 && other ? [...conflict, other.slug] : conflict,
  };
}

/** The fewest members without which the rest is permitted under the context; null when none would remain. */
function dropFor(members: readonly Member[], use: string, context: UseContext): string[] | null {
  const open = members.filter((member) => isPermitted(judge([member], use, context).verdict));
  const kept =
    use === MERGING && context.mixForm !== 'collection'
      ? largestMerge(open, context)
      : withoutCollision(open, use, context);
  if (kept.length === 0) return null;
  const slugs = new Set(kept.map(({ slug }) => slug));
  return members.map(({ slug }) => slug).filter((slug) => !slugs.has(slug));
}

/** Parts that bear the licence of the weights together: without those that demand it, or without those unfit for it. */
function withoutCollision(open: readonly Member[], use: string, context: UseContext): readonly Member[] {
  const answers = open.map(({ slug, terms, facts }) => ({ slug, answer: canI(terms, use, context, facts) }));
  const conflict = weightsConflict(partsOf(open, answers), use, context);
  if (!conflict) return open;
  const { demanding, unfit } = conflict;
  const fewest = demanding.length < unfit.length ? demanding : unfit;
  return open.filter(({ slug }) => !fewest.includes(slug));
}

/** For each licence of the whole, the parts that take it; the most numerous such set, and one alone if need be. */
function largestMerge(open: readonly Member[], context: UseContext): readonly Member[] {
  const parts: Tolerances[] = open.map((member) =>
    tolerancesOf(member, canI(member.terms, MERGING, context, member.facts).duties),
  );
  const sets = MERGE_TARGETS.map((_, t) => open.filter((_, i) => parts[i]?.byTarget[t] === 2));
  return [...sets, open.slice(0, 1)].reduce((best, set) => (set.length > best.length ? set : best));
}

/** What to leave out and what to say, the least first; each was judged and is permitted. */
function waysOut(members: readonly Member[], use: string, context: UseContext): WayOut[] {
  const licences = new Set(
    context.weightsLicence === undefined
      ? members.flatMap(({ terms }) =>
          Object.entries(terms?.uses ?? {}).flatMap(([of, rule]) =>
            of === use ? (rule.cases ?? []).flatMap(({ when }) => when.weightsLicence ?? []) : [],
          ),
        )
      : [],
  );
  const says: WayOut['say'][] = [
    {},
    ...[...licences].sort().map((weightsLicence) => ({ weightsLicence })),
    ...(use === MERGING && members.length > 1 && context.mixForm !== 'collection'
      ? [{ mixForm: 'collection' as const }]
      : []),
  ];
  const ways: WayOut[] = [];
  for (const say of says) {
    const told = { ...context, ...say };
    const drop = dropFor(members, use, told);
    if (drop === null) continue;
    const rest = members.filter(({ slug }) => !drop.includes(slug));
    if (isPermitted(judge(rest, use, told).verdict)) ways.push({ drop, say });
  }
  return ways.sort((a, b) => a.drop.length - b.drop.length);
}

function reasonOf({ verdict, members, proof, resolve, isConflict }: Judged): Bilingual {
  if (members.length === 0) return { en: 'Name at least one dataset.', zh: '请至少指定一个数据集。' };
  const [named, listed] = [proof.join(', '), proof.join('、')];
  if (resolve?.what.includes('mixForm')) {
    return {
      en: `Undecided: as separate parts they may be shared, merged into one set they may not (${named}); say mixForm.`,
      zh: `未定：分开保存可共享，合并为一则不可（${listed}）；请说明 mixForm。`,
    };
  }
  if (isConflict) {
    return verdict === 'FORBIDDEN'
      ? { en: `Forbidden: no licence can be put on ${named} merged.`, zh: `禁止：${listed} 合并后没有可用的许可。` }
      : { en: `Undecided: no licence surely fits ${named} together.`, zh: `未定：${listed} 合用的许可尚无定论。` };
  }
  if (isPermitted(verdict)) return { en: 'Every part permits it.', zh: '各部分均允许。' };
  const [first] = proof;
  const answer = members.find(({ slug }) => slug === first)?.answer;
  return { en: `${named}: ${answer?.reason.en ?? ''}`, zh: `${listed}：${answer?.reason.zh ?? ''}` };
}
