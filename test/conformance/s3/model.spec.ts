import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startObjectStore } from '@app/embedded';
import type { RunningObjectStore } from '@app/embedded';
import { ObjectStore } from '@app/storage';

const KEYS = { accessKeyId: 'MODELTESTKEY', secretAccessKey: 'model-test-secret', region: 'us-east-1' };

/** What a store is, said as simply as possible. */
interface Model {
  readonly objects: Map<string, string>;
  /** Parts of unfinished uploads, by upload. */
  readonly uploads: { readonly key: string; readonly parts: Map<number, string> }[];
}

/** The real one, with what it told us of its uploads. */
interface Real {
  store: ObjectStore;
  readonly uploadIds: string[];
  restart(): Promise<void>;
}

type Command = fc.AsyncCommand<Model, Real>;

const key = fc.constantFrom('a', 'a/', 'a/b', 'a//b', '..', 'z/../a', '抓取', '\u{1F916}', '\u{FFFD}', 'A');
const body = fc.string({ unit: 'grapheme', maxLength: 30 });

class Put implements Command {
  constructor(
    private readonly key: string,
    private readonly body: string,
  ) {}
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await real.store.put(this.key, this.body);
    model.objects.set(this.key, this.body);
  }
  toString(): string {
    return `put(${this.key})`;
  }
}

class Delete implements Command {
  constructor(private readonly key: string) {}
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await real.store.delete(this.key);
    model.objects.delete(this.key);
  }
  toString(): string {
    return `delete(${this.key})`;
  }
}

class Copy implements Command {
  constructor(
    private readonly from: string,
    private readonly to: string,
  ) {}
  check(model: Readonly<Model>): boolean {
    return model.objects.has(this.from) && this.from !== this.to;
  }
  async run(model: Model, real: Real): Promise<void> {
    await real.store.copy(this.from, this.to);
    model.objects.set(this.to, model.objects.get(this.from) ?? '');
  }
  toString(): string {
    return `copy(${this.from} → ${this.to})`;
  }
}

class Read implements Command {
  constructor(private readonly key: string) {}
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    const expected = model.objects.get(this.key);
    const head = await real.store.head(this.key);
    expect(head?.sizeBytes).toBe(expected === undefined ? undefined : BigInt(Buffer.byteLength(expected)));
    if (expected !== undefined)
      expect(Buffer.from(await real.store.readRange(this.key, 0n, 1000)).toString()).toBe(expected);
  }
  toString(): string {
    return `read(${this.key})`;
  }
}

class List implements Command {
  constructor(
    private readonly prefix: string,
    private readonly limit: number,
  ) {}
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    const expected = [...model.objects.keys()]
      .filter((candidate) => candidate.startsWith(this.prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const page = await real.store.listPage(this.prefix, { after, limit: this.limit });
      listed.push(...page.objects.map((object) => object.key));
      after = page.next;
    } while (after !== undefined);
    expect(listed).toEqual(expected);
  }
  toString(): string {
    return `list(${this.prefix}, ${this.limit})`;
  }
}

class BeginUpload implements Command {
  constructor(private readonly key: string) {}
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    real.uploadIds.push(await real.store.createMultipart(this.key));
    model.uploads.push({ key: this.key, parts: new Map() });
  }
  toString(): string {
    return `begin(${this.key})`;
  }
}

/** What an upload's commands share: which one, counted from the newest. */
abstract class UploadCommand implements Command {
  constructor(protected readonly back: number) {}
  check(model: Readonly<Model>): boolean {
    return model.uploads.length > this.back;
  }
  async run(model: Model, real: Real): Promise<void> {
    const index = model.uploads.length - 1 - this.back;
    const upload = model.uploads[index];
    const id = real.uploadIds[index];
    if (!upload || id === undefined) throw new Error('no such upload');
    if (await this.act(model, real, upload, id)) {
      model.uploads.splice(index, 1);
      real.uploadIds.splice(index, 1);
    }
  }
  /** Whether the upload has ended. */
  protected abstract act(model: Model, real: Real, upload: Model['uploads'][number], id: string): Promise<boolean>;
}

