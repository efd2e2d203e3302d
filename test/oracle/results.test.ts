/* Results of the embedded server, read by the official client. */
import { inspect } from 'node:util'
import { startEnds, test } from './client.js'
import { typeCases } from './cases.js'
import { elementOfClient, elementsOfClient, shapeOf } from './elements.js'

const elementType = (type: string): string => type.replace(/\(.*/, '')

test('a scalar of a script is the value that the script gives', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const { type, samples } of typeCases) {
    for (const { script, element } of samples) {
      const value = await official.eval(script)
      t.equal(value.form, client.DdbForm['scalar'], script)
      // The type of an element of a SYMBOL vector is not documented.
      if (type !== 'SYMBOL') t.equal(shapeOf(client, value).type.name, elementType(type))
      t.strictSame(elementOfClient(client, value), element, script)
    }
  }
})

test('a vector of a script holds its values and nulls', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const { type, samples } of typeCases) {
    const name = elementType(type)
    const isText = ['STRING', 'SYMBOL', 'BLOB'].includes(name)
    const isTuple = name === 'DURATION'
    const scripts = samples.map(each => each.script)
    const list = `[${[...scripts, ...(isTuple ? [] : ['NULL'])].join(', ')}]`
    const value = await official.eval(name === 'SYMBOL' ? `symbol(${list})` : list)
    t.equal(value.form, client.DdbForm['vector'], list)
    const found = shapeOf(client, value).type
    // A vector of DURATION has one unit, so durations with several units form a tuple.
    t.equal(found.name, isTuple ? 'ANY' : name, list)
    const elements = samples.map(each => each.element)
    const nulls = isTuple ? [] : [isText ? '' : null]
    t.strictSame(elementsOfClient(client, value), [...elements, ...nulls], list)
    if (name.startsWith('DECIMAL')) t.equal(`${name}(${found.scale})`, type)
  }
})

test('string() returns the text that DolphinDB documents', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const { script, text } of typeCases.flatMap(each => each.samples)) {
    if (text === undefined) continue
    t.equal((await official.eval(`string(${script})`)).value, text, script)
  }
})

test('array vectors', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const { type, samples } of typeCases) {
    const name = elementType(type)
    if (['SYMBOL', 'STRING', 'BLOB', 'DURATION'].includes(name)) continue
    const elements = samples.map(each => each.element)
    const scripts = samples.map(each => each.script)
    const cells = `[${[...scripts, 'NULL'].join(', ')}]`
    const script = `arrayVector([1, ${samples.length + 1}], ${cells})`
    const value = await official.eval(script)
    t.strictSame(shapeOf(client, value).type.array, true, script)
    t.equal(shapeOf(client, value).type.name, name, script)
    const rows = [[elements[0]], [...elements.slice(1), null]]
    t.strictSame(elementsOfClient(client, value), rows, script)
    t.equal(value.cols, samples.length + 1, 'the number of cells')
  }
})

test('array vectors of many blocks and long rows', async (t, client) => {
  const { official } = await startEnds(t, client)
  const counts = [1, 255, 256, 65_535, 65_536, 3]
  const ends = counts.map((_, row) => counts.slice(0, row + 1).reduce((a, b) => a + b))
  const script = `arrayVector([${ends.join(', ')}], 0..${ends.at(-1)! - 1})`
  const rows = elementsOfClient(client, await official.eval(script)) as number[][]
  const lengths = rows.map(row => row.length)
  t.strictSame(lengths, counts)
  const cells = rows.flat()
  const followOneAnother = cells.every((cell, at) => cell === at)
  t.ok(followOneAnother, 'cells follow one another')
  const short = (await official.eval('arrayVector(1..70000, 1..70000)')) as { rows?: number }
  t.equal(short.rows, 70_000, 'more rows than one block can hold')
})

