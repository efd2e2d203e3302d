/* Times in a wrong unit: what a load rejects, what it asks about, and what a check shows. Symbols with blanks at their ends. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { check } from '../../src/load/check/check.js'
import { newOddValues } from '../../src/load/pipeline.js'
import type { Batch } from '../../src/parse/batch.js'
import { vectorOf } from '../../src/protocol/element.js'
import { asAdmin, startLoadServer } from '../helpers/load-server.js'
import { useTurnClock } from '../helpers/turn-clock.js'

useTurnClock()

const target = 'share streamTable(100:0, `t`n, [TIMESTAMP, LONG]) as ticks'
const ms = { cells: { dateFormats: { t: 'epoch:ms' } }, target: { table: 'ticks' } }
const second = 1_700_000_000

t.test('a file that changes from milliseconds to microseconds loses no row silently', async t => {
  const { load, count, server } = await startLoadServer(t, target)
  const dir = t.testdir()
  const input = join(dir, 'in.csv')
  writeFileSync(input, `t,n\n${second}000,1\n${second}000000,2\n,3\n`)
  const result = await load(input, { ...ms, rejects: { onError: 'skip' } })
  t.match(result, { exitCode: 3, rows: { read: 3, confirmed: 2, rejected: 1 } })
  t.equal(await count('ticks'), 2)
  t.match(await load(input, ms), {
    exitCode: 65,
    error: { code: 'DDB_INPUT_RANGE', message: /epoch:us would be 2023-11-14/ },
  })
  const { columns, notices } = await check({ server: asAdmin(server), ...ms, inputs: [input] })
  t.match(columns, [
    { first: '2023.11.14T22:13:20.000', last: '2023.11.14T22:13:20.000', rejected: 1 },
    { first: null, last: null },
  ])
  t.notMatch(notices.join(), /right unit/)
})

t.test('seconds read as milliseconds are stored, with one question over all files', async t => {
  const { load, server } = await startLoadServer(t, target)
  const dir = t.testdir()
  const inputs = ['a', 'b'].map((name, i) => {
    const path = join(dir, `${name}.ndjson`)
    writeFileSync(path, `{"t":${second + i},"n":1}\n{"t":null,"n":2}\n`)
    return path
  })
  const result = await load(inputs, ms)
  t.match(result, { exitCode: 0, rows: { confirmed: 4 } })
  const looked = await check({ server: asAdmin(server), ...ms, inputs })
  for (const { notices } of [result, looked]) {
    const question =
      'column "t": all times lie in the first months of 1970: is `epoch:ms` the right unit? epoch:s would be 2023-11-14'
    const questions = notices.filter(text => text.includes('unit'))
    t.strictSame(questions, [question])
  }
  t.match(looked.columns[0], { first: '1970.01.20T16:13:20.000', last: '1970.01.20T16:13:20.001' })
})

const milliseconds = { name: 't', type: { type: 'TIMESTAMP' } } as const

function questions(batches: readonly (readonly (bigint | null)[])[], format = 'epoch:ms') {
  const said: string[] = []
  const odd = newOddValues([milliseconds], { '*': format }, text => void said.push(text))
  for (const values of batches) {
    const columns = [vectorOf({ type: 'TIMESTAMP' }, values)]
    odd.look({ columns, rowCount: values.length, ranges: [] } as unknown as Batch)
  }
  odd.end()
  return said
}

t.test('only the first thousand rows count, wherever batches end', async t => {
  const early = BigInt(second)
  const usual = early * 1000n
  const of = (value: bigint | null, count: number): (bigint | null)[] =>
    Array.from({ length: count }, () => value)
  t.equal(questions([of(early, 999), of(usual, 1)]).length, 0)
  t.equal(questions([of(early, 600), [...of(early, 400), usual]]).length, 1)
  t.equal(questions([of(null, 999), of(early, 1), of(usual, 1)]).length, 1)
  t.equal(questions([of(null, 2000)]).length, 0, 'no time')
  t.equal(questions([]).length, 0)
  t.equal(questions([of(-1n, 1)]).length, 0, '1969')
  t.match(questions([of(7_258_118_400_000n, 3)]), [/all times lie after the year 2199/])
  t.equal(questions([[7_258_118_399_999n, 7_258_118_400_000n]]).length, 0)
})

t.test('columns without a unit are not asked about', async t => {
  const of = (format: string): number => questions([[1n]], format).length
  t.equal(of('yyyyMMdd'), 0)
  t.equal(of('excel'), 0)
  t.equal(of('epoch:ns'), 1)
})

const script = 'share streamTable(1:0, `id`sym`text, [INT,SYMBOL,STRING]) as target'

const inputs: readonly (readonly [name: string, text: string, trim: boolean, told: boolean])[] = [
  ['a.csv', 'id,sym,text\n1,A,x\n2, B,y\n3,C ,z\n', false, true],
  ['a.csv', 'id,sym,text\n1,A,x\n2, B,y\n', true, false],
  ['a.csv', 'id,sym,text\n1,A\u3000,x\n', false, false],
  ['a.csv', 'id,sym,text\n1,A, x\n2,A B,y \n3,  ,z\n', false, false],
  ['a.json', '[{"id":1,"sym":" A","text":"x"}]', false, false],
]

for (const [name, text, trim, isTold] of inputs) {
  t.test(`${JSON.stringify(text)}, trimmed: ${trim}`, async t => {
    const { load } = await startLoadServer(t, script)
    const path = join(t.testdir(), name)
    writeFileSync(path, text)
    const { exitCode, notices } = await load(path, { target: { table: 'target' }, input: { trim } })
    t.equal(exitCode, 0)
    const told = notices.filter(notice => notice.includes('begin or end with blanks'))
    const expected =
      'column "sym": symbols begin or end with blanks, such as " B". `input.trim` leaves the blanks out'
    t.same(told, isTold ? [expected] : [])
  })
}
