/*
  What is said of delimited records that are no rows.
*/
/** Of a record with more or fewer fields than the first one. */
export function fieldCountMessage(expected: number, got: number): string {
  const fields = (count: number): string => (count === 1 ? '1 field' : `${count} fields`)
  return `expected ${fields(expected)}, got ${got}`
}

/**
 * Of a quote inside a field.
 * @param fieldNumber  from 1
 */
export function quoteMessage(fieldNumber: number): string {
  return (
    `field ${fieldNumber} has a quote in the middle: put the field in quotes and double the quotes inside, ` +
    'or choose another --quote'
  )
}

/**
 * Of a quote that takes the rest of the input.
 * @param maxRecordBytes  the limit that was reached; undefined when the input ended first
 */
export function openQuoteMessage(openedLine: number, maxRecordBytes: number | undefined): string {
  const where = maxRecordBytes === undefined ? '' : ` within ${maxRecordBytes} bytes`
  return `the quote opened in line ${openedLine} is never closed${where}`
}
