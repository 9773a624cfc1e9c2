/** The engine behind the command line. */

import { checkConvexity, criticalPoints } from "../analysis/index.js";
import { openProgram } from "../backends/wasm/threads/index.js";
import { checkGradient, Derivatives } from "../curvature/index.js";
import { digits } from "../data/digits.js";
import { getData } from "../data/download/get.js";
import { basins } from "../descent/basins/basins.js";
import { descend } from "../descent/descend.js";
import { explainObjective, explainTraining } from "../descent/explain.js";
import { fit } from "../descent/fit.js";
import { gradientStatistics } from "../descent/gradient-statistics/gradient-statistics.js";
import { hessianSpectrum } from "../descent/hessian-spectrum/hessian-spectrum.js";
import { sharpnessAlong } from "../descent/hessian-spectrum/sharpness.js";
import { minimize } from "../descent/minimize.js";
import { modelVariables, PartEvaluator } from "../descent/part-evaluator.js";
import type { Profile } from "../descent/profile.js";
import { fitChart } from "../figures/fit-chart.js";
import { runFigure } from "../figures/run-figure.js";
import { fitCurve } from "../fitting/index.js";
import { type LandscapeProgress, landscape } from "../landscape/index.js";
import { batchObjective } from "../objectives/batch.js";
import { parseFormula } from "../objectives/formula/formula-parser.js";
import { formulaObjective } from "../objectives/functions.js";
import { adam } from "../optimizers/adam.js";
import { race, raceTraining } from "../race/index.js";
import { modelDataOf } from "../runs/model-data.js";
import { pathArrays } from "../runs/stored-path.js";
import { layersOf, probabilitiesOf, resultsOf, weightsOf } from "../runs/trained-run.js";
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import type { Engine } from "./engine.js";
import { formulaGradient } from "./formula-gradient.js";

