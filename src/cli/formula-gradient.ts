/** All that `steepest gradient` says of a formula at a point. */
import { norm } from "../algebra/index.js";
import { taylor } from "../analysis/index.js";
import { symmetricEigenvalues } from "../curvature/eigenvalues.js";
import { checkGradient } from "../curvature/index.js";
import { symbolicGradient } from "../objectives/formula/differentiate.js";
import { parseFormula } from "../objectives/formula/formula-parser.js";
import { updateRule } from "../objectives/formula/partial-derivatives.js";
import { format } from "../objectives/formula/print.js";
import { formulaObjective } from "../objectives/functions.js";
import type { GradientRequest, GradientResult } from "./engine.js";

export function formulaGradient(
  formula: string,
  at: readonly number[],
  { learningRate, direction, step }: GradientRequest,
): GradientResult {
  const point = [...at];
  const [plane, model] = [taylor(formula, point, { order: 1 }), taylor(formula, point)];
  const { value, gradient, hessian = [] } = model;
  const slope = norm(gradient);
  const hasSlope = slope > 0 && Number.isFinite(slope);
  const descent = hasSlope ? gradient.map((g) => -g / slope) : undefined;
  const { verdict, maxRelativeError } = checkGradient(formulaObjective(formula, point), at);
  const length = direction === undefined ? 1 : norm(direction);
  const unit = direction?.map((x) => x / length) ?? descent;
  return {
    value,
    gradient,
    hessian,
    eigenvalues: symmetricEigenvalues(hessian).sort((a, b) => a - b),
    slope,
    ascent: hasSlope ? gradient.map((g) => g / slope) : null,
    descent: descent ?? null,
    next: point.map((x, i) => x - learningRate * gradient[i]),
    ...formulasOf(formula, learningRate),
    ...(unit === undefined ? {} : { direction: { given: direction !== undefined, ...lookAlong([...unit]) } }),
    ...(step === undefined
      ? {}
      : {
          step: {
            value: model.model([...step]) + model.remainder([...step]),
            first: plane.model([...step]),
            second: model.model([...step]),
          },
        }),
    check: { verdict, maxRelativeError },
  };

  function lookAlong(u: number[]) {
    const [line, curve] = [plane.along(u), model.along(u)];
    const reach = curve.bestStep ?? 1;
    const table = [4, 2, 1, 0.5, 0.25, 0.125, 0.0625].map((share) => {
      const t = share * reach;
      return { t, value: line.model(t) + line.remainder(t), first: line.model(t), second: curve.model(t) };
    });
    const { curvature = Number.NaN, bestStep = null, descendsBelow = null } = curve;
    return { unit: u, slope: curve.slope, curvature, bestStep, descendsBelow, table };
  }
}

function formulasOf(formula: string, learningRate: number): Pick<GradientResult, "formulas"> {
  const program = parseFormula(formula);
  const derivatives = symbolicGradient(program, program.variables);
  if (derivatives === undefined) return {};
  const { variables } = program;
  return {
    formulas: {
      names: variables.map((name, i) => format({ kind: "name", name, span: derivatives[i].span }, { unicode: true })),
      printed: derivatives.map((d) => format(d, { unicode: true })),
      ascii: derivatives.map((d) => format(d)),
      rules: derivatives.map((d, i) => updateRule(variables[i], d, learningRate, true)),
    },
  };
}
