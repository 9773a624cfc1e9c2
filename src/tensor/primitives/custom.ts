/** A value whose derivative a user wrote. */
import { argument } from "../graph.js";
import { type MappedOperand, type Mapping, structural } from "../primitive.js";
import { repeated } from "../repeat.js";
import type { Tensor } from "../tensor.js";

export interface CustomRule {
  jvp(inputs: readonly Tensor[], tangents: readonly (Tensor | undefined)[]): Tensor | undefined;
  vjp(inputs: readonly Tensor[], cotangent: Tensor): readonly (Tensor | undefined)[];
}

/** The user's rule runs as it would for one element, and what it gives is carried over to the mapped axis. */
function mappedRule(rule: CustomRule, value: Tensor, inputs: readonly MappedOperand[], { count, batch }: Mapping): CustomRule {
  const originals = inputs.map((x) => x.original);
  const formal = (x: Tensor, i: number) => argument(x, i);
  return {
    jvp: (_, tangents) => {
      const made = tangents.map((tangent, i) => tangent && (inputs[i].isMapped ? formal(originals[i], i) : tangent));
      const tangent = rule.jvp(originals, made);
      if (tangent === undefined) return undefined;
      const given = made.flatMap((x, i) => (x !== undefined && inputs[i].isMapped ? [{ x, over: tangents[i] }] : []));
      const [result] = batch(
        [tangent],
        given.map(({ x }) => x),
        given.map(({ over }) => over),
      );
      return result ?? repeated(tangent, count);
    },
    vjp: (_, cotangent) => {
      const upstream = formal(value, 0);
      const cotangents = rule.vjp(originals, upstream);
      const given = cotangents.filter((x) => x !== undefined);
      const results = batch(given, [upstream], [cotangent]);
      let next = 0;
      return cotangents.map((x, i) => {
        if (x === undefined) return undefined;
        const result = results[next++] ?? repeated(x, count);
        return inputs[i].isMapped ? result : result.sum(0);
      });
    },
  };
}

export const custom = {
  /** Operand 0 is the value; the others are what it was computed from. Derivatives do not enter operand 0. */
  customGradient: structural<{ readonly rule: CustomRule }>({
    name: "customGradient",
    types: (_, [value]) => [value],
    evaluate: (_, [value]) => [value.data],
    derivative: {
      jvp: ({ rule }, [, ...inputs], _outputs, [, ...tangents]) => [rule.jvp(inputs, tangents)],
      vjp: ({ rule }, [, ...inputs], _outputs, [cotangent]) => [
        undefined,
        ...(cotangent ? rule.vjp(inputs, cotangent) : inputs.map(() => undefined)),
      ],
    },
    batching: {
      batch: ({ rule }, [value, ...inputs], mapping) =>
        mapping.again({ rule: mappedRule(rule, value.original, inputs, mapping) }, [mapping.all()[0], ...inputs.map((x) => x.value)]),
    },
  }),
};
