/** Which directions a ray or a plane has. */
import { dot, norm } from "../algebra/index.js";
import type { ProgramOptions } from "../backends/wasm/threads/index.js";
import type { Path } from "../descent/run.js";
import { SteepestError } from "../tensor/error.js";
import { allocate, type HostData } from "../tensor/types.js";
import { type Normalisation, normalisedDirection, randomDirection } from "./directions.js";
import { likeTheta, type Resolved } from "./resolve.js";
import type { SliceDirection } from "./result.js";
import { principalPlane } from "./trajectory.js";

/** Which plane: by name, or by two directions like θ. */
export type PlaneChoice = "random" | "gradient" | "eigen" | "pca" | readonly [ArrayLike<number>, ArrayLike<number>];

/** Which ray: by name, to another point, or a direction like θ. */
export type RayChoice = "random" | "gradient" | "eigen" | { readonly to: ArrayLike<number> } | ArrayLike<number>;

export interface DirectionSettings {
  readonly centre: HostData;
  readonly normalise: Normalisation;
  readonly seed: number;
  /** What a plane of principal directions is of. */
  readonly path: Path | undefined;
  readonly program: ProgramOptions;
}

/** The two directions of a plane, which are not parallel. */
export async function planeDirections(
  of: Resolved,
  choice: PlaneChoice,
  settings: DirectionSettings,
): Promise<readonly [SliceDirection, SliceDirection]> {
  const [first, second] = await chosenDirections(of, choice, settings);
  // What is left of one beside the other is rounding: a line, not a plane.
  const share = dot(first.vector, second.vector) / (first.length * second.length);
  if (1 - Math.abs(share) < 1e-12)
    throw new SteepestError({
      problem: "the two directions span no plane",
      expected: "directions that are not parallel",
      received: `an angle of ${share > 0 ? 0 : 180}°`,
      fix: "look along one of them: ray: direction",
    });
  return [first, second];
}

async function chosenDirections(
  of: Resolved,
  choice: PlaneChoice,
  settings: DirectionSettings,
): Promise<readonly [SliceDirection, SliceDirection]> {
  if (choice === "random") return [random(of, settings, 0), random(of, settings, 1)];
  if (choice === "gradient") {
    const first = await gradient(of, settings);
    const beside = Float64Array.from(random(of, settings, 0).vector);
    const share = dot(beside, first.vector) / dot(first.vector, first.vector);
    const second = unit(
      of,
      "random",
      "random direction at right angles to it",
      beside.map((x, i) => x - share * first.vector[i]),
    );
    return [first, second];
  }
  if (choice === "eigen") {
    const [first, second] = await eigenvectors(of, settings, 2);
    return [first, second];
  }
  if (choice === "pca") {
    if (settings.path === undefined || settings.path.length < 3)
      throw new SteepestError({
        problem: "no path was recorded",
        expected: "at least three points of the descent",
        received: settings.path === undefined ? "a run without a path" : `${settings.path.length} points`,
        fix: "record it: fit(model, data, { recordPath: true }), steepest train --record-path, minimize(f, start, { path: true }); or hand it in as `path`",
      });
    const { directions, explained } = principalPlane(settings.path);
    const [first, second] = [0, 1].map((i) => ({
      ...unit(of, "pca", `principal direction ${i + 1} of the path`, directions[i]),
      explained: explained[i],
    }));
    return [first, second];
  }
  if (!Array.isArray(choice) || choice.length !== 2)
    throw new SteepestError({
      problem: "there is no such plane",
      expected: '"random", "gradient", "eigen", "pca", or two directions like θ',
      received: JSON.stringify(choice),
    });
  return [given(of, choice[0], "direction 1"), given(of, choice[1], "direction 2")];
}

/** The direction of a ray. */
export async function rayDirection(of: Resolved, choice: RayChoice, settings: DirectionSettings): Promise<SliceDirection> {
  if (choice === "random") return random(of, settings, 0);
  if (choice === "gradient") return gradient(of, settings);
  if (choice === "eigen") return (await eigenvectors(of, settings, 1))[0];
  if (typeof choice === "object" && choice !== null && "to" in choice) {
    const other = likeTheta(choice.to, of.subject.parameters, "the point at the end of the ray");
    return described(
      "to",
      "from one point to the other",
      other.map((x, i) => x - settings.centre[i]),
    );
  }
  if (typeof choice === "object" && choice !== null && "length" in choice) return given(of, choice, "direction");
  throw new SteepestError({
    problem: "there is no such ray",
    expected: '"random", "gradient", "eigen", { to: θ }, or a direction like θ',
    received: JSON.stringify(choice),
  });
}

function random({ subject, entries }: Resolved, { centre, normalise, seed }: DirectionSettings, index: number): SliceDirection {
  const raw = randomDirection(subject.parameters, seed, index);
  const scaled = { filter: ", filter-normalised", layer: ", layer-normalised", none: "" } as const;
  return described("random", `random direction ${index + 1}${scaled[normalise]}`, normalisedDirection(raw, centre, entries, normalise));
}

async function gradient(of: Resolved, { centre, program }: DirectionSettings): Promise<SliceDirection> {
  return unit(of, "gradient", "gradient", await of.gradient(centre, program));
}

/** Eigenvectors of the Hessian for its largest eigenvalues; each points to the side where its largest element is positive. */
async function eigenvectors(of: Resolved, { centre, program }: DirectionSettings, count: number): Promise<SliceDirection[]> {
  const pairs = await of.eigenPairs(centre, count, program);
  if (pairs.length < count)
    throw new SteepestError({
      problem: "the Hessian has no two eigenvectors",
      expected: "at least two parameters",
      received: `${pairs.length}`,
    });
  return pairs.map(({ value, vector }, i) => {
    const largest = vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
    const turned = largest < 0 ? vector.map((x) => -x) : vector;
    return { ...unit(of, "eigen", `eigenvector ${i + 1} of the Hessian`, turned), eigenvalue: value };
  });
}

const given = ({ subject }: Resolved, values: ArrayLike<number>, what: string): SliceDirection =>
  described("given", what, likeTheta(values, subject.parameters, what));

/** A direction scaled to length 1. */
function unit({ subject }: Resolved, kind: SliceDirection["kind"], name: string, values: Float64Array): SliceDirection {
  const length = norm(values);
  const { dtype, size } = subject.parameters;
  const vector = allocate(dtype, size);
  for (let i = 0; i < size; i++) vector[i] = values[i] / length;
  return described(kind, name, vector);
}

function described(kind: SliceDirection["kind"], name: string, vector: HostData): SliceDirection {
  const length = norm(vector);
  if (length > 0 && Number.isFinite(length)) return { kind, name, vector, length };
  throw new SteepestError({
    problem: `the ${name} of the slice leads nowhere`,
    expected: "a direction with a finite length > 0",
    received: `length ${length}`,
    fix:
      kind === "random"
        ? 'all weights, or all that are scaled, are 0: normalise: "none" takes the direction as it is'
        : kind === "gradient"
          ? "the gradient is 0, or not finite, there: take another centre or another direction"
          : undefined,
  });
}
