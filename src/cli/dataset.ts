/** Data sets by the names that the command line gives them. */
import { cifar10 } from "../data/cifar10.js";
import type { Dataset } from "../data/dataset.js";
import { digits } from "../data/digits.js";
import { fashionMnist, mnist } from "../data/mnist.js";
import { nearest } from "../tensor/error.js";
import { UsageError } from "./options.js";

export const dataForms = "digits|mnist:DIR|fashion:DIR|cifar10:DIR";

/** A data set that was named but not yet read. */
export interface DataChoice {
  readonly kind: Kind;
  /** The folder of its files; of CIFAR-10 also its archive or one of its files. */
  readonly folder?: string;
  /** As it was written. */
  readonly text: string;
}

/**
 * @param text `digits`, `mnist:DIR`, `fashion:DIR` or `cifar10:DIR`
 * @throws UsageError for an unknown name or a folder that is missing or superfluous
 */
export function parseData(text: string): DataChoice {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const folder = colon < 0 ? "" : text.slice(colon + 1);
  const kind = kinds.find((candidate) => candidate === name);
  if (kind === undefined) {
    const meant = nearest(name, kinds) ?? ({ "fashion-mnist": "fashion", cifar: "cifar10", "cifar-10": "cifar10" } as const)[name];
    throw new UsageError({
      problem: `there is no data set "${name}"`,
      expected: dataForms.replaceAll("|", ", "),
      received: text,
      fix: meant === undefined ? undefined : `did you mean ${meant === "digits" ? meant : `${meant}:DIR`}?`,
    });
  }
  if (kind === "digits" && colon >= 0)
    throw new UsageError({ problem: "the built-in digits need no folder", expected: "digits", received: text });
  if (kind !== "digits" && folder === "")
    throw new UsageError({
      problem: `${kind} needs the folder of its files`,
      expected: `${kind}:DIR, where DIR ${
        kind === "cifar10"
          ? "is cifar-10-binary.tar.gz or holds data_batch_1.bin and the files beside it"
          : "holds train-images-idx3-ubyte and the three files beside it"
      }, plain or with .gz`,
      received: text,
    });
  return kind === "digits" ? { kind, text } : { kind, folder, text };
}

const kinds = ["digits", "mnist", "fashion", "cifar10"] as const;
type Kind = (typeof kinds)[number];

/** Reads or makes the records. */
export async function loadData({ kind, folder = "" }: DataChoice): Promise<Dataset> {
  switch (kind) {
    case "digits":
      return digits();
    case "mnist":
      return mnist(folder);
    case "fashion":
      return fashionMnist(folder);
    case "cifar10":
      return cifar10(folder);
  }
}
