import type { SourceText } from '../../src/source/encoding/text-origin.js'

/** Text whose bytes are those of the input. */
export const utf8Source: SourceText = {
  encoding: 'utf-8',
  how: 'found',
  mark: new Uint8Array(0),
  broken: undefined,
  origin: undefined,
}
