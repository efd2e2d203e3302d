/* How the program finds lines above a table, and unusual meanings of quotes. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { KnownDialect, Sample } from '../../../src/parse/csv/sample.js'
import { findQuotes, linesAbove } from '../../../src/parse/csv/obstacles.js'
import { openReader } from '../../../src/parse/formats.js'
import { neededOptions } from '../../../src/infer/inferred-schema.js'
import { forAllAsync } from '../../helpers/runs.js'
import { inferText, typesOf } from '../../infer/inferring.js'
import { openSource } from '../../../src/source/open-source.js'
import { Readable } from 'node:stream'

const unknown: KnownDialect = {
  ...{ delimiter: undefined, quote: undefined, escape: undefined },
  ...{ comment: '', trim: false },
}

const sampleOf = (text: string): Sample => ({ bytes: Buffer.from(text), from: 0, isWhole: true })

const rows = 'A,1.5,10\nB,2.5,20\nC,3.5,30\n'

t.test('lines above a table are distinguished from the table', async t => {
  for (const [text, lines] of [
    [`sym,price,vol\n${rows}`, 0],
    [`\n\nsym,price,vol\n${rows}`, 0],
    [`Report\n\nmade today; all of it\nsym,price,vol\n${rows}`, 3],
    [`Report\r\n\r\nsym,price,vol\r\n${rows}`, 2],
    [`"a\ntitle"\nsym,price,vol\n${rows}`, 2],
    [`Report,,\n,,\nsym,price,vol\n${rows}`, 2],
    ['Bericht, heute\ntime;price\n1;1,5\n2;2,5\n3;3,5\n', 1],
    [`# one\n# two\nsym,price,vol\n${rows}`, 2],
    [`sym,price,vol\nA,1.5,10\n# between\nB,2.5,20\nC,3.5,30\n`, 0],
    [`#sym,price,vol\n${rows}`, 0],
    ['id,x\n#1,1\n#2,2\n#3,3\n', 0],
    // Headers without the first name, with a name too many, or without the delimiter that ends every record.
    [`price,vol\n${rows}`, 0],
    [`Report\nprice,vol\n${rows}`, 1],
    [`Report\nsym,price,vol,,note\n${rows}`, 1],
    [`Report\n\nsym,price,vol\n${rows.replaceAll('\n', ',\n')}`, 2],
    [`Report,,,,\nsym,price,vol\n${rows}`, 1],
    [`Report\nsym,price,vol\n${rows}${rows}Total: 6\nSource: X\n`, 1],
    ['a\n1\n2\n3\n', 0],
    ['', 0],
    ['text, with a comma\nand another line\nno table\n', 0],
  ] as const) {
    t.equal(linesAbove(sampleOf(text), unknown), lines, text)
  }
})

t.test('quotes are read so that no record is broken, or else in the usual way', async t => {
  const look = (text: string, known: Partial<KnownDialect> = {}): object | undefined =>
    findQuotes(sampleOf(text), { ...unknown, ...known })?.options
  for (const [text, found] of [
    ['a,b\n"x",1\n"y ""z""",2\n', undefined],
    ['a,b\n"x, y", "p, q"\nz, "r, s"\n', { trim: true }],
    ['a,b\n"x, y",5" tape\nz,2\n', { quotes: 'lax' }],
    ['a\tb\nx\t5" tape\ny\t2\n', { quote: '' }],
    ['a\tb\n"x" y\t1\n"z"\t2\nw\t3\n', undefined],
    ['a\tb\n"x" y\t1\n"z"\t2\n"w" v\t3\n', { quote: '' }],
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

t.test('titles above a table are refused, and the option of the error reads the table', async t => {
  const cell = fc.constantFrom('1', '2.5', '2024-01-02', '', 'abc', 'x y', 'NA')
  const title = fc.constantFrom('Report', 'made 2024-01-02', '', 'a: b', '---')
  await forAllAsync(200)(
    fc.array(title, { maxLength: 4 }),
    fc.array(fc.tuple(fc.integer(), cell, cell), { minLength: 4, maxLength: 12 }),
    fc.constantFrom(',', ';', '\t', '|'),
    async (titles, records, delimiter) => {
      const table = [['n', 'b', 'c'], ...records].map(one => one.join(delimiter)).join('\n')
      const text = [...titles, table, ''].join('\n')
      const skipLines = titles.every(one => one === '') ? undefined : titles.length
      if (skipLines !== undefined) {
        const fix = { options: { 'input.skipLines': String(skipLines) } }
        await assert.rejects(inferText(text), { code: 'DDB_USAGE', fix })
      }
      const schema = await inferText(text, skipLines ? { reader: { skipLines } } : {})
      assert.deepEqual(typesOf(schema), typesOf(await inferText(`${table}\n`)))
      assert.equal(schema.rows, records.length)
    },
  )
  const error = { code: 'DDB_INPUT_COLUMN', message: /the first: .* expected 1 field, got 3/ }
  await t.rejects(inferText(`Report\n${rows}`, { reader: { skipLines: 0, header: 'yes' } }), error)
})

t.test('options that a run cannot find by itself are reported', async t => {
  const needed = async (text: string): Promise<object> => {
    const { header = '', input, rejects } = neededOptions(await inferText(text))
    return { header, input, rejects }
  }
  const usual = { header: '', input: {}, rejects: 0 }
  t.strictSame(await needed(`sym,price,vol\n${rows}`), usual)
  t.strictSame(await needed('1,a\n2,b\n'), { ...usual, header: 'no' })
  t.strictSame(await needed('x,x\n1,2\n'), { ...usual, header: 'yes' }, 'by position')
  t.strictSame(await needed('x,y\n1,5" tape\n'), { ...usual, input: { quote: '' } })
  const one = 'x,y\n' + '1,2\n'.repeat(8)
  t.strictSame(await needed(`${one}1\n1,2\n`), { ...usual, rejects: 1 })
  t.strictSame(await needed(`${one}1\n`), { ...usual, rejects: 1 }, 'below the table')
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
    message: /seems to begin in line 2: set `input.skipLines` to 1, or to 0/,
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
