/* The loader loads texts into a table, and the official client reads the resulting values. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import type { Test } from 'tap'
import { load } from '../../src/load/load-rows.js'
import type { LoadOptions, LoadResult } from '../../src/load/options.js'
import { startEnds, test, type Client, type ClientObject, type Ends } from './client.js'
import { elementsOfClient, type Element } from './elements.js'
import { optionSpellings, spellings } from './spellings.js'
import { asAdmin } from '../helpers/load-server.js'

const isText = (type: string): boolean => ['SYMBOL', 'STRING', 'BLOB'].includes(type)
const nullOf = (type: string): Element => (isText(type) ? '' : null)

const csvField = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** A table `name` with a column for the row number and a column of the type. */
async function createTarget({ official }: Ends, name: string, type: string): Promise<void> {
  await official.eval(`share table(100:0, \`row\`value, [INT, ${type}]) as ${name}`)
}

async function loadText(
  t: Test,
  { server }: Ends,
  file: string,
  text: string | Uint8Array,
  change: Partial<LoadOptions> = {},
): Promise<LoadResult> {
  const path = join(t.testdir(), file)
  await writeFile(path, text)
  return load({
    inputs: [path],
    server: asAdmin(server),
    target: { table: file.replace(/\..*/, '') },
    ...change,
  })
}

/** The values that the client reads from column `value`, in the order of the input. */
async function readBack(client: Client, { official }: Ends, name: string): Promise<Element[]> {
  const table = await official.eval(`select * from ${name} order by row`)
  return elementsOfClient(client, (table.value as ClientObject[])[1]!)
}

/** Allows different offsets, because one column contains all spellings of a type. */
const anyOffset = { cells: { timeZone: 'none' } } as const

test('every spelling in CSV is the value that the client reads, an empty field is null', async (t, client) => {
  const ends = await startEnds(t, client)
  for (const [type, { accepted }] of Object.entries(spellings)) {
    const name = `csv${type.replace(/\(.*/, '')}`
    await createTarget(ends, name, type)
    const lines = accepted.map(([text], at) => `${at},${csvField(text)}`)
    const text = ['row,value', ...lines, `${accepted.length},`].join('\n')
    const result = await loadText(t, ends, `${name}.csv`, text, anyOffset)
    t.equal(result.error, null, type)
    const expected = [...accepted.map(([, element]) => element), nullOf(type)]
    t.strictSame(await readBack(client, ends, name), expected, type)
  }
})

test('every spelling in JSON is the value that the client reads, null is null', async (t, client) => {
  const ends = await startEnds(t, client)
  for (const [type, { accepted }] of Object.entries(spellings)) {
    const name = `json${type.replace(/\(.*/, '')}`
    await createTarget(ends, name, type)
    const rows = accepted.map(([value], row) => JSON.stringify({ row, value }))
    const last = JSON.stringify({ row: accepted.length, value: null })
    const text = [...rows, last].join('\n')
    const rejects = { onError: 'skip', maxErrors: 100 } as const
    const result = await loadText(t, ends, `${name}.ndjson`, text, { rejects, ...anyOffset })
    t.equal(result.error, null, type)
    const elements = accepted.map(([, element]) => element)
    t.equal(result.rows.rejected, 0, type)
    t.strictSame(await readBack(client, ends, name), [...elements, nullOf(type)], type)
  }
})

test('text that is not a value of its type is refused row by row', async (t, client) => {
  const ends = await startEnds(t, client)
  for (const [type, { refused }] of Object.entries(spellings)) {
    const name = `no${type.replace(/\(.*/, '')}`
    await createTarget(ends, name, type)
    const lines = refused.map((text, at) => `${at},${csvField(text)}`)
    const text = ['row,value', ...lines, `${refused.length},`].join('\n')
    const rejects = { onError: 'skip', maxErrors: 100 } as const
    const { rows, error } = await loadText(t, ends, `${name}.csv`, text, { rejects })
    t.equal(error, null, type)
    t.equal(rows.rejected, refused.length, `${type}: ${refused.join(' ')}`)
    t.strictSame(await readBack(client, ends, name), [nullOf(type)], `${type}: the row without`)
  }
})