export const engine: Engine = {
  variables: (formula) => parseFormula(formula).variables,

  minimize({ formula, start, optimizer, steps, tolerance, path, values, figure }) {
    const isDrawn = figure !== undefined;
    const run = minimize(formula, [...start], {
      optimizer,
      steps,
      path: path || isDrawn,
      ...(tolerance === undefined ? { tolerance: 0 } : { tolerance }),
    });
    return {
      status: run.status,
      steps: run.steps,
      x: [...run.solution],
      ...(run.averaged ? { averaged: [...run.averaged] } : {}),
      value: run.loss,
      gradientNorm: run.gradientNorm,
      evaluations: run.evaluations,
      diagnosis: run.diagnosis,
      findings: run.findings,
      ...(path ? { path: run.path.rows() } : {}),
      ...(isDrawn ? { figure: runFigure({ f: formula, runs: { [figure]: run }, names: parseFormula(formula).variables }) } : {}),
      ...(values ? { values: Float64Array.of(...run.history.loss.slice(0, 10_000), run.loss) } : {}),
    };
  },

  gradient: formulaGradient,

  critical({ formula, window, starts }) {
    const { points, converged, metOnce, lowest, highest, diagnosis, ...found } = criticalPoints(formula, {
      window,
      ...(starts === undefined ? {} : { starts }),
    });
    const convexity = checkConvexity(formula, { window });
    return { points, starts: found.starts, converged, metOnce, lowest, highest, diagnosis, convexity };
  },

  basins: ({ formula, ...options }) => basins(formula, options),

  spectrum: ({ run, dataset, ...options }) => hessianSpectrum(run, dataset, options),

  sharpness: ({ run, dataset, ...options }) => sharpnessAlong(run, dataset, options),

  check(request) {
    const { method, seed, tolerance, mode } = request;
    const options = { method, seed, ...(tolerance === undefined ? {} : { tolerance }), ...(mode === undefined ? {} : { mode }) };
    if ("formula" in request) {
      const at = request.at ?? somewhere(request.formula, seed);
      return { check: checkGradient(formulaObjective(request.formula, [...at]), at, options), at };
    }
    const { model, batchSize: records, dtype } = request;
    const objective = batchObjective(model, digits({ train: records, test: 1 }), { records, dtype });
    // Off the initial weights, where biases are 0: a relu of blank pixels would sit on its kink.
    const random = new RandomStream(seed, "the point of a gradient check");
    return {
      check: checkGradient(
        objective,
        Float64Array.from(objective.start, (x) => x + random.between(-0.02, 0.02)),
        options,
      ),
    };
  },

  fitCurve({ formula, data, start, method, confidence, weights, steps, tolerance }) {
    const fit = fitCurve(formula, data, {
      start,
      method,
      confidence,
      ...(weights === undefined ? {} : { weights }),
      ...(steps === undefined ? {} : { steps }),
      ...(tolerance === undefined ? {} : { tolerance }),
    });
    const { status, parameters, standardErrors, confidenceIntervals, correlation, undetermined, evaluations, diagnosis } = fit;
    const { residualSumOfSquares, residualStandardDeviation, degreesOfFreedom } = fit;
    return {
      status,
      parameters,
      standardErrors,
      residualSumOfSquares,
      residualStandardDeviation,
      degreesOfFreedom,
      confidenceIntervals,
      correlation,
      undetermined,
      iterations: fit.steps,
      evaluations,
      diagnosis,
      figure: fitChart(fit),
    };
  },

  race({ optimizers, ...request }) {
    if ("problem" in request) {
      const { problem, ...options } = request;
      return race(problem, optimizers, options);
    }
    const { formula, start, ...options } = request;
    return race(formula, start, optimizers, options);
  },

  raceTraining: ({ model, dataset, optimizers, ...options }) => raceTraining(model, dataset, optimizers, options),

  async train({
    dataset,
    model,
    optimizer,
    epochs,
    batchSize,
    order,
    pace,
    augment,
    seed,
    validation,
    patience,
    weights,
    threads,
    fast,
    profile,
    recordPath,
    signal,
    onProgress,
    onRecord,
  }) {
    const run = await fit(model, dataset, {
      optimizer,
      epochs,
      batchSize,
      order,
      ...(pace ? { curriculum: { pace } } : {}),
      ...(augment ? { augment } : {}),
      seed,
      validation,
      signal,
      onProgress,
      ...(onRecord ? { onRecord } : {}),
      ...(patience === undefined ? {} : { patience }),
      ...(weights === undefined ? {} : { weights }),
      ...(threads === undefined ? {} : { threads }),
      ...(fast === undefined ? {} : { fast }),
      ...(profile === undefined ? {} : { profile }),
      ...(recordPath === undefined ? {} : { recordPath }),
    });
    // Who asks for an average of the weights wants that one.
    const test = run.averaged ? run.averaged.test : run.test;
    const classes = dataset.classes?.length;
    return {
      results: resultsOf(run, test),
      fast: run.settings.fast,
      loss: run.training.parts.loss.name,
      history: run.history,
      weights: weightsOf(run, run.averaged ?? run),
      ...(run.path ? { pathArrays: pathArrays(run.path, run.training) } : {}),
      layers: layersOf(run.model),
      modelData: modelDataOf(run.model),
      ...(test && classes && test.outputs.length > 0 ? { testProbabilities: probabilitiesOf(test.outputs, classes) } : {}),
      ...(run.profile ? { profile: run.profile } : {}),
      ...(run.failure ? { failure: run.failure } : {}),
      ...(run.waitingForData === undefined ? {} : { waitingForData: run.waitingForData }),
    };
  },

  async evaluate({ run, part, threads, signal }) {
    const { training, point } = run;
    const model = modelVariables(training);
    const { theta, carried } = model;
    const evaluator = new PartEvaluator(training, model, part);
    const program = await openProgram([theta, ...(carried ? [carried] : []), ...evaluator.variables], {
      signal,
      ...(threads === undefined ? {} : { threads }),
    });
    try {
      program.write(theta, point.theta);
      if (carried) program.write(carried, point.state);
      const began = performance.now();
      const { outputs: _, ...evaluation } = await evaluator.evaluate(program, part);
      return { ...evaluation, seconds: (performance.now() - began) / 1000 };
    } finally {
      program.close();
    }
  },

  landscape({ run, choice, known, extent, threads, fast, onProgress, ...rest }) {
    const before = known?.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0) ?? 0;
    const options = {
      ...rest,
      onProgress: (progress: LandscapeProgress) => onProgress({ ...progress, fresh: progress.done - before }),
      ...(known === undefined ? {} : { known }),
      ...(extent === undefined ? {} : { extent }),
      ...(threads === undefined ? {} : { threads }),
      ...(fast === undefined ? {} : { fast }),
    };
    if ("plane" in choice) return landscape(run, { ...options, plane: choice.plane });
    return landscape(run, { ...options, ray: typeof choice.ray === "string" ? choice.ray : { to: choice.ray.to.point.theta } });
  },

  async noise({ dataset, model, epochs, rate, batchSizes, samples, seed, threads, signal }) {
    const some = { ...(threads === undefined ? {} : { threads }), seed, signal };
    const options = { ...some, samples, ...(batchSizes === undefined ? {} : { batchSizes }) };
    if (epochs === 0) return gradientStatistics(model, dataset, options);
    return gradientStatistics(await fit(model, dataset, { ...some, epochs, optimizer: adam({ learningRate: rate }) }), options);
  },

  predict({ run, inputs }) {
    return run.predictor()(inputs);
  },

  getData,

  async bench(request) {
    const { optimizer, seconds, signal } = request;
    const { fast = false } = request;
    const common = { optimizer, signal, fast, profile: true, ...(request.threads === undefined ? {} : { threads: request.threads }) };
    let profile: Profile | undefined;
    if ("model" in request) {
      const { model, batchSize } = request;
      // Whole batches, and more of them than the caches hold of what they read.
      const data = digits({ train: batchSize * Math.max(2, Math.ceil(4000 / batchSize)), test: 1 });
      ({ profile } = await fit(model, data, { ...common, batchSize, seconds, epochs: 1e5 }));
    } else {
      const objective = formulaObjective(
        request.formula,
        parseFormula(request.formula).variables.map(() => 1),
      );
      const until = performance.now() + 1000 * seconds;
      for await (const state of descend(objective, { ...common, tolerance: 0, steps: 1e9, stepsPerYield: 1e5 })) {
        profile = state.profile;
        if (performance.now() > until) break;
      }
    }
    if (profile === undefined) throw new SteepestError({ problem: "the benchmark was stopped before its first step" });
    return profile;
  },

  explain(request) {
    if ("formula" in request) {
      const variables = parseFormula(request.formula).variables;
      return explainObjective(
        formulaObjective(
          request.formula,
          variables.map(() => 1),
        ),
        request.optimizer,
      );
    }
    return explainTraining(request);
  },
};

/** A point at which the formula is a finite number: no special one, since much that is wrong is right at 0. */
function somewhere(formula: string, seed: number): number[] {
  const { variables } = parseFormula(formula);
  const random = new RandomStream(seed, "the point of a gradient check");
  let point: number[] = [];
  for (let tries = 0; tries < 100; tries++) {
    point = variables.map(() => Number(random.between(-2, 2).toFixed(3)));
    if (Number.isFinite(new Derivatives(formulaObjective(formula, point)).at(point).value)) break;
  }
  return point;
}
