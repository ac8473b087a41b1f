import { labelsOf } from '@app/catalog';
import type { DeclaredFacts } from '@app/catalog';

const PERSONS = {
  none: 'No person can be recognized.',
  anonymised: 'Persons were anonymised.',
  present_with_consent: 'Persons can be recognized, and consented.',
} as const;
const FACES = {
  none: 'No faces are visible.',
  blurred: 'Faces are blurred.',
  visible: 'Faces are visible.',
  unknown: 'Whether faces are visible is not known.',
} as const;
const MINORS = {
  none: 'No minors are seen.',
  under_14: 'Children under 14 are seen.',
  under_18: 'Minors between 14 and 18 are seen.',
  unknown: 'Whether minors are seen is not known.',
} as const;
const PREMISES = {
  obtained: 'The premises gave permission.',
  not_needed: 'No permission of the premises is needed.',
  missing: 'The premises gave no permission.',
} as const;

/**
 * The responsible-AI part of a description, all of it as declared by the provider. What he did not say is said to be
 * unstated, never taken for "none".
 * @see https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html
 */
export function personsAndPlaces(declared: DeclaredFacts): Record<string, unknown> {
  const { personalData, consentScope, faces, minors, premisesConsent, export: leaving } = declared;
  const sensitive = [
    personalData ? PERSONS[personalData] : 'The provider does not state whether persons can be recognized.',
    ...(faces ? [FACES[faces]] : []),
    ...(minors ? [MINORS[minors]] : []),
    ...(declared.guardianConsent
      ? [declared.guardianConsent === 'obtained' ? 'Guardians consented.' : 'No guardian consented.']
      : []),
    ...(consentScope ? [`Consent covers: ${consentScope.join(', ') || 'nothing'}.`] : []),
    ...(premisesConsent ? [PREMISES[premisesConsent]] : []),
    ...(leaving ? [`Personal data leaves ${leaving.origin} by: ${leaving.route}.`] : []),
  ];
  return {
    'rai:personalSensitiveInformation': sensitive.map((said) => `Declared. ${said}`),
    ...collectionOf(declared),
    'rai:dataReleaseMaintenancePlan':
      'A version never changes. Corrections are new versions with a change note; a defective version is recalled and its licensees are told.',
  };
}

function collectionOf(declared: DeclaredFacts): Record<string, unknown> {
  const { collectionMethod, reality, site, operators, sessions, successCriteria, frameDrops } = declared;
  const method = collectionMethod ? (labelsOf('collection_method', collectionMethod)?.en ?? collectionMethod) : null;
  const told = [
    method,
    reality ? `reality: ${reality}` : null,
    site ? `site: ${site}` : null,
    typeof operators === 'string' ? `operators: ${operators}` : operators ? `${operators.length} operators` : null,
  ].filter((one): one is string => one !== null);
  const days = (sessions ?? [])
    .flatMap(({ startedAt }) => (startedAt ? [new Date(startedAt)] : []))
    .filter((at) => !Number.isNaN(at.getTime()))
    .map((at) => at.toISOString().slice(0, 10))
    .sort();
  const dropped = (frameDrops ?? []).reduce((sum, { frames }) => sum + frames, 0);
  return {
    ...(told.length > 0 && { 'rai:dataCollection': `Declared. ${told.join('; ')}.` }),
    ...(method && { 'rai:dataCollectionType': [method] }),
    ...(days.length > 0 && { 'rai:dataCollectionTimeFrame': [...new Set([days[0], days.at(-1)])] }),
    ...(dropped > 0 && { 'rai:dataCollectionMissingData': `Declared. ${dropped} frames were dropped.` }),
    ...(typeof successCriteria === 'string' && { 'rai:dataAnnotationProtocol': `Declared. ${successCriteria}` }),
  };
}
