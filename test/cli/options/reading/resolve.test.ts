import t from 'tap'
import { loadOptions } from '../../../../src/cli/options/load-options.js'
import {
  describeOptions,
  resolveOptions,
  type OptionSources,
} from '../../../../src/cli/options/reading/resolve.js'

const sources = (given: Partial<OptionSources> = {}): OptionSources => ({
  flags: new Map(),
  environment: {},
  environmentPrefix: 'DDB_INGEST_',
  layers: [],
  ...given,
})

const file = (
  values: Record<string, unknown>,
  path = 'c.json',
): OptionSources['layers'][number] => ({
  path,
  values,
})

t.test('flags win over the environment, that over files, those over defaults', async t => {
  const all = {
    flags: new Map([['port', ['1']]]),
    environment: { DDB_INGEST_PORT: '2', DDB_PORT: '3' },
    layers: [file({ port: 4 }), file({ port: 5 })],
  }
  const portOf = (given: Partial<OptionSources>): number =>
    resolveOptions(loadOptions, sources(given)).port
  t.equal(portOf(all), 1)
  t.equal(portOf({ ...all, flags: new Map() }), 2)
  t.equal(portOf({ ...all, flags: new Map(), environment: { DDB_PORT: '3' } }), 3)
  t.equal(portOf({ layers: all.layers }), 4, 'the first file decides')
  t.equal(portOf({ layers: [file({}), file({ port: 5 })] }), 5)
  t.equal(portOf({}), 8848)
})

t.test('an empty environment variable counts as unset', async t => {
  const environment = { DDB_INGEST_PORT: '', DDB_HOST: '' }
  const settings = resolveOptions(loadOptions, sources({ environment }))
  t.equal(settings.port, 8848)
  t.strictSame(settings.host, [{ host: '127.0.0.1', port: undefined }])
})

t.test('options without a value are absent, not undefined', async t => {
  const settings = resolveOptions(loadOptions, sources())
  t.notOk('table' in settings)
  t.notOk('lenient' in settings)
  t.notOk('mode' in settings, 'what the library decides is left to it')
  t.equal(settings.port, 8848)
  t.equal(settings.logFormat, 'text')
})

t.test('files give values in the shapes JSON has', async t => {
  const settings = resolveOptions(
    loadOptions,
    sources({
      layers: [
        file({
          lenient: true,
          limit: 10,
          'key-columns': ['a', 'b'],
          null: ['NA', '-'],
          map: { price: 'px', sym: 'a=b' },
          'function-arg': ['text', 5, [1, 2]],
        }),
      ],
    }),
  )
  t.match(settings, {
    lenient: true,
    limit: 10,
    keyColumns: ['a', 'b'],
    null: ['NA', '-'],
    map: { price: 'px', sym: 'a=b' },
    functionArg: ['text', 5, [1, 2]],
  })
})

t.test('a repeatable option in the environment is one text, or a JSON array or object', async t => {
  const nulls = (text: string): readonly string[] | undefined =>
    resolveOptions(loadOptions, sources({ environment: { DDB_INGEST_NULL: text } })).null
  t.strictSame(nulls('NA'), ['NA'])
  t.strictSame(nulls('["NA","-"]'), ['NA', '-'])
  t.strictSame(nulls('[not JSON'), ['[not JSON'])
  t.strictSame(
    resolveOptions(loadOptions, sources({ environment: { DDB_INGEST_MAP: '{"a":"b"}' } })).map,
    { a: 'b' },
  )
})

t.test('a bad value is refused with its place, what was expected, and what was there', async t => {
  const resolve = (given: Partial<OptionSources>) => (): unknown =>
    resolveOptions(loadOptions, sources(given))
  t.throws(resolve({ flags: new Map([['batch-rows', ['many']]]) }), {
    code: 'DDB_USAGE',
    message: /^--batch-rows: expected a whole number from 1 on, such as 500 or 20k, got "many"$/,
  })
  t.throws(resolve({ environment: { DDB_PORT: 'x' } }), {
    code: 'DDB_USAGE',
    message: /^DDB_PORT: expected a port/,
  })
  t.throws(resolve({ layers: [file({ port: 'x' }, '/etc/c.json')] }), {
    code: 'DDB_CONFIG',
    message: /^"port" in \/etc\/c\.json: expected a port/,
  })
  t.throws(resolve({ layers: [file({ port: { a: 1 } })] }), { code: 'DDB_CONFIG' })
  t.throws(resolve({ layers: [file({ null: [{}] })] }), { code: 'DDB_CONFIG' })
  t.throws(resolve({ layers: [file({ map: { a: null } })] }), { code: 'DDB_CONFIG' })
  t.throws(resolve({ flags: new Map([['table', ['my table']]]) }), {
    code: 'DDB_NAME',
    message: /^--table: "my table" is not a table name/,
  })
  t.throws(resolve({ flags: new Map([['port', ['\u001b[2Jx']]]) }), {
    message: /got "x"$/,
  })
})

t.test('every setting is described with its origin', async t => {
  const described = describeOptions(
    loadOptions,
    sources({ flags: new Map([['table', ['t']]]), environment: { DDB_PORT: '9' } }),
  )
  const find = (wanted: string): unknown => described.find(({ name }) => name === wanted)
  t.strictSame(find('table'), { name: 'table', text: 't', origin: '--table' })
  t.strictSame(find('port'), { name: 'port', text: '9', origin: 'DDB_PORT' })
  t.strictSame(find('mode'), { name: 'mode', text: 'async', origin: 'default' })
  t.strictSame(find('user'), { name: 'user', text: undefined, origin: 'not set' })
  t.equal(find('print-config'), undefined)
})
