import { NAMESPACES } from './odrl-names.js';

/** How a term of a context is to be read. */
export interface TermDefinition {
  readonly iri: string;
  /** `@id`, `@vocab`, `@json`, a datatype, or null for a plain value. */
  readonly type: string | null;
}

const terms = (names: string, type: string | null): [string, TermDefinition][] =>
  names.split(' ').map((name) => [name, { iri: `${NAMESPACES.odrl}${name}`, type }]);

/**
 * What `http://www.w3.org/ns/odrl.jsonld` defines, as far as a policy uses it; kept here, because nothing is fetched.
 * @see https://www.w3.org/ns/odrl.jsonld
 */
export const ODRL_TERMS: ReadonlyMap<string, TermDefinition> = new Map([
  ...Object.entries(NAMESPACES).map(([prefix, iri]): [string, TermDefinition] => [prefix, { iri, type: null }]),
  ...terms(
    'profile inheritFrom target output relation permission prohibition obligation duty remedy consequence',
    '@id',
  ),
  ...terms('constraint refinement assigner assignee attributedParty compensatedParty compensatingParty', '@id'),
  ...terms('consentingParty informedParty trackingParty partOf source hasPolicy and or xone andSequence', '@id'),
  ...terms('conflict action operator leftOperand function scope', '@vocab'),
  ...terms(
    'rightOperand unit status Policy Set Offer Agreement Assertion Privacy Request Ticket Rule Permission',
    null,
  ),
  ...terms('Prohibition Duty Constraint LogicalConstraint Asset AssetCollection Party PartyCollection Action', null),
  ...terms(
    'perm prohibit invalid use transfer aggregate annotate anonymize archive concurrentUse derive digitize',
    null,
  ),
  ...terms('display distribute execute extract give grantUse include index install modify move play present', null),
  ...terms('print read reproduce sell stream synchronize textToSpeech transform translate acceptTracking', null),
  ...terms('attribute compensate delete ensureExclusivity inform nextPolicy obtainConsent reviewPolicy', null),
  ...terms('uninstall watermark absolutePosition absoluteSize count dateTime delayPeriod deliveryChannel', null),
  ...terms('elapsedTime event fileFormat industry language media meteredTime payAmount percentage product', null),
  ...terms('purpose recipient resolution spatial systemDevice timeInterval unitOfCount version virtualLocation', null),
  ...terms('eq gt gteq lt lteq neq isA hasPart isPartOf isAllOf isAnyOf isNoneOf policyUsage All Group', null),
  ['dataType', { iri: `${NAMESPACES.odrl}dataType`, type: '@id' }],
  ['rightOperandReference', { iri: `${NAMESPACES.odrl}rightOperandReference`, type: '@id' }],
]);

export const isOdrlContext = (url: string): boolean => /^https?:\/\/www\.w3\.org\/ns\/odrl\.jsonld$/.test(url);

/** Slips of the context that W3C serves: what was written with it must still be understood. */
export const MISSPELT: Readonly<Record<string, string>> = {
  'odrl:neg': 'odrl:neq',
  'odrlindustry:': 'odrl:industry',
};
