/** Augmentations by the names that a command line gives them. */
import { nearest, SteepestError } from "../../tensor/error.js";
import type { Augmentation } from "./augmentation.js";
import { brightness, contrast, cutout, gaussianNoise } from "./intensities.js";
import { dihedral, flip, turn } from "./mirrors.js";
import { mixup } from "./mixup.js";
import { crop, rescale, rotate, shift } from "./moves.js";

/** Each with the number that stands behind its name, or without one. */
const makers: ReadonlyMap<string, { readonly example: string; readonly make: (value: string) => Augmentation | undefined }> = new Map([
  ["flip", { example: "flip or flip:vertical", make: flipOf }],
  ["turn", { example: "turn", make: (value) => (value === "" ? turn() : undefined) }],
  ["dihedral", { example: "dihedral", make: (value) => (value === "" ? dihedral() : undefined) }],
  ["crop", { example: "crop:4", make: ofNumber((padding) => crop({ padding })) }],
  ["shift", { example: "shift:0.1", make: ofNumber(shift) }],
  ["rotate", { example: "rotate:15", make: ofNumber(rotate) }],
  ["rescale", { example: "rescale:0.1", make: ofNumber(rescale) }],
  ["brightness", { example: "brightness:0.2", make: ofNumber(brightness) }],
  ["contrast", { example: "contrast:0.2", make: ofNumber(contrast) }],
  ["noise", { example: "noise:0.1", make: ofNumber(gaussianNoise) }],
  ["cutout", { example: "cutout:8", make: ofNumber((size) => cutout({ size })) }],
  ["mixup", { example: "mixup or mixup:0.2", make: (value) => (value === "" ? mixup() : ofNumber(mixup)(value)) }],
]);

/**
 * The augmentations that a text names in their order: `flip,crop:4,rotate:15`.
 *
 * @throws SteepestError for a name that is not known, and a number that is missing, superfluous or out of range
 */
export function parseAugmentations(text: string): readonly Augmentation[] {
  return text.split(",").map((entry) => {
    const [name = "", ...rest] = entry.trim().split(":");
    const known = makers.get(name);
    if (known === undefined) {
      const meant = nearest(name, makers.keys());
      throw new SteepestError({
        problem: `there is no augmentation "${name}"`,
        expected: [...makers.values()].map(({ example }) => example).join(", "),
        received: text,
        fix: meant && `did you mean ${meant}?`,
      });
    }
    const made = known.make(rest.join(":"));
    if (made !== undefined) return made;
    throw new SteepestError({ problem: `the augmentation ${name} cannot be made from this`, expected: known.example, received: entry });
  });
}

function ofNumber(make: (value: number) => Augmentation) {
  return (value: string): Augmentation | undefined => (/^\d+(\.\d+)?$|^\.\d+$/.test(value) ? make(Number(value)) : undefined);
}

function flipOf(value: string): Augmentation | undefined {
  return value === "" ? flip() : value === "vertical" || value === "horizontal" ? flip({ direction: value }) : undefined;
}
