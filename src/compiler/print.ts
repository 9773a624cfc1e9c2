/** Prints each level of the compiler for people. */
import type { Variable } from "../tensor/primitives/leaves.js";
import { showType } from "../tensor/types.js";
import { type CompiledEntry, compileEntry, type Place, planEntry } from "./compile.js";
import { literalOf, orderOf, type Value } from "./graph/value.js";
import type { Affine } from "./kernels/affine.js";
import type { Kernel, KernelExpr, Pass, PlannedKernel, Store } from "./kernels/kernel.js";
import { showFunction } from "./loops/print.js";
import type { EntryPoint } from "./program.js";

/** One level, printed. */
export interface PrintedLevel {
  readonly name: string;
  /** One sentence: what this level is. */
  readonly summary: string;
  readonly text: string;
}

/** The levels that an entry point goes through, first to last. */
export function printLevels(entry: EntryPoint, variables: readonly Variable[]): PrintedLevel[] {
  const planned = planEntry(entry, variables);
  const compiled = compileEntry(entry, variables);
  const names = new Namer();
  const outputs = [
    ...entry.writes.map((w) => `${w.variable.name} ←`),
    ...entry.traces.map((t) => `record ${t.name} =`),
    ...(entry.stop ? ["stop if"] : []),
  ];
  const graph = [...showGraph(planned.roots, names), "", ...outputs.map((o, i) => `${o} ${names.of(planned.roots[i])}`)].join("\n");
  const levels: PrintedLevel[] = [
    {
      name: "Graph in normal form",
      summary:
        "Loss, gradient, schedule and update as one graph: equal computations are one value, dead ones are gone, algebra is applied.",
      text: graph,
    },
  ];
  if (compiled.body.kind === "scalar")
    return [
      ...levels,
      {
        name: "Loop program",
        summary: "Few numbers: every one is a register, and the loop over steps is inside the function.",
        text: showFunction(compiled.body.function),
      },
    ];
  const { kernels } = planned;
  const seen = new Set<string>();
  const functions = compiled.body.phases.flatMap((p) => {
    const text = showFunction(p.function);
    if (seen.has(text)) return [];
    seen.add(text);
    return [text];
  });
  return [
    ...levels,
    {
      name: "Kernels",
      summary: "What is computed in one loop; products and convolutions are templates with their epilogues.",
      text: (kernels ?? []).map((k, i) => showKernel(k, i, names)).join("\n\n"),
    },
    {
      name: "Schedule",
      summary: "Phases in order, with barriers, and a fixed place in memory for every buffer.",
      text: showSchedule(compiled, variables),
    },
    {
      name: "Loop program",
      summary: "Structured loops over typed registers and vectors, as the backend prints them.",
      text: functions.join("\n\n"),
    },
  ];
}

/** Short names for values, in the order in which they are first met. */
class Namer {
  readonly #names = new Map<Value, string>();

  of(value: Value): string {
    const literal = literalOf(value);
    if (literal !== undefined) return String(literal);
    if (value.leaf?.kind === "variable") return value.leaf.variable.name;
    const held = this.#names.get(value);
    if (held !== undefined) return held;
    const name = value.leaf?.kind === "input" ? `input${value.leaf.position}` : `v${this.#names.size}`;
    this.#names.set(value, name);
    return name;
  }
}

function showGraph(roots: readonly Value[], names: Namer): string[] {
  return orderOf(roots)
    .filter((v) => v.leaf === undefined && literalOf(v) === undefined)
    .map((v) => {
      const attributes = Object.entries(v.attributes)
        .filter(([, x]) => typeof x !== "object" || Array.isArray(x))
        .map(([k, x]) => `${k}: ${JSON.stringify(x)}`)
        .join(", ");
      const shown =
        v.primitive.kind === "pointwise" || attributes === ""
          ? ""
          : ` {${attributes.length > 60 ? `${attributes.slice(0, 57)}…` : attributes}}`;
      return (
        `${names.of(v).padEnd(5)} = ${v.primitive.name}(${v.inputs.map((x) => names.of(x)).join(", ")})${shown}`.padEnd(64) +
        ` : ${showType(v)}`
      );
    });
}

