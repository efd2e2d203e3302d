declare module 'lz4js' {
  /** @returns the offset of the end of the content in `target` */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceStart: number,
    sourceLength: number,
    targetStart: number,
  ): number
}
