/** What training takes where the command line says nothing: settings that suit each ready model. */

export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly rate: number;
  readonly schedule: string;
}

/** All are for Adam. */
export const recipes: Readonly<Record<string, Recipe>> = {
  linear: { epochs: 5, batchSize: 64, rate: 0.001, schedule: "cosine" },
  mlp: { epochs: 5, batchSize: 64, rate: 0.001, schedule: "cosine" },
  cnn: { epochs: 5, batchSize: 64, rate: 0.002, schedule: "cosine" },
  lenet5: { epochs: 5, batchSize: 64, rate: 0.002, schedule: "cosine" },
  "2c2d": { epochs: 3, batchSize: 128, rate: 0.001, schedule: "cosine" },
  "3c3d": { epochs: 5, batchSize: 128, rate: 0.001, schedule: "cosine" },
  resnet20: { epochs: 5, batchSize: 64, rate: 0.003, schedule: "cosine" },
  dncnn: { epochs: 10, batchSize: 32, rate: 0.001, schedule: "cosine" },
  autoencoder: { epochs: 10, batchSize: 32, rate: 0.001, schedule: "cosine" },
};

export const modelNames = ["linear", "mlp", "cnn", "lenet5", "2c2d", "3c3d", "resnet20"] as const;

/** Networks from pictures to pictures. */
export const denoiserNames = ["dncnn", "autoencoder"] as const;
export type DenoiserName = (typeof denoiserNames)[number];

/** How each model is called in titles. */
export const modelTitles: Readonly<Record<(typeof modelNames)[number] | DenoiserName, string>> = {
  linear: "Linear model",
  mlp: "MLP",
  cnn: "CNN",
  lenet5: "LeNet-5",
  "2c2d": "2c2d",
  "3c3d": "3c3d",
  resnet20: "ResNet-20",
  dncnn: "DnCNN",
  autoencoder: "Autoencoder",
};
