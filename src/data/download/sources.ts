/** Where public data sets are published, and the checksums of their files. */
import { bsd68Files } from "./bsd68.js";

/** One file of a set. */
export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export interface RemoteSet {
  /** For people. */
  readonly title: string;
  /** Folders on the web that hold the files, tried in this order. */
  readonly addresses: readonly string[];
  readonly files: readonly RemoteFile[];
  /** What its authors allow, as far as they say. */
  readonly licence: string;
}

export type RemoteSetName = "mnist" | "fashion-mnist" | "cifar10" | "bsd68";

const idxNames = [
  "train-images-idx3-ubyte.gz",
  "train-labels-idx1-ubyte.gz",
  "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
] as const;

const idxFiles = (sizes: readonly number[], sums: readonly string[]): readonly RemoteFile[] =>
  idxNames.map((name, i) => ({ name, bytes: sizes[i], sha256: sums[i] }));

/** All sets that `steepest data get` knows. */
export const remoteSets: Readonly<Record<RemoteSetName, RemoteSet>> = {
  mnist: {
    title: "MNIST",
    addresses: [
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "http://yann.lecun.com/exdb/mnist/",
    ],
    files: idxFiles(
      [9912422, 28881, 1648877, 4542],
      [
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      ],
    ),
    licence: "none stated by its authors (LeCun, Cortes, Burges)",
  },
  "fashion-mnist": {
    title: "Fashion-MNIST",
    addresses: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ],
    files: idxFiles(
      [26421880, 29515, 4422102, 5148],
      [
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      ],
    ),
    licence: "MIT",
  },
  cifar10: {
    title: "CIFAR-10",
    addresses: ["https://www.cs.toronto.edu/~kriz/"],
    files: [
      { name: "cifar-10-binary.tar.gz", bytes: 170052171, sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd" },
    ],
    licence: "none stated by its author (Krizhevsky 2009)",
  },
  bsd68: {
    title: "BSD68, the 68 grey images of Berkeley's segmentation set on which denoising is compared",
    addresses: ["https://raw.githubusercontent.com/cszn/DnCNN/master/testsets/BSD68/"],
    files: bsd68Files,
    licence: "non-commercial research and education",
  },
};
