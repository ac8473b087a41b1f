import type { DeclaredFacts } from '../declared.js';
import { contradictions, isBlocking } from '../contradictions/contradictions.js';
import type { Evidence } from '../evidence.js';
import type { Check } from '../verdict.js';
import { fail, look, notApplicable, notChecked, pass, verdictOf } from '../verdict.js';
import { isWholeText, licenceName, neededConsent } from './licences.js';
import { isSimulated, methodOf } from './subject.js';

/** What may be done with the data is settled, and no text of the set says otherwise. */
const isLicensed: Check = (evidence, limits) => {
  const said = isNamedWhole(evidence, limits);
  const { texts, declared, measure } = evidence;
  if (!texts || said.result === 'fail') return said;
  const found = contradictions({
    texts,
    declared: licenceName(declared),
    hasPictures: measure.cameras.length > 0,
    ...(declared.consentScope && { consentScope: declared.consentScope }),
  });
  const told = found.map(
    ({ pattern, sentence, sources }) =>
      `${pattern}: ${sentence} (${sources.map(({ where, said }) => `${where}: "${said}"`).join('; ')})`,
  );
  const blocking = told.filter((_, i) => found[i] && isBlocking(found[i]));
  if (blocking.length > 0) return verdictOf(blocking, [], said);
  return told.length === 0 ? said : { ...said, message: [said.message, ...told].join('; ') };
};

/** The licence is a text that settles everything, or the terms are spelled out. */
const isNamedWhole: Check = ({ declared }) => {
  const { license } = declared;
  if (license === undefined) return notChecked('not declared: licence');
  const name = licenceName(declared);
  const wrong: string[] = [];
  const missing: string[] = [];
  if (name !== null) look('licence', name, wrong, missing);
  if (wrong.length > 0) return verdictOf(wrong, [], notChecked(''));
  if (name !== null && isWholeText(name))
    return pass(name, 'scope, redistribution, derived models, territory and term are those of the licence text');
  const terms = typeof license === 'string' ? {} : license;
  if ((terms.usageScope?.length ?? 0) === 0) missing.push('usage scope');
  look('redistribution', terms.redistribution, wrong, missing);
  look('rights in derived models', terms.derivedModelRights, wrong, missing);
  look('territory', terms.territory, wrong, missing);
  if (terms.termMonths === undefined) missing.push('term (termMonths)');
  // "none" is an answer to redistribution, unlike everywhere else.
  const real = wrong.filter((problem) => problem !== 'redistribution must not be "none"');
  return verdictOf(
    real,
    missing,
    pass(name ?? 'terms', 'scope, redistribution, derived models, territory and term are set'),
  );
};

/** Who is seen is said; and whoever is seen agreed to what is offered. */
const mayShowPeople: Check = ({ declared }) => {
  const { personalData, consentScope, contributors } = declared;
  if (personalData === undefined) return notChecked('not declared: whether the data shows people');
  if (personalData !== 'present_with_consent') return pass(personalData, 'no identifiable person');
  if ((consentScope?.length ?? 0) === 0)
    return fail('no consent scope', 'personal data is present: say what the consent covers');
  const needed = neededConsent(declared);
  const lacking = (scope: readonly string[] | undefined): string[] => needed.filter((use) => !scope?.includes(use));
  const wrong = lacking(consentScope).map((use) => `the consent does not cover ${use}, which the licence gives`);
  // A report is public and pseudonyms are not: persons are told apart by their place in the declaration.
  for (const [i, { scope }] of (contributors ?? []).entries())
    for (const use of scope ? lacking(scope) : []) wrong.push(`contributors[${i}] did not agree to ${use}`);
  return verdictOf(wrong, [], pass(consentScope?.join(', ') ?? '', 'the consent covers what the licence gives'));
};

/** Each person who took part agreed, on record; and so did the place. */
const hasConsent: Check = (evidence) => {
  const { declared, measure } = evidence;
  if (isWithoutPeople(evidence)) return notApplicable('simulated without an operator: nobody took part');
  const { contributors, premisesConsent } = declared;
  const wrong: string[] = [];
  const missing: string[] = [];
  if (premisesConsent === 'missing') wrong.push('the consent of the premises is missing');
  else if (premisesConsent === undefined) missing.push('consent of the premises (premisesConsent)');
  if (!contributors || contributors.length === 0) missing.push('contributors');
  for (const [i, { pseudonym, consentHash }] of (contributors ?? []).entries()) {
    if (contributors?.findIndex((one) => one.pseudonym === pseudonym) !== i)
      wrong.push(`contributors[${i}] stands twice`);
    if (!consentHash) missing.push(`consentHash of contributors[${i}]`);
  }
  const people = Math.max(measure.coverage.operators.length, sessionOperators(declared).size);
  if (contributors && contributors.length > 0 && contributors.length < people)
    missing.push(`${people - contributors.length} of the ${people} operators that the data or the sessions name`);
  return verdictOf(
    wrong,
    missing,
    pass(`${contributors?.length ?? 0} contributors`, 'every contributor and the premises agreed, on record'),
  );
};

/** A script in a simulator is nobody; a person who steers a simulated robot is somebody. */
function isWithoutPeople(evidence: Evidence): boolean {
  const { declared } = evidence;
  return isSimulated(evidence) && methodOf(evidence) === 'simulation' && (declared.contributors ?? []).length === 0;
}

function sessionOperators({ sessions }: DeclaredFacts): Set<string> {
  return new Set((sessions ?? []).flatMap(({ operator }) => operator ?? []));
}

const LINKS = [
  ['source', 'source'],
  ['rig', 'rig'],
  ['operator', 'operator'],
  ['consent', 'consent'],
  ['redistribution', 'redistribution path'],
  ['derivedModels', 'rights in derived models'],
] as const;

/** The six links from the recording to what a buyer may make of it. */
const isTraceable: Check = ({ declared: { provenance } }) => {
  if (!provenance) return notChecked('not declared: provenance');
  const wrong: string[] = [];
  const missing: string[] = [];
  for (const [key, what] of LINKS) look(what, provenance[key], wrong, missing);
  return verdictOf(wrong, missing, pass('6 of 6 links', 'all six links are given'));
};

/** A title that is claimed verifies. */
const hasTitle: Check = ({ declared: { titleCertificate }, release }) => {
  if (!titleCertificate) return notApplicable('no title certificate is claimed');
  const { number, issuer, expires } = titleCertificate;
  const wrong: string[] = [];
  const missing: string[] = [];
  look('number of the title certificate', number, wrong, missing);
  look('issuer of the title certificate', issuer, wrong, missing);
  look('expiry of the title certificate', expires, wrong, missing);
  const day = release?.checkedOn?.slice(0, 10);
  if (day !== undefined && expires && expires < day) wrong.push(`the title certificate expired on ${expires}`);
  if (release?.isTitleConfirmed === false) wrong.push(`${issuer} does not know certificate ${number}`);
  if (wrong.length === 0 && missing.length === 0 && release?.isTitleConfirmed !== true)
    return notChecked(`nobody has asked ${issuer} about certificate ${number}`);
  return verdictOf(wrong, missing, pass(`${issuer} ${number}`, 'the issuer confirms the certificate'));
};

export const COMPLIANCE_RULES = {
  'CO-1': isLicensed,
  'CO-2': mayShowPeople,
  'CO-3': hasConsent,
  'CO-4': isTraceable,
  'CO-5': hasTitle,
} as const;
