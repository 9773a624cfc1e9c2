/** From pen paths to pixels: the ink at a pixel follows from its distance to the line. */
import type { PenPath } from "./pen.js";

/**
 * Lays the line of a pen on a square image, brighter where it already lies on ink: each pixel takes the most ink of all pieces.
 *
 * @param ink row-major, 0 for paper to 1 for full ink; changed in place
 * @param softness the width of the line's edge in pixels: 1 for a sharp pen, more for a soft one
 * @param strength the ink of the line's middle, up to 1
 */
export function layInk(ink: Float64Array, size: number, path: PenPath, softness: number, strength: number): void {
  const { x, y, radius } = path;
  const half = softness / 2;
  const perSoftness = 1 / softness;
  for (let i = 0; i + 1 < x.length; i++) {
    const x0 = x[i];
    const y0 = y[i];
    const r0 = radius[i] + half;
    const dx = x[i + 1] - x0;
    const dy = y[i + 1] - y0;
    const dr = radius[i + 1] - radius[i];
    const inverse = 1 / (dx * dx + dy * dy + 1e-12);
    const reach = dr > 0 ? r0 + dr : r0;
    const limit = reach * reach;
    // The pixels whose middles can lie within reach of the piece.
    const left = Math.max(0, Math.floor((dx < 0 ? x0 + dx : x0) - reach + 0.5));
    const right = Math.min(size - 1, Math.floor((dx < 0 ? x0 : x0 + dx) + reach - 0.5));
    const top = Math.max(0, Math.floor((dy < 0 ? y0 + dy : y0) - reach + 0.5));
    const bottom = Math.min(size - 1, Math.floor((dy < 0 ? y0 : y0 + dy) + reach - 0.5));
    for (let row = top; row <= bottom; row++) {
      const v = row + 0.5 - y0;
      for (let column = left; column <= right; column++) {
        const u = column + 0.5 - x0;
        let t = (u * dx + v * dy) * inverse;
        if (t < 0) t = 0;
        else if (t > 1) t = 1;
        const ex = u - t * dx;
        const ey = v - t * dy;
        const squared = ex * ex + ey * ey;
        if (squared >= limit) continue;
        let inside = (r0 + t * dr - Math.sqrt(squared)) * perSoftness;
        if (inside <= 0) continue;
        if (inside > 1) inside = 1;
        const amount = strength * inside * inside * (3 - 2 * inside);
        const at = row * size + column;
        if (amount > ink[at]) ink[at] = amount;
      }
    }
  }
}

/** Takes ink away along the line of a path, as a crease in the paper or an eraser does. */
export function liftInk(ink: Float64Array, size: number, path: PenPath, softness: number, strength: number): void {
  const lifted = new Float64Array(ink.length);
  layInk(lifted, size, path, softness, strength);
  for (let i = 0; i < ink.length; i++) ink[i] *= 1 - lifted[i];
}
