/*
  What is said of delimited records that are no rows.
*/
export function fieldCountMessage(expected: number, got: number): string {
  const fields = (count: number): string => (count === 1 ? '1 field' : `${count} fields`)
  return `expected ${fields(expected)}, got ${got}`
}

export function quoteMessage(fieldNumber: number): string {
  return (
    `field ${fieldNumber} has a quote in the middle: put the field in quotes and double the quotes inside, ` +
    'or choose another --quote'
  )
}

export function openQuoteMessage(openedLine: number, maxRecordBytes: number | undefined): string {
  const where = maxRecordBytes === undefined ? '' : ` within ${maxRecordBytes} bytes`
  return `the quote opened in line ${openedLine} is never closed${where}`
}
