/*
  Which type a column gets by how its texts are spelled. The types are said by hand: DolphinDB's manual on literals and the
  readers of cells say which text is which value.
*/
import t from 'tap'
import { columnOf, inferText, readAs, typeOf, typesOf } from './inferring.js'

const spellings: readonly (readonly [type: string, ...texts: string[]])[] = [
  ['BOOL', 'true', 'false'],
  ['BOOL', 'TRUE', '0', '1'],
  ['INT', '0', '1', '1'],
  ['INT', '-2147483647', '2147483647'],
  ['INT', '+5', '-0', ''],
  ['LONG', '2147483648', '1'],
  ['LONG', '-2147483648'],
  ['LONG', '9223372036854775807', '-9223372036854775807', '9007199254740993'],
  ['DECIMAL128(0)', '-9223372036854775808', '9223372036854775807'],
  ['DECIMAL128(0)', '12345678901234567891'],
  ['DOUBLE', '10000000000000000000'],
  ['DOUBLE', '1', '2.5'],
  ['DOUBLE', '1e5', '-1.5E-300'],
  ['DOUBLE', '0.30000000000000004', '0.10000000000000001'],
  ['DOUBLE', `1.${'1'.repeat(50)}`],
  ['DECIMAL64(17)', '1.23456789012345678', '-2.5'],
  ['DECIMAL128(18)', '12345.123456789012345678'],
  ['DATE', '2020.01.02', '2020-12-31', '2020/02/29'],
  ['DATE', '0001.01.01', '9999.12.31'],
  ['MONTH', '2012.06M', '2012.12M'],
  ['MONTH', '2012-06'],
  ['MINUTE', '09:30', '23:59m'],
  ['SECOND', '09:30:00', '23:59:59'],
  ['TIME', '09:30:00.000'],
  ['TIME', '09:30:00', '09:30:00.5'],
  ['NANOTIME', '09:30:00.000001'],
  ['NANOTIME', '09:30:00.123456789', '09:30:00'],
  ['DATEHOUR', '2012.06.13T13'],
  ['DATETIME', '2020.01.02T09:30:00', '2020-01-02 23:59:59'],
  ['DATETIME', '2020.01.02T00:00:00'],
  ['DATETIME', '2020.01.02T09:30:00', '2020.01.02'],
  ['TIMESTAMP', '2020.01.02T09:30:00', '1850.01.02T09:30:00'],
  ['TIMESTAMP', '2020.01.02T09:30:00.000'],
  ['TIMESTAMP', '2020.01.02T09:30:00.1', '2040.01.01'],
  ['NANOTIMESTAMP', '2020.01.02T09:30:00.000001'],
  ['NANOTIMESTAMP', '2020.01.02T09:30:00.123456789'],
  ['UUID', '5d212a78-cc48-e3b1-4235-b4d91473ee87'],
  ['IPADDR', '192.168.1.1', 'fe80::1'],
  ['INT[]', '[1,2,3]', '[]', '[4]'],
  ['LONG[]', '[1,3000000000]'],
  ['DOUBLE[]', '[1.5,2]', '[3]'],
  ['DATE[]', '[2020.01.02,2020.01.03]'],
  ['STRING', '1,2,3', '4,5'],
  ['STRING', 'NaN', '1'],
  ['STRING', 'inf', '1.5'],
  ['STRING', '0x10'],
  ['STRING', '000001', '600000'],
  ['STRING', '2020.02.30'],
  ['STRING', '24:00'],
  ['STRING', '平安', '银行'],
  ['STRING', ' '],
  ['SYMBOL', 'A', 'B', 'A'],
  ['SYMBOL', 'A', 'B', 'A', 'B'],
  ['STRING', 'A', 'B'],
]

t.test('every spelling of a type', async t => {
  for (const [type, ...texts] of spellings) t.equal(await typeOf(texts), type, texts.join(' '))
})

t.test('a column without a value takes whatever comes', async t => {
  const { type, nulls, warnings } = await columnOf(['', '', ''])
  t.match({ type, nulls }, { type: { type: 'STRING' }, nulls: 3 })
  t.match(warnings, ['no value was seen'])
})

t.test('digits that are no plain numbers are told', async t => {
  const warning = async (...texts: string[]): Promise<string> =>
    (await columnOf(texts)).warnings.join('\n')
  t.match(await warning('000001', '600000'), /"000001" has a leading zero/)
  t.match(await warning('20200102', '20201231'), /"20200102" may be dates, yyyyMMdd: .*c=yyyyMMdd/)
  t.match(await warning('010220', '311220'), /leading zero.*\n.*may be dates, yyMMdd or ddMMyy:/)
  t.match(await warning('121110'), /yyMMdd or ddMMyy or MMddyy: .*c=FORMAT/)
  t.equal(await warning('20201302', '20201231'), '', 'not all of them are dates')
  t.equal(await warning('600000', '600519'), '', 'codes of shares have no month 00')
  t.match(await warning('1.23456789012345678'), /a decimal, because DOUBLE does not keep/)
  t.match(await warning(`1.${'2'.repeat(39)}1`), /DOUBLE does not keep all digits/)
})

t.test('a column that is nearly of a type says where it is not', async t => {
  const numbers = Array.from({ length: 30 }, (_, i) => `${i}.5`)
  const odd = await columnOf([...numbers, 'NA', '31.5', 'NA', ...numbers.map(one => `${one}1`)])
  t.equal(odd.type.type, 'STRING')
  t.match(odd.warnings, [
    '61 of 63 texts are DOUBLE; the first that is not is "NA", <stdin> line 32, column c; `cells.nullTexts` NA makes it null',
  ])
  const mixed = await columnOf(['2020.01.02', '2020-01-03', '31/12/2020'])
  t.match(mixed.warnings, ['2 of 3 texts are DATE; the first that is not is "31/12/2020"'])
  t.strictSame((await columnOf([...numbers, ...numbers.map(one => `x${one}`)])).warnings, [])
})

