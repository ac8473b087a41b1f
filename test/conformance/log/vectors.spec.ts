import { createHash, createPrivateKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  CompactRange,
  NoteProblem,
  TileEdge,
  formatCheckpoint,
  formatVkey,
  joinBundle,
  leafHash,
  noteKeyId,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseTilePath,
  parseVkey,
  partialTiles,
  signNote,
  splitBundle,
  tilePath,
} from '@app/kernel';
import { consistencyRanges, formatTlogProof, inclusionRanges } from '../../../libs/audit/src/proofs/proof.rules.js';
import {
  auditPath,
  checkpointOf,
  extensionPath,
  hashOfLeaf,
  noteText,
  provesConsistency,
  provesInclusion,
  provesOffline,
  resourcesOf,
  treeHash,
} from './independent-log.js';

/** The classic eight leaves of RFC 6962 implementations, and entries `e0`, `e1`, … */
const CLASSIC = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const CLASSIC_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const E_ROOTS: Readonly<Record<number, string>> = {
  1: '956ae51bd3e285ccb826298dd523dd08824ce5579749994f2e0021737b9dd4b8',
  7: '4cbd8e35849450400d4e9c4c0ae7f71c79ad4410f9ad2c624622ff5f8617313d',
  256: 'c8a6d09bae91bba76bb1f5b479e38dbdf65495dec4479142d701fd371410efc9',
  257: 'b6b1f876c5e87dc05434d1d79e06b1ef571cee11133aa58acf5cd2194174c50f',
  300: 'cdd6d98476f2aa18b7570d4d6a01c763c0cb66f43459ea30dcef57074600f6e1',
};
const INCLUSION_2_IN_7 = [
  'd5bdb58a19173a6a0111df3f1f62dbaa00e44221e0f09b47489812a010cd5314',
  '718fa0369d7475099bc6cb4327e3823a4972285f92bd49971a583c9f08ffb68d',
  'f5f34fe057a318ad65999c34f8cb277777e3364529fe701170b0908d0314c442',
];
const INCLUSION_6_IN_7 = [
  'ebab446f54e22e53f32830d82708c8b51cd0a03aa62704b1f99c200f2ac88772',
  '95669b376bc4e3544da09825e59ae202a35ac0fc5e5809a2ca63d81e89d17d6c',
];
const CONSISTENCY_3_TO_7 = ['e76eb1b97b06757150f95e06357a7dc404ca511b63a90330a56a94df3d0d66d1', ...INCLUSION_2_IN_7];
const CONSISTENCY_4_TO_7 = ['f5f34fe057a318ad65999c34f8cb277777e3364529fe701170b0908d0314c442'];
const CONSISTENCY_256_TO_300 = ['dff21271f8666dede4170f43fbe5f22af45fb142058045edee130a22a4fcd1ff'];
const INCLUSION_257_IN_300 = [
  'HUVSxe2r+9iCl+dOTLMtkdJmLM9ifSj7bXbZ2+0A+R8=',
  'xasp4f53zgHIqyMp+FZhRoPjPgAvlLAyoF8wa0pX1zs=',
  'rI6letoH42CC/ZJf1BtQs9vP3xIbSpBoFwVYNTgrioY=',
  'Pojn0kWd47n+2tGW1PbKhf87ll1dloisy77onFBIaPg=',
  'TEJzveRLVbLYIP7pH2MseKmd+O2tP4bcaH2l1i0/Tp4=',
  'avf0C1zhvI3E10TLeET5rj2jC4GxcEKY87I6a02BIec=',
  'yKbQm66Ru6drsfW0eeONvfZUld7ER5FC1wH9NxQQ78k=',
];
const TILES_OF_300: readonly [path: string, bytes: number, sha256: string][] = [
  ['tile/0/000', 8192, 'a04d321576e623497e5fcce3926e779e720faf9dc0afbe44d05e36c1ec3b5dff'],
  ['tile/0/001.p/44', 1408, '6a82338641eaa218ae2b9375477e0c6f3ab043aaa23b4a18d5f43cd381f73221'],
  ['tile/entries/001.p/44', 264, '0a7ca381ebb6888f52543f5c1483e12a6accba3654d4b8cc4f3c07600962372a'],
];
/** The example of the specification of signed notes. */
const SPEC_VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const SPEC_NOTE =
  'This is an example message.\n\n' +
  '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
