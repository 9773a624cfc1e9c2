/** Ways to look at a tree in tests. */

import { grad } from "../../../src/autodiff/gradient.js";
import { interpreterEvaluator } from "../../../src/backends/interpreter/index.js";
import type { Expression, Program } from "../../../src/objectives/formula/ast.js";
import { lower } from "../../../src/objectives/formula/lower.js";
import { tensor } from "../../../src/tensor/create.js";
import { setEvaluator } from "../../../src/tensor/read.js";
import type { Tensor } from "../../../src/tensor/tensor.js";

setEvaluator(interpreterEvaluator);

/** Every operation in parentheses: the structure and nothing else. */
export function shown(node: Expression): string {
  switch (node.kind) {
    case "number":
      return node.symbol ?? String(node.value);
    case "name":
      return node.name;
    case "unary":
      return `(${node.operator}${shown(node.operand)})`;
    case "binary":
      return `(${shown(node.left)} ${node.operator} ${shown(node.right)})`;
    case "call":
      return `${node.name}(${node.arguments.map(shown).join(", ")})`;
    case "conditional":
      return `(${shown(node.test)} ? ${shown(node.yes)} : ${shown(node.no)})`;
  }
}

export type Values = Readonly<Record<string, number | readonly number[]>>;

const environmentOf = (values: Values): Map<string, Tensor> =>
  new Map(Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? tensor(value) : tensor([...value])] as const));

/** The value by lowering and the reference interpreter. */
export const valueOf = (program: Program, values: Values): number => lower(program, environmentOf(values)).item();

/** The derivative by the engine's reverse mode. */
export function slopeOf(program: Program, values: Values, name: string): number {
  const environment = environmentOf(values);
  const at = values[name];
  if (typeof at !== "number") throw new Error(`${name} is no number`);
  const slope = grad((x: Tensor) => lower(program, new Map([...environment, [name, x]])))(tensor(at));
  return slope.item();
}
