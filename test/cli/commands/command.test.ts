import t from 'tap'
import { defineCommand, type Call } from '../../../src/cli/commands/command.js'
import { optionGroup } from '../../../src/cli/options/reading/definition.js'
import { count } from '../../../src/cli/options/reading/readers.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { fakeProcess } from '../run-cli.js'

t.test('settings are read before anything is loaded, and the run gets them', async t => {
  let loads = 0
  const given: [object, Call][] = []
  const command = defineCommand({
    name: 'try',
    group: 'Tools',
    summary: '',
    args: '',
    options: optionGroup('Run', {
      rows: { flags: '--rows <n>', help: '', reader: count(1), default: '5' },
    }),
    environmentPrefix: 'DDB_INGEST_',
    takesSharedConfig: false,
    epilogue: '',
    load() {
      loads++
      return Promise.resolve({
        run: (settings: object, call: Call) => Promise.resolve(given.push([settings, call]) + 6),
      })
    },
  })
  const sources = (...rows: string[]) => ({
    flags: new Map(rows.length === 0 ? [] : [['rows', rows]]),
    environment: {},
    environmentPrefix: 'DDB_INGEST_',
    layers: [],
  })
  t.throws(() => command.prepare(sources('many')), { code: 'DDB_USAGE' })
  const prepared = command.prepare(sources('7'))
  t.equal(loads, 0)
  const { processEnvironment } = fakeProcess()
  const call: Call = {
    args: ['a'],
    childCommand: [],
    sources: sources(),
    processEnvironment,
    output: openOutput(processEnvironment, true),
    showHelp: () => undefined,
  }
  t.equal(await prepared(call), 7, 'the exit code is that of the run')
  t.strictSame(given, [[{ rows: 7 }, call]])
  await command.prepare(sources())(call)
  t.strictSame(given[1]?.[0], { rows: 5 })
})