test('options define how a text is read, in CSV and in strings of JSON', async (t, client) => {
  const ends = await startEnds(t, client)
  for (const [at, { type, flags, cells, accepted, refused }] of optionSpellings.entries()) {
    const texts = [...accepted.map(([text]) => text), ...refused]
    const expected = [...accepted.map(([, element]) => element), nullOf(type)]
    for (const [kind, lines] of [
      ['csv', ['row,value', ...texts.map((text, row) => `${row},${csvField(text)}`), '99,']],
      [
        'ndjson',
        [...texts.map((value, row) => JSON.stringify({ row, value })), '{"row":99,"value":null}'],
      ],
    ] as const) {
      const name = `option${at}${kind}`
      await createTarget(ends, name, type)
      const rejects = { onError: 'skip', maxErrors: 100 } as const
      const change = { rejects, cells }
      const result = await loadText(t, ends, `${name}.${kind}`, lines.join('\n'), change)
      t.equal(result.error, null, flags)
      t.equal(result.rows.rejected, refused.length, `${flags}: ${refused.join(' ')}`)
      t.strictSame(await readBack(client, ends, name), expected, `${type} ${flags} in ${kind}`)
    }
  }
})

test('JSON numbers, booleans and arrays are read as values', async (t, client) => {
  const ends = await startEnds(t, client)
  const cases: [type: string, json: string, expected: Element[]][] = [
    ['BOOL', '[true, false, null, 1]', [true, false, null, true]],
    ['CHAR', '[97, -127, null]', [97, -127, null]],
    ['SHORT', '[32767, -32767, null]', [32_767, -32_767, null]],
    ['INT', '[2147483647, -2147483647, 0, 1.0, 1e2]', [2_147_483_647, -2_147_483_647, 0, 1, 100]],
    ['LONG', '[9223372036854775807, 9007199254740993]', [2n ** 63n - 1n, 9_007_199_254_740_993n]],
    ['FLOAT', '[0.1, -1e-3]', [Math.fround(0.1), Math.fround(-0.001)]],
    ['DOUBLE', '[0.1, 1.7976931348623157e308, 5]', [0.1, Number.MAX_VALUE, 5]],
    ['DECIMAL64(4)', '[1.5, -12345678901234.5678]', [15_000n, -123_456_789_012_345_678n]],
    [
      'DECIMAL128(10)',
      '[1234567890123456789.0123456789]',
      [12_345_678_901_234_567_890_123_456_789n],
    ],
    ['STRING', '[1.50, true, -1e2]', ['1.50', 'true', '-1e2']],
    ['SYMBOL', '[7, false]', ['7', 'false']],
    ['STRING', '["\\u6570\\u636e", "\\ud83d\\ude00", "\\n"]', ['数据', '😀', '\n']],
    [
      'INT[]',
      '[[1, null, 3], [], null, [2147483647]]',
      [[1, null, 3], [null], [null], [2_147_483_647]],
    ],
    ['DOUBLE[]', '[[1.5, 2], [null]]', [[1.5, 2], [null]]],
    ['DATE[]', '[["2012.06.13", "1969-12-31"]]', [[15_504, -1]]],
    ['DECIMAL32(2)[]', '[[1.5, "-0.05", null]]', [[150n, -5n, null]]],
  ]
  for (const [at, [type, json, expected]] of cases.entries()) {
    const name = `native${at}`
    await createTarget(ends, name, type)
    // Divided by hand, because JSON.parse would round the numbers.
    const values = splitList(json)
    const lines = values.map((value, row) => `{"row": ${row}, "value": ${value}}`)
    const result = await loadText(t, ends, `${name}.ndjson`, lines.join('\n'))
    t.equal(result.error, null, type)
    t.strictSame(await readBack(client, ends, name), expected, `${type} ${json}`)
  }
})

/** The texts of the elements of a JSON array. */
function splitList(json: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 1
  for (let at = 1; at < json.length; at++) {
    const isEnd = at === json.length - 1
    if (depth === 0 && (json[at] === ',' || isEnd)) {
      parts.push(json.slice(start, at).trim())
      start = at + 1
    }
    if (json[at] === '[') depth++
    if (json[at] === ']') depth--
  }
  return parts
}

test('arrays of every type that has them, in one field of CSV', async (t, client) => {
  const ends = await startEnds(t, client)
  for (const [type, { accepted }] of Object.entries(spellings)) {
    if (isText(type)) continue
    const name = `array${type.replace(/\(.*/, '')}`
    await createTarget(ends, name, `${type}[]`)
    // Points contain a comma themselves.
    const rows = [accepted, accepted.slice(0, 1)]
    const fields = rows.map(row => row.map(([text]) => text).join('|'))
    fields.push(`${accepted[0]![0]}||${accepted[0]![0]}`, '')
    const lines = fields.map((field, at) => `${at},${csvField(field)}`)
    const text = ['row,value', ...lines].join('\n')
    const change = { ...anyOffset, input: { arrayDelimiter: '|' } }
    const result = await loadText(t, ends, `${name}.csv`, text, change)
    t.equal(result.error, null, type)
    const first = accepted[0]![1]
    const expected = [
      ...rows.map(row => row.map(([, element]) => element)),
      [first, null, first],
      [null],
    ]
    t.strictSame(await readBack(client, ends, name), expected, `${type}[]`)
  }
})

