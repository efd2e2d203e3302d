/* The division of Zstandard files into frames. The first byte chooses the chunks. */
import { isZstd, maxPiecesBytes, zstdPieces } from '../../../src/source/compression/zstd-frames.js'
import { DdbError } from '../../../src/errors.js'
import { pieces } from '../../source/encoding/decoding.js'

async function take(stored: Uint8Array, size: number) {
  const parts: Uint8Array[] = []
  let failure: string | undefined
  try {
    const room = (): ArrayBuffer => new ArrayBuffer(maxPiecesBytes)
    for await (const { bytes, lengths } of zstdPieces(pieces(stored, size), 'x.zst', room)) {
      const sum = lengths.reduce((total, length) => total + length, 0)
      if (sum !== bytes.length) throw new Error(`${sum} of ${bytes.length} bytes are in pieces`)
      parts.push(Uint8Array.from(bytes))
    }
  } catch (error) {
    if (!(error instanceof DdbError) || error.code === 'DDB_INTERNAL') throw error
    failure = error.message
  }
  return { bytes: Buffer.concat(parts), failure }
}

/** @throws if the frames depend on the chunks, or differ from the stored frames */
export async function fuzz(data: Buffer): Promise<void> {
  const [size = 0] = data
  const stored = data.subarray(1)
  const whole = await take(stored, 1_000_000)
  const inPieces = await take(stored, 1 + (size % 50))
  if (!whole.bytes.equals(inPieces.bytes) || whole.failure !== inPieces.failure) {
    throw new Error(`In pieces: ${inPieces.failure}. Whole: ${whole.failure}`)
  }
  if (whole.failure === undefined && stored.length > 0 && !isZstd(stored)) {
    throw new Error('What is no frame was taken for one')
  }
}
