/** Blocks with a way around. */
import { SteepestError } from "../../tensor/error.js";
import { sameShape, showShape } from "../../tensor/types.js";
import { applyChain, buildChain, isComposition, knownReach, type ModelPart, totalOf } from "../chain.js";
import { descriptionsOf } from "../description.js";
import type { Layer } from "../layer.js";

/**
 * A residual block (He et al.: arXiv 1512.03385): what a body makes of x, and x itself or what a shortcut makes of it.
 *
 *     y = body(x) + shortcut(x)
 *
 * Both give one shape. Parameters of the body are named `residual1.conv1.weight`, those of the shortcut `residual1.shortcut.conv1.weight`. An
 * activation after the sum is a layer of its own.
 *
 * @param body a layer, or `sequential(…)`
 * @param shortcut what stands for x, where the body gives another shape: `conv2d(filters, 1, { strides: 2 })`. Default: x as it is
 * @throws SteepestError, when built, where the two give different shapes
 * @example
 * ```ts
 * import { conv2d, relu, residual, sequential } from "steepest";
 * const block = residual(sequential(conv2d(8, 3), relu(), conv2d(8, 3)));
 * sequential(block, relu()).build([16, 16, 8]).parameters.map((p) => p.path)[0]; // → "residual1.conv1.weight"
 * ```
 */
export function residual(body: ModelPart, shortcut?: ModelPart): Layer {
  return {
    name: "residual",
    build(inputShape, path) {
      const main = buildChain(partsOf(body), inputShape, path, path);
      const around = shortcut && buildChain(partsOf(shortcut), inputShape, `the shortcut of ${path}`, `${path}.shortcut`);
      const other = around?.outputShape ?? inputShape;
      if (!sameShape(main.outputShape, other))
        throw new SteepestError({
          problem: "the body of a residual block and the way around it give different shapes",
          expected: `${showShape(other)}, what ${around ? "the shortcut gives" : "goes into the block"}`,
          received: showShape(main.outputShape),
          fix: "let a shortcut such as conv2d(filters, 1, { strides: 2 }) bring x to the shape of the body",
        });
      const [far, past] = [knownReach(main.layers), knownReach(around?.layers ?? [])];
      const inner = [...main.layers, ...(around?.layers ?? [])];
      const [along, aside] = [descriptionsOf(main.layers), around ? descriptionsOf(around.layers) : null];
      return {
        path,
        inputShape,
        outputShape: other,
        parameters: [...main.parameters, ...(around?.parameters ?? [])],
        state: [...main.state, ...(around?.state ?? [])],
        multiplyAdds: totalOf(inner),
        reach: far === undefined || past === undefined ? undefined : Math.max(far, past),
        inner,
        ...(along === undefined || aside === undefined ? {} : { description: { type: "residual", body: along, shortcut: aside } }),
        apply(x, parameters, context) {
          const through = applyChain(main.layers, x, parameters, context);
          const past = around ? applyChain(around.layers, x, parameters, context) : { output: x, state: {} };
          return { output: through.output.add(past.output), state: { ...through.state, ...past.state } };
        },
      };
    },
  };
}

/** The layers of a body: those of a model are not named twice. */
const partsOf = (part: ModelPart): readonly ModelPart[] => (isComposition(part) ? part.layers : [part]);
