/** A value whose derivative a user wrote. */
import { structural } from "../primitive.js";
import type { Tensor } from "../tensor.js";

export interface CustomRule {
  jvp(inputs: readonly Tensor[], tangents: readonly (Tensor | undefined)[]): Tensor | undefined;
  vjp(inputs: readonly Tensor[], cotangent: Tensor): readonly (Tensor | undefined)[];
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
  }),
};
