import { createHash } from 'node:crypto';
import { canonicalJson } from '@app/kernel';
import { LicensingErrors } from '../licensing.errors.js';
import { canI } from '../terms/can-i.rules.js';
import type { UseAnswer } from '../terms/can-i.rules.js';
import type { ComplianceFacts } from '../terms/compliance.rules.js';
import { NO_DIMENSIONS } from '../terms/dimensions.js';
import type { Duty } from '../terms/duties.js';
import { termsHashOf, termsSchema } from '../terms/terms.js';
import type { Bilingual, Terms, TermsRule } from '../terms/terms.js';
import type { UseContext } from '../terms/use-context.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';
import { readPolicyNode } from './json-ld.rules.js';
import type { LdNode } from './json-ld.rules.js';
import { combine } from './combine-rules.rules.js';
import { SharedLimits, factsOfPolicy, personsAtFreezingOf } from './policy-limits.rules.js';
import { Unread, dutyByAction, idsOf, isRemark, nodesOf, onlyAction, readRule, textOf } from './policy-rule.rules.js';
import type { PolicyRule } from './policy-rule.rules.js';

/** What a policy says, in the terms of this market. */
export interface PolicyReading {
  readonly uid: string | null;
  readonly kind: 'Set' | 'Offer' | 'Agreement' | null;
  readonly profile: string | null;
  readonly target: string | null;
  readonly assigner: string | null;
  readonly assignee: string | null;
  /** The hash of terms that the policy names; they are these very terms unless something could not be read. */
  readonly termsHash: string | null;
  readonly terms: Terms;
  /** What the policy says of people and places. */
  readonly facts: ComplianceFacts;
  /** When an agreement holds; null ends are open. */
  readonly from: Date | null;
  readonly until: Date | null;
}

const KINDS = {
  'odrl:Set': 'Set',
  'odrl:Policy': 'Set',
  'odrl:Offer': 'Offer',
  'odrl:Agreement': 'Agreement',
} as const;

/**
 * An ODRL policy (JSON-LD) as terms: `readPolicy(toOdrl(terms))` are the same terms. A use that the policy does not speak
 * of, or speaks of in words that this market does not know, is UNDECIDED with the reason as its clause; no misunderstanding
 * opens anything.
 * @throws LICENSING_POLICY_UNREADABLE for what is no policy, or no document that can be read safely
 */
export function readPolicy(document: unknown, profile: string): PolicyReading {
  const policy = readPolicyNode(document, profile);
  try {
    return new PolicyReader(policy, profile, document).read();
  } catch (error) {
    if (error instanceof Unread) throw LicensingErrors.POLICY_UNREADABLE({ reason: error.reason.en });
    throw error;
  }
}

/** What the policy answers to "may I?" at a time. */
export function judgePolicy(reading: PolicyReading, use: string, context: UseContext, now: Date): UseAnswer {
  const answer = canI(reading.terms, use, context, reading.facts);
  const at = context.at ?? now;
  const closed = closedAt(reading, at);
  return closed ? { ...answer, verdict: 'FORBIDDEN', duties: [], reason: closed, resolve: null } : answer;
}

function closedAt({ from, until }: PolicyReading, at: Date): Bilingual | null {
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  if (until && at >= until)
    return { en: `Forbidden: the agreement ends on ${day(until)}.`, zh: `禁止：协议于 ${day(until)} 到期。` };
  if (from && at < from)
    return { en: `Forbidden: the agreement begins on ${day(from)}.`, zh: `禁止：协议自 ${day(from)} 起生效。` };
  return null;
}

/** Ours have 12 and their cases; each is held against each of the 12 uses. */
const MAX_RULES = 200;
const RULES = ['odrl:permission', 'odrl:prohibition', 'odrl:obligation', 'bdg:undecided'];
const PARTS = ['odrl:permission', 'odrl:prohibition', 'odrl:obligation', 'odrl:profile', 'odrl:conflict'];
const SHARED = ['odrl:target', 'odrl:assigner', 'odrl:assignee'];
const OWN =
  'undecided limit limitedUse clause template termsVersion termsHash termsScope textSha256 textUrl personsAtFreezing models declarations needsApproval personsAndPlaces'
    .split(' ')
    .map((name) => `bdg:${name}`);
