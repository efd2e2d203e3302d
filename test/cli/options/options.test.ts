/* How options of the command line become options of the library, whose defaults the help states, and words of a shell. */
import t from 'tap'
import { englishHelp } from '../../../src/cli/commands/command.js'
import { loadOptions } from '../../../src/cli/options/options.js'
import { type OptionDefinition, option } from '../../../src/cli/options/definition.js'
import { count } from '../../../src/cli/options/readers.js'
import { defaultFlushIntervalMs } from '../../../src/load/checked-options.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { checkedOptions } from '../../../src/load/checked-options.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { shellWord } from '../../../src/cli/options/shell-command.js'
import { invisible } from '../../../src/platform/control-characters.js'
import { systemName } from '../../../src/platform/file-name.js'
import { forAll } from '../../helpers/runs.js'

const { defaults } = englishHelp

/** The default in the help text of an option, read as if a user had typed it. */
function noted(key: keyof typeof loadOptions): unknown {
  return loadOptions[key].reader.read([defaults[key] ?? ''])
}

const checkedFor = (table: string): ReturnType<typeof checkedOptions> => {
  const options: LoadOptions = {
    inputs: ['a.csv'],
    server: { host: 'localhost', port: 8848 },
    target: { table },
  }
  return checkedOptions(options, systemPlatform.random)
}

t.test('a missing option has the default that the help states', async t => {
  const checked = checkedFor('trades')
  t.match(defaults['mode'], new RegExp(`^${checked.mode};`))
  t.equal(noted('confirm'), checked.confirm)
  t.equal(noted('confirmTimeout'), checked.confirmTimeoutMs)
  t.equal(noted('maxInFlight'), checked.maxInFlightBytes)
  t.equal(noted('retries'), checked.retries)
  t.equal(noted('retryTimeout'), checked.retryTimeoutMs)
  t.equal(noted('onDoubt'), checked.onDoubt)
  t.same({ count: noted('maxErrors') }, checked.maxErrors)
  t.equal(noted('flushInterval'), defaultFlushIntervalMs)
})

t.test('stream tables and DFS tables have their own batch sizes', async t => {
  const { reader } = loadOptions.batchBytes
  const [stream, dfs] = defaults['batchBytes']!.split('; DFS tables ')
  t.equal(reader.read([stream!]), checkedFor('trades').batchBytes)
  t.equal(reader.read([dfs!]), checkedFor('dfs://db/t').batchBytes)
  t.match(defaults['batchRows'], checkedFor('trades').batchRows.toLocaleString('en'))
})

t.test('the compiler refuses a field that does not exist or that has a different type', async t => {
  // @ts-expect-error a count is not a function's name
  option('--x <n>', count(1), 'target.function')
  // @ts-expect-error there is no such field
  option('--x <n>', count(1), 'delivery.nothing')
  t.pass('tsc checks the lines above')
})

t.test('no two options set the same field', async t => {
  const definitions = Object.values<OptionDefinition>(loadOptions)
  const fields = definitions.flatMap(({ field }) => field ?? [])
  t.ok(fields.length > 30)
  t.equal(new Set(fields).size, fields.length)
  t.equal(new Set(definitions.map(({ name }) => name)).size, definitions.length)
})

t.test('words that need no quotes get none', async t => {
  t.equal(shellWord('a/b-c.csv'), 'a/b-c.csv')
  t.equal(shellWord('a b'), "'a b'")
  t.equal(shellWord("it's"), "'it'\\''s'")
  t.equal(shellWord(''), "''")
  t.equal(shellWord('N\u00a0A'), "$'N\\302\\240A'", 'what nobody sees is escaped')
})

t.test('any shell reads what people can see unchanged', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map(one => one.replace(invisible, ''))
  forAll(20)(fc.array(text, { minLength: 1, maxLength: 20 }), words => {
    const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`
    const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
    return stdout === words.map(word => `${word}\0`).join('')
  })
})

t.test('bash reads controls, and bytes that are not UTF-8, unchanged', async t => {
  const name = `it's \\ \udcff7 \udc80é\n1\t\x7f\u202e\u0085`
  const { stdout } = spawnSync('bash', ['-c', `printf '%s' ${shellWord(name)}`])
  t.strictSame(stdout, Buffer.from(systemName(name)))
})