/** Key of the seed SHA-256("bodega test vector"). */
const NAME = 'log.example/bodega';
const VKEY = 'log.example/bodega+39aab268+ASjCEV4w8SBn8omqAUl1HUtqTpmxtX3UQa+9bVqY1wXs';
const CHECKPOINT =
  'log.example/bodega\n300\nzdbZhHbyqhi3Vw1NagHHY8DLZvQ0Weow3O9XB0YA9uE=\n\n' +
  '— log.example/bodega OaqyaJk/uD2pZjA7APTn76BLnMlvlYId6zpxpQEm2mX1GNaOfNI+9gurQ5l9mgsYyFuHsg28oaMjBQXdalrLJkso2wU=\n';

const entries = Array.from({ length: 300 }, (_, i) => Buffer.from(`e${i}`));
const hashes = entries.map(hashOfLeaf);
const hex = (list: readonly Buffer[]): string[] => list.map((hash) => hash.toString('hex'));
const rootOf = (size: number): Buffer => treeHash(hashes.slice(0, size));
/** A proof as we plan it, each range hashed by the definition. */
const planned = (ranges: readonly { from: number; to: number }[]): string[] =>
  hex(ranges.map(({ from, to }) => treeHash(hashes.slice(from, to))));

function signer() {
  const seed = createHash('sha256').update('bodega test vector').digest();
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { ...parseVkey(VKEY), privateKey };
}

describe('trees', () => {
  it('have the published roots, by ours and by the definition', () => {
    const classic = CLASSIC.map((text) => Buffer.from(text, 'hex'));
    for (let n = 0; n <= 8; n++) {
      const range = new CompactRange();
      const edge = new TileEdge();
      for (const entry of classic.slice(0, n)) {
        range.append(leafHash(entry));
        edge.append(leafHash(entry));
      }
      expect(hex([range.root(), edge.root(), treeHash(classic.slice(0, n).map(hashOfLeaf))])).toEqual(
        Array.from({ length: 3 }, () => CLASSIC_ROOTS[n]),
      );
    }
    for (const [size, root] of Object.entries(E_ROOTS)) {
      const edge = new TileEdge();
      for (const hash of hashes.slice(0, Number(size))) edge.append(hash);
      expect(hex([edge.root(), rootOf(Number(size))])).toEqual([root, root]);
    }
  });

  it('have the published inclusion proofs', () => {
    const proofs = [
      [2, 7, INCLUSION_2_IN_7],
      [6, 7, INCLUSION_6_IN_7],
      [257, 300, INCLUSION_257_IN_300.map((line) => Buffer.from(line, 'base64').toString('hex'))],
    ] as const;
    for (const [index, size, proof] of proofs) {
      expect(planned(inclusionRanges(index, size))).toEqual(proof);
      expect(hex(auditPath(index, hashes.slice(0, size)))).toEqual(proof);
      const path = proof.map((hash) => Buffer.from(hash, 'hex'));
      expect(provesInclusion(hashes[index] as Buffer, index, size, path, rootOf(size))).toBe(true);
    }
  });

  it('have the published consistency proofs', () => {
    const proofs = [
      [3, 7, CONSISTENCY_3_TO_7],
      [4, 7, CONSISTENCY_4_TO_7],
      [256, 300, CONSISTENCY_256_TO_300],
    ] as const;
    for (const [first, second, proof] of proofs) {
      expect(planned(consistencyRanges(first, second))).toEqual(proof);
      const path = proof.map((hash) => Buffer.from(hash, 'hex'));
      expect(provesConsistency(first, second, rootOf(first), rootOf(second), path)).toBe(true);
    }
  });

  it('are proven by ours as by the definition for every pair of sizes 1 to 69, and by nothing shorter or longer', () => {
    let pairs = 0;
    for (let size = 1; size <= 69; size++) {
      const tree = hashes.slice(0, size);
      for (let index = 0; index < size; index++, pairs++) {
        const path = auditPath(index, tree);
        expect(planned(inclusionRanges(index, size))).toEqual(hex(path));
        const proves = (path: readonly Buffer[]): boolean =>
          provesInclusion(hashes[index] as Buffer, index, size, path, rootOf(size));
        expect([proves(path), proves([...path, rootOf(1)]), path.length > 0 && proves(path.slice(1))]).toEqual([
          true,
          false,
          false,
        ]);
      }
      for (let first = 1; first <= size; first++, pairs++) {
        const path = extensionPath(first, tree);
        expect(planned(consistencyRanges(first, size))).toEqual(hex(path));
        const proves = (path: readonly Buffer[]): boolean =>
          provesConsistency(first, size, rootOf(first), rootOf(size), path);
        expect([proves(path), proves([...path, rootOf(1)]), path.length > 0 && proves(path.slice(1))]).toEqual([
          true,
          false,
          false,
        ]);
      }
    }
    expect(pairs).toBe(4830);
  });
});

