/** What is said, and what is not, in situations whose truth is known. */
import {
  adam,
  conjugateGradient,
  cosine,
  type Finding,
  type FindingKind,
  freeze,
  gd,
  gradientNoise,
  lbfgs,
  type MinimizeOptions,
  maximize,
  minimize,
  momentum,
  nesterov,
  newtonCg,
  problems,
  type Run,
  rmsprop,
  signDescent,
  steepestDescent,
  tensor,
} from "steepest";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/tensor/random.js";

/** Findings that claim something of the place where a run ended. */
const places: readonly FindingKind[] = ["minimum", "maximum", "saddle", "not-a-minimum", "valley", "flat", "tail", "far", "unbounded"];
const kindsOf = (run: Run) => run.findings.map(({ kind }) => kind);
const rate = (learningRate: number) => gd({ learningRate });

interface Situation {
  readonly f: string;
  readonly start: Readonly<Record<string, number>>;
  readonly options?: MinimizeOptions;
  readonly goal?: "maximum";
  readonly expected: readonly FindingKind[];
}

const at = (
  f: string,
  start: Readonly<Record<string, number>>,
  expected: readonly FindingKind[],
  options: MinimizeOptions = {},
): Situation => ({
  f,
  start,
  expected,
  options,
});
const highest = (situation: Situation): Situation => ({ ...situation, goal: "maximum" });
const searches = [lbfgs(), newtonCg(), conjugateGradient(), steepestDescent()] as const;

