/** Checksums of file formats. */

/** The remainders of all bytes by a polynomial, given with its bits turned round. */
const remainders = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    return crc;
  });

const iso = remainders(0xedb88320);
const castagnoli = remainders(0x82f63b78);

/** CRC-32 as in PNG, zip and gzip (ISO 3309). `crc32("123456789")` in ASCII is cbf43926. */
export const crc32 = (bytes: Uint8Array): number => remainder(bytes, iso);

/** CRC-32C with Castagnoli's polynomial, as in iSCSI (RFC 3720) and TFRecord. `crc32c("123456789")` in ASCII is e3069283. */
export const crc32c = (bytes: Uint8Array): number => remainder(bytes, castagnoli);

function remainder(bytes: Uint8Array, table: Uint32Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