t.test('a record that is not taken for a header is told from odd values', async t => {
  const { columns } = await inferText('1,price\n2,1.5\n3,2.5\n4,3.5\n')
  t.match(columns[1]!.warnings, [/"price", <stdin> line 1.*`input.header` yes takes/])
})

t.test('dates that people write get their format, where it is clear', async t => {
  const clear = await columnOf(['31/12/2020', '1/2/2020'])
  t.match(clear, { type: { type: 'DATE' }, dateFormat: 'dd/MM/yyyy', warnings: [] })
  const american = await columnOf(['12/31/2020 23:59:59', '01/02/2020 00:00:00'])
  t.match(american, { type: { type: 'DATETIME' }, dateFormat: 'MM/dd/yyyy HH:mm:ss' })
  t.match(await columnOf(['31-Dec-2020']), { dateFormat: 'dd-MMM-yyyy' })
  t.match(await columnOf(['2020年1月2日']), { dateFormat: 'yyyy年MM月dd日' })
  const either = await columnOf(['01/02/2020', '02/01/2020'])
  t.match(either, { type: { type: 'STRING' }, dateFormat: undefined })
  t.match(either.warnings, [/"01\/02\/2020" are dd\/MM\/yyyy or MM\/dd\/yyyy: .*c=FORMAT/])
})

t.test('a format that is given decides', async t => {
  const given = (
    format: string,
    name = 'c',
  ): { cells: { dateFormats: Record<string, string> } } => ({
    cells: { dateFormats: { [name]: format } },
  })
  t.equal(await typeOf(['20200102'], given('yyyyMMdd')), 'DATE')
  t.equal(await typeOf(['20200102'], given('yyyyMMdd', '*')), 'DATE')
  t.equal(await typeOf(['01/02/2020'], given('MM/dd/yyyy')), 'DATE')
  t.equal(await typeOf(['1577934000'], given('epoch:s')), 'DATETIME')
  t.equal(await typeOf(['1577934000000'], given('epoch:ms')), 'TIMESTAMP')
  t.equal(await typeOf(['1577934000000'], given('epoch:ms', '*')), 'LONG', 'any number is a count')
  t.equal(await typeOf(['43831'], given('excel')), 'DATE')
  t.equal(await typeOf(['093000'], given('HHmmss')), 'SECOND')
  t.equal(await typeOf(['202001'], given('yyyyMM')), 'MONTH')
  t.equal(await typeOf(['x'], given('yyyyMMdd')), 'STRING')
})

t.test('other words and signs are understood as load does', async t => {
  const cells = {
    trueTexts: ['Y'],
    falseTexts: ['N'],
    nullTexts: ['NA'],
    nullQuoted: true,
    thousands: ',',
  }
  t.equal(await typeOf(['Y', 'N', 'NA'], { cells }), 'BOOL')
  t.equal(await typeOf(['1,234', '12', ' NA '], { cells: { ...cells } }), 'INT')
  t.equal(await typeOf(['1,234.5'], { cells }), 'DOUBLE')
  t.equal(await typeOf(['12.5%', '3 %'], { cells: { percentColumns: ['c'] } }), 'DOUBLE')
  t.equal(await typeOf(['1;2', '3'], { cells: { arrayDelimiter: ';' } }), 'INT[]')
  const { nulls } = await columnOf(['NA', '1', ''], { cells })
  t.equal(nulls, 2)
})

t.test('a decimal comma that is found is one', async t => {
  const text = 'a;b\n1,5;007\n-2,25;008\n'
  const schema = await inferText(text)
  t.strictSame(typesOf(schema), ['a:DOUBLE', 'b:STRING'])
  t.equal(await readAs(schema, text), 2)
})

t.test('times with offsets are told of', async t => {
  const texts = ['2020-01-02T09:30:00+08:00']
  t.match((await columnOf(texts)).warnings, [/times have offsets, which are not kept/])
  const zoned = await columnOf(texts, { cells: { timeZone: 'Asia/Shanghai' } })
  t.match(zoned, { type: { type: 'DATETIME' }, warnings: [] })
})

t.test('kinds of JSON values count', async t => {
  const lines = [
    { n: 1, s: '1', b: true, a: [1, 2], m: 1, t: ['x'], d: '2020.01.02', o: {} },
    { n: null, s: '2', b: false, a: [], m: 'x', t: [], d: null, o: {} },
  ]
  const schema = await inferText(lines.map(one => `${JSON.stringify(one)}\n`).join(''))
  t.strictSame(typesOf(schema), ['n:INT', 's:INT', 'b:BOOL', 'a:INT[]', 'm:STRING', 'd:DATE'])
  t.match(schema.leftOut, [
    { source: 't', reason: /arrays hold texts/ },
    { source: 'o', reason: /objects without members/ },
  ])
})

// docs/server-semantics.md#conversions-on-insert: a DFS table cuts longer texts in a STRING column.
t.test('texts that a DFS table would cut are BLOBs there, and a stream table says so', async t => {
  const [fits, long] = ['x'.repeat(65_535), 'é'.repeat(32_768)]
  t.equal(await typeOf([fits, 'y'], { intoDfs: true }), 'STRING')
  const stored = await columnOf([long, 'y'], { intoDfs: true })
  t.match(stored, { type: { type: 'BLOB' }, warnings: [/^a BLOB: .* 65535 bytes, .* 65536$/] })
  const inMemory = await columnOf([long, 'y'])
  t.match(inMemory, { type: { type: 'STRING' }, warnings: [/65536: take a BLOB there$/] })
})
