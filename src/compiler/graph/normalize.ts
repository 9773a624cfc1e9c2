/** From the traced graph to the normal form: common subexpressions, dead code and algebra that never changes a finite result. */
import { formals } from "../../tensor/graph.js";
import type { Attributes, Graph, Node, Primitive } from "../../tensor/primitive.js";
import type { ParameterSlot, UnpackAttributes } from "../../tensor/primitives/indexing.js";
import { type InputAttributes, unboundArgument, type Variable } from "../../tensor/primitives/leaves.js";
import { primitives } from "../../tensor/primitives/table.js";
import { knownData } from "../../tensor/read.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type DType, type HostData, type Shape, sameShape, sizeOf, type TensorType } from "../../tensor/types.js";
import { topological } from "../../tensor/walk.js";
import { blockwise, FOLD_AT_ONCE, rowsBegin } from "./blocks.js";
import { expandControl } from "./control.js";
import { type Leaf, type Loop, literalOf, type Value } from "./value.js";

export interface NormalForm {
  readonly roots: readonly Value[];
  /** Host data the graph reads, in order of first appearance. */
  readonly inputs: readonly { readonly data: HostData; readonly type: TensorType }[];
  /** Equal for graphs that differ only in the data of their inputs. */
  readonly key: string;
}

/** Brings a traced graph to normal form. */
export function normalize(roots: readonly Tensor[], variables: readonly Variable[] = []): NormalForm {
  const graph = new GraphBuilder(variables);
  const result = translateNodes(graph, roots, new Map());
  return { roots: result, inputs: graph.inputs, key: graph.keyOf(result) };
}

/** Values of `outputs`; what `given` holds is not entered. */
function translateNodes(graph: GraphBuilder, outputs: readonly Tensor[], given: ReadonlyMap<Tensor, Value>): readonly Value[] {
  const values = new Map(given);
  const isGiven = new Set([...given.keys()].map((x) => x.node));
  const valueOf = (tensor: Tensor): Value => {
    const value = values.get(tensor);
    if (value === undefined) throw new Error(`internal: ${tensor.toString()} has no value`);
    return value;
  };
  const wanted = new Set(outputs);
  const isKnown = (node: Node) => node.outputs.every((o) => knownData(o) !== undefined);
  const nodes = topological(outputs, (n) => isGiven.has(n), isKnown);
  for (const node of nodes) if (!isKnown(node)) for (const input of node.inputs) wanted.add(input);
  const expand = (inner: Graph, inputs: readonly Value[]) =>
    translateNodes(graph, inner.outputs, new Map(formals(inner).map((x, i) => [x, inputs[i]])));
  for (const node of nodes) {
    const known = node.outputs.map(knownData);
    const results = node.outputs.flatMap((o, i) => {
      const data = known[i];
      return data === undefined ? [] : [graph.input(data, o)];
    });
    const made =
      results.length === node.outputs.length
        ? results
        : (expandControl(graph, node, node.inputs.map(valueOf), expand, (o) => wanted.has(o)) ??
          graph.translate(node, node.inputs.map(valueOf)));
    node.outputs.forEach((o, i) => values.set(o, made[i]));
  }
  return outputs.map(valueOf);
}

export class GraphBuilder {
  readonly inputs: { data: HostData; type: TensorType }[] = [];
  readonly #variables: readonly Variable[];
  readonly #interned = new Map<string, Value>();
  readonly #inputLeaves = new Map<HostData, Value>();
  readonly #keys: string[] = [];
  #next = 0;

  constructor(variables: readonly Variable[]) {
    this.#variables = variables;
  }

  /** A key of all that the given values depend on. */
  keyOf(roots: readonly Value[]): string {
    return `${this.#keys.join("\n")}\n→ ${roots.map((r) => r.id).join(" ")}`;
  }

