/** From the points of a shape to the path of a pen: a smooth curve, moved, bent and pressed as a hand would. */
import type { RandomStream } from "../../tensor/random.js";
import type { Shape, StrokePoint } from "./strokes.js";

/** A drawn line: places and pen radii along it, in pixels. */
export interface PenPath {
  readonly x: number[];
  readonly y: number[];
  readonly radius: number[];
}

/** Straight pieces per span between two points of a shape: about a pixel each. */
const PIECES = 5;

/** Standard deviation of each point's displacement, in boxes: no two digits are written alike. */
const POINT_JITTER = 0.016;

/** Writes one digit: its strokes in box units, with every point displaced a little. */
export function writeShape(shape: Shape, random: RandomStream): PenPath[] {
  return shape.strokes.map((points) => {
    const moved = points.map(({ x, y, corner }) => ({
      x: x + POINT_JITTER * random.normal(),
      y: y + POINT_JITTER * random.normal(),
      corner,
    }));
    return smoothCurve(moved);
  });
}

/** A centripetal Catmull-Rom spline through the points: no overshoot, no cusps, and it ends and begins anew at corners. */
function smoothCurve(points: readonly StrokePoint[]): PenPath {
  // Plain arrays: tens of thousands of short typed ones would keep the garbage collector busy.
  const path: PenPath = { x: [points[0].x], y: [points[0].y], radius: [1] };
  for (let i = 0; i + 1 < points.length; i++) {
    const p1 = points[i];
    const p2 = points[i + 1];
    const p0 = i === 0 || p1.corner ? mirrored(p1, p2) : points[i - 1];
    const p3 = i + 2 === points.length || p2.corner ? mirrored(p2, p1) : points[i + 2];
    const k0 = knot(p0, p1);
    const k1 = knot(p1, p2);
    const k2 = knot(p2, p3);
    const startX = tangent(p0.x, p1.x, p2.x, k0, k1) * k1;
    const startY = tangent(p0.y, p1.y, p2.y, k0, k1) * k1;
    const endX = tangent(p1.x, p2.x, p3.x, k1, k2) * k1;
    const endY = tangent(p1.y, p2.y, p3.y, k1, k2) * k1;
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      const a = (1 + 2 * t) * (1 - t) * (1 - t);
      const b = t * (1 - t) * (1 - t);
      const c = t * t * (3 - 2 * t);
      const d = t * t * (t - 1);
      path.x.push(a * p1.x + b * startX + c * p2.x + d * endX);
      path.y.push(a * p1.y + b * startY + c * p2.y + d * endY);
      path.radius.push(1);
    }
  }
  return path;
}

/** The derivative at the middle of three points whose knots are `before` and `after` apart. */
const tangent = (a: number, b: number, c: number, before: number, after: number): number =>
  (b - a) / before - (c - a) / (before + after) + (c - b) / after;

const mirrored = (about: StrokePoint, other: StrokePoint): StrokePoint => ({
  x: 2 * about.x - other.x,
  y: 2 * about.y - other.y,
  corner: false,
});

/** The centripetal knot distance: the square root of the distance, and never 0. */
function knot(a: StrokePoint, b: StrokePoint): number {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  return Math.sqrt(Math.sqrt(dx * dx + dy * dy)) + 1e-6;
}

/** The posture of a digit on the page. */
export interface Posture {
  /** Pixels per box, downwards. */
  readonly height: number;
  /** Pixels per box, to the right. */
  readonly width: number;
  /** How far the top leans to the right, per unit of height. */
  readonly slant: number;
  /** The tangent of half the angle of rotation, clockwise: sine and cosine are rational in it. */
  readonly halfTurn: number;
  /** From the middle of the image to the middle of the digit, in pixels. */
  readonly shiftX: number;
  readonly shiftY: number;
}