describe('tiles', () => {
  it('have the published bytes at 300 entries', () => {
    const resources = resourcesOf(entries);
    const ours = new Map<string, Buffer>();
    const edge = new TileEdge();
    for (const hash of hashes) {
      edge.append(hash, ({ level, index, hashes }) => {
        ours.set(tilePath({ level, index, width: 256 }), Buffer.concat(hashes));
      });
    }
    for (const tile of partialTiles(300)) ours.set(tilePath(tile), Buffer.concat(edge.row(tile.level)));
    ours.set('tile/entries/001.p/44', joinBundle(entries.slice(256)));
    ours.set('tile/entries/000', joinBundle(entries.slice(0, 256)));

    expect(new Map([...ours].sort())).toEqual(new Map([...resources].sort()));
    for (const [path, bytes, sha256] of TILES_OF_300) {
      expect([
        ours.get(path)?.length,
        createHash('sha256')
          .update(ours.get(path) ?? '')
          .digest('hex'),
      ]).toEqual([bytes, sha256]);
    }
    expect(ours.get('tile/1/000.p/1')?.toString('hex')).toBe(E_ROOTS[256]);
    expect(ours.get('tile/entries/001.p/44')?.toString('hex')).toMatch(/^00046532353600046532/);
  });

  it('are named as the specification names them', () => {
    expect(tilePath({ level: 0, index: 5, width: 256 })).toBe('tile/0/005');
    expect(tilePath({ level: 0, index: 1000, width: 256 })).toBe('tile/0/x001/000');
    expect(tilePath({ level: 'entries', index: 1_234_067, width: 255 })).toBe('tile/entries/x001/x234/067.p/255');
    expect(parseTilePath('tile/2/x001/x234/067.p/1')).toEqual({ level: 2, index: 1_234_067, width: 1 });
    expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(partialTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it.each([
    'tile/00/000',
    'tile/64/000',
    'tile/0/0',
    'tile/0/x000/001',
    'tile/0/001/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/data/000',
    'tile/0/000/',
    'tile/0/%30%30%30',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    '',
  ])('are not named %j', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  it('of entries that end too early are refused', () => {
    const bundle = joinBundle([Buffer.from('one'), Buffer.alloc(65_535, 7), Buffer.alloc(0)]);

    expect(splitBundle(bundle).map((entry) => entry.length)).toEqual([3, 65_535, 0]);
    for (const end of [1, 4, 6, bundle.length - 1]) {
      expect(() => splitBundle(bundle.subarray(0, end))).toThrow('ends within an entry');
    }
    expect(() => joinBundle([Buffer.alloc(65_536)])).toThrow('fits no bundle');
  });
});

describe('signed notes', () => {
  it('of the specification open', () => {
    expect(openNote(SPEC_NOTE, [parseVkey(SPEC_VKEY)]).text).toBe('This is an example message.\n');
    expect(noteText(Buffer.from(SPEC_NOTE), SPEC_VKEY)).toBe('This is an example message.\n');
    expect(formatVkey(parseVkey(SPEC_VKEY))).toBe(SPEC_VKEY);
  });

  it('are signed as in our vector, byte for byte', () => {
    const rootHash = rootOf(300);

    expect(noteKeyId(signer()).toString('hex')).toBe('39aab268');
    expect(signNote(formatCheckpoint({ origin: NAME, size: 300, rootHash }), [signer()])).toBe(CHECKPOINT);
    expect(openCheckpoint(CHECKPOINT, [parseVkey(VKEY)])).toEqual({ origin: NAME, size: 300, rootHash });
    expect(checkpointOf(Buffer.from(CHECKPOINT), VKEY)).toEqual({ origin: NAME, size: 300, root: rootHash });
  });

  it('are refused after any change of a byte of text or signature, by ours and by the other', () => {
    const note = Buffer.from(CHECKPOINT);
    for (let at = 0; at < note.length; at++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(() => openNote(changed, [parseVkey(VKEY)])).toThrow(NoteProblem);
        expect(noteText(changed, VKEY)).toBeNull();
      }
    }
  });

  it('pass over unknown keys, and not over a wrong signature of a known one', () => {
    const foreign = '— other.example AAAAAAAA\n';
    const wrong = signNote('another text\n', [signer()]).split('\n').at(-2);

    expect(openNote(CHECKPOINT + foreign, [parseVkey(VKEY)]).text).toBe(CHECKPOINT.split('\n\n')[0] + '\n');
    expect(() => openNote(`${CHECKPOINT}${wrong}\n`, [parseVkey(VKEY)])).toThrow('is not of this text');
    expect(() => openNote(CHECKPOINT, [parseVkey(SPEC_VKEY)])).toThrow('none of the known keys signed it');
    expect(() => openCheckpoint(SPEC_NOTE, [parseVkey(SPEC_VKEY)])).toThrow('it is not a checkpoint');
  });

  it('may hold empty lines, and carry a hundred signatures', () => {
    const text = 'a\n\nb\n\n';
    const many = Array.from({ length: 99 }, (_, i) => `— w${i}.example AAAAAAAA\n`).join('');

    expect(openNote(signNote(text, [signer()]) + many, [parseVkey(VKEY)]).text).toBe(text);
    expect(() => openNote(`${signNote(text, [signer()])}${many}${many}`, [parseVkey(VKEY)])).toThrow('more than 100');
  });

  it.each([
    ['no signature', 'text\n\n'],
    ['no blank line', 'text\n— log.example/bodega AAAAAAAA\n'],
    ['no last newline', CHECKPOINT.slice(0, -1)],
    ['a carriage return', CHECKPOINT.replace('\n', '\r\n')],
    ['what is no base64', 'text\n\n— log.example/bodega AAAAAAA*\n'],
    ['base64 with a bit too many', 'text\n\n— log.example/bodega AAAAAAB=\n'],
    ['a name with a plus sign', 'text\n\n— log+x AAAAAAAA\n'],
  ])('with %s are none', (_what, note) => {
    expect(() => openNote(note, [parseVkey(VKEY)])).toThrow(NoteProblem);
  });

  it.each(['', 'x', 'x+y+z', VKEY.replace('39aab268', '39aab269'), VKEY.slice(0, -4), VKEY.replace('+ASj', '+AiF')])(
    'have no key %j',
    (vkey) => {
      expect(() => parseVkey(vkey)).toThrow(NoteProblem);
    },
  );

  it.each(['o\n01\n', 'o\n-1\n', 'o\n1e3\n', '\n1\n', 'o\n9999999999999999\n', 'o\n1\nAAAA\n', 'o\n1\n'])(
    'say no checkpoint with %j',
    (head) => {
      const root = `${rootOf(1).toString('base64')}\n`;
      expect(() => parseCheckpoint(head.includes('AAAA') || head === 'o\n1\n' ? head : head + root)).toThrow(
        NoteProblem,
      );
    },
  );

  it('may carry extension lines in a checkpoint', () => {
    expect(parseCheckpoint(`o\n1\n${rootOf(1).toString('base64')}\nextension\n`)).toMatchObject({
      origin: 'o',
      size: 1,
    });
  });
});

describe('offline proofs', () => {
  it('have the published form, and fail after any change of a byte', () => {
    const path = auditPath(257, hashes);
    const file = formatTlogProof(257, path, CHECKPOINT);

    expect(file).toBe(`c2sp.org/tlog-proof@v1\nindex 257\n${INCLUSION_257_IN_300.join('\n')}\n\n${CHECKPOINT}`);
    expect(provesOffline(Buffer.from(file), entries[257] as Buffer, VKEY)).toBe(true);
    expect(provesOffline(Buffer.from(file), entries[256] as Buffer, VKEY)).toBe(false);
    for (let at = 0; at < file.length; at++) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(provesOffline(changed, entries[257] as Buffer, VKEY)).toBe(false);
    }
  });
});
