import { CliErrors } from '../cli.errors.js';

/** A dataset, and which of its versions: a label (`v2`), a commit id, or the current one when null. */
export interface DatasetSelector {
  readonly slug: string;
  readonly version: string | null;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;

/** Reads `org/name`. @throws CLI_BAD_USAGE */
export function parseSlug(text: string): string {
  const [organization, name, ...rest] = text.split('/');
  if (
    rest.length === 0 &&
    organization !== undefined &&
    name !== undefined &&
    NAME.test(organization) &&
    NAME.test(name)
  ) {
    return text;
  }
  throw CliErrors.BAD_USAGE({ reason: `"${text}" is not a dataset: write org/name.` });
}

/** Reads `org/name` or `org/name@version`. @throws CLI_BAD_USAGE */
export function parseSelector(text: string): DatasetSelector {
  const at = text.indexOf('@');
  if (at < 0) return { slug: parseSlug(text), version: null };
  const version = text.slice(at + 1);
  if (!/^(?:v[1-9]\d{0,8}|[0-9a-f]{7,40})$/.test(version)) {
    throw CliErrors.BAD_USAGE({ reason: `"${version}" is not a version: write v1, v2 … or a commit id.` });
  }
  return { slug: parseSlug(text.slice(0, at)), version };
}
