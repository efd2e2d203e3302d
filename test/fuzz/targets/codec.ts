/*
  Decoders of a stream: values, requests and responses. The first byte chooses among them, the second the pieces.
*/
import { agreedOutcome } from '../../helpers/decoded-outcome.js'
import { asBlocks, asRequest, asResponse, checkValues } from '../../protocol/any-bytes.js'

const decoders = [asRequest, asResponse, asBlocks]

/** @throws when the bytes are not dealt with as they must be */
export function fuzz(data: Buffer): void {
  const [chosen = 0, pieces = 0] = data
  const bytes = data.subarray(2)
  const size = 1 + (pieces % 32)
  const decoder = decoders[(chosen % 6) - 3]
  if (decoder === undefined) checkValues(bytes, size)
  else agreedOutcome(bytes, size, decoder)
}
