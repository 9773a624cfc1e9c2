/**
 * What tells kernels apart, but for the memory they work on. Repeated layers give kernels that differ only in their buffers, and in
 * where in θ their weights lie: they have the same signature, and are lowered and printed once.
 */
import type { Value } from "../graph/value.js";
import type { Affine } from "./affine.js";
import type { Buffer, Kernel, KernelExpr, Reduction, RowKernel, Storage, Store } from "./kernel.js";
import { Rewriter } from "./rewrite.js";

/** A kernel that lowers to functions. */
export type LoopedKernel = Exclude<Kernel, { readonly kind: "loop" }>;

export interface Signature {
  /** Equal for kernels that do the same to their regions. */
  readonly text: string;
  /** The memory that the kernel touches: each buffer from where it is first mentioned, in the order in which that happens. */
  readonly regions: readonly Storage[];
}

export function signatureOf(kernel: LoopedKernel): Signature {
  const writer = new SignatureWriter();
  writer.kernel(kernel);
  return { text: writer.parts.join(" "), regions: writer.regions };
}

class SignatureWriter {
  readonly parts: (string | number)[] = [];
  readonly regions: Storage[] = [];
  readonly #regionOf = new Map<Buffer, number>();
  readonly #expressions = new Map<KernelExpr, number>();
  readonly #values = new Map<Value, number>();

  kernel(kernel: LoopedKernel): void {
    this.parts.push(kernel.kind);
    switch (kernel.kind) {
      case "chain":
        for (const { kernel: stage, before, after } of kernel.stages) {
          this.parts.push(before, after);
          this.kernel(stage);
        }
        for (const [buffer, { pitch, start, before, after }] of kernel.local) {
          this.#region(buffer, start);
          this.parts.push(pitch, before, after);
        }
        return;
      case "rows":
        this.parts.push(String(kernel.rows), String(kernel.inner), kernel.tail ?? "");
        for (const { rowStores, reductions, stores } of kernel.passes) {
          this.parts.push("pass", rowStores.length, reductions.length);
          for (const s of rowStores) this.#store(s);
          for (const r of reductions) this.#reduction(r);
          for (const s of stores) this.#store(s);
        }
        return;
      case "columns":
        this.parts.push(String(kernel.reduced), String(kernel.kept));
        this.#reduction(kernel.reduction);
        return this.#storage(kernel.storage);
      case "template": {
        const { value, operands, rows, columns, results, stores, sideSum } = kernel;
        this.parts.push(value.primitive.name, JSON.stringify(value.attributes), value.dtype, String(value.shape), rows, columns);
        for (const { dtype, shape } of value.inputs) this.parts.push(dtype, String(shape));
        for (const { storage, strides } of operands) {
          this.#storage(storage);
          this.parts.push(String(strides));
        }
        for (const result of results) this.#value(result);
        for (const s of stores) this.#store(s);
        if (sideSum !== undefined) this.#storage(sideSum);
      }
    }
  }

  #reduction({ op, value, dtype, expression }: Reduction): void {
    this.parts.push(op, dtype);
    this.#value(value);
    this.#expression(expression);
  }

  #store({ storage, offset, expression }: Store): void {
    this.parts.push("store");
    this.#region(storage.buffer, offset.constant);
    this.parts.push(String(offset.coefficients));
    this.#expression(expression);
  }

  #storage({ buffer, offset }: Storage): void {
    this.#region(buffer, offset);
  }

  /** An element of a buffer, by its distance from where the buffer was first mentioned. */
  #region(buffer: Buffer, element: number): void {
    const known = this.#regionOf.get(buffer);
    if (known !== undefined) {
      this.parts.push(known, element - this.regions[known].offset);
      return;
    }
    // Records have one place for each step, and no other.
    const start = buffer.source.kind === "trace" ? 0 : element;
    this.#regionOf.set(buffer, this.regions.length);
    this.parts.push(this.regions.length, buffer.dtype, element - start);
    this.regions.push({ buffer, offset: start });
  }

  #value(value: Value): void {
    const number = this.#values.get(value) ?? this.#values.size;
    this.#values.set(value, number);
    this.parts.push(`v${number}`);
  }

  #affine({ constant, coefficients }: Affine): void {
    this.parts.push(constant, String(coefficients));
  }

  #expression(e: KernelExpr): void {
    const known = this.#expressions.get(e);
    if (known !== undefined) {
      this.parts.push(`e${known}`);
      return;
    }
    this.#expressions.set(e, this.#expressions.size);
    this.parts.push(e.kind, e.dtype);
    switch (e.kind) {
      case "literal":
        this.parts.push(Object.is(e.value, -0) ? "-0" : e.value);
        return;
      case "index":
        return this.#affine(e.index);
      case "stage":
        return this.#value(e.value);
      case "operation":
        this.parts.push(e.name, e.operands.length);
        for (const operand of e.operands) this.#expression(operand);
        return;
      case "guard":
        this.parts.push(e.conditions.length);
        for (const { index, low, high } of e.conditions) {
          this.#affine(index);
          this.parts.push(low, high);
        }
        return this.#expression(e.value);
      case "load":
        this.#region(e.buffer, e.offset.constant);
        this.parts.push(String(e.offset.coefficients), e.dynamic.length);
        if (e.within !== undefined) this.parts.push("within", e.within[0] - e.offset.constant, e.within[1] - e.offset.constant);
        for (const { row, rows, stride } of e.dynamic) {
          this.parts.push(rows, stride);
          this.#expression(row);
        }
    }
  }
}

/** The same kernel, with the elements of every region counted from where it begins. */
export function rebased(kernel: LoopedKernel, regions: readonly Storage[]): LoopedKernel {
  if (regions.every((r) => r.offset === 0)) return kernel;
  const starts = new Map(regions.map((r) => [r.buffer, r.offset]));
  const startOf = (buffer: Buffer) => starts.get(buffer) ?? 0;
  const rewriter = new Rewriter({ start: startOf });
  const rows = (k: RowKernel): RowKernel => ({ ...k, passes: k.passes.map((p) => rewriter.pass(p)) });
  switch (kernel.kind) {
    case "chain":
      return {
        ...kernel,
        stages: kernel.stages.map((s) => ({ ...s, kernel: rows(s.kernel) })),
        local: new Map([...kernel.local].map(([buffer, lines]) => [buffer, { ...lines, start: lines.start - startOf(buffer) }])),
      };
    case "rows":
      return rows(kernel);
    case "columns":
      return { ...kernel, reduction: rewriter.reduction(kernel.reduction), storage: rewriter.storage(kernel.storage) };
    case "template":
      return {
        ...kernel,
        operands: kernel.operands.map((o) => ({ ...o, storage: rewriter.storage(o.storage) })),
        stores: kernel.stores.map((s) => rewriter.store(s)),
        ...(kernel.sideSum ? { sideSum: rewriter.storage(kernel.sideSum) } : {}),
      };
  }
}
