/*
  Messages about records of delimited text that cannot become rows.
*/
export function fieldCountMessage(expected: number, got: number): string {
  const fields = (count: number): string => (count === 1 ? '1 field' : `${count} fields`)
  return `expected ${fields(expected)}, got ${got}`
}

/**
 * Message for a quote inside a field.
 * @param fieldNumber  from 1
 * @param lineCount  number of lines that are rejected for this quote
 */
export function quoteMessage(fieldNumber: number, lineCount = 1): string {
  const more =
    lineCount === 1
      ? ''
      : `; all ${lineCount} lines up to the next certain end of a record are rejected with it`
  return (
    `field ${fieldNumber} has a quote in the middle${more}: put the field in quotes and double the quotes inside, ` +
    `or load quotes as text, with ${option('input.quotes')} lax those inside unquoted fields, with ${option('input.quote')} '' all`
  )
}

/**
 * Message for an open quote that takes in the rest of the input.
 * @param quote  names the quote and the line where it was opened
 * @param limitBytes  how many bytes were searched for a closing quote; undefined if the input ended first
 */
export function openQuoteMessage(quote: string, limitBytes: number | undefined): string {
  const limit = limitBytes === undefined ? '' : ` within ${limitBytes} bytes`
  return `${quote} is never closed${limit}: close it, or load quotes as text with ${option('input.quote')} ''`
}
import { option } from '../../errors.js'
