import type { Thing } from './scenery.js';
import { cameraLookingAt } from './scenery.js';
import type { Mat3, Vec3 } from './vectors.js';
import { IDENTITY, rotate, scale } from './vectors.js';

const SHADOW_SIZE = 1024;
/** The shadow map covers this many metres around the middle of the table. */
const SHADOW_SPAN_M = 1.15;
const SHADOW_CENTRE: Vec3 = [0.2, 0, 0.12];
/** Depth difference below which a surface does not shade itself. */
const SHADOW_BIAS_M = 0.004;

/** What the sun sees: for each of its rays, how far it comes. */
export class ShadowMap {
  private readonly depths = new Float32Array(SHADOW_SIZE * SHADOW_SIZE);
  private readonly seen = new Float64Array(3 * 65536);
  private toLight: Mat3 = IDENTITY;

  /** Draws everything as the sun sees it. */
  cast(things: readonly Thing[], toSun: Vec3): void {
    this.toLight = cameraLookingAt([0, 0, 0], scale(toSun, -1), [0, 1, 0.001], 1).rotation;
    const toLight = this.toLight;
    this.depths.fill(Number.POSITIVE_INFINITY);
    const k = SHADOW_SIZE / SHADOW_SPAN_M;
    const seen = this.seen;
    for (const { mesh, rotation, position, castsShadow } of things) {
      if (castsShadow === false) continue;
      const p = mesh.positions;
      for (let i = 0; i < p.length; i += 3) {
        const world = rotate(rotation, [p[i] ?? 0, p[i + 1] ?? 0, p[i + 2] ?? 0]);
        const inLight = rotate(toLight, [
          world[0] + position[0] - SHADOW_CENTRE[0],
          world[1] + position[1] - SHADOW_CENTRE[1],
          world[2] + position[2] - SHADOW_CENTRE[2],
        ]);
        seen[i] = SHADOW_SIZE / 2 + inLight[0] * k;
        seen[i + 1] = SHADOW_SIZE / 2 + inLight[1] * k;
        seen[i + 2] = inLight[2];
      }
      const t = mesh.triangles;
      for (let i = 0; i < t.length; i += 3) this.fill(3 * (t[i] ?? 0), 3 * (t[i + 1] ?? 0), 3 * (t[i + 2] ?? 0));
    }
  }

  private fill(a: number, b: number, c: number): void {
    const s = this.seen;
    const ax = s[a] ?? 0,
      ay = s[a + 1] ?? 0,
      az = s[a + 2] ?? 0;
    const bx = s[b] ?? 0,
      by = s[b + 1] ?? 0,
      bz = s[b + 2] ?? 0;
    const cx = s[c] ?? 0,
      cy = s[c + 1] ?? 0,
      cz = s[c + 2] ?? 0;
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    if (area === 0) return;
    const x0 = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5)),
      x1 = Math.min(SHADOW_SIZE - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const y0 = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5)),
      y1 = Math.min(SHADOW_SIZE - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    const inv = 1 / area;
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const px = x + 0.5,
          py = y + 0.5;
        const wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inv;
        const wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inv;
        if (wb < 0 || wc < 0 || wb + wc > 1) continue;
        const z = az + wb * (bz - az) + wc * (cz - az);
        const at = y * SHADOW_SIZE + x;
        if (z < (this.depths[at] ?? 0)) this.depths[at] = z;
      }
    }
  }

  /** 1 in the sun, 0 in shadow, softly between: four neighbours of the shadow map, weighted by distance. */
  sunlight(x: number, y: number, z: number): number {
    const m = this.toLight;
    const k = SHADOW_SIZE / SHADOW_SPAN_M;
    const dx = x - SHADOW_CENTRE[0],
      dy = y - SHADOW_CENTRE[1],
      dz = z - SHADOW_CENTRE[2];
    const u = SHADOW_SIZE / 2 + (m[0] * dx + m[1] * dy + m[2] * dz) * k - 0.5;
    const v = SHADOW_SIZE / 2 + (m[3] * dx + m[4] * dy + m[5] * dz) * k - 0.5;
    const depth = m[6] * dx + m[7] * dy + m[8] * dz - SHADOW_BIAS_M;
    const u0 = Math.floor(u),
      v0 = Math.floor(v);
    if (u0 < 0 || v0 < 0 || u0 >= SHADOW_SIZE - 1 || v0 >= SHADOW_SIZE - 1) return 1;
    const at = v0 * SHADOW_SIZE + u0;
    const fu = u - u0,
      fv = v - v0;
    const top = (depth < (this.depths[at] ?? 0) ? 1 - fu : 0) + (depth < (this.depths[at + 1] ?? 0) ? fu : 0);
    const low =
      (depth < (this.depths[at + SHADOW_SIZE] ?? 0) ? 1 - fu : 0) +
      (depth < (this.depths[at + SHADOW_SIZE + 1] ?? 0) ? fu : 0);
    return top * (1 - fv) + low * fv;
  }
}
