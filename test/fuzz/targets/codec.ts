/* Decoders of a stream: values, requests and responses. The first byte chooses the decoder, the second the chunks. */
import { agreedOutcome } from '../../helpers/decoded-outcome.js'
import { asBlocks, asRequest, asResponse, checkValues } from '../../protocol/any-bytes.js'

const decoders = [asRequest, asResponse, asBlocks]

/** @throws if a decoder does not handle the bytes as it must */
export function fuzz(data: Buffer): void {
  const [chosen = 0, pieces = 0] = data
  const bytes = data.subarray(2)
  const size = 1 + (pieces % 32)
  const decoder = decoders[(chosen % 6) - 3]
  if (decoder === undefined) checkValues(bytes, size)
  else agreedOutcome(bytes, size, decoder)
}
