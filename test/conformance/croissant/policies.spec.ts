import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@app/kernel';
import { agreementOf, certificateOf } from '../../../libs/licensing/src/certificates/certificate.rules.js';
import { profileDocument } from '../../../libs/licensing/src/odrl/profile.js';
import { policyContext } from '../../../libs/licensing/src/odrl/odrl-names.js';
import { ODRL_TERMS } from '../../../libs/licensing/src/odrl/odrl-context.js';
import { judgePolicy, readPolicy } from '../../../libs/licensing/src/odrl/read-policy.rules.js';
import { toOdrl } from '../../../libs/licensing/src/odrl/write-policy.rules.js';
import { LICENCES } from '../../../libs/licensing/src/terms/template.rules.js';
import type { TermsWish } from '../../../libs/licensing/src/terms/template.rules.js';
import type { UseContext } from '../../../libs/licensing/src/terms/use-context.js';
import { USES } from '../../../libs/licensing/src/terms/uses.js';
import { JsonLd, nodesAt } from '../../support/json-ld.js';
import { termsOf } from '../licences/licences.js';
import { Profile, odrlProblems } from './odrl-checker.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- policies of many shapes */

const PROFILE = 'https://market.example/ns/odrl';
const ODRL_URL = 'http://www.w3.org/ns/odrl.jsonld';
const NOW = new Date('2026-06-01T00:00:00Z');

const odrlContext = {
  '@context': {
    ...Object.fromEntries(
      [...ODRL_TERMS].map(([term, { iri, type }]) => [term, type ? { '@id': iri, '@type': type } : iri]),
    ),
    ...{ uid: '@id', type: '@type' },
  },
};
const jsonLd = new JsonLd({ [ODRL_URL]: odrlContext });

/** A policy in the words of the ODRL context, as somebody else would write it. */
const plain = (more: Record<string, unknown> = {}): any => ({
  '@context': [ODRL_URL, { bdg: `${PROFILE}#` }],
  type: 'Offer',
  uid: 'https://seller.example/policies/1',
  profile: PROFILE,
  conflict: 'prohibit',
  permission: [
    {
      target: 'https://seller.example/data/1',
      assigner: 'https://seller.example/',
      action: 'bdg:commercial_training',
      duty: [{ action: 'attribute' }],
      constraint: [{ leftOperand: 'spatial', operator: 'isAnyOf', rightOperand: ['CN', 'DE'] }],
    },
  ],
  prohibition: [{ target: 'https://seller.example/data/1', assigner: 'https://seller.example/', action: 'distribute' }],
  ...more,
});

const verdicts = (document: unknown, context: UseContext = {}): Record<string, string> => {
  const reading = readPolicy(document, PROFILE);
  return Object.fromEntries(USES.map((use) => [use, judgePolicy(reading, use, context, NOW).verdict]));
};
const permitted = (document: unknown, context: UseContext = {}): string[] =>
  Object.entries(verdicts(document, context)).flatMap(([use, verdict]) => (verdict.startsWith('ALLOWED') ? [use] : []));

