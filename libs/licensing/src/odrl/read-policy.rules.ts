import { createHash } from 'node:crypto';
import { canonicalJson } from '@app/kernel';
import { z } from 'zod';
import { LicensingErrors } from '../licensing.errors.js';
import { canI } from '../terms/can-i.rules.js';
import type { UseAnswer } from '../terms/can-i.rules.js';
import type { ComplianceFacts } from '../terms/compliance.rules.js';
import { CONSENT_SCOPES, NO_DIMENSIONS, countrySchema } from '../terms/dimensions.js';
import type { Duty } from '../terms/duties.js';
import { termsHashOf, termsSchema } from '../terms/terms.js';
import type { Bilingual, Terms, TermsRule } from '../terms/terms.js';
import type { UseContext } from '../terms/use-context.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';
import { readPolicyNode } from './json-ld.rules.js';
import type { LdNode } from './json-ld.rules.js';
import { NO_CONSENT } from './odrl-names.js';
import { combine } from './combine-rules.rules.js';
import {
  Unread,
  dutyByAction,
  idsOf,
  isRemark,
  isUseAction,
  listOf,
  nodesOf,
  onlyAction,
  readLimits,
  readRule,
  textOf,
} from './policy-rule.rules.js';
import type { Limits, PolicyRule } from './policy-rule.rules.js';
import { openChecksOf } from './write-policy.rules.js';

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

const PARTS = ['odrl:permission', 'odrl:prohibition', 'odrl:obligation', 'odrl:profile', 'odrl:conflict'];
const SHARED = ['odrl:target', 'odrl:assigner', 'odrl:assignee'];
const OWN =
  'undecided limit limitedUse clause template termsVersion termsHash termsScope textSha256 textUrl personsAtFreezing models declarations needsApproval personsAndPlaces'
    .split(' ')
    .map((name) => `bdg:${name}`);
/** Words of a catalogue around the policy; no decision hangs on them. */
const SURROUNDINGS = /^(https?:\/\/schema\.org\/|http:\/\/mlcommons\.org\/croissant\/)/;