/** Turns box units into pixels, in place, and keeps the digit within `margin` of the edges where its size allows. */
export function place(paths: readonly PenPath[], posture: Posture, size: number, margin: number): void {
  const { height, width, slant, halfTurn } = posture;
  const cos = (1 - halfTurn * halfTurn) / (1 + halfTurn * halfTurn);
  const sin = (2 * halfTurn) / (1 + halfTurn * halfTurn);
  let [left, right, top, bottom] = [1e9, -1e9, 1e9, -1e9];
  for (const { x, y } of paths) {
    for (let i = 0; i < x.length; i++) {
      const v = (y[i] - 0.5) * height;
      const u = (x[i] - 0.5) * width - slant * v;
      x[i] = cos * u - sin * v;
      y[i] = sin * u + cos * v;
      if (x[i] < left) left = x[i];
      if (x[i] > right) right = x[i];
      if (y[i] < top) top = y[i];
      if (y[i] > bottom) bottom = y[i];
    }
  }
  const room = size - 2 * margin;
  const shrink = Math.min(1, room / Math.max(right - left, bottom - top));
  const centre = (low: number, high: number, shift: number) => {
    const slack = (room - (high - low) * shrink) / 2;
    return size / 2 + Math.max(-slack, Math.min(slack, shift)) - ((low + high) / 2) * shrink;
  };
  const [atX, atY] = [centre(left, right, posture.shiftX), centre(top, bottom, posture.shiftY)];
  for (const { x, y } of paths) {
    for (let i = 0; i < x.length; i++) {
      x[i] = x[i] * shrink + atX;
      y[i] = y[i] * shrink + atY;
    }
  }
}

/** Control values per side of the elastic field; the field is a uniform quadratic B-spline over them. */
const GRID = 5;

/** Bends the paths by a smooth random field of displacements, in place. `strength` is the standard deviation of its control values, in pixels. */
export function bend(paths: readonly PenPath[], strength: number, size: number, random: RandomStream): void {
  const field: number[] = [];
  for (let i = 0; i < 2 * GRID * GRID; i++) field.push(strength * random.normal());
  const cells = GRID - 2;
  for (const { x, y } of paths) {
    for (let i = 0; i < x.length; i++) {
      const u = within(x[i] / size) * cells;
      const v = within(y[i] / size) * cells;
      const column = Math.min(cells - 1, Math.floor(u));
      const row = Math.min(cells - 1, Math.floor(v));
      const wx = basis(u - column);
      const wy = basis(v - row);
      let dx = 0;
      let dy = 0;
      for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 3; c++) {
          const at = 2 * ((row + r) * GRID + column + c);
          dx += wy[r] * wx[c] * field[at];
          dy += wy[r] * wx[c] * field[at + 1];
        }
      }
      x[i] += dx;
      y[i] += dy;
    }
  }
}

const within = (t: number): number => Math.max(0, Math.min(1, t));

const basis = (t: number): readonly [number, number, number] => [0.5 * (1 - t) * (1 - t), 0.5 + t - t * t, 0.5 * t * t];

/** How the pen meets the paper. */
export interface Grip {
  /** The mean radius of the line, in pixels. */
  readonly radius: number;
  /** How far pressure varies along a stroke, relative to the radius. */
  readonly pressure: number;
  /** How much thinner the line is along the nib's edge than across it: 0 for a round pen, below 1. */
  readonly nib: number;
  /** The direction of the nib's edge, a unit vector. */
  readonly nibX: number;
  readonly nibY: number;
  /** How far the ends of strokes are thinned: 0 for blunt ends, 1 for points. */
  readonly taper: number;
}

/** Sets the radius along each path. */
export function press(paths: readonly PenPath[], grip: Grip, random: RandomStream): void {
  for (const { x, y, radius } of paths) {
    const last = x.length - 1;
    // Pressure at four places along the stroke, quadratic between them.
    const force = [random.normal(), random.normal(), random.normal(), random.normal()];
    const [taperIn, taperOut] = [grip.taper * random.uniform(), grip.taper * random.uniform()];
    for (let i = 0; i <= last; i++) {
      const t = (i / last) * 2;
      const span = Math.min(1, Math.floor(t));
      const [a, b, c] = basis(t - span);
      const pressure = 1 + grip.pressure * (a * force[span] + b * force[span + 1] + c * force[span + 2]);
      const dx = x[Math.min(last, i + 1)] - x[Math.max(0, i - 1)];
      const dy = y[Math.min(last, i + 1)] - y[Math.max(0, i - 1)];
      const along = dx * grip.nibX + dy * grip.nibY;
      const nib = 1 - (grip.nib * along * along) / (dx * dx + dy * dy + 1e-9);
      const ends = (1 - taperIn * fade(i / last / 0.25)) * (1 - taperOut * fade((last - i) / last / 0.25));
      radius[i] = grip.radius * Math.max(0.45, pressure) * nib * ends;
    }
  }
}

/** 1 at 0, falling smoothly to 0 at 1 and beyond. */
const fade = (t: number): number => (t >= 1 ? 0 : (1 - t) * (1 - t));