function refusal(document: unknown): string {
  try {
    readPolicy(document, PROFILE);
  } catch (error) {
    if (error instanceof DomainError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('It was read.');
}

describe('a policy of ours', () => {
  const frame = { kind: 'Offer', profile: PROFILE, uid: 'urn:x:1', target: 'urn:x:2', assigner: 'urn:x:3' } as const;
  const wish: TermsWish = { termDays: 9, seats: 2, territory: ['CN'], fields: ['retail'], deniedFields: ['weapons'] };

  it.each(LICENCES.map(({ id }) => id))('is the same terms however JSON-LD spells it: %s', async (id) => {
    for (const terms of [termsOf(id), termsOf(id, wish)]) {
      const prefixed = { '@context': policyContext(PROFILE), ...toOdrl(terms, frame) };
      const expanded = await jsonLd.expand(prefixed);
      const others = [
        expanded,
        await jsonLd.compact(expanded, [ODRL_URL, { bdg: `${PROFILE}#` }]),
        await jsonLd.compact(expanded, { o: 'http://www.w3.org/ns/odrl/2/', '@vocab': `${PROFILE}#`, id: '@id' }),
      ];

      expect(
        (others[1] as any).permission ?? (others[1] as any).prohibition ?? (others[1] as any).obligation,
      ).toBeDefined();
      for (const document of others) expect(readPolicy(document, PROFILE).terms).toEqual(terms);
    }
  });

  it('is undecided as a whole when it says something else than the terms that it names', () => {
    const policy = JSON.parse(
      JSON.stringify({ '@context': policyContext(PROFILE), ...toOdrl(termsOf('research'), frame) }),
    );
    const permission = policy['odrl:permission'].find((one: any) => one['odrl:duty']);
    delete permission['odrl:duty'];

    expect(new Set(Object.values(verdicts(policy)))).toEqual(new Set(['UNDECIDED']));
  });
});

describe('the policy in a certificate', () => {
  /** Stands in for the context of W3C: the names that a credential is made of, protected as there. */
  const credentials = {
    '@context': {
      ...{ '@protected': true, id: '@id', type: '@type' },
      VerifiableCredential: 'https://www.w3.org/2018/credentials#VerifiableCredential',
      credentialSubject: { '@id': 'https://www.w3.org/2018/credentials#credentialSubject', '@type': '@id' },
    },
  };

  it('is a valid agreement for whoever reads the whole credential as JSON-LD', async () => {
    const issuer = 'https://market.example';
    const party = (id: string) => ({ id, slug: id, name: id });
    const right = {
      ...{ grantId: 'grt_1', licensee: party('org_1'), licensor: party('org_2'), dataset: party('ds_1') },
      version: { id: 'dv_1', label: 'v1', commit: 'c'.repeat(40), merkleRoot: 'd'.repeat(64) },
      ...{ validFrom: new Date(0), validUntil: new Date(1e12) },
    };
    const odrl = agreementOf(issuer, termsOf('research'), right);
    const policy = { termsHash: 'e'.repeat(64), template: 'LicenseRef-Bodega-Research-1.0', odrl };
    const facts = { ...right, forms: [], slice: { kind: 'all' as const }, policy, status: { list: 1, index: 1 } };
    const credential = certificateOf(issuer, facts, { id: 'cert_1', issuedAt: new Date(0) });
    const served = new JsonLd({ 'https://www.w3.org/ns/credentials/v2': credentials });

    const [expanded] = await served.expand(JSON.parse(JSON.stringify(credential)));

    const [subject] = nodesAt(expanded ?? {}, 'https://www.w3.org/2018/credentials#credentialSubject');
    const [said] = nodesAt(subject ?? {}, 'urn:bodega:license#policy');
    const [agreement] = nodesAt(said ?? {}, 'urn:bodega:license#odrl');
    const profile = new Profile(PROFILE, await jsonLd.expand(profileDocument(PROFILE)));
    expect(odrlProblems(agreement ?? {}, profile)).toEqual([]);
    expect(readPolicy(agreement, PROFILE).terms).toEqual(termsOf('research'));
  });
});

describe('a policy of others', () => {
  it('is read as it is written, as the processor of JSON-LD reads it', async () => {
    for (const document of [plain(), await jsonLd.expand(plain())]) {
      expect(verdicts(document, { territory: 'CN' })).toEqual({
        ...Object.fromEntries(USES.map((use) => [use, 'UNDECIDED'])),
        commercial_training: 'ALLOWED_WITH_DUTIES',
        redistribute_data: 'FORBIDDEN',
        redistribute_derivative_data: 'FORBIDDEN',
        share_with_affiliate: 'FORBIDDEN',
        release_weights_open: 'FORBIDDEN',
      });
      expect(verdicts(document, { territory: 'US' })['commercial_training']).toBe('FORBIDDEN');
      expect(verdicts(document)['commercial_training']).toBe('UNDECIDED');
    }
  });

  it('may use the wide actions of ODRL, of which a prohibition takes away a part', () => {
    const target = 'https://seller.example/data/1';
    const assigner = 'https://seller.example/';
    const wide = plain({ permission: [{ target, assigner, action: 'use' }] });

    expect(permitted(wide)).toEqual([
      'evaluate',
      'research_training',
      'commercial_training',
      'fine_tune',
      'commercialise_model_output',
      'embed_in_product',
      'internal_copy',
      'benchmark_publication',
    ]);
  });

  it('takes target and assigner from the policy, and conditions on who the user is as cases', () => {
    const document = plain({
      ...{ target: 'urn:x:data', assigner: 'urn:x:seller', prohibition: [] },
      permission: [
        {
          action: 'bdg:evaluate',
          constraint: [{ leftOperand: 'bdg:actor', operator: 'eq', rightOperand: { '@id': 'bdg:actor_academic' } }],
        },
        {
          action: 'bdg:internal_copy',
          constraint: [
            { leftOperand: 'purpose', operator: 'eq', rightOperand: { '@id': 'bdg:noncommercial_purpose' } },
          ],
        },
      ],
    });

    expect(permitted(document, { actor: 'academic' })).toEqual(['evaluate', 'internal_copy']);
    expect(verdicts(document, { actor: 'company' })['evaluate']).toBe('UNDECIDED');
    expect(verdicts(document, { purpose: 'commercial' })['internal_copy']).toBe('FORBIDDEN');
  });

  it('holds only while it holds', () => {
    const dated = (operator: string, rightOperand: string) =>
      plain({
        permission: [{ ...plain().permission[0], constraint: [{ leftOperand: 'dateTime', operator, rightOperand }] }],
      });

    expect(permitted(dated('lt', '2026-06-02T00:00:00Z'))).toEqual(['commercial_training']);
    expect(permitted(dated('lt', '2026-06-01T00:00:00+00:00'))).toEqual([]);
    expect(permitted(dated('gteq', '2026-06-01T00:00:01Z'))).toEqual([]);
    expect(permitted(dated('lt', '2027-06-01T00:00:00'))).toEqual([]);
  });

  const permission = (p: any) => p.permission[0];
  const CLOSED: readonly (readonly [what: string, change: (p: any) => void])[] = [
    ['an unknown profile', (p) => (p.profile = 'https://other.example/ns/odrl')],
    ['a second profile', (p) => (p.profile = [PROFILE, 'https://other.example/ns/odrl'])],
    ['no profile', (p) => delete p.profile],
    ['an unknown action', (p) => (permission(p).action = 'bdg:resell')],
    [
      'an action that only looks like one of ours',
      (p) => (permission(p).action = 'https://evil.example/ns/odrl#commercial_training'),
    ],
    ['text in place of an action', (p) => (permission(p).action = { '@value': 'bdg:commercial_training' })],
    [
      'an action with a refinement',
      (p) => (permission(p).action = { '@id': 'bdg:commercial_training', refinement: [{}] }),
    ],
    ['two actions', (p) => (permission(p).action = ['bdg:commercial_training', 'bdg:evaluate'])],
    ['a prohibition of something unknown', (p) => (p.prohibition[0].action = 'https://w3.example/ai-training')],
    ['an unknown left operand', (p) => (permission(p).constraint[0].leftOperand = 'payAmount')],
    ['an unknown operator', (p) => (permission(p).constraint[0].operator = 'hasPart')],
    ['no operator', (p) => delete permission(p).constraint[0].operator],
    ['no right operand', (p) => (permission(p).constraint[0].rightOperand = [])],
    [
      'a right operand elsewhere',
      (p) => (permission(p).constraint[0].rightOperandReference = 'https://x.example/list'),
    ],
    ['a country that is none', (p) => (permission(p).constraint[0].rightOperand = 'China')],
    ['the same limit twice', (p) => permission(p).constraint.push(permission(p).constraint[0])],
    ['a logical constraint', (p) => (permission(p).constraint = [{ xone: [permission(p).constraint[0]] }])],
    ['limits as a choice', (p) => (permission(p).constraint = [{ or: [permission(p).constraint[0]] }])],
    ['an unknown duty', (p) => (permission(p).duty[0].action = 'watermark')],
    ['a duty with a condition', (p) => (permission(p).duty[0].constraint = [{}])],
    ['payment as a duty', (p) => (permission(p).duty[0].action = 'compensate')],
    ['an unknown word in a rule', (p) => (permission(p)['https://x.example/only-if'] = 'raining')],
    ['a word that the context does not know', (p) => (permission(p).onlyIf = 'raining')],
    ['an unknown word in the policy', (p) => (p['https://x.example/void'] = true)],
    ['an inherited policy', (p) => (p.inheritFrom = 'https://x.example/policy')],
    ['a policy that was replaced', (p) => (p['dct:isReplacedBy'] = { '@id': 'urn:x:2' })],
    ['an unknown obligation', (p) => (p.obligation = [{ action: 'inform' }])],
    ['an unknown class', (p) => (p.type = 'Ticket')],
    ['two classes', (p) => (p.type = ['Offer', 'Agreement'])],
    ['no uid', (p) => delete p.uid],
    ['no assigner', (p) => [permission(p), p.prohibition[0]].forEach((rule) => delete rule.assigner)],
    ['an agreement with nobody', (p) => (p.type = 'Agreement')],
    ['two targets', (p) => (p.prohibition[0].target = 'urn:x:other')],
    ['no target', (p) => delete permission(p).target],
    [
      'a part of a target',
      (p) => (permission(p).target = { '@type': 'AssetCollection', source: 'urn:x:1', refinement: [{}] }),
    ],
    ['silence', (p) => delete p.permission],
    ['a permission and a prohibition that loses', (p) => ((p.conflict = 'perm'), (p.prohibition[0].action = 'use'))],
    [
      'a permission and a prohibition without a word on conflicts',
      (p) => (delete p.conflict, (p.prohibition[0].action = 'bdg:commercial_training')),
    ],
    [
      'checks that nobody explains',
      (p) =>
        permission(p).constraint.push({ leftOperand: 'bdg:clearance', operator: 'isAllOf', rightOperand: 'faces' }),
    ],
    ['two permissions that differ', (p) => p.permission.push({ ...permission(p), duty: [] })],
  ];
  it.each(CLOSED)('permits nothing with %s', (_, change) => {
    const document = plain();
    change(document);

    expect(permitted(plain(), { territory: 'CN' })).toEqual(['commercial_training']);
    expect(permitted(document, { territory: 'CN' })).toEqual([]);
  });

  it('keeps its prohibitions, and what it says of other uses, whatever one rule says', () => {
    const document = plain();
    document.permission.push({ ...plain().permission[0], action: 'bdg:evaluate' });
    document.permission[0].constraint.push({ leftOperand: 'count', operator: 'lt', rightOperand: 3 });

    const found = verdicts(document, { territory: 'CN' });

    expect(found).toMatchObject({
      commercial_training: 'UNDECIDED',
      evaluate: 'ALLOWED_WITH_DUTIES',
      redistribute_data: 'FORBIDDEN',
    });
  });

  it('says why it decides nothing', () => {
    const document = plain();
    document.permission[0].constraint[0].operator = 'hasPart';
    const reading = readPolicy(document, PROFILE);

    const { reason, clauses } = judgePolicy(reading, 'commercial_training', {}, NOW);

    expect(reason.en).toBe('Undecided. The condition odrl:spatial odrl:hasPart is not understood here.');
    expect(reason.zh).toContain('无法理解条件');
    expect(clauses).toHaveLength(1);
  });
});

describe('what is no policy', () => {
  const deep = (levels: number): unknown => {
    let inner: any = { leftOperand: 'spatial' };
    for (let i = 0; i < levels; i++) inner = { and: [inner] };
    return plain({ permission: [{ ...plain().permission[0], constraint: [inner] }] });
  };
  /** Twenty nodes, each of which names the next one twice: a million when written out. */
  const bomb = {
    '@context': ODRL_URL,
    '@graph': [
      { '@id': 'urn:x:policy', profile: PROFILE, permission: [{ '@id': 'urn:x:0' }] },
      ...Array.from({ length: 20 }, (_, i) => ({
        '@id': `urn:x:${i}`,
        constraint: [{ '@id': `urn:x:${i + 1}` }, { '@id': `urn:x:${i + 1}` }],
      })),
    ],
  };
  const HOSTILE: readonly (readonly [what: string, document: unknown, says: RegExp])[] = [
    ['null', null, /must be a JSON object/],
    ['text', 'permission', /must be a JSON object/],
    ['a list of numbers', [1, 2], /must be a JSON object/],
    ['an empty object', {}, /holds no ODRL policy/],
    ['another document', { '@context': { '@vocab': 'https://schema.org/' }, name: 'x' }, /holds no ODRL policy/],
    [
      'two policies',
      { '@context': ODRL_URL, '@graph': [plainBody('urn:x:1'), plainBody('urn:x:2')] },
      /more than one policy/,
    ],
    ['a context from elsewhere', { '@context': 'https://evil.example/context', permission: [] }, /nothing is fetched/],
    ['a context inside', plain({ permission: [{ '@context': {}, action: 'use' }] }), /uses @context/],
    ['a context with @import', { '@context': { '@import': ODRL_URL }, permission: [] }, /uses @import/],
    ['a context with @base', { '@context': { '@base': 'urn:x:' }, permission: [] }, /uses @base/],
    ['a term with a context', { '@context': { action: { '@id': 'urn:x', '@context': {} } } }, /with @context/],
    ['a reversed term', { '@context': { of: { '@reverse': 'odrl:permission' } } }, /with @reverse/],
    ['a circular prefix', { '@context': { a: 'b:x', b: 'a:x' }, 'a:y': 1 }, /by itself/],
    ['an @id that is a number', plain({ uid: 7 }), /@id must be text/],
    ['a @type that is an object', plain({ type: {} }), /@type must be text/],
    ['a @value that is an object', plain({ 'dct:title': { '@value': {} } }), /@value must be text/],
    ['a reversed property', plain({ '@reverse': { permission: [] } }), /uses @reverse/],
    ['text in place of rules', plain({ permission: { '@value': 'all' } }), /must name something/],
    [
      'a circle',
      {
        '@context': ODRL_URL,
        '@graph': [
          { '@id': 'urn:x:1', permission: [{ '@id': 'urn:x:2' }] },
          { '@id': 'urn:x:2', constraint: [{ '@id': 'urn:x:2' }] },
        ],
      },
      /leads back to itself/,
    ],
    [
      'a node told twice',
      plain({
        permission: [
          { '@id': 'urn:x:1', action: 'use' },
          { '@id': 'urn:x:1', action: 'bdg:evaluate' },
        ],
      }),
      /described twice/,
    ],
    ['deep nesting', deep(200), /nested deeper/],
    ['a bomb of references', bomb, /without end/],
    ['many values', plain({ obligation: Array.from({ length: 30_000 }, () => 1) }), /larger than/],
    [
      'many rules',
      plain({ permission: Array.from({ length: 300 }, () => plain().permission[0]) }),
      /more than 200 rules/,
    ],
    ['a long text', plain({ 'dct:title': 'x'.repeat(300_000) }), /larger than/],
    [
      'a limit for no use',
      plain({ 'bdg:termsVersion': '2', 'bdg:limitedUse': [{ '@id': 'bdg:resell' }] }),
      /names no use/,
    ],
    [
      'persons in unknown words',
      plain({ 'bdg:personsAtFreezing': { 'bdg:personalData': 'maybe' } }),
      /cannot be made into terms/,
    ],
  ];
  it.each(HOSTILE)('is refused in one sentence: %s', (_, document, says) => {
    expect(refusal(document)).toMatch(/^LICENSING_POLICY_UNREADABLE: This is no ODRL policy that can be read here: /);
    expect(refusal(document)).toMatch(says);
  });

  it('pollutes nothing', () => {
    const document = JSON.parse(
      `{"@context": {"__proto__": "urn:x", "bdg": "${PROFILE}#", "odrl": "http://www.w3.org/ns/odrl/2/"}, "@id": "urn:x:1",
        "__proto__": {"a": 1}, "odrl:profile": {"@id": "${PROFILE}"}, "odrl:permission": [],
        "bdg:clause": [{"bdg:clauseId": "__proto__", "bdg:text": {"@value": "x"}}]}`,
    );

    expect(permitted(document)).toEqual([]);
    expect(({} as any).a).toBeUndefined();
  });
});

function plainBody(id: string): unknown {
  return { '@id': id, profile: PROFILE, permission: [{ action: 'use' }] };
}
