import type { DeclaredFacts } from '@app/catalog';
import type { ComplianceFacts } from '../terms/compliance.rules.js';

const PERSONAL_DATA = { none: 'none', anonymised: 'anonymised', present_with_consent: 'with_consent' } as const;

/** What the provider declared of people, places and borders, in the words of the rules. */
export function factsOf(declared: DeclaredFacts): ComplianceFacts {
  const { personalData, consentScope, premisesConsent, faces, minors, guardianConsent, export: leaving } = declared;
  return {
    ...(personalData && { personalData: PERSONAL_DATA[personalData] }),
    ...(consentScope && { consentScope }),
    ...(premisesConsent && { premisesConsent }),
    ...(faces && { faces }),
    ...(minors && { minors }),
    ...(guardianConsent === 'obtained' && { hasGuardianConsent: true }),
    ...(leaving && { originCountry: leaving.origin, exportRoute: leaving.route }),
  };
}