test('stream tables and DFS tables give the client the same values', async (t, client) => {
  const ends = await startEnds(t, client)
  const { official } = ends
  await official.eval('share streamTable(100:0, `row`value, [INT, DECIMAL64(4)]) as streamed')
  await official.eval(
    'db = database("dfs://oracle", VALUE, 0..9); ' +
      'db.createPartitionedTable(table(1:0, `row`value, [INT, DECIMAL64(4)]), `parted, `row)',
  )
  const { accepted } = spellings['DECIMAL64(4)']!
  const text = ['row,value', ...accepted.map(([each], at) => `${at},${each}`)].join('\n')
  const expected = accepted.map(([, element]) => element)
  const streamed = await loadText(t, ends, 'streamed.csv', text)
  t.equal(streamed.error, null)
  t.strictSame(await readBack(client, ends, 'streamed'), expected)
  const target = { table: 'dfs://oracle/parted' }
  const parted = await loadText(t, ends, 'parted.csv', text, { target })
  t.equal(parted.error, null)
  const name = 'loadTable("dfs://oracle", "parted")'
  t.strictSame(await readBack(client, ends, name), expected)
})

/** Characters of every kind in an encoding, including characters whose second byte is a delimiter, `\\` or `{`. */
const encodedTexts = {
  gb18030: ['平安银行', '丂|億\\儃{', '㐀é€', '😀𠀀', '"股"\n票', '丂'.repeat(5_000)],
  gbk: ['平安银行', '丂|億\\'],
  big5: ['台積電', '功|許\\蓋{'],
  shift_jis: ['トヨタ', 'ソ|表\\能', 'ｱｲ'],
  'euc-jp': ['トヨタ', 'ｱｲ'],
  'euc-kr': ['삼성전자', '종목'],
  'utf-16le': ['平安', '😀', '\u0a0a\u0d0d'],
  'utf-16be': ['平安', '😀', '\u0a0a\u0d0d'],
  latin1: ['Größe', '\u0085'],
  'windows-1252': ['€uro', '™'],
  'windows-1251': ['Газпром'],
  'koi8-r': ['Газпром'],
} as const

test('the client reads the text that iconv-lite wrote in any encoding', async (t, client) => {
  const ends = await startEnds(t, client)
  for (const [encoding, texts] of Object.entries(encodedTexts)) {
    for (const format of ['csv', 'ndjson']) {
      const name = `encoded${encoding.replace(/\W/g, '')}${format}`
      await createTarget(ends, name, 'STRING')
      const lines =
        format === 'csv'
          ? ['row,value', ...texts.map((text, row) => `${row},${csvField(text)}`)]
          : texts.map((value, row) => JSON.stringify({ row, value }))
      const bytes = iconv.encode(`${lines.join('\r\n')}\r\n`, encoding)
      const input = { encoding: encoding as keyof typeof encodedTexts }
      const result = await loadText(t, ends, `${name}.${format}`, bytes, { input })
      t.equal(result.error, null, name)
      t.strictSame(await readBack(client, ends, name), [...texts], name)
    }
  }
})

test('rows that shards load are there once', async (t, client) => {
  const { official, server } = await startEnds(t, client)
  await official.eval('share streamTable(100:0, `id`word, [INT, STRING]) as shared')
  const dir = t.testdir()
  const inputs: string[] = []
  for (let i = 0; i < 4; i++) {
    inputs.push(join(dir, String(i), 'f.csv'))
    await mkdir(join(dir, String(i)))
    const lines = Array.from({ length: 50 }, (_, row) => `${i * 50 + row},w\n`)
    await writeFile(inputs[i]!, `id,word\n${lines.join('')}`)
  }
  const shard = (index: number, count: number): Promise<LoadResult> =>
    load({
      ...{ inputs, target: { table: 'shared' }, runId: 'night', shard: { index, count } },
      server: asAdmin(server),
      delivery: { batchRows: 7 },
    })
  const ends = await Promise.all([shard(1, 2), shard(2, 2), shard(1, 1), shard(2, 3)])
  for (const { error } of [...ends, await shard(1, 1)]) t.equal(error, null)
  const { value } = await official.eval('exec id from shared')
  const ids = Array.from(value as Int32Array).sort((a, b) => a - b)
  t.strictSame(ids, [...Array(200).keys()])
})
