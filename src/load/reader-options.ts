/*
  What the options of a run say of how its inputs are read.
*/
import type { ReaderOptions } from '../parse/open-reader.js'
import type { LoadOptions } from './options.js'

const dialectFields = [
  'format',
  'delimiter',
  'quote',
  'escape',
  'comment',
  'header',
  'skipLines',
  'jsonPath',
  'ragged',
  'trim',
  'quotes',
  'maxRecordBytes',
] as const

/** What was said; what was not is found in the input. */
export function dialectOf({ input = {} }: Pick<LoadOptions, 'input'>): ReaderOptions {
  return Object.fromEntries(
    dialectFields.flatMap(name => (input[name] === undefined ? [] : [[name, input[name]]])),
  )
}
