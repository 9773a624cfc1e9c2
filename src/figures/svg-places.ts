/** Single places, vectors and words of a figure as elements of SVG. */
import type { ArrowMark, PointMark, TextMark } from "./marks.js";
import { type Plot, paintOf } from "./plot.js";
import { round, text, textWidth } from "./svg-text.js";

const RADIUS = 4.5;

const sides = {
  right: { dx: 9, dy: 4, anchor: "start" },
  left: { dx: -9, dy: 4, anchor: "end" },
  above: { dx: 0, dy: -10, anchor: "middle" },
  below: { dx: 0, dy: 19, anchor: "middle" },
} as const;

export function drawPlace({ at, shape, paint, label, side = "right" }: PointMark, { x, y, right }: Plot): string {
  const [px, py] = [x.at(at[0]), y.at(at[1])];
  if (!Number.isFinite(px) || !Number.isFinite(py)) return "";
  // At the right edge words stand before their place.
  const isWide = side === "right" && px + 9 + textWidth(label ?? "") > right;
  const { dx, dy, anchor } = sides[isWide ? "left" : side];
  const words = label === undefined ? "" : text(px + dx, py + dy, anchor, label, "note strong", `fill:${paintOf(paint)}`);
  return shapeAt(shape, px, py, paintOf(paint)) + words;
}

function shapeAt(shape: PointMark["shape"], px: number, py: number, colour: string): string {
  const centre = `cx="${round(px)}" cy="${round(py)}"`;
  switch (shape) {
    case "ring":
      return `<circle class="place" style="fill:var(--paper);stroke:${colour};stroke-width:2" ${centre} r="${RADIUS}"/>`;
    case "dot":
      return `<circle class="place" style="fill:${colour}" ${centre} r="${RADIUS}"/>`;
    case "square":
      return `<rect class="place" style="fill:${colour}" x="${round(px - 4)}" y="${round(py - 4)}" width="8" height="8"/>`;
    case "cross": {
      const arms = [
        [-1, -1, 1, 1],
        [-1, 1, 1, -1],
      ].map(([a, b, c, d]) => `M${round(px + 4.5 * a)} ${round(py + 4.5 * b)}L${round(px + 4.5 * c)} ${round(py + 4.5 * d)}`);
      return `<path class="halo" d="${arms.join("")}"/><path style="fill:none;stroke:${colour};stroke-width:2.5" d="${arms.join("")}"/>`;
    }
    case "star": {
      const corners = Array.from({ length: 10 }, (_, i) => {
        const [radius, angle] = [i % 2 === 0 ? 7.5 : 3.2, (i * Math.PI) / 5 - Math.PI / 2];
        return `${round(px + radius * Math.cos(angle))} ${round(py + radius * Math.sin(angle))}`;
      });
      return `<path class="place" style="fill:${colour}" d="M${corners.join("L")}Z"/>`;
    }
  }
}

export function drawArrow({ from, to, paint, label, dashed }: ArrowMark, { x, y }: Plot): string {
  const [fx, fy, tx, ty] = [x.at(from[0]), y.at(from[1]), x.at(to[0]), y.at(to[1])];
  const length = Math.hypot(tx - fx, ty - fy);
  if (!(length > 0.5)) return "";
  const [ux, uy] = [(tx - fx) / length, (ty - fy) / length];
  const head = Math.min(9, 0.6 * length);
  const [bx, by] = [tx - head * ux, ty - head * uy];
  const half = head * 0.42;
  const colour = paintOf(paint);
  const shaft = `M${round(fx)} ${round(fy)}L${round(bx)} ${round(by)}`;
  const tip = `M${round(tx)} ${round(ty)}L${round(bx - half * uy)} ${round(by + half * ux)}L${round(bx + half * uy)} ${round(by - half * ux)}Z`;
  // Words stand on the side to which the arrow turns left, away from its line.
  const side = 11;
  const [wx, wy] = [(fx + tx) / 2 + side * uy, (fy + ty) / 2 - side * ux];
  const words =
    label === undefined
      ? ""
      : text(wx, wy + 4, uy > 0.35 ? "start" : uy < -0.35 ? "end" : "middle", label, "note strong", `fill:${colour}`);
  return `<path class="halo" d="${shaft}"/><path style="fill:none;stroke:${colour};stroke-width:1.75${dashed ? ";stroke-dasharray:4 3" : ""}" d="${shaft}"/><path style="fill:${colour}" d="${tip}"/>${words}`;
}

export function drawText({ at, text: content, paint, anchor = "start" }: TextMark, { x, y }: Plot): string {
  const [px, py] = [x.at(at[0]), y.at(at[1])];
  return Number.isFinite(px) && Number.isFinite(py) ? text(px, py + 4, anchor, content, "note", `fill:${paintOf(paint)}`) : "";
}
