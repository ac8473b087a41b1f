/** Triangles with a normal at each corner, in the shape's own frame, metres. */
export interface Mesh {
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  readonly triangles: Uint16Array;
}

class MeshBuilder {
  private readonly positions: number[] = [];
  private readonly normals: number[] = [];
  private readonly triangles: number[] = [];

  corner(x: number, y: number, z: number, nx: number, ny: number, nz: number): number {
    this.positions.push(x, y, z);
    this.normals.push(nx, ny, nz);
    return this.positions.length / 3 - 1;
  }

  triangle(a: number, b: number, c: number): void {
    this.triangles.push(a, b, c);
  }

  quad(a: number, b: number, c: number, d: number): void {
    this.triangles.push(a, b, c, a, c, d);
  }

  build(): Mesh {
    return {
      positions: Float32Array.from(this.positions),
      normals: Float32Array.from(this.normals),
      triangles: Uint16Array.from(this.triangles),
    };
  }
}

/** Curve of a solid of revolution: radius, height, and the outward normal in that plane. */
type Profile = readonly (readonly [radius: number, height: number, normalR: number, normalZ: number])[];

function revolve(profile: Profile, segments: number): Mesh {
  const mesh = new MeshBuilder();
  const rings = profile.map(([radius, height, nr, nz]) =>
    Array.from({ length: segments }, (_, i) => {
      const a = (2 * Math.PI * i) / segments;
      const [c, s] = [Math.cos(a), Math.sin(a)];
      return mesh.corner(radius * c, radius * s, height, nr * c, nr * s, nz);
    }),
  );
  for (let r = 0; r + 1 < rings.length; r++) {
    const [low, high] = [rings[r] ?? [], rings[r + 1] ?? []];
    for (let i = 0; i < segments; i++) {
      const j = (i + 1) % segments;
      mesh.quad(low[i] ?? 0, low[j] ?? 0, high[j] ?? 0, high[i] ?? 0);
    }
  }
  return mesh.build();
}

/** A cylinder along z around its centre, its rims broken by a small bevel that catches the light. */
export function cylinder(radius: number, half: number, segments = 28): Mesh {
  const bevel = Math.min(radius, half) * 0.14;
  const d = Math.SQRT1_2;
  return revolve(
    [
      [0, -half, 0, -1],
      [radius - bevel, -half, 0, -1],
      [radius - bevel, -half, d, -d],
      [radius, -half + bevel, d, -d],
      [radius, -half + bevel, 1, 0],
      [radius, half - bevel, 1, 0],
      [radius, half - bevel, d, d],
      [radius - bevel, half, d, d],
      [radius - bevel, half, 0, 1],
      [0, half, 0, 1],
    ],
    segments,
  );
}

/** A tapering shell along z from `low` to `high` with round ends: a link of the arm. */
export function link(radiusLow: number, radiusHigh: number, low: number, high: number, segments = 24): Mesh {
  const cap = 5;
  const profile: [number, number, number, number][] = [];
  for (let i = 0; i <= cap; i++) {
    const a = -Math.PI / 2 + (Math.PI / 2) * (i / cap);
    profile.push([radiusLow * Math.cos(a), low + radiusLow * Math.sin(a), Math.cos(a), Math.sin(a)]);
  }
  for (let i = 0; i <= cap; i++) {
    const a = (Math.PI / 2) * (i / cap);
    profile.push([radiusHigh * Math.cos(a), high + radiusHigh * Math.sin(a), Math.cos(a), Math.sin(a)]);
  }
  return revolve(profile, segments);
}

/** A box around its centre with bevelled edges: six faces, twelve edges, eight corners. */
export function box(hx: number, hy: number, hz: number, bevelAtMost = 0.0025): Mesh {
  const bevel = Math.min(bevelAtMost, 0.3 * Math.min(hx, hy, hz));
  const mesh = new MeshBuilder();
  const half = [hx, hy, hz] as const;
  const signs = [-1, 1] as const;
  // The corner of the face across `axis` that lies at the signs (sx, sy, sz); its normal is the face's.
  const faceCorner = (axis: 0 | 1 | 2, s: readonly [number, number, number]): number => {
    const p = half.map((h, i) => (i === axis ? h : h - bevel) * (s[i] ?? 1));
    const n = s.map((v, i) => (i === axis ? v : 0));
    return mesh.corner(p[0] ?? 0, p[1] ?? 0, p[2] ?? 0, n[0] ?? 0, n[1] ?? 0, n[2] ?? 0);
  };
  const at = (axis: number, u: number, v: number, w: number): readonly [number, number, number] => {
    const s: [number, number, number] = [0, 0, 0];
    s[axis] = u;
    s[(axis + 1) % 3] = v;
    s[(axis + 2) % 3] = w;
    return s;
  };
  const corners = new Map<string, number>();
  for (const axis of [0, 1, 2] as const) {
    for (const u of signs)
      for (const v of signs)
        for (const w of signs) {
          const s = at(axis, u, v, w);
          corners.set(`${axis}:${s.join()}`, faceCorner(axis, s));
        }
  }
  const pick = (axis: number, s: readonly [number, number, number]): number => corners.get(`${axis}:${s.join()}`) ?? 0;
  for (const axis of [0, 1, 2] as const) {
    const [next, other] = [(axis + 1) % 3, (axis + 2) % 3];
    for (const u of signs) {
      mesh.quad(
        pick(axis, at(axis, u, -1, -1)),
        pick(axis, at(axis, u, 1, -1)),
        pick(axis, at(axis, u, 1, 1)),
        pick(axis, at(axis, u, -1, 1)),
      );
      // The bevel between this face and its neighbour across `next`.
      for (const v of signs) {
        mesh.quad(
          pick(axis, at(axis, u, v, -1)),
          pick(axis, at(axis, u, v, 1)),
          pick(next, at(axis, u, v, 1)),
          pick(next, at(axis, u, v, -1)),
        );
      }
    }
    if (axis === 0) {
      for (const u of signs)
        for (const v of signs)
          for (const w of signs) {
            const s = at(0, u, v, w);
            mesh.triangle(pick(0, s), pick(next, s), pick(other, s));
          }
    }
  }
  return mesh.build();
}
