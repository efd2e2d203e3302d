/*
  How the program finds lines above and below a table. test/infer/infer.test.ts tests the records that are then read.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { KnownDialect } from '../../../src/parse/csv/detect-dialect.js'
import { findQuotes } from '../../../src/parse/csv/find-quotes.js'
import { findTable, type FoundTable, type KnownTable } from '../../../src/parse/csv/find-table.js'
import { openReader } from '../../../src/parse/formats.js'
import { inferSchema } from '../../../src/infer/infer.js'
import { neededOptions } from '../../../src/infer/needed-options.js'
import { runs } from '../../helpers/runs.js'
import { inferText, nothing, typesOf } from '../../infer/inferring.js'
import { openSource } from '../../../src/source/open-source.js'
import { Readable } from 'node:stream'

const unknown: KnownTable = {
  ...{ delimiter: undefined, quote: undefined, escape: undefined, comment: undefined },
  ...{ trim: false, skipLines: undefined, hasHeader: undefined },
}

const find = (text: string, known: Partial<KnownTable> = {}): FoundTable | undefined =>
  findTable(Buffer.from(text), true, { ...unknown, ...known })

const rows = 'A,1.5,10\nB,2.5,20\nC,3.5,30\n'

t.test('lines above a table are distinguished from the table', async t => {
  for (const [text, found] of [
    [`sym,price,vol\n${rows}`, undefined],
    [`Report\n\nmade today; all of it\nsym,price,vol\n${rows}`, { skipLines: 3 }],
    [`Report\r\n\r\nsym,price,vol\r\n${rows}`, { skipLines: 2 }],
    [`"a\ntitle"\nsym,price,vol\n${rows}`, { skipLines: 2 }],
    [`Report,,\n,,\nsym,price,vol\n${rows}`, { skipLines: 2 }],
    ['Bericht, heute\ntime;price\n1;1,5\n2;2,5\n3;3,5\n', { skipLines: 1 }],
    [`# one\n# two\nsym,price,vol\n${rows}`, { comment: '#' }],
    [`% one\nsym,price,vol\n${rows}`, { comment: '%' }],
    [`sym,price,vol\nA,1.5,10\n# between\nB,2.5,20\nC,3.5,30\n`, { comment: '#' }],
    [`# one\nReport\nsym,price,vol\n${rows}`, { comment: '#', skipLines: 2 }],
    [`#sym,price,vol\n${rows}`, undefined],
    ['id,x\n#1,1\n#2,2\n#3,3\n', undefined],
    [`price,vol\n${rows}`, { skipLines: 1, names: ['', 'price', 'vol'] }],
    // Records with a trailing delimiter that the header does not have, or without fields that the header names.
    [`sym,price,vol\n${rows.replaceAll('\n', ',\n')}`, undefined],
    [`Report\n\nsym,price,vol\n${rows.replaceAll('\n', ',\n')}`, { skipLines: 2 }],
    [`sym,price,vol,note\n${rows}`, { ragged: 'pad' }],
    [`Report\nsym,price,vol,,note\n${rows}`, { skipLines: 1, ragged: 'pad' }],
    [`Report,,,,\nsym,price,vol\n${rows}`, { skipLines: 1 }],
    ['a\n1\n2\n3\n', undefined],
    ['', undefined],
    ['text, with a comma\nand another line\nno table\n', undefined],
  ] as const) {
    const { said, ...rest } = find(text) ?? { said: undefined }
    t.strictSame(said === undefined ? undefined : rest, found, text)
  }
})

t.test('quotes are read so that no record is broken, or else in the usual way', async t => {
  const look = (text: string, known: Partial<KnownDialect> = {}): object | undefined => {
    const dialect = { ...{ delimiter: undefined, quote: undefined, escape: undefined }, ...known }
    const found = findQuotes(Buffer.from(text), 0, true, { comment: '', trim: false, ...dialect })
    if (found === undefined) return undefined
    const { said, ...options } = found
    return options
  }
  for (const [text, found] of [
    ['a,b\n"x",1\n"y ""z""",2\n', undefined],
    ['a,b\n"x, y", "p, q"\nz, "r, s"\n', { trim: true }],
    ['a,b\n"x, y",5" tape\nz,2\n', { quotes: 'lax' }],
    ['a\tb\nx\t5" tape\ny\t2\n', { quote: '' }],
    ['a\tb\n"x" y\t1\n"z"\t2\nw\t3\n', { quote: '' }],
    ['a\tb\n"x\t1\nz\t2\n', { quote: '' }],
    ['say "hello"\nno more\n', { quote: '' }],
    // Quoted fields contain delimiters, so the quotes cannot be plain text.
    ['a,b\n"x, y",1\n"z" w,2\n"u, v",3\n', undefined],
    ['a,b\n"x"y,1,2,3\nz,2\n', undefined],
    ['a,b\n"x"y,1\n"z",2\n"u",3\n', undefined],
    ["a,b\n'x, y',1\n'z, w',2\n", undefined],
  ] as const) {
    t.strictSame(look(text), found, text)
  }
  t.equal(look('a,b\nx,5" tape\n', { quote: '"' }), undefined)
  t.equal(look(`a,b\nx,"${'y'.repeat(70_000)}"\n`), undefined, 'a long text')
})

t.test('headers of two lines are distinguished from first rows', async t => {
  const data = '1,1.5,10\n2,2.5,20\n3,3.5,30\n'
  for (const [head, found] of [
    ['time,price,vol\ns,CNY,lots\n', { skipLines: 2, names: ['time', 'price', 'vol'] }],
    [',Price,\ntime,last,lots\n', { skipLines: 1 }],
    ['g,Price,\nx,x,lots\n', { skipLines: 2, names: ['g_x', 'Price_x', 'Price_lots'] }],
    ['time,price,vol\nNA,NA,-\n', undefined],
    ['time,price,vol\n0,gone,5\n', undefined],
    ['time,price,vol\n,,lots\n', undefined],
  ] as const) {
    const { said, ...rest } = find(head + data) ?? { said: undefined }
    t.strictSame(said === undefined ? undefined : rest, found, head)
  }
  t.equal(find(`time,price,vol\ns,CNY,lots\n${data}`, { hasHeader: true }), undefined)
  t.equal(find(`time,price,vol\ns,CNY,lots\n${data}`, { skipLines: 0 }), undefined)
})

t.test('records below a table are reported if the whole input is known', async t => {
  const text = `sym,price,vol\n${rows}${rows}Total: 6\nSource: X\n`
  t.match(find(text), { footers: 2, said: ['the last 2 records are not part of the table'] })
  t.equal(findTable(Buffer.from(text), false, unknown), undefined)
  t.equal(
    find(text.slice(0, -1)),
    undefined,
    'without a line end the last record may be incomplete',
  )
  t.equal(find(`sym,price,vol\n${rows}${rows}A,1.5,10,11\n`), undefined)
  t.equal(find('a,b\n1,2\nx\n'), undefined, 'too few records to decide')
})

t.test('metadata inside a table, and titles above it, are never part of it', async t => {
  const cell = fc.constantFrom('1', '2.5', '2024-01-02', '', 'abc', 'x y', 'NA')
  const title = fc.constantFrom('Report', 'made 2024-01-02', '', 'a: b', '---')
  await fc.assert(
    fc.asyncProperty(
      fc.array(title, { maxLength: 4 }),
      fc.array(fc.tuple(fc.integer(), cell, cell), { minLength: 4, maxLength: 12 }),
      fc.constantFrom(',', ';', '\t', '|'),
      async (titles, records, delimiter) => {
        const table = [['n', 'b', 'c'], ...records].map(one => one.join(delimiter)).join('\n')
        const text = [...titles, table, ''].join('\n')
        const schema = await inferText(text)
        const plain = await inferText(`${table}\n`)
        assert.deepEqual(typesOf(schema), typesOf(plain))
        assert.equal(schema.rows, records.length)
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('the reported options read the table in all inputs', async t => {
  const text = `Report\nsym,price,vol\n,CNY,lots\n${rows}${rows}`
  const schema = await inferText(text)
  t.strictSame(typesOf(schema), ['sym:SYMBOL', 'price:DOUBLE', 'vol:INT'])
  t.match(neededOptions(schema), {
    ...{ skipLines: 3, noHeader: true, map: { sym: '1', price: '2', vol: '3' } },
  })
  const dir = t.testdir({ 'a.csv': text, 'b.csv': text })
  const both = await inferSchema({ ...nothing, paths: [`${dir}/a.csv`, `${dir}/b.csv`] })
  t.match(both, { rows: 12, rejected: 0 })
})

t.test('options that a run cannot find by itself are reported', async t => {
  const needed = async (text: string): Promise<object> => {
    const { header, reading, footers, rejects } = neededOptions(await inferText(text))
    return { header, reading, footers, rejects }
  }
  const usual = { header: '', reading: {}, footers: 0, rejects: 0 }
  t.strictSame(await needed(`sym,price,vol\n${rows}`), usual)
  t.strictSame(await needed('1,a\n2,b\n'), { ...usual, header: 'no' })
  t.strictSame(await needed('x,x\n1,2\n'), { ...usual, header: 'yes' }, 'by position')
  t.strictSame(await needed('x,y\n1,5" tape\n'), { ...usual, reading: { quote: '' } })
  t.strictSame(await needed(`sym,price,vol,note\n${rows}`), {
    ...usual,
    reading: { ragged: 'pad' },
  })
  const one = 'x,y\n' + '1,2\n'.repeat(8)
  t.strictSame(await needed(`${one}1\n1,2\n`), { ...usual, rejects: 1 })
  t.strictSame(await needed(`${one}1\n`), { ...usual, footers: 1 }, 'below the table')
  t.strictSame(await needed(`${one}1\n2\n1,2\n`), { ...usual, rejects: 2 })
})

t.test('a load reports lines above the table and skips none of them', async t => {
  const text = Buffer.from(`Report\nsym,price,vol\n${rows}`)
  const source = await openSource('-', { stdin: Readable.from([text]) })
  const target = {
    schema: {
      columns: ['sym', 'price', 'vol'].map(name => ({ name, type: { type: 'INT' as const } })),
    },
    ...{ mapping: {}, cells: {} },
  }
  await t.rejects(openReader(source, { target }), {
    code: 'DDB_USAGE',
    message: /But the table begins in line 2: `input.skipLines` 1$/,
  })
})

t.test('by position, the target determines the number of fields in a record', async t => {
  const columns = ['sym', 'price', 'vol'].map((name, i) => ({
    name,
    type: { type: i === 0 ? ('SYMBOL' as const) : ('DOUBLE' as const) },
  }))
  const open = async (text: string, mapping: object, header: 'yes' | 'no') => {
    const source = await openSource('-', { stdin: Readable.from([Buffer.from(text)]) })
    return openReader(source, {
      target: { schema: { columns }, mapping, cells: {} },
      header,
      delimiter: ',',
    })
  }
  const byPosition = { match: 'position' as const }
  const count = async (...of: Parameters<typeof open>) => (await open(...of)).fieldCount
  t.equal(await count(`Report\n${rows}`, byPosition, 'yes'), 3)
  t.equal(await count(`Report\n${rows}`, byPosition, 'no'), 3)
  t.equal(await count(`a,b,c,d\n${rows}`, byPosition, 'yes'), 3)
  t.equal(await count(`Report\n${rows}`, {}, 'yes'), 1)
  t.equal(await count(`a,b,c,d\n${rows}`, { ...byPosition, ignoreExtra: true }, 'yes'), 4)
  t.equal(await count('a,b\n1,2\n', byPosition, 'yes'), 2, 'no record has as many')
  t.equal(await count('a,b\n1,2\n1,2,3\n', { ...byPosition, set: { vol: '1' } }, 'yes'), 2)
})
