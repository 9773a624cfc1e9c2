/** Reads a curve that is to be fitted: `response = model`, with data on both sides and parameters on the right. */
import { nearest } from "../../tensor/error.js";
import { children, type Expression, namesIn, type Program } from "./ast.js";
import { TreeBuilder } from "./builder.js";
import { FormulaExpressions } from "./formula-expressions.js";
import { unexpected } from "./formula-failures.js";
import { FormulaNames } from "./formula-names.js";
import { formulaLimits } from "./formula-parser.js";
import { FormulaStream } from "./formula-stream.js";
import { Source } from "./source.js";

export interface ParsedCurve {
  readonly source: Source;
  /** The left side, of data alone: `y`, `log(y)`. */
  readonly response: Program;
  /** The right side. */
  readonly model: Program;
  /** Data used on either side, in order of appearance. */
  readonly columns: readonly string[];
  /** Data used by the model. */
  readonly predictors: readonly string[];
}

export interface CurveNames {
  readonly parameters: readonly string[];
  readonly columns: readonly string[];
  readonly constants: readonly string[];
}

/**
 * Reads `response = model`.
 *
 * @throws SteepestError with the column for what cannot be read; where a side is missing, the left side holds a parameter or no data, a
 *   column stands on both sides, or the model leaves out a parameter
 */
export function parseCurve(text: string, { parameters, columns, constants }: CurveNames): ParsedCurve {
  const source = new Source(text, "formula", formulaLimits);
  const tokens = new FormulaStream(source);
  const build = new TreeBuilder(source, "==");
  const names = new FormulaNames(source, { variables: parameters, constants, arrays: columns });
  const expressions = new FormulaExpressions(tokens, build, names);
  const whole = source.span(0, text.length);
  if (!hasEquals(tokens))
    throw source.error(whole, {
      problem: "a curve has a left side",
      expected: "response = model, as in y = b1*(1 - exp(-b2*x))",
      fix: `write ${columns.find((name) => !new RegExp(`\\b${name}\\b`).test(text)) ?? "y"} = ${text}`,
    });
  const left = expressions.expression();
  if (tokens.take("=") === undefined) throw unexpected(tokens);
  const right = expressions.expression();
  if (tokens.peek(0).type !== "end") throw unexpected(tokens);
  build.checkResult(left, true);
  build.checkResult(right, true);
  const onLeft = namesIn(left);
  const onRight = namesIn(right);
  const foreign = [...onLeft].find((name) => parameters.includes(name));
  if (foreign !== undefined)
    throw source.error(spanOf(left, foreign), {
      problem: `${foreign} is a parameter, and stands on the left side`,
      expected: "data alone on the left, as in y or log(y)",
      fix: "bring it to the right side",
    });
  if (!build.facts(left).spread)
    throw source.error(left.span, {
      problem: "the left side holds no data",
      expected: `one of the columns ${columns.join(", ")}`,
      received: source.slice(left.span),
    });
  const both = columns.find((name) => onLeft.has(name) && onRight.has(name));
  if (both !== undefined)
    throw source.error(spanOf(right, both), { problem: `${both} stands on both sides of =`, fix: "a model predicts it from the others" });
  const unused = parameters.find((name) => !onRight.has(name));
  if (unused !== undefined) {
    const meant = nearest(
      unused,
      [...onRight].filter((name) => !columns.includes(name) && !parameters.includes(name)),
    );
    throw source.error(whole, {
      problem: `the start names ${unused}, which the model does not use`,
      received: parameters.join(", "),
      fix: meant === undefined ? `leave ${unused} out of the start` : `did you mean ${meant}?`,
    });
  }
  return {
    source,
    response: { locals: [], result: left },
    model: { locals: [], result: right },
    columns: names.arraysUsed,
    predictors: names.arraysUsed.filter((name) => onRight.has(name)),
  };
}

function hasEquals(tokens: FormulaStream): boolean {
  for (let offset = 0; tokens.peek(offset).type !== "end"; offset++) if (tokens.isOperator("=", offset)) return true;
  return false;
}

/** Where a name stands. */
function spanOf(node: Expression, name: string): Expression["span"] {
  const part = children(node).find((child) => namesIn(child).has(name));
  return part === undefined ? node.span : spanOf(part, name);
}
