/*
  Decides whether a session compresses sent and received data (docs/decisions/0017-when-data-is-compressed.md).
*/

/** `auto` compresses answers, on a slow network also sent data, and nothing if the server is on this machine. */
export type CompressChoice = 'auto' | 'none' | 'lz4'

export const compressChoices: readonly CompressChoice[] = ['auto', 'none', 'lz4']

/** @param remoteAddress  numeric address at the other end */
export function isCompressed(
  { compress = 'auto' }: { compress?: CompressChoice },
  remoteAddress: string,
): boolean {
  return compress === 'lz4' || (compress === 'auto' && !isLoopback(remoteAddress))
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}
