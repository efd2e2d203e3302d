/*
  Records whose quotes are broken: what may be a part of them goes with them, and nothing else does. Where each ends in
  any text, any pieces and at any limit is compared with an oracle in record-limits.test.ts.
*/
import fc from 'fast-check'
import t from 'tap'
import { BrokenRecords, unknownEnd } from '../../../src/parse/csv/broken-record.js'
import { csvDialect } from '../../../src/parse/csv/csv-dialect.js'
import { runs } from '../../helpers/runs.js'
import { read, type ReadOptions } from '../reading.js'

interface Outcome {
  readonly rows: string[][]
  readonly rejected: string[]
}

async function outcome(text: string, options: ReadOptions = {}): Promise<Outcome> {
  const { rows, rejects, reader } = await read(text, 'a:STRING,b:STRING', {
    header: 'no',
    delimiter: ',',
    ...options,
  })
  if (reader.recordsRead !== rows.length + rejects.length) throw new Error('a record is lost')
  const kept = rejects.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
  if (reader.byteCounts.rejected !== kept) throw new Error('a byte is lost')
  return { rows, rejected: rejects.map(({ bytes }) => Buffer.from(bytes).toString()) }
}

t.test('lines that a later quote may close belong to the record', async t => {
  const first = '0,x\n'
  for (const [broken, good] of [
    ['1,"a "quoted" b\nline\n2,fragment\n3,end"\n', '4,y\n'],
    ['1,"a "quoted" b\r\nline\r\n2,fragment\r\n3,end"\r\n', '4,y\r\n'],
    ['1,"a "b", c\n2,frag\nd"\n', '4,y\n'],
    ['1,"he said "x", then\n"y", then\nfrag,1\nz"\n', '4,y\n'],
    ['1,"a "q" b\nsaid "no" twice\n2,frag\nend"\n', '4,y\n'],
    ['1,"a "q" b\n\n# text\n"\n', '4,y\n'],
    ['"Big" Joe,"two\n2,lines"\n', '4,y\n'],
    ['1, "a\n2,frag\n3,b"\n', '4,y\n'],
    ['"Big" Joe,1\nx,"\ny,3\nz",2\n', '4,y\n'],
  ] as const) {
    const text = first + broken + good
    const expected = { rows: [['0', 'x'], good.trimEnd().split(',')], rejected: [broken] }
    for (const chunkBytes of [1, 3, 7, 1000]) {
      t.strictSame(await outcome(text, { chunkBytes }), expected, JSON.stringify(text))
    }
  }
})

t.test('a line that no later quote may close is a record of its own', async t => {
  for (const [broken, good] of [
    ['"Big" Joe,5\n', '4,y\n5,z\n'],
    ['1,6" wide\n', '2,x\n3,7" wide"\n'],
    ['"Big" Joe,5\n', '4,"y"\n5,"z, z"\n'],
    ['1,a"b"c\n', '2,y\n'],
  ] as const) {
    const { rows, rejected } = await outcome(`0,x\n${broken}${good}`)
    t.equal(rejected[0], broken)
    t.ok(rows.length >= 2, JSON.stringify(rows))
  }
})

t.test('the reject has the place of its first line, and the code of a quote', async t => {
  const text = '0,x\n1,"a "quoted" b\nline\n2,fragment\n3,end"\n4,y\n'
  const { rejects, places } = await read(text, 'a:INT,b:STRING', { header: 'no' })
  t.match(rejects, [
    { code: 'DDB_INPUT_QUOTE', class: 'parse', lineNumber: 2, offsetBytes: 4, message: /4 lines/ },
  ])
  t.strictSame(
    places.map(({ lineNumber }) => lineNumber),
    [1, 6],
  )
})

t.test('an input that is cut off before it can be known is rejected as far as it goes', async t => {
  const { rejected } = await outcome('0,x\n1,"a "b\n2,"c')
  t.strictSame(rejected, ['1,"a "b\n', '2,"c'])
})

t.test('records enough that are as they should be settle it', async t => {
  const records = '1234567,abcdefgh\n'
  const good = records.repeat(5000)
  const text = `0,x\n"Big" Joe,5\n${good}1,6"\n${good}`
  for (const chunkBytes of [1000, 1 << 20]) {
    const { rows, rejected } = await outcome(text, { chunkBytes })
    t.strictSame(rejected, ['"Big" Joe,5\n', '1,6"\n'])
    t.equal(rows.length, 10_001)
  }
})

t.test('many broken records in a row are read in one go', async t => {
  const text = `0,x\n${'"Big" Joe,5\n'.repeat(30_000)}`
  let steps = 0
  const bytes = new Proxy(Buffer.from(text), {
    get(target, key) {
      steps++
      return Reflect.get(target, key, target) as unknown
    },
  })
  const broken = new BrokenRecords(csvDialect)
  const rest = { ended: true, offset: 0, fieldCount: 2, isNoRecord: () => false }
  let at = 4
  for (let record = 0; record < 2000; record++) {
    const { length } = text
    at = broken.endOf(at, { bytes, end: length, contentEnd: length, ...rest })
  }
  t.equal(at, 4 + 2000 * 12)
  t.ok(steps < 20 * text.length + 2000 * 200, `${steps} bytes were looked at`)
})

t.test('nothing is decided before it has to be', async t => {
  const text = '"Big" Joe,5\n1,2\n'
  const bytes = Buffer.from(text)
  const end = bytes.length
  const rest = { bytes, end, contentEnd: end, offset: 0, fieldCount: 2, isNoRecord: () => false }
  const broken = new BrokenRecords(csvDialect)
  t.equal(broken.endOf(0, { ...rest, ended: false }), unknownEnd)
  t.equal(broken.endOf(0, { ...rest, ended: true }), 12)
  t.equal(
    new BrokenRecords({ ...csvDialect, maxRecordBytes: 14 }).endOf(0, { ...rest, ended: false }),
    12,
  )
})

t.test('a field with line breaks whose inner quotes nobody doubled never becomes rows', async t => {
  const inner = fc
    .array(fc.constantFrom('a', ' ', '"q" ', '\n', '\n2,b', 'x,', 'said "no" '), { maxLength: 12 })
    .map(parts => parts.join(''))
  const held = fc.asyncProperty(
    inner,
    fc.integer({ min: 1, max: 20 }),
    async (text, chunkBytes) => {
      // The first quote inside breaks the field; the last one ends it.
      const record = `1,"z "k" ${text}."\n`
      const { rows, rejected } = await outcome(`0,x\n${record}9,y\n`, { chunkBytes })
      const isSame = rejected.length === 1 && rejected[0] === record
      return isSame && JSON.stringify(rows) === '[["0","x"],["9","y"]]'
    },
  )
  await fc.assert(held, { numRuns: runs(150) })
  t.pass()
})
