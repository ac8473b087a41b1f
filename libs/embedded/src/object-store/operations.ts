import type { RequestTarget } from './request-target.js';
import { S3Error } from './s3-error.js';

/** What a request can ask of the store, by the names of the S3 API. */
export type OperationName =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'GetBucketLocation'
  | 'GetBucketVersioning'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'DeleteObjects'
  | 'ListMultipartUploads'
  | 'GetObject'
  | 'HeadObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

/** An operation as the router knows it. */
export interface Operation {
  readonly name: OperationName;
  /** As the access log calls it. */
  readonly logName: string;
  readonly isWrite: boolean;
}

const OPERATIONS: Readonly<Record<OperationName, readonly [logName: string, isWrite: boolean]>> = {
  ListBuckets: ['REST.GET.SERVICE', false],
  CreateBucket: ['REST.PUT.BUCKET', true],
  HeadBucket: ['REST.HEAD.BUCKET', false],
  DeleteBucket: ['REST.DELETE.BUCKET', true],
  GetBucketLocation: ['REST.GET.LOCATION', false],
  GetBucketVersioning: ['REST.GET.VERSIONING', false],
  ListObjects: ['REST.GET.BUCKET', false],
  ListObjectsV2: ['REST.GET.BUCKET', false],
  DeleteObjects: ['REST.POST.MULTI_OBJECT_DELETE', true],
  ListMultipartUploads: ['REST.GET.UPLOADS', false],
  GetObject: ['REST.GET.OBJECT', false],
  HeadObject: ['REST.HEAD.OBJECT', false],
  PutObject: ['REST.PUT.OBJECT', true],
  CopyObject: ['REST.COPY.OBJECT', true],
  DeleteObject: ['REST.DELETE.OBJECT', true],
  CreateMultipartUpload: ['REST.POST.UPLOADS', true],
  UploadPart: ['REST.PUT.PART', true],
  ListParts: ['REST.GET.UPLOAD', false],
  CompleteMultipartUpload: ['REST.POST.UPLOAD', true],
  AbortMultipartUpload: ['REST.DELETE.UPLOAD', true],
};

/** Parameters that turn a request into one that we do not speak; ignoring them would answer another question. */
const FOREIGN_SUBRESOURCES = new Set([
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'versionId',
  'versions',
  'website',
]);

/**
 * Names the operation of a request.
 *
 * @throws S3Error NotImplemented, MethodNotAllowed
 */
export function operationOf(method: string, target: RequestTarget, headers: ReadonlyMap<string, string>): Operation {
  const parameters = new Set(target.query.map(([name]) => name));
  const foreign = [...parameters].find((name) => FOREIGN_SUBRESOURCES.has(name));
  if (foreign !== undefined) throw new S3Error('NotImplemented', `The subresource ${foreign} is not implemented.`);
  const name = nameOf(method, target, parameters, headers);
  if (!name) throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');
  const [logName, isWrite] = OPERATIONS[name];
  return { name, logName, isWrite };
}

/** What the log says of a request whose operation is not known: `REST.` + method + the kind of thing asked for. */
export function unknownLogName(method: string, target: RequestTarget): string {
  return `REST.${method.replace(/[^A-Z]/g, '')}.${target.key === undefined ? 'BUCKET' : 'OBJECT'}`;
}

function nameOf(
  method: string,
  target: RequestTarget,
  parameters: ReadonlySet<string>,
  headers: ReadonlyMap<string, string>,
): OperationName | null {
  if (target.bucket === undefined) return method === 'GET' ? 'ListBuckets' : null;
  return target.key === undefined
    ? bucketOperation(method, target, parameters)
    : objectOperation(method, parameters, headers);
}

function bucketOperation(method: string, target: RequestTarget, parameters: ReadonlySet<string>): OperationName | null {
  switch (method) {
    case 'GET':
      if (parameters.has('location')) return 'GetBucketLocation';
      if (parameters.has('versioning')) return 'GetBucketVersioning';
      if (parameters.has('uploads')) return 'ListMultipartUploads';
      return target.query.some(([name, value]) => name === 'list-type' && value === '2')
        ? 'ListObjectsV2'
        : 'ListObjects';
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      return parameters.has('versioning') ? null : 'CreateBucket';
    case 'DELETE':
      return 'DeleteBucket';
    case 'POST':
      return parameters.has('delete') ? 'DeleteObjects' : null;
    default:
      return null;
  }
}

function objectOperation(
  method: string,
  parameters: ReadonlySet<string>,
  headers: ReadonlyMap<string, string>,
): OperationName | null {
  const ofUpload = parameters.has('uploadId');
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (parameters.has('partNumber'))
        throw new S3Error('NotImplemented', 'Reading by part number is not implemented.');
      if (ofUpload) return method === 'GET' ? 'ListParts' : null;
      return method === 'GET' ? 'GetObject' : 'HeadObject';
    case 'PUT': {
      const copies = headers.has('x-amz-copy-source');
      if (!ofUpload) return copies ? 'CopyObject' : 'PutObject';
      if (copies) throw new S3Error('NotImplemented', 'UploadPartCopy is not implemented.');
      return 'UploadPart';
    }
    case 'POST':
      if (parameters.has('uploads')) return 'CreateMultipartUpload';
      return ofUpload ? 'CompleteMultipartUpload' : null;
    case 'DELETE':
      return ofUpload ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return null;
  }
}