/** Words of a catalogue around the policy; no decision hangs on them. */
const SURROUNDINGS = /^(https?:\/\/schema\.org\/|http:\/\/mlcommons\.org\/croissant\/)/;

class PolicyReader {
  private readonly rules: readonly PolicyRule[];
  private readonly clauses: Record<string, Bilingual>;
  /** Why nothing at all is decided. */
  private shut: Bilingual | null = null;
  /** Why nothing is permitted, though what is prohibited stays so. */
  private unpermitted: Bilingual | null = null;

  constructor(
    private readonly policy: LdNode,
    private readonly profile: string,
    private readonly document: unknown,
  ) {
    const rules = RULES.reduce((sum, name) => sum + (policy.properties.get(name)?.length ?? 0), 0);
    if (rules > MAX_RULES) throw LicensingErrors.POLICY_UNREADABLE({ reason: `it has more than ${MAX_RULES} rules` });
    this.rules = [
      ...nodesOf(policy, 'odrl:permission').map((node) => readRule(node, 'permission')),
      ...nodesOf(policy, 'odrl:prohibition').map((node) => readRule(node, 'prohibition')),
      ...nodesOf(policy, 'bdg:undecided').map((node) => readRule(node, 'undecided')),
    ];
    this.clauses = this.clausesOf();
  }

  read(): PolicyReading {
    const { policy } = this;
    const profiles = idsOf(policy, 'odrl:profile');
    this.judgeWhole(profiles);
    const { endOfTerm, isExclusive } = this.obligations();
    const facts = this.facts();
    const terms = this.terms(endOfTerm, isExclusive, facts);
    const dated = this.rules.find((rule) => rule.kind === 'permission' && rule.problem === null);
    const kind = this.kind();
    return {
      uid: policy.id,
      kind,
      profile: profiles[0] ?? null,
      target: this.only('odrl:target', 'targets'),
      assigner: this.only('odrl:assigner', 'assigners'),
      assignee: this.only('odrl:assignee', 'assignees'),
      termsHash: textOf(policy, 'bdg:termsHash'),
      terms,
      facts,
      from: dated?.limits.from ?? null,
      until: dated?.limits.until ?? null,
    };
  }

  private kind(): PolicyReading['kind'] {
    const types = this.policy.types.filter((type): type is keyof typeof KINDS => Object.hasOwn(KINDS, type));
    const [type] = types;
    if (types.length > 1) return null;
    if (type) return KINDS[type];
    return this.policy.types.some((one) => one.startsWith('odrl:')) ? null : 'Set';
  }

  private only(name: string, ofRules: 'targets' | 'assigners' | 'assignees'): string | null {
    const all = new Set([
      ...idsOf(this.policy, name),
      ...this.rules.flatMap((rule) => rule[ofRules]),
      ...nodesOf(this.policy, 'odrl:obligation').flatMap((node) => idsOf(node, name)),
    ]);
    const [one] = all;
    return all.size === 1 && one !== undefined ? one : null;
  }

