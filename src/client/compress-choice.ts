/*
  Whether what a session sends and gets is compressed (docs/decisions/0017-when-data-is-compressed.md).
*/

/** `auto` compresses where a network lies between, for as long as it is slow. */
export type CompressChoice = 'auto' | 'none' | 'lz4'

/** @see CompressChoice */
export const compressChoices: readonly CompressChoice[] = ['auto', 'none', 'lz4']

/** @param remoteAddress  numeric address at the other end */
export function isCompressed(
  { compress = 'auto' }: { compress?: CompressChoice },
  remoteAddress: string,
): boolean {
  return compress === 'lz4' || (compress === 'auto' && !isLoopback(remoteAddress))
}

/** True for a numeric address of this machine. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}
