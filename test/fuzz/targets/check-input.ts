/* Reads an input in one chunk and in several, and compares the results. */
import type { ReaderOptions } from '../../../src/parse/formats.js'
import { outcome, types } from '../../parse/any-input.js'

/** @throws if records or bytes are lost, or if the result depends on the chunks */
export async function checkInput(data: Buffer, dialects: readonly ReaderOptions[]): Promise<void> {
  const [dialect = 0, columns = 0, pieces = 0] = data
  const bytes = data.subarray(3)
  const read = (chunkBytes: number): ReturnType<typeof outcome> =>
    outcome(bytes, types[columns % types.length]!, dialects[dialect % dialects.length]!, chunkBytes)
  const whole = await read(1_000_000)
  const inPieces = await read(1 + (pieces % 50))
  if (JSON.stringify(whole) !== JSON.stringify(inPieces)) {
    throw new Error(`In pieces: ${String(inPieces)}. Whole: ${String(whole)}`)
  }
  if (whole !== undefined && whole[0] !== whole[1]) {
    throw new Error(`${whole[1]} records were read, ${whole[0]} are rows or rejects`)
  }
}
