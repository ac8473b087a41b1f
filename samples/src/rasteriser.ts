import type { Camera, Colour, Light, Thing } from './scenery.js';
import { ShadowMap } from './shadow-map.js';
import { rotate } from './vectors.js';

const NEAR_M = 0.012;
const SUPERSAMPLING = 2;
/** Linear light 0..1 in 4096 steps to the sRGB byte. */
const TO_BYTE = Uint8Array.from({ length: 4097 }, (_, i) => {
  const v = i / 4096;
  return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
});

/** Compresses bright light softly instead of clipping it. */
function tone(v: number): number {
  const mapped = v < 0.7 ? v : 0.7 + 0.3 * (1 - Math.exp(-(v - 0.7) / 0.3));
  return mapped < 0 ? 0 : mapped > 1 ? 1 : mapped;
}

/**
 * Draws solid things with one shadow-casting sun, in plain JavaScript. Deferred: triangles write depth, normal and owner;
 * each of the 2 × 2 samples of a pixel is then lit once.
 */
export class Rasteriser {
  private readonly w: number;
  private readonly h: number;
  private readonly inverseDepth: Float32Array;
  private readonly normals: Float32Array;
  private readonly owner: Int16Array;
  private readonly shadows = new ShadowMap();
  private readonly corner = new Float64Array(4 * 6);
  private readonly seen = new Float64Array(3 * 65536);
  private readonly turned = new Float64Array(3 * 65536);

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.w = width * SUPERSAMPLING;
    this.h = height * SUPERSAMPLING;
    this.inverseDepth = new Float32Array(this.w * this.h);
    this.normals = new Float32Array(3 * this.w * this.h);
    this.owner = new Int16Array(this.w * this.h);
  }

  /** One picture for each camera, as rgb24 rows from the top; fresh buffers each time. */
  draw(
    things: readonly Thing[],
    cameras: readonly Camera[],
    light: Light,
    background: (row: number) => Colour,
  ): Uint8Array[] {
    this.shadows.cast(things, light.toSun);
    return cameras.map((camera) => {
      this.inverseDepth.fill(0);
      this.owner.fill(-1);
      things.forEach((thing, i) => this.drawThing(thing, i, camera));
      return this.shade(things, camera, light, background);
    });
  }

  private drawThing({ mesh, rotation, position }: Thing, index: number, camera: Camera): void {
    const p = mesh.positions;
    const seen = this.seen;
    const turned = this.turned;
    for (let i = 0; i < p.length; i += 3) {
      const world = rotate(rotation, [p[i] ?? 0, p[i + 1] ?? 0, p[i + 2] ?? 0]);
      const inCamera = rotate(camera.rotation, [
        world[0] + position[0] - camera.position[0],
        world[1] + position[1] - camera.position[1],
        world[2] + position[2] - camera.position[2],
      ]);
      seen[i] = inCamera[0];
      seen[i + 1] = inCamera[1];
      seen[i + 2] = inCamera[2];
      const n = rotate(rotation, [mesh.normals[i] ?? 0, mesh.normals[i + 1] ?? 0, mesh.normals[i + 2] ?? 0]);
      turned[i] = n[0];
      turned[i + 1] = n[1];
      turned[i + 2] = n[2];
    }
    const t = mesh.triangles;
    for (let i = 0; i < t.length; i += 3) {
      const count = this.clip(3 * (t[i] ?? 0), 3 * (t[i + 1] ?? 0), 3 * (t[i + 2] ?? 0));
      for (let k = 2; k < count; k++) this.fill(0, k - 1, k, index, camera.focal * SUPERSAMPLING);
    }
  }

  /** Cuts a triangle at the near plane into `corner` (x, y, z, normal); returns 0, 3 or 4 corners. */
  private clip(a: number, b: number, c: number): number {
    const s = this.seen;
    const n = this.turned;
    const out = this.corner;
    const from = [a, b, c];
    let count = 0;
    for (let i = 0; i < 3; i++) {
      const p = from[i] ?? 0;
      const q = from[(i + 1) % 3] ?? 0;
      const pz = s[p + 2] ?? 0,
        qz = s[q + 2] ?? 0;
      if (pz >= NEAR_M) {
        for (let j = 0; j < 3; j++) {
          out[6 * count + j] = s[p + j] ?? 0;
          out[6 * count + 3 + j] = n[p + j] ?? 0;
        }
        count++;
      }
      if (pz >= NEAR_M !== qz >= NEAR_M) {
        const k = (NEAR_M - pz) / (qz - pz);
        for (let j = 0; j < 3; j++) {
          out[6 * count + j] = (s[p + j] ?? 0) + k * ((s[q + j] ?? 0) - (s[p + j] ?? 0));
          out[6 * count + 3 + j] = (n[p + j] ?? 0) + k * ((n[q + j] ?? 0) - (n[p + j] ?? 0));
        }
        count++;
      }
    }
    return count;
  }

  private fill(a: number, b: number, c: number, index: number, focal: number): void {
    const o = this.corner;
    const w = this.w;
    const az = 1 / (o[6 * a + 2] ?? 1),
      bz = 1 / (o[6 * b + 2] ?? 1),
      cz = 1 / (o[6 * c + 2] ?? 1);
    const ax = w / 2 + focal * (o[6 * a] ?? 0) * az,
      ay = this.h / 2 + focal * (o[6 * a + 1] ?? 0) * az;
    const bx = w / 2 + focal * (o[6 * b] ?? 0) * bz,
      by = this.h / 2 + focal * (o[6 * b + 1] ?? 0) * bz;
    const cx = w / 2 + focal * (o[6 * c] ?? 0) * cz,
      cy = this.h / 2 + focal * (o[6 * c + 1] ?? 0) * cz;
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    if (area === 0) return;
    const inv = 1 / area;
    const x0 = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5)),
      x1 = Math.min(w - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const y0 = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5)),
      y1 = Math.min(this.h - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    const ka = 6 * a + 3,
      kb = 6 * b + 3,
      kc = 6 * c + 3;
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const px = x + 0.5,
          py = y + 0.5;
        const wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inv;
        const wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inv;
        const wa = 1 - wb - wc;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        const z = wa * az + wb * bz + wc * cz;
        const at = y * w + x;
        if (z <= (this.inverseDepth[at] ?? 0)) continue;
        this.inverseDepth[at] = z;
        this.owner[at] = index;
        const pa = (wa * az) / z,
          pb = (wb * bz) / z,
          pc = (wc * cz) / z;
        this.normals[3 * at] = pa * (o[ka] ?? 0) + pb * (o[kb] ?? 0) + pc * (o[kc] ?? 0);
        this.normals[3 * at + 1] = pa * (o[ka + 1] ?? 0) + pb * (o[kb + 1] ?? 0) + pc * (o[kc + 1] ?? 0);
        this.normals[3 * at + 2] = pa * (o[ka + 2] ?? 0) + pb * (o[kb + 2] ?? 0) + pc * (o[kc + 2] ?? 0);
      }
    }
  }

  /**
   * How far apart the samples of a pixel are that need light: all four (1) where things or faces meet, two across the
   * diagonal (3) on one patterned face, one (4) on one plain face. Lighting all four everywhere took twice the time.
   */
  private sampleStep(things: readonly Thing[], at: number): 1 | 3 | 4 {
    const { owner, normals, w } = this;
    const whose = owner[at] ?? -1;
    if (owner[at + 1] !== whose || owner[at + w] !== whose || owner[at + w + 1] !== whose) return 1;
    const thing = things[whose];
    if (thing === undefined) return 4;
    let bend = 0;
    for (let i = 0; i < 3; i++) {
      bend += Math.abs((normals[3 * at + i] ?? 0) - (normals[3 * (at + w + 1) + i] ?? 0));
      bend += Math.abs((normals[3 * (at + 1) + i] ?? 0) - (normals[3 * (at + w) + i] ?? 0));
    }
    if (bend > 0.15) return 1;
    return thing.surface.pattern ? 3 : 4;
  }

  private shade(
    things: readonly Thing[],
    camera: Camera,
    light: Light,
    background: (row: number) => Colour,
  ): Uint8Array {
    const picture = new Uint8Array(3 * this.width * this.height);
    const { w, normals } = this;
    const m = camera.rotation;
    const inverseFocal = 1 / (camera.focal * SUPERSAMPLING);
    const sun = light.toSun;
    for (let row = 0; row < this.height; row++) {
      const sky = background(row / this.height);
      for (let column = 0; column < this.width; column++) {
        let red = 0,
          green = 0,
          blue = 0;
        const step = this.sampleStep(things, 2 * row * w + 2 * column);
        for (let sample = 0; sample < 4; sample += step) {
          const x = column * SUPERSAMPLING + (sample & 1);
          const y = row * SUPERSAMPLING + (sample >> 1);
          const at = y * w + x;
          const thing = things[this.owner[at] ?? -1];
          if (thing === undefined) {
            red += tone(sky[0] * light.exposure);
            green += tone(sky[1] * light.exposure);
            blue += tone(sky[2] * light.exposure);
            continue;
          }
          const depth = 1 / (this.inverseDepth[at] ?? 1);
          const vx = (x + 0.5 - w / 2) * inverseFocal,
            vy = (y + 0.5 - this.h / 2) * inverseFocal;
          // The ray of this sample in the world, one metre forward per unit of depth.
          const rx = m[0] * vx + m[3] * vy + m[6],
            ry = m[1] * vx + m[4] * vy + m[7],
            rz = m[2] * vx + m[5] * vy + m[8];
          const px = camera.position[0] + rx * depth,
            py = camera.position[1] + ry * depth,
            pz = camera.position[2] + rz * depth;
          let nx = normals[3 * at] ?? 0,
            ny = normals[3 * at + 1] ?? 0,
            nz = normals[3 * at + 2] ?? 0;
          const unit = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12);
          nx *= unit;
          ny *= unit;
          nz *= unit;
          const facing = nx * sun[0] + ny * sun[1] + nz * sun[2];
          const lit = facing > 0 ? this.shadows.sunlight(px + nx * 0.002, py + ny * 0.002, pz + nz * 0.002) : 0;
          const direct = lit * (facing > 0 ? facing : 0) * light.sun;
          const upward = 0.5 + 0.5 * nz;
          let shine = 0;
          if (thing.surface.shine > 0 && lit > 0) {
            const back = 1 / Math.sqrt(rx * rx + ry * ry + rz * rz);
            const hx = sun[0] - rx * back,
              hy = sun[1] - ry * back,
              hz = sun[2] - rz * back;
            const half = (nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz + 1e-12);
            if (half > 0.8) {
              // half ** 40 by squaring: Math.pow took a third of the frame.
              const h4 = half * half * half * half,
                h8 = h4 * h4;
              shine = thing.surface.shine * lit * h8 * h8 * h8 * h8 * h8;
            }
          }
          const { pattern } = thing.surface;
          const colour = pattern ? pattern(px, py, depth * inverseFocal) : thing.surface.colour;
          red += tone(
            (colour[0] * (direct + light.bounce[0] + (light.sky[0] - light.bounce[0]) * upward) + shine) *
              light.exposure,
          );
          green += tone(
            (colour[1] * (direct + light.bounce[1] + (light.sky[1] - light.bounce[1]) * upward) + shine) *
              light.exposure,
          );
          blue += tone(
            (colour[2] * (direct + light.bounce[2] + (light.sky[2] - light.bounce[2]) * upward) + shine) *
              light.exposure,
          );
        }
        const share = step === 4 ? 4096 : step === 3 ? 2048 : 1024;
        const out = 3 * (row * this.width + column);
        picture[out] = TO_BYTE[Math.round(red * share)] ?? 255;
        picture[out + 1] = TO_BYTE[Math.round(green * share)] ?? 255;
        picture[out + 2] = TO_BYTE[Math.round(blue * share)] ?? 255;
      }
    }
    return picture;
  }
}
