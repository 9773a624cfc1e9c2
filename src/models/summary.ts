/** A model as a table. */
import { type Shape, sizeOf } from "../tensor/types.js";
import type { BuiltLayer } from "./layer.js";
import type { Parameter } from "./parameter.js";

/** The number of learned numbers. */
export const parameterCount = (parameters: readonly Parameter[]): number => parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** One line for each layer, those of a block below it and further in. */
export function summaryOf(name: string, inputShape: Shape, layers: readonly BuiltLayer[]): string {
  const parameters = parameterCount(layers.flatMap((layer) => layer.parameters));
  const multiplyAdds = layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  const rows = [
    ["layer", "output", "parameters", "FLOPs"],
    ["input", shown(inputShape), "", ""],
    ...layers.flatMap((layer) => rowsOf(layer, "", "")),
    [name, "", grouped(parameters), multiplyAdds === 0 ? "" : grouped(2 * multiplyAdds)],
  ];
  const width = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(width[column]) : cell.padStart(width[column])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function rowsOf({ path, outputShape, parameters, multiplyAdds, inner }: BuiltLayer, block: string, indent: string): string[][] {
  const count = parameterCount(parameters);
  return [
    [
      `${indent}${path.slice(block.length)}`,
      shown(outputShape),
      count === 0 ? "" : grouped(count),
      multiplyAdds === 0 ? "" : grouped(2 * multiplyAdds),
    ],
    ...inner.flatMap((layer) => rowsOf(layer, `${path}.`, `${indent}  `)),
  ];
}

const shown = (shape: Shape): string => `[${shape.join(", ")}]`;

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
