/** A function body that forgets what is written to it, for walks that only count. */
import { FunctionBody } from "./encoder.js";

export class Discard extends FunctionBody {
  constructor() {
    super("discard");
  }
  override op(): this {
    return this;
  }
  override i32Const(): this {
    return this;
  }
  override i64Const(): this {
    return this;
  }
  override f32Const(): this {
    return this;
  }
  override f64Const(): this {
    return this;
  }
  override v128Const(): this {
    return this;
  }
  override shuffle(): this {
    return this;
  }
  override lane(): this {
    return this;
  }
  override memory(): this {
    return this;
  }
  override laneMemory(): this {
    return this;
  }
  override localGet(): this {
    return this;
  }
  override localSet(): this {
    return this;
  }
  override localTee(): this {
    return this;
  }
  override if(): this {
    return this;
  }
  override brIf(): this {
    return this;
  }
  override call(): this {
    return this;
  }
}
