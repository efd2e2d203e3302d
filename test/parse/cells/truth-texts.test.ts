/*
  Words for true and false.
*/
import t from 'tap'
import { truthTexts, writeTruth } from '../../../src/parse/cells/truth-texts.js'
import { cellOf } from './cell.js'

const rules = { trueTexts: ['Y', '是', '0'], falseTexts: ['N', 'no way'] }

t.test('words become 1 and 0, all other texts stay what they are', async t => {
  const texts = truthTexts(rules)!
  const written = (text: string): string => {
    const { bytes, start, end } = cellOf(text)
    const into = new Uint8Array(end - start + 1)
    return Buffer.from(into.subarray(0, writeTruth(texts, bytes, start, end, into, 0))).toString()
  }
  for (const [text, expected] of [
    ['Y', '1'],
    [' Y\t', '1'],
    ['是', '1'],
    ['0', '1'],
    ['N', '0'],
    ['no way', '0'],
    ['y', 'y'],
    ['no', 'no'],
    ['true', 'true'],
    ['YN', 'YN'],
  ] as const) {
    t.equal(written(text), expected, text)
  }
})

t.test('a word has one meaning, and no words need no rewriting', async t => {
  t.throws(() => truthTexts({ trueTexts: ['x'], falseTexts: ['x'] }), { code: 'DDB_USAGE' })
  t.equal(truthTexts({}), undefined)
  t.equal(truthTexts({ trueTexts: [] }), undefined)
})
