/*
  What holds for every command and each of its options.
*/
import t from 'tap'
import { commands } from '../../../src/cli/commands/commands.js'
import {
  longName,
  shortName,
  type OptionDefinition,
} from '../../../src/cli/options/reading/definition.js'
import type { OptionSources } from '../../../src/cli/options/reading/resolve.js'

const noSources: OptionSources = {
  flags: new Map(),
  environment: {},
  environmentPrefix: 'DDB_INGEST_',
  layers: [],
}

t.test('the commands stand in the order of the help', async t => {
  t.strictSame(
    commands.map(({ name }) => name),
    [
      'load',
      'check',
      'schema',
      'resume',
      'runs',
      'retry',
      'exec',
      'serve',
      'demo',
      'bench',
      'selftest',
      'explain',
    ],
  )
})

t.test('settings of clients are shared; those of a server are its own', async t => {
  for (const { name, environmentPrefix, takesSharedConfig } of commands) {
    const isClient = [
      'load',
      'check',
      'schema',
      'resume',
      'runs',
      'retry',
      'exec',
      'bench',
      'selftest',
    ].includes(name)
    t.equal(takesSharedConfig, isClient, name)
    t.equal(environmentPrefix === 'DDB_INGEST_', isClient, name)
  }
})

t.test('every default can be read by its own option', async t => {
  for (const command of commands) {
    t.doesNotThrow(() => command.prepare(noSources), command.name)
  }
})

t.test('names and short flags are unique within a command', async t => {
  for (const { name, options } of commands) {
    const definitions: OptionDefinition[] = Object.values(options)
    const names = definitions.map(longName)
    t.equal(new Set(names).size, names.length, name)
    const short = definitions.flatMap(definition => shortName(definition) ?? [])
    t.equal(new Set(short).size, short.length, `short flags of ${name}`)
  }
})

t.test('each key is the camel case of its long name', async t => {
  for (const { options } of commands) {
    for (const [key, definition] of Object.entries(options)) {
      const camel = longName(definition).replace(/-(\w)/g, (_, letter: string) =>
        letter.toUpperCase(),
      )
      t.equal(camel, key)
    }
  }
})
