/** The version of this package, as written into run folders and shown by `--version`. A test compares it with package.json. */
export const version = "0.1.0";
