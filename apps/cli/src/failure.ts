import { ClientError } from '@app/client';
import { DomainError } from '@app/kernel';
import { CliErrors } from './cli.errors.js';

/** What is told of a failure: the same object that the market itself sends. */
export interface Failure {
  readonly code: string;
  readonly kind: string;
  readonly message: string;
  readonly requestId: string | null;
  /** 2 for a command that was written wrongly, 1 for anything refused or failed. */
  readonly exitCode: 1 | 2;
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  EROFS: 'the disk is read-only',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'this is a folder',
  ENAMETOOLONG: 'the name is too long for this disk',
  EMFILE: 'too many files are open',
  ELOOP: 'links lead in a circle, or to a place that must not be written',
  EIO: 'the disk reports an error',
};

/** Any thrown value as one sentence for people, never a stack. */
export function toFailure(error: unknown): Failure {
  if (error instanceof DomainError) {
    const { code, kind, message } = error;
    return {
      code,
      kind,
      message,
      requestId: null,
      exitCode: code === 'CLI_BAD_USAGE' || code === 'CLI_CONSENT_NEEDED' ? 2 : 1,
    };
  }
  if (error instanceof ClientError) {
    const { code, kind, message, requestId } = error;
    const quote =
      kind === 'INTERNAL' && requestId !== null && !message.includes(requestId) ? ` (request ${requestId})` : '';
    return { code, kind, message: message + quote, requestId, exitCode: 1 };
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const path = 'path' in error && typeof error.path === 'string' ? error.path : 'A file';
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
      return toFailure(CliErrors.DISK_FULL({ path, neededBytes: null, freeBytes: null }, error));
    }
    const reason = SYSTEM_REASONS[error.code];
    if (reason !== undefined) return toFailure(CliErrors.FILE({ path, reason }, error));
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'CLI_UNEXPECTED',
    kind: 'INTERNAL',
    message: `Something unexpected happened: ${message}`,
    requestId: null,
    exitCode: 1,
  };
}
