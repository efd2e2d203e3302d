import type { SourceText } from '../../src/source/byte-source.js'

/** A source of text whose bytes equal those of the input. */
export const utf8Source: SourceText = {
  encoding: 'utf-8',
  how: 'found',
  mark: new Uint8Array(0),
  broken: undefined,
  origin: undefined,
}