/** Scripts, and the expected result of the client's `data()`. */
const forms: readonly (readonly [script: string, form: string, data: unknown])[] = [
  ['1:2', 'pair', [1, 2]],
  ['1:NULL', 'pair', [1, null]],
  ['1.5:2.5', 'pair', [1.5, 2.5]],
  ["'a':'c'", 'pair', ['a', 'c']],
  ['2012.06.13:2012.06.15', 'pair', ['2012.06.13', '2012.06.15']],
  ['`a:`b', 'pair', ['a', 'b']],
  ['set([1, 2, 2])', 'set', new Set([1, 2])],
  ['set(["a", "数据"])', 'set', new Set(['a', '数据'])],
  ['set([1.5, 2.5])', 'set', new Set([1.5, 2.5])],
  ['set([2012.06.13, 1969.12.31])', 'set', new Set(['2012.06.13', '1969.12.31'])],
  ['set([9007199254740993l])', 'set', new Set([9_007_199_254_740_993n])],
  [
    'set(uuid(["00112233-4455-6677-8899-aabbccddeeff"]))',
    'set',
    new Set(['00112233-4455-6677-8899-aabbccddeeff']),
  ],
  ['{"a": 1, "b": "x", "c": [1.5, NULL]}', 'dict', { a: 1, b: 'x', c: [1.5, null] }],
  ['dict(`a`b, [1, NULL])', 'dict', { a: 1, b: null }],
  ['dict([1, 2], ["x", ""])', 'dict', { 1: 'x', 2: '' }],
  ['dict([2012.06.13], [1969.12.31])', 'dict', { '2012.06.13': '1969.12.31' }],
  ['dict(STRING, ANY)', 'dict', {}],
  ['{"d": {"e": 1:2}}', 'dict', { d: { e: [1, 2] } }],
  ['(1, "a", [1, 2], (2.5, `b))', 'vector', [1, 'a', [1, 2], [2.5, 'b']]],
  ['(1..2, set([3]), {"k": 4h})', 'vector', [[1, 2], new Set([3]), { k: 4 }]],
  ['(1, NULL, 2.5)', 'vector', [1, null, 2.5]],
  ['NULL', 'scalar', null],
  ['(2012.06M, 13:30m, 3M, 00i)', 'vector', ['2012.06M', '13:30m', '3M', null]],
  ['[]', 'vector', []],
  ['sum', 'scalar', 'sum'],
]

test('pairs, sets, dictionaries and tuples', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const [script, form, data] of forms) {
    const value = await official.eval(script)
    t.equal(value.form, client.DdbForm[form], script)
    t.strictSame(value.data(), data, script)
  }
})

test('a function has the correct kind', async (t, client) => {
  const { official } = await startEnds(t, client)
  await official.eval('def f(a, b) { return a + b }')
  const kind = async (script: string): Promise<unknown> =>
    ((await official.eval(script)).value as { type: number }).type
  t.equal(await kind('sum'), 0, 'built in')
  t.equal(await kind('f'), 3, 'user-defined')
  t.equal(await kind('f{1}'), 4, 'partial application')
})

/** Scripts, and size and rows of the client's `data()`. */
const matrices: readonly (readonly [script: string, rows: string])[] = [
  ['matrix([1, 2, 3], [4, NULL, 6])', '3x2 [[1, 4],[2, null],[3, 6]]'],
  ['matrix([true, NULL], [false, true])', '2x2 [[true, false],[null, true]]'],
  ["matrix(['a', NULL])", "2x1 [['a'],['']]"],
  ['matrix([1h], [NULL])', '1x2 [[1, null]]'],
  ['matrix([9007199254740993l], [1l])', '1x2 [[9007199254740993n, 1n]]'],
  ['matrix([1.5f], [2.5f])', '1x2 [[1.5, 2.5]]'],
  ['matrix([1.5, NULL])', '2x1 [[1.5],[null]]'],
  ['matrix([1969.12.31], [2012.06.13])', "1x2 [['1969.12.31', '2012.06.13']]"],
  ['matrix([2012.06M], [2012.07M])', "1x2 [['2012.06M', '2012.07M']]"],
  ['matrix([13:30:10.008])', "1x1 [['13:30:10.008']]"],
  ['matrix([2012.06.13T13:30:10.008007006])', "1x1 [['2012.06.13 13:30:10.008007006']]"],
  ['matrix([`a, `b], [`c, ""])', "2x2 [['a', 'c'],['b', '']]"],
  ['matrix(decimal64([1.5, NULL], 3))', "2x1 [['1.500'],['']]"],
  ['matrix(decimal128(["0.5"], 2))', "1x1 [['0.50']]"],
  ['matrix([complex(1, 2)], [complex(3, 4)])', '1x2 [[[1, 2],[3, 4]]]'],
  ['matrix(INT, 0, 3)', '0x3 []'],
]

test('matrices', async (t, client) => {
  const { official } = await startEnds(t, client)
  for (const [script, rows] of matrices) {
    const value = await official.eval(script)
    t.equal(value.form, client.DdbForm['matrix'], script)
    const { nrows, ncolumns, data } = value.data() as Record<string, unknown>
    const text = inspect(data, { depth: 3, breakLength: Infinity }).replaceAll(
      / (?=[[\]])|(?<=\[) /g,
      '',
    )
    t.equal(`${String(nrows)}x${String(ncolumns)} ${text}`, rows, script)
  }
})

test('several SYMBOL columns keep their texts apart, a tuple column its values', async (t, client) => {
  const { official } = await startEnds(t, client)
  const script =
    'select * from table(symbol(`x`y`x) as a, symbol(`p``q) as b, (1, "q", 2.5) as c, symbol(`y`x`z) as d)'
  t.strictSame((await official.eval(script)).data(), [
    { a: 'x', b: 'p', c: 1, d: 'y' },
    { a: 'y', b: '', c: 'q', d: 'x' },
    { a: 'x', b: 'q', c: 2.5, d: 'z' },
  ])
})