  /** What would make a policy say something else than its rules do. */
  private judgeWhole(profiles: readonly string[]): void {
    const { policy } = this;
    const shut = (en: string, zh: string): void => {
      this.shut ??= { en, zh };
    };
    const foreign = profiles.find((one) => one !== this.profile);
    if (foreign !== undefined)
      shut(`The profile ${foreign.slice(0, 200)} is not known here.`, `未知的配置文件 ${foreign.slice(0, 200)}。`);
    for (const name of policy.properties.keys()) {
      const isKnown = [...PARTS, ...SHARED, ...OWN].includes(name) || isRemark(name) || SURROUNDINGS.test(name);
      if (!isKnown)
        shut(
          `The policy says ${name.slice(0, 200)}, which is not understood here.`,
          `策略含有无法理解的 ${name.slice(0, 200)}。`,
        );
    }
    const kind = this.kind();
    if (kind === null) shut('The policy is of a kind that is not known here.', '策略类型未知。');
    if (policy.id === null)
      shut('The policy has no uid, so nobody can say which one it is.', '策略没有 uid，无法指明。');
    const named = { target: 'targets', assigner: 'assigners', assignee: 'assignees' } as const;
    for (const [word, ofRules] of Object.entries(named)) {
      const all = new Set([
        ...idsOf(policy, `odrl:${word}`),
        ...this.rules.filter((rule) => rule.kind !== 'undecided').flatMap((rule) => rule[ofRules]),
        ...nodesOf(policy, 'odrl:obligation').flatMap((node) => idsOf(node, `odrl:${word}`)),
      ]);
      const isNeeded = word === 'assigner' ? kind !== 'Set' : word === 'assignee' && kind === 'Agreement';
      if (all.size > 1) shut(`Its rules name more than one ${word}.`, `规则含有多个 ${word}。`);
      if (isNeeded && all.size === 0)
        shut(`An ${String(kind)} must name its ${word}.`, `${String(kind)} 须指明 ${word}。`);
    }
    const isAimed = idsOf(policy, 'odrl:target').length > 0;
    const isAimless = this.rules.some((rule) => rule.kind !== 'undecided' && rule.targets.length === 0);
    if (isAimless && !isAimed) shut('A rule names no target.', '规则未指明标的。');
    if (profiles.length === 0)
      this.unpermitted = {
        en: 'The policy follows no profile of this market, so its words cannot mean these uses.',
        zh: '策略未采用本市场的配置文件，其用语无法对应这些用途。',
      };
    for (const rule of this.rules)
      if (rule.kind === 'prohibition' && rule.uses === null)
        this.unpermitted ??= {
          en: 'It prohibits an action that is not known here and may include this use.',
          zh: '策略禁止了一个未知行为，可能包含此用途。',
        };
  }

  private obligations(): { endOfTerm: Duty[]; isExclusive: boolean } {
    const endOfTerm: Duty[] = [];
    let isExclusive = false;
    for (const node of nodesOf(this.policy, 'odrl:obligation')) {
      const known = ['odrl:action', 'odrl:target', 'odrl:assigner', 'odrl:assignee'];
      const isPlain = [...node.properties.keys()].every((name) => known.includes(name) || isRemark(name));
      const action = isPlain ? onlyAction(node) : null;
      const duty = dutyByAction(action);
      if (duty) endOfTerm.push(duty);
      else if (action === 'odrl:ensureExclusivity') isExclusive = true;
      else if (action !== 'odrl:reviewPolicy' && !isPrice(node))
        this.unpermitted ??= {
          en: 'The policy obliges to something that is not understood here.',
          zh: '策略含有无法理解的义务。',
        };
    }
    return { endOfTerm, isExclusive };
  }

  private clausesOf(): Record<string, Bilingual> {
    const clauses: [string, Bilingual][] = nodesOf(this.policy, 'bdg:clause').map((node) => {
      const id = textOf(node, 'bdg:clauseId') ?? '';
      const said = bilingualOf(node, 'bdg:text');
      return [id, said ?? { en: id, zh: id }];
    });
    return Object.fromEntries(clauses);
  }

  private facts(): ComplianceFacts {
    const read = factsOfPolicy(this.policy);
    if (read) return read;
    this.unpermitted ??= {
      en: 'What the policy says of people and places is not understood here.',
      zh: '策略关于人员与场所的说明无法理解。',
    };
    return {};
  }