  translate(node: Node, inputs: readonly Value[]): readonly Value[] {
    const { primitive, attributes } = node;
    switch (primitive.name) {
      case "input": {
        const { type, data } = attributes as InputAttributes;
        return [this.input(data, type)];
      }
      case "literal": {
        const { value, dtype } = attributes as { readonly value: number; readonly dtype: DType };
        return [this.literal(value, [], dtype)];
      }
      case "variable":
        return [this.#variable((attributes as { readonly variable: Variable }).variable)];
      case "argument":
        throw unboundArgument();
      case "mark":
      case "stopGradient":
      case "customGradient":
        return [inputs[0]];
    }
    return node.outputs.map((o) => this.make(primitive, attributes, inputs, o.shape, o.dtype, o.output));
  }

  input(data: HostData, type: TensorType): Value {
    const held = this.#inputLeaves.get(data);
    if (held !== undefined && sameShape(held.shape, type.shape) && held.dtype === type.dtype) return held;
    const position = this.inputs.length;
    this.inputs.push({ data, type });
    const value = this.#intern(primitives.input, {}, [], type.shape, type.dtype, 0, `input ${position}`, { kind: "input", data, position });
    this.#inputLeaves.set(data, value);
    return value;
  }

  #variable(variable: Variable): Value {
    const at = this.#variables.indexOf(variable);
    if (at < 0) throw new Error(`internal: variable ${variable.name} does not belong to this program`);
    return this.#intern(primitives.variable, {}, [], variable.type.shape, variable.type.dtype, 0, `variable ${at}`, {
      kind: "variable",
      variable,
    });
  }

  /** A leaf that stands for a value of the type in the body of a loop. */
  argument({ shape, dtype }: TensorType): Value {
    const index = this.#next;
    return this.#intern(primitives.argument, {}, [], shape, dtype, 0, `argument ${index}`, { kind: "argument", index });
  }

  /** The carries when the loop has ended. */
  loop(loop: Loop, inputs: readonly Value[]): readonly Value[] {
    const detail = `while ${loop.condition.id}: ${loop.body.map((v) => v.id)}`;
    return loop.carries.map(({ shape, dtype }, i) => this.#intern(primitives.while, {}, inputs, shape, dtype, i, detail, undefined, loop));
  }

  /** A value of the normal form; algebra is applied while building. */
  make(primitive: Primitive, attributes: Attributes, inputs: readonly Value[], shape: Shape, dtype: DType, output = 0): Value {
    return (
      this.#simplified(primitive, attributes, inputs, shape, dtype) ??
      this.#intern(primitive, attributes, inputs, shape, dtype, output, JSON.stringify(attributes))
    );
  }

  #intern(
    primitive: Primitive,
    attributes: Attributes,
    inputs: readonly Value[],
    shape: Shape,
    dtype: DType,
    output: number,
    detail: string,
    leaf?: Leaf,
    loop?: Loop,
  ): Value {
    const key = `${primitive.name} ${dtype}[${shape}] ${inputs.map((x) => x.id)} ${output} ${detail}`;
    const held = this.#interned.get(key);
    if (held !== undefined) return held;
    const value: Value = {
      id: this.#next++,
      primitive,
      attributes,
      inputs,
      output,
      shape,
      dtype,
      ...(leaf ? { leaf } : {}),
      ...(loop ? { loop } : {}),
    };
    this.#interned.set(key, value);
    this.#keys.push(key);
    return value;
  }

  /** The same number everywhere. */
  literal(value: number, shape: Shape, dtype: DType): Value {
    const scalar = this.#intern(primitives.literal, { value, dtype }, [], [], dtype, 0, Object.is(value, -0) ? "-0" : String(value));
    return shape.length === 0 ? scalar : this.make(primitives.broadcast, { shape, axes: [] }, [scalar], shape, dtype);
  }

  #simplified(primitive: Primitive, attributes: Attributes, inputs: readonly Value[], shape: Shape, dtype: DType): Value | undefined {
    if (primitive.kind === "pointwise") return this.#pointwise(primitive, attributes, inputs, shape, dtype);
    const [x] = inputs;
    switch (primitive.name) {
      case "broadcast":
      case "reshape": {
        const literal = shape.length === 0 || x.shape.length > 0 || primitive.name === "reshape" ? literalOf(x) : undefined;
        if (literal !== undefined && (x.shape.length > 0 || shape.length === 0)) return this.literal(literal, shape, dtype);
        if (sameShape(x.shape, shape)) return x;
        if (primitive.name === "reshape" && x.primitive.name === "reshape")
          return this.make(primitive, { shape }, [x.inputs[0]], shape, dtype);
        if (primitive.name === "reshape" && isScalarBroadcast(x))
          return this.make(primitives.broadcast, { shape, axes: [] }, [x.inputs[0]], shape, dtype);
        if (primitive.name === "broadcast" && isScalarBroadcast(x))
          return this.make(primitives.broadcast, { shape, axes: [] }, [x.inputs[0]], shape, dtype);
        return undefined;
      }
      case "sum":
      case "reduceMax":
      case "reduceMin":
        return this.#reduce(primitive, attributes, x, shape, dtype);
      case "unpack": {
        const slot = attributes as UnpackAttributes;
        if (slot.offset === 0 && sizeOf(shape) === sizeOf(x.shape)) return this.make(primitives.reshape, { shape }, [x], shape, dtype);
        if (x.primitive.name !== "pack") return undefined;
        const slots = (x.attributes as { readonly slots: readonly ParameterSlot[] }).slots;
        const at = slots.findIndex((s) => s.offset === slot.offset && sameShape(s.shape, slot.shape));
        return at < 0 ? undefined : x.inputs[at];
      }
      // One parameter that fills θ is θ in another shape.
      case "pack":
        return inputs.length === 1 && sizeOf(x.shape) === sizeOf(shape)
          ? this.make(primitives.reshape, { shape }, [x], shape, dtype)
          : undefined;
      default:
        return undefined;
    }
  }

  /** Brings reductions to few forms: no axes of extent 1, no truth values, all axes where one element is left, in rows or blocks where there are many. */
  #reduce(primitive: Primitive, attributes: Attributes, x: Value, shape: Shape, dtype: DType): Value | undefined {
    const axes = attributes.axes as readonly number[];
    const size = sizeOf(x.shape);
    const folded = axes.filter((axis) => x.shape[axis] !== 1);
    if (folded.length === 0) return this.make(primitives.reshape, { shape }, [x], shape, dtype);
    if (dtype === "bool" || dtype === "u8") {
      const cast = (v: Value, to: DType) => this.make(primitives.cast, { to }, [v], v.shape, to);
      return cast(this.make(primitive, attributes, [cast(x, "i32")], shape, "i32"), dtype);
    }
    if (folded.length < axes.length) {
      const kept = x.shape.filter((_, axis) => !axes.includes(axis) || folded.includes(axis));
      const place = folded.map((axis) => x.shape.slice(0, axis).filter((_, a) => !axes.includes(a) || folded.includes(a)).length);
      return this.make(primitive, { axes: place }, [this.make(primitives.reshape, { shape: kept }, [x], kept, dtype)], shape, dtype);
    }
    if (sizeOf(shape) !== 1) return undefined;
    if (shape.length > 0) {
      const all = { axes: x.shape.map((_, axis) => axis) };
      return this.make(primitives.reshape, { shape }, [this.make(primitive, all, [x], [], dtype)], shape, dtype);
    }
    const block = blockwise.get(primitive.name);
    if (size <= FOLD_AT_ONCE || block === undefined) return undefined;
    const [source] = x.inputs;
    if (x.primitive.name === "reshape" && axesOf(source.shape) > axesOf(x.shape))
      return this.make(primitive, { axes: source.shape.map((_, axis) => axis) }, [source], [], dtype);
    const begin = rowsBegin(x.shape);
    if (begin !== undefined) {
      const [outer, inner] = [x.shape.slice(0, begin), x.shape.slice(begin)];
      const rows = this.make(primitive, { axes: inner.map((_, i) => begin + i) }, [x], outer, dtype);
      return this.make(primitive, { axes: outer.map((_, axis) => axis) }, [rows], [], dtype);
    }
    const [type] = block.kind === "structural" ? block.types({}, [x]) : [];
    return this.make(primitive, { axes: [0] }, [this.make(block, {}, [x], type.shape, dtype)], shape, dtype);
  }

  #pointwise(
    primitive: Primitive & { kind: "pointwise" },
    attributes: Attributes,
    inputs: readonly Value[],
    shape: Shape,
    dtype: DType,
  ): Value | undefined {
    const [x, y] = inputs;
    const literals = inputs.map(literalOf);
    if (primitive.name === "cast" && x.dtype === dtype) return x;
    if (literals.every((l) => l !== undefined) && exact.has(primitive.name) && (dtype === "f64" || dtype === "f32" || dtype === "bool")) {
      const value = primitive.evaluate(attributes, ...literals);
      return this.literal(dtype === "f32" ? Math.fround(value) : value, shape, dtype);
    }
    // An operation on repeated scalars is done once, on the scalars.
    if (shape.length > 0 && inputs.every((i) => isScalarBroadcast(i))) {
      const scalar = this.make(
        primitive,
        attributes,
        inputs.map((i) => i.inputs[0]),
        [],
        dtype,
      );
      return this.make(primitives.broadcast, { shape, axes: [] }, [scalar], shape, dtype);
    }
    const unshaped = this.#beforeReshape(primitive, attributes, inputs, shape, dtype);
    if (unshaped !== undefined) return unshaped;
    switch (primitive.name) {
      case "add":
        if (literals[0] === 0) return y;
        if (literals[1] === 0) return x;
        if (y.primitive.name === "neg") return this.make(primitives.sub, {}, [x, y.inputs[0]], shape, dtype);
        if (x.primitive.name === "neg") return this.make(primitives.sub, {}, [y, x.inputs[0]], shape, dtype);
        return this.#mergePacks(x, y, shape, dtype);
      case "sub":
        if (literals[1] === 0) return x;
        return y.primitive.name === "neg" ? this.make(primitives.add, {}, [x, y.inputs[0]], shape, dtype) : undefined;
      case "mul":
        if (literals[0] === 1) return y;
        if (literals[1] === 1) return x;
        if (literals[0] === -1) return this.make(primitives.neg, {}, [y], shape, dtype);
        if (literals[1] === -1) return this.make(primitives.neg, {}, [x], shape, dtype);
        if (fromBool(x)) return this.#masked(x, y, shape, dtype);
        if (fromBool(y)) return this.#masked(y, x, shape, dtype);
        return undefined;
      case "div":
        return literals[1] === 1 ? x : undefined;
      case "neg":
        return x.primitive.name === "neg" ? x.inputs[0] : undefined;
      case "not":
        return x.primitive.name === "not" ? x.inputs[0] : undefined;
      case "select":
        return inputs[1] === inputs[2] ? inputs[1] : undefined;
      case "gt": {
        // The slope of max(x, 0) asks x > 0; max(x, 0) > 0 says the same, and x need not be kept.
        const relu = literals[1] === 0 ? this.#find(primitives.maximum, [x, y], x.shape, x.dtype) : undefined;
        return relu && this.make(primitive, attributes, [relu, y], shape, dtype);
      }
      default:
        return undefined;
    }
  }

  /** An operation on reshaped values is done in the shape with more axes, which tells more about where its elements come from. */
  #beforeReshape(primitive: Primitive, attributes: Attributes, inputs: readonly Value[], shape: Shape, dtype: DType): Value | undefined {
    const source = inputs.find((x) => x.primitive.name === "reshape" && x.inputs[0].leaf === undefined)?.inputs[0].shape;
    if (source === undefined || axesOf(source) <= axesOf(shape)) return undefined;
    const unshaped = inputs.map((x): Value | undefined => {
      if (isScalarBroadcast(x)) return this.make(primitives.broadcast, { shape: source, axes: [] }, x.inputs, source, x.dtype);
      if (x.leaf !== undefined) return this.make(primitives.reshape, { shape: source }, [x], source, x.dtype);
      return x.primitive.name === "reshape" && sameShape(x.inputs[0].shape, source) ? x.inputs[0] : undefined;
    });
    const known = unshaped.filter((x) => x !== undefined);
    if (known.length < inputs.length) return undefined;
    return this.make(primitives.reshape, { shape }, [this.make(primitive, attributes, known, source, dtype)], shape, dtype);
  }

  #find(primitive: Primitive, inputs: readonly Value[], shape: Shape, dtype: DType): Value | undefined {
    return this.#interned.get(`${primitive.name} ${dtype}[${shape}] ${inputs.map((x) => x.id)} 0 {}`);
  }

  /** y·(truth as a number) selects: what is masked out is 0, whatever it was. */
  #masked(mask: Value, y: Value, shape: Shape, dtype: DType): Value {
    return this.make(primitives.select, {}, [mask.inputs[0], y, this.literal(0, shape, dtype)], shape, dtype);
  }

  /** A sum of packed gradients is one pack; parts for the same place are added. */
  #mergePacks(x: Value, y: Value, shape: Shape, dtype: DType): Value | undefined {
    if (x.primitive.name !== "pack" || y.primitive.name !== "pack") return undefined;
    const slots = [...(x.attributes as PackAttributes).slots];
    const parts = [...x.inputs];
    (y.attributes as PackAttributes).slots.forEach((slot, i) => {
      const at = slots.findIndex((s) => s.offset === slot.offset);
      if (at < 0) {
        slots.push(slot);
        parts.push(y.inputs[i]);
      } else {
        const sum = parts[at];
        parts[at] = this.make(primitives.add, {}, [sum, y.inputs[i]], sum.shape, sum.dtype);
      }
    });
    return this.make(primitives.pack, { slots, size: shape[0] }, parts, shape, dtype);
  }
}

interface PackAttributes extends Attributes {
  readonly slots: readonly ParameterSlot[];
}

/** Operations whose results are the same bits on the host and in a program. */
const exact = new Set([
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "abs",
  "sqrt",
  "minimum",
  "maximum",
  "floor",
  "cast",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "not",
  "select",
]);

const axesOf = (shape: Shape): number => shape.filter((extent) => extent !== 1).length;

const isScalarBroadcast = (x: Value): boolean => x.primitive.name === "broadcast" && x.inputs[0].shape.length === 0;

const fromBool = (x: Value): boolean => x.primitive.name === "cast" && x.inputs[0].dtype === "bool";