class SendPart extends UploadCommand {
  constructor(
    back: number,
    private readonly number: number,
    private readonly body: string,
  ) {
    super(back);
  }
  protected override async act(
    _model: Model,
    real: Real,
    upload: Model['uploads'][number],
    id: string,
  ): Promise<boolean> {
    await real.store.uploadPart(upload.key, id, this.number, Buffer.from(this.body));
    upload.parts.set(this.number, this.body);
    return false;
  }
  override toString(): string {
    return `part(${this.back}, ${this.number})`;
  }
}

/** Completes with its first part alone: several small ones are refused, which other cases test. */
class Complete extends UploadCommand {
  protected override async act(
    model: Model,
    real: Real,
    upload: Model['uploads'][number],
    id: string,
  ): Promise<boolean> {
    const listed = await real.store.listParts(upload.key, id);
    expect(listed.map((part) => part.partNumber)).toEqual([...upload.parts.keys()].sort((a, b) => a - b));
    const [first] = listed;
    if (!first) return false;
    await real.store.completeMultipart(upload.key, id, [first]);
    model.objects.set(upload.key, upload.parts.get(first.partNumber) ?? '');
    return true;
  }
  override toString(): string {
    return `complete(${this.back})`;
  }
}

class Abort extends UploadCommand {
  protected override async act(
    _model: Model,
    real: Real,
    upload: Model['uploads'][number],
    id: string,
  ): Promise<boolean> {
    await real.store.abortMultipart(upload.key, id);
    return true;
  }
  override toString(): string {
    return `abort(${this.back})`;
  }
}

class Restart implements Command {
  check(): boolean {
    return true;
  }
  async run(_model: Model, real: Real): Promise<void> {
    await real.restart();
  }
  toString(): string {
    return 'restart';
  }
}

const back = fc.nat({ max: 2 });
const commands = [
  fc.tuple(key, body).map(([k, b]) => new Put(k, b)),
  key.map((k) => new Delete(k)),
  fc.tuple(key, key).map(([from, to]) => new Copy(from, to)),
  key.map((k) => new Read(k)),
  fc
    .tuple(fc.constantFrom('', 'a', 'a/'), fc.integer({ min: 1, max: 4 }))
    .map(([prefix, limit]) => new List(prefix, limit)),
  key.map((k) => new BeginUpload(k)),
  fc.tuple(back, fc.integer({ min: 1, max: 3 }), body).map(([b, number, text]) => new SendPart(b, number, text)),
  back.map((b) => new Complete(b)),
  back.map((b) => new Abort(b)),
  fc.constant(new Restart()),
];

describe('embedded object store against a model', () => {
  it('agrees with a Map over any history of puts, deletes, copies, uploads and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60 }), async (history) => {
        const dataDir = await mkdtemp(join(tmpdir(), 'bodega-s3-model-'));
        const start = (): Promise<RunningObjectStore> =>
          startObjectStore({
            dataDir,
            port: 0,
            region: KEYS.region,
            credentials: [KEYS],
            buckets: ['model'],
            durable: false,
          });
        let server = await start();
        const real: Real = {
          store: new ObjectStore({ ...KEYS, endpoint: server.url, bucket: 'model' }),
          uploadIds: [],
          restart: async () => {
            real.store.close();
            await server.stop();
            server = await start();
            real.store = new ObjectStore({ ...KEYS, endpoint: server.url, bucket: 'model' });
          },
        };
        try {
          await fc.asyncModelRun(() => ({ model: { objects: new Map(), uploads: [] }, real }), history);
        } finally {
          real.store.close();
          await server.stop();
          await rm(dataDir, { recursive: true });
        }
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
