import type { Check } from '../verdict.js';
import { fail, notChecked, pass } from '../verdict.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** The manifest has a signed root, and what happened to the version stands in a log whose links hold. */
const isProven: Check = ({ release }) => {
  const { merkleRoot, isSigned, isLogged } = release ?? {};
  if (isSigned === false) return fail('not verified', 'the signature of the manifest does not verify');
  if (isLogged === false) return fail('not verified', 'the links of the log do not verify');
  if (merkleRoot && !SHA256.test(merkleRoot)) return fail(merkleRoot, 'the root of the manifest is no SHA-256');
  const open = [
    ...(merkleRoot ? [] : ['root of the manifest']),
    ...(isSigned ? [] : ['signature of the manifest']),
    ...(isLogged ? [] : ['log']),
  ];
  if (open.length > 0) return notChecked(`nobody has looked yet at: ${open.join(', ')}`);
  return pass(merkleRoot ?? null, 'the manifest is signed, and its acts are logged');
};

export const AUDIT_RULES = { 'AU-1': isProven } as const;