  private terms(endOfTerm: Duty[], isExclusive: boolean, facts: ComplianceFacts): Terms {
    const { policy } = this;
    const persons = personsAtFreezingOf(policy);
    const shared = new SharedLimits(policy, this.rules, facts, persons);
    const stated = shared.limits;
    const scaffold = {
      territory: stated?.territory ?? null,
      termDays: stated?.termDays ?? null,
      seats: stated?.seats ?? null,
    };
    const dimensions = {
      field: { allow: stated?.allow ?? null, deny: stated?.deny ?? [], uses: shared.uses },
      blockedTerritory: stated?.blocked ?? [],
      personalData: persons,
      models: textOf(policy, 'bdg:models') ?? NO_DIMENSIONS.models,
      endOfTerm,
      declarations: this.declarations(),
    };
    const head = {
      template: textOf(policy, 'bdg:template') ?? 'LicenseRef-ODRL',
      title: bilingualOf(policy, 'dct:title') ?? { en: 'A policy in ODRL', zh: 'ODRL 策略' },
      summary: bilingualOf(policy, 'dct:description') ?? { en: 'Read from an ODRL policy.', zh: '读自 ODRL 策略。' },
      scope: textOf(policy, 'bdg:termsScope') ?? 'data',
      text: {
        sha256:
          textOf(policy, 'bdg:textSha256') ?? createHash('sha256').update(canonicalJson(this.document)).digest('hex'),
        url: textOf(policy, 'bdg:textUrl'),
      },
      ...scaffold,
      exclusivity: isExclusive ? 'field' : 'none',
    };
    // Version 1 cannot hold dimensions: what states some is of version 2, whatever it calls itself.
    const isFirstVersion =
      textOf(policy, 'bdg:termsVersion') === '1' && canonicalJson(dimensions) === canonicalJson(NO_DIMENSIONS);
    const judged = this.judge(shared);
    const build = (uses: Record<Use, TermsRule>, clauses: Record<string, Bilingual>): Terms => {
      const common = { ...head, uses, clauses };
      const made = termsSchema.safeParse(isFirstVersion ? { v: 1, ...common } : { v: 2, ...common, dimensions });
      if (!made.success)
        throw LicensingErrors.POLICY_UNREADABLE({
          reason: `what it says cannot be made into terms (${made.error.issues[0]?.path.join('.') ?? ''}: ${made.error.issues[0]?.message ?? ''})`,
        });
      return made.data;
    };
    const terms = build(judged.uses, judged.clauses);
    const hash = textOf(policy, 'bdg:termsHash');
    if (hash === null || judged.isTouched || termsHashOf(terms) === hash) return terms;
    this.shut = {
      en: 'The policy names terms by a hash that its rules do not have.',
      zh: '策略所指条款的哈希与其规则不符。',
    };
    const again = this.judge(shared);
    return build(again.uses, again.clauses);
  }

  private declarations(): unknown {
    const [value] = this.policy.properties.get('bdg:declarations') ?? [];
    return value?.kind === 'json' ? value.value : {};
  }

  private judge(limits: SharedLimits): {
    uses: Record<Use, TermsRule>;
    clauses: Record<string, Bilingual>;
    isTouched: boolean;
  } {
    const clauses = { ...this.clauses };
    let isTouched = false;
    const conflict = idsOf(this.policy, 'odrl:conflict');
    const isProhibitFirst = conflict.length === 1 && conflict[0] === 'odrl:prohibit';
    const uses = Object.fromEntries(
      USES.map((use): [Use, TermsRule] => {
        const told = this.rules.filter((rule) => rule.uses?.includes(use)).map((rule) => limits.hold(rule, use));
        const found = combine(use, told, { shut: this.shut, unpermitted: this.unpermitted, isProhibitFirst }, clauses);
        isTouched ||= found.isTouched;
        return [use, found.rule];
      }),
    ) as Record<Use, TermsRule>;
    return { uses, clauses, isTouched };
  }
}

function bilingualOf(node: LdNode, name: string): Bilingual | null {
  const said = (node.properties.get(name) ?? []).flatMap((value) => (value.kind === 'literal' ? [value] : []));
  const [first] = said;
  if (!first) return null;
  const inLanguage = (language: string): string =>
    said.find((one) => one.language?.toLowerCase().startsWith(language))?.value ?? first.value;
  const read = { en: inLanguage('en'), zh: inLanguage('zh') };
  return read.en === '' || read.zh === '' ? null : read;
}

/** What the offer costs: owed to get the right, and no condition of using it. */
function isPrice(node: LdNode): boolean {
  const [action, more] = nodesOf(node, 'odrl:action');
  const [value] = action && !more ? nodesOf(action, 'rdf:value') : [];
  return (
    value?.id === 'odrl:compensate' &&
    [...(action?.properties.keys() ?? [])].every((name) => ['rdf:value', 'odrl:refinement'].includes(name))
  );
}
