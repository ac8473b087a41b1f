import { describe, expect, it } from '@jest/globals';
import { box } from './meshes.js';
import { Rasteriser } from './rasteriser.js';
import type { Light, Thing } from './scenery.js';
import { cameraLookingAt, colourOf } from './scenery.js';
import { IDENTITY } from './vectors.js';

const LIGHT: Light = { toSun: [0, 0, 1], sun: 0.8, sky: [0.2, 0.2, 0.2], bounce: [0.2, 0.2, 0.2], exposure: 1 };
const BLACK = (): readonly [number, number, number] => [0, 0, 0];
const FROM_ABOVE = cameraLookingAt([0.2, 0, 1], [0.2, 0, 0], [0, 1, 0], 64);

function slab(colour: string, half: number, z: number, castsShadow = true): Thing {
  return {
    mesh: box(half, half, 0.01),
    surface: { colour: colourOf(colour), shine: 0 },
    position: [0.2, 0, z],
    rotation: IDENTITY,
    castsShadow,
  };
}

function pixel(picture: Uint8Array | undefined, x: number, y: number): number[] {
  return Array.from(picture?.subarray(3 * (64 * y + x), 3 * (64 * y + x) + 3) ?? []);
}

describe('the rasteriser', () => {
  it('draws the nearer thing in front, whatever the order', () => {
    const [near, far] = [slab('#ff0000', 0.1, 0.2), slab('#0000ff', 0.4, 0)];

    for (const things of [
      [near, far],
      [far, near],
    ]) {
      const [picture] = new Rasteriser(64, 64).draw(things, [FROM_ABOVE], LIGHT, BLACK);

      const [red, , blue] = pixel(picture, 32, 32);
      expect(red).toBeGreaterThan(200);
      expect(blue).toBeLessThan(10);
      expect(pixel(picture, 14, 32)[2]).toBeGreaterThan(200);
      expect(pixel(picture, 0, 0)).toEqual([0, 0, 0]);
    }
  });

  it('darkens the ground under a thing that stands in the sun', () => {
    const slanted: Light = { ...LIGHT, toSun: [Math.SQRT1_2, 0, Math.SQRT1_2] };
    const ground = slab('#ffffff', 0.45, 0, false);

    const [bare] = new Rasteriser(64, 64).draw([ground], [FROM_ABOVE], slanted, BLACK);
    const [shaded] = new Rasteriser(64, 64).draw([ground, slab('#ffffff', 0.06, 0.2)], [FROM_ABOVE], slanted, BLACK);

    // The slab at 20 cm throws its shadow 20 cm away from the sun, to the left in this picture.
    expect(pixel(shaded, 20, 32)[0] ?? 0).toBeLessThan((pixel(bare, 20, 32)[0] ?? 0) - 60);
    expect(pixel(shaded, 48, 32)).toEqual(pixel(bare, 48, 32));
  });

  it('cuts what reaches behind the camera instead of drawing it wrongly', () => {
    const inside = cameraLookingAt([0.2, 0, 0.3], [0.5, 0, 0.1], [0, 0, 1], 40);

    const [picture] = new Rasteriser(64, 64).draw([slab('#00ff00', 0.6, 0)], [inside], LIGHT, BLACK);

    expect(pixel(picture, 32, 60)[1]).toBeGreaterThan(200);
    expect(pixel(picture, 32, 2)).toEqual([0, 0, 0]);
  });
});
