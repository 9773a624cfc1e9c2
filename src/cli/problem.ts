/** Test problems by the names that the command line gives them. */
import { type Family, type Problem, problems } from "../objectives/problems/index.js";
import { nearest } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import { asUsage, finite, UsageError } from "./options.js";

const made = ["quadratic", "worstFunction", "rareFeatures"] as const;
const known: ReadonlyMap<string, Problem> = new Map(
  problems.all.filter(({ name }) => !made.some((one) => one === name)).map((p) => [p.name, p]),
);

/**
 * The problem of a name: `rosenbrock`, `rastrigin:10` in ten dimensions, `quadratic:1,10,100` with these eigenvalues (its axes turned,
 * its start random),
 * `worstFunction:1000` with this condition number, `rareFeatures:2` with data of this seed.
 *
 * @returns undefined for what is a formula
 * @throws UsageError for an unknown name, and dimensions that a problem does not have
 */
export function problemNamed(text: string): Problem | undefined {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const more = colon < 0 ? undefined : text.slice(colon + 1);
  // A formula of one name alone has no minimum, and none holds a colon.
  if (!/^[a-zA-Z]\w\w+$/.test(name)) return undefined;
  if (name === "quadratic")
    return asUsage(() => {
      const problem = problems.quadratic(
        (more ?? "1,10,100").split(",").map((x) => finite(x) ?? Number.NaN),
        { rotation: 1 },
      );
      // From the point of ones a step of length 1 in each coordinate leads to the minimum: luck that would decide a race.
      const random = new RandomStream(1, "start");
      return { ...problem, start: problem.start.map(() => random.normal()) };
    });
  if (name === "worstFunction")
    return asUsage(() => problems.worstFunction(more === undefined ? {} : { condition: finite(more) ?? Number.NaN }));
  if (name === "rareFeatures") return asUsage(() => problems.rareFeatures(more === undefined ? {} : { seed: finite(more) ?? Number.NaN }));
  const found = known.get(name);
  if (found === undefined) {
    const meant = nearest(name, [...known.keys(), ...made]);
    throw new UsageError({
      problem: `there is no test problem "${name}"`,
      expected: "a formula, or a problem such as rosenbrock, beale, quadratic:1,10,100, rastrigin:10",
      received: text,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
  if (more === undefined) return found;
  if (!isFamily(found)) throw new UsageError({ problem: `${name} has ${found.dimension} dimensions and no others`, received: text });
  return asUsage(() => found.of(finite(more) ?? Number.NaN));
}

const isFamily = (problem: Problem): problem is Family<Problem> => "of" in problem;
