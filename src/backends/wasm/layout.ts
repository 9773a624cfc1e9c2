/** How values of the loop program lie in WebAssembly's types: logical lanes in parts of sixteen bytes, truth values in masks. */
import type { Expr, LoopFunction, MemoryDType, Register, RegisterDType, VectorType } from "../../compiler/loops/ir.js";
import type { ValueType } from "./encoder.js";

/** Bytes per lane. A lane mask is as wide as the values that were compared. */
export type Width = 4 | 8;

export const widthOf = (dtype: RegisterDType): Width => (dtype === "f64" || dtype === "i64" ? 8 : 4);

export const bytesOf: Readonly<Record<MemoryDType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, u8: 1, bool: 1 };

/** Lanes in one part. */
export const lanesPerPart = (width: Width): number => 16 / width;

/** The number of v128 values that hold this many lanes; 1 for a scalar. */
export function partsOf(lanes: number, width: Width): number {
  const parts = (lanes * width) / 16;
  if (lanes !== 1 && !Number.isInteger(parts)) throw new Error(`internal: ${lanes} lanes of ${width} bytes do not fill vectors`);
  return lanes === 1 ? 1 : parts;
}

export function scalarType(dtype: RegisterDType): ValueType {
  return dtype === "u32" || dtype === "bool" ? "i32" : dtype;
}

/** The prefix of a dtype's vector instructions. */
export function shape(dtype: RegisterDType): "f32x4" | "f64x2" | "i32x4" | "i64x2" {
  if (dtype === "f32") return "f32x4";
  if (dtype === "f64") return "f64x2";
  return dtype === "i64" ? "i64x2" : "i32x4";
}

export const valueType = (type: VectorType): ValueType => (type.lanes === 1 ? scalarType(type.dtype) : "v128");

/** The widths of lane masks, which types do not tell: a mask has the width of what was compared first. */
export class MaskWidths {
  readonly #registers = new Map<Register, Width>();
  readonly #known = new Map<Expr, Width | undefined>();

  constructor(fn: LoopFunction) {
    for (const parameter of fn.parameters) if (parameter.kind === "register") this.returned(parameter);
    for (const result of fn.results) this.returned(result);
  }

  /** A mask register is as wide as what is assigned to it first. */
  assigned(register: Register, value: Expr): void {
    const { dtype, lanes } = register.type;
    if (dtype === "bool" && lanes > 1 && !this.#registers.has(register)) this.#registers.set(register, this.of(value));
  }

  /** Between functions a mask has four bytes per lane. */
  returned(register: Register): void {
    if (register.type.dtype === "bool") this.#registers.set(register, 4);
  }

  /** The width in which a value of any dtype is at hand. */
  of(x: Expr): Width {
    return x.type.dtype === "bool" ? (this.#mask(x) ?? 4) : widthOf(x.type.dtype);
  }

  /** undefined: any width will do. */
  #mask(x: Expr): Width | undefined {
    if (x.kind === "register") return this.#registers.get(x) ?? 4;
    if (this.#known.has(x)) return this.#known.get(x);
    const width = this.#derive(x);
    this.#known.set(x, width);
    return width;
  }

  #derive(x: Expr): Width | undefined {
    switch (x.kind) {
      case "compare":
      case "convert":
      case "unary":
      case "lane":
        return x.x.type.dtype === "bool" ? this.#mask(x.x) : widthOf(x.x.type.dtype);
      case "binary":
      case "shuffle":
      case "select":
        return this.#mask(x.x) ?? this.#mask(x.y);
      default:
        return undefined;
    }
  }
}
