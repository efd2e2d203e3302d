/*
  The defaults that the help tells are those of the library.
*/
import t from 'tap'
import { loadOptions, loadOptionsOf } from '../../../src/cli/options/load-options.js'
import type { OptionDefinition } from '../../../src/cli/options/reading/definition.js'
import { resolveOptions, type OptionSources } from '../../../src/cli/options/reading/resolve.js'
import { defaultConnectTimeoutMs } from '../../../src/client/open-session.js'
import { defaultFlushIntervalMs } from '../../../src/load/defaults.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { makePlan } from '../../../src/load/plan.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { fakeProcess } from '../run-cli.js'

/** What the note in an option's help says, read as if it had been typed. */
function noted(key: keyof typeof loadOptions): unknown {
  const { reader, defaultNote }: OptionDefinition = loadOptions[key]
  return reader.read([defaultNote ?? ''])
}

const planned = (table: string): ReturnType<typeof makePlan> => {
  const options: LoadOptions = {
    inputs: ['a.csv'],
    server: { host: 'localhost', port: 8848 },
    target: { table },
  }
  return makePlan(options, systemPlatform.random)
}

t.test('what is left out means what the help says', async t => {
  const plan = planned('trades')
  t.equal(noted('mode'), plan.mode)
  t.equal(noted('confirm'), plan.confirm)
  t.equal(noted('confirmTimeout'), plan.confirmTimeoutMs)
  t.equal(noted('maxInFlight'), plan.maxInFlightBytes)
  t.equal(noted('retries'), plan.retries)
  t.equal(noted('retryTimeout'), plan.retryTimeoutMs)
  t.equal(noted('onDoubt'), plan.onDoubt)
  t.same({ count: noted('maxErrors') }, plan.maxErrors)
  t.equal(noted('flushInterval'), defaultFlushIntervalMs)
  t.equal(noted('connectTimeout'), defaultConnectTimeoutMs)
})

t.test('batches of stream tables and of DFS tables have their own', async t => {
  const { reader } = loadOptions.batchBytes
  const [stream, dfs] = loadOptions.batchBytes.defaultNote.split('; DFS tables ')
  t.equal(reader.read([stream!]), planned('trades').batchBytes)
  t.equal(reader.read([dfs!]), planned('dfs://db/t').batchBytes)
  t.match(loadOptions.batchRows.defaultNote, planned('trades').batchRows.toLocaleString('en'))
})

t.test('a folder for journals alone makes no journal', async t => {
  const sources: OptionSources = {
    flags: new Map([
      ['state-dir', ['x']],
      ['table', ['t']],
    ]),
    environment: {},
    environmentPrefix: 'DDB_INGEST_',
    layers: [],
  }
  const { processEnvironment } = fakeProcess()
  const output = { note: () => undefined, keepSecret: () => undefined }
  const call = { sources, processEnvironment, output }
  const settings = resolveOptions(loadOptions, sources)
  t.notOk('journal' in (await loadOptionsOf(settings, ['a.csv'], call)))
})
