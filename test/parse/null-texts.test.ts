/*
  Texts that mean null.
*/
import t from 'tap'
import { NullTexts } from '../../src/parse/null-texts.js'
import { RecordBlock } from '../../src/parse/record-block.js'

/** A block of two fields, of cells as they stand between delimiters; those in quotes lose them. */
function blockOf(cells: readonly string[]): RecordBlock {
  const block = new RecordBlock(2, cells.length / 2)
  block.bytes = Uint8Array.from(Buffer.from(`${cells.join(',')},`))
  let at = 0
  for (const [cell, text] of cells.entries()) {
    if (cell % 2 === 0) block.recordStarts[cell / 2] = at
    const { length } = Buffer.from(text)
    const quotes = text.startsWith('"') ? 1 : 0
    block.starts[cell] = at + quotes
    block.ends[cell] = at + length - quotes
    at += length + 1
  }
  block.rowCount = cells.length / 2
  return block
}

const emptied = (block: RecordBlock): number[] =>
  [...block.starts.keys()].filter(cell => block.ends[cell] === block.starts[cell])

t.test('cells that hold one of the texts are emptied, in their column only', async t => {
  const block = blockOf(['NA', 'NA', 'N', 'NA', 'NAN', 'x', 'ñ', 'ñ'])
  new NullTexts(['NA', 'ñ', ''], false).apply(block, 0, false)
  t.strictSame(emptied(block), [0, 6])
})

t.test('blanks around the text count where they are a part of values', async t => {
  const cells = [' NA ', 'x', '\tNA', 'x', 'N A', 'x', '  ', 'x', 'NA', 'x']
  for (const [trims, expected] of [
    [true, [0, 2, 8]],
    [false, [8]],
  ] as const) {
    const block = blockOf(cells)
    new NullTexts(['NA'], false).apply(block, 0, trims)
    t.strictSame(emptied(block), expected)
  }
})

t.test(
  'a text of blanks means null, and blanks around a text are none of it where they are none of values',
  async t => {
    const cells = [' ', 'x', '   ', 'x', '\t', 'x', 'NA', 'x', ' NA', 'x', '0', 'x']
    for (const [texts, trims, expected] of [
      [[' '], true, [0, 2, 4]],
      [[' '], false, [0]],
      [[' NA'], true, [6, 8]],
      [[' NA'], false, [8]],
      [['NA', '  '], true, [0, 2, 4, 6, 8]],
    ] as const) {
      const block = blockOf(cells)
      new NullTexts(texts, false).apply(block, 0, trims)
      t.strictSame(emptied(block), expected, JSON.stringify({ texts, trims }))
    }
    const quoted = blockOf(['" "', 'x', '""', 'x'])
    quoted.quote = 34
    new NullTexts([' '], false).apply(quoted, 0, true)
    t.strictSame(emptied(quoted), [2])
  },
)

t.test('a text in quotes means null only on request, and where the format has quotes', async t => {
  const cells = ['"NA"', 'x', 'NA', '"NA"', '"NA"', '"NA"']
  for (const [inQuotes, quote, expected] of [
    [false, 34, [2]],
    [true, 34, [0, 2, 4]],
    [false, -1, [0, 2, 4]],
  ] as const) {
    const block = blockOf(cells)
    block.quote = quote
    new NullTexts(['NA'], inQuotes).apply(block, 0, true)
    t.strictSame(emptied(block), expected)
  }
})