const factsSchema = z.strictObject({
  personalData: z.enum(['none', 'anonymised', 'with_consent', 'unknown']).optional(),
  faces: z.enum(['none', 'blurred', 'visible', 'unknown']).optional(),
  minors: z.enum(['none', 'under_14', 'under_18', 'unknown']).optional(),
  hasGuardianConsent: z.boolean().optional(),
  consentScope: z.array(z.string()).optional(),
  premisesConsent: z.enum(['obtained', 'not_needed', 'missing']).optional(),
  originCountry: countrySchema.optional(),
  exportRoute: z.enum(['not_needed', 'standard_contract', 'certification', 'assessment', 'none']).optional(),
});

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
    const [node] = nodesOf(this.policy, 'bdg:personsAndPlaces');
    if (!node) return {};
    const guardian = textOf(node, 'bdg:hasGuardianConsent');
    const said = {
      personalData: textOf(node, 'bdg:personalData'),
      faces: textOf(node, 'bdg:faces'),
      minors: textOf(node, 'bdg:minors'),
      hasGuardianConsent: guardian === null ? null : guardian === 'true',
      consentScope: listOf(node, 'bdg:consentScope', NO_CONSENT),
      premisesConsent: textOf(node, 'bdg:premisesConsent'),
      originCountry: textOf(node, 'bdg:originCountry'),
      exportRoute: textOf(node, 'bdg:exportRoute'),
    };
    const read = factsSchema.safeParse(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null)));
    if (read.success) return read.data as ComplianceFacts;
    this.unpermitted ??= {
      en: 'What the policy says of people and places is not understood here.',
      zh: '策略关于人员与场所的说明无法理解。',
    };
    return {};
  }

  private terms(endOfTerm: Duty[], isExclusive: boolean, facts: ComplianceFacts): Terms {
    const { policy } = this;
    const permissions = this.rules.filter((rule) => rule.kind === 'permission' && rule.problem === null);
    const [stated, limitedUses] = this.limits(permissions);
    const frozen = this.personsAtFreezing();
    const scaffold = {
      territory: stated?.territory ?? null,
      termDays: stated?.termDays ?? null,
      seats: stated?.seats ?? null,
    };
    const dimensions = {
      field: { allow: stated?.allow ?? null, deny: stated?.deny ?? [], uses: limitedUses },
      blockedTerritory: stated?.blocked ?? [],
      personalData: frozen,
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
    const judged = this.judge(stated, limitedUses, facts, { v: 2, ...head, dimensions });
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
    const again = this.judge(stated, limitedUses, facts, { v: 2, ...head, dimensions });
    return build(again.uses, again.clauses);
  }

  /** The limits that the policy states for all, or those of its first permission; and the uses that are limited to fields. */
  private limits(permissions: readonly PolicyRule[]): [Limits | null, Use[]] {
    const { policy } = this;
    const isStated = policy.properties.has('bdg:limit') || policy.properties.has('bdg:termsVersion');
    if (isStated) {
      const uses = idsOf(policy, 'bdg:limitedUse').map((id) => {
        const use = isUseAction(id);
        if (!use)
          throw new Unread({ en: 'bdg:limitedUse names no use of this market', zh: 'bdg:limitedUse 未指明用途' });
        return use;
      });
      return [readLimits(nodesOf(policy, 'bdg:limit')), uses];
    }
    const limited = permissions.filter(({ limits }) => limits.allow !== null || limits.deny.length > 0);
    const [first] = permissions;
    const [inField] = limited;
    if (!first) return [null, []];
    const { allow, deny } = (inField ?? first).limits;
    const uses = USES.filter((use) => limited.some((rule) => rule.uses?.includes(use)));
    return [{ ...first.limits, allow, deny }, uses];
  }

  private personsAtFreezing(): { kind: string; consentScope: string[] | null } {
    const [node] = nodesOf(this.policy, 'bdg:personsAtFreezing');
    if (!node) return { kind: 'not_stated', consentScope: null };
    return {
      kind: textOf(node, 'bdg:personalData') ?? 'not_stated',
      consentScope: listOf(node, 'bdg:consentScope', NO_CONSENT),
    };
  }

  private declarations(): unknown {
    const [value] = this.policy.properties.get('bdg:declarations') ?? [];
    return value?.kind === 'json' ? value.value : {};
  }

  private judge(
    stated: Limits | null,
    limitedUses: readonly Use[],
    facts: ComplianceFacts,
    shell: {
      readonly v: 2;
      readonly dimensions: { readonly personalData: { kind: string; consentScope: string[] | null } };
    },
  ): { uses: Record<Use, TermsRule>; clauses: Record<string, Bilingual>; isTouched: boolean } {
    const clauses = { ...this.clauses };
    let isTouched = false;
    const conflict = idsOf(this.policy, 'odrl:conflict');
    const isProhibitFirst = conflict.length === 1 && conflict[0] === 'odrl:prohibit';
    const uses = Object.fromEntries(
      USES.map((use): [Use, TermsRule] => {
        const told = this.rules
          .filter((rule) => rule.uses?.includes(use))
          .map((rule) => this.withinLimits(rule, use, stated, limitedUses, facts, shell.dimensions.personalData));
        const found = combine(use, told, { shut: this.shut, unpermitted: this.unpermitted, isProhibitFirst }, clauses);
        isTouched ||= found.isTouched;
        return [use, found.rule];
      }),
    ) as Record<Use, TermsRule>;
    return { uses, clauses, isTouched };
  }

  /** A permission that is limited otherwise than the policy as a whole says more than terms can hold. */
  private withinLimits(
    rule: PolicyRule,
    use: Use,
    stated: Limits | null,
    limitedUses: readonly Use[],
    facts: ComplianceFacts,
    frozen: { kind: string; consentScope: string[] | null },
  ): PolicyRule {
    if (rule.kind !== 'permission' || rule.problem || !stated) return rule;
    const isLimited = limitedUses.includes(use);
    const wanted = {
      ...stated,
      allow: isLimited ? stated.allow : null,
      deny: isLimited ? stated.deny : [],
      from: this.period()?.from ?? null,
      until: this.period()?.until ?? null,
    };
    if (canonicalJson(wanted) !== canonicalJson(rule.limits))
      return { ...rule, problem: { en: 'A permission has limits of its own.', zh: '许可含有单独的限制。' } };
    const consent = frozen.kind === 'with_consent' ? (frozen.consentScope ?? []) : null;
    const open = new Set(openChecksOf(frozenTerms(consent), facts, use));
    const isCleared = rule.clearance.length === open.size && rule.clearance.every((check) => open.has(check));
    return isCleared
      ? rule
      : {
          ...rule,
          problem: {
            en: 'A permission waits for checks that the policy does not explain.',
            zh: '许可取决于策略未说明的检查。',
          },
        };
  }

  private period(): Pick<Limits, 'from' | 'until'> | null {
    return this.rules.find((rule) => rule.kind === 'permission' && rule.problem === null)?.limits ?? null;
  }
}

/** Consent as `openChecksOf` reads it. */
function frozenTerms(consent: string[] | null): Parameters<typeof openChecksOf>[0] {
  if (consent === null) return { v: 1 };
  const consentScope = CONSENT_SCOPES.filter((scope) => consent.includes(scope));
  return { v: 2, dimensions: { personalData: { kind: 'with_consent', consentScope } } };
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
