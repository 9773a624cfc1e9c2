/**
 * JPEG (ITU-T T.81): sequential and progressive, grey, YCbCr, RGB, CMYK and YCCK, read strictly. A decoder of our own: of those of the
 * registry that run in browsers as well as in Node, none reads CMYK as libjpeg does, and none can be told to refuse damaged files or to
 * look at the size before it takes memory. Its samples are those of libjpeg (accurate transform, interpolated chroma).
 */
import { SteepestError } from "../../../tensor/error.js";
import { firstBytes } from "../../gzip.js";
import { orientationOf } from "../exif.js";
import type { ByteImage } from "../image.js";
import { checkSize } from "../image.js";
import { type ColourSpace, imageOfPlanes } from "./colours.js";
import type { Frame, FrameHeader, Tables } from "./header.js";
import { damaged, readFrame, readQuantization, readScan, unsupported } from "./header.js";
import { nextMarker, readHuffman } from "./huffman.js";
import { fullSize, samplesOf } from "./planes.js";
import { decodeScan } from "./scan.js";
import { useStandardTables } from "./standard-tables.js";

/** Whether the bytes begin as a JPEG file does. */
export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;

/** More scans than this no encoder writes; each costs a walk over the picture. */
const MOST_SCANS = 500;

/** What application segments say of the picture. */
interface Remarks {
  isJfif: boolean;
  /** Adobe's transform: 0 is none, 1 YCbCr, 2 YCCK. */
  adobe: number | undefined;
  orientation: number;
}

/**
 * Decodes a JPEG file: grey, or RGB for all else.
 *
 * @returns the picture as stored, and how it is to be turned (EXIF)
 */
export function readJpeg(bytes: Uint8Array, where: string, limit: number): { image: ByteImage; orientation: number } {
  if (!isJpeg(bytes))
    throw new SteepestError({ problem: "This is no JPEG file", expected: "ff d8 as its first bytes", received: firstBytes(bytes), where });
  const tables: Tables = { quantization: [], dc: [], ac: [], restartInterval: 0 };
  const remarks: Remarks = { isJfif: false, adobe: undefined, orientation: 1 };
  let frame: Frame | undefined;
  let scans = 0;
  for (let at = 2; ; ) {
    at = nextMarker(bytes, at);
    const marker = bytes[at + 1];
    if (marker === undefined) throw truncated(bytes, where);
    at += 2;
    if (marker === 0xd9) break;
    if ((marker >= 0xd0 && marker <= 0xd8) || marker === 0x01) continue;
    const length = at + 2 <= bytes.length ? bytes[at] * 256 + bytes[at + 1] : 2;
    if (length < 2) throw damaged("a segment is shorter than its own length", where);
    if (at + length > bytes.length || at + 2 > bytes.length) throw truncated(bytes, where);
    const segment = bytes.subarray(at + 2, at + length);
    at += length;
    switch (marker) {
      case 0xc0:
      case 0xc1:
      case 0xc2:
        if (frame !== undefined) throw damaged("it has two frames", where);
        frame = withRoom(readFrame(marker, segment, where), bytes.length, limit, where);
        break;
      case 0xc4:
        readHuffman(segment, tables, where);
        break;
      case 0xdb:
        readQuantization(segment, tables, where);
        break;
      case 0xdd:
        if (segment.length !== 2) throw damaged("its restart interval (DRI) is not readable", where);
        tables.restartInterval = segment[0] * 256 + segment[1];
        break;
      case 0xda:
        if (frame === undefined) throw damaged("its data come before its size", where);
        if (++scans > MOST_SCANS) throw damaged(`it has more than ${MOST_SCANS} scans`, where);
        if (tables.dc.length === 0 && tables.ac.length === 0) useStandardTables(tables, where);
        at = decodeScan(bytes, at, readScan(segment, frame, where), frame, tables, where);
        break;
      case 0xe0:
        remarks.isJfif ||= startsWith(segment, "JFIF\0");
        break;
      case 0xe1:
        if (startsWith(segment, "Exif\0\0")) remarks.orientation = orientationOf(segment.subarray(6));
        break;
      case 0xee:
        if (startsWith(segment, "Adobe") && segment.length >= 12) remarks.adobe = segment[11];
        break;
      default:
        refuseOtherKinds(marker, where);
    }
  }
  if (frame === undefined || scans === 0) throw damaged("it has no picture", where);
  const whole = frame;
  const planes = whole.components.map((component) => fullSize(samplesOf(component, tables, where), component, whole));
  const image = imageOfPlanes(planes, colourSpace(whole, remarks), whole.width, whole.height);
  return { image, orientation: remarks.orientation };
}

/** Takes the memory for a frame, when it is clear that it is not too much. */
function withRoom(header: FrameHeader, fileBytes: number, limit: number, where: string): Frame {
  checkSize(header.width, header.height, header.components.length, limit, where);
  const blocks = header.components.reduce((sum, { stride, v }) => sum + stride * v * header.unitsHigh, 0);
  // A block takes at least one bit: that of its DC coefficient.
  if (blocks > 8 * fileBytes)
    throw new SteepestError({
      problem: "The file is truncated",
      expected: `data for ${header.width} × ${header.height} pixels, as its header says`,
      received: `${fileBytes} bytes, which cannot hold them`,
      where,
      fix: "Download or save the file again",
    });
  const components = header.components.map((component) => ({
    ...component,
    coefficients: new Int16Array(64 * component.stride * component.v * header.unitsHigh),
  }));
  return { ...header, components };
}

function refuseOtherKinds(marker: number, where: string): void {
  if (marker === 0xc3 || marker === 0xc7 || marker === 0xcb || marker === 0xcf) throw unsupported("lossless", where);
  if (marker === 0xc5 || marker === 0xc6 || marker === 0xde) throw unsupported("hierarchical", where);
  if (marker === 0xc9 || marker === 0xca || marker === 0xcd || marker === 0xce || marker === 0xcc)
    throw unsupported("arithmetic codes", where);
  if (marker === 0xdc) throw unsupported("its height stands behind its data (DNL)", where);
}

/** As libjpeg decides: what JFIF or Adobe say, else the numbers of the components. */
function colourSpace({ components }: Frame, { isJfif, adobe }: Remarks): ColourSpace {
  if (components.length === 1) return "grey";
  if (components.length === 4) return adobe === 2 ? "ycck" : "cmyk";
  if (isJfif) return "ycc";
  if (adobe !== undefined) return adobe === 0 ? "rgb" : "ycc";
  return components.map(({ id }) => String.fromCharCode(id)).join("") === "RGB" ? "rgb" : "ycc";
}

const startsWith = (segment: Uint8Array, text: string): boolean => [...text].every((letter, i) => segment[i] === letter.charCodeAt(0));

const truncated = (bytes: Uint8Array, where: string): SteepestError =>
  new SteepestError({
    problem: "The file is truncated",
    expected: "segments up to the end of the image (ff d9)",
    received: `${bytes.length} bytes`,
    where,
    fix: "Download or save the file again",
  });
