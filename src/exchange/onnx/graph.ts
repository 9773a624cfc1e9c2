/** An ONNX model as it grows: nodes, weights, inputs and outputs (onnx.ai/onnx/repo-docs/IR.html). */
import { Message } from "../protobuf.js";

/** The version of the operators, and of the file format that came with it (ONNX 1.12, of 2022). */
const operatorSet = 17;
const irVersion = 8;

/** Element types, by the numbers of the format. */
const elementTypes = { float32: 1, uint8: 2, int64: 7 } as const;
const attributeTypes = { float: 1, int: 2, text: 3, ints: 7 } as const;

export type OnnxType = keyof typeof elementTypes;

/** A float is told from a whole number by what the operator expects, so that it is said. */
export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** The first axis of inputs and outputs: any number of records. */
const records = "N";

export class OnnxGraph {
  readonly #nodes: Message[] = [];
  readonly #weights: Message[] = [];
  readonly #weightNames = new Set<string>();
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];

  input(name: string, type: OnnxType, shape: readonly number[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, shape: readonly number[]): void {
    this.#outputs.push(valueInfo(name, "float32", shape));
  }

  /**
   * One operator with one result, which has the name of the node.
   *
   * @param inputs names of values; "" for an input that is left out
   */
  node(operator: string, name: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    this.#nodes.push(
      new Message()
        .each(inputs, (node, input) => node.text(1, input))
        .text(2, name)
        .text(3, name)
        .text(4, operator)
        .each(Object.entries(attributes), (node, [key, value]) => node.message(5, attribute(key, value))),
    );
    return name;
  }

  /** Numbers that belong to the file. The same name gives the same numbers. */
  weight(name: string, shape: readonly number[], values: ArrayLike<number>): string {
    const data = Float32Array.from(values);
    return this.#constant(name, "float32", shape, new Uint8Array(data.buffer));
  }

  /** Whole numbers, such as a shape. */
  integers(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant(name, "int64", [values.length], new Uint8Array(data.buffer));
  }

  /** @param notes free text by name */
  finish(name: string, notes: ReadonlyMap<string, string>): Uint8Array {
    const graph = new Message()
      .each(this.#nodes, (message, node) => message.message(1, node))
      .text(2, name)
      .each(this.#weights, (message, weight) => message.message(5, weight))
      .each(this.#inputs, (message, input) => message.message(11, input))
      .each(this.#outputs, (message, output) => message.message(12, output));
    return new Message()
      .int(1, irVersion)
      .text(2, "steepest")
      .message(7, graph)
      .message(8, new Message().text(1, "").int(2, operatorSet))
      .each(notes, (message, [key, value]) => message.message(14, new Message().text(1, key).text(2, value)))
      .finish();
  }

  #constant(name: string, type: OnnxType, shape: readonly number[], bytes: Uint8Array): string {
    if (this.#weightNames.has(name)) return name;
    this.#weightNames.add(name);
    this.#weights.push(
      new Message()
        .each(shape, (message, extent) => message.int(1, extent))
        .int(2, elementTypes[type])
        .text(8, name)
        .bytes(9, bytes),
    );
    return name;
  }
}

function attribute(name: string, value: AttributeValue): Message {
  const message = new Message().text(1, name);
  if (typeof value === "number") return message.int(3, value).int(20, attributeTypes.int);
  if (typeof value === "string") return message.text(4, value).int(20, attributeTypes.text);
  if ("float" in value) return message.float(2, value.float).int(20, attributeTypes.float);
  return message.each(value, (list, item) => list.int(8, item)).int(20, attributeTypes.ints);
}

function valueInfo(name: string, type: OnnxType, shape: readonly number[]): Message {
  const extents = new Message()
    .message(1, new Message().text(2, records))
    .each(shape, (message, extent) => message.message(1, new Message().int(1, extent)));
  const tensor = new Message().int(1, elementTypes[type]).message(2, extents);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
