/* Readers of JSON. The first byte chooses lines or one text, the second the columns, the third the chunks. */
import { dialects } from '../../parse/any-input.js'
import { checkInput } from './check-input.js'

const json = dialects.filter(({ format }) => format === 'json' || format === 'ndjson')

/** @throws if records or bytes are lost, or if the result depends on the chunks */
export function fuzz(data: Buffer): Promise<void> {
  return checkInput(data, json)
}