const situations: readonly Situation[] = [
  // Minima, maxima, saddles.
  at("½x² + 2y² + x*y", { x: 1, y: 1 }, ["minimum"], { optimizer: rate(0.1) }),
  at("(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, ["minimum"], { optimizer: lbfgs() }),
  at("(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, ["minimum"], { optimizer: adam({ learningRate: 0.05 }) }),
  at("x - log(x)", { x: 3 }, ["minimum"], { optimizer: lbfgs() }),
  at("2 - cos(x) - cos(y)", { x: 0, y: 0 }, ["minimum"]),
  at("1e10 + (x - 3)^2", { x: 1e3 }, ["minimum"], { optimizer: lbfgs() }),
  at("1e-12*x^2", { x: 0 }, ["minimum"]),
  highest(at("-x^2 - 3y^2", { x: 1, y: 1 }, ["maximum"], { optimizer: rate(0.1) })),
  highest(at("x^2 + 3y^2", { x: 0, y: 0 }, ["minimum"])),
  at("cos(x)", { x: 0 }, ["maximum"]),
  at("x^2 - y^2", { x: 1, y: 0 }, ["saddle"], { optimizer: rate(0.1) }),
  highest(at("x^2 - y^2", { x: 0, y: 1 }, ["saddle"], { optimizer: rate(0.1) })),
  at("x*y", { x: 0, y: 0 }, ["saddle"]),
  at("x^4 - x^2", { x: 0 }, ["maximum"]),
  // The Hessian is singular: neighbours decide, or nobody.
  at("x^3", { x: 0 }, ["not-a-minimum", "unbounded"]),
  highest(at("x^3", { x: 0 }, ["not-a-minimum", "unbounded"])),
  at("x^3 + x^4", { x: 0 }, ["not-a-minimum"]),
  at("x^3 - 3x*y^2", { x: 0, y: 0 }, ["not-a-minimum"]),
  at("x^4", { x: 0 }, ["minimum"]),
  at("x^6", { x: 0 }, ["minimum"]),
  at("x^4", { x: 1 }, ["minimum"], { optimizer: newtonCg() }),
  at("x^4 + y^4", { x: 1, y: 2 }, ["minimum"], { optimizer: lbfgs() }),
  at("(x - 1)^3", { x: 1 }, ["not-a-minimum", "unbounded"]),
  at("(x-y)^2", { x: 1, y: 3 }, ["valley"], { optimizer: rate(0.1) }),
  at("x^2 + 0*y", { x: 1, y: 1 }, ["valley"], { optimizer: rate(0.1) }),
  at("(x-y)^4", { x: 1, y: 1 }, ["valley"]),
  at("0*x + 3", { x: 2 }, ["flat"]),
  // No minimum anywhere.
  ...searches.flatMap((optimizer) => [
    at("-x", { x: 1 }, ["unbounded"], { optimizer }),
    at("x^3", { x: -1 }, ["unbounded"], { optimizer }),
    at("-x^2", { x: 1 }, ["unbounded"], { optimizer }),
  ]),
  at("-x", { x: 1 }, ["unbounded", "still-falling"], { optimizer: momentum() }),
  at("-x^2", { x: 1 }, ["unbounded", "still-falling"], { optimizer: rate(0.01), steps: 500 }),
  highest(at("x", { x: 1 }, ["unbounded", "still-falling"], { optimizer: rate(0.1), steps: 100 })),
  at("x^3", { x: -1 }, ["unbounded", "not-finite"], { optimizer: rate(0.1) }),
  at("exp(x)", { x: 0 }, ["tail"], { optimizer: lbfgs() }),
  at("exp(x)", { x: 0 }, ["tail", "still-falling"], { optimizer: rate(0.1), steps: 1000 }),
  at("exp(x) + y^2", { x: 0, y: 1 }, ["tail"], { optimizer: newtonCg() }),
  at("exp(x) + y^2", { x: 0, y: 1 }, ["tail"], { optimizer: lbfgs() }),
  at("1/x", { x: 1 }, ["tail"], { optimizer: lbfgs() }),
  at("1/(1 + exp(-x))", { x: -40 }, ["tail"]),
  highest(at("1/(1 + exp(-x))", { x: -40 }, ["tail"])),
  at("-log(1 + x^2)", { x: 3 }, ["tail"], { optimizer: lbfgs() }),
  at("-exp(-x^2)", { x: 6 }, ["far"]),
  // Steps.
  at("½x² + 2y² + x*y", { x: 8.7, y: -7.9 }, ["step-too-long", "not-finite"], { optimizer: rate(0.5) }),
  at("x^2", { x: 1 }, ["step-too-long", "level"], { optimizer: rate(1) }),
  at("x^4", { x: 3 }, ["step-too-long", "not-finite"], { optimizer: rate(1) }),
  at("x^2", { x: 1 }, ["step-too-long"], { optimizer: rate(1.01), steps: 100 }),
  at("x^2", { x: 1 }, ["step-too-short", "still-falling"], { optimizer: rate(1e-3), steps: 100 }),
  highest(at("-x^2", { x: 1 }, ["step-too-short", "still-falling"], { optimizer: rate(1e-3), steps: 100 })),
  at("x^2", { x: 1 }, ["still-falling"], { optimizer: rate(0.06), steps: 10, tolerance: 0 }),
  // The parabola that the slope promises is not there: no rate is proposed.
  at("exp(x)", { x: 0 }, ["tail", "still-falling"], { optimizer: rate(1e-3), steps: 100 }),
  at("x^2", { x: 1 }, ["step-too-long", "not-finite"], { optimizer: momentum({ learningRate: 2 }) }),
  at("x^2", { x: 1 }, ["step-too-long", "not-finite"], { optimizer: nesterov({ learningRate: 0.8 }) }),
  at("x^2", { x: 1 }, ["step-too-long", "not-finite"], { optimizer: nesterov({ learningRate: 0.7, form: "full-look-ahead" }) }),
  at("x^2", { x: 1 }, ["step-too-long", "not-finite"], { optimizer: momentum({ learningRate: 25, form: "mean" }) }),
  at("log(x)", { x: 1 }, ["not-finite"], { optimizer: rate(0.9) }),
  at("0.5x^2 + 50y^2", { x: 1, y: 1 }, ["ravine", "still-falling"], { optimizer: rate(0.01), steps: 100 }),
  at("|x|", { x: 0.05 }, ["level"], { optimizer: rate(0.1), steps: 100 }),
  at("|x - 0.333|", { x: 1 }, ["hovering"], { optimizer: adam({ learningRate: 0.1 }), steps: 1000 }),
  at("x^2", { x: 1 }, ["noise-floor"], { optimizer: gradientNoise(rate(0.1), { variance: 0.01, decay: 0 }), steps: 1000 }),
  // At the border, and at the end of the numbers.
  at("x^2", { x: 1 }, ["at-bound"], { bounds: [2, 3] }),
  at("x + y^2", { x: 1, y: 1 }, ["at-bound", "minimum"], { bounds: [0, 3], optimizer: rate(0.1) }),
  at("x^2 + y^2", { x: 1, y: 1 }, ["minimum"], { optimizer: freeze(rate(0.1), "y") }),
  at("1e10 + (x - 3)^2", { x: 1e3 }, ["minimum", "float-limit"], { optimizer: rate(0.1), tolerance: 0 }),
  // Where nothing is known nothing is said.
  at("x^2 - y^2", { x: 1, y: 1 }, [], { optimizer: adam({ learningRate: 0.05 }), steps: 3 }),
  at("x^2 + y^2", { x: 1, y: 1 }, [], { optimizer: rmsprop({ learningRate: 0.01 }), steps: 5 }),
  at("|x| + y^2", { x: 1, y: 1 }, [], { optimizer: lbfgs() }),
  at("|x|", { x: 1 }, ["level"], { optimizer: rate(0.1), steps: 100 }),
];

describe("situations", () => {
  it.each(
    situations.map((one): [string, Situation] => [
      `${one.goal ?? "minimum"} of ${one.f} by ${one.options?.optimizer?.name ?? "adam"} from ${JSON.stringify(one.start)}: ${one.expected.join(", ") || "nothing"}`,
      one,
    ]),
  )("%s", (_, { f, start, options, goal, expected }) => {
    const run = goal === "maximum" ? maximize(f, start, options) : minimize(f, start, options);
    expect(kindsOf(run)).toEqual(expected);
    for (const { text } of run.findings) expect(run.diagnosis).toContain(text);
  });
});

describe("numbers of findings", () => {
  const only = <K extends FindingKind>(run: Run, kind: K) => {
    const found = run.findings.find((one): one is Finding & { readonly kind: K } => one.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} in ${JSON.stringify(run.findings)}`);
    return found;
  };

  it("a saddle names its direction and eigenvalues", () => {
    const saddle = only(minimize("x^2 - y^2", { x: 1, y: 0 }, { optimizer: rate(0.1) }), "saddle");
    expect(saddle.least).toBeCloseTo(-2, 10);
    expect(saddle.most).toBeCloseTo(2, 10);
    expect(saddle.gradientNorm).toBeLessThan(1e-6);
    expect(Object.keys(saddle.direction ?? {})).toEqual(["y"]);
    const diagonal = only(minimize("x*y", { x: 0, y: 0 }), "saddle").direction;
    expect(diagonal?.x).toBeCloseTo(Math.SQRT1_2, 8);
    expect(diagonal?.y).toBeCloseTo(-Math.SQRT1_2, 8);
  });

  it("a maximiser's eigenvalues are those of f", () => {
    const { least, most } = only(maximize("-x^2 - 3y^2", [1, 1], { optimizer: rate(0.1) }), "maximum");
    expect([least, most].map((x) => x.toFixed(6))).toEqual(["-6.000000", "-2.000000"]);
  });

  it("α·λ stands beside each rule's own edge", () => {
    for (const [optimizer, edge] of [
      [rate(1.05), 2],
      [momentum({ learningRate: 2, beta: 0.8 }), 3.6],
      [momentum({ learningRate: 20, beta: 0.8, form: "mean" }), 18],
      [momentum({ learningRate: 4, beta: 0.8, dampening: 0.5 }), 7.2],
      [nesterov({ learningRate: 0.75, beta: 0.8 }), 3.6 / 2.6],
      [nesterov({ learningRate: 0.75, beta: 0.8, form: "full-look-ahead" }), 1.2],
    ] as const) {
      const long = only(minimize("x^2", 1, { optimizer }), "step-too-long");
      expect(long.edge).toBeCloseTo(edge, 12);
      expect(long.curvature).toBeCloseTo(2, 8);
      expect(long.product).toBeCloseTo(2 * long.learningRate, 8);
      expect(long.largestRate).toBeCloseTo(edge / 2, 8);
    }
  });

  it("a ravine in 60 dimensions, turned", () => {
    const eigenvalues = Array.from({ length: 60 }, (_, i) => 1 + i);
    const { f, start } = problems.quadratic(eigenvalues, { rotation: 2 });
    const ravine = only(minimize(f, tensor(start), { optimizer: rate(0.01), steps: 200 }), "ravine");
    expect(ravine.condition).toBeCloseTo(60, 4);
    const root = Math.sqrt(60);
    expect(ravine.beta).toBeCloseTo(((root - 1) / (root + 1)) ** 2, 6);
    const long = only(minimize(f, tensor(start), { optimizer: rate(0.035), steps: 200 }), "step-too-long");
    expect(long.product).toBeCloseTo(2.1, 4);
  });

  it("the first thing that was not finite", () => {
    const log = only(minimize("log(x)", 1, { optimizer: rate(0.9) }), "not-finite");
    expect([log.operation, log.step]).toEqual(["log", 2]);
    // 1 − 0.9·1 = 0.1, then 0.1 − 0.9·10.
    expect(log.operands?.[0]).toBeCloseTo(-8.9, 12);
    expect(only(minimize("1/(x-1)", 1), "not-finite").text).toContain("a division of 1 by 0");
    expect(only(minimize("exp(x^2)", 30), "not-finite").text).toContain("exp(900), which overflows");
    expect(only(minimize("sqrt(x)", 0), "not-finite").text).toContain("in the gradient");
    expect(only(minimize("sqrt(x)", 0.01, { optimizer: rate(1) }), "not-finite").text).toContain("the sqrt of -4.99");
  });

  it("a search that runs away has diverged, and one that is at its end has not", () => {
    for (const optimizer of searches) {
      expect(minimize("-x", 1, { optimizer }).status, optimizer.name).toBe("diverged");
      expect(
        minimize("1e15*cos(x)", 1e-3, { optimizer }).findings.map(({ kind }) => kind),
        optimizer.name,
      ).not.toContain("unbounded");
    }
    expect(minimize("-x", 1, { optimizer: lbfgs() }).diagnosis).toContain("the search followed f down to the end of the numbers");
  });

  it("findings come with JSON", () => {
    const { findings } = JSON.parse(JSON.stringify(minimize("x^2", 1, { optimizer: rate(0.1) })));
    expect(findings[0]).toMatchObject({ kind: "minimum", by: "hessian", least: 2, most: 2 });
  });
});

describe("no false claims", () => {
  it("well-behaved problems end at a minimum, and nothing else is said", () => {
    const random = new RandomStream(1, "bowls");
    for (let k = 0; k < 25; k++) {
      const n = 1 + random.integer(16);
      const eigenvalues = Array.from({ length: n }, () => random.between(0.5, 20));
      const { f } = problems.quadratic(eigenvalues, { rotation: k });
      const start = Float64Array.from({ length: n }, () => random.between(-3, 3));
      const centre = tensor(Float64Array.from({ length: n }, () => random.between(-2, 2)));
      const offset = random.between(-100, 100);
      // A quartic beside the quadratic keeps it convex.
      const objective = (x: typeof centre) => f(x.sub(centre)).add(x.sub(centre).square().square().sum().mul(0.1)).add(offset);
      const optimizer = [lbfgs(), newtonCg(), rate(0.01), adam({ learningRate: 0.05 }), momentum({ learningRate: 0.005, beta: 0.8 })][
        k % 5
      ];
      const run = minimize(objective, tensor(start), { optimizer, steps: 20_000 });
      const kinds = kindsOf(run);
      // Where differences of f drown in the offset a search may stall before the tolerance.
      expect(run.status === "converged" || run.status === "stalled", `${k}: ${run.diagnosis}`).toBe(true);
      expect(
        kinds.filter((kind) => places.includes(kind)),
        `${k}: ${run.diagnosis}`,
      ).toEqual(["minimum"]);
      const minimum = run.findings.find((one) => one.kind === "minimum");
      const spread = minimum?.kind === "minimum" ? minimum : undefined;
      expect(spread?.least).toBeCloseTo(Math.min(...eigenvalues), 3);
      expect(spread?.most).toBeCloseTo(Math.max(...eigenvalues), 3);
    }
  });

  it("test problems whose minima are known: what is called a minimum within some distance has one there", () => {
    for (const [k, { f, start, minima, name, dimension }] of problems.all.entries()) {
      if (dimension > 6) continue;
      const optimizer = k % 2 === 0 ? lbfgs() : newtonCg();
      const run = minimize(f, tensor(start), { optimizer, tolerance: 1e-7 });
      const claim = run.findings.find(({ kind }) => kind === "minimum");
      if (claim?.kind !== "minimum") continue;
      // Of some problems only the values are known, of others not all local minima.
      const points = minima
        .filter(({ value }) => Math.abs(value - run.loss) < 1e-9 + 1e-4 * Math.abs(value))
        .flatMap(({ at: places }) => places);
      if (points.length === 0) continue;
      const nearest = Math.min(...points.map((point) => Math.hypot(...point.map((x, i) => x - run.theta[i]))));
      // The points are known to 7 digits and more.
      expect(nearest, `${name} by ${optimizer.name}: ${run.diagnosis}`).toBeLessThan(
        1.5 * claim.within + 1e-6 * (1 + Math.hypot(...run.theta)),
      );
    }
  });

  it("a schedule that ends at 0 is no noise floor, and slow progress no plateau", () => {
    const quiet = minimize("0.5x^2 + 5y^2", [1, 1], { optimizer: gd({ learningRate: cosine(0.05) }), steps: 300 });
    expect(kindsOf(quiet)).not.toContain("hovering");
    const slow = minimize("x^4", 1, { optimizer: rate(0.01), steps: 3000 });
    expect(kindsOf(slow)).toEqual(["step-too-short", "still-falling"]);
    expect(
      kindsOf(minimize("x^2", 1, { optimizer: signDescent({ learningRate: 0.3 }), steps: 500 })).every(
        (kind) => kind === "hovering" || kind === "level",
      ),
    ).toBe(true);
  });
});
