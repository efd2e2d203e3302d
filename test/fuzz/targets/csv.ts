/* Readers of delimited text. The first byte chooses the dialect, the second the columns, the third the chunks. */
import { dialects } from '../../parse/any-input.js'
import { checkInput } from './check-input.js'

const delimited = dialects.filter(({ format }) => format === 'csv' || format === 'tsv')

/** @throws if records or bytes are lost, or if the result depends on the chunks */
export function fuzz(data: Buffer): Promise<void> {
  return checkInput(data, delimited)
}
