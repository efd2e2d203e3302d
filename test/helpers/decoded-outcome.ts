/* The result of decoding hostile bytes: values, or an error with a position. The result must be the same for chunks of any size. */
import { isDeepStrictEqual } from 'node:util'
import { ByteReader } from '../../src/wire/byte-reader.js'

export type Decoder = (reader: ByteReader) => Generator<void, unknown, void>

/** The values of a stream, and the error that ended it, if any. */
export interface Outcome {
  values: unknown[]
  error?: { code: unknown; message: string; offsetBytes: unknown }
}

/**
 * Decodes `bytes` in chunks of `size` until the stream ends or the decoder refuses it.
 * @throws any error that a decoder must not throw, and an error for forbidden behaviour
 */
export function outcomeOf(bytes: Uint8Array, size: number, decoder: Decoder): Outcome {
  const reader = new ByteReader()
  const values: unknown[] = []
  let pushed = 0
  let decode = decoder(reader)
  try {
    for (;;) {
      const step = decode.next()
      if (step.done) {
        if (step.value === undefined) return { values }
        values.push(step.value)
        if (pushed >= bytes.length && reader.available === 0) return { values }
        decode = decoder(reader)
      } else if (reader.ended) {
        throw new Error('It waits for a stream that has ended')
      } else if (pushed < bytes.length) {
        reader.push(bytes.subarray(pushed, pushed + size))
        pushed += size
      } else {
        reader.end()
      }
    }
  } catch (error) {
    const { name, code, message, offsetBytes } = error as Error & {
      code: unknown
      offsetBytes: unknown
    }
    if (name !== 'ProtocolError') throw error
    if (!Number.isInteger(offsetBytes) || !((offsetBytes as number) <= bytes.length)) {
      throw new Error(`It errs at byte ${String(offsetBytes)} of ${bytes.length}`, { cause: error })
    }
    return { values, error: { code, message, offsetBytes } }
  }
}

/** @throws if the result depends on the chunk size */
export function agreedOutcome(bytes: Uint8Array, size: number, decoder: Decoder): Outcome {
  const inPieces = outcomeOf(bytes, size, decoder)
  if (size >= bytes.length) return inPieces
  const whole = outcomeOf(bytes, bytes.length, decoder)
  if (isDeepStrictEqual(inPieces, whole)) return whole
  const told = ({ values, error }: Outcome): string => `${values.length} values, ${error?.message}`
  throw new Error(`In pieces: ${told(inPieces)}. Whole: ${told(whole)}`)
}
