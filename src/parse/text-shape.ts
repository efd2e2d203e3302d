/*
  How records are encoded, for whoever writes them down again.
*/
import type { SourceText } from '../source/encoding/text-origin.js'

/** Without what leads back into the source, which batches outlive. */
export function textShape({ encoding, mark }: SourceText): Pick<SourceText, 'encoding' | 'mark'> {
  return { encoding, mark }
}
