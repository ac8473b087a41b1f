import type { Duty } from '../terms/duties.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';

/** Namespaces by the short names that policies are written with here; `bdg` is the profile of the market that writes. */
export const NAMESPACES = {
  odrl: 'http://www.w3.org/ns/odrl/2/',
  cc: 'http://creativecommons.org/ns#',
  dct: 'http://purl.org/dc/terms/',
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
} as const;

export const profileOf = (publicUrl: string): string => `${publicUrl}/ns/odrl`;
/** Where the words of a profile are: each is a fragment of its document. */
export const profileNamespaceOf = (profile: string): string => `${profile}#`;

/** The context that a policy of ours stands in: prefixes alone, so that nothing has to be fetched to read it. */
export function policyContext(profile: string): Record<string, string> {
  return { ...NAMESPACES, bdg: profileNamespaceOf(profile) };
}

/** An action that is one of our uses. */
export const actionOf = (use: Use): string => `bdg:${use}`;

/** What each use is a part of, up to `odrl:use`: who forbids the wider action forbids the use. */
export const INCLUDED_IN: Readonly<Record<Use, string>> = {
  evaluate: 'odrl:use',
  research_training: 'odrl:use',
  commercial_training: 'odrl:use',
  fine_tune: 'odrl:use',
  release_weights_open: 'odrl:distribute',
  commercialise_model_output: 'odrl:use',
  embed_in_product: 'odrl:use',
  redistribute_data: 'odrl:distribute',
  redistribute_derivative_data: 'odrl:distribute',
  internal_copy: 'odrl:reproduce',
  share_with_affiliate: 'odrl:distribute',
  benchmark_publication: 'odrl:use',
};

/** Other names of the wider actions. */
const SAME_ACTION: Readonly<Record<string, string>> = {
  'cc:Distribution': 'odrl:distribute',
  'cc:Reproduction': 'odrl:reproduce',
};

/** The uses that an action is or includes; null for one that this market does not know. */
export function usesOfAction(action: string): Use[] | null {
  const name = SAME_ACTION[action] ?? action;
  if (name === 'odrl:use') return [...USES];
  const found = USES.filter((use) => actionOf(use) === name || INCLUDED_IN[use] === name);
  return found.length > 0 ? found : null;
}

/** Duties that ODRL or Creative Commons have a word for; every other is an action of the profile. */
const STANDARD_DUTIES: Partial<Record<Duty, string>> = {
  attribution: 'cc:Attribution',
  keep_notices: 'cc:Notice',
  same_licence: 'cc:ShareAlike',
  bind_recipients: 'odrl:nextPolicy',
  delete_at_end: 'odrl:delete',
};

export const isProfileDuty = (duty: Duty): boolean => STANDARD_DUTIES[duty] === undefined;
export const dutyActionOf = (duty: Duty): string => STANDARD_DUTIES[duty] ?? `bdg:${duty}`;

/** Operands of limits and facts, and the words of the profile that stand in for an empty list. */
export const FIELD_PREFIX = 'bdg:field_';
export const NO_FIELD = 'bdg:field_none';
export const NOWHERE = 'bdg:nowhere';
export const NO_CONSENT = 'bdg:consent_to_nothing';
export const COMMERCIAL = 'bdg:commercial';
export const NONCOMMERCIAL = 'bdg:noncommercial_purpose';
/** The target of terms that stand alone. */
export const ANY_DATA = 'bdg:licensed_data';

/** What a condition of a case asks about: its left operand, and how its values are written. */
export const CONDITION_OPERANDS = {
  actor: { operand: 'bdg:actor', prefix: 'bdg:actor_' },
  outputKind: { operand: 'bdg:outputKind', prefix: 'bdg:output_' },
  recipient: { operand: 'odrl:recipient', prefix: 'bdg:recipient_' },
  weightsLicence: { operand: 'bdg:weightsLicence', prefix: null },
  isUnlocked: { operand: 'bdg:isUnlocked', prefix: null },
} as const;
