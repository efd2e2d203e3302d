declare module 'lz4js' {
  /** @returns where it ended in `target` */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceStart: number,
    sourceLength: number,
    targetStart: number,
  ): number
}