function showKernel(kernel: Kernel, i: number, names: Namer): string {
  switch (kernel.kind) {
    case "template": {
      const operands = kernel.operands.map((o) => o.storage.buffer.name).join(", ");
      return [
        `kernel ${i}: ${kernel.value.primitive.name}(${operands}) → ${kernel.rows} × ${kernel.columns}`,
        ...kernel.stores.map((s) => `  ${showStore(s, names)}`),
        ...(kernel.sideSum ? [`  ${kernel.sideSum.buffer.name}[${kernel.sideSum.offset} + i1] ← side sum of the last operand's rows`] : []),
      ].join("\n");
    }
    case "chain": {
      const parts = kernel.stages.map(({ kernel: stage, before, after }, at) => {
        const rows = before + after === 0 ? "" : `, ${before} rows before and ${after} after each turn anew`;
        return showKernel(stage, at, names)
          .replace(/^kernel (\d+): (.*)$/m, `stage $1: $2${rows}`)
          .replace(/^/gm, "  ");
      });
      return [`kernel ${i}: chain, rows of ${[...kernel.local.keys()].map((b) => b.name).join(", ")} for each thread`, ...parts].join("\n");
    }
    case "loop": {
      const inner = (list: readonly PlannedKernel[]) => list.map((k, at) => showKernel(k.kernel, at, names).replace(/^/gm, "  "));
      return [`kernel ${i}: while ${kernel.flag.buffer.name}`, ...inner(kernel.condition), "  do", ...inner(kernel.body)].join("\n");
    }
    case "columns":
      return `kernel ${i}: columns ${kernel.reduced.join("×")} | ${kernel.kept.join("×")}\n  ${kernel.storage.buffer.name} ← ${kernel.reduction.op} ${showExpression(kernel.reduction.expression, names)}`;
    case "rows": {
      const head = `kernel ${i}: ${kernel.rows.length === 0 ? "one row" : `rows ${kernel.rows.join("×")}`}, inner ${kernel.inner.join("×") || "1"}${kernel.tail ? ` (last ${kernel.tail})` : ""}`;
      return [head, ...kernel.passes.flatMap((p, at) => showPass(p, at, names))].join("\n");
    }
  }
}

function showPass(pass: Pass, at: number, names: Namer): string[] {
  const lines = [
    ...pass.rowStores.map((s) => `row: ${showStore(s, names)}`),
    ...pass.reductions.map((r) => `${names.of(r.value)} = ${r.op} ${showExpression(r.expression, names)}`),
    ...pass.stores.map((s) => showStore(s, names)),
  ];
  return lines.map((line) => `  pass ${at}: ${line}`);
}

const showStore = (s: Store, names: Namer): string =>
  `${s.storage.buffer.name}[${showIndex(s.offset)}] ← ${showExpression(s.expression, names)}`;

function showIndex({ constant, coefficients }: Affine): string {
  const terms = coefficients.flatMap((c, v) => (c === 0 ? [] : [c === 1 ? `i${v}` : `${c}·i${v}`]));
  return [...terms, ...(constant !== 0 || terms.length === 0 ? [String(constant)] : [])].join(" + ");
}

const SIGNS: Readonly<Record<string, string>> = {
  add: "+",
  sub: "−",
  mul: "·",
  div: "/",
  gt: ">",
  lt: "<",
  ge: "≥",
  le: "≤",
  eq: "=",
  ne: "≠",
};

function showExpression(e: KernelExpr, names: Namer, depth = 0): string {
  if (depth > 12) return "…";
  const inner = (x: KernelExpr) => showExpression(x, names, depth + 1);
  switch (e.kind) {
    case "literal":
      return String(e.value);
    case "index":
      return showIndex(e.index);
    case "stage":
      return names.of(e.value);
    case "load":
      return `${e.buffer.name}[${[showIndex(e.offset), ...e.dynamic.map((d) => `${d.stride}·${inner(d.row)}`)].join(" + ")}]`;
    case "guard":
      return `(${e.conditions.map((c) => `${c.low} ≤ ${showIndex(c.index)} < ${c.high}`).join(", ")} ? ${inner(e.value)} : 0)`;
    case "operation": {
      const sign = SIGNS[e.name];
      return sign && e.operands.length === 2
        ? `(${inner(e.operands[0])} ${sign} ${inner(e.operands[1])})`
        : `${e.name}(${e.operands.map(inner).join(", ")})`;
    }
  }
}

function showSchedule(entry: CompiledEntry, variables: readonly Variable[]): string {
  if (entry.body.kind !== "phases") return "";
  const lines = entry.body.phases.flatMap((p) => {
    const share = p.parallel ? `${p.blocks} blocks, shared` : p.blocks === 1 ? "one block" : `${p.blocks} blocks, one thread`;
    const line = `${p.name.padEnd(24)} ${share.padEnd(22)} ${p.places.map((place) => showPlace(place, variables, entry)).join(" ")}`;
    return p.barrier ? ["── barrier", line] : [line];
  });
  return [...lines, "", `arena ${entry.arenaBytes} bytes, zeroed ${entry.zeroedBytes}, per thread ${entry.threadBytes}`].join("\n");
}

function showPlace(place: Place, variables: readonly Variable[], entry: CompiledEntry): string {
  switch (place.region) {
    case "variable":
      return `${variables[place.variable].name}${place.offset ? `+${place.offset}` : ""}`;
    case "swapped":
      return `${variables[place.variable].name}${place.written ? "′" : ""}${place.offset ? `+${place.offset}` : ""}`;
    case "input":
      return `input${place.position}`;
    case "trace":
      return `record:${entry.traces[place.trace].name}`;
    default:
      return `${place.region}+${place.offset}`;
  }
}
