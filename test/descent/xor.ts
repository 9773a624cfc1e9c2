import { arrayDataset } from "steepest/data";

/** Exclusive or: the four records that no straight line parts. */
export const xor = arrayDataset({
  name: "xor",
  inputs: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  targets: [0, 1, 1, 0],
  classes: 2,
});
