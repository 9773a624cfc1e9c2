/** The one field of EXIF that decides how a picture is seen. */

/**
 * The orientation (tag 274) of TIFF data, as in JPEG's APP1 after its name and in PNG's eXIf: 1 is upright. A block that cannot be
 * read, or says nothing, gives 1: it is a remark of the camera, not part of the picture.
 */
export function orientationOf(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  if (tiff.length < 8) return 1;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const start = view.getUint32(4, little);
  if (view.getUint16(2, little) !== 42 || start + 2 > tiff.length) return 1;
  const entries = view.getUint16(start, little);
  for (let i = 0; i < entries; i++) {
    const at = start + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== 274) continue;
    const value = view.getUint16(at + 8, little);
    return view.getUint16(at + 2, little) === 3 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
