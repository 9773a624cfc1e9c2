/** Pictures: read, converted, resized, written; the same in Node and in browsers. */
export type { ConvertOptions } from "./convert.js";
export { convertImage } from "./convert.js";
export type { ReadImageOptions } from "./decode.js";
export { readImage } from "./decode.js";
export type { ImageFolderOptions } from "./folder.js";
export { imageFolder } from "./folder.js";
export type { ByteImage, Image, WordImage } from "./image.js";
export { encodePng, packPng } from "./png-writer.js";
export type { NamedImage, ReadImagesOptions } from "./read-folder.js";
export { readImages } from "./read-folder.js";
export type { ResizeOptions } from "./resize.js";
export { resizeImage } from "./resize.js";
export type { StreamedImageFolderOptions } from "./streamed-folder.js";
export { streamedImageFolder } from "./streamed-folder.js";
