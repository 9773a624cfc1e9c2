/** Prints conversions between vectors. Where the width of a lane changes, two parts become one or one becomes two. */
import type { Expr, RegisterDType } from "../../compiler/loops/ir.js";
import { constantBytes, ZERO_BYTES } from "./constants.js";
import type { Evaluator } from "./evaluator.js";
import { shape, widthOf } from "./layout.js";

type Convert = Expr & { kind: "convert" };

/** The upper half of a vector in its lower half. */
const upper = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
/** The lower halves of two vectors side by side. */
const lowers = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

export function printConversion(e: Evaluator, x: Convert, part: number): void {
  const from = x.x.type.dtype;
  const to = x.type.dtype;
  if (from === "bool") {
    // A mask is all ones or all zeros: it lets the bits of 1 through.
    e.mask(x.x, part, widthOf(to));
    e.vectorConstant(constantBytes({ kind: "constant", type: { dtype: to, lanes: x.type.lanes }, value: 1 }));
    e.code.op("v128.and");
  } else if (to === "bool") {
    e.value(x.x, part);
    e.code.v128Const(ZERO_BYTES).op(`${shape(from)}.ne`);
  } else if (from === "i64" || to === "i64") withI64(e, x, part, from, to);
  else if (to === "f64") {
    e.repeats(x.x);
    e.value(x.x, part >> 1);
    if (part % 2 === 1) {
      e.value(x.x, part >> 1);
      e.code.shuffle(upper);
    }
    e.code.op(from === "f32" ? "f64x2.promote_low_f32x4" : from === "u32" ? "f64x2.convert_low_i32x4_u" : "f64x2.convert_low_i32x4_s");
  } else if (from === "f64") {
    for (const half of [0, 1]) {
      e.value(x.x, 2 * part + half);
      e.code.op(to === "f32" ? "f32x4.demote_f64x2_zero" : to === "u32" ? "i32x4.trunc_sat_f64x2_u_zero" : "i32x4.trunc_sat_f64x2_s_zero");
    }
    e.code.shuffle(lowers);
  } else {
    e.value(x.x, part);
    if (to === "f32") e.code.op(from === "u32" ? "f32x4.convert_i32x4_u" : "f32x4.convert_i32x4_s");
    else if (from === "f32") e.code.op(to === "u32" ? "i32x4.trunc_sat_f32x4_u" : "i32x4.trunc_sat_f32x4_s");
  }
}

function withI64(e: Evaluator, x: Convert, part: number, from: RegisterDType, to: RegisterDType): void {
  if (to === "i64" && (from === "i32" || from === "u32")) {
    e.repeats(x.x);
    e.value(x.x, part >> 1);
    e.code.op(`i64x2.extend_${part % 2 === 0 ? "low" : "high"}_i32x4_${from === "u32" ? "u" : "s"}`);
  } else if (from === "i64" && (to === "i32" || to === "u32")) {
    e.value(x.x, 2 * part);
    e.value(x.x, 2 * part + 1);
    e.code.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
  } else if (from === "f32" || to === "f32") throw new Error(`internal: conversion of vectors of ${from} to ${to}`);
  else {
    // Neither direction has a vector instruction.
    e.repeats(x.x);
    e.code.v128Const(ZERO_BYTES);
    for (const lane of [0, 1]) {
      e.value(x.x, part);
      e.code.lane(from === "i64" ? "i64x2.extract_lane" : "f64x2.extract_lane", lane);
      e.code.op(from === "i64" ? "f64.convert_i64_s" : "i64.trunc_sat_f64_s");
      e.code.lane(from === "i64" ? "f64x2.replace_lane" : "i64x2.replace_lane", lane);
    }
  }
}
